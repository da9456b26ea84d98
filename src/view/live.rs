//! Shows a session while it runs, on a thread of its own: a terminal that does not take what is
//! written to it holds up nothing else.

use std::io;
use std::time::Duration;

use tokio::sync::mpsc;
use verbatim::session::Update;

use super::captions::Captions;
use super::keys;
use super::ndjson;

/// How often the block below the captions is drawn.
const REDRAW: Duration = Duration::from_millis(100);

/// Keys that wait at most; a person does not type faster than they are taken.
const KEYS: usize = 64;

/// Where updates go.
pub enum Show {
    /// Lines of JSON on standard output.
    Json,
    /// Captions for a person.
    Captions(Box<Captions>),
}

/// Shows `updates` until there are no more. A terminal or pipe that fails is not written to again;
/// the failure is returned at the end. Blocks the thread.
///
/// # Errors
///
/// The first failure of the terminal or pipe.
pub fn run(mut updates: mpsc::Receiver<Update>, show: Show) -> io::Result<()> {
    match show {
        Show::Json => {
            let mut written = Ok(());
            while let Some(update) = updates.blocking_recv() {
                if written.is_ok() {
                    written = print(&update);
                }
            }
            written
        }
        Show::Captions(captions) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(caption(updates, captions)),
    }
}

fn print(update: &Update) -> io::Result<()> {
    match update {
        Update::Event(envelope) => ndjson::print(envelope),
        Update::Live(line) => ndjson::print(line),
        Update::Meter(_) => Ok(()),
    }
}

async fn caption(
    mut updates: mpsc::Receiver<Update>,
    mut captions: Box<Captions>,
) -> io::Result<()> {
    let mut redraw = tokio::time::interval(REDRAW);
    redraw.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut stops = Stops::new(captions.holds_terminal())?;
    let (to_us, mut keys) = mpsc::channel(KEYS);
    if captions.has_keys() {
        keys::listen(to_us.clone())?;
    }
    let mut written = Ok(());
    loop {
        let step = tokio::select! {
            update = updates.recv() => match update {
                Some(update) => captions.update(&update),
                None => break,
            },
            Some(press) = keys.recv() => captions.press(press),
            _ = redraw.tick(), if captions.holds_terminal() => captions.draw(),
            () = stops.next() => captions.suspend(),
        };
        if written.is_ok() {
            written = step;
        }
    }
    let closed = captions.close();
    written.and(closed)
}

/// Ctrl-Z. Without a block below the captions the system's own way of stopping is right.
struct Stops {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Stops {
    #[cfg(unix)]
    fn new(wanted: bool) -> io::Result<Stops> {
        use tokio::signal::unix::{SignalKind, signal};
        let kind = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        Ok(Stops {
            signal: match wanted {
                true => Some(signal(kind)?),
                false => None,
            },
        })
    }

    #[cfg(not(unix))]
    fn new(_wanted: bool) -> io::Result<Stops> {
        Ok(Stops {})
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal {
            signal.recv().await;
            return;
        }
        std::future::pending().await
    }
}

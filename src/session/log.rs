//! The one place where events get their number and their time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;

use super::start::StartLine;
use crate::document::marker::Marker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{EVENT_VERSION, Envelope, Event, Live, LiveEnvelope, TranscriptPartial};
use crate::insight::guide::Progress;
use crate::mark::board::Board;
use crate::store::journal::Journal;
use crate::time::{TICKS_PER_SECOND, Tick};

/// What a session shows while it runs.
#[derive(Clone, Debug)]
pub enum Update {
    /// Something happened; the event is already in the log.
    Event(Box<Envelope>),
    /// How a track does right now; shown, never logged.
    Meter(Meter),
    /// Text that may still change; shown, never logged.
    Live(Box<LiveEnvelope>),
}

/// How a track does right now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meter {
    /// Which track.
    pub track: crate::audio::Track,
    /// How far its archive reaches.
    pub position: Tick,
    /// Largest level since the last meter in dB below full scale; negative infinity for zeros.
    pub peak_db: f32,
    /// Whether samples at full scale came since the last meter.
    pub clipped: bool,
}

/// Writes events to the journal and passes them on to whoever watches. Clones share one log; the
/// session closes it for all of them.
#[derive(Clone, Debug)]
pub(super) struct EventLog {
    session: String,
    state: Arc<Mutex<State>>,
    start: Arc<StartLine>,
    /// Whoever watches learns that the session is over when the session lets go of its sender; a
    /// handle for markers does not keep it.
    updates: mpsc::WeakSender<Update>,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    board: Board,
    guide: Progress,
    closed: bool,
}

impl EventLog {
    /// A log over `journal`; times count from the session's tick 0, and are 0 before it. Updates are
    /// shown as long as `updates` lives.
    pub(super) fn new(
        session: String,
        journal: Journal,
        start: Arc<StartLine>,
        updates: &mpsc::Sender<Update>,
    ) -> EventLog {
        EventLog {
            session,
            state: Arc::new(Mutex::new(State {
                journal,
                board: Board::default(),
                guide: Progress::default(),
                closed: false,
            })),
            start,
            updates: updates.downgrade(),
        }
    }

    /// Session id.
    pub(super) fn session(&self) -> &str {
        &self.session
    }

    /// The session's time now.
    pub(super) fn now(&self) -> Tick {
        self.at(Instant::now())
    }

    /// The session's time at `instant`; 0 before the session began.
    pub(super) fn at(&self, instant: Instant) -> Tick {
        let elapsed = self
            .start
            .epoch()
            .map(|epoch| instant.saturating_duration_since(epoch));
        Tick(elapsed.map_or(0, |e| {
            (e.as_nanos() * u128::from(TICKS_PER_SECOND) / 1_000_000_000) as u64
        }))
    }

    /// Logs `event`, then shows it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the log cannot be written; the event is then
    /// not shown either.
    pub(super) fn record(&mut self, event: Event) -> Result<()> {
        self.append(&mut self.lock(), event)
    }

    /// Logs the event that `plan` makes of the markers as they are, and takes it in; nobody else
    /// changes them in between. The event is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// As `plan` and [`EventLog::record`]; [`ErrorKind::Session`] when the session is over.
    pub(super) fn mark(
        &self,
        plan: impl FnOnce(&Board) -> Result<(Event, Marker)>,
    ) -> Result<Marker> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(ErrorKind::Session, "the recording is over")
                .hint("verbatim mark SESSION --at 12:03 sets markers afterwards"));
        }
        let (event, marker) = plan(&state.board)?;
        self.append(&mut state, event)?;
        Ok(marker)
    }

    /// Logs the event that `plan` makes of the guide as it is. The event is on the disk when this
    /// returns.
    ///
    /// # Errors
    ///
    /// As [`EventLog::mark`].
    pub(super) fn guide(&self, plan: impl FnOnce(&Progress) -> Result<Event>) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Err(Error::new(ErrorKind::Session, "the recording is over"));
        }
        let event = plan(&state.guide)?;
        self.append(&mut state, event)
    }

    /// The markers as they are.
    pub(super) fn markers(&self) -> Vec<Marker> {
        self.lock().board.sorted()
    }

    /// Ends what [`EventLog::mark`] may do: from now on the log belongs to the session alone, and
    /// after that to whoever locks the folder.
    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    fn append(&self, state: &mut State, event: Event) -> Result<()> {
        let t_ms = self.now().ms();
        let envelope = state
            .journal
            .append(event, t_ms, &crate::clock::wall_clock())?;
        state.board.take(&envelope.event);
        state.guide.take(&envelope.event);
        self.show(Update::Event(Box::new(envelope)));
        Ok(())
    }

    /// A thread that panics while it holds the log leaves at worst a torn line, which the next append
    /// ends.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows words that may still change.
    pub(super) fn show_partial(&self, partial: TranscriptPartial) {
        self.show(Update::Live(Box::new(LiveEnvelope {
            v: EVENT_VERSION,
            session: self.session.clone(),
            t_ms: self.now().ms(),
            at: crate::clock::wall_clock(),
            live: Live::TranscriptPartial(partial),
        })));
    }

    /// Shows `update`. A viewer that lags misses it: the log has every event, and a recorder does
    /// not wait for a terminal.
    pub(super) fn show(&self, update: Update) {
        if let Some(updates) = self.updates.upgrade() {
            drop(updates.try_send(update));
        }
    }
}

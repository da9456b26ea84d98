//! Whether what the computer plays arrives on the system track, and whether the microphone hears it too.

use std::thread;
use std::time::{Duration, Instant};

use verbatim::audio::ARCHIVE_RATE;
use verbatim::capture::devices::{self, Backend, DeviceChoice, Role};
use verbatim::capture::{Reading, Source, tone as player};
use verbatim::dsp::mixdown::to_mono;
use verbatim::dsp::tone::{self, Heard};
use verbatim::{Error, ErrorKind, Result};

/// How long the tracks are listened to before and after the tone has been played.
const LEAD: Duration = Duration::from_millis(300);
const TAIL: Duration = Duration::from_millis(1_200);

/// How long the whole may take: a device that delivers nothing ends it.
const LONGEST: Duration = Duration::from_secs(8);

/// Plays the tone and listens on both tracks.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when it cannot be played, or does not arrive on the system track.
pub fn check(backend: Backend) -> Result<String> {
    let system = devices::open(&DeviceChoice::Default, Role::SystemAudio, backend)?;
    // A microphone that is missing has been told; the tone is about the other side.
    let mic = devices::open(&DeviceChoice::Default, Role::Microphone, backend).ok();
    let name = system.info.name.clone();
    let listening = Ears::listen(system.source);
    let also = mic.map(|opened| Ears::listen(opened.source));
    thread::sleep(LEAD);
    let rate = std::num::NonZeroU32::new(ARCHIVE_RATE)
        .ok_or_else(|| Error::new(ErrorKind::BadAudio, "the archive's rate is zero"))?;
    player::play(&tone::notes(rate))?;
    thread::sleep(TAIL);
    let heard = listening.stop()?;
    let echo = also.and_then(|ears| ears.stop().ok()).flatten();
    let Some(heard) = heard else {
        return Err(Error::new(
            ErrorKind::NoDevice,
            format!("a test tone was played and did not arrive on the system track ({name})"),
        )
        .hint(
            "the other side would be missing: check which output the call plays through, and choose its \
             loopback with --system (verbatim devices)",
        ));
    };
    let echo = match echo {
        Some(echo) => format!(
            "the microphone hears it too ({:.0} dB): use headphones, or the other side is recorded \
             twice",
            echo.level_db
        ),
        None => "the microphone does not hear it".into(),
    };
    Ok(format!(
        "arrives on the system track ({:.0} dB); {echo}",
        heard.level_db
    ))
}

/// Listens to a source on a thread of its own.
struct Ears {
    stop: std::sync::mpsc::Sender<()>,
    thread: thread::JoinHandle<Result<Option<Heard>>>,
}

impl Ears {
    fn listen(source: Box<dyn Source>) -> Ears {
        let (stop, stopped) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || hear(source, &stopped));
        Ears { stop, thread }
    }

    /// What was heard until now.
    fn stop(self) -> Result<Option<Heard>> {
        drop(self.stop);
        self.thread
            .join()
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Engine, "listening failed")))
    }
}

fn hear(
    mut source: Box<dyn Source>,
    stopped: &std::sync::mpsc::Receiver<()>,
) -> Result<Option<Heard>> {
    let format = source.format();
    let begun = Instant::now();
    let (mut frames, mut mono) = (Vec::new(), Vec::new());
    let open = std::sync::mpsc::TryRecvError::Empty;
    while begun.elapsed() < LONGEST && stopped.try_recv() == Err(open) {
        frames.clear();
        if source.read(Duration::from_millis(20), &mut frames)? == Reading::End {
            break;
        }
        to_mono(&frames, format.channels, &mut mono);
    }
    Ok(tone::find(&mono, format.rate))
}

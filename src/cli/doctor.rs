//! `verbatim doctor`: is this machine ready for a call?

use std::io::{self, Write};
use std::time::{Duration, Instant};

use clap::Args;
use verbatim::audio::ANALYSIS_RATE;
use verbatim::capture::devices::{self, Backend, DeviceChoice, Role};
use verbatim::capture::{Reading, Source};
use verbatim::engine;
use verbatim::store::folder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{ModelArgs, SessionsDir};
use super::exit::Outcome;
use super::recogniser;
use super::record::BackendArg;

#[cfg(target_os = "linux")]
mod tone;

/// How long each device is listened to.
const LISTEN: Duration = Duration::from_secs(2);

/// Free space below which a long recording may not fit: two tracks of four hours.
const ENOUGH_BYTES: u64 = 3_000_000_000;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  verbatim doctor --model base.en

On Linux it plays two quiet notes through the default loudspeakers and listens whether they arrive on
the system track, and whether the microphone hears them too: then the other side would be recorded
twice. Exit code 0 when everything is fine; otherwise that of the first fault.")]
pub struct DoctorArgs {
    /// Audio system to check
    #[arg(long, value_enum, default_value_t = BackendArg::Auto)]
    backend: BackendArg,

    /// Play no test tone through the loudspeakers
    #[arg(long)]
    no_tone: bool,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Checks everything and prints a line each.
///
/// # Errors
///
/// The first fault found, after all checks have run.
pub fn run(args: DoctorArgs) -> Result<Outcome> {
    let mut report = Report { fault: None };
    report.line("microphone", device(Role::Microphone, args.backend.into()))?;
    report.line(
        "system audio",
        device(Role::SystemAudio, args.backend.into()),
    )?;
    #[cfg(target_os = "linux")]
    if !args.no_tone {
        report.line("test tone", tone::check(args.backend.into()))?;
    }
    report.line("model", model(&args.model))?;
    report.line("processor", Ok(engine::whisper::system_info()))?;
    report.line("sessions", sessions(&args.sessions))?;
    match report.fault {
        None => Ok(Outcome::Done),
        Some(fault) => Err(fault),
    }
}

/// Prints lines and keeps the first fault.
struct Report {
    fault: Option<Error>,
}

impl Report {
    fn line(&mut self, what: &str, found: Result<String>) -> Result<()> {
        let mut out = io::stdout().lock();
        let written = match &found {
            Ok(text) => writeln!(out, "ok     {what:<13} {text}"),
            Err(error) => writeln!(out, "FAULT  {what:<13} {error}"),
        };
        written.map_err(|e| {
            Error::new(ErrorKind::Disk, "cannot write to standard output").because(e)
        })?;
        if let Err(error) = found {
            self.fault.get_or_insert(error);
        }
        Ok(())
    }
}

/// Opens a default device and counts what it delivers.
fn device(role: Role, backend: Backend) -> Result<String> {
    let mut opened = devices::open(&DeviceChoice::Default, role, backend)?;
    let heard = listen(opened.source.as_mut())?;
    let name = format!("{} ({})", opened.info.name, opened.info.id);
    if heard.frames == 0 {
        return Err(
            Error::new(ErrorKind::DeviceLost, format!("{name} delivers no samples")).hint(
                "check that it is not suspended, muted by hardware or held by another program",
            ),
        );
    }
    let rate = opened.source.format().rate;
    let share = heard.frames as f64 / (LISTEN.as_secs_f64() * f64::from(rate.get()));
    let sound = match heard.peak > 0.0 {
        true => format!("peak {:.0} dBFS", 20.0 * heard.peak.log10()),
        false => "exactly silent (nothing plays, muted, or not permitted)".into(),
    };
    Ok(format!(
        "{name}: {rate} Hz, {:.0} % of the expected samples, {sound}",
        share * 100.0
    ))
}

struct Heard {
    frames: u64,
    peak: f32,
}

fn listen(source: &mut dyn Source) -> Result<Heard> {
    let channels = u64::from(source.format().channels.get());
    let begun = Instant::now();
    let mut heard = Heard {
        frames: 0,
        peak: 0.0,
    };
    let mut frames = Vec::new();
    while begun.elapsed() < LISTEN {
        frames.clear();
        if source.read(Duration::from_millis(50), &mut frames)? == Reading::End {
            break;
        }
        heard.frames += frames.len() as u64 / channels;
        heard.peak = frames.iter().fold(heard.peak, |peak, s| peak.max(s.abs()));
    }
    Ok(heard)
}

/// Loads the model and decodes ten seconds of near silence with a click in it.
fn model(args: &ModelArgs) -> Result<String> {
    let begun = Instant::now();
    let threads = args.threads();
    let alone = ModelArgs {
        threads: Some(threads),
        ..args.clone()
    };
    let mut recogniser = recogniser::load_with(&alone, Some(1))?;
    let loaded = begun.elapsed();
    let seconds = 10;
    let noise: Vec<i16> = (0..seconds * ANALYSIS_RATE)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 26) as i16 - 32)
        .collect();
    let begun = Instant::now();
    recogniser.transcriber.transcribe(&noise)?;
    let speed = f64::from(seconds) / begun.elapsed().as_secs_f64();
    Ok(format!(
        "{} loads in {:.1} s, {speed:.1} x real time with {threads} threads",
        recogniser.pass.model,
        loaded.as_secs_f64()
    ))
}

/// Checks that the sessions folder can be written and has room.
fn sessions(args: &SessionsDir) -> Result<String> {
    let free = folder::check_writable(&args.dir)?;
    if free < ENOUGH_BYTES {
        return Err(Error::new(
            ErrorKind::Disk,
            format!(
                "{}: only {} MB are free",
                args.dir.display(),
                free / 1_000_000
            ),
        )
        .hint("four hours of two tracks need 2.8 GB"));
    }
    Ok(format!(
        "{} can be written, {} GB free",
        args.dir.display(),
        free / 1_000_000_000
    ))
}

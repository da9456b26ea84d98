//! `verbatim record`.

mod choices;
mod told;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;
use verbatim::audio::Track;
use verbatim::capture::devices::{self, DeviceChoice, Role};
use verbatim::document::common::ConsentScope;
use verbatim::document::guide::Guide;
use verbatim::document::transcript::PassMode;
use verbatim::event::{ConsentRecorded, NoAudio, StopReason};
use verbatim::session::{CaptionOptions, InPause, Marks, Options, Session, Summary, TrackInput};
use verbatim::store::folder::SessionFolder;
use verbatim::store::wav::PART_SAMPLES;
use verbatim::text::agreement::AgreementOptions;
use verbatim::text::schedule::{Budget, ScheduleOptions};
use verbatim::voice::utterance::UtteranceOptions;
use verbatim::{Error, ErrorKind, Result};

pub use self::choices::BackendArg;
use self::choices::OnLossArg;
use super::archive::{ArchiveArg, keep_as};
use super::args::{CpuShare, ModelArgs, SessionsDir, kinds, parse_length, parse_share};
use super::consent::ScopeArg;
use super::exit::Outcome;
use super::guard::GuardArgs;
use super::guide;
use super::leftovers::Leftovers;
use super::recogniser::{self, Planned};
use super::source;
use super::turns::VadArg;
use crate::view::captions::Captions;
use crate::view::live::{self, Show};
use crate::view::progress::Progress;
use crate::view::summary::Shape;
use crate::view::tty;

/// Updates that wait for the terminal at most; more are left out.
const UPDATES: usize = 1_024;

/// Arguments of `record`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim record --title \"Acme onboarding\" --goal \"why they left\"
  verbatim record --mic \"USB headset\" --system none --for 45m
  verbatim record --json | jq -r 'select(.type==\"transcript.final\").data.segments[].text'

Ctrl-C stops the recording and waits for the last text; Ctrl-C again leaves that text to
`verbatim finish`. The folder of the session is printed at the end.")]
pub struct RecordArgs {
    /// Title of the session; also names its folder
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// What you want to learn from the call
    #[arg(long, value_name = "TEXT")]
    goal: Option<String>,

    /// Interview guide: which questions were asked is shown and kept; see `verbatim guide --help`
    #[arg(long, value_name = "FILE")]
    guide: Option<PathBuf>,

    /// Note the participants' consent, in your own words
    #[arg(long, value_name = "TEXT")]
    consent: Option<String>,

    /// What the participants agreed to, separated by commas
    #[arg(long, value_name = "SCOPE", value_enum, value_delimiter = ',')]
    consent_scope: Vec<ScopeArg>,

    /// Microphone: id or name from `verbatim devices`, `file:PATH` to play a recording in real
    /// time, or none
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    mic: String,

    /// System audio (what the computer plays): the same choices
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    system: String,

    /// While a device named with --mic or --system is gone
    #[arg(long, value_enum, default_value_t = OnLossArg::Wait, value_name = "WHAT")]
    on_loss: OnLossArg,

    /// Close the devices during a pause, so that the system shows that nobody listens. Opening them
    /// again takes a moment, by which the pause is longer
    #[arg(long)]
    release_on_pause: bool,

    /// Audio system to record through
    #[arg(long, value_enum, default_value_t = BackendArg::Auto)]
    backend: BackendArg,

    /// Stop by itself after this long, such as 45m or 1h30m
    #[arg(long = "for", value_name = "LENGTH", value_parser = parse_length)]
    planned: Option<Duration>,

    /// Record only; `verbatim finish` writes the text later
    #[arg(long)]
    no_live: bool,

    /// One line for each piece of text and nothing that moves, for screen readers and logs; always so
    /// when standard output is no terminal
    #[arg(long, conflicts_with = "json")]
    plain: bool,

    /// Print events as NDJSON on standard output, and nothing else there
    #[arg(long)]
    json: bool,

    /// Share of the machine's processors that live text may use, such as 50%; text that does not fit
    /// into it comes later
    #[arg(long, value_name = "SHARE", value_parser = parse_share, conflicts_with = "no_live")]
    cpu: Option<CpuShare>,

    /// Voice activity detector
    #[arg(long, value_enum, default_value_t)]
    vad: VadArg,

    /// Form to keep the sound in once everything is done; FLAC is compared sample by sample before
    /// the WAV goes
    #[arg(long, value_enum, value_name = "FORM")]
    archive: Option<ArchiveArg>,

    /// Length of an archive file at which the next one begins, in samples
    #[arg(long, hide = true, value_name = "SAMPLES", default_value_t = PART_SAMPLES)]
    part_samples: u64,

    #[command(flatten)]
    guard: GuardArgs,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

impl RecordArgs {
    /// Whether text is made while the call goes on.
    fn has_live_text(&self) -> bool {
        let scopes: Vec<ConsentScope> = self.consent_scope.iter().map(|&s| s.into()).collect();
        let may = self.guard.no_audio().is_none() && ConsentScope::Transcribe.is_within(&scopes);
        may && !self.no_live
    }

    /// The consent that was noted, in words, in scopes, or both.
    fn consent(&self) -> Option<ConsentRecorded> {
        let mut scopes: Vec<_> = self.consent_scope.iter().map(|&s| s.into()).collect();
        scopes.sort_unstable();
        scopes.dedup();
        match (&self.consent, scopes.is_empty()) {
            (None, true) => None,
            (text, _) => Some(ConsentRecorded {
                text: text.clone().unwrap_or_default(),
                scopes,
            }),
        }
    }
}

/// Records a session.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when a device does not exist or delivers nothing,
/// [`ErrorKind::PermissionDenied`] when one may not be used, [`ErrorKind::Disk`] when the session
/// cannot be written, [`ErrorKind::Model`] when the model is missing or damaged.
pub fn run(args: RecordArgs) -> Result<Outcome> {
    let guide = args.guide.as_deref().map(guide::read).transpose()?;
    let consent = args.consent();
    args.guard.check(consent.as_ref())?;
    let recogniser = match args.has_live_text() {
        false => None,
        true => Some(recogniser::plan(&within(&args), PassMode::Live)?),
    };
    let mut utterance = UtteranceOptions::default();
    if let Some(planned) = &recogniser {
        utterance.window_ms = planned.window_ms;
    }
    let mut left = Leftovers::look(args.sessions.dir.clone());
    let inputs = inputs(&args)?;
    let tracks: Vec<Track> = inputs.iter().map(|input| input.track).collect();
    if !args.json {
        told::announce(&inputs, consent.as_ref());
        left.tell();
    }
    let options = Options {
        dir: args.sessions.dir.clone(),
        title: args.title.clone(),
        goal: args.goal.clone().or_else(|| guide.as_ref()?.goal.clone()),
        consent,
        kinds: kinds()?,
        program: super::PROGRAM.into(),
        planned: args.planned,
        detector: args.vad.maker(),
        utterance,
        part_samples: args.part_samples,
        captions: recogniser.map(|planned| captions(planned, args.cpu)),
        no_audio: args.guard.no_audio(),
        in_pause: match args.release_on_pause {
            true => InPause::Release,
            false => InPause::Keep,
        },
        guards: args.guard.guards(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::new(ErrorKind::Engine, "cannot start the session").because(e))?;
    tty::restore_on_panic();
    let show = |marks: Marks| match args.json {
        true => Show::Json,
        false => {
            let planned = args.planned.or(args.guard.planned());
            let planned_ms = planned.map(|planned| planned.as_millis() as u64);
            Show::Captions(Box::new(Captions::new(
                &tracks, planned_ms, marks, args.plain,
            )))
        }
    };
    let (summary, written) = runtime.block_on(watch((options, guide), inputs, show));
    // A recogniser that is still busy ends with this process; nobody waits for it here.
    runtime.shutdown_background();
    let summary = summary?;
    let folder = SessionFolder::open(&summary.folder)?;
    keep_as(&folder, args.archive, &mut Progress::new(args.json))?;
    if !args.json {
        let shape = match args.plain {
            true => Shape::Plain,
            false => Shape::Drawn,
        };
        told::report(&folder, shape, &summary)?;
        left.report();
    }
    if let Err(error) = written {
        return Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(error));
    }
    Ok(
        match summary.lost_samples == 0 && summary.deferred_ms == 0 {
            _ if summary.reason == StopReason::Disk => Outcome::DiskLow,
            true => Outcome::Done,
            false => Outcome::Incomplete,
        },
    )
}

/// The model with no more threads than the allowance pays for: one decode at a time must not use
/// more than all of it.
fn within(args: &RecordArgs) -> ModelArgs {
    let mut model = args.model.clone();
    if let Some(share) = args.cpu {
        let affordable = share.processors().max(1.0) as u16;
        model.threads = Some(model.threads().min(affordable));
    }
    model
}

fn captions(planned: Planned, cpu: Option<CpuShare>) -> CaptionOptions {
    CaptionOptions {
        recogniser: planned.maker,
        schedule: ScheduleOptions {
            window_ms: planned.shared_ms,
            budget: cpu.map(|share| Budget::new(share.processors())),
            ..ScheduleOptions::default()
        },
        agreement: AgreementOptions::default(),
    }
}

/// Runs the session and shows it. A terminal or pipe that is gone does not end the recording; it is
/// told afterwards.
async fn watch(
    (options, guide): (Options, Option<Guide>),
    inputs: Vec<TrackInput>,
    show: impl FnOnce(Marks) -> Show,
) -> (Result<Summary>, io::Result<()>) {
    let (request_stop, stop) = mpsc::channel(2);
    let (updates_in, updates) = mpsc::channel(UPDATES);
    let session = match Session::begin(options, inputs, updates_in) {
        Ok(session) => session,
        Err(error) => return (Err(error), Ok(())),
    };
    let marks = session.marks();
    if let Some(guide) = guide
        && let Err(error) = marks.load_guide(guide)
    {
        return (Err(error), Ok(()));
    }
    let show = show(marks);
    let viewer = tokio::task::spawn_blocking(move || live::run(updates, show));
    let signals = tokio::spawn(forward_signals(request_stop));
    let summary = session.run(stop).await;
    let written = viewer.await.unwrap_or_else(|e| Err(io::Error::other(e)));
    signals.abort();
    (summary, written)
}

/// Turns Ctrl-C, a closed terminal and a polite kill into requests to stop. A third request ends the
/// program at once; the session can be completed.
#[cfg(unix)]
pub(super) async fn forward_signals(request_stop: mpsc::Sender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let streams = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    );
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = streams else {
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        if request_stop.try_send(()).is_err() {
            tty::restore();
            std::process::exit(130);
        }
    }
}

#[cfg(not(unix))]
pub(super) async fn forward_signals(request_stop: mpsc::Sender<()>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if request_stop.try_send(()).is_err() {
            tty::restore();
            std::process::exit(130);
        }
    }
}

fn inputs(args: &RecordArgs) -> Result<Vec<TrackInput>> {
    let wanted = [
        (Track::Mic, Role::Microphone, &args.mic),
        (Track::System, Role::SystemAudio, &args.system),
    ];
    let mut inputs = Vec::new();
    if args.guard.no_audio() == Some(NoAudio::Markers) {
        return Ok(inputs);
    }
    for (track, role, name) in wanted {
        if let Some(path) = name.strip_prefix("file:") {
            inputs.push(source::from_file(track, Path::new(path))?);
        } else if name != "none" {
            let choice = match name.as_str() {
                "default" => DeviceChoice::Default,
                name => DeviceChoice::Named(name.to_owned()),
            };
            let backend = args.backend.into();
            let opened = devices::keep(&choice, role, backend, args.on_loss.into())?;
            inputs.push(TrackInput {
                track,
                device: Some(opened.info),
                file: None,
                source: opened.source,
            });
        }
    }
    if inputs.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "there is nothing to record")
            .hint("choose a device with --mic or --system; verbatim devices lists them"));
    }
    Ok(inputs)
}

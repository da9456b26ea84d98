//! A live session: wires sources, lanes, recogniser and log together, supervises them, and stops.
//!
//! Each track has a lane thread (samples -> archive -> voice); one scribe thread turns utterances
//! into text; one task, [`record`], owns the log and the documents.
//!
//! | between | kind | size | when full |
//! |---|---|---|---|
//! | audio callback -> lane | lock-free ring | 10 s | samples are counted as lost; a gap says so |
//! | lanes -> session | messages | 1,024 | the lane waits; a few messages a second fill nothing |
//! | session -> scribe | jobs (spans, no audio) | 1 | never: the scheduler gives out one at a time; the rest waits in it as spans of the archive |
//! | scribe -> session | messages | 64 | the scribe waits |
//! | session -> view | updates | 1,024 | the view misses it; the log has it |
//! | markers -> log | calls under the log's lock | none | the caller waits for the disk; lanes never do |
//! | caller -> session | stop requests | 4 | the caller waits |
//! | helm -> session | pause, resume, stop | 16 | the caller is told that the recorder does not answer |
//! | session -> lanes | orders | none | never: a few a session, from people |
//!
//! Stopping is a closed channel: the session hands each lane the tick at which all tracks end and
//! closes that channel; lanes drain, finish and close theirs; the scribe's queue closes; the session
//! writes its documents.

mod captioner;
mod echo;
mod health;
mod helm;
mod lane;
mod log;
mod marks;
mod message;
mod order;
mod scribe;
mod start;
mod stretch;
mod supervisor;
mod timing;
pub mod track;
mod turns;
mod watchman;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::audio::Track;
use crate::capture::Source;
use crate::document::common::DeviceInfo;
use crate::error::Result;
use crate::event::{ConsentRecorded, NoAudio, SourceFile, StopReason};
use crate::mark::kinds::Kinds;
use crate::store::wav::PART_SAMPLES;
use crate::text::Recogniser;
use crate::text::agreement::AgreementOptions;
use crate::text::schedule::ScheduleOptions;
use crate::voice::DetectorMaker;
use crate::voice::utterance::UtteranceOptions;

pub use helm::Helm;
pub use log::{Meter, Update};
pub use marks::{Marks, When};
pub use supervisor::Session;

/// Makes the recogniser on the thread that uses it; loading a model takes seconds, and recording does
/// not wait for it.
pub type RecogniserMaker = Box<dyn FnOnce() -> Result<Recogniser> + Send>;

/// One track to record.
pub struct TrackInput {
    /// Which track.
    pub track: Track,
    /// The device behind `source`, if it is one.
    pub device: Option<DeviceInfo>,
    /// The file behind `source`, if it is one.
    pub file: Option<SourceFile>,
    /// Where the samples come from.
    pub source: Box<dyn Source>,
}

/// What to record and how.
pub struct Options {
    /// Folder that holds the sessions.
    pub dir: PathBuf,
    /// Title of the session.
    pub title: Option<String>,
    /// What the user wants to learn from the call.
    pub goal: Option<String>,
    /// Consent as the user noted it.
    pub consent: Option<ConsentRecorded>,
    /// The kinds of marker.
    pub kinds: Kinds,
    /// Program and version, for the manifest.
    pub program: String,
    /// Stop by itself after this long.
    pub planned: Option<Duration>,
    /// Makes a detector for each track.
    pub detector: DetectorMaker,
    /// How speech is cut for the recogniser.
    pub utterance: UtteranceOptions,
    /// Archive samples of a track in a file; then the next file begins.
    pub part_samples: u64,
    /// Live text; without it the text is left to `finish`.
    pub captions: Option<CaptionOptions>,
    /// What is kept where no audio may be; absent where audio is kept.
    pub no_audio: Option<NoAudio>,
    /// What becomes of the devices in a pause.
    pub in_pause: InPause,
    /// What is watched over while it runs.
    pub guards: Guards,
}

impl Options {
    /// A session in the folder `dir` that `program` records until its sources end, without a title,
    /// consent or text.
    pub fn new(dir: PathBuf, program: &str, detector: DetectorMaker) -> Options {
        Options {
            dir,
            title: None,
            goal: None,
            consent: None,
            kinds: Kinds::default(),
            program: program.into(),
            planned: None,
            detector,
            utterance: UtteranceOptions::default(),
            part_samples: PART_SAMPLES,
            captions: None,
            no_audio: None,
            in_pause: InPause::default(),
            guards: Guards::default(),
        }
    }
}

/// What becomes of the devices while a session is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InPause {
    /// They stay open, and what they hear is thrown away; nothing is lost when the pause ends.
    #[default]
    Keep,
    /// They are closed. Opening them again takes a moment, by which the pause is longer.
    Release,
}

/// Tells how long the machine has slept since it was started.
pub type Asleep = Box<dyn Fn() -> Duration + Send>;

/// What is watched over while a session runs.
pub struct Guards {
    /// The length that the call is planned to have; when it is over, that is told.
    pub expected: Option<Duration>,
    /// Silence on all tracks after which it is told; absent: never.
    pub nudge: Option<Duration>,
    /// Silence on all tracks after which the recording stops; absent: never.
    pub stop_after_silence: Option<Duration>,
    /// The recording stops when the disk has room for less than this; absent: when it is full.
    pub keep_free: Option<Duration>,
    /// How long the machine has slept.
    pub asleep: Asleep,
}

impl Default for Guards {
    fn default() -> Guards {
        Guards {
            expected: None,
            nudge: Some(Duration::from_secs(600)),
            stop_after_silence: None,
            keep_free: Some(Duration::from_secs(60)),
            asleep: Box::new(crate::clock::asleep),
        }
    }
}

/// How live text is made.
pub struct CaptionOptions {
    /// Makes the recogniser.
    pub recogniser: RecogniserMaker,
    /// When what is decoded.
    pub schedule: ScheduleOptions,
    /// When words are committed.
    pub agreement: AgreementOptions,
}

/// Records until `stop` says so, every source has ended, or the planned length is reached; then
/// waits for the text. The first message on `stop` ends the recording, a second one leaves the text
/// that still waits to `finish`. A closed `stop` ends nothing.
///
/// `updates` gets everything that is worth showing; what does not fit is left out.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when the archive or the log cannot be written; what was written before stays
/// and can be completed. [`ErrorKind::NoDevice`] when no track delivered a single sample.
pub async fn record(
    options: Options,
    inputs: Vec<TrackInput>,
    stop: mpsc::Receiver<()>,
    updates: mpsc::Sender<Update>,
) -> Result<Summary> {
    Session::begin(options, inputs, updates)?.run(stop).await
}

/// How a session ended.
#[derive(Debug)]
pub struct Summary {
    /// The session's folder.
    pub folder: PathBuf,
    /// Why it stopped.
    pub reason: StopReason,
    /// Archive samples that were not captured, over all tracks.
    pub lost_samples: u64,
    /// Speech that waits for `finish`, in milliseconds.
    pub deferred_ms: u64,
}

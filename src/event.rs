//! The vocabulary of a session: every line of `events.ndjson` and of `--json` output.
//!
//! The log is the truth of what happened; the documents are folds over it. A line is an
//! [`Envelope`]; `seq` counts from 1 without holes. All `*_ms` fields are integers on the session
//! timeline, half-open; fields named `*_sample*` count archive samples (48 kHz) where audio is cut.
//! Readers ignore fields and types they do not know.

mod device;
mod edit;
mod guide;
mod line;
mod live;
mod mark;
mod queue;
mod report;
mod speech;
mod state;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;
use crate::document::clip::Media;
use crate::document::common::{DeviceInfo, GapCause, Range, Untranscribed};
use crate::document::transcript::{Pass, Segment};

pub use device::DeviceChanged;
pub(crate) use device::{is_nought, is_zero};
pub use edit::{RedactionSet, SpeakerChanged, TextCorrected, TextRestored};
pub use guide::{GuideLoaded, GuideTicked, GuideUnticked};
pub use line::Line;
pub use live::{Live, LiveEnvelope, PartialWord, TranscriptPartial};
pub use mark::{
    ClipCreated, ConsentOverridden, ConsentRecorded, ConsentWithdrawn, MarkerAdded, MarkerChanged,
    MarkerRemoved,
};
pub use queue::{FileEnded, FileState, Queue, QueueEnvelope};
pub use report::{Backlog, Heartbeat, LanguageDetected, SourceCopied};
pub use speech::{SpeechEcho, SpeechEnd, SpeechStart, TurnEnd};
pub use state::{
    Alarm, HealthState, NoAudio, SessionPaused, SessionResumed, TrackHealth, Warning, WarningCode,
};

/// Version of the event contract, in each line's `v`.
pub const EVENT_VERSION: u32 = 1;

/// One line of the event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// Version of the event contract.
    pub v: u32,
    /// Position in the session's log, from 1, without holes.
    pub seq: u64,
    /// Session id (UUID version 7).
    pub session: String,
    /// Session time at which the event was written, in milliseconds.
    pub t_ms: u64,
    /// Wall clock at which the event was written, RFC 3339 with offset.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    /// The session exists. Written before the first sample.
    #[serde(rename = "session.started")]
    SessionStarted(SessionStarted),
    /// Nothing is captured for a while, because the user wants it so.
    #[serde(rename = "session.paused")]
    SessionPaused(SessionPaused),
    /// The pause is over.
    #[serde(rename = "session.resumed")]
    SessionResumed(SessionResumed),
    /// No more audio will come.
    #[serde(rename = "session.stopped")]
    SessionStopped(SessionStopped),
    /// A session that ended without `session.stopped` was made whole from its files.
    #[serde(rename = "session.recovered")]
    SessionRecovered(SessionRecovered),
    /// The participants' consent, as the user noted it.
    #[serde(rename = "consent.recorded")]
    ConsentRecorded(ConsentRecorded),
    /// What the participants took back of it, as the user noted it.
    #[serde(rename = "consent.withdrawn")]
    ConsentWithdrawn(ConsentWithdrawn),
    /// First samples of a track have arrived.
    #[serde(rename = "track.started")]
    TrackStarted(TrackStarted),
    /// Audio that was not captured; the archive holds zeros in its place.
    #[serde(rename = "track.gap")]
    TrackGap(TrackGap),
    /// A track's state changed.
    #[serde(rename = "track.health")]
    TrackHealth(TrackHealth),
    /// A track is recorded from another device, or from its own once more.
    #[serde(rename = "device.changed")]
    DeviceChanged(DeviceChanged),
    /// A track is complete on disk; its figures cover the whole file.
    #[serde(rename = "track.ended")]
    TrackEnded(TrackEnded),
    /// Somebody began to speak.
    #[serde(rename = "speech.start")]
    SpeechStart(SpeechStart),
    /// A speech span is complete.
    #[serde(rename = "speech.end")]
    SpeechEnd(SpeechEnd),
    /// A part of a speech span repeats what another track plays, and is nobody's speech.
    #[serde(rename = "speech.echo")]
    SpeechEcho(SpeechEcho),
    /// A turn is complete.
    #[serde(rename = "turn.end")]
    TurnEnd(TurnEnd),
    /// A silence is over.
    #[serde(rename = "silence.end")]
    SilenceEnd(Range),
    /// A model starts to work on this session.
    #[serde(rename = "pass.started")]
    PassStarted(Pass),
    /// A pass found out the language of a track. A later one of the same pass and track takes its place.
    #[serde(rename = "language.detected")]
    LanguageDetected(LanguageDetected),
    /// A pass over speech that had text already is complete: from here on its text stands. Until then
    /// the older one does.
    #[serde(rename = "pass.ended")]
    PassEnded(PassEnded),
    /// The text of an utterance; it does not change in this pass.
    #[serde(rename = "transcript.final")]
    TranscriptFinal(TranscriptFinal),
    /// An utterance that could not be transcribed now and stays for `finish`.
    #[serde(rename = "transcript.deferred")]
    TranscriptDeferred(TranscriptDeferred),
    /// Somebody pointed at a moment.
    #[serde(rename = "marker.added")]
    MarkerAdded(MarkerAdded),
    /// A marker got a note, or something else of it changed.
    #[serde(rename = "marker.changed")]
    MarkerChanged(MarkerChanged),
    /// A marker was taken back.
    #[serde(rename = "marker.removed")]
    MarkerRemoved(MarkerRemoved),
    /// The interviewer has a guide.
    #[serde(rename = "guide.loaded")]
    GuideLoaded(GuideLoaded),
    /// A question of the guide was asked, says the interviewer.
    #[serde(rename = "guide.ticked")]
    GuideTicked(GuideTicked),
    /// It was not.
    #[serde(rename = "guide.unticked")]
    GuideUnticked(GuideUnticked),
    /// A stretch of the sound was cut out into a file of its own.
    #[serde(rename = "clip.created")]
    ClipCreated(ClipCreated),
    /// A track's archive is kept in another form, with the same samples.
    #[serde(rename = "archive.converted")]
    ArchiveConverted(ArchiveConverted),
    /// The recording that a track was made of is kept in the session's folder from now on.
    #[serde(rename = "source.copied")]
    SourceCopied(SourceCopied),
    /// Something was made for others although no consent that was noted covers it.
    #[serde(rename = "consent.overridden")]
    ConsentOverridden(ConsentOverridden),
    /// Somebody said who a speaker is.
    #[serde(rename = "speaker.changed")]
    SpeakerChanged(SpeakerChanged),
    /// Somebody wrote what is really said.
    #[serde(rename = "text.corrected")]
    TextCorrected(TextCorrected),
    /// A correction was taken back.
    #[serde(rename = "text.restored")]
    TextRestored(TextRestored),
    /// What must not leave the session.
    #[serde(rename = "redaction.set")]
    RedactionSet(RedactionSet),
    /// How much speech waits for the recogniser.
    #[serde(rename = "backlog")]
    Backlog(Backlog),
    /// Something the user should know that ends nothing.
    #[serde(rename = "warning")]
    Warning(Warning),
    /// The session is alive; written about every 10 s.
    #[serde(rename = "heartbeat")]
    Heartbeat(Heartbeat),
}

/// Where a session's audio comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Recorded from devices.
    Live,
    /// Read from existing recordings.
    Import,
}

/// Data of `session.started`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionStarted {
    /// Where the audio comes from.
    pub origin: Origin,
    /// Local start time, RFC 3339 with offset.
    pub started_at: String,
    /// Title given by the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the user wants to learn from the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Program and version that records, such as `verbatim 0.1.0`.
    pub program: String,
    /// Voice activity detector: `webrtc`, ...
    pub detector: String,
    /// What the session keeps where no audio may be kept; absent when audio is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_audio: Option<NoAudio>,
    /// The tracks that the session will hold, in order.
    pub tracks: Vec<PlannedTrack>,
}

/// A track that a session sets out to record or import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedTrack {
    /// Which track.
    pub track: Track,
    /// The device it is recorded from; absent for imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceInfo>,
    /// The file it is imported from; absent for live sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceFile>,
}

/// An imported file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFile {
    /// File name without folder.
    pub name: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Stream of sound in the file, from 0; absent when it holds only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<u16>,
    /// Channel in the file, from 0; absent when all channels were mixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// Title that the file gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When the file says that it was recorded, as it writes it: mostly RFC 3339, or less of a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Its copy, relative to the session folder; absent when the session refers to the file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
}

/// Why a session stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The user asked for it.
    User,
    /// The planned length was reached.
    Planned,
    /// Every source came to its end.
    SourcesEnded,
    /// Storage failed or is full.
    Disk,
    /// Every device was lost.
    DevicesLost,
    /// Nobody had spoken for as long as the user allows.
    Silence,
    /// The machine slept for long.
    Slept,
}

/// Data of `session.stopped`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionStopped {
    /// Why.
    pub reason: StopReason,
    /// Length of the session in archive samples; every track's file has this length.
    pub duration_samples: u64,
}

/// Data of `session.recovered`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRecovered {
    /// Length of the session in archive samples after recovery.
    pub duration_samples: u64,
}

/// Data of `track.started`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackStarted {
    /// Which track.
    pub track: Track,
    /// Archive samples of silence written before the first captured one.
    pub offset_samples: u64,
    /// Native sample rate of the source in hertz.
    pub rate: u32,
    /// Native channel count of the source.
    pub channels: u16,
}

/// Data of `track.gap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrackGap {
    /// Which track.
    pub track: Track,
    /// First archive sample of the hole.
    pub start_sample: u64,
    /// Length of the hole in archive samples.
    pub samples: u64,
    /// Why the audio is missing.
    pub cause: GapCause,
}

/// Data of `track.ended`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackEnded {
    /// Which track.
    pub track: Track,
    /// Archive samples in the file.
    pub samples: u64,
    /// Largest absolute sample value, 0 to 32768.
    pub peak: u16,
    /// Samples at full scale.
    pub clipped_samples: u64,
    /// Captured samples that are exactly zero.
    pub zero_samples: u64,
    /// Measured clock skew of the device against the session clock in parts per million; absent
    /// where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_ppm: Option<f64>,
    /// Archive samples that were put in, or taken out if negative, to bring the track from the
    /// device's clock to the session's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub corrected_samples: i64,
    /// Archive samples that an imported file tells of after its last one: it was cut short. Absent
    /// when it is whole. The archive does not hold them.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub missing_samples: u64,
}

/// Data of `pass.ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PassEnded {
    /// The pass.
    pub pass: String,
}

/// Data of `transcript.final`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptFinal {
    /// Utterance id, such as `u0012`.
    pub utterance: String,
    /// Which track.
    pub track: Track,
    /// Pass that produced the text.
    pub pass: String,
    /// Start of the speech that this text stands for.
    pub start_ms: u64,
    /// End of the speech that this text stands for.
    pub end_ms: u64,
    /// The text; empty when the recogniser heard no words.
    pub segments: Vec<Segment>,
    /// Voiced stretches inside the utterance that no text covers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untranscribed: Vec<Untranscribed>,
}

/// Data of `transcript.deferred`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptDeferred {
    /// Utterance id; its partials are void. Absent where the speech never was an utterance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utterance: Option<String>,
    /// The speech that has no text, and why.
    #[serde(flatten)]
    pub speech: Untranscribed,
}

/// Data of `archive.converted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArchiveConverted {
    /// Which track.
    pub track: Track,
    /// Its files from now on, in order, relative to the session folder.
    pub files: Vec<Media>,
}

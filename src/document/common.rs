//! Pieces that several documents and events share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;
use crate::time::Span;

/// A stretch of the session timeline in milliseconds, half-open.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Range {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
}

impl From<Span> for Range {
    fn from(span: Span) -> Range {
        Range {
            start_ms: span.start.ms(),
            end_ms: span.end.ms(),
        }
    }
}

impl From<Range> for Span {
    fn from(range: Range) -> Span {
        Span::from_ms(range.start_ms, range.end_ms)
    }
}

/// A recording device as the audio system names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceInfo {
    /// Stable id, accepted by `--mic` and `--system`.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Audio system it belongs to: `pulse`, `pipewire`, `alsa`, `wasapi`, `coreaudio`.
    pub backend: String,
}

/// Why a track is recorded from another device, or from its own once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChangeReason {
    /// The system's default is another device now.
    DefaultChanged,
    /// The device had gone and is back.
    Returned,
    /// The device that was asked for is gone; the system's default stands in for it.
    StandIn,
    /// The device had stopped delivering, or was closed during a pause, and was opened anew.
    Reopened,
}

/// What the people in a call agreed that their recording may be used for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentScope {
    /// The sound may be recorded.
    Record,
    /// It may be written down.
    Transcribe,
    /// It may be quoted among those who do the research.
    QuoteInternally,
    /// It may be quoted to anybody.
    QuotePublicly,
}

impl ConsentScope {
    /// Whether these scopes allow it. Where none is noted, only the words of the consent say what is
    /// agreed, and they are for people to keep.
    pub fn is_within(self, scopes: &[ConsentScope]) -> bool {
        scopes.is_empty() || scopes.contains(&self)
    }
}

/// Why audio is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// The track began to deliver later than the session.
    LateStart,
    /// Our own buffer was full.
    Overrun,
    /// The audio system delivered fewer samples than time passed.
    ClockHole,
    /// The device went away.
    DeviceLost,
    /// The recorder moved to another device.
    DeviceChanged,
    /// The program ended before these samples reached the disk.
    Crash,
    /// The track's file is shorter than the other track's.
    SourceEnded,
    /// The user paused the recording.
    Paused,
    /// The machine slept.
    Slept,
    /// What the imported file holds there cannot be decoded.
    SourceDamaged,
    /// The imported file's own times leave a hole there.
    SourceHole,
}

impl GapCause {
    /// Whether the user wanted it so: nothing is lost then.
    pub fn is_wanted(self) -> bool {
        self == GapCause::Paused
    }

    /// Whether sound was lost that there was: not in a pause, nor where a recording came to its end before
    /// the others.
    pub fn is_loss(self) -> bool {
        !self.is_wanted() && self != GapCause::SourceEnded
    }
}

/// Why speech has no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UntranscribedReason {
    /// Transcription was not asked for.
    NotRequested,
    /// The recogniser could not keep up, or was not running; `finish` does it.
    Deferred,
    /// The recogniser found no words there.
    NoText,
    /// The recogniser's text was rejected as a loop or as invented.
    Rejected,
    /// The recogniser failed on it again and again.
    Failed,
    /// The participants did not agree to a transcript.
    NotAllowed,
    /// The session keeps no audio.
    NoAudio,
}

impl UntranscribedReason {
    /// Whether `finish` has something to do about it.
    pub fn waits(self) -> bool {
        matches!(
            self,
            UntranscribedReason::NotRequested | UntranscribedReason::Deferred
        )
    }
}

/// Speech without text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Untranscribed {
    /// Which track.
    pub track: Track,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Why.
    pub reason: UntranscribedReason,
}

/// A gap as documents show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// First millisecond of the hole.
    pub start_ms: u64,
    /// First millisecond after the hole.
    pub end_ms: u64,
    /// First archive sample of the hole.
    pub start_sample: u64,
    /// Length of the hole in archive samples.
    pub samples: u64,
    /// Why the audio is missing.
    pub cause: GapCause,
}

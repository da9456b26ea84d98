//! `turns.json`: speech spans, turns, silences, overlaps and gaps, all measured from the sound.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{Gap, Range};
use crate::audio::Track;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.turns";

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TurnsDocument {
    /// Always `verbatim.turns`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id; absent when made from loose files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Length of the timeline.
    pub duration_ms: u64,
    /// Voice activity detector that found the speech.
    pub detector: String,
    /// Speech and gaps, a track each.
    pub tracks: Vec<TrackSpeech>,
    /// Turns, sorted by start and track.
    pub turns: Vec<Turn>,
    /// Stretches in which nobody speaks and every track was captured, sorted by start.
    pub silences: Vec<Silence>,
    /// Stretches in which more than one track speaks, sorted by start.
    pub overlaps: Vec<Overlap>,
    /// Who holds the floor: entries abut, the first starts at 0 and the last ends at `duration_ms`.
    pub floor: Vec<FloorSpan>,
}

/// Speech of one track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackSpeech {
    /// Which track.
    pub track: Track,
    /// Sum of the speech spans.
    pub speech_ms: u64,
    /// Share of all tracks' speech, 0 to 1, rounded to 4 places; 0 when nobody speaks.
    pub talk_share: f64,
    /// Speech spans, sorted, disjoint.
    pub speech: Vec<Range>,
    /// Audio that was not captured.
    pub gaps: Vec<Gap>,
    /// What sounded like speech and repeats another track, sorted, disjoint; it is no part of
    /// `speech` nor of anything that is made of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub echo: Vec<Echo>,
}

/// A stretch in which a track repeats another: a microphone that hears the loudspeakers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Echo {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// The track that is repeated.
    pub echo_of: Track,
}

/// What a turn is in the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TurnKind {
    /// The speaker holds the floor.
    Turn,
    /// A short word during or right beside another's turn, without taking the floor.
    Backchannel,
}

/// One speaker holding the floor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turn {
    /// Id, such as `t0007`, in order of start.
    pub id: String,
    /// Whose turn.
    pub track: Track,
    /// What it is.
    pub kind: TurnKind,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Speech inside, without the turn's own pauses.
    pub speech_ms: u64,
}

/// Nobody speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Silence {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Who spoke before it; absent at the start of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Track>,
    /// Who broke it; absent at the end of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Track>,
}

/// More than one track speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overlap {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// The tracks that speak, in order.
    pub tracks: Vec<Track>,
}

/// State of the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FloorState {
    /// One track holds the floor: it speaks, or makes a pause inside its turn.
    Turn,
    /// More than one track speaks.
    Overlap,
    /// Nobody speaks.
    Silence,
    /// Nobody is heard speaking, but a track was not captured.
    Gap,
}

/// A stretch of the floor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FloorSpan {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// State of the floor.
    pub state: FloorState,
    /// Whose turn it is; present for `turn` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
}

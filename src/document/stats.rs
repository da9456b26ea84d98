//! `stats.json`: figures measured from turns and audio; nothing inferred.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::turns::Silence;
use crate::audio::Track;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.stats";

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatsDocument {
    /// Always `verbatim.stats`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id; absent when made from loose files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Length of the timeline.
    pub duration_ms: u64,
    /// Figures of each track.
    pub tracks: Vec<TrackStats>,
    /// Time in which nobody speaks.
    pub silence_ms: u64,
    /// Time in which more than one track speaks.
    pub overlap_ms: u64,
    /// Time in which a track was not captured and nobody is heard.
    pub gap_ms: u64,
    /// The longest silences, longest first, at most 5.
    pub longest_silences: Vec<Silence>,
}

/// Figures of one track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackStats {
    /// Which track.
    pub track: Track,
    /// Sum of the speech spans.
    pub speech_ms: u64,
    /// Share of all tracks' speech, 0 to 1, rounded to 4 places.
    pub talk_share: f64,
    /// Turns, backchannels not counted.
    pub turns: u32,
    /// Backchannels.
    pub backchannels: u32,
    /// Longest turn.
    pub longest_turn_ms: u64,
    /// Median length of a turn.
    pub median_turn_ms: u64,
    /// Median wait between the end of another's turn and the start of the next turn on this track,
    /// where nobody spoke between; absent without such a turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_response_ms: Option<u64>,
}

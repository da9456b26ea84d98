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
    /// Silences between two turns, counted from 1, 2 and 3 s on; silence before the first turn, after
    /// the last one and beside a gap is not counted.
    #[serde(default)]
    pub silences: Vec<SilenceCount>,
    /// Stretches in which more than one track speaks.
    #[serde(default)]
    pub overlaps: u32,
    /// The phases of the interview guide, in order, as its ticks tell them; none without ticks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhaseStats>,
    /// Turns that began while another was spoken, sorted by start and track.
    #[serde(default)]
    pub interruptions: Vec<Interruption>,
}

/// Talk in a phase of the interview guide. The first phase runs from the start; a tick on a question of
/// another phase begins that one. A phase that comes back is there again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseStats {
    /// Title in the guide.
    pub title: String,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Talk of each track.
    pub tracks: Vec<PhaseTalk>,
}

/// Talk of one track in a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseTalk {
    /// Which track.
    pub track: Track,
    /// Speech inside the phase.
    pub speech_ms: u64,
    /// Share of all tracks' speech in the phase, 0 to 1, rounded to 4 places.
    pub talk_share: f64,
}

/// Silences of a length and more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SilenceCount {
    /// Shortest silence that is counted here.
    pub at_least_ms: u64,
    /// How many there are.
    pub count: u32,
    /// Their sum.
    pub total_ms: u64,
    /// The same by who spoke before and who broke the silence, sorted by both; only pairs that occur.
    pub broken: Vec<Broken>,
}

/// Silences between the same two speakers; the same one twice when a speaker went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// Who spoke before the silence.
    pub after: Track,
    /// Who broke it.
    pub before: Track,
    /// How many there are.
    pub count: u32,
    /// Their sum.
    pub total_ms: u64,
}

/// A turn that began while another track's turn was being spoken, and was spoken together with it for
/// at least 300 ms. Backchannels neither interrupt nor are interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interruption {
    /// Where the later turn begins.
    pub start_ms: u64,
    /// Who began to speak.
    pub by: Track,
    /// Who was speaking.
    pub of: Track,
    /// Id of the later turn.
    pub turn: String,
    /// Id of the turn that it came into.
    pub interrupted: String,
    /// How long both spoke, from `start_ms` on.
    pub overlap_ms: u64,
    /// Whose turn ended first; absent when both ended together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yielded: Option<Track>,
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
    /// The longest turn; the first of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_turn: Option<TurnRef>,
    /// How many turns are such responses.
    #[serde(default)]
    pub responses: u32,
    /// Longest wait before such a response; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_response_ms: Option<u64>,
    /// Interruptions by this track.
    #[serde(default)]
    pub interruptions: u32,
    /// Interruptions, by whomever, in which this track's turn ended first.
    #[serde(default)]
    pub yielded: u32,
    /// Words of the transcript.
    #[serde(default)]
    pub words: u32,
    /// Words a minute of the speech that has text, rounded to 1 place; absent without such speech.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words_per_minute: Option<f64>,
    /// Filler words in the transcript; absent where there is no list for the transcript's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fillers: Option<Fillers>,
    /// Level and losses of the sound; absent where only turns are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<SoundStats>,
}

/// A turn of `turns.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnRef {
    /// Its id.
    pub id: String,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
}

/// Filler words, counted in the words of the transcript. A recogniser may leave some of them out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fillers {
    /// How many there are.
    pub count: u32,
    /// Those that occur, in the order of the list.
    pub words: Vec<FillerCount>,
}

/// A filler and how often it occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FillerCount {
    /// The filler as the list has it.
    pub text: String,
    /// How often it occurs.
    pub count: u32,
}

/// Level and losses of a track's sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SoundStats {
    /// Largest level in dB below full scale, rounded to 1 place; absent when every sample is zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_db: Option<f64>,
    /// Samples at full scale.
    pub clipped_samples: u64,
    /// Share of exactly zero samples, 0 to 1, rounded to 4 places.
    pub zero_share: f64,
    /// Audio that was not captured.
    pub lost_ms: u64,
    /// In how many gaps.
    pub gaps: u32,
}

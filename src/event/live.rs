//! What `--json` output shows and the log does not hold: words that may still change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;

/// A line of `--json` output that is shown and never logged: it has no `seq`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveEnvelope {
    /// Version of the event contract.
    pub v: u32,
    /// Session id (UUID version 7).
    pub session: String,
    /// Session time at which the line was made, in milliseconds.
    pub t_ms: u64,
    /// Wall clock at which the line was made, RFC 3339 with offset.
    pub at: String,
    /// What is shown.
    #[serde(flatten)]
    pub live: Live,
}

/// What is shown and never logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum Live {
    /// Words of an utterance that is still being spoken.
    #[serde(rename = "transcript.partial")]
    TranscriptPartial(TranscriptPartial),
}

/// Data of `transcript.partial`.
///
/// Committed words never change: they are the first words of every later partial of the utterance and
/// of its final, letter by letter. The words after them are provisional. A `transcript.final` or
/// `transcript.deferred` of the utterance retires its partials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptPartial {
    /// Utterance id, such as `u0012`.
    pub utterance: String,
    /// Which track.
    pub track: Track,
    /// Counts the partials of the utterance from 1; a higher one replaces all before it.
    pub revision: u32,
    /// Start of the utterance's speech.
    pub start_ms: u64,
    /// Up to where the sound was heard.
    pub heard_ms: u64,
    /// How many of the words are committed; never less than in an earlier revision.
    pub committed: u32,
    /// Committed words, then provisional ones.
    pub words: Vec<PartialWord>,
}

/// A word of a partial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartialWord {
    /// The word with its punctuation, without surrounding space.
    pub text: String,
    /// First millisecond inside; may still move.
    pub start_ms: u64,
    /// First millisecond after; may still move.
    pub end_ms: u64,
}

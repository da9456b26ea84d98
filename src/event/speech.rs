//! Data of the events about who speaks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;

/// Data of `speech.start`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechStart {
    /// Which track.
    pub track: Track,
    /// Where speech begins.
    pub start_ms: u64,
}

/// Data of `speech.end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechEnd {
    /// Which track.
    pub track: Track,
    /// Where speech began.
    pub start_ms: u64,
    /// Where speech ends.
    pub end_ms: u64,
}

/// Data of `speech.echo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechEcho {
    /// Which track repeats.
    pub track: Track,
    /// First millisecond of the echo.
    pub start_ms: u64,
    /// First millisecond after it.
    pub end_ms: u64,
    /// The track that it repeats.
    pub echo_of: Track,
    /// The utterance that is void because all of it is echo; so are its partials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utterance: Option<String>,
}

/// Data of `turn.end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnEnd {
    /// Whose turn.
    pub track: Track,
    /// Where it began.
    pub start_ms: u64,
    /// Where it ends.
    pub end_ms: u64,
}

//! How a running session is doing, what its recogniser found out, and what it keeps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;
use crate::document::transcript::TrackLanguage;

/// Data of `backlog`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backlog {
    /// Utterances that wait.
    pub utterances: u32,
    /// Speech that waits, in milliseconds.
    pub waiting_ms: u64,
    /// How long the first of them has waited since it was over, in milliseconds.
    #[serde(default)]
    pub behind_ms: u64,
}

/// Data of `heartbeat`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// Archive samples on disk, per track in session order.
    pub samples: Vec<u64>,
}

/// Data of `language.detected`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LanguageDetected {
    /// The pass.
    pub pass: String,
    /// The track and its language.
    #[serde(flatten)]
    pub found: TrackLanguage,
}

/// Data of `source.copied`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceCopied {
    /// Which track.
    pub track: Track,
    /// The copy, relative to the session folder.
    pub copy: String,
}

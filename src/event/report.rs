//! How a running session is doing, and what its recogniser found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

//! How a running session is doing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;

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

/// What a `warning` is about; stable for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// The recogniser's process died and was started again.
    WorkerRestarted,
    /// There is no recogniser, or none any more; text waits for `finish`.
    RecogniserUnavailable,
    /// A device stopped delivering samples.
    TrackLost,
    /// Other programs cannot set markers.
    ControlUnavailable,
}

/// Data of `warning`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// What it is about.
    pub code: WarningCode,
    /// The track concerned, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
    /// One line for people.
    pub message: String,
}

/// Data of `heartbeat`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// Archive samples on disk, per track in session order.
    pub samples: Vec<u64>,
}

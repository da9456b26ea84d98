//! How a recording does: the state of each track, what the user should know, and pauses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;

/// What a track does right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// No sample has arrived yet.
    Waiting,
    /// Samples arrive and carry sound.
    Live,
    /// Samples arrive and all are exactly zero: nothing plays, muted, or not permitted.
    Zeros,
    /// Samples arrive, and for long none was as loud as speech is.
    Quiet,
    /// Samples arrive, and again and again they are at full scale.
    Clipping,
    /// No samples arrive although the device is open.
    Stalled,
    /// The device is gone.
    Gone,
}

impl HealthState {
    /// One line for people: what it means, and what can be done.
    pub fn message(self) -> &'static str {
        match self {
            HealthState::Waiting => "no sample has arrived yet",
            HealthState::Live => "recording",
            HealthState::Zeros => {
                "exact silence: nothing plays, it is muted, or recording it is not permitted"
            }
            HealthState::Quiet => "quiet: nothing as loud as speech for half a minute",
            HealthState::Clipping => "clipping: too loud, turn its level down",
            HealthState::Stalled => "no samples arrive although the device is open",
            HealthState::Gone => "the device is gone",
        }
    }
}

/// Data of `track.health`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrackHealth {
    /// Which track.
    pub track: Track,
    /// Its state from now on.
    pub state: HealthState,
    /// The same in one line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl TrackHealth {
    /// A state in its usual words.
    pub fn new(track: Track, state: HealthState) -> TrackHealth {
        TrackHealth {
            track,
            state,
            message: Some(state.message().into()),
        }
    }
}

/// What a `warning` is about; stable for programs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
    /// One side is silent while the other clearly talks.
    SideSilent,
    /// A side's speech is too quiet.
    LevelLow,
    /// Two tracks hear the same.
    TracksEqual,
    /// Nobody has spoken for long: the stop may have been forgotten.
    LongSilence,
    /// The pause is long: the end of it may have been forgotten.
    LongPause,
    /// The planned length is over.
    PlanOver,
    /// The disk will soon be full.
    DiskLow,
}

/// Whether what a warning tells begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// It holds from now on, until it is cleared.
    Raised,
    /// It holds no more.
    Cleared,
}

/// Data of `warning`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// What it is about.
    pub code: WarningCode,
    /// The track concerned, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
    /// Begin or end of something that lasts; absent for what happens once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Alarm>,
    /// One line for people.
    pub message: String,
}

/// Data of `session.paused`: nothing is captured from this sample on, and the timeline goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionPaused {
    /// First archive sample that is not captured.
    pub at_sample: u64,
}

/// Data of `session.resumed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionResumed {
    /// First archive sample that is captured again.
    pub at_sample: u64,
}

/// What a session without audio keeps instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoAudio {
    /// Markers and notes; no device is opened.
    Markers,
    /// Those, and when each side speaks; what is said is heard and thrown away at once.
    Timing,
}

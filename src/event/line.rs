//! Everything that `--json` may print.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Envelope, LiveEnvelope, QueueEnvelope};

/// A line of `--json` output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Line {
    /// An event of a session, which is in its log too.
    Event(Box<Envelope>),
    /// Something that is shown while a call goes on, and never logged.
    Live(LiveEnvelope),
    /// What became of the recordings of a call.
    Queue(QueueEnvelope),
}

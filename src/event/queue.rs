//! What `verbatim transcribe --json` says of its files beside the events of their sessions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A line of `--json` output that is about a file and in no session's log: it has no `seq`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueEnvelope {
    /// Version of the event contract.
    pub v: u32,
    /// Wall clock at which the line was made, RFC 3339 with offset.
    pub at: String,
    /// What is told.
    #[serde(flatten)]
    pub queue: Queue,
}

/// What is told of the files of a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
pub enum Queue {
    /// Work on the recordings of a call is over.
    #[serde(rename = "file.ended")]
    FileEnded(FileEnded),
}

/// What became of the recordings of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// They have their text.
    Done,
    /// They were complete before.
    Skipped,
    /// Some of their speech has no text.
    Incomplete,
    /// Work on them was stopped; it can go on.
    Stopped,
    /// There is no text.
    Failed,
}

/// Data of `file.ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileEnded {
    /// The recordings of the call, as they were named or found.
    pub files: Vec<String>,
    /// What became of them.
    pub state: FileState,
    /// Folder of their session, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Length of the session in milliseconds.
    pub audio_ms: u64,
    /// How much of the recordings could not be decoded, in milliseconds: `gaps` and `cut_short` in
    /// `session.json` tell where. Absent when nothing was lost.
    #[serde(default, skip_serializing_if = "super::is_nought")]
    pub lost_ms: u64,
    /// How long the text took in milliseconds.
    pub took_ms: u64,
    /// Words of the text.
    pub words: u64,
    /// How often it was tried; 0 for what was complete before.
    pub attempts: u32,
    /// Why it is not done, or why it was tried more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

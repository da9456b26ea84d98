//! `markers.json`: moments that somebody in the call pointed at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.markers";

/// The kinds of marker that every installation knows, in the order in which they are shown. Users
/// may have kinds of their own: a reader shows a kind that it does not know by its name.
pub const KINDS: [&str; 10] = [
    "quote",
    "pain",
    "delight",
    "idea",
    "number",
    "follow-up",
    "question",
    "task",
    "surprise",
    "off-guide",
];

/// The document. A session without it has no markers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkersDocument {
    /// Always `verbatim.markers`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// The markers, sorted by `t_ms` and id.
    pub markers: Vec<Marker>,
}

/// A moment with a kind, and the stretch of the call that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Marker {
    /// Id, such as `m0003`; never reused in a session.
    pub id: String,
    /// What the moment is: `quote`, `pain`, `delight`, `idea`, `number`, `follow-up`, `question`,
    /// `task`, `surprise`, `off-guide`, or a kind of the user's own.
    pub kind: String,
    /// When the key was pressed; not when the note was saved.
    pub t_ms: u64,
    /// First millisecond of the stretch that the marker is about, usually some seconds before
    /// `t_ms`.
    pub start_ms: u64,
    /// First millisecond after that stretch.
    pub end_ms: u64,
    /// What the author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How much it matters: 1 little, 2, 3 much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3))]
    pub severity: Option<u8>,
    /// The author's tags, in the order in which they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What the speaker felt, in the author's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    /// Who set the marker; absent when it was the person who records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

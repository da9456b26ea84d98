//! `corrections.json`: what people wrote in place of what a recogniser heard.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::transcript::Word;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.corrections";

/// The document. A session without it has no corrections. `transcript.json` keeps what was recognised;
/// whoever shows the text lays this over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionsDocument {
    /// Always `verbatim.corrections`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// The corrections, sorted by the id of their segment.
    pub corrections: Vec<Correction>,
}

/// The text of a segment as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// Id of the segment.
    pub segment: String,
    /// What was recognised when it was corrected.
    pub raw: String,
    /// What stands in its place.
    pub text: String,
    /// Who corrected it; absent when it was the person who records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was corrected, RFC 3339 with offset.
    pub at: String,
    /// The words of `text` with times: a word that was recognised there keeps its own, the others share
    /// what is left between them. Empty where a later pass has taken the segment away, and the
    /// correction stands for nothing.
    pub words: Vec<Word>,
}

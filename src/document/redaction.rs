//! `redactions.json`: what must not leave the session, and what stands in its place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.redactions";

/// The document. A session without it has never been redacted. It holds what it hides, as the
/// transcript does: it stays in the session's folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RedactionsDocument {
    /// Always `verbatim.redactions`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// What is to be replaced.
    #[serde(flatten)]
    pub rules: Rules,
    /// Where that is said, sorted by start and track.
    pub found: Vec<Redacted>,
}

/// What is replaced, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rules {
    /// The kinds of thing that are replaced, sorted.
    pub kinds: Vec<RedactionKind>,
    /// What is known by its letters, sorted by kind and text.
    pub rules: Vec<Rule>,
    /// Words that stay, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
}

/// What a redacted piece is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RedactionKind {
    /// The name of a person, or of something that gives a person away.
    Name,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A number.
    Number,
}

/// How something came to be redacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedactionSource {
    /// Somebody named it.
    Given,
    /// It is in the speaker table.
    Speaker,
    /// It was found by its form, or by the words before it.
    Detected,
}

/// A text that is replaced wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// What it is.
    pub kind: RedactionKind,
    /// The text; case, accents and punctuation do not count.
    pub text: String,
    /// What stands in its place, the same in every session of a folder.
    pub instead: String,
    /// How it came to be here.
    pub source: RedactionSource,
}

/// A place in the call that is redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Redacted {
    /// What it is.
    pub kind: RedactionKind,
    /// What is said there.
    pub text: String,
    /// What stands in its place.
    pub instead: String,
    /// Id of the segment that it begins in.
    pub segment: String,
    /// Which track.
    pub track: Track,
    /// First millisecond of its words.
    pub start_ms: u64,
    /// First millisecond after them.
    pub end_ms: u64,
}

//! `people.json`, beside the sessions: who stands behind which pseudonym.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::redaction::RedactionKind;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.people";

/// The document: the key to every pseudonym of the sessions in its folder. Whoever has it knows who
/// was spoken to; it is never exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeopleDocument {
    /// Always `verbatim.people`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// The people, in the order in which they got their pseudonyms.
    pub people: Vec<Person>,
    /// What else has a pseudonym, in that order.
    pub others: Vec<Other>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// Pseudonym, such as `P01`.
    pub id: String,
    /// Every name that the person goes by; the first is the fullest.
    pub names: Vec<String>,
}

/// Something that stands for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Other {
    /// Pseudonym, such as `[e-mail 1]`.
    pub id: String,
    /// What it is.
    pub kind: RedactionKind,
    /// The text.
    pub text: String,
}

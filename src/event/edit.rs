//! What people change of a transcript, while what was recognised stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::redaction::Rules;
use crate::document::transcript::Role;

/// Data of `speaker.changed`: what changes of a row of the speaker table; the rest stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpeakerChanged {
    /// Id in the speaker table.
    pub id: String,
    /// Name to show; an empty one gives the track's name back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What the speaker does in the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Id of the person across sessions, such as `P01`; an empty one takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// Id of the speaker that this one is the same as; an empty one sets them apart again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
}

/// Data of `text.corrected`: the text of a segment from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextCorrected {
    /// Id of the segment.
    pub segment: String,
    /// What was recognised.
    pub raw: String,
    /// What stands in its place.
    pub text: String,
    /// Who corrected it; absent when it was the person who records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// Data of `text.restored`: a segment's correction was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextRestored {
    /// Id of the segment.
    pub segment: String,
}

/// Data of `redaction.set`: everything that is to be replaced from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RedactionSet(pub Rules);

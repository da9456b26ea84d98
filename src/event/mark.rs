//! What people do with a call: they agree to it, point at moments, cut clips, and answer for their use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::clip::Clip;
use crate::document::common::ConsentScope;
use crate::document::marker::Marker;

/// Data of `marker.added`: the marker.
///
/// Its `t_ms` is the moment of the key press; the envelope's `t_ms` is when the event was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MarkerAdded(pub Marker);

/// Data of `marker.changed`: the whole marker as it is from now on, known by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MarkerChanged(pub Marker);

/// Data of `marker.removed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MarkerRemoved {
    /// Id of the marker; it is not used again.
    pub id: String,
}

/// Data of `clip.created`: the clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ClipCreated(pub Box<Clip>);

/// Data of `consent.recorded`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentRecorded {
    /// What was agreed, in the user's words.
    pub text: String,
    /// What the recording may be used for, sorted; empty when only the words above say so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ConsentScope>,
}

/// Data of `consent.withdrawn`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentWithdrawn {
    /// How it was taken back, in the user's words; may be empty.
    pub text: String,
    /// What the recording may no longer be used for, sorted.
    pub scopes: Vec<ConsentScope>,
}

/// Data of `consent.overridden`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentOverridden {
    /// What no consent covers.
    pub scope: ConsentScope,
    /// What was made all the same: clip ids, or names of formats.
    pub made: Vec<String>,
}

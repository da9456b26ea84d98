//! What becomes of an interview guide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::guide::Guide;

/// Data of `guide.loaded`: the guide. A later one takes its place, with all ticks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GuideLoaded(pub Guide);

/// Data of `guide.ticked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuideTicked {
    /// Id of the question or follow-up.
    pub item: String,
    /// When the key was pressed.
    pub t_ms: u64,
}

/// Data of `guide.unticked`: the tick was a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuideUnticked {
    /// Id of the question or follow-up.
    pub item: String,
}

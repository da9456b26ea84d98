//! An interview guide, and how much of it a call covered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::review::Evidence;

/// What an interviewer set out to ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guide {
    /// What the interviewer wants to learn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// The phases of the call in order.
    pub phases: Vec<GuidePhase>,
}

/// A phase of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuidePhase {
    /// Its title; empty in a guide without phases.
    pub title: String,
    /// How long it is planned to be, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
    /// Its questions in order.
    pub questions: Vec<GuideQuestion>,
}

/// A question of a guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuideQuestion {
    /// Id in the guide, such as `g3`.
    pub id: String,
    /// The question.
    pub ask: String,
    /// What to ask further, in order.
    pub follow_ups: Vec<GuideFollowUp>,
}

/// A follow-up in a guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuideFollowUp {
    /// Id in the guide, such as `g3.1`.
    pub id: String,
    /// The question.
    pub ask: String,
}

/// How much of a guide a call covered. What somebody ticked is certain; a hint is a guess by words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuideCoverage {
    /// What the interviewer wanted to learn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Questions of the guide, follow-ups not counted.
    pub questions: u32,
    /// Questions that somebody ticked, follow-ups not counted.
    pub ticked: u32,
    /// Questions that nobody ticked and that the words hint at, follow-ups not counted.
    pub hinted: u32,
    /// Every question and follow-up in the order of the guide.
    pub items: Vec<GuideItem>,
}

/// A question or follow-up of a guide, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuideItem {
    /// Id in the guide.
    pub id: String,
    /// Title of its phase; empty in a guide without phases.
    pub phase: String,
    /// The question.
    pub ask: String,
    /// Id of the question that it follows up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// When somebody ticked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticked_ms: Option<u64>,
    /// Where the words hint at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<GuideHint>,
}

/// Words that sound like a question of the guide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuideHint {
    /// The words.
    pub text: String,
    /// `guide.words`: enough of the question's own words.
    pub rules: Vec<String>,
    /// How much of the question's words were said, 0 to 1, rounded to 4 places.
    pub score: f64,
    /// Where it was said.
    pub evidence: Evidence,
}

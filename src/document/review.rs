//! `review.json`: what rules read out of the words. All of it is inferred: each item says which rules
//! found it, how sure they are, and in which words. Measured figures are in `stats.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guide::GuideCoverage;
use crate::audio::Track;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.review";

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewDocument {
    /// Always `verbatim.review`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// The rules that made it; absent when there are none, and then nothing is guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesUsed>,
    /// Why something is missing, in one line for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Questions, sorted by start and track.
    pub questions: Vec<Question>,
    /// Questions that go on asking about the same, sorted by their first question.
    pub chains: Vec<Chain>,
    /// The turns that follow questions, in the order of the questions.
    pub answers: Vec<Answer>,
    /// Answers without anything to hold on to, sorted by start.
    pub vague: Vec<Finding>,
    /// Numbers and money that participants speak of, sorted by start.
    pub numbers: Vec<Amount>,
    /// What may be worth quoting, best first.
    pub quotes: Vec<QuoteCandidate>,
    /// What the call covered of its guide; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guide: Option<GuideCoverage>,
    /// Words that participants use and most people do not, most telling first.
    pub vocabulary: Vec<Term>,
}

/// The rules that made a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulesUsed {
    /// Language that they are for, an ISO 639-1 code.
    pub language: String,
    /// Version that their file gives itself.
    pub version: u32,
    /// Where they come from.
    pub source: RulesSource,
}

/// Where rules come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesSource {
    /// They are part of the program.
    Bundled,
    /// They lie in the user's configuration folder, as `rules/LANGUAGE.toml`.
    User,
    /// They lie in the session's folder, as `rules.toml`.
    Session,
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The track it was heard on.
    pub track: Track,
    /// Id in the speaker table of `transcript.json`.
    pub speaker: String,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Ids of the segments, in order.
    pub segments: Vec<String>,
    /// Ids of the words, in order.
    pub words: Vec<String>,
}

/// Whether a question asks for a story or for a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionForm {
    /// It asks for a story.
    Open,
    /// A word, a number or a yes answers it.
    Closed,
}

/// What else can be said about a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionFlag {
    /// It says which answer is expected.
    Leading,
    /// It asks what might be.
    Hypothetical,
    /// It is two questions.
    DoubleBarrelled,
    /// It goes deeper into what was said.
    FollowUp,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// Id in this document, such as `q0003`.
    pub id: String,
    /// The words.
    pub text: String,
    /// Rules that found it, strongest first.
    pub rules: Vec<String>,
    /// How sure they are, 0 to 1, rounded to 4 places.
    pub score: f64,
    /// Open or closed; absent when no rule tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// What else can be said about it.
    pub flags: Vec<Flag>,
    /// Where it was asked.
    pub evidence: Evidence,
}

/// Whether a question is open or closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    /// Open or closed.
    pub form: QuestionForm,
    /// Rules that say so, strongest first.
    pub rules: Vec<String>,
    /// How sure they are, 0 to 1, rounded to 4 places.
    pub score: f64,
}

/// Something about a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flag {
    /// What.
    pub flag: QuestionFlag,
    /// Rules that say so, strongest first.
    pub rules: Vec<String>,
    /// How sure they are, 0 to 1, rounded to 4 places.
    pub score: f64,
}

/// A question and the follow-ups to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chain {
    /// Ids of the questions, the first one and then its follow-ups.
    pub questions: Vec<String>,
    /// How many follow-ups.
    pub depth: u32,
    /// Rules that found the follow-ups; `chain.words` where a question takes up a word of the answer.
    pub rules: Vec<String>,
    /// How sure the least sure follow-up is, 0 to 1, rounded to 4 places.
    pub score: f64,
}

/// The turn that follows a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// Id of the question.
    pub question: String,
    /// Id of the turn in `turns.json`.
    pub turn: String,
    /// Who answers.
    pub track: Track,
    /// First millisecond of the turn.
    pub start_ms: u64,
    /// From the end of the asker's speech to the start of the turn, by the sound; 0 when it began
    /// before that end.
    pub latency_ms: u64,
    /// Whether that is a long silence.
    pub after_long_silence: bool,
    /// `answer.next-turn`: the next turn of another track before the asker has another turn.
    pub rules: Vec<String>,
    /// The question's score.
    pub score: f64,
}

/// Something found in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Id of the question that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The words.
    pub text: String,
    /// Rules that found it, strongest first.
    pub rules: Vec<String>,
    /// How sure they are, 0 to 1, rounded to 4 places.
    pub score: f64,
    /// Where it was said.
    pub evidence: Evidence,
}

/// What an amount is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AmountKind {
    /// A number of anything.
    Number,
    /// Money.
    Money,
}

/// A number or a sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// What it is of.
    pub kind: AmountKind,
    /// The words of the amount.
    pub text: String,
    /// The sentence that it stands in.
    pub sentence: String,
    /// Rules that found it, strongest first.
    pub rules: Vec<String>,
    /// How sure they are, 0 to 1, rounded to 4 places.
    pub score: f64,
    /// Where it was said.
    pub evidence: Evidence,
}

/// Something that may be worth quoting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteCandidate {
    /// The words.
    pub text: String,
    /// Rules that speak for it, strongest first.
    pub rules: Vec<String>,
    /// How much speaks for it, 0 to 1, rounded to 4 places.
    pub score: f64,
    /// Where it was said.
    pub evidence: Evidence,
}

/// A word of the participant's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Term {
    /// The word or words, in lower case.
    pub text: String,
    /// How often it was said.
    pub count: u32,
    /// `vocabulary.uncommon` for a word outside the common ones, `vocabulary.phrase` for two words that
    /// stand together again and again.
    pub rules: Vec<String>,
    /// How telling it is, 0 to 1, rounded to 4 places: 1 for a word that few people use.
    pub score: f64,
    /// Ids of the words, in order.
    pub words: Vec<String>,
    /// Where it was said first, in milliseconds.
    pub first_ms: u64,
}

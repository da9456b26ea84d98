//! Rules that read something out of words: data in a file that a user can read and change. The
//! mechanism knows no language; a language is a file.

mod common;
mod file;
mod judge;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::pattern::{Pattern, Sets};
use crate::error::Result;

pub use common::Common;
pub use judge::{Found, Verdict};

/// What a rule can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// A question.
    Question,
    /// A question that asks for a story.
    Open,
    /// A question that one word answers.
    Closed,
    /// A question that says which answer is expected.
    Leading,
    /// A question about what might be.
    Hypothetical,
    /// Two questions in one.
    DoubleBarrelled,
    /// A question that goes deeper into what was said.
    FollowUp,
    /// An answer without anything to hold on to.
    Vague,
    /// A number.
    Number,
    /// Money.
    Money,
    /// Words of feeling.
    Emotional,
    /// Somebody speaks of himself.
    FirstPerson,
    /// Something that happened, with a number, a time or a reason.
    Specific,
}

/// Where in a sentence a rule looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At its start, after words that open it.
    Start,
    /// At its end.
    End,
    /// It is the whole sentence.
    Whole,
    /// Behind its first word.
    Inside,
    /// Wherever it fits.
    #[default]
    Anywhere,
}

/// What a rule against something takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// What was found from its own first word on.
    #[default]
    After,
    /// What was found at its own first word.
    Here,
    /// All.
    All,
}

/// Whether a rule speaks for something or against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Finds(Label),
    Against(Label, Reach),
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    id: String,
    says: Says,
    place: Place,
    any: Vec<Pattern>,
    score: f64,
}

/// From which score on, and how long, something counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Lowest score of a question.
    pub question: f64,
    /// Lowest score of what is said about a question.
    pub flag: f64,
    /// Lowest score of a vague answer.
    pub vague: f64,
    /// Lowest score of a quote.
    pub quote: f64,
    /// An answer that begins later came after a long silence, in milliseconds.
    pub long_silence_ms: u64,
    /// A pause that ends a sentence, in milliseconds.
    pub pause_ms: u64,
    /// Shortest and longest quote, in words.
    pub quote_words: RangeInclusive<usize>,
    /// Longest answer that may be vague, in words.
    pub vague_words: usize,
    /// Quotes that are listed at most.
    pub quotes: usize,
    /// Terms that are listed at most.
    pub terms: usize,
    /// How often a term must occur.
    pub term_count: u32,
}

/// How much each property makes a quote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuoteWeights {
    /// Words of feeling.
    pub emotional: f64,
    /// Something that happened.
    pub specific: f64,
    /// First person.
    pub first_person: f64,
}

/// Rules for one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    language: String,
    version: u32,
    fillers: Vec<String>,
    limits: Limits,
    quote: QuoteWeights,
    sets: Sets,
    rules: Vec<Rule>,
}

/// Languages whose rules are part of the program, and their files.
const BUNDLED: &[(&str, &str)] = &[("en", include_str!("../../rules/en.toml"))];

impl Rules {
    /// Reads a file of rules; `rules/en.toml` says what may stand in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) with the line and what is wrong there.
    pub fn parse(text: &str) -> Result<Rules> {
        file::parse(text)
    }

    /// The rules that come with the program for a language, an ISO 639-1 code; `None` where there are
    /// none.
    pub fn bundled(language: &str) -> Option<Rules> {
        Rules::text(language).and_then(|text| Rules::parse(text).ok())
    }

    /// The file of [`Rules::bundled`].
    pub fn text(language: &str) -> Option<&'static str> {
        let (_, text) = BUNDLED.iter().find(|(code, _)| *code == language)?;
        Some(text)
    }

    /// Languages that have bundled rules.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        BUNDLED.iter().map(|(code, _)| *code)
    }

    /// Language that the rules are for, an ISO 639-1 code.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Version that the file gives itself.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Filler words.
    pub fn fillers(&self) -> &[String] {
        &self.fillers
    }

    /// From where on something counts.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What makes a quote.
    pub fn quote(&self) -> QuoteWeights {
        self.quote
    }

    /// Ids of all rules, sorted.
    pub fn ids(&self) -> BTreeSet<&str> {
        self.rules.iter().map(|rule| rule.id.as_str()).collect()
    }
}

#[cfg(test)]
mod tests;

//! `review.json` from the transcript, the turns and a file of rules. Everything here is a guess, and
//! says so: each item names its rules, its score and its words.

mod amounts;
mod answers;
mod chains;
mod questions;
mod quotes;
mod vocabulary;

use super::rules::Rules;
use super::speech::{Sentence, sentences};
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::review::{ReviewDocument, RulesSource, RulesUsed, SCHEMA};
use crate::document::transcript::{Role, TranscriptDocument};
use crate::document::turns::TurnsDocument;
use crate::error::Result;

/// The rules of a session: those in its folder, those of its user, those that come with the program, or
/// none.
#[derive(Clone, Debug)]
pub enum RuleChoice {
    /// Rules that fit the transcript's language.
    Rules(Box<Rules>, RulesSource),
    /// There are none, for this reason.
    None(String),
}

impl RuleChoice {
    /// Chooses for a transcript. `find` is asked for rules that take the place of the program's for the
    /// transcript's language, or why they cannot be read.
    pub fn of(
        transcript: &TranscriptDocument,
        find: impl FnOnce(&str) -> Option<(RulesSource, Result<Rules>)>,
    ) -> RuleChoice {
        let Some(pass) = transcript.passes.last() else {
            return RuleChoice::None("there is no text to review".into());
        };
        let language = pass.spoken();
        let file = |source| match source {
            RulesSource::User => format!("rules/{language}.toml of your configuration"),
            RulesSource::Session | RulesSource::Bundled => "rules.toml".to_owned(),
        };
        match find(language) {
            Some((source, Ok(rules))) if rules.language() == language => {
                RuleChoice::Rules(Box::new(rules), source)
            }
            Some((source, Ok(rules))) => RuleChoice::None(format!(
                "{} is for the language {}, and the text is in {language}",
                file(source),
                rules.language()
            )),
            Some((source, Err(why))) => {
                RuleChoice::None(format!("{} cannot be used: {why}", file(source)))
            }
            None => match Rules::bundled(language) {
                Some(rules) => RuleChoice::Rules(Box::new(rules), RulesSource::Bundled),
                None => RuleChoice::None(format!("there are no rules for the language {language}")),
            },
        }
    }

    /// The rules, if there are any.
    pub fn rules(&self) -> Option<&Rules> {
        match self {
            RuleChoice::Rules(rules, _) => Some(rules),
            RuleChoice::None(_) => None,
        }
    }
}

/// A call as rules read it.
struct Reading<'a> {
    rules: &'a Rules,
    turns: &'a TurnsDocument,
    sentences: Vec<Sentence<'a>>,
    roles: Vec<(Track, Role)>,
}

impl Reading<'_> {
    fn role(&self, track: Track) -> Role {
        let known = self.roles.iter().find(|(t, _)| *t == track);
        known.map_or(Role::Unknown, |(_, role)| *role)
    }

    /// Whether what this track says is what the call is held for: a participant's words, or those of
    /// somebody whose role nobody knows.
    fn counts(&self, track: Track) -> bool {
        matches!(self.role(track), Role::Participant | Role::Unknown)
    }
}

/// The review of a call.
pub fn review(
    transcript: &TranscriptDocument,
    turns: &TurnsDocument,
    choice: &RuleChoice,
) -> ReviewDocument {
    let mut document = ReviewDocument {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        session: transcript.session.clone(),
        rules: None,
        note: None,
        questions: Vec::new(),
        chains: Vec::new(),
        answers: Vec::new(),
        vague: Vec::new(),
        numbers: Vec::new(),
        quotes: Vec::new(),
        guide: None,
        vocabulary: Vec::new(),
    };
    let (rules, source) = match choice {
        RuleChoice::Rules(rules, source) => (rules, *source),
        RuleChoice::None(why) => {
            document.note = Some(why.clone());
            return document;
        }
    };
    let speakers = transcript.speakers.iter();
    let call = Reading {
        rules,
        turns,
        sentences: sentences(transcript, turns, rules.limits().pause_ms),
        roles: speakers.map(|s| (s.track, s.role)).collect(),
    };
    document.rules = Some(RulesUsed {
        language: rules.language().to_owned(),
        version: rules.version(),
        source,
    });
    document.questions = questions::questions(&call);
    document.answers = answers::answers(&call, &document.questions);
    document.chains = chains::chains(&call, &document.questions);
    document.vague = answers::vague(&call, &document.questions, &document.answers);
    document.numbers = amounts::amounts(&call);
    document.quotes = quotes::quotes(&call);
    document.vocabulary = vocabulary::vocabulary(&call);
    document
}

/// Rounds to 4 places, so that documents do not depend on the last bits of arithmetic.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

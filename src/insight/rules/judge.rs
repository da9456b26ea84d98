//! What rules make of a sentence.

use std::collections::BTreeMap;

use super::{Label, Place, Reach, Rule, Rules, Says};
use crate::insight::pattern::{MARK, Token};

/// A rule that fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'a> {
    /// Id of the rule.
    pub rule: &'a str,
    /// What is left of its score after what speaks against it.
    pub score: f64,
    /// First token that it fits.
    pub start: usize,
    /// First token after.
    pub end: usize,
}

/// Everything that speaks for a label in a sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict<'a> {
    /// How sure it is, 0 to 1, rounded to 4 places.
    pub score: f64,
    /// The fits that are left, strongest first; one a rule and place.
    pub found: Vec<Found<'a>>,
}

impl<'a> Verdict<'a> {
    /// Ids of the rules, strongest first, each once.
    pub fn rules(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for found in &self.found {
            if !ids.iter().any(|id| id == found.rule) {
                ids.push(found.rule.to_owned());
            }
        }
        ids
    }
}

/// What is left of a fit must weigh at least this much to be named.
const WORTH_NAMING: f64 = 0.1;

impl Rules {
    /// Whether a word begins something else, such as "and" and "because".
    pub fn joins(&self, word: &str) -> bool {
        self.sets.get("joins").is_some_and(|set| set.has(word))
    }

    /// Whether a word says nothing without the one behind it, such as "every" and "the".
    pub fn opens(&self, word: &str) -> bool {
        self.sets.get("opens").is_some_and(|set| set.has(word))
    }

    /// Where the sentence begins behind the words that open it, such as "so" and "well".
    pub fn opened(&self, said: &[Token]) -> usize {
        let Some(lead) = self.sets.get("lead") else {
            return 0;
        };
        let mut at = 0;
        while let Some(length) = lead.longest(said, at) {
            at += length;
        }
        at
    }

    /// What the rules make of a sentence.
    ///
    /// Rules that find the same thing make it surer: the score is one minus the product of what each
    /// leaves open. A rule against it takes its share from every fit in its reach.
    pub fn judge(&self, said: &[Token]) -> BTreeMap<Label, Verdict<'_>> {
        let mut found: BTreeMap<Label, Vec<Found<'_>>> = BTreeMap::new();
        let mut against = Vec::new();
        for rule in &self.rules {
            for (start, end) in self.fits(rule, said) {
                let fit = Found {
                    rule: &rule.id,
                    score: rule.score,
                    start,
                    end,
                };
                match rule.says {
                    Says::Finds(label) => found.entry(label).or_default().push(fit),
                    Says::Against(label, reach) => against.push((label, reach, fit)),
                }
            }
        }
        for (label, reach, no) in &against {
            for yes in found.get_mut(label).into_iter().flatten() {
                let hit = match reach {
                    Reach::All => true,
                    Reach::After => yes.start >= no.start,
                    Reach::Here => yes.start == no.start,
                };
                if hit {
                    yes.score *= 1.0 - no.score;
                }
            }
        }
        let verdicts = found
            .into_iter()
            .map(|(label, fits)| (label, verdict(fits)));
        verdicts.collect()
    }

    /// Every stretch of the sentence that a rule fits, at most one from each token.
    fn fits(&self, rule: &Rule, said: &[Token]) -> Vec<(usize, usize)> {
        let words = said.iter().filter(|token| token.text != MARK).count();
        let opened = self.opened(said).min(words.saturating_sub(1));
        let starts = match rule.place {
            Place::Start | Place::Whole => 0..opened + 1,
            Place::Inside => opened + 1..said.len(),
            Place::End | Place::Anywhere => 0..said.len(),
        };
        let mut fits = Vec::new();
        for at in starts {
            let fit = |ends| {
                let mut patterns = rule.any.iter();
                patterns.find_map(|pattern| pattern.fits(said, at, &self.sets, ends))
            };
            let end = match rule.place {
                Place::End | Place::Whole => fit(Some(words)).or_else(|| fit(Some(said.len()))),
                _ => fit(None),
            };
            fits.extend(end.map(|end| (at, end)));
        }
        fits
    }
}

fn verdict(mut found: Vec<Found<'_>>) -> Verdict<'_> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.start.cmp(&b.start)));
    let mut open = 1.0;
    let mut counted: Vec<&str> = Vec::new();
    for fit in &found {
        // A rule that fits twice makes nothing surer.
        if !counted.contains(&fit.rule) {
            open *= 1.0 - fit.score;
            counted.push(fit.rule);
        }
    }
    found.retain(|fit| fit.score >= WORTH_NAMING);
    Verdict {
        score: ((1.0 - open) * 1e4).round() / 1e4,
        found,
    }
}

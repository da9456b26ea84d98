//! Which question of a guide somebody seems to have asked.

use std::collections::BTreeMap;

use super::items;
use crate::document::guide::Guide;
use crate::insight::words::tokens;

/// Share of a question's words, by weight, that must be said.
const ENOUGH: f64 = 0.6;

/// Words of the same beginning are one word when they have this many letters in common, and at most so
/// many beyond them: "report" and "reports", "frustrating" and "frustrates".
const STEM: usize = 4;
const ENDING: usize = 3;

/// Letters from which on a word has its full weight; shorter ones are mostly grammar.
const FULL: usize = 6;

/// Questions of fewer words are recognised only word for word.
const FEW: usize = 3;

/// A question of a guide that somebody seems to have asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// Id of the question or follow-up.
    pub id: String,
    /// Share of its words, by weight, that were said: 0 to 1, rounded to 4 places.
    pub score: f64,
}

/// Compares what is said with the questions of a guide.
#[derive(Clone, Debug)]
pub struct Matcher {
    questions: Vec<(String, Vec<(String, f64)>)>,
}

impl Matcher {
    /// A matcher for a guide. A word that stands in many of its questions tells little, so it weighs
    /// little.
    pub fn new(guide: &Guide) -> Matcher {
        let questions: Vec<(String, Vec<String>)> = items(guide)
            .map(|item| {
                let mut words = tokens(item.ask);
                let mut known = Vec::new();
                words.retain(|word| {
                    let fresh = !known.contains(word);
                    known.push(word.clone());
                    fresh
                });
                (item.id.to_owned(), words)
            })
            .collect();
        let mut occurs: BTreeMap<&str, u32> = BTreeMap::new();
        for word in questions.iter().flat_map(|(_, words)| words) {
            *occurs.entry(word).or_default() += 1;
        }
        let all = questions.len() as f64;
        let weight = |word: &String| {
            let rare = (1.0 + all / f64::from(occurs[word.as_str()])).ln();
            rare * word.chars().count().min(FULL) as f64 / FULL as f64
        };
        let weighed = questions.iter().map(|(id, words)| {
            let words = words.iter().map(|word| (word.clone(), weight(word)));
            (id.clone(), words.collect())
        });
        Matcher {
            questions: weighed.collect(),
        }
    }

    /// The question that `said` sounds most like, if it sounds like one enough; the first of several.
    pub fn best(&self, said: &[String]) -> Option<Hint> {
        let mut best: Option<Hint> = None;
        for (id, words) in &self.questions {
            let score = (score(words, said) * 1e4).round() / 1e4;
            if score >= ENOUGH && best.as_ref().is_none_or(|known| score > known.score) {
                best = Some(Hint {
                    id: id.clone(),
                    score,
                });
            }
        }
        best
    }
}

/// The largest share of a question's words in any stretch of twice its length: a long speech has every
/// word somewhere.
fn score(words: &[(String, f64)], said: &[String]) -> f64 {
    if words.len() < FEW {
        let own: Vec<&String> = words.iter().map(|(word, _)| word).collect();
        let ends = said.len() >= own.len()
            && said[said.len() - own.len()..]
                .iter()
                .eq(own.iter().copied());
        return f64::from(u8::from(
            ends && !own.is_empty() && said.len() <= own.len() + 1,
        ));
    }
    let all: f64 = words.iter().map(|(_, weight)| weight).sum();
    let length = (words.len() * 2).max(8).min(said.len());
    let stretches = said.windows(length.max(1));
    let share = |stretch: &[String]| {
        let found = words
            .iter()
            .filter(|(word, _)| stretch.iter().any(|other| alike(word, other)));
        found.map(|(_, weight)| weight).sum::<f64>() / all
    };
    stretches.map(share).fold(0.0, f64::max)
}

fn alike(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let common = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let longest = one.chars().count().max(other.chars().count());
    common >= STEM && longest - common <= ENDING
}

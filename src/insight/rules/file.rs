//! A file of rules as it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{Label, Limits, Place, QuoteWeights, Reach, Rule, Rules, Says};
use crate::error::{Error, ErrorKind, Result};
use crate::insight::pattern::{Pattern, Set, Sets};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: String,
    version: u32,
    #[serde(default)]
    fillers: Vec<String>,
    limits: LimitsEntry,
    quote: QuoteEntry,
    #[serde(default)]
    sets: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "rule")]
    rules: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsEntry {
    question: f64,
    flag: f64,
    vague: f64,
    quote: f64,
    long_silence_ms: u64,
    pause_ms: u64,
    quote_words: [usize; 2],
    vague_words: usize,
    quotes: usize,
    terms: usize,
    term_count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuoteEntry {
    emotional: f64,
    specific: f64,
    first_person: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    finds: Option<Label>,
    against: Option<Label>,
    reach: Option<Reach>,
    #[serde(default)]
    at: Place,
    any: Vec<Spanned<String>>,
    score: Spanned<f64>,
}

pub(super) fn parse(text: &str) -> Result<Rules> {
    let file: File = toml::from_str(text).map_err(|e: toml::de::Error| {
        wrong(
            text,
            e.span().map_or(0, |span| span.start),
            e.message().trim(),
        )
    })?;
    let sets: Sets = file
        .sets
        .iter()
        .map(|(name, entries)| (name.clone(), Set::new(entries.iter().map(String::as_str))))
        .collect();
    let mut known = BTreeSet::new();
    let mut rules = Vec::new();
    for entry in file.rules {
        if !known.insert(entry.id.get_ref().clone()) {
            let what = format!("the rule \"{}\" is there twice", entry.id.get_ref());
            return Err(wrong(text, entry.id.span().start, &what));
        }
        rules.push(rule(text, entry, &sets)?);
    }
    Ok(Rules {
        language: file.language,
        version: file.version,
        fillers: file.fillers,
        limits: limits(file.limits),
        quote: QuoteWeights {
            emotional: file.quote.emotional,
            specific: file.quote.specific,
            first_person: file.quote.first_person,
        },
        sets,
        rules,
    })
}

fn rule(text: &str, entry: Entry, sets: &Sets) -> Result<Rule> {
    let id = entry.id.get_ref();
    let at = entry.id.span().start;
    let says = match (entry.finds, entry.against, entry.reach) {
        (Some(label), None, None) => Says::Finds(label),
        (None, Some(label), reach) => Says::Against(label, reach.unwrap_or_default()),
        (Some(_), None, Some(_)) => {
            let what = format!("the rule \"{id}\" finds something, so it has no reach");
            return Err(wrong(text, at, &what));
        }
        _ => {
            let what = format!("the rule \"{id}\" needs either finds or against");
            return Err(wrong(text, at, &what));
        }
    };
    let score = *entry.score.get_ref();
    if !(0.0..=1.0).contains(&score) {
        let what = format!("the score of \"{id}\" is not between 0 and 1");
        return Err(wrong(text, entry.score.span().start, &what));
    }
    let mut any = Vec::new();
    for pattern in &entry.any {
        any.push(Pattern::parse(pattern.get_ref(), sets).map_err(|e| {
            let what = format!("the pattern \"{}\" of \"{id}\": {e}", pattern.get_ref());
            wrong(text, pattern.span().start, &what)
        })?);
    }
    if any.is_empty() {
        return Err(wrong(
            text,
            at,
            &format!("the rule \"{id}\" has no pattern"),
        ));
    }
    Ok(Rule {
        id: id.clone(),
        says,
        place: entry.at,
        any,
        score,
    })
}

fn limits(entry: LimitsEntry) -> Limits {
    Limits {
        question: entry.question,
        flag: entry.flag,
        vague: entry.vague,
        quote: entry.quote,
        long_silence_ms: entry.long_silence_ms,
        pause_ms: entry.pause_ms,
        quote_words: entry.quote_words[0]..=entry.quote_words[1],
        vague_words: entry.vague_words,
        quotes: entry.quotes,
        terms: entry.terms,
        term_count: entry.term_count,
    }
}

/// An error at a byte of the file, told by its line.
fn wrong(text: &str, at: usize, what: &str) -> Error {
    let line = text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
    Error::new(ErrorKind::Usage, format!("line {line}: {what}"))
}

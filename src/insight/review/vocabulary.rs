//! The participants' own words.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reading, rounded};
use crate::document::review::Term;
use crate::insight::rules::Common;

/// How telling a word is that belongs to the common ones, but not to the most common ones.
const HALF: f64 = 0.5;

/// How telling two words are that stand together again and again.
const PHRASE: f64 = 0.7;

/// Where a term was said.
#[derive(Default)]
struct Said {
    count: u32,
    words: Vec<String>,
    first_ms: u64,
}

/// Words that are not among the most common ones, and pairs of words of which one is not, that occur
/// again and again. Empty without a list of common words.
pub(super) fn vocabulary(call: &Reading<'_>) -> Vec<Term> {
    let Some(common) = Common::of(call.rules.language()) else {
        return Vec::new();
    };
    let limits = call.rules.limits();
    let classes = classes(call, common);
    let class = |word: &str| classes.get(word).copied().flatten();
    let mut terms: BTreeMap<Vec<&str>, Said> = BTreeMap::new();
    for sentence in call.sentences.iter().filter(|s| call.counts(s.track)) {
        for at in 0..sentence.tokens.len() {
            for length in [1, 2] {
                let Some(here) = sentence.tokens.get(at..at + length) else {
                    continue;
                };
                let words: Vec<&str> = here.iter().map(|token| token.text.as_str()).collect();
                if words.iter().all(|word| is_word(word)) {
                    let said = terms.entry(words).or_default();
                    let spoken = sentence.between(at, at + length);
                    if said.count == 0 {
                        said.first_ms = spoken[0].word.start_ms;
                    }
                    said.count += 1;
                    said.words.extend(spoken.iter().map(|s| s.word.id.clone()));
                }
            }
        }
    }
    let mut listed: Vec<Term> = terms
        .into_iter()
        .filter(|(_, said)| said.count >= limits.term_count)
        .filter_map(|(words, said)| {
            let telling = |word: &&str| match class(word) {
                Some(1) => 0.0,
                Some(_) => HALF,
                None => 1.0,
            };
            let score = match words.as_slice() {
                [word] => telling(word),
                [one, other] if telling(one) > 0.0 && telling(other) > 0.0 => PHRASE,
                _ => 0.0,
            };
            let rule = match words.len() {
                1 => "vocabulary.uncommon",
                _ => "vocabulary.phrase",
            };
            (score > 0.0).then(|| Term {
                text: words.join(" "),
                count: said.count,
                rules: vec![rule.into()],
                score: rounded(score),
                words: said.words,
                first_ms: said.first_ms,
            })
        })
        .collect();
    listed.sort_by(|a, b| {
        let weight = |term: &Term| term.score * f64::from(term.count);
        weight(b)
            .total_cmp(&weight(a))
            .then_with(|| a.text.cmp(&b.text))
    });
    listed.truncate(limits.terms);
    listed
}

fn classes<'a>(call: &'a Reading<'_>, common: Common) -> BTreeMap<&'a str, Option<u8>> {
    let said: BTreeSet<&str> = call
        .sentences
        .iter()
        .flat_map(|sentence| sentence.tokens.iter().map(|token| token.text.as_str()))
        .collect();
    let words: Vec<&str> = said.into_iter().collect();
    let classes = common.classes(&words);
    words.into_iter().zip(classes).collect()
}

/// Numbers and single letters are no vocabulary, nor is a contraction.
fn is_word(word: &str) -> bool {
    word.chars().count() > 2 && word.chars().all(char::is_alphabetic)
}

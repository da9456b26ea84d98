//! Two transcripts of the same speech held against each other, word by word.
//!
//! Words are compared without case and punctuation. Where both sides tell their tracks, each track
//! is compared with its counterpart, so that speech at the same time does not count as a difference
//! of order.

mod align;
mod read;

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

pub(super) use self::align::pairs;
pub use self::read::{Unreadable, passages};
use super::guard::plain;
use crate::audio::Track;

/// Words shown before a difference, so that a reader finds the place.
const CONTEXT: usize = 3;

/// A piece of a transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// The track it was heard on, where that is known.
    pub track: Option<Track>,
    /// Where it begins in milliseconds, where that is known.
    pub start_ms: Option<u64>,
    /// Its words.
    pub text: String,
}

/// What became of the words of a reference in another transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Words of the reference.
    pub reference: usize,
    /// Words that both have.
    pub right: usize,
    /// Words of the reference with another one in their place.
    pub replaced: usize,
    /// Words of the reference with nothing in their place.
    pub missing: usize,
    /// Words of the other transcript with no counterpart.
    pub added: usize,
}

impl Counts {
    /// Replaced, missing and added words for each word of the reference; more than 1 where the other
    /// transcript is much longer. `None` without a word in the reference.
    pub fn error_rate(&self) -> Option<f64> {
        let errors = self.replaced + self.missing + self.added;
        (self.reference > 0).then(|| errors as f64 / self.reference as f64)
    }
}

/// A place where the two differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The track, where both tell it.
    pub track: Option<Track>,
    /// Start of the passage in the reference, or in the other where the reference has no times.
    pub near_ms: Option<u64>,
    /// A few words of the reference before the place.
    pub after: String,
    /// What the reference says; empty where the other has more.
    pub reference: String,
    /// What the other says; empty where the reference has more.
    pub other: String,
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// How many words are what.
    pub counts: Counts,
    /// Every place where the two differ, in order of the reference.
    pub differences: Vec<Difference>,
}

/// Compares `other` with `reference`.
pub fn compare(reference: &[Passage], other: &[Passage]) -> Comparison {
    let mut whole = Comparison::default();
    match (tracks(reference), tracks(other)) {
        (Some(a), Some(b)) if a == b => {
            for track in a {
                let of = |passages| words(passages, Some(track));
                hold(Some(track), &of(reference), &of(other), &mut whole);
            }
            whole.differences.sort_by_key(|place| place.near_ms);
        }
        _ => hold(
            None,
            &words(reference, None),
            &words(other, None),
            &mut whole,
        ),
    }
    whole
}

/// The tracks of a transcript, if every passage tells its own.
fn tracks(passages: &[Passage]) -> Option<BTreeSet<Track>> {
    passages.iter().map(|passage| passage.track).collect()
}

/// A word as it is written and as it is compared.
struct Word<'a> {
    text: &'a str,
    plain: String,
    near_ms: Option<u64>,
}

/// The words of a track, or of all.
fn words(passages: &[Passage], track: Option<Track>) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for passage in passages {
        if track.is_some() && passage.track != track {
            continue;
        }
        for text in passage.text.split(parts_words).flat_map(pieces) {
            let plain = plain(text);
            // A dash that stands alone is no word.
            if !plain.is_empty() {
                words.push(Word {
                    text,
                    plain,
                    near_ms: passage.start_ms,
                });
            }
        }
    }
    words
}

/// Whether a character stands between words; "follow-up" and "follow up" are the same.
fn parts_words(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// Scripts that are written without spaces are compared character by character.
fn pieces(text: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut before = false;
    for (at, c) in text.char_indices() {
        let alone = stands_alone(c);
        if at > 0 && (alone || before) {
            cuts.push(at);
        }
        before = alone;
    }
    cuts.push(text.len());
    cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect()
}

/// Whether a character is written without spaces around its words: Thai to Khmer, kana, Han.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Adds what two lists of words have in common and where they differ.
fn hold(track: Option<Track>, a: &[Word<'_>], b: &[Word<'_>], whole: &mut Comparison) {
    let mut numbers = HashMap::new();
    let mut number = |words: &[Word<'_>]| -> Vec<u32> {
        let mut of = |word: &Word<'_>| {
            let next = numbers.len() as u32;
            *numbers.entry(word.plain.clone()).or_insert(next)
        };
        words.iter().map(&mut of).collect()
    };
    let pairs = align::pairs(&number(a), &number(b));
    let counts = &mut whole.counts;
    counts.reference += a.len();
    let (mut i, mut j) = (0, 0);
    // A pair of equal words ends the difference before it; so does the end of both.
    for (next_i, next_j) in pairs.iter().copied().chain([(a.len(), b.len())]) {
        let (left, right) = (next_i - i, next_j - j);
        if left + right > 0 {
            counts.replaced += left.min(right);
            counts.missing += left.saturating_sub(right);
            counts.added += right.saturating_sub(left);
            whole.differences.push(Difference {
                track,
                near_ms: near(a, i).or_else(|| near(b, j)),
                after: text(&a[i.saturating_sub(CONTEXT)..i]),
                reference: text(&a[i..next_i]),
                other: text(&b[j..next_j]),
            });
        }
        counts.right += usize::from(next_i < a.len());
        (i, j) = (next_i + 1, next_j + 1);
    }
}

/// Where the word at `index` is, or the one before it at the end.
fn near(words: &[Word<'_>], index: usize) -> Option<u64> {
    words
        .get(index)
        .or(words.last())
        .and_then(|word| word.near_ms)
}

fn text(words: &[Word<'_>]) -> String {
    let words: Vec<&str> = words.iter().map(|word| word.text).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;

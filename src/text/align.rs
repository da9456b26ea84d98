//! Two wordings of the same speech laid side by side.

use std::cmp::Reverse;

use super::guard::plain;
use super::words::RawWord;
use crate::time::{Span, Tick};

/// How long a letter takes, in milliseconds.
const LETTER_MS: u64 = 60;

/// What a fixed word of which nothing is left counts, in milliseconds: two looks agreed on it, so that it
/// was rather heard as something else than as nothing.
const MISSING_MS: u64 = 120;

/// A word and where it is on the session timeline.
pub type TimedWord = (RawWord, Span);

/// A word as it is compared: without case and punctuation, unless it is nothing else, such as a dash.
fn compared(word: &TimedWord) -> String {
    let letters = plain(&word.0.text);
    match letters.is_empty() {
        true => word.0.text.clone(),
        false => letters,
    }
}

/// Whether two words are the same but for case and punctuation.
pub fn same(a: &TimedWord, b: &TimedWord) -> bool {
    compared(a) == compared(b)
}

/// How the words of a text that is fixed are found again in a later wording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// For each fixed word, the later word in its place, if there is one.
    pub partner: Vec<Option<usize>>,
    /// The later words from this one on come after the fixed ones.
    pub split: usize,
}

/// Finds `fixed` at the beginning of `later` with the fewest words put in, left out or replaced.
///
/// Where several ends cost the same, the one with the most words found again is taken, then one where the
/// last fixed word is the beginning of a later one or begins like it, because a word that was half heard
/// was fixed as its beginning, then the one with the least [strain](strain): of a word said twice,
/// the second is not swallowed.
pub fn align(fixed: &[TimedWord], later: &[TimedWord]) -> Alignment {
    let a: Vec<String> = fixed.iter().map(compared).collect();
    let b: Vec<String> = later.iter().map(compared).collect();
    let Some(last) = a.last() else {
        return Alignment {
            partner: Vec::new(),
            split: 0,
        };
    };
    let cost = distances(&a, &b);
    let least = cost[a.len()].iter().min().copied().unwrap_or_default();
    let ends = (0..=b.len()).filter(|&split| cost[a.len()][split] == least);
    let ways = ends.map(|split| Alignment {
        partner: trace(&cost, &a, &b, split),
        split,
    });
    let worth = |way: &Alignment| {
        let found = (0..a.len()).filter(|&i| way.finds(i, (&a, &b))).count();
        let partner = way.partner[a.len() - 1];
        let begun = partner.is_some_and(|j| begins_like(last, &b[j]));
        let strain = strain(way, (fixed, &a), (later, &b));
        (Reverse(found), !begun, strain)
    };
    ways.min_by_key(worth).unwrap_or_default()
}

impl Alignment {
    /// Whether a fixed word is found again letter by letter.
    fn finds(&self, i: usize, (a, b): (&[String], &[String])) -> bool {
        self.partner[i].is_some_and(|j| a[i] == b[j])
    }
}

/// How badly the words after the last one that is found again go with those that are taken for them, in
/// milliseconds of speech: letters that differ, the time between the ends of both, and words of which
/// nothing is left. The times of two decodes are apart as a whole, by as much as those of the word before.
fn strain(
    way: &Alignment,
    (fixed, a): (&[TimedWord], &[String]),
    (later, b): (&[TimedWord], &[String]),
) -> u64 {
    let found = (0..a.len()).rev().find(|&i| way.finds(i, (a, b)));
    let found = found.and_then(|i| Some((i, way.partner[i]?)));
    let (from, to) = found.map_or((0, 0), |(i, j)| (i + 1, j + 1));
    let shift = found.map_or(0, |(i, j)| ms(later[j].1.end) - ms(fixed[i].1.end));
    let letters = |words: &[String]| words.concat().chars().collect::<Vec<char>>();
    let (before, after) = (letters(&a[from..]), letters(&b[to..way.split]));
    let differing = distances(&before, &after)[before.len()][after.len()];
    let missing = way.partner[from..].iter().filter(|j| j.is_none()).count();
    let end = match way.split {
        0 => later
            .first()
            .map_or(fixed[0].1.start, |first| first.1.start),
        split => later[split - 1].1.end,
    };
    let apart = ms(fixed[fixed.len() - 1].1.end) + shift - ms(end);
    differing as u64 * LETTER_MS + apart.unsigned_abs() + missing as u64 * MISSING_MS
}

fn ms(tick: Tick) -> i64 {
    tick.ms() as i64
}

/// Whether two words share their first two letters, or all of a shorter one.
fn begins_like(a: &str, b: &str) -> bool {
    let (a_letters, b_letters) = (a.chars().count(), b.chars().count());
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    shared > 0 && shared >= a_letters.min(b_letters).min(2)
}

/// For each word of `a` the word of `b` that stands in its place, the same or another, when the whole of
/// one text becomes the other with the fewest words put in, left out or replaced.
pub fn partners(a: &[String], b: &[String]) -> Vec<Option<usize>> {
    trace(&distances(a, b), a, b, b.len())
}

/// `distances[i][j]`: edits between the first `i` words or letters of `a` and the first `j` of `b`.
fn distances<T: PartialEq>(a: &[T], b: &[T]) -> Vec<Vec<usize>> {
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for (i, word) in a.iter().enumerate() {
        let above = &rows[i];
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(word != other);
            row.push(replaced.min(above[j + 1] + 1).min(row[j] + 1));
        }
        rows.push(row);
    }
    rows
}

/// The partners on a cheapest path back from the end of `a` and the first `split` words of `b`.
fn trace(cost: &[Vec<usize>], a: &[String], b: &[String], split: usize) -> Vec<Option<usize>> {
    let mut partner = vec![None; a.len()];
    let (mut i, mut j) = (a.len(), split);
    while i > 0 && j > 0 {
        let replaced = usize::from(a[i - 1] != b[j - 1]);
        if cost[i][j] == cost[i - 1][j - 1] + replaced {
            partner[i - 1] = Some(j - 1);
            i -= 1;
            j -= 1;
        } else if cost[i][j] == cost[i - 1][j] + 1 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    partner
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Words of 0.4 s each from `start_ms` on.
    pub(crate) fn said(start_ms: u64, text: &str) -> Vec<TimedWord> {
        text.split_whitespace()
            .zip(0u64..)
            .map(|(word, k)| {
                let from = start_ms + k * 400;
                let raw = RawWord {
                    text: word.to_owned(),
                    start_cs: 0,
                    end_cs: 0,
                    probability: 0.9,
                    logprob: -0.7,
                    tokens: 1,
                };
                (raw, Span::from_ms(from, from + 400))
            })
            .collect()
    }

    /// The words alone.
    pub(crate) fn text(words: &[TimedWord]) -> String {
        let words: Vec<&str> = words.iter().map(|(word, _)| word.text.as_str()).collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::testing::said;
    use super::*;

    fn split(fixed: &str, later: &str) -> usize {
        align(&said(0, fixed), &said(0, later)).split
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        let word = |text| said(0, text).remove(0);
        assert!(same(&word("Friday,"), &word("friday")));
        assert!(!same(&word("-"), &word("...")));
        assert_eq!(split("It was", "it, was last Friday"), 2);
    }

    #[test]
    fn fixed_words_are_found_among_changed_ones() {
        assert_eq!(split("we spend fifteen", "we spend about fifteen hours"), 4);
        assert_eq!(split("it was last", "was last friday"), 2);
        assert_eq!(split("the cat", "the hat sat"), 2);
        let found = align(
            &said(0, "we spend fifteen"),
            &said(0, "we send about fifteen"),
        );
        assert_eq!((found.partner[0], found.partner[2]), (Some(0), Some(3)));
    }

    #[test]
    fn a_word_said_twice_is_not_swallowed() {
        assert_eq!(split("no", "no no no"), 1);
        assert_eq!(split("no no", "no no no"), 2);
    }

    #[test]
    fn the_rest_of_a_word_that_was_half_heard_is_no_word_more() {
        // The times of the two decodes differ so much that they say the opposite.
        let later = said(400, "my coffee I look");
        assert_eq!(align(&said(0, "my cough"), &later).split, 2);
        assert_eq!(align(&said(0, "my friday"), &said(400, "my fri")).split, 2);
        assert_eq!(align(&said(0, "my dog"), &later).split, 2);
    }

    /// Words with their ends in milliseconds; the first begins at `start_ms`.
    fn timed(start_ms: u64, words: &[(&str, u64)]) -> Vec<TimedWord> {
        let mut from = start_ms;
        let word = |&(text, end): &(&str, u64)| {
            let span = Span::from_ms(from, end);
            from = end;
            (said(0, text).remove(0).0, span)
        };
        words.iter().map(word).collect()
    }

    /// Looks and finals of the sample call whose words leave several ends open.
    #[test]
    fn a_word_heard_otherwise_is_replaced_and_what_follows_is_kept() {
        let fixed = timed(35_495, &[("week,", 35_823), ("re", 35_942)]);
        let later = timed(
            35_565,
            &[("week,", 35_933), ("we", 36_062), ("spend", 36_390)],
        );
        assert_eq!(align(&fixed, &later).split, 2);

        let fixed = timed(115_734, &[("I", 115_813), ("we", 115_972)]);
        let later = timed(
            115_677,
            &[("I", 115_756), ("will", 116_071), ("send", 116_387)],
        );
        assert_eq!(align(&fixed, &later).split, 2);

        let fixed = timed(3_515, &[("it", 3_665), ("alright", 4_262), ("if", 4_420)]);
        let later = timed(
            3_668,
            &[("it", 3_836), ("alrightifi", 4_649), ("record", 5_135)],
        );
        assert_eq!(align(&fixed, &later).split, 2);

        let fixed = timed(
            106_472,
            &[("helpful.", 107_076), ("Good", 107_378), ("day", 107_584)],
        );
        let later = timed(
            106_466,
            &[
                ("helpful.", 107_048),
                ("Coody", 107_373),
                ("quote", 107_698),
            ],
        );
        assert_eq!(align(&fixed, &later).split, 2);

        let fixed = timed(
            76_550,
            &[
                ("chart", 76_907),
                ("then", 77_166),
                ("I", 77_226),
                ("send", 77_485),
            ],
        );
        let later = timed(
            76_988,
            &[
                ("chart", 77_357),
                ("the", 77_576),
                ("nice", 77_865),
                ("and", 78_085),
                ("one", 78_304),
            ],
        );
        assert_eq!(align(&fixed, &later).split, 4);
    }

    #[test]
    fn nothing_fixed_or_nothing_later_is_fine() {
        assert_eq!(split("", "a b"), 0);
        assert_eq!(split("a b", ""), 0);
    }
}

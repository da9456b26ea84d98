//! Finding words by how they are remembered.

use super::spell::letters;

/// Candidates below this score are not shown.
const LOWEST: f64 = 0.55;

/// A candidate within this of the best one makes a search ambiguous.
const NEAR: f64 = 0.08;

/// A candidate that is worse than the best one by more than this is not shown.
const FAR: f64 = 0.25;

/// Most candidates of a search.
pub const MOST: usize = 9;

/// Longest quote that is looked for, in letters.
const LONGEST: usize = 1_000;

/// A stretch of words that is like what was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// First word.
    pub first: usize,
    /// Last word.
    pub last: usize,
    /// 1 for the same letters, less by the share of letters that differ.
    pub score: f64,
}

/// Where `quote` is said in `words`, best first, equals in order; no two candidates share a word.
///
/// Case, punctuation and the gaps between words do not count, and a number word is its digits. The score
/// is 1 less the letters to put in, leave out or replace, as a share of the quote's letters.
pub fn find<'a>(quote: &str, words: impl IntoIterator<Item = &'a str>) -> Vec<Candidate> {
    let mut wanted: Vec<char> = quote.split_whitespace().flat_map(letters).collect();
    wanted.truncate(LONGEST);
    let (mut text, mut owner) = (Vec::new(), Vec::new());
    for (n, word) in words.into_iter().enumerate() {
        for letter in letters(word) {
            text.push(letter);
            owner.push(n);
        }
    }
    if wanted.is_empty() {
        return Vec::new();
    }
    let allowed = ((1.0 - LOWEST) * wanted.len() as f64).floor() as u32;
    let mut ends: Vec<End> = ends(&wanted, &text)
        .into_iter()
        .filter(|end| end.edits <= allowed && end.stop > end.start)
        .collect();
    ends.sort_by_key(|end| (end.edits, end.start, end.stop));
    let mut found: Vec<Candidate> = Vec::new();
    for end in ends {
        let Some((first, last)) = whole_words(&owner, end.start, end.stop) else {
            continue;
        };
        let apart = |c: &Candidate| last < c.first || c.last < first;
        if found.len() < MOST && found.iter().all(apart) {
            found.push(Candidate {
                first,
                last,
                score: 1.0 - f64::from(end.edits) / wanted.len() as f64,
            });
        }
    }
    found
}

/// How many of the candidates with these scores, the best first, are worth showing.
pub fn worth_showing(scores: &[f64]) -> usize {
    let best = scores.first().copied().unwrap_or_default();
    let near = scores.iter().take_while(|&&score| score >= best - FAR);
    near.count().min(MOST)
}

/// Whether the first of the candidates is the one that is meant, as far as scores can tell.
pub fn is_clear(scores: &[f64]) -> bool {
    match scores {
        [] => false,
        [_] => true,
        [best, second, ..] => best - second >= NEAR,
    }
}

/// A way to end the quote in the text.
#[derive(Clone, Copy)]
struct End {
    start: usize,
    stop: usize,
    edits: u32,
}

/// For each place of the text, the fewest edits by which the quote ends there, and where it then
/// begins: the shortest stretch of those that need as few.
fn ends(wanted: &[char], text: &[char]) -> Vec<End> {
    // A row holds, for each letter of the quote, the edits so far and where the stretch began.
    let mut row: Vec<(u32, usize)> = (0..=wanted.len() as u32).map(|n| (n, 0)).collect();
    let mut ends = Vec::with_capacity(text.len());
    let better = |a: (u32, usize), b: (u32, usize)| match (a.0, b.1) < (b.0, a.1) {
        true => a,
        false => b,
    };
    for (at, letter) in text.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (0, at + 1);
        for (n, asked) in wanted.iter().enumerate() {
            let replaced = (diagonal.0 + u32::from(asked != letter), diagonal.1);
            let left_out = (row[n].0 + 1, row[n].1);
            let put_in = (row[n + 1].0 + 1, row[n + 1].1);
            diagonal = row[n + 1];
            row[n + 1] = better(better(replaced, left_out), put_in);
        }
        let (edits, start) = row[wanted.len()];
        ends.push(End {
            start,
            stop: at + 1,
            edits,
        });
    }
    ends
}

/// The words of which at least half of the letters lie in a stretch of letters.
fn whole_words(owner: &[usize], start: usize, stop: usize) -> Option<(usize, usize)> {
    let inside = |word: usize| owner[start..stop].iter().filter(|&&o| o == word).count();
    let whole = |word: usize| {
        let from = owner.partition_point(|&o| o < word);
        owner[from..].iter().take_while(|&&o| o == word).count()
    };
    let mostly = |word: &usize| 2 * inside(*word) >= whole(*word);
    let (mut first, mut last) = (*owner.get(start)?, *owner.get(stop.checked_sub(1)?)?);
    if !mostly(&first) && first < last {
        first = *owner[start..stop].iter().find(|&&o| o > first)?;
    }
    if !mostly(&last) && last > first {
        last = *owner[start..stop].iter().rfind(|&&o| o < last)?;
    }
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAID: &str = "Could I quote you? We safe 13 ours evry week. I have my Friday back, every \
                        week. That is helpful. Could I quote you on the thirteen hours?";

    fn found(quote: &str) -> Vec<(String, f64)> {
        let words: Vec<&str> = SAID.split_whitespace().collect();
        let text = |c: Candidate| (words[c.first..=c.last].join(" "), c.score);
        find(quote, words.iter().copied())
            .into_iter()
            .map(text)
            .collect()
    }

    #[test]
    fn a_quote_is_found_as_it_was_misspelt() {
        let all = found("thirteen hours every week");
        assert_eq!(all[0].0, "13 ours evry week.");
        assert!(all[0].1 > 0.85, "{all:?}");
        let (first, second) = (all[0].1, all.get(1).map_or(0.0, |c| c.1));
        assert!(is_clear(&[first, second]), "{all:?}");
    }

    #[test]
    fn what_is_said_twice_is_found_twice_in_order() {
        let all = found("could i QUOTE you");
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!((all[0].1, all[1].1), (1.0, 1.0));
        assert_eq!(worth_showing(&[1.0, 0.8, 0.7]), 2);
        assert!(!is_clear(&[1.0, 1.0]) && is_clear(&[0.9]) && !is_clear(&[]));
        assert!(found("nothing of the kind was ever mentioned").is_empty());
        assert!(found("... !").is_empty());
    }

    /// Every stretch of whole words against the quote, one by one.
    fn brute(quote: &str, words: &[String]) -> Option<usize> {
        let wanted: Vec<char> = quote.split_whitespace().flat_map(letters).collect();
        let mut best = None;
        for from in 0..words.len() {
            for to in from..words.len() {
                let text: Vec<char> = words[from..=to].iter().flat_map(|w| letters(w)).collect();
                let mut row: Vec<usize> = (0..=text.len()).collect();
                for (i, a) in wanted.iter().enumerate() {
                    let mut diagonal = row[0];
                    row[0] = i + 1;
                    for (j, b) in text.iter().enumerate() {
                        let replaced = diagonal + usize::from(a != b);
                        diagonal = row[j + 1];
                        row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
                    }
                }
                let edits = row[text.len()];
                best = Some(best.map_or(edits, |b: usize| b.min(edits)));
            }
        }
        best
    }

    proptest! {
        #[test]
        fn words_of_the_text_are_always_found_whole(
            words in proptest::collection::vec("[ab]{1,3}", 1..30),
            from in 0_usize..30,
            length in 1_usize..6,
        ) {
            let from = from % words.len();
            let to = (from + length).min(words.len());
            let quote = words[from..to].join(" ");
            let all = find(&quote, words.iter().map(String::as_str));
            prop_assert_eq!(all[0].score, 1.0);
            let same: String = words[all[0].first..=all[0].last].concat();
            // Other words may have the same letters; a word of which half fits is taken whole.
            prop_assert!(same.len() >= quote.replace(' ', "").len() / 2);
        }

        #[test]
        fn no_stretch_is_better_than_what_is_found(
            words in proptest::collection::vec("[abc]{1,4}", 1..12),
            quote in "[abc]{1,4}( [abc]{1,4}){0,3}",
        ) {
            let all = find(&quote, words.iter().map(String::as_str));
            let letters = quote.replace(' ', "").len();
            let best = brute(&quote, &words).unwrap();
            if let Some(first) = all.first() {
                let edits = ((1.0 - first.score) * letters as f64).round() as usize;
                prop_assert!(edits <= best, "{edits} > {best}");
            } else {
                prop_assert!(best as f64 > (1.0 - LOWEST) * letters as f64 - 1.0);
            }
            for (n, a) in all.iter().enumerate() {
                prop_assert!(a.first <= a.last && a.last < words.len());
                prop_assert!(all[..n].iter().all(|b| b.score >= a.score && (a.last < b.first || b.last < a.first)));
            }
        }
    }
}

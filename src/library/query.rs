//! What was typed to look for, and what it means.

use super::fold::{fold, fold_mapped, is_unspaced};
use crate::error::{Error, ErrorKind, Result};

/// Words that all have to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Pieces of folded text; none is empty.
    needles: Vec<String>,
}

impl Query {
    /// Reads what was typed: words, `"phrases in quotes"` and `beginnings*`. A word that holds white
    /// space is a phrase, since the shell took its quotes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when it holds no letter or digit.
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Query> {
        let mut needles: Vec<String> = Vec::new();
        for typed in words.iter().map(AsRef::as_ref) {
            for term in terms(typed) {
                let needle = needle(term);
                if !needle.trim().is_empty() && !needles.contains(&needle) {
                    needles.push(needle);
                }
            }
        }
        if needles.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "there is no word to look for")
                .hint("type words, \"a phrase\" or the beginning of a word as in spread*"));
        }
        Ok(Query { needles })
    }

    /// Whether folded text has everything that is looked for.
    pub fn is_in(&self, folded: &str) -> bool {
        self.needles.iter().all(|needle| folded.contains(needle))
    }

    /// The piece that is the least likely to be found by chance: the longest.
    pub fn rarest(&self) -> &str {
        let longest = self.needles.iter().max_by_key(|needle| needle.len());
        longest.map_or(" ", String::as_str)
    }

    /// Where in `text` the words stand, in bytes, in order and disjoint.
    pub fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let (folded, places) = fold_mapped(text);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for needle in &self.needles {
            let mut from = 0;
            while let Some(at) = folded[from..].find(needle.as_str()).map(|at| from + at) {
                let begin = at + (needle.len() - needle.trim_start().len());
                let end = at + needle.trim_end().len();
                found.push((places[begin], places[end.min(places.len() - 1)]));
                // The space after a word is the space before the next.
                from = end.max(at + 1);
            }
        }
        found.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (from, to) in found {
            match joined.last_mut() {
                Some(last) if from < last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        joined
    }
}

/// The words and phrases of what was typed as one word of the command line.
fn terms(typed: &str) -> Vec<&str> {
    let is_quote = |c| matches!(c, '"' | '“' | '”' | '„');
    if !typed.contains(is_quote) {
        return vec![typed];
    }
    let mut terms = Vec::new();
    for (n, part) in typed.split(is_quote).enumerate() {
        match n % 2 {
            0 => terms.extend(part.split_whitespace()),
            _ => terms.push(part),
        }
    }
    terms
}

/// What a term looks like in folded text. A term ends where a word ends, unless a star says otherwise
/// or its script knows no such end.
fn needle(term: &str) -> String {
    let term = term.trim();
    let folded = fold(term);
    let mut needle = folded.as_str();
    let unspaced = |c: Option<char>| c.is_some_and(is_unspaced);
    if term.ends_with('*') || unspaced(needle.trim_end().chars().next_back()) {
        needle = needle.trim_end();
    }
    if unspaced(needle.trim_start().chars().next()) {
        needle = needle.trim_start();
    }
    needle.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(typed: &[&str], text: &str) -> bool {
        Query::parse(typed).expect("a query").is_in(&fold(text))
    }

    #[test]
    fn all_words_have_to_be_there_whole() {
        let text = "We copied the Numbers by hand, about 1,200 of them.";
        assert!(finds(&["numbers", "copied"], text));
        assert!(!finds(&["number"], text) && finds(&["number*"], text));
        assert!(!finds(&["numbers", "typed"], text));
        assert!(finds(&["1,200"], text));
    }

    #[test]
    fn phrases_stand_in_quotes_of_the_shell_or_in_their_own() {
        let text = "We copied the numbers by hand.";
        assert!(finds(&["numbers by hand"], text));
        assert!(!finds(&["hand by numbers"], text));
        assert!(finds(&["\"the numbers\" hand copied"], text));
        assert!(finds(&["“the numb*”"], text));
    }

    #[test]
    fn any_run_of_an_unspaced_script_is_found() {
        let text = "今日は会議に参加していただきありがとう";
        assert!(finds(&["会議"], text) && finds(&["参加して"], text));
        assert!(!finds(&["参会"], text));
        assert!(finds(&["회의"], "회의를 했다"));
    }

    #[test]
    fn nothing_to_look_for_is_refused() {
        for typed in [&["*"][..], &["--", "\"\""], &[]] {
            let error = Query::parse(typed).expect_err("no words");
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
    }

    #[test]
    fn places_are_those_of_the_words() {
        let text = "Hand in hand: by HAND.";
        let places = Query::parse(&["hand", "by hand"])
            .expect("a query")
            .places(text);
        let words: Vec<&str> = places.iter().map(|&(from, to)| &text[from..to]).collect();
        assert_eq!(words, ["Hand", "hand", "by HAND"]);
        let text = "今日の会議";
        let places = Query::parse(&["会議"]).expect("a query").places(text);
        assert_eq!(&text[places[0].0..places[0].1], "会議");
    }
}

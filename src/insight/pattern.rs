//! Patterns of words: what a rule looks for.

use std::collections::{BTreeMap, BTreeSet};

use super::words::tokens;

/// A word of a sentence as patterns see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word, folded; `?` for a question mark at the end of the sentence.
    pub text: String,
    /// Whether a digit is in it.
    pub digit: bool,
    /// Whether a currency sign stands beside it.
    pub currency: bool,
}

/// The token that stands for a question mark.
pub const MARK: &str = "?";

/// Most words that `..` may stand for.
const GAP: usize = 3;

/// Words, or short runs of words, that a pattern may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    single: BTreeSet<String>,
    /// Entries of more than one word, longest first.
    longer: Vec<Vec<String>>,
}

impl Set {
    /// A set of entries as they are written.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a str>) -> Set {
        let mut set = Set::default();
        for entry in entries {
            let mut words = tokens(entry);
            match words.len() {
                0 => {}
                1 => drop(set.single.insert(words.remove(0))),
                _ => set.longer.push(words),
            }
        }
        set.longer
            .sort_by_key(|words| std::cmp::Reverse(words.len()));
        set
    }

    /// Whether the set has this one word.
    pub fn has(&self, word: &str) -> bool {
        self.single.contains(word)
    }

    /// How many words from `at` on are entries: each way to read them.
    fn lengths<'a>(&'a self, said: &'a [Token], at: usize) -> impl Iterator<Item = usize> + 'a {
        let longer = self.longer.iter().filter(move |entry| {
            let here = said.get(at..at + entry.len());
            here.is_some_and(|here| {
                here.iter()
                    .zip(*entry)
                    .all(|(token, word)| token.text == *word)
            })
        });
        let single = said.get(at).filter(|token| self.has(&token.text));
        longer.map(Vec::len).chain(single.map(|_| 1))
    }

    /// The longest entry that stands at `at`, in words.
    pub fn longest(&self, said: &[Token], at: usize) -> Option<usize> {
        self.lengths(said, at).max()
    }
}

/// Sets by name.
pub type Sets = BTreeMap<String, Set>;

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Atom>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Atom {
    Word(String),
    Begins(String),
    Set(String),
    Any,
    Gap,
    Digit,
    Currency,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It names a set that is not there.
    #[error("the set {{{0}}} is not defined under [sets]")]
    NoSet(String),
    /// It has no words, or only gaps.
    #[error("a pattern needs a word, a set, *, #, ¤ or ?")]
    Empty,
    /// A piece that is none of these.
    #[error("\"{0}\" is no word")]
    NoWord(String),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`PatternError`] when it cannot be read, or names a set that is not among `sets`.
    pub fn parse(text: &str, sets: &Sets) -> Result<Pattern, PatternError> {
        let mut atoms = Vec::new();
        for piece in text.split_whitespace() {
            match piece {
                "*" => atoms.push(Atom::Any),
                ".." => atoms.push(Atom::Gap),
                "#" => atoms.push(Atom::Digit),
                "¤" => atoms.push(Atom::Currency),
                MARK => atoms.push(Atom::Word(MARK.into())),
                _ => atoms.extend(worded(piece, sets)?),
            }
        }
        match atoms.iter().all(|atom| *atom == Atom::Gap) {
            true => Err(PatternError::Empty),
            false => Ok(Pattern(atoms)),
        }
    }

    /// Where the pattern ends when it begins at `at`: the first fit, or with `ends` the fit that ends
    /// there.
    pub fn fits(
        &self,
        said: &[Token],
        at: usize,
        sets: &Sets,
        ends: Option<usize>,
    ) -> Option<usize> {
        fit(&self.0, said, at, sets, ends)
    }
}

fn worded(piece: &str, sets: &Sets) -> Result<Vec<Atom>, PatternError> {
    if let Some(name) = piece
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        return match sets.contains_key(name) {
            true => Ok(vec![Atom::Set(name.into())]),
            false => Err(PatternError::NoSet(name.into())),
        };
    }
    let (stem, open) = match piece.strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (piece, false),
    };
    let mut words = tokens(stem);
    let Some(last) = words.pop() else {
        return Err(PatternError::NoWord(piece.into()));
    };
    let mut atoms: Vec<Atom> = words.into_iter().map(Atom::Word).collect();
    atoms.push(match open {
        true => Atom::Begins(last),
        false => Atom::Word(last),
    });
    Ok(atoms)
}

fn fit(
    atoms: &[Atom],
    said: &[Token],
    at: usize,
    sets: &Sets,
    ends: Option<usize>,
) -> Option<usize> {
    let Some((atom, rest)) = atoms.split_first() else {
        return ends.is_none_or(|end| end == at).then_some(at);
    };
    let go_on = |count: usize| fit(rest, said, at + count, sets, ends);
    match atom {
        Atom::Gap => return (0..=GAP.min(said.len().saturating_sub(at))).find_map(go_on),
        Atom::Set(name) => return sets.get(name)?.lengths(said, at).find_map(go_on),
        _ => {}
    }
    let token = said.get(at)?;
    let is_word = token.text != MARK;
    let met = match atom {
        Atom::Word(word) => token.text == *word,
        Atom::Begins(stem) => is_word && token.text.starts_with(stem.as_str()),
        Atom::Any => is_word,
        Atom::Digit => token.digit,
        Atom::Currency => token.currency,
        Atom::Gap | Atom::Set(_) => false,
    };
    met.then(|| go_on(1)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<Token> {
        let mut said: Vec<Token> = tokens(text)
            .into_iter()
            .map(|text| Token {
                digit: text.contains(|c: char| c.is_numeric()),
                currency: false,
                text,
            })
            .collect();
        if text.ends_with('?') {
            let text = MARK.to_owned();
            said.push(Token {
                text,
                digit: false,
                currency: false,
            });
        }
        said
    }

    #[test]
    fn a_pattern_takes_words_sets_and_gaps() {
        let sets = Sets::from([
            (
                "who".to_owned(),
                Set::new(["you", "the team", "the team lead"]),
            ),
            ("aux".to_owned(), Set::new(["do", "does"])),
        ]);
        let fits = |pattern: &str, text: &str| {
            let pattern = Pattern::parse(pattern, &sets).expect("a pattern");
            pattern.fits(&said(text), 0, &sets, None)
        };
        assert_eq!(fits("how .. {aux} {who}", "How often do you"), Some(4));
        assert_eq!(
            fits("how .. {aux} {who} run", "how does the team lead run"),
            Some(6)
        );
        assert_eq!(fits("how .. {aux}", "how a b c d do"), None);
        assert_eq!(fits("frustrat* # ?", "Frustrating 15?"), Some(3));
        assert_eq!(fits("* ?", "?"), None);
        assert_eq!(
            Pattern::parse("{they}", &sets),
            Err(PatternError::NoSet("they".into()))
        );
        assert_eq!(Pattern::parse("..", &sets), Err(PatternError::Empty));
        assert_eq!(
            Pattern::parse("a —", &sets),
            Err(PatternError::NoWord("—".into()))
        );
    }
}

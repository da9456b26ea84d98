//! Names and terms that a call is about, told to the recogniser before each window.
//!
//! Whisper takes them as text that came before. Where it hears nothing it may repeat that text as if
//! somebody said it, so what it hears is held against it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Longest glossary in bytes, with a comma and a space between terms. Whisper takes 223 tokens before
/// a window and forgets the first ones of more; this much fits in any language.
pub const MOST_BYTES: usize = 500;

/// Words in a row of the glossary, over more than one term, that nobody says by chance.
const ECHO_WORDS: usize = 4;

/// What stands between terms in a file, beside the ends of lines.
const BETWEEN: &[char] = &[',', ';'];

/// Terms in the order of their file. An empty one tells nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Glossary(Vec<String>);

impl Glossary {
    /// Reads a glossary: a term a line, or several with commas between; a line that begins with `#` is
    /// a remark. A term that comes twice counts once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when it holds no term or is too long.
    pub fn parse(text: &str) -> Result<Glossary> {
        let text = text.trim_start_matches('\u{feff}');
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.starts_with('#'));
        let mut terms: Vec<String> = Vec::new();
        for term in lines.flat_map(|line| line.split(BETWEEN)) {
            let words: Vec<&str> = term
                .split(|c: char| c.is_whitespace() || c.is_control())
                .filter(|word| !word.is_empty())
                .collect();
            let term = words.join(" ");
            if !term.is_empty() && !terms.contains(&term) {
                terms.push(term);
            }
        }
        let glossary = Glossary(terms);
        let length = glossary.line().len();
        match length {
            0 => Err(Error::new(ErrorKind::Usage, "the glossary holds no term")
                .hint("write a name or a term a line")),
            length if length > MOST_BYTES => {
                let what = format!(
                    "the glossary takes {length} bytes, and {MOST_BYTES} are all that a model keeps \
                     in mind"
                );
                Err(Error::new(ErrorKind::Usage, what).hint(
                    "keep the names and terms that are misspelt without it; common words need none",
                ))
            }
            _ => Ok(glossary),
        }
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The terms in a line, as provenance tells them.
    pub fn line(&self) -> String {
        self.0.join(", ")
    }

    /// The text that the recogniser is told to have heard before.
    pub fn prompt(&self) -> String {
        format!("{}.", self.line())
    }

    /// Whether a decode repeats the glossary instead of what was said: words that stand in a row in
    /// both, over the end of a term, four of them or most of all that was heard, or the whole glossary.
    pub fn is_echoed_by(&self, text: &str) -> bool {
        let heard = words(text);
        // Each word of the glossary with the number of its term.
        let told: Vec<(usize, String)> = self
            .0
            .iter()
            .enumerate()
            .flat_map(|(n, term)| words(term).into_iter().map(move |word| (n, word)))
            .collect();
        let longest = (0..heard.len())
            .flat_map(|at| (0..told.len()).map(move |from| (at, from)))
            .filter_map(|(at, from)| {
                let pairs = heard[at..].iter().zip(&told[from..]);
                let run = pairs
                    .take_while(|(heard, (_, told))| heard == &told)
                    .count();
                let terms = (run > 0).then(|| told[from + run - 1].0 - told[from].0);
                (terms? > 0).then_some(run)
            })
            .max()
            .unwrap_or(0);
        longest >= ECHO_WORDS
            || (longest > 0 && longest == told.len())
            || (longest >= ECHO_WORDS - 1 && longest * 2 > heard.len())
    }
}

/// Words in small letters, without what stands between them.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_stand_a_line_or_between_commas() {
        let text = "\u{feff}# the customer's side\nAnna Kovács\r\n\n Ben;  Clara\tDora ,\nBen\n";
        let glossary = Glossary::parse(text).unwrap();
        assert_eq!(glossary.line(), "Anna Kovács, Ben, Clara Dora");
        assert_eq!(glossary.prompt(), "Anna Kovács, Ben, Clara Dora.");
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        for (text, why) in [("", "no term"), ("# only\n , ;\n", "no term")] {
            let error = Glossary::parse(text).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
        let long: Vec<String> = (0..200).map(|n| format!("term{n}")).collect();
        let error = Glossary::parse(&long.join("\n")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("500"), "{error}");
        let fits = "ab\n".repeat(3) + &"x".repeat(490);
        assert!(Glossary::parse(&fits).is_ok());
    }

    #[test]
    fn an_echo_is_told_from_names_that_are_said() {
        let glossary = Glossary::parse("Anna Kovács\nAcme\nKubernetes\nRiverside").unwrap();
        for echo in [
            "Anna Kovács, Acme, Kubernetes, Riverside.",
            "So, Kovács, Acme, Kubernetes, Riverside",
            "Acme, Kubernetes, Riverside.",
            "Acme Kubernetes Riverside. Okay.",
        ] {
            assert!(glossary.is_echoed_by(echo), "{echo}");
        }
        for said in [
            "",
            "Anna Kovács.",
            "Anna Kovács from Acme runs it on Kubernetes at Riverside.",
            "We moved Acme, Kubernetes and the rest to another provider last year.",
            "Kubernetes, Acme.",
        ] {
            assert!(!glossary.is_echoed_by(said), "{said}");
        }
        let two = Glossary::parse("Acme, Riverside").unwrap();
        assert!(two.is_echoed_by("Acme, Riverside."));
        assert!(!two.is_echoed_by("Acme."));
        let one = Glossary::parse("University of California at Berkeley").unwrap();
        assert!(!one.is_echoed_by("I went to the University of California at Berkeley."));
    }
}

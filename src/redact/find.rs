//! Where a text has what rules name.

use std::ops::Range;

use super::pattern;
use crate::document::redaction::{RedactionKind, Rule, Rules};
use crate::library::fold::{fold, fold_mapped, is_unspaced};

/// First names that are English words too: they are names only where they are written like names.
const AMBIGUOUS: [&str; 42] = [
    "april", "art", "august", "bill", "bob", "chase", "chip", "dawn", "dean", "drew", "earl",
    "faith", "frank", "gene", "grace", "grant", "guy", "hope", "iris", "jack", "joy", "june",
    "lane", "mark", "max", "may", "miles", "nick", "norm", "pat", "penny", "ray", "rich", "rob",
    "rose", "sky", "sue", "summer", "tab", "victor", "wade", "will",
];

/// A piece of a text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Where it stands, in bytes.
    pub place: Range<usize>,
    /// What it is.
    pub kind: RedactionKind,
    /// What stands in its place.
    pub instead: String,
}

/// What is replaced in a text, in order; no two overlap.
pub fn matches(text: &str, rules: &Rules) -> Vec<Match> {
    let mut found = Vec::new();
    let (folded, places) = fold_mapped(text);
    for rule in rules
        .rules
        .iter()
        .filter(|rule| rules.kinds.contains(&rule.kind))
    {
        for place in literal(text, (&folded, &places), rule) {
            found.push(Match {
                place,
                kind: rule.kind,
                instead: rule.instead.clone(),
            });
        }
    }
    for (kind, find) in PATTERNS {
        if rules.kinds.contains(&kind) {
            let formed = find(text).into_iter();
            found.extend(formed.map(|place| Match {
                instead: instead(&text[place.clone()], kind, rules),
                place,
                kind,
            }));
        }
    }
    let keep: Vec<String> = rules.keep.iter().map(|word| fold(word)).collect();
    found.retain(|m| !m.place.is_empty() && !keep.contains(&fold(&text[m.place.clone()])));
    joined(found)
}

/// The text with everything replaced that rules name.
pub fn redacted(text: &str, rules: &Rules) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for found in matches(text, rules) {
        out.push_str(&text[from..found.place.start]);
        out.push_str(&found.instead);
        from = found.place.end;
    }
    out.push_str(&text[from..]);
    out
}

/// What stands in the place of something that no rule names by its letters.
pub fn generic(kind: RedactionKind) -> &'static str {
    match kind {
        RedactionKind::Name => "[name]",
        RedactionKind::Email => "[e-mail]",
        RedactionKind::Phone => "[phone]",
        RedactionKind::Number => "[number]",
    }
}

type Find = fn(&str) -> Vec<Range<usize>>;

/// What is known by its form.
pub(super) const PATTERNS: [(RedactionKind, Find); 3] = [
    (RedactionKind::Email, pattern::emails),
    (RedactionKind::Phone, pattern::phones),
    (RedactionKind::Number, pattern::numbers),
];

/// A text as one of its kind is told from another: a telephone number by its digits.
pub fn likeness(text: &str, kind: RedactionKind) -> String {
    match kind {
        RedactionKind::Phone if text.contains(|c: char| c.is_ascii_digit()) => {
            text.chars().filter(char::is_ascii_digit).collect()
        }
        _ => fold(text),
    }
}

fn instead(text: &str, kind: RedactionKind, rules: &Rules) -> String {
    let like = likeness(text, kind);
    let known = rules
        .rules
        .iter()
        .find(|r| r.kind == kind && likeness(&r.text, kind) == like);
    known.map_or_else(|| generic(kind).to_owned(), |rule| rule.instead.clone())
}

/// Where a rule's text stands as whole words, also with the s of a genitive behind it.
fn literal(text: &str, (folded, places): (&str, &[usize]), rule: &Rule) -> Vec<Range<usize>> {
    let needle = fold(&rule.text);
    let bare = needle.trim();
    let Some(last) = bare.chars().next_back() else {
        return Vec::new();
    };
    let open = bare.chars().next().is_some_and(is_unspaced);
    let needle = if open { bare } else { needle.trim_end() };
    let mut found = Vec::new();
    for (at, _) in folded.match_indices(needle) {
        let begin = at + (needle.len() - bare.len());
        let end = begin + bare.len();
        let place = places[begin]..places[end.min(places.len() - 1)];
        let rest = &folded[end..];
        let whole = rest.starts_with(' ') || is_unspaced(last);
        let genitive = rest.starts_with("s ") && text[place.start..].len() > bare.len() && {
            // Folding takes the apostrophe out of Anna's.
            let apostrophe = text[..place.end].ends_with(['\'', '\u{2019}']);
            apostrophe || text[place.end..].starts_with(['\'', '\u{2019}'])
        };
        if !(whole || genitive) {
            continue;
        }
        let shown = text[place.clone()].trim_end_matches(['\'', '\u{2019}']);
        let written = shown.chars().next().is_some_and(char::is_uppercase);
        if rule.kind == RedactionKind::Name && AMBIGUOUS.contains(&bare) && !written {
            continue;
        }
        found.push(place.start..place.start + shown.len());
    }
    found
}

/// In order and disjoint: of pieces that overlap one remains, as long as all of them together, with
/// what stands for the longest.
fn joined(mut found: Vec<Match>) -> Vec<Match> {
    found.sort_by(|a, b| (a.place.start, b.place.end).cmp(&(b.place.start, a.place.end)));
    let mut joined: Vec<Match> = Vec::new();
    for next in found {
        match joined.last_mut() {
            Some(last) if next.place.start < last.place.end => {
                if next.place.len() > last.place.len() {
                    (last.kind, last.instead) = (next.kind, next.instead);
                }
                last.place.end = last.place.end.max(next.place.end);
            }
            _ => joined.push(next),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::redaction::RedactionSource;

    fn rules(named: &[(&str, &str)]) -> Rules {
        Rules {
            kinds: vec![
                RedactionKind::Name,
                RedactionKind::Email,
                RedactionKind::Phone,
            ],
            rules: named
                .iter()
                .map(|(text, instead)| Rule {
                    kind: RedactionKind::Name,
                    text: (*text).into(),
                    instead: (*instead).into(),
                    source: RedactionSource::Given,
                })
                .collect(),
            keep: Vec::new(),
        }
    }

    #[test]
    fn names_go_whatever_their_case_accents_and_endings() {
        let rules = rules(&[
            ("Anna Kovács", "P01"),
            ("Anna", "P01"),
            ("会田", "P02"),
            ("Acme", "P03"),
        ]);
        let redacted = |text| redacted(text, &rules);
        assert_eq!(
            redacted("Anna Kovacs, ANNA's or anna’s"),
            "P01, P01's or P01’s"
        );
        assert_eq!(
            redacted("Annabel and banana stay"),
            "Annabel and banana stay"
        );
        assert_eq!(redacted("今日は会田さん"), "今日はP02さん");
        assert_eq!(redacted("(Acme-Anna)"), "(P03-P01)");
        assert_eq!(
            redacted("anna@acme.com or 555 010 9999"),
            "[e-mail] or [phone]"
        );
    }

    #[test]
    fn words_that_are_names_too_stay_where_they_are_words() {
        let rules = rules(&[("Will", "P01"), ("Mark Twain", "P02")]);
        assert_eq!(redacted("Will will mark it", &rules), "P01 will mark it");
        assert_eq!(redacted("mark twain", &rules), "P02");
    }

    #[test]
    fn what_is_kept_stays() {
        let mut rules = rules(&[("Anna", "P01")]);
        rules.keep = vec!["ANNA".into()];
        assert_eq!(redacted("Anna", &rules), "Anna");
        rules.keep.clear();
        rules.kinds.clear();
        assert_eq!(redacted("Anna a@b.de", &rules), "Anna a@b.de");
    }
}

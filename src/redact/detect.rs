//! What may have to be redacted and that nobody named: found by its form, and names by the words before
//! them. A name that nothing announces is not found.

use super::find::{PATTERNS, generic, likeness};
use super::people::forms;
use crate::document::redaction::{RedactionKind, RedactionSource, Rule, Rules};
use crate::export::call::Call;
use crate::library::fold::fold;

/// Words after which a name comes.
const CUES: [&str; 12] = [
    "name is",
    "names",
    "call me",
    "called",
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "prof",
    "professor",
    "named",
];

/// Greetings, after which a name may come.
const GREETINGS: [&str; 9] = [
    "hi",
    "hello",
    "hey",
    "thanks",
    "thank you",
    "goodbye",
    "bye",
    "dear",
    "welcome",
];

/// Capitalised words that are no names.
const NO_NAMES: [&str; 40] = [
    "i",
    "im",
    "ill",
    "id",
    "ive",
    "a",
    "an",
    "the",
    "and",
    "but",
    "so",
    "well",
    "all",
    "everyone",
    "everybody",
    "guys",
    "there",
    "it",
    "its",
    "this",
    "that",
    "we",
    "you",
    "they",
    "he",
    "she",
    "what",
    "how",
    "when",
    "where",
    "why",
    "who",
    "yes",
    "no",
    "for",
    "again",
    "now",
    "then",
    "god",
    "okay",
];

/// Labels that are no names: what a speaker is called until somebody says otherwise.
pub fn is_default_label(label: &str) -> bool {
    let folded = fold(label);
    let mut words = folded.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("interviewer" | "participant" | "observer" | "unknown"), None, _) => true,
        (Some("speaker"), Some(number), None) => number.chars().all(|c| c.is_ascii_digit()),
        (Some(id), None, _) => is_pseudonym(id),
        _ => false,
    }
}

/// `P01` stands for somebody already.
fn is_pseudonym(word: &str) -> bool {
    let digits = word.strip_prefix('p');
    digits.is_some_and(|d| !d.is_empty() && d.chars().all(|c| c.is_ascii_digit()))
}

/// What is found in a call, each thing once, in the order in which it is found.
pub fn detect(call: &Call, kinds: &[RedactionKind]) -> Vec<(RedactionKind, String)> {
    let mut found: Vec<(RedactionKind, String)> = Vec::new();
    for text in texts(call) {
        for (kind, find) in PATTERNS {
            // Numbers need no pseudonyms: that two are the same says nothing of a person.
            if kind != RedactionKind::Number && kinds.contains(&kind) {
                let formed = find(&text).into_iter();
                found.extend(formed.map(|place| (kind, text[place].to_owned())));
            }
        }
        if kinds.contains(&RedactionKind::Name) {
            found.extend(
                names(&text)
                    .into_iter()
                    .map(|name| (RedactionKind::Name, name)),
            );
        }
    }
    let mut seen: Vec<(RedactionKind, String)> = Vec::new();
    found.retain(|(kind, text)| {
        let like = (*kind, likeness(text, *kind));
        let fresh = !seen.contains(&like);
        seen.push(like);
        fresh
    });
    found
}

/// The rules with one more for each name that was not there when they were made, such as in a text that
/// was corrected since. It stands for nobody in particular.
pub fn completed(call: &Call, rules: &Rules) -> Rules {
    let mut completed = rules.clone();
    if !rules.kinds.contains(&RedactionKind::Name) {
        return completed;
    }
    let labels = call.voices.iter().map(|voice| voice.label.clone());
    let labels = labels.filter(|label| !is_default_label(label));
    let found = detect(call, &[RedactionKind::Name]);
    for name in labels.chain(found.into_iter().map(|(_, name)| name)) {
        for text in forms(&name) {
            let like = fold(&text);
            let known = |rule: &Rule| rule.kind == RedactionKind::Name && fold(&rule.text) == like;
            if !completed.rules.iter().any(known) {
                completed.rules.push(Rule {
                    kind: RedactionKind::Name,
                    text,
                    instead: generic(RedactionKind::Name).into(),
                    source: RedactionSource::Detected,
                });
            }
        }
    }
    completed
}

/// What is said, track by track, and what was written to it.
fn texts(call: &Call) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for track in super::call::tracks(call) {
        let said = call.said.iter().filter(|said| said.track == track);
        let said: Vec<&str> = said.map(|said| said.text.as_str()).collect();
        texts.push(said.join(" "));
    }
    let manifest = &call.manifest;
    texts.extend(manifest.title.clone());
    texts.extend(manifest.goal.clone());
    texts.extend(manifest.consent.iter().map(|consent| consent.text.clone()));
    texts.extend(manifest.withdrawn.iter().map(|w| w.text.clone()));
    texts.extend(call.markers.iter().filter_map(|marker| marker.note.clone()));
    texts
}

/// Names that something announces: one or two capitalised words after a cue.
fn names(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for n in 0..words.len() {
        let one = plain(words[n]);
        let two = n
            .checked_sub(1)
            .map(|before| format!("{} {one}", plain(words[before])));
        let is = |list: &[&str]| {
            list.contains(&one.as_str()) || two.as_deref().is_some_and(|two| list.contains(&two))
        };
        let ended = words[n].ends_with(['!', '?']) || (words[n].ends_with('.') && one.len() > 4);
        if !(is(&CUES) || is(&GREETINGS)) || ended {
            continue;
        }
        let mut name: Vec<&str> = Vec::new();
        for word in words[n + 1..].iter().take(2) {
            let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
            let inner = inner.strip_suffix("'s").unwrap_or(inner);
            let capital = inner.chars().next().is_some_and(char::is_uppercase);
            let short = inner.chars().count() < 2;
            if !capital || short || NO_NAMES.contains(&plain(inner).as_str()) {
                break;
            }
            name.push(inner);
            // A sentence or a list ends here.
            if word.ends_with([',', '.', '!', '?', ';', ':']) {
                break;
            }
        }
        if !name.is_empty() {
            found.push(name.join(" "));
        }
    }
    found
}

fn plain(word: &str) -> String {
    fold(word).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_they_are_announced() {
        let text = "Hi Anna, my name is Ben Nagy. I asked Dr. Szabó. Thanks, So we go. Hello there. \
                    Thank you, Eva. They are called invoices, and Mr Smith's car.";
        assert_eq!(names(text), ["Anna", "Ben Nagy", "Szabó", "Eva", "Smith"]);
        assert_eq!(names("Thanks. Maria said hi. We met in Paris."), [""; 0]);
    }

    #[test]
    fn labels_that_say_nothing_are_no_names() {
        for label in ["Interviewer", "participant", "Speaker 3", "P01", "p12"] {
            assert!(is_default_label(label), "{label}");
        }
        for label in ["Anna", "Pa", "Speaker Pelosi", "Participant Anna"] {
            assert!(!is_default_label(label), "{label}");
        }
    }
}

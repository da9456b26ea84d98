//! The kinds of marker: those that every installation knows, and the user's own.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::document::marker::KINDS;
use crate::error::{Error, ErrorKind, Result};

/// Where the stretch of a marker begins unless its kind says otherwise: 15 s before the key press.
pub const BEFORE_MS: u64 = 15_000;

/// Where it ends: 5 s after.
pub const AFTER_MS: u64 = 5_000;

/// Longest stretch on either side of the key press: ten minutes.
const LONGEST_MS: u64 = 600_000;

/// A kind of marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What markers of this kind say in `kind`.
    pub name: String,
    /// One emoji that stands for it.
    pub emoji: String,
    /// Its colour, as `#rrggbb`.
    pub color: String,
    /// The key that sets it, where one does.
    pub key: Option<char>,
    /// How long before the key press the stretch begins, in milliseconds.
    pub before_ms: u64,
    /// How long after the key press it ends, in milliseconds.
    pub after_ms: u64,
}

/// All kinds that an installation knows, in the order in which they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kinds(Vec<Kind>);

/// Emoji, colour and key of each of [`KINDS`]. The keys are digits, so that letters stay free for
/// commands. The colours are told apart also by people who confuse red and green.
const LOOKS: [(&str, &str, char); 10] = [
    ("💬", "#4477aa", '1'),
    ("😣", "#cc3311", '2'),
    ("😍", "#228833", '3'),
    ("💡", "#ccbb44", '4'),
    ("🔢", "#66ccee", '5'),
    ("🔁", "#aa3377", '6'),
    ("❓", "#ee7733", '7'),
    ("✅", "#009988", '8'),
    ("😮", "#ee3377", '9'),
    ("🧭", "#777777", '0'),
];

/// A file of kinds as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    kinds: BTreeMap<String, Entry>,
}

/// A kind as it is written; what is absent stays as it is for a kind that is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    emoji: Option<String>,
    color: Option<String>,
    key: Option<char>,
    before_s: Option<f64>,
    after_s: Option<f64>,
}

impl Default for Kinds {
    fn default() -> Kinds {
        let known = KINDS.iter().zip(LOOKS);
        Kinds(
            known
                .map(|(name, (emoji, color, key))| Kind {
                    emoji: emoji.into(),
                    color: color.into(),
                    key: Some(key),
                    ..plain(name)
                })
                .collect(),
        )
    }
}

/// A kind about which nothing is said.
fn plain(name: &str) -> Kind {
    Kind {
        name: name.to_owned(),
        emoji: "📌".into(),
        color: "#777777".into(),
        key: None,
        before_ms: BEFORE_MS,
        after_ms: AFTER_MS,
    }
}

impl Kinds {
    /// The kinds that every installation knows, changed and completed by a TOML file of a table
    /// `[kinds.NAME]` each, with `emoji`, `color` (`#rrggbb`), `key` (one character), `before_s` and
    /// `after_s` (seconds), all optional. Further kinds come in the order of their names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the file cannot be read so, or two kinds have one key.
    pub fn parse(text: &str) -> Result<Kinds> {
        let file: File = toml::from_str(text).map_err(|e| {
            Error::new(ErrorKind::Usage, "the kinds of marker cannot be read").because(e)
        })?;
        let mut kinds = Kinds::default();
        for (name, entry) in file.kinds {
            check_name(&name)?;
            let at = kinds.0.iter().position(|kind| kind.name == name);
            let at = at.unwrap_or_else(|| {
                kinds.0.push(plain(&name));
                kinds.0.len() - 1
            });
            // A key that the user gives to a kind is taken from the kind that had it unasked.
            if let Some(key) = entry.key {
                let had = |kind: &&mut Kind| kind.key == Some(key) && kind.name != name;
                if let Some(other) = kinds.0.iter_mut().find(had) {
                    other.key = None;
                }
            }
            change(&mut kinds.0[at], entry)?;
        }
        Ok(kinds)
    }

    /// The kind of a name.
    pub fn get(&self, name: &str) -> Option<&Kind> {
        self.0.iter().find(|kind| kind.name == name)
    }

    /// The kind that a key sets.
    pub fn by_key(&self, key: char) -> Option<&Kind> {
        self.0.iter().find(|kind| kind.key == Some(key))
    }

    /// All kinds in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.0.iter()
    }

    /// The kind of a name, or what to choose from.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when there is no such kind.
    pub fn expect(&self, name: &str) -> Result<&Kind> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.iter().map(|kind| kind.name.as_str()).collect();
            Error::new(
                ErrorKind::Usage,
                format!("there is no kind of marker \"{name}\""),
            )
            .hint(format!(
                "choose one of {}, or describe your own in kinds.toml",
                names.join(", ")
            ))
        })
    }
}

fn change(kind: &mut Kind, entry: Entry) -> Result<()> {
    if let Some(emoji) = entry.emoji {
        if emoji.is_empty() || emoji.chars().count() > 8 || emoji.chars().any(char::is_control) {
            return Err(wrong(&kind.name, "emoji", "one emoji such as \"💶\""));
        }
        kind.emoji = emoji;
    }
    if let Some(color) = entry.color {
        let digits = color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(wrong(&kind.name, "color", "\"#rrggbb\""));
        }
        kind.color = color.to_ascii_lowercase();
    }
    if let Some(key) = entry.key {
        if key.is_control() || key.is_whitespace() {
            return Err(wrong(&kind.name, "key", "one character that can be seen"));
        }
        kind.key = Some(key);
    }
    if let Some(seconds) = entry.before_s {
        kind.before_ms = window(seconds, &kind.name, "before_s")?;
    }
    if let Some(seconds) = entry.after_s {
        kind.after_ms = window(seconds, &kind.name, "after_s")?;
    }
    Ok(())
}

fn window(seconds: f64, kind: &str, field: &str) -> Result<u64> {
    match (0.0..=LONGEST_MS as f64 / 1_000.0).contains(&seconds) {
        true => Ok((seconds * 1_000.0).round() as u64),
        false => Err(wrong(kind, field, "seconds from 0 to 600")),
    }
}

fn check_name(name: &str) -> Result<()> {
    let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    match !name.is_empty() && name.chars().count() <= 40 && name.chars().all(is_word) {
        true => Ok(()),
        false => Err(wrong(
            name,
            "name",
            "letters, digits and hyphens, at most 40",
        )),
    }
}

fn wrong(kind: &str, field: &str, expected: &str) -> Error {
    Error::new(
        ErrorKind::Usage,
        format!("kind of marker \"{kind}\": {field} is not {expected}"),
    )
    .hint("correct it in kinds.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_built_in_kind_has_a_look_and_a_key_of_its_own() {
        let kinds = Kinds::default();
        for (n, kind) in kinds.iter().enumerate() {
            assert_eq!((kind.before_ms, kind.after_ms), (15_000, 5_000));
            let key = kind.key.unwrap();
            assert_eq!(kinds.by_key(key), Some(kind));
            for other in kinds.iter().skip(n + 1) {
                assert!(other.emoji != kind.emoji && other.color != kind.color);
            }
        }
        assert_eq!(kinds.iter().count(), 10);
    }

    #[test]
    fn a_file_changes_kinds_and_adds_some() {
        let kinds = Kinds::parse(
            "[kinds.pricing]\nemoji = \"💶\"\ncolor = \"#2A9D8F\"\nkey = \"1\"\nbefore_s = 30\n\
             [kinds.pain]\nafter_s = 2.5\n",
        )
        .unwrap();
        let pricing = kinds.get("pricing").unwrap();
        assert_eq!((pricing.before_ms, pricing.after_ms), (30_000, 5_000));
        assert_eq!(pricing.color, "#2a9d8f");
        assert_eq!(kinds.by_key('1'), Some(pricing));
        assert_eq!(kinds.get("quote").unwrap().key, None);
        let pain = kinds.get("pain").unwrap();
        assert_eq!((pain.emoji.as_str(), pain.after_ms), ("😣", 2_500));
        assert_eq!(Kinds::parse("").unwrap(), Kinds::default());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, named) in [
            ("[kinds.a]\ncolor = \"red\"", "color"),
            ("[kinds.a]\nkey = \"ab\"", "key"),
            ("[kinds.a]\nbefore_s = -1", "before_s"),
            ("[kinds.a]\nafter_s = 601", "after_s"),
            ("[kinds.\"a b\"]", "name"),
            ("[kinds.a]\ncolour = \"#000000\"", "colour"),
            ("[[kind]]", "kind"),
        ] {
            let error = Kinds::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert!(error.to_string().contains(named), "{text}: {error}");
        }
    }
}

//! The table of models this program knows, embedded from `models/catalogue.json`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The embedded table.
const CATALOGUE_JSON: &str = include_str!("../../models/catalogue.json");

/// Longest window, in seconds, that is given to a model nobody has described: Whisper itself takes
/// 30 s, and two seconds are kept for the pauses between packed spans.
pub const DEFAULT_WINDOW_S: u32 = 28;

/// The models this program knows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Always `verbatim.models`.
    pub schema: String,
    /// Version of the file, `major.minor`.
    pub schema_version: String,
    /// Where the paths of the entries start; ends with a slash. It names one revision, so the files
    /// under it do not change.
    pub base_url: String,
    /// How `memory_bytes` of the entries was obtained.
    pub memory_estimate: String,
    /// The models, from small to large.
    pub models: Vec<Entry>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name that `--model` takes, such as `base.en` or `small-q5_1`.
    pub name: String,
    /// File name without folder.
    pub file: String,
    /// Path under the base URL; `None` for a model that comes with the program and is published
    /// nowhere else.
    pub path: Option<String>,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, 64 digits of lower-case hex.
    pub sha256: String,
    /// How the weights are stored.
    pub quantisation: Quantisation,
    /// Licence of the weights, as an SPDX expression.
    pub licence: String,
    /// Who is to be named when the weights are passed on, where the licence or its data asks so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// What the model understands.
    pub languages: Languages,
    /// Estimate of the memory a transcription takes with this model, in bytes.
    pub memory_bytes: u64,
    /// Whether the encoder may be given less than its full 30 s context. Only models trained for it
    /// keep their words.
    pub short_audio_context: bool,
    /// Longest window in seconds in which the model keeps its place.
    pub longest_window_s: u32,
    /// Which attention heads follow the sound, for word times.
    pub alignment_heads: AlignmentHeads,
    /// Whether the model was trained with text before its windows, and so takes names and terms.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub takes_glossary: bool,
}

/// What is so of every model of Whisper's own.
fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantisation {
    /// 16-bit floating point, as published.
    F16,
    /// Blocks of 5-bit weights with a scale.
    Q5_0,
    /// Blocks of 5-bit weights with a scale and an offset.
    Q5_1,
    /// Blocks of 8-bit weights with a scale.
    Q8_0,
}

impl Quantisation {
    /// The name used in file names: `f16`, `q5_0`, ...
    pub fn name(self) -> &'static str {
        match self {
            Quantisation::F16 => "f16",
            Quantisation::Q5_0 => "q5_0",
            Quantisation::Q5_1 => "q5_1",
            Quantisation::Q8_0 => "q8_0",
        }
    }
}

/// What a model understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Languages {
    /// English only.
    En,
    /// About a hundred languages.
    Multilingual,
}

/// Which attention heads follow the sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AlignmentHeads {
    /// A list that whisper.cpp holds.
    Preset(AlignmentPreset),
    /// Pairs of decoder layer and head, both counted from 0.
    Heads(Vec<[u32; 2]>),
}

impl AlignmentPreset {
    /// The model's own name.
    pub fn name(self) -> &'static str {
        match self {
            AlignmentPreset::TinyEn => "tiny.en",
            AlignmentPreset::Tiny => "tiny",
            AlignmentPreset::BaseEn => "base.en",
            AlignmentPreset::Base => "base",
            AlignmentPreset::SmallEn => "small.en",
            AlignmentPreset::Small => "small",
            AlignmentPreset::MediumEn => "medium.en",
            AlignmentPreset::Medium => "medium",
            AlignmentPreset::LargeV1 => "large-v1",
            AlignmentPreset::LargeV2 => "large-v2",
            AlignmentPreset::LargeV3 => "large-v3",
            AlignmentPreset::LargeV3Turbo => "large-v3-turbo",
        }
    }
}

/// The lists of alignment heads that whisper.cpp holds (its `WHISPER_AHEADS_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // The variants are the models' own names.
pub enum AlignmentPreset {
    #[serde(rename = "tiny.en")]
    TinyEn,
    #[serde(rename = "tiny")]
    Tiny,
    #[serde(rename = "base.en")]
    BaseEn,
    #[serde(rename = "base")]
    Base,
    #[serde(rename = "small.en")]
    SmallEn,
    #[serde(rename = "small")]
    Small,
    #[serde(rename = "medium.en")]
    MediumEn,
    #[serde(rename = "medium")]
    Medium,
    #[serde(rename = "large-v1")]
    LargeV1,
    #[serde(rename = "large-v2")]
    LargeV2,
    #[serde(rename = "large-v3")]
    LargeV3,
    #[serde(rename = "large-v3-turbo")]
    LargeV3Turbo,
}

impl Catalogue {
    /// The table built into the program.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Model`] when the embedded file does not parse, which a test rules out for every
    /// build that passed its tests.
    pub fn builtin() -> Result<Catalogue> {
        serde_json::from_str(CATALOGUE_JSON).map_err(|cause| {
            Error::new(ErrorKind::Model, "the built-in model table is damaged")
                .because(cause)
                .hint("install the program again")
        })
    }

    /// The entry called `name`. A file name (`ggml-base.en.bin`) is accepted in place of a name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.models
            .iter()
            .find(|entry| entry.name == name || entry.file == name)
    }

    /// The entry called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Model`] with the names that come closest.
    pub fn require(&self, name: &str) -> Result<&Entry> {
        self.find(name).ok_or_else(|| {
            let near = self.near(name);
            let hint = if near.is_empty() {
                "`verbatim models list` shows every model".to_owned()
            } else {
                format!(
                    "did you mean {}? `verbatim models list` shows every model",
                    near.join(", ")
                )
            };
            Error::new(ErrorKind::Model, format!("no model is called {name}")).hint(hint)
        })
    }

    /// The entry with this content.
    pub fn find_sha256(&self, sha256: &str) -> Option<&Entry> {
        self.models
            .iter()
            .find(|entry| entry.sha256.eq_ignore_ascii_case(sha256))
    }

    /// Whether any entry has this size; only then is hashing a file worth its time.
    pub fn knows_size(&self, bytes: u64) -> bool {
        self.models.iter().any(|entry| entry.bytes == bytes)
    }

    /// Up to three names that `name` may stand for: those that hold it, or differ in few letters.
    fn near(&self, name: &str) -> Vec<&str> {
        let wanted = name.to_ascii_lowercase().replace('_', "-");
        let wanted = wanted.trim_start_matches("ggml-").trim_end_matches(".bin");
        let mut near: Vec<(usize, &str)> = self
            .models
            .iter()
            .map(|entry| match entry.name.contains(wanted) {
                true => (1, entry.name.as_str()),
                false => (differing(wanted, &entry.name), entry.name.as_str()),
            })
            .filter(|(distance, _)| *distance <= 2)
            .collect();
        near.sort_by_key(|(distance, name)| (*distance, name.len()));
        near.into_iter().take(3).map(|(_, name)| name).collect()
    }
}

/// Letters to change, add or leave out to make one word from the other.
fn differing(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let changed = corner + usize::from(from != to);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

impl Entry {
    /// Whether the model comes with the program instead of being published for download.
    pub fn is_bundled(&self) -> bool {
        self.path.is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_files_hashes_and_paths_are_unique_and_well_formed() {
        let catalogue = Catalogue::builtin().unwrap();
        assert_eq!(catalogue.schema, "verbatim.models");
        assert!(catalogue.base_url.starts_with("https://") && catalogue.base_url.ends_with('/'));
        let mut seen = HashSet::new();
        for entry in &catalogue.models {
            let fresh = seen.insert(entry.name.clone()) && seen.insert(entry.sha256.clone());
            assert!(fresh, "{} is listed twice", entry.name);
            assert_eq!(entry.sha256.len(), 64, "{}", entry.name);
            let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            assert!(entry.sha256.chars().all(hex), "{}", entry.name);
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(entry.file.chars().all(plain), "{}", entry.file);
            assert!(entry.memory_bytes > entry.bytes, "{}", entry.name);
        }
    }

    #[test]
    fn every_published_model_follows_whispers_naming() {
        for entry in Catalogue::builtin().unwrap().models {
            let Some(path) = &entry.path else { continue };
            assert_eq!(path, &entry.file);
            assert_eq!(entry.file, format!("ggml-{}.bin", entry.name));
            assert_eq!(entry.licence, "MIT");
            let english = entry.languages == Languages::En;
            assert_eq!(english, entry.name.contains(".en"), "{}", entry.name);
            assert!(!entry.short_audio_context, "{}", entry.name);
            assert_eq!(entry.longest_window_s, DEFAULT_WINDOW_S, "{}", entry.name);
            let base = match entry.name.rsplit_once("-q") {
                Some((base, bits)) => {
                    assert_eq!(format!("q{bits}"), entry.quantisation.name());
                    base
                }
                None => {
                    assert_eq!(entry.quantisation, Quantisation::F16, "{}", entry.name);
                    entry.name.as_str()
                }
            };
            let heads = serde_json::to_value(&entry.alignment_heads).unwrap();
            assert_eq!(heads, base, "{}", entry.name);
        }
    }

    #[test]
    fn a_quantised_file_is_smaller_and_needs_less_memory_than_the_full_one() {
        let catalogue = Catalogue::builtin().unwrap();
        let mut compared = 0;
        for entry in &catalogue.models {
            let Some((base, _)) = entry.name.rsplit_once("-q") else {
                continue;
            };
            let full = catalogue.find(base).unwrap();
            assert!(entry.bytes < full.bytes && entry.memory_bytes < full.memory_bytes);
            compared += 1;
        }
        assert_eq!(compared, 21);
    }

    #[test]
    fn the_starter_states_its_own_limits() {
        let catalogue = Catalogue::builtin().unwrap();
        let starter = catalogue.find("starter").unwrap();
        assert!(starter.is_bundled() && starter.short_audio_context);
        assert_eq!(starter.longest_window_s, 15);
        assert_eq!(starter.licence, "CC0-1.0");
        assert!(starter.attribution.is_some());
        let AlignmentHeads::Heads(heads) = &starter.alignment_heads else {
            panic!("the starter has its own heads");
        };
        assert_eq!(heads.len(), 9);
        assert_eq!((heads[0], heads[8]), ([1, 0], [3, 2]));
    }

    #[test]
    fn letters_to_change_are_counted() {
        let cases = [
            ("", "", 0),
            ("base", "base", 0),
            ("bse", "base", 1),
            ("ab", "ba", 2),
        ];
        for (a, b, count) in cases {
            assert_eq!(
                (differing(a, b), differing(b, a)),
                (count, count),
                "{a} {b}"
            );
        }
        assert_eq!(differing("kitten", "sitting"), 3);
    }

    #[test]
    fn a_wrong_name_is_answered_with_near_ones() {
        let catalogue = Catalogue::builtin().unwrap();
        for (typed, meant) in [
            ("base_en", "base.en"),
            ("bas.en", "base.en"),
            ("smal", "small"),
        ] {
            let line = catalogue.require(typed).unwrap_err().to_string();
            let hint = [",", "?"].map(|end| format!("did you mean {meant}{end}"));
            assert!(hint.iter().any(|hint| line.contains(hint)), "{line}");
        }
        let line = catalogue.require("turbo").unwrap_err().to_string();
        assert!(line.contains("large-v3-turbo-q5_0"), "{line}");
        let line = catalogue.require("parakeet").unwrap_err().to_string();
        assert!(!line.contains("did you mean"), "{line}");
        assert_eq!(catalogue.find("ggml-base.en.bin").unwrap().name, "base.en");
    }
}

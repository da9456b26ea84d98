//! How common a word is.

/// Words of a language in classes of frequency.
#[derive(Clone, Copy, Debug)]
pub struct Common(&'static str);

/// Languages with a list of common words.
const LISTS: &[(&str, &str)] = &[("en", include_str!("../../../rules/en.common.txt"))];

impl Common {
    /// The list of a language, an ISO 639-1 code; `None` where there is none.
    pub fn of(language: &str) -> Option<Common> {
        let (_, text) = LISTS.iter().find(|(code, _)| *code == language)?;
        Some(Common(text))
    }

    /// The class of each of `words`, which are sorted: 1 for the most common ones, 2 for common ones,
    /// `None` for all others. A form with `'s` counts as its word.
    pub fn classes(self, words: &[&str]) -> Vec<Option<u8>> {
        let mut classes = vec![None; words.len()];
        let mut class = 0;
        for line in self.0.lines() {
            if let Some(number) = line.strip_prefix("= ") {
                class = number.trim().parse().unwrap_or(class);
                continue;
            }
            if line.starts_with('#') {
                continue;
            }
            for form in [line.to_owned(), format!("{line}'s")] {
                if let Ok(at) = words.binary_search(&form.as_str()) {
                    classes[at].get_or_insert(class);
                }
            }
        }
        classes
    }
}

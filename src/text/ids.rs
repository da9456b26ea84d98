//! Ids inside a session: short, in order, never used twice.

use crate::document::transcript::Segment;

/// Counters for the ids of utterances, segments and words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    utterance: u32,
    segment: u32,
    word: u32,
}

impl Ids {
    /// Ids that follow all those of `segments`.
    pub fn after<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Ids {
        let mut ids = Ids::default();
        for segment in segments {
            ids.utterance = ids.utterance.max(number(&segment.utterance));
            ids.segment = ids.segment.max(number(&segment.id));
            for word in &segment.words {
                ids.word = ids.word.max(number(&word.id));
            }
        }
        ids
    }

    /// The next utterance's id, such as `u0012`.
    pub fn utterance(&mut self) -> String {
        self.utterance += 1;
        format!("u{:04}", self.utterance)
    }

    /// The next segment's id, such as `s0042`.
    pub fn segment(&mut self) -> String {
        self.segment += 1;
        format!("s{:04}", self.segment)
    }

    /// The next word's id, such as `w000123`.
    pub fn word(&mut self) -> String {
        self.word += 1;
        format!("w{:06}", self.word)
    }
}

/// The number in an id; 0 where it has none.
fn number(id: &str) -> u32 {
    id.get(1..)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

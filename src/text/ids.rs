//! Ids inside a session: short, in order, never used twice.

use crate::event::Event;

/// Counters for the ids of utterances, segments and words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    utterance: u32,
    segment: u32,
    word: u32,
}

impl Ids {
    /// Ids that follow all those that a log gave away, also to text that another took the place of
    /// and to utterances without text.
    pub fn after<'a>(events: impl IntoIterator<Item = &'a Event>) -> Ids {
        let mut ids = Ids::default();
        for event in events {
            match event {
                Event::TranscriptFinal(text) => {
                    ids.pass_utterance(&text.utterance);
                    for segment in &text.segments {
                        ids.pass_utterance(&segment.utterance);
                        ids.segment = ids.segment.max(number(&segment.id));
                        for word in &segment.words {
                            ids.word = ids.word.max(number(&word.id));
                        }
                    }
                }
                Event::TranscriptDeferred(deferred) => {
                    deferred
                        .utterance
                        .iter()
                        .for_each(|id| ids.pass_utterance(id));
                }
                Event::SpeechEcho(echo) => {
                    echo.utterance.iter().for_each(|id| ids.pass_utterance(id));
                }
                _ => {}
            }
        }
        ids
    }

    fn pass_utterance(&mut self, id: &str) {
        self.utterance = self.utterance.max(number(id));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Track;
    use crate::document::common::{Untranscribed, UntranscribedReason};
    use crate::event::{SpeechEcho, TranscriptDeferred};

    #[test]
    fn an_utterance_without_text_keeps_its_id() {
        let deferred = Event::TranscriptDeferred(TranscriptDeferred {
            utterance: Some("u0007".into()),
            speech: Untranscribed {
                track: Track::Mic,
                start_ms: 0,
                end_ms: 900,
                reason: UntranscribedReason::Deferred,
            },
        });
        let echo = Event::SpeechEcho(SpeechEcho {
            track: Track::Mic,
            start_ms: 0,
            end_ms: 900,
            echo_of: Track::System,
            utterance: Some("u0009".into()),
        });
        assert_eq!(Ids::after([&deferred]).utterance(), "u0008");
        assert_eq!(Ids::after([&echo, &deferred]).utterance(), "u0010");
        assert_eq!(Ids::after([]).segment(), "s0001");
    }
}

//! Tokens of a recogniser joined to words.

use super::{RawSegment, TokenTimes};

/// Stops, quotes, brackets and dashes. A percent sign and a plus are spoken.
const UNSPOKEN: &str = ".,;:!?…\"'‘’“”«»()[]-–—¿¡。、，！？：；「」";

/// A word in window time.
#[derive(Clone, Debug, PartialEq)]
pub struct RawWord {
    /// The word with its punctuation, without surrounding space.
    pub text: String,
    /// Start in the window, in 10 ms ticks.
    pub start_cs: i64,
    /// End in the window, in 10 ms ticks; not before the start.
    pub end_cs: i64,
    /// Mean probability of its tokens.
    pub probability: f32,
    /// Mean log probability of its tokens.
    pub logprob: f32,
    /// Tokens it is made of.
    pub tokens: usize,
}

/// Joins a segment's tokens to words. A token that begins with a space begins a word; bytes are
/// joined before they are read as text, because a character may be split over tokens. A stop is not
/// spoken: where tokens were heard at their own times it lasts through the pause after its word. Times
/// are made monotone and stay inside the segment.
pub fn words(segment: &RawSegment) -> Vec<RawWord> {
    let mut words = Vec::new();
    let mut open: Option<Open> = None;
    for token in &segment.tokens {
        if token.bytes.is_empty() {
            continue;
        }
        let begins = token.bytes[0].is_ascii_whitespace();
        if begins {
            words.extend(open.take().and_then(Open::close));
        }
        let open = open.get_or_insert_with(|| Open::at(token.start_cs));
        open.bytes.extend_from_slice(&token.bytes);
        if open.tokens == 0 || segment.times == TokenTimes::Shared || is_spoken(&token.bytes) {
            open.end_cs = open.end_cs.max(token.end_cs);
        }
        open.probability += token.probability;
        open.logprob += token.probability.max(1e-6).ln();
        open.tokens += 1;
    }
    words.extend(open.and_then(Open::close));
    let (first, last) = (segment.start_cs, segment.end_cs.max(segment.start_cs));
    let mut before = first;
    for word in &mut words {
        word.start_cs = word.start_cs.clamp(before.min(last), last);
        word.end_cs = word.end_cs.clamp(word.start_cs, last);
        before = word.start_cs;
    }
    words
}

/// Whether a token has more than marks that nobody speaks. Bytes of a character that is split over tokens
/// are part of something that is spoken.
fn is_spoken(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or(true, |text| {
        text.chars()
            .any(|c| !c.is_whitespace() && !UNSPOKEN.contains(c))
    })
}

struct Open {
    bytes: Vec<u8>,
    start_cs: i64,
    end_cs: i64,
    probability: f32,
    logprob: f32,
    tokens: usize,
}

impl Open {
    fn at(start_cs: i64) -> Open {
        Open {
            bytes: Vec::new(),
            start_cs,
            end_cs: start_cs,
            probability: 0.0,
            logprob: 0.0,
            tokens: 0,
        }
    }

    fn close(self) -> Option<RawWord> {
        let text = String::from_utf8_lossy(&self.bytes).trim().to_owned();
        (!text.is_empty()).then(|| RawWord {
            text,
            start_cs: self.start_cs,
            end_cs: self.end_cs,
            probability: self.probability / self.tokens as f32,
            logprob: self.logprob / self.tokens as f32,
            tokens: self.tokens,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{RawToken, TokenTimes};

    fn token(bytes: &[u8], start_cs: i64, end_cs: i64) -> RawToken {
        RawToken {
            bytes: bytes.to_vec(),
            start_cs,
            end_cs,
            probability: 0.5,
        }
    }

    fn segment(tokens: Vec<RawToken>) -> RawSegment {
        RawSegment {
            start_cs: 0,
            end_cs: 100,
            no_speech_prob: 0.0,
            times: TokenTimes::Shared,
            tokens,
        }
    }

    #[test]
    fn tokens_are_joined_at_spaces_and_split_characters_come_whole() {
        let segment = segment(vec![
            token(b" caf", 0, 10),
            token(&[0xc3], 10, 12),
            token(&[0xa9], 12, 20),
            token(b",", 20, 21),
            token(b" please", 30, 60),
        ]);
        let words = words(&segment);
        let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(texts, ["café,", "please"]);
        assert_eq!((words[0].start_cs, words[0].end_cs), (0, 21));
        assert_eq!(words[0].tokens, 4);
    }

    #[test]
    fn a_stop_that_was_heard_through_a_pause_makes_its_word_no_longer() {
        let heard = RawSegment {
            times: TokenTimes::Heard,
            ..segment(vec![
                token(b" \"", 0, 5),
                token(b"hours", 5, 30),
                token(b".\"", 30, 80),
                token(b" Every", 80, 90),
                token(b"%", 90, 95),
                token("。".as_bytes(), 95, 99),
            ])
        };
        let words = words(&heard);
        assert_eq!(words[0].text, "\"hours.\"");
        assert_eq!((words[0].start_cs, words[0].end_cs), (0, 30));
        assert_eq!((words[1].start_cs, words[1].end_cs), (80, 95));
    }

    #[test]
    fn times_never_go_back_or_leave_the_segment() {
        let segment = segment(vec![
            token(b" a", 50, 40),
            token(b" b", 20, 30),
            token(b" c", 90, 400),
        ]);
        let words = words(&segment);
        assert!(words.windows(2).all(|w| w[0].start_cs <= w[1].start_cs));
        assert!(
            words
                .iter()
                .all(|w| w.start_cs <= w.end_cs && w.end_cs <= 100)
        );
    }
}

//! Recognisers that do what bad ones do.

use proptest::prelude::*;

use super::*;
use crate::error::{Error, ErrorKind};
use crate::text::pack::pack;
use crate::text::{Limits, RawSegment, RawToken, TokenTimes, Transcriber};

/// Windows as long as the starter's.
const LIMITS: Limits = Limits {
    window_samples: 15 * 16_000,
};

/// Hears a word in every window that is loud, and nothing in windows of more than one part.
struct OnlyAlone {
    windows: Vec<usize>,
    fails: bool,
}

impl Transcriber for OnlyAlone {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        self.windows.push(audio.len());
        if self.fails {
            return Err(Error::new(ErrorKind::Engine, "no"));
        }
        if audio.len() > 3 * 16_000 {
            return Ok(Vec::new());
        }
        Ok(vec![RawSegment {
            start_cs: 30,
            end_cs: 120,
            no_speech_prob: 0.0,
            times: TokenTimes::Shared,
            tokens: vec![RawToken {
                bytes: b" yes".to_vec(),
                start_cs: 40,
                end_cs: 90,
                probability: 0.9,
            }],
        }])
    }
}

fn read(_: Track, span: Span) -> Result<Vec<i16>> {
    Ok(vec![100; (span.ticks() / 3) as usize])
}

const SPANS: [(u64, u64); 2] = [(1_000, 2_500), (6_000, 7_500)];

fn spans() -> Vec<Span> {
    SPANS.iter().map(|&(a, b)| Span::from_ms(a, b)).collect()
}

#[test]
fn what_a_packed_window_lost_is_decoded_once_more_alone() {
    let mut transcriber = OnlyAlone {
        windows: Vec::new(),
        fails: false,
    };
    let outcome = transcribe_spans(
        Track::Mic,
        &spans(),
        &mut transcriber,
        &mut read,
        &mut Ids::default(),
    )
    .unwrap();
    assert_eq!(transcriber.windows.len(), 3);
    let texts: Vec<(u64, &str)> = outcome
        .segments
        .iter()
        .map(|s| (s.start_ms, s.text.as_str()))
        .collect();
    assert_eq!(texts, [(1_088, "yes"), (6_088, "yes")]);
    assert!(outcome.untranscribed.is_empty());
}

/// Hears a word in each stretch of sound, but in windows longer than 10 s in the first two only.
#[derive(Default)]
struct LosesItsPlace {
    windows: Vec<usize>,
}

impl Transcriber for LosesItsPlace {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        self.windows.push(audio.len());
        let mut segments = Vec::new();
        let mut at = 0;
        for stretch in audio.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
            let (start_cs, end_cs) = ((at / 160) as i64, ((at + stretch.len()) / 160) as i64);
            at += stretch.len();
            if stretch[0] != 0 {
                let token = RawToken {
                    bytes: format!(" w{}", stretch[stretch.len() / 2]).into_bytes(),
                    start_cs,
                    end_cs,
                    probability: 0.9,
                };
                segments.push(RawSegment {
                    start_cs,
                    end_cs,
                    no_speech_prob: 0.0,
                    times: TokenTimes::Shared,
                    tokens: vec![token],
                });
            }
        }
        if audio.len() > 10 * 16_000 {
            segments.truncate(2);
        }
        Ok(segments)
    }
}

#[test]
fn spans_that_a_window_lost_are_heard_again_in_one_window() {
    let spans: Vec<Span> = (0..5)
        .map(|n| Span::from_ms(n * 5_000 + 1_000, n * 5_000 + 2_500))
        .collect();
    // The sound of each span has its number.
    let mut read = |_: Track, span: Span| {
        let number = (span.start.ms() / 5_000 + 1) as i16;
        Ok(vec![number; (span.ticks() / 3) as usize])
    };
    let mut loses = LosesItsPlace::default();
    let mut ids = Ids::default();
    let outcome = transcribe_spans(Track::Mic, &spans, &mut loses, &mut read, &mut ids).unwrap();
    let texts: Vec<&str> = outcome.segments.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts, ["w1", "w2", "w3", "w4", "w5"]);
    assert!(outcome.untranscribed.is_empty());
    assert_eq!(loses.windows.len(), 2);
}

/// Skips from the first second of a window to its last one, as long as it is longer than 5 s.
struct Skips;

impl Transcriber for Skips {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        let end_cs = (audio.len() / 160) as i64;
        let word = |text: &str, start_cs, end_cs| RawToken {
            bytes: text.as_bytes().to_vec(),
            start_cs,
            end_cs,
            probability: 0.9,
        };
        let tokens = match end_cs > 500 {
            true => vec![
                word(" first", 40, 140),
                word(" last", end_cs - 120, end_cs - 20),
            ],
            false => vec![word(" between", 0, end_cs)],
        };
        Ok(vec![RawSegment {
            start_cs: 0,
            end_cs,
            no_speech_prob: 0.0,
            times: TokenTimes::Heard,
            tokens,
        }])
    }
}

#[test]
fn what_was_skipped_inside_a_span_is_listened_to_again() {
    let spans = [Span::from_ms(1_000, 7_000)];
    let mut ids = Ids::default();
    let outcome = transcribe_spans(Track::Mic, &spans, &mut Skips, &mut read, &mut ids).unwrap();
    let texts: Vec<&str> = outcome.segments.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts.concat(), "betweenlast");
    assert!(outcome.untranscribed.is_empty());
}

#[test]
fn a_window_that_fails_is_listed_and_ends_nothing() {
    let mut transcriber = OnlyAlone {
        windows: Vec::new(),
        fails: true,
    };
    let outcome = transcribe_spans(
        Track::Mic,
        &spans(),
        &mut transcriber,
        &mut read,
        &mut Ids::default(),
    )
    .unwrap();
    assert!(outcome.segments.is_empty());
    let listed: Vec<(u64, UntranscribedReason)> = outcome
        .untranscribed
        .iter()
        .map(|u| (u.start_ms, u.reason))
        .collect();
    assert_eq!(
        listed,
        [
            (1_000, UntranscribedReason::Failed),
            (6_000, UntranscribedReason::Failed)
        ]
    );
}

/// Decides by the sound whether a window has words, none, or a hole in the middle; takes windows ahead.
struct Moody {
    ahead: usize,
    begun: Vec<Vec<i16>>,
    /// For each window that was asked for, whether it had been begun.
    asked: Vec<bool>,
}

impl Moody {
    fn with(ahead: usize) -> Moody {
        Moody {
            ahead,
            begun: Vec::new(),
            asked: Vec::new(),
        }
    }
}

impl Transcriber for Moody {
    fn limits(&self) -> Limits {
        LIMITS
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        let begun = self.begun.iter().position(|sound| sound == audio);
        self.asked.push(begun.is_some());
        if let Some(at) = begun {
            self.begun.remove(at);
        }
        let mood = audio.iter().fold(audio.len(), |sum, &s| sum + s as usize) % 5;
        let end_cs = (audio.len() / 160) as i64;
        let token = |start_cs: i64, end_cs: i64| RawToken {
            bytes: format!(" w{}", audio.len() % 97 + mood).into_bytes(),
            start_cs,
            end_cs,
            probability: if mood == 3 { 0.1 } else { 0.9 },
        };
        let tokens = match mood {
            0 => return Ok(Vec::new()),
            1 => return Err(Error::new(ErrorKind::Engine, "no")),
            2 => vec![token(0, 20), token(end_cs - 20, end_cs)],
            _ => vec![token(0, end_cs / 2), token(end_cs / 2, end_cs)],
        };
        Ok(vec![RawSegment {
            start_cs: 0,
            end_cs,
            no_speech_prob: 0.0,
            times: TokenTimes::Heard,
            tokens,
        }])
    }

    fn ahead(&self) -> usize {
        self.ahead
    }

    fn begin(&mut self, audio: &[i16]) {
        self.begun.push(audio.to_vec());
    }
}

proptest! {
    #[test]
    fn the_order_in_which_windows_are_heard_changes_nothing(
        lengths in proptest::collection::vec((200_u64..3_000, 200_u64..9_000), 1..20)
    ) {
        let mut spans = Vec::new();
        let mut at = 0;
        for (pause, length) in lengths {
            spans.push(Span::from_ms(at + pause, at + pause + length));
            at += pause + length;
        }
        let mut sound = |_: Track, span: Span| {
            let first = span.start.0 / 3;
            let samples = first..first + span.ticks() / 3;
            Ok(samples.map(|n| (n % 251) as i16).collect())
        };
        let mut outcomes = Vec::new();
        for ahead in [0, 1, 3, 15] {
            let mut moody = Moody::with(ahead);
            let mut ids = Ids::default();
            let outcome =
                transcribe_spans(Track::Mic, &spans, &mut moody, &mut sound, &mut ids).unwrap();
            // What is heard besides the packed windows was begun before it was asked for.
            let packed = pack(&spans, moody.limits().window_samples).len();
            let further = moody.asked.iter().filter(|begun| **begun).count();
            prop_assert_eq!(moody.asked.len(), packed + further);
            prop_assert!(moody.begun.is_empty());
            outcomes.push(outcome);
        }
        prop_assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

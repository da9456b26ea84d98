//! Recognisers that do what bad ones do.

use super::*;
use crate::error::Error;
use crate::text::{Limits, RawSegment, RawToken, TokenTimes};

/// Hears a word in every window that is loud, and nothing in windows of more than one part.
struct OnlyAlone {
    windows: Vec<usize>,
    fails: bool,
}

impl Transcriber for OnlyAlone {
    fn limits(&self) -> Limits {
        Limits {
            window_samples: 15 * 16_000,
        }
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

/// Skips from the first second of a window to its last one, as long as it is longer than 5 s.
struct Skips;

impl Transcriber for Skips {
    fn limits(&self) -> Limits {
        Limits {
            window_samples: 15 * 16_000,
        }
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

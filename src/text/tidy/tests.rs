//! Windows with speech in two places.

use proptest::prelude::*;

use super::*;
use crate::text::RawToken;
use crate::text::pack::pack;

fn raw(text: &str, start_cs: i64, end_cs: i64) -> RawSegment {
    let count = text.split_whitespace().count() as i64;
    let each = (end_cs - start_cs) / count.max(1);
    RawSegment {
        start_cs,
        end_cs,
        no_speech_prob: 0.1,
        times: TokenTimes::Shared,
        tokens: text
            .split_whitespace()
            .zip(0..)
            .map(|(word, n)| RawToken {
                bytes: format!(" {word}").into_bytes(),
                start_cs: start_cs + n * each,
                end_cs: start_cs + (n + 1) * each,
                probability: 0.8,
            })
            .collect(),
    }
}

fn window() -> Window {
    let spans = [Span::from_ms(10_000, 12_000), Span::from_ms(20_000, 22_000)];
    pack(&spans, 15 * 16_000).remove(0)
}

#[test]
fn a_segment_over_two_spans_is_split_and_times_stay_inside_the_speech() {
    // In the window speech lies at 0.4 to 2.4 s and at 3.6 to 5.6 s.
    let tidied = tidy(&window(), &[raw("one two three four five six", 0, 560)]);
    let texts: Vec<Vec<&str>> = tidied
        .phrases
        .iter()
        .map(|p| p.words.iter().map(|(w, _)| w.text.as_str()).collect())
        .collect();
    assert_eq!(
        texts,
        [vec!["one", "two", "three"], vec!["four", "five", "six"]]
    );
    for phrase in &tidied.phrases {
        for (_, time) in &phrase.words {
            assert!(time.start >= phrase.speech.start && time.end <= phrase.speech.end);
        }
    }
}

#[test]
fn a_segment_that_begins_before_the_pause_belongs_behind_it() {
    let segments = [raw("one two", 40, 230), raw("three four", 230, 550)];
    let tidied = tidy(&window(), &segments);
    let starts: Vec<u64> = tidied
        .phrases
        .iter()
        .map(|p| p.words[0].1.start.ms())
        .collect();
    assert_eq!(starts, [10_000, 20_000]);
}

#[test]
fn text_beside_all_speech_is_dropped_and_text_at_its_edge_is_not() {
    let tidied = tidy(&window(), &[raw("thank you", 290, 320)]);
    assert!(tidied.phrases.is_empty());
    let tidied = tidy(&window(), &[raw("thank you", 250, 270)]);
    assert_eq!(tidied.phrases.len(), 1);
    let words = &tidied.phrases[0].words;
    assert!(
        words
            .iter()
            .all(|(_, t)| t.end <= Tick::from_ms(12_000) && t.ms() >= 19)
    );
}

proptest! {
    #[test]
    fn no_word_is_lost_or_doubled_and_times_only_go_forward(
        lengths in proptest::collection::vec((10_i64..300, 1_usize..9), 1..8),
        times in prop_oneof![Just(TokenTimes::Shared), Just(TokenTimes::Heard)],
    ) {
        let window = window();
        let (mut at, mut segments, mut said) = (0, Vec::new(), Vec::new());
        for (length, count) in lengths {
            let words: Vec<String> = (0..count).map(|_| format!("w{}", said.len())).collect();
            let end = (at + length).min(560);
            // A segment that was not heard in the speech loses its words, and rightly so.
            if end > 40 && at < 560 && !(at >= 240 && end <= 360) && end - at >= 110 {
                let words: Vec<String> =
                    words.iter().enumerate().map(|(n, w)| format!("{w}x{n}")).collect();
                segments.push(RawSegment { times, ..raw(&words.join(" "), at, end) });
                said.extend(words);
            }
            at = end;
        }
        let tidied = tidy(&window, &segments);
        let mut before = Tick::ZERO;
        let mut kept = Vec::new();
        for phrase in &tidied.phrases {
            for (word, time) in &phrase.words {
                kept.push(word.text.clone());
                prop_assert!(time.start >= before, "{:?}", tidied);
                prop_assert!(time.start >= phrase.speech.start);
                prop_assert!(time.end <= phrase.speech.end && !time.is_empty());
                before = time.end;
            }
        }
        prop_assert_eq!(kept, said);
    }
}

#[test]
fn words_heard_at_their_own_times_keep_them_inside_the_speech() {
    // In the window speech lies at 0.4 to 2.4 s and at 3.6 to 5.6 s, which is 20 to 22 s.
    let mut segment = raw("one two three", 100, 560);
    segment.times = TokenTimes::Heard;
    for (token, (start_cs, end_cs)) in
        segment
            .tokens
            .iter_mut()
            .zip([(100, 130), (130, 420), (420, 570)])
    {
        (token.start_cs, token.end_cs) = (start_cs, end_cs);
    }
    let tidied = tidy(&window(), &[segment]);
    let times: Vec<(u64, u64)> = tidied
        .phrases
        .iter()
        .flat_map(|phrase| phrase.words.iter().map(|(_, t)| (t.start.ms(), t.end.ms())))
        .collect();
    assert_eq!(
        times,
        [(10_600, 10_900), (20_000, 20_600), (20_600, 22_000)]
    );
}

#[test]
fn a_loop_is_rejected_with_the_speech_it_stood_for() {
    let tidied = tidy(&window(), &[raw(&"so ".repeat(12), 0, 240)]);
    assert!(tidied.phrases.is_empty());
    assert_eq!(tidied.rejected, [Span::from_ms(10_000, 12_000)]);
}

#[test]
fn a_segment_tells_its_words_and_their_mean_probability() {
    let tidied = tidy(&window(), &[raw("hello there", 30, 150)]);
    let mut ids = Ids::default();
    let segment = segment(&tidied.phrases[0], Track::System, &mut ids);
    assert_eq!(segment.text, "hello there");
    assert_eq!((segment.start_ms, segment.end_ms), (10_000, 11_100));
    assert_eq!(segment.words[1].id, "w000002");
    assert_eq!(segment.avg_logprob, -0.2231);
}

//! Corrections laid over what was recognised.

use super::align::partners;
use super::guard::plain;
use crate::document::correction::Correction;
use crate::document::transcript::{Segment, TranscriptDocument, Word};

/// Shortest time in milliseconds that a word which was not recognised gets, where there is as much.
const SHORTEST_MS: u64 = 120;

/// Lays corrections over a transcript; those of segments that are gone stand for nothing.
pub fn apply(transcript: &mut TranscriptDocument, corrections: &[Correction]) {
    for correction in corrections {
        let segment = transcript
            .segments
            .iter_mut()
            .find(|segment| segment.id == correction.segment);
        if let Some(segment) = segment.filter(|_| !correction.words.is_empty()) {
            segment.text.clone_from(&correction.text);
            segment.words.clone_from(&correction.words);
            segment.corrected = true;
        }
    }
}

/// The words of a segment's corrected text with times. A word that stands where a recognised one
/// stood keeps its time and id, and its probability where it is the same word; the others share the
/// time between their neighbours by their letters, and that of the neighbour before them where there
/// is none between.
pub fn words(segment: &Segment, text: &str) -> Vec<Word> {
    let given: Vec<&str> = text.split_whitespace().collect();
    let compared = |word: &str| {
        let letters = plain(word);
        if letters.is_empty() {
            word.to_owned()
        } else {
            letters
        }
    };
    let raw: Vec<String> = segment.words.iter().map(|w| compared(&w.text)).collect();
    let new: Vec<String> = given.iter().map(|w| compared(w)).collect();
    let mut stood: Vec<Option<usize>> = vec![None; given.len()];
    for (old, new) in partners(&raw, &new).into_iter().enumerate() {
        if let Some(new) = new {
            stood[new] = Some(old);
        }
    }
    let mut words: Vec<Word> = Vec::with_capacity(given.len());
    for (n, text) in given.iter().enumerate() {
        words.push(match stood[n].map(|old| &segment.words[old]) {
            Some(old) => Word {
                text: (*text).to_owned(),
                probability: match compared(&old.text) == new[n] {
                    true => old.probability,
                    false => 1.0,
                },
                ..old.clone()
            },
            None => Word {
                id: format!("{}.{}", segment.id, n + 1),
                text: (*text).to_owned(),
                start_ms: 0,
                end_ms: 0,
                probability: 1.0,
            },
        });
    }
    let mut from = 0;
    while let Some(first) = (from..words.len()).find(|&n| stood[n].is_none()) {
        let last = (first..words.len())
            .take_while(|&n| stood[n].is_none())
            .last()
            .unwrap_or(first);
        place(&mut words, (first, last), segment);
        from = last + 1;
    }
    words
}

/// Gives the words `first..=last` their times. Where there is no pause to put them in, they share the
/// sound of a neighbour: of one that was misheard before one that was not, of the one before them before
/// the one after.
fn place(words: &mut [Word], (first, last): (usize, usize), segment: &Segment) {
    let wished = SHORTEST_MS * (last - first + 1) as u64;
    let before = first.checked_sub(1);
    let after = (last + 1 < words.len()).then_some(last + 1);
    let start = before.map_or(segment.start_ms, |n| words[n].end_ms);
    let end = after.map_or(segment.end_ms, |n| words[n].start_ms);
    if end.saturating_sub(start) >= wished || (before.is_none() && after.is_none()) {
        return spread(&mut words[first..=last], start, end.max(start));
    }
    let heard = |n: usize| {
        let kept = segment.words.iter().find(|old| old.id == words[n].id);
        kept.is_some_and(|old| plain(&old.text) == plain(&words[n].text))
    };
    match (before, after) {
        (Some(n), after) if !heard(n) || after.is_none_or(heard) => {
            let (start, end) = (words[n].start_ms, end.max(words[n].end_ms));
            spread(&mut words[n..=last], start, end);
        }
        (_, Some(n)) => {
            let end = words[n].end_ms.max(start);
            spread(&mut words[first..=n], start, end);
        }
        _ => {}
    }
}

fn spread(words: &mut [Word], start: u64, end: u64) {
    let letters = |word: &Word| word.text.chars().count() as u64;
    let total: u64 = words.iter().map(letters).sum();
    let mut before = 0;
    for word in words {
        word.start_ms = start + (end - start) * before / total.max(1);
        before += letters(word);
        word.end_ms = start + (end - start) * before / total.max(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audio::Track;

    fn segment(text: &str) -> Segment {
        let words = text.split_whitespace().enumerate().map(|(n, text)| Word {
            id: format!("w{n:06}"),
            text: text.into(),
            start_ms: 1_000 + n as u64 * 500,
            end_ms: 1_400 + n as u64 * 500,
            probability: 0.5,
        });
        let words: Vec<Word> = words.collect();
        Segment {
            id: "s0001".into(),
            track: Track::Mic,
            speaker: "sp1".into(),
            start_ms: 1_000,
            end_ms: words.last().map_or(2_000, |w| w.end_ms),
            text: text.into(),
            utterance: "u0001".into(),
            pass: "p1".into(),
            avg_logprob: 0.0,
            no_speech_prob: 0.0,
            words,
            corrected: false,
        }
    }

    fn times(words: &[Word]) -> Vec<(&str, u64, u64)> {
        let time = |word: &'_ Word| (word.start_ms, word.end_ms);
        words
            .iter()
            .map(|w| (w.text.as_str(), time(w).0, time(w).1))
            .collect()
    }

    #[test]
    fn recognised_words_keep_their_times_and_misheard_ones_too() {
        let raw = segment("thurty nowers every week");
        let words = words(&raw, "thirteen hours every week.");
        assert_eq!(
            times(&words),
            [
                ("thirteen", 1_000, 1_400),
                ("hours", 1_500, 1_900),
                ("every", 2_000, 2_400),
                ("week.", 2_500, 2_900)
            ]
        );
        assert_eq!((words[0].probability, words[3].probability), (1.0, 0.5));
        assert_eq!(words[0].id, "w000000");
    }

    #[test]
    fn words_that_were_missing_are_spread_between_their_neighbours() {
        let raw = segment("we copy by hand");
        let put = words(&raw, "we copy numbers by hand");
        // A tenth of a second is too short a pause: copy and numbers share the sound of copy.
        assert_eq!((put[1].start_ms, put[2].end_ms), (1_500, 2_000));
        assert!(put[1].end_ms == put[2].start_ms && put[2].text == "numbers");
        assert_eq!(put[2].id, "s0001.3");
        let first = words(&raw, "so we copy by hand");
        assert_eq!((first[0].start_ms, first[1].end_ms), (1_000, 1_400));
    }

    #[test]
    fn a_correction_of_a_segment_that_is_gone_changes_nothing() {
        let raw = segment("a b");
        let mut transcript = TranscriptDocument {
            schema: String::new(),
            schema_version: String::new(),
            session: String::new(),
            speakers: Vec::new(),
            passes: Vec::new(),
            segments: vec![raw.clone()],
            coverage: Vec::new(),
            untranscribed: Vec::new(),
        };
        let correction = |segment: &str, words| Correction {
            segment: segment.into(),
            raw: "a b".into(),
            text: "a c".into(),
            author: None,
            at: String::new(),
            words,
        };
        apply(&mut transcript, &[correction("s0009", Vec::new())]);
        assert_eq!(transcript.segments[..], *std::slice::from_ref(&raw));
        apply(&mut transcript, &[correction("s0001", words(&raw, "a c"))]);
        assert_eq!(transcript.segments[0].text, "a c");
        assert!(transcript.segments[0].corrected);
    }

    proptest! {
        #[test]
        fn words_stay_in_order_and_inside(
            raw in proptest::collection::vec("[a-d]{1,3}", 0..9),
            new in proptest::collection::vec("[a-d]{1,3}", 1..12),
        ) {
            let raw = segment(&raw.join(" "));
            let words = words(&raw, &new.join(" "));
            let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
            prop_assert_eq!(texts, new.iter().map(String::as_str).collect::<Vec<_>>());
            let mut before = raw.start_ms;
            for word in &words {
                prop_assert!(word.start_ms >= before, "{:?}", times(&words));
                prop_assert!(word.end_ms >= word.start_ms && word.end_ms <= raw.end_ms);
                before = word.start_ms;
            }
            let ids: std::collections::BTreeSet<&str> = words.iter().map(|w| w.id.as_str()).collect();
            prop_assert_eq!(ids.len(), words.len());
        }
    }
}

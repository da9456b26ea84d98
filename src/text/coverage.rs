//! Which speech has text, and which has none.

use crate::time::{Span, TICKS_PER_MS};

/// A word stands for the speech this far around it, in milliseconds: recognisers place words early or
/// late, and pauses inside a span belong to its words.
const REACH_MS: u64 = 1_000;

/// Speech without a word that is shorter than this, in milliseconds, is a breath or a hum.
const MIN_UNCOVERED_MS: u64 = 600;

/// The parts of `speech` that no word reaches. Words are sorted by start. A span without any word is
/// uncovered as a whole, however short.
pub fn uncovered(speech: Span, words: &[Span]) -> Vec<Span> {
    if !words.iter().any(|word| touches(*word, speech)) {
        return vec![speech];
    }
    let reach = REACH_MS * TICKS_PER_MS;
    let reached: Vec<Span> = words
        .iter()
        .map(|word| Span::new(word.start.before(reach), word.end.after(reach)))
        .collect();
    subtract(&[speech], &reached)
        .into_iter()
        .filter(|left| left.ms() >= MIN_UNCOVERED_MS)
        .collect()
}

fn touches(word: Span, speech: Span) -> bool {
    word.start < speech.end && speech.start <= word.end
}

/// What is left of `spans` without `taken`. Both may come in any order; the result is sorted.
pub fn subtract(spans: &[Span], taken: &[Span]) -> Vec<Span> {
    let mut taken: Vec<Span> = taken.to_vec();
    taken.sort_unstable();
    let mut left = Vec::new();
    for &span in spans {
        let mut from = span.start;
        for cut in &taken {
            if cut.end <= from || cut.start >= span.end {
                continue;
            }
            if cut.start > from {
                left.push(Span::new(from, cut.start));
            }
            from = from.max(cut.end);
        }
        if from < span.end {
            left.push(Span::new(from, span.end));
        }
    }
    left.sort_unstable();
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_cover_the_pauses_around_them() {
        let speech = Span::from_ms(0, 4_000);
        let words = [Span::from_ms(300, 800), Span::from_ms(2_500, 3_100)];
        assert!(uncovered(speech, &words).is_empty());
    }

    #[test]
    fn a_lost_tail_is_found() {
        let speech = Span::from_ms(0, 9_000);
        let words = [Span::from_ms(300, 800), Span::from_ms(1_000, 3_000)];
        assert_eq!(uncovered(speech, &words), [Span::from_ms(4_000, 9_000)]);
    }

    #[test]
    fn a_span_without_words_is_uncovered_however_short() {
        let speech = Span::from_ms(100, 300);
        assert_eq!(uncovered(speech, &[]), [speech]);
    }

    fn spans() -> impl Strategy<Value = Vec<Span>> {
        proptest::collection::vec((0_u64..200, 0_u64..40), 0..12).prop_map(|pairs| {
            pairs
                .into_iter()
                .map(|(at, length)| Span::from_ms(at, at + length))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn subtraction_equals_counting_milliseconds(span in (0_u64..200, 1_u64..60), taken in spans()) {
            let span = Span::from_ms(span.0, span.0 + span.1);
            let left = subtract(&[span], &taken);
            for ms in 0..300 {
                let tick = crate::time::Tick::from_ms(ms);
                let wanted = span.contains(tick) && !taken.iter().any(|t| t.contains(tick));
                prop_assert_eq!(left.iter().any(|l| l.contains(tick)), wanted);
            }
        }
    }
}

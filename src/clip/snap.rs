//! Where the sound is cut: at word and silence boundaries, in the quietest place near them.

use std::ops::Range;

use crate::time::{Span, TICKS_PER_MS, Tick};

/// Length of a frame in which the level is measured: 10 ms.
pub const FRAME: u64 = 10 * TICKS_PER_MS;

/// How far a cut may move out of the words, in milliseconds. The times of words are a recogniser's
/// guess, and are more often too tight than too wide.
const OUT_MS: u64 = 250;

/// How far it may move into the first or last word, in milliseconds, though not beyond its middle.
const IN_MS: u64 = 150;

/// Decibels that a millisecond of distance is worth: a cut 100 ms away has to be 5 dB quieter.
const DB_PER_MS: f32 = 0.05;

/// Levels below this are silence, and equal.
const SILENT_DB: f32 = -60.0;

/// Whether an edge begins a clip or ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The clip begins here.
    Start,
    /// The clip ends here.
    End,
}

/// The milliseconds in which an edge at `at_ms` may be cut, given the words of all tracks that are
/// heard: not beyond the middle of the word on either side.
pub fn reach(edge: Edge, at_ms: u64, words: &[Range<u64>]) -> Range<u64> {
    let (before, after) = match edge {
        Edge::Start => (OUT_MS, IN_MS),
        Edge::End => (IN_MS, OUT_MS),
    };
    let middles = || {
        let length = |word: &Range<u64>| word.end.saturating_sub(word.start);
        words.iter().map(move |word| word.start + length(word) / 2)
    };
    let last_before = middles().filter(|&middle| middle < at_ms).max();
    let first_after = middles().filter(|&middle| middle > at_ms).min();
    let from = at_ms.saturating_sub(before).max(last_before.unwrap_or(0));
    let to = (at_ms + after).min(first_after.unwrap_or(u64::MAX));
    from..to
}

/// A time that lies in a word, moved to the edge of that word, so that no word is cut in two; the
/// words are those of one track.
pub fn to_words(edge: Edge, at_ms: u64, words: &[Range<u64>]) -> u64 {
    let holds = |word: &&Range<u64>| word.start < at_ms && at_ms < word.end;
    match (edge, words.iter().find(holds)) {
        (Edge::Start, Some(word)) => word.start,
        (Edge::End, Some(word)) => word.end,
        (_, None) => at_ms,
    }
}

/// The best place to cut in `reach`: the middle of its quietest frame, the nearer to `at_ms` of two
/// that are as quiet. A frame is as loud as the louder of its neighbours, so that a pause is not cut at
/// its very edge. `levels` are those of the frames from the start of `reach` on, in decibels below full
/// scale, the loudest track counting.
pub fn cut(at_ms: u64, reach: &Range<u64>, levels: &[f32]) -> Tick {
    let place = |n: usize| Tick::from_ms(reach.start).after(n as u64 * FRAME + FRAME / 2);
    let loud = |n: usize| {
        let around = &levels[n.saturating_sub(1)..(n + 2).min(levels.len())];
        around.iter().copied().fold(SILENT_DB, f32::max)
    };
    let cost = |n: usize| loud(n) + place(n).ms().abs_diff(at_ms) as f32 * DB_PER_MS;
    (0..levels.len())
        .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
        .map_or(Tick::from_ms(at_ms), place)
}

/// The frames' levels of a reach, of one track: `samples` begin where the reach does.
pub fn levels(samples: &[i16]) -> Vec<f32> {
    samples
        .chunks(FRAME as usize)
        .map(|frame| {
            let squares: f64 = frame.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
            crate::dsp::level::dbfs(squares / frame.len() as f64 / (32_768.0 * 32_768.0))
        })
        .collect()
}

/// A clip's stretch: not empty, and inside of the session.
pub fn inside(start: Tick, end: Tick, duration: Tick) -> Span {
    let start = start.min(duration);
    Span::new(start, end.min(duration).max(start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_is_made_in_the_pause_beside_the_word() {
        let words = [1_000..1_400, 1_500..1_900];
        let reach = reach(Edge::Start, 1_500, &words);
        assert_eq!(reach, 1_250..1_650);
        assert_eq!(super::reach(Edge::End, 1_400, &words), 1_250..1_650);
        // Loud but for a pause from 1420 to 1450.
        let levels: Vec<f32> = (0..40)
            .map(|n| if (17..20).contains(&n) { -55.0 } else { -20.0 })
            .collect();
        let at = cut(1_500, &reach, &levels).ms();
        assert!((1_420..1_450).contains(&at), "{at}");
        assert_eq!(cut(1_500, &reach, &[]), Tick::from_ms(1_500));
    }

    #[test]
    fn silence_all_around_leaves_the_edge_where_it_is() {
        let levels = vec![f32::NEG_INFINITY; 40];
        let at = cut(1_500, &(1_250..1_650), &levels).ms();
        assert!(at.abs_diff(1_500) <= 5, "{at}");
    }

    #[test]
    fn levels_are_those_of_the_sound() {
        let mut samples = vec![0_i16; 480];
        samples.extend([16_384_i16; 480]);
        let levels = levels(&samples);
        assert!(
            levels[0] < -90.0 && (levels[1] + 6.02).abs() < 0.1,
            "{levels:?}"
        );
    }

    proptest! {
        #[test]
        fn cuts_stay_in_reach_and_no_time_in_a_word_stays_there(
            at in 0_u64..5_000,
            gaps in proptest::collection::vec((0_u64..300, 1_u64..600), 0..12),
            loud in proptest::collection::vec(-80_f32..0.0, 40),
        ) {
            let mut words = Vec::new();
            let mut from = 0;
            for (gap, length) in gaps {
                words.push(from + gap..from + gap + length);
                from += gap + length;
            }
            for edge in [Edge::Start, Edge::End] {
                let moved = to_words(edge, at, &words);
                prop_assert!(words.iter().all(|w| !(w.start < moved && moved < w.end)));
                prop_assert_eq!(to_words(edge, moved, &words), moved);
                match edge {
                    Edge::Start => prop_assert!(moved <= at),
                    Edge::End => prop_assert!(moved >= at),
                }
                let reach = reach(edge, moved, &words);
                prop_assert!(reach.contains(&moved) || reach.start == moved || reach.end == moved);
                let frames = (reach.end - reach.start) as usize / 10;
                let tick = cut(moved, &reach, &loud[..frames.min(40)]);
                prop_assert!(reach.start <= tick.ms() && tick.ms() <= reach.end);
            }
        }
    }
}

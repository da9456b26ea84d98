//! Speech of one track packed into windows: a recogniser pays for a window, not for the speech in it.

use crate::error::Result;
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS, Tick};

/// Sound before a span that goes with it, in milliseconds: the first word is quiet at first.
pub const PRE_ROLL_MS: u64 = 400;

/// Sound after a span that goes with it, in milliseconds.
pub const POST_ROLL_MS: u64 = 200;

/// Longest silence put between the sounds of two spans, in milliseconds: a longer one says no more.
const PAUSE_MS: u64 = 600;

/// Shortest pause between the speech of two spans, in milliseconds: the recogniser keeps them apart by it.
const LEAST_PAUSE_MS: u64 = 500;

/// Room that is left free when spans are packed together, in samples at 16 kHz: the longest windows
/// are those in which a model loses its place.
const SPARE: usize = 16_000;

/// A stretch of sound in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The speech that its text stands for.
    pub speech: Span,
    /// The sound that is in the window.
    pub audio: Span,
    /// First sample of that sound in the window, at 16 kHz.
    pub offset: usize,
}

impl Part {
    /// Samples of the part in its window, at 16 kHz.
    pub fn samples(&self) -> usize {
        samples(self.audio.ticks())
    }

    /// Where the sound of the span after it begins in its window: after the pause that was made, as far as
    /// that is neither too short nor longer than needed.
    fn next(&self, speech: Span, audio: Span) -> usize {
        let pause = speech.start.0.saturating_sub(self.speech.end.0);
        let least = (LEAST_PAUSE_MS * TICKS_PER_MS).saturating_sub(pause);
        let between = audio.start.0.saturating_sub(self.audio.end.0).max(least);
        self.offset + self.samples() + samples(between.min(PAUSE_MS * TICKS_PER_MS))
    }

    /// The instant on the session timeline of a sample of the window.
    pub fn tick(&self, sample: usize) -> Tick {
        let inside = sample.saturating_sub(self.offset) as u64;
        self.audio.start.after(inside * TICKS_PER_ANALYSIS_SAMPLE)
    }
}

/// Sound for one decode and where its parts belong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Parts in order of time.
    pub parts: Vec<Part>,
}

impl Window {
    /// A window with a single part.
    pub fn alone(speech: Span, audio: Span) -> Window {
        Window {
            parts: vec![Part {
                speech,
                audio,
                offset: 0,
            }],
        }
    }

    /// A window with several parts, given as speech and sound, in order of time.
    pub fn together(parts: &[(Span, Span)]) -> Window {
        let mut window = Window::default();
        for &(speech, audio) in parts {
            let offset = window
                .parts
                .last()
                .map_or(0, |last| last.next(speech, audio));
            window.parts.push(Part {
                speech,
                audio,
                offset,
            });
        }
        window
    }

    /// A window with these of the parts alone.
    pub fn only(&self, parts: &[usize]) -> Window {
        let parts = parts.iter().map(|&part| &self.parts[part]);
        let parts: Vec<(Span, Span)> = parts.map(|part| (part.speech, part.audio)).collect();
        Window::together(&parts)
    }

    /// Length in samples at 16 kHz.
    pub fn samples(&self) -> usize {
        self.parts
            .last()
            .map_or(0, |part| part.offset + part.samples())
    }

    /// The sound of the window at 16 kHz. `read` gives the samples of a span; where the archive ends
    /// early the window is filled with silence.
    ///
    /// # Errors
    ///
    /// What `read` returns.
    pub fn sound(&self, read: &mut dyn FnMut(Span) -> Result<Vec<i16>>) -> Result<Vec<i16>> {
        let mut sound = vec![0; self.samples()];
        for part in &self.parts {
            let samples = read(part.audio)?;
            let room = &mut sound[part.offset..];
            let count = samples.len().min(room.len()).min(part.samples());
            room[..count].copy_from_slice(&samples[..count]);
        }
        Ok(sound)
    }

    /// The part that a sample of the window belongs to; in a pause, the nearer one.
    pub fn part_at(&self, sample: usize) -> Option<&Part> {
        self.parts.iter().min_by_key(|part| {
            let end = part.offset + part.samples();
            part.offset.saturating_sub(sample) + sample.saturating_sub(end)
        })
    }
}

/// Packs spans of one track, sorted and disjoint, into windows of at most `limit` samples at 16 kHz,
/// and a second less where a window holds several.
/// Each span is in exactly one window, with surroundings that reach at most half-way to its
/// neighbours. A span must fit a window by itself; [`crate::voice::utterance`] sees to that.
pub fn pack(spans: &[Span], limit: usize) -> Vec<Window> {
    let together = limit.saturating_sub(SPARE);
    let mut windows: Vec<Window> = Vec::new();
    for (index, &speech) in spans.iter().enumerate() {
        let before = index.checked_sub(1).map(|i| spans[i]);
        let audio = surroundings(before, speech, spans.get(index + 1).copied(), limit);
        let length = samples(audio.ticks());
        let last = windows.last().and_then(|window| window.parts.last());
        let offset = last.map(|last| last.next(speech, audio));
        match (windows.last_mut(), offset) {
            (Some(window), Some(offset)) if offset + length <= together => {
                window.parts.push(Part {
                    speech,
                    audio,
                    offset,
                });
            }
            _ => windows.push(Window::alone(speech, audio)),
        }
    }
    windows
}

/// A span with the sound around it, at most `limit` samples long, never into a neighbour's half.
fn surroundings(before: Option<Span>, speech: Span, after: Option<Span>, limit: usize) -> Span {
    let half_way = |a: Tick, b: Tick| Tick((a.0 + b.0) / 2);
    let first = before.map_or(Tick::ZERO, |b| half_way(b.end, speech.start));
    let last = after.map_or(Tick(u64::MAX), |a| half_way(speech.end, a.start));
    let start = speech.start.before(PRE_ROLL_MS * TICKS_PER_MS).max(first);
    let end = speech.end.after(POST_ROLL_MS * TICKS_PER_MS).min(last);
    let room = limit as u64 * TICKS_PER_ANALYSIS_SAMPLE;
    let over = (end.0 - start.0).saturating_sub(room);
    let from_end = over.min(end.0 - speech.end.0);
    let from_start = (over - from_end).min(speech.start.0 - start.0);
    Span::new(start.after(from_start), end.before(from_end))
}

fn samples(ticks: u64) -> usize {
    ticks.div_ceil(TICKS_PER_ANALYSIS_SAMPLE) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 15 * 16_000;

    #[test]
    fn a_first_word_keeps_its_pre_roll_and_neighbours_share_the_pause() {
        let spans = [Span::from_ms(1_000, 2_000), Span::from_ms(2_200, 3_000)];
        let windows = pack(&spans, LIMIT);
        assert_eq!(windows.len(), 1);
        let parts = &windows[0].parts;
        assert_eq!(parts[0].audio, Span::from_ms(600, 2_100));
        assert_eq!(parts[1].audio, Span::from_ms(2_100, 3_200));
        // 0.2 s are not enough to tell them apart.
        assert_eq!(parts[1].offset, (1_500 + 300) * 16);
        assert_eq!(parts[1].tick(parts[1].offset), Tick::from_ms(2_100));
    }

    #[test]
    fn a_pause_is_as_long_as_it_was_within_bounds() {
        for (pause_ms, kept_ms) in [
            (100, 500),
            (500, 500),
            (900, 900),
            (1_200, 1_200),
            (9_000, 1_200),
        ] {
            let spans = [
                Span::from_ms(1_000, 2_000),
                Span::from_ms(2_000 + pause_ms, 3_000 + pause_ms),
            ];
            let windows = pack(&spans, LIMIT);
            let [a, b] = windows[0].parts[..] else {
                panic!("two parts")
            };
            let end = a.offset + samples(a.speech.end.0 - a.audio.start.0);
            let start = b.offset + samples(b.speech.start.0 - b.audio.start.0);
            assert_eq!(start - end, kept_ms * 16, "of {pause_ms} ms");
        }
    }

    proptest! {
        #[test]
        fn every_span_is_in_one_window_and_no_window_is_too_long(
            lengths in proptest::collection::vec((20_u64..14_000, 20_u64..5_000), 0..60)
        ) {
            let mut spans = Vec::new();
            let mut at = 0;
            for (pause, length) in lengths {
                spans.push(Span::from_ms(at + pause, at + pause + length.min(13_000)));
                at += pause + length.min(13_000);
            }
            let windows = pack(&spans, LIMIT);
            let packed: Vec<Span> =
                windows.iter().flat_map(|w| w.parts.iter().map(|p| p.speech)).collect();
            prop_assert_eq!(&packed, &spans);
            for window in &windows {
                prop_assert!(window.samples() <= LIMIT);
                for pair in window.parts.windows(2) {
                    prop_assert!(pair[0].audio.end <= pair[1].audio.start);
                    prop_assert!(pair[0].offset + pair[0].samples() < pair[1].offset);
                }
                for part in &window.parts {
                    prop_assert!(part.audio.start <= part.speech.start);
                    prop_assert!(part.audio.end >= part.speech.end);
                }
            }
        }
    }
}

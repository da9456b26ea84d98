//! What the session orders its lanes to do, and sound that is not to be kept.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use crate::dsp::level::LevelMeter;
use crate::time::{Span, Tick};

/// What the session orders a lane to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// End the track at this tick.
    End(Tick),
    /// Keep nothing from this tick on.
    Pause(Tick),
    /// Keep everything from this tick on.
    Resume(Tick),
    /// The machine has slept for so long in all since the session began.
    Slept(Duration),
}

/// Stretches of a track that are not to be kept: their samples are zeros before anything sees them.
#[derive(Debug, Default)]
pub(super) struct Mutes(VecDeque<Mute>);

#[derive(Clone, Copy, Debug)]
struct Mute {
    from: u64,
    until: Option<u64>,
}

impl Mutes {
    /// Nothing is kept from `from` on. A stretch that is open already goes on.
    pub(super) fn begin(&mut self, from: Tick) {
        if self.0.back().is_none_or(|last| last.until.is_some()) {
            let until = self.0.back().and_then(|last| last.until);
            self.0.push_back(Mute {
                from: from.0.max(until.unwrap_or(0)),
                until: None,
            });
        }
    }

    /// Everything is kept from `until` on.
    pub(super) fn end(&mut self, until: Tick) {
        if let Some(last) = self.0.back_mut() {
            last.until.get_or_insert(until.0.max(last.from));
        }
    }

    /// Whether the sample at `tick` is not to be kept.
    pub(super) fn holds(&self, tick: Tick) -> bool {
        let inside = |mute: &Mute| mute.from <= tick.0 && mute.until.is_none_or(|u| tick.0 < u);
        self.0.iter().any(inside)
    }

    /// Silences what is not to be kept of the samples at `at`, and measures the rest.
    pub(super) fn hush(&self, at: Tick, pcm: &mut [i16], meter: &mut LevelMeter) {
        let mut from = 0;
        for mute in &self.0 {
            let cut = mute.within(at, pcm.len());
            meter.push(&pcm[from..cut.start.max(from)]);
            from = cut.end.max(from);
            pcm[cut].fill(0);
        }
        meter.push(&pcm[from..]);
    }

    /// The part of a hole that is no part of a stretch.
    pub(super) fn outside(&self, hole: Span) -> Span {
        let start = self
            .0
            .iter()
            .fold(hole.start.0, |start, mute| match mute.from <= start {
                true => start.max(mute.until.unwrap_or(u64::MAX)),
                false => start,
            });
        Span::new(Tick(start.min(hole.end.0)), hole.end)
    }

    /// The first stretch that is over at `written`; it is forgotten.
    pub(super) fn over(&mut self, written: Tick) -> Option<Span> {
        let first = self.0.front()?;
        let until = first.until.filter(|until| *until <= written.0)?;
        let span = Span::new(Tick(first.from), Tick(until));
        self.0.pop_front();
        Some(span)
    }

    /// The track ends at `written`, and every stretch with it.
    pub(super) fn close(&mut self, written: Tick) -> Vec<Span> {
        let spans = self.0.drain(..).map(|mute| {
            let until = mute.until.unwrap_or(u64::MAX).min(written.0);
            Span::new(Tick(mute.from), Tick(until))
        });
        spans.filter(|span| !span.is_empty()).collect()
    }
}

impl Mute {
    /// The part of `length` samples at `at` that lies inside.
    fn within(self, at: Tick, length: usize) -> Range<usize> {
        let place = |tick: u64| {
            usize::try_from(tick.saturating_sub(at.0)).map_or(length, |place| place.min(length))
        };
        place(self.from)..self.until.map_or(length, place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stretch_is_exact_and_told_once_it_is_over() {
        let mut mutes = Mutes::default();
        mutes.begin(Tick(5));
        mutes.begin(Tick(7));
        let mut meter = LevelMeter::new();
        let mut pcm = [9_i16; 10];
        mutes.hush(Tick(0), &mut pcm, &mut meter);
        assert_eq!(pcm, [9, 9, 9, 9, 9, 0, 0, 0, 0, 0]);
        assert_eq!(meter.whole().samples, 5, "what is not kept is not measured");
        assert!(mutes.holds(Tick(400)) && !mutes.holds(Tick(4)));
        mutes.end(Tick(13));
        mutes.end(Tick(15));
        let mut pcm = [9_i16; 10];
        mutes.hush(Tick(10), &mut pcm, &mut meter);
        assert_eq!(pcm, [0, 0, 0, 9, 9, 9, 9, 9, 9, 9]);
        let hole = |from, to| Span::new(Tick(from), Tick(to));
        assert_eq!(mutes.outside(hole(10, 20)), hole(13, 20));
        assert!(mutes.outside(hole(6, 12)).is_empty());
        assert_eq!(mutes.outside(hole(1, 3)), hole(1, 3));
        assert_eq!(mutes.over(Tick(12)), None);
        assert_eq!(mutes.over(Tick(13)), Some(hole(5, 13)));
        assert_eq!(mutes.over(Tick(99)), None);
        mutes.begin(Tick(90));
        assert_eq!(mutes.close(Tick(95)), [hole(90, 95)]);
    }

    proptest! {
        /// However the samples are cut into blocks, the same ones are silenced.
        #[test]
        fn blocks_do_not_matter(
            ticks in proptest::collection::vec(0_u64..200, 0..6),
            blocks in proptest::collection::vec(1_usize..40, 1..20),
        ) {
            let mut mutes = Mutes::default();
            let mut ticks = ticks;
            ticks.sort_unstable();
            for (n, tick) in ticks.iter().enumerate() {
                match n % 2 {
                    0 => mutes.begin(Tick(*tick)),
                    _ => mutes.end(Tick(*tick)),
                }
            }
            let mut at = 0;
            for length in blocks {
                let mut pcm = vec![1_i16; length];
                let mut meter = LevelMeter::new();
                mutes.hush(Tick(at), &mut pcm, &mut meter);
                let kept = pcm.iter().filter(|s| **s == 1).count();
                prop_assert_eq!(meter.whole().samples, kept as u64);
                for (n, sample) in pcm.iter().enumerate() {
                    let held = mutes.holds(Tick(at + n as u64));
                    prop_assert_eq!(*sample == 0, held);
                }
                at += length as u64;
            }
        }
    }
}

//! The last sketches of a track.

use std::collections::VecDeque;

use crate::dsp::sketch::{SKETCH_TICKS, Sketch};
use crate::time::Tick;

/// Sketches by their number since tick 0; old ones are forgotten.
#[derive(Clone, Debug)]
pub(super) struct Line {
    known: VecDeque<Sketch>,
    first: u64,
    most: usize,
}

impl Line {
    pub(super) fn new(most: usize) -> Line {
        Line {
            known: VecDeque::new(),
            first: 0,
            most,
        }
    }

    pub(super) fn push(&mut self, sketches: &[Sketch]) {
        self.known.extend(sketches);
        let too_many = self.known.len().saturating_sub(self.most);
        self.known.drain(..too_many);
        self.first += too_many as u64;
    }

    /// The first sketch that is known.
    pub(super) fn start(&self) -> u64 {
        self.first
    }

    /// The first sketch that is yet to come.
    pub(super) fn end(&self) -> u64 {
        self.first + self.known.len() as u64
    }

    pub(super) fn get(&self, at: u64) -> Option<Sketch> {
        let index = usize::try_from(at.checked_sub(self.first)?).ok()?;
        self.known.get(index).copied()
    }
}

/// The sketch that a tick lies in.
pub(super) fn frame_of(tick: Tick) -> u64 {
    tick.0 / SKETCH_TICKS
}

/// How many sketches it takes to reach a tick.
pub(super) fn frames_until(tick: Tick) -> u64 {
    tick.0.div_ceil(SKETCH_TICKS)
}

/// Where a sketch begins.
pub(super) fn tick_of(frame: u64) -> Tick {
    Tick(frame * SKETCH_TICKS)
}

//! How often utterances that are still being spoken are looked at.

use std::time::Duration;

use crate::time::{Span, TICKS_PER_MS};

/// What can be set about looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaceOptions {
    /// Sound of an utterance before its first look, pre-roll included, in milliseconds.
    pub first_ms: u32,
    /// Sound that must have come since the last look, in milliseconds.
    pub grown_ms: u32,
    /// Shortest time from one look at an utterance to the next.
    pub step: Duration,
    /// How many times longer than a decode the time between looks is: 2 leaves the machine idle half
    /// of the time, for the decodes of utterances that end.
    pub rest: f64,
    /// Decodes that take no longer than this are begun while a speaker pauses, although they may be
    /// in vain.
    pub quick: Duration,
}

impl Default for PaceOptions {
    fn default() -> PaceOptions {
        PaceOptions {
            first_ms: 800,
            grown_ms: 250,
            step: Duration::from_millis(600),
            rest: 2.0,
            quick: Duration::from_millis(1_200),
        }
    }
}

/// How much of the newest decode's time goes into the estimate.
const NEWEST: f64 = 0.3;

/// Follows how long decodes take and derives the time between looks.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    options: PaceOptions,
    /// How long a decode takes by now.
    decode: Duration,
}

impl Pace {
    /// A pace before the first decode.
    pub fn new(options: PaceOptions) -> Pace {
        Pace {
            options,
            decode: Duration::ZERO,
        }
    }

    /// A decode took `took`.
    pub(super) fn decoded(&mut self, took: Duration) {
        self.decode = match self.decode.is_zero() {
            true => took,
            false => self.decode.mul_f64(1.0 - NEWEST) + took.mul_f64(NEWEST),
        };
    }

    /// Whether decodes are quick enough to begin one that may be in vain.
    pub(super) fn is_quick(&self) -> bool {
        self.decode <= self.options.quick
    }

    /// Whether an utterance with sound in `audio` is due for a look while `speakers` speak; `known` is
    /// when it was looked at last, and what sound it had then.
    pub(super) fn is_due(
        &self,
        now: Duration,
        speakers: usize,
        audio: Span,
        known: Option<(Duration, Span)>,
    ) -> bool {
        let ticks = |ms: u32| u64::from(ms) * TICKS_PER_MS;
        match known {
            None => audio.ticks() >= ticks(self.options.first_ms),
            Some((at, seen)) => {
                let grown = audio.end.0.saturating_sub(seen.end.0);
                grown >= ticks(self.options.grown_ms) && now >= at + self.step(speakers)
            }
        }
    }

    /// Time between looks at one utterance while `speakers` speak.
    pub fn step(&self, speakers: usize) -> Duration {
        let rested = self
            .decode
            .mul_f64(self.options.rest * speakers.max(1) as f64);
        self.options.step.max(rested)
    }
}

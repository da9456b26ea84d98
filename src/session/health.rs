//! What a track does right now, on the machine's clock or a script's.

use std::time::Instant;

use crate::event::HealthState;
use crate::guard::health::{Seen, Stretch, TrackWatch};
use crate::time::{TICKS_PER_SECOND, Tick};

/// Watches a track's samples as they arrive.
#[derive(Debug)]
pub(super) struct Health {
    watch: TrackWatch,
    begun: Instant,
    last: Tick,
}

impl Health {
    /// A track that waits for its first sample.
    pub(super) fn waiting(now: Instant) -> Health {
        Health {
            watch: TrackWatch::new(Tick::ZERO),
            begun: now,
            last: Tick::ZERO,
        }
    }

    /// The state now.
    pub(super) fn state(&self) -> HealthState {
        self.watch.state()
    }

    /// Samples have arrived; returns the state if that changes it.
    pub(super) fn samples(&mut self, now: Instant, frames: &[f32]) -> Option<HealthState> {
        self.push(now, Seen::Samples(Stretch::of(frames)))
    }

    /// No samples have arrived; returns the state if that changes it.
    pub(super) fn idle(&mut self, now: Instant) -> Option<HealthState> {
        self.push(now, Seen::Nothing)
    }

    /// The device is gone; returns the state if that changes it.
    pub(super) fn gone(&mut self) -> Option<HealthState> {
        self.watch.push(self.last, Seen::Gone)
    }

    /// Samples were not looked at for a while; the state stays as it is.
    pub(super) fn resumed(&mut self, now: Instant) {
        self.push(now, Seen::Resumed);
    }

    fn push(&mut self, now: Instant, seen: Seen) -> Option<HealthState> {
        let elapsed = now.saturating_duration_since(self.begun).as_nanos();
        let tick = elapsed * u128::from(TICKS_PER_SECOND) / 1_000_000_000;
        self.last = Tick(tick as u64);
        self.watch.push(self.last, seen)
    }
}

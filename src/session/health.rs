//! What a track does right now, on the machine's clock.

use std::time::Instant;

use crate::event::HealthState;
use crate::guard::health::{Seen, Stretch, TrackWatch};
use crate::time::{TICKS_PER_SECOND, Tick};

/// Watches a track's samples as they arrive.
#[derive(Debug)]
pub(super) struct Health {
    watch: TrackWatch,
    begun: Instant,
}

impl Health {
    /// A track that waits for its first sample.
    pub(super) fn waiting() -> Health {
        Health {
            watch: TrackWatch::new(Tick::ZERO),
            begun: Instant::now(),
        }
    }

    /// The state now.
    pub(super) fn state(&self) -> HealthState {
        self.watch.state()
    }

    /// Samples have arrived; returns the state if that changes it.
    pub(super) fn samples(&mut self, frames: &[f32]) -> Option<HealthState> {
        self.push(Seen::Samples(Stretch::of(frames)))
    }

    /// No samples have arrived; returns the state if that changes it.
    pub(super) fn idle(&mut self) -> Option<HealthState> {
        self.push(Seen::Nothing)
    }

    /// The device is gone; returns the state if that changes it.
    pub(super) fn gone(&mut self) -> Option<HealthState> {
        self.push(Seen::Gone)
    }

    /// Samples were not looked at for a while.
    pub(super) fn resumed(&mut self) {
        // The state stays as it is.
        self.push(Seen::Resumed);
    }

    fn push(&mut self, seen: Seen) -> Option<HealthState> {
        let elapsed = self.begun.elapsed().as_nanos() * u128::from(TICKS_PER_SECOND);
        self.watch
            .push(Tick((elapsed / 1_000_000_000) as u64), seen)
    }
}

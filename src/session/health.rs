//! What a track does right now, from the samples themselves.

use std::time::{Duration, Instant};

use crate::event::HealthState;

/// Without samples for this long a track is stalled.
const STALLED: Duration = Duration::from_secs(2);

/// Exact zeros for this long are a state of their own.
const ZEROS: Duration = Duration::from_secs(3);

/// Watches a track's samples. Only samples that have arrived make a track live.
#[derive(Debug)]
pub(super) struct Health {
    state: HealthState,
    samples_at: Instant,
    sound_at: Instant,
}

impl Health {
    /// A track that waits for its first sample.
    pub(super) fn waiting(now: Instant) -> Health {
        Health {
            state: HealthState::Waiting,
            samples_at: now,
            sound_at: now,
        }
    }

    /// The state now.
    pub(super) fn state(&self) -> HealthState {
        self.state
    }

    /// Samples have arrived; returns the state if that changes it.
    pub(super) fn samples(&mut self, now: Instant, frames: &[f32]) -> Option<HealthState> {
        self.samples_at = now;
        if frames.iter().any(|&sample| sample != 0.0) {
            self.sound_at = self.samples_at;
        }
        self.become_state(match now.saturating_duration_since(self.sound_at) < ZEROS {
            true => HealthState::Live,
            false => HealthState::Zeros,
        })
    }

    /// No samples have arrived; returns the state if that changes it.
    pub(super) fn idle(&mut self, now: Instant) -> Option<HealthState> {
        let silent_for = now.saturating_duration_since(self.samples_at);
        let stalled = self.state != HealthState::Waiting && silent_for >= STALLED;
        stalled
            .then(|| self.become_state(HealthState::Stalled))
            .flatten()
    }

    /// The device is gone; returns the state if that changes it.
    pub(super) fn gone(&mut self) -> Option<HealthState> {
        self.become_state(HealthState::Gone)
    }

    fn become_state(&mut self, state: HealthState) -> Option<HealthState> {
        (state != self.state).then(|| {
            self.state = state;
            state
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_is_live_only_after_samples() {
        let now = Instant::now();
        let mut health = Health::waiting(now);
        assert_eq!(health.idle(now + STALLED), None);
        assert_eq!(health.state(), HealthState::Waiting);
        assert_eq!(health.samples(now, &[0.1]), Some(HealthState::Live));
        assert_eq!(
            health.samples(now, &[0.0]),
            None,
            "a short pause is no state of its own"
        );
        assert_eq!(health.gone(), Some(HealthState::Gone));
    }

    #[test]
    fn exact_zeros_and_no_samples_are_different_states() {
        let now = Instant::now();
        let mut health = Health::waiting(now);
        health.samples(now, &[0.1]);
        let later = now + ZEROS;
        assert_eq!(health.samples(later, &[0.0, 0.0]), Some(HealthState::Zeros));
        assert_eq!(health.idle(later + STALLED), Some(HealthState::Stalled));
    }
}

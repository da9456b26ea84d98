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
    pub(super) fn waiting() -> Health {
        let now = Instant::now();
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
    pub(super) fn samples(&mut self, frames: &[f32]) -> Option<HealthState> {
        self.samples_at = Instant::now();
        if frames.iter().any(|&sample| sample != 0.0) {
            self.sound_at = self.samples_at;
        }
        self.become_state(match self.sound_at.elapsed() < ZEROS {
            true => HealthState::Live,
            false => HealthState::Zeros,
        })
    }

    /// No samples have arrived; returns the state if that changes it.
    pub(super) fn idle(&mut self) -> Option<HealthState> {
        let stalled = self.state != HealthState::Waiting && self.samples_at.elapsed() >= STALLED;
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
        let mut health = Health::waiting();
        assert_eq!(health.idle(), None);
        assert_eq!(health.state(), HealthState::Waiting);
        assert_eq!(health.samples(&[0.1]), Some(HealthState::Live));
        assert_eq!(
            health.samples(&[0.0]),
            None,
            "a short pause is no state of its own"
        );
        assert_eq!(health.gone(), Some(HealthState::Gone));
    }

    #[test]
    fn exact_zeros_and_no_samples_are_different_states() {
        let mut health = Health::waiting();
        health.samples(&[0.1]);
        let long_ago = Instant::now()
            .checked_sub(ZEROS + STALLED)
            .expect("an instant");
        health.sound_at = long_ago;
        assert_eq!(health.samples(&[0.0, 0.0]), Some(HealthState::Zeros));
        health.samples_at = long_ago;
        assert_eq!(health.idle(), Some(HealthState::Stalled));
    }
}

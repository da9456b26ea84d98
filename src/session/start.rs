//! Agreeing on tick 0.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the first track waits for the others before the session begins without them.
const PATIENCE: Duration = Duration::from_millis(2_000);

/// Lets the lanes of a session agree on the instant of tick 0: the first sample of the earliest
/// track.
///
/// Each lane reports once when its first samples arrive and waits here, its audio safe in the
/// device's buffer, until every lane has reported or two seconds have passed since the first report.
#[derive(Debug)]
pub(super) struct StartLine {
    lanes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    reported: usize,
    first_report: Option<Instant>,
    earliest: Option<Instant>,
    epoch: Option<Instant>,
    /// How long the machine has slept since, its clock standing still.
    slept: Duration,
}

impl State {
    /// The instant of tick 0 for who knows of so much sleep.
    fn epoch_before(&self, slept: Duration) -> Option<Instant> {
        let epoch = self.epoch?;
        Some(epoch.checked_sub(slept).unwrap_or(epoch))
    }
}

impl StartLine {
    /// A start line for `lanes` tracks.
    pub(super) fn new(lanes: usize) -> StartLine {
        StartLine {
            lanes,
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        }
    }

    /// Reports that a track's first sample was captured at `first_sample`; returns the instant of
    /// tick 0, and the sleep that it accounts for. A track that comes after the decision may get an
    /// instant later than its own first sample only by clock error; its offset is then 0.
    pub(super) fn arrive(&self, first_sample: Instant) -> (Instant, Duration) {
        let mut state = self.lock();
        if state.epoch.is_none() {
            state.reported += 1;
            state.earliest = Some(state.earliest.map_or(first_sample, |e| e.min(first_sample)));
        }
        let deadline = *state.first_report.get_or_insert_with(Instant::now) + PATIENCE;
        loop {
            if let Some(epoch) = state.epoch_before(state.slept) {
                return (epoch, state.slept);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if state.reported >= self.lanes || left.is_zero() {
                state.epoch = Some(state.earliest.unwrap_or(first_sample));
                self.changed.notify_all();
                continue;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Tells that one lane will never report, so that the others do not wait for it.
    pub(super) fn withdraw(&self) {
        self.lock().reported += 1;
        self.changed.notify_all();
    }

    /// Moves tick 0 back by as long as the machine's clock stood still; returns how long that was in all.
    pub(super) fn slept(&self, asleep: Duration) -> Duration {
        let mut state = self.lock();
        state.slept += asleep;
        state.slept
    }

    /// The instant of tick 0, once it is decided.
    pub(super) fn epoch(&self) -> Option<Instant> {
        let state = self.lock();
        state.epoch_before(state.slept)
    }

    /// The instant of tick 0 for a track that has put so much sleep on its timeline. It is told of a sleep
    /// a moment after the session knows, and must not take it for its device's silence in between.
    pub(super) fn epoch_before(&self, slept: Duration) -> Option<Instant> {
        self.lock().epoch_before(slept)
    }

    /// A panicking lane leaves the state whole, because every change to it is a single assignment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_earliest_first_sample_is_tick_0_for_all() {
        let line = Arc::new(StartLine::new(2));
        let early = Instant::now();
        let late = early + Duration::from_millis(300);
        let other = {
            let line = Arc::clone(&line);
            std::thread::spawn(move || line.arrive(late))
        };
        assert_eq!(line.arrive(early), (early, Duration::ZERO));
        assert_eq!(other.join().unwrap(), (early, Duration::ZERO));
    }

    #[test]
    fn nobody_waits_for_a_track_that_withdrew() {
        let line = StartLine::new(2);
        line.withdraw();
        let begun = Instant::now();
        let first = Instant::now();
        assert_eq!(line.arrive(first), (first, Duration::ZERO));
        assert!(begun.elapsed() < PATIENCE / 2);
        assert_eq!(line.epoch(), Some(first));
    }

    #[test]
    fn a_sleep_moves_tick_0_for_who_knows_of_it() {
        let line = StartLine::new(1);
        let first = Instant::now() + Duration::from_secs(1_000);
        line.arrive(first);
        let second = Duration::from_secs(1);
        assert_eq!(line.slept(second), second);
        assert_eq!(line.slept(2 * second), 3 * second);
        assert_eq!(line.epoch(), Some(first - 3 * second));
        assert_eq!(line.epoch_before(second), Some(first - second));
        // A track that begins now finds all of it in tick 0.
        assert_eq!(line.arrive(first), (first - 3 * second, 3 * second));
    }
}

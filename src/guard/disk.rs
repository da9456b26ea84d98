//! How long the disk still has room, and when it is time to stop.

use std::collections::VecDeque;

use super::{cleared, length, raised, seconds};
use crate::event::{Warning, WarningCode};
use crate::time::{TICKS_PER_SECOND, Tick};

/// Room for less than this is told, in ticks at the present rate.
const STAGES: [u64; 3] = [seconds(3_600), seconds(900), seconds(300)];

/// The rate is measured over this long.
const WINDOW: u64 = seconds(60);

/// Bytes that documents need at the end, whatever the rate.
const DOCUMENTS: u64 = 256 * 1_024;

/// What is to be done about the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell it.
    Tell(Warning),
    /// Stop the recording while there is room for its documents.
    Stop,
}

/// Watches the free space.
#[derive(Clone, Debug)]
pub struct DiskWatch {
    /// Bytes a second that the recording itself writes.
    own_rate: u64,
    /// Room in ticks below which the recording stops; absent: it goes on to the end.
    keep: Option<u64>,
    seen: VecDeque<(Tick, u64)>,
    /// Stages that were told.
    stage: usize,
    stopped: bool,
}

impl DiskWatch {
    /// A recording of so many bytes a second that stops when there is room for less than `keep` ticks.
    pub fn new(own_rate: u64, keep: Option<u64>) -> DiskWatch {
        DiskWatch {
            own_rate: own_rate.max(1),
            keep,
            seen: VecDeque::new(),
            stage: 0,
            stopped: false,
        }
    }

    /// Free bytes at `now`.
    pub fn push(&mut self, now: Tick, free: u64) -> Option<Verdict> {
        self.seen.push_back((now, free));
        while self.seen.len() > 2 && now.0.saturating_sub(self.seen[1].0.0) >= WINDOW {
            self.seen.pop_front();
        }
        let left = self.left(free);
        if self.keep.is_some_and(|keep| left < keep) && !self.stopped {
            self.stopped = true;
            return Some(Verdict::Stop);
        }
        let stage = STAGES.iter().filter(|&&stage| left < stage).count();
        if stage > self.stage {
            self.stage = stage;
            let message = format!(
                "the disk has room for {} more; free some space",
                length(left)
            );
            let warning = raised(WarningCode::DiskLow, None, message);
            return Some(Verdict::Tell(warning));
        }
        // Room has to be well above the first stage before it counts as enough.
        if self.stage > 0 && left > 2 * STAGES[0] {
            self.stage = 0;
            let message = "the disk has room enough again".into();
            let warning = cleared(WarningCode::DiskLow, None, message);
            return Some(Verdict::Tell(warning));
        }
        None
    }

    /// How long the room lasts, in ticks: at the rate at which it has become less, by whomever, and at
    /// least at our own.
    pub fn left(&self, free: u64) -> u64 {
        let rate = match (self.seen.front(), self.seen.back()) {
            (Some((from, before)), Some((until, after))) if until > from => {
                let used = u128::from(before.saturating_sub(*after));
                used * u128::from(TICKS_PER_SECOND) / u128::from(until.0 - from.0)
            }
            _ => 0,
        };
        let room = free.saturating_sub(DOCUMENTS);
        let rate = rate.max(u128::from(self.own_rate));
        let ticks = u128::from(room) * u128::from(TICKS_PER_SECOND) / rate;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Alarm;

    const RATE: u64 = 192_000;

    /// Looks every five seconds at a disk that loses `rate` bytes a second; returns when what was said.
    fn run(
        watch: &mut DiskWatch,
        from: u64,
        mut free: u64,
        rate: u64,
        looks: u64,
    ) -> Vec<(u64, Verdict)> {
        let mut told = Vec::new();
        for look in 0..looks {
            let now = from + look * 5;
            let verdict = watch.push(Tick(seconds(now)), free);
            told.extend(verdict.map(|verdict| (now, verdict)));
            free = free.saturating_sub(rate * 5);
        }
        told
    }

    #[test]
    fn three_warnings_and_then_a_stop_with_room_left() {
        let mut watch = DiskWatch::new(RATE, Some(seconds(60)));
        let two_hours = RATE * 7_200 + DOCUMENTS;
        let told = run(&mut watch, 0, two_hours, RATE, 2_000);
        let times: Vec<u64> = told.iter().map(|t| t.0).collect();
        assert_eq!(times, [3_605, 6_305, 6_905, 7_145]);
        assert_eq!(told[3].1, Verdict::Stop);
        let Verdict::Tell(warning) = &told[1].1 else {
            panic!("{told:?}");
        };
        assert_eq!(
            warning.message,
            "the disk has room for 14 min more; free some space"
        );
    }

    #[test]
    fn somebody_else_who_fills_the_disk_counts() {
        let mut watch = DiskWatch::new(RATE, Some(seconds(60)));
        let ten_hours = RATE * 36_000;
        assert_eq!(run(&mut watch, 0, ten_hours, 0, 20), []);
        let told = run(&mut watch, 100, ten_hours, RATE * 100, 100);
        let last = told.last().expect("a stop");
        assert_eq!(last.1, Verdict::Stop);
        assert!((250..460).contains(&last.0), "{told:?}");
    }

    #[test]
    fn a_disk_that_is_low_from_the_start_is_told_once_by_its_last_stage() {
        let mut watch = DiskWatch::new(RATE, None);
        let told = run(&mut watch, 0, RATE * 200, 0, 50);
        assert_eq!(told.len(), 1, "{told:?}");
        let told = run(&mut watch, 300, RATE * 20_000, 0, 50);
        assert!(matches!(&told[..], [(_, Verdict::Tell(w))] if w.alarm == Some(Alarm::Cleared)));
        assert_eq!(
            run(&mut watch, 900, 0, 0, 9).len(),
            1,
            "without a limit it goes on"
        );
    }

    proptest! {
        #[test]
        fn it_never_panics_and_stops_once(
            looks in proptest::collection::vec((0_u64..100, any::<u64>()), 0..100)
        ) {
            let mut watch = DiskWatch::new(RATE, Some(seconds(60)));
            let mut now = 0;
            let mut stops = 0;
            for (step, free) in looks {
                now += seconds(step);
                let stop = watch.push(Tick(now), free) == Some(Verdict::Stop);
                stops += usize::from(stop);
            }
            prop_assert!(stops <= 1);
        }
    }
}

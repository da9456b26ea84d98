//! Whether somebody forgot to stop, or the call has become longer than planned.

use super::{cleared, length, raised, seconds};
use crate::event::{Warning, WarningCode};
use crate::time::Tick;

/// A pause is told when it has become this long.
const LONG_PAUSE: u64 = seconds(600);

/// How long nobody may speak, in ticks. Absent: for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// Before that is told.
    pub nudge: Option<u64>,
    /// Before the recording stops.
    pub stop: Option<u64>,
}

/// What is to be done about silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell it.
    Tell(Warning),
    /// Stop the recording.
    Stop,
}

/// Watches for silence on all tracks.
#[derive(Clone, Debug)]
pub struct ForgottenStop {
    patience: Patience,
    quiet_since: Tick,
    nudged: bool,
    stopped: bool,
}

impl ForgottenStop {
    /// A recording that begins.
    pub fn new(patience: Patience) -> ForgottenStop {
        ForgottenStop {
            patience,
            quiet_since: Tick::ZERO,
            nudged: false,
            stopped: false,
        }
    }

    /// Whether somebody is there at `now`: speaks, or has just touched the recorder.
    pub fn push(&mut self, now: Tick, anybody: bool) -> Option<Verdict> {
        if anybody {
            self.quiet_since = now;
            return std::mem::take(&mut self.nudged).then(|| {
                let message = "somebody speaks again".into();
                Verdict::Tell(cleared(WarningCode::LongSilence, None, message))
            });
        }
        let quiet = now.0.saturating_sub(self.quiet_since.0);
        let reached = |limit: Option<u64>| limit.is_some_and(|limit| quiet >= limit);
        if reached(self.patience.stop) && !self.stopped {
            self.stopped = true;
            return Some(Verdict::Stop);
        }
        if reached(self.patience.nudge) && !self.nudged {
            self.nudged = true;
            let end = match self.patience.stop {
                Some(stop) => format!(
                    "the recording stops after {}",
                    length(stop.saturating_sub(quiet))
                ),
                None => "still recording".into(),
            };
            let message = format!("nobody has spoken for {}; {end}", length(quiet));
            return Some(Verdict::Tell(raised(
                WarningCode::LongSilence,
                None,
                message,
            )));
        }
        None
    }
}

/// Watches a pause.
#[derive(Clone, Debug, Default)]
pub struct ForgottenPause {
    since: Option<Tick>,
    told: bool,
}

impl ForgottenPause {
    /// Whether the recording is paused at `now`.
    pub fn push(&mut self, now: Tick, paused: bool) -> Option<Warning> {
        let code = WarningCode::LongPause;
        if !paused {
            self.since = None;
            return std::mem::take(&mut self.told)
                .then(|| cleared(code, None, "the pause is over".into()));
        }
        let since = *self.since.get_or_insert(now);
        let paused = now.0.saturating_sub(since.0);
        (paused >= LONG_PAUSE && !self.told).then(|| {
            self.told = true;
            let message = format!("paused for {}: nothing is recorded", length(paused));
            raised(code, None, message)
        })
    }
}

/// Watches the planned length, in ticks.
#[derive(Clone, Debug)]
pub struct Plan {
    length: Option<u64>,
}

impl Plan {
    /// A call that is planned to be that long.
    pub fn new(length: Option<u64>) -> Plan {
        Plan { length }
    }

    /// Tells once when the planned length is over.
    pub fn push(&mut self, now: Tick) -> Option<Warning> {
        let planned = self.length.take_if(|planned| now.0 >= *planned)?;
        Some(Warning {
            code: WarningCode::PlanOver,
            track: None,
            alarm: None,
            message: format!("the planned {} are over; still recording", length(planned)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Alarm;

    const PATIENCE: Patience = Patience {
        nudge: Some(seconds(600)),
        stop: Some(seconds(1_200)),
    };

    /// Runs seconds of `(length, anybody)`; returns when what was said.
    fn run(patience: Patience, script: &[(u64, bool)]) -> Vec<(u64, Verdict)> {
        let mut watch = ForgottenStop::new(patience);
        let mut now = 0;
        let mut told = Vec::new();
        for &(length, anybody) in script {
            for _ in 0..length {
                now += 1;
                let verdict = watch.push(Tick(seconds(now)), anybody);
                told.extend(verdict.map(|verdict| (now, verdict)));
            }
        }
        told
    }

    fn alarm(verdict: &Verdict) -> Option<Alarm> {
        match verdict {
            Verdict::Tell(warning) => warning.alarm,
            Verdict::Stop => None,
        }
    }

    #[test]
    fn silence_is_told_once_and_then_ends_the_recording() {
        let told = run(PATIENCE, &[(60, true), (3_600, false)]);
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!((told[0].0, alarm(&told[0].1)), (660, Some(Alarm::Raised)));
        assert_eq!(told[1], (1_260, Verdict::Stop));
        let Verdict::Tell(warning) = &told[0].1 else {
            panic!("{told:?}");
        };
        assert_eq!(
            warning.message,
            "nobody has spoken for 10 min; the recording stops after 10 min"
        );
    }

    #[test]
    fn a_word_begins_it_again() {
        let told = run(
            PATIENCE,
            &[
                (700, false),
                (1, true),
                (599, false),
                (1, true),
                (601, false),
            ],
        );
        let alarms: Vec<(u64, Option<Alarm>)> = told.iter().map(|t| (t.0, alarm(&t.1))).collect();
        let (raised, cleared) = (Some(Alarm::Raised), Some(Alarm::Cleared));
        assert_eq!(alarms, [(600, raised), (701, cleared), (1_901, raised)]);
    }

    #[test]
    fn off_is_off() {
        assert_eq!(run(Patience::default(), &[(100_000, false)]), []);
    }

    #[test]
    fn a_long_pause_is_told_once() {
        let mut watch = ForgottenPause::default();
        let told: Vec<Option<Alarm>> = (0..2_000)
            .filter_map(|s| watch.push(Tick(seconds(s)), (100..1_500).contains(&s)))
            .map(|warning| warning.alarm)
            .collect();
        assert_eq!(told, [Some(Alarm::Raised), Some(Alarm::Cleared)]);
    }

    #[test]
    fn a_plan_is_over_once() {
        let mut plan = Plan::new(Some(seconds(2_700)));
        let told: Vec<u64> = (0..4_000)
            .filter(|s| plan.push(Tick(seconds(*s))).is_some())
            .collect();
        assert_eq!(told, [2_700]);
        assert_eq!(Plan::new(None).push(Tick(u64::MAX)), None);
    }

    proptest! {
        /// However a call goes, nudges alternate with their ends, and it stops at most once.
        #[test]
        fn nudges_alternate(script in proptest::collection::vec((1_u64..2_000, any::<bool>()), 1..20)) {
            let told = run(PATIENCE, &script);
            let stops = told.iter().filter(|t| t.1 == Verdict::Stop).count();
            prop_assert!(stops <= 1);
            let alarms = told.iter().filter_map(|t| alarm(&t.1));
            for (n, alarm) in alarms.enumerate() {
                prop_assert_eq!(alarm, if n % 2 == 0 { Alarm::Raised } else { Alarm::Cleared });
            }
        }
    }
}

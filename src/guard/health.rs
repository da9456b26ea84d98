//! What a track does right now, from the samples themselves.

use super::seconds;
use crate::event::HealthState;
use crate::time::Tick;

/// Without samples for this long a track is stalled.
const STALLED: u64 = seconds(2);

/// Exact zeros from the start are told after this long.
const ZEROS_AT_FIRST: u64 = seconds(3);

/// Exact zeros after sound are told after this long: some players stop between two sentences.
const ZEROS: u64 = seconds(10);

/// Without sound as loud as speech for this long a track is quiet.
const QUIET: u64 = seconds(30);

/// Peak above which a stretch may be speech: -46 dBFS, [`SOUND_DB`](super::SOUND_DB).
const SOUND: f32 = 0.005;

/// Smallest absolute sample that counts as full scale: the largest of 16 bit.
const FULL_SCALE: f32 = 32_767.0 / 32_768.0;

/// Samples at full scale in a stretch from which it is clipped.
const CLIPPED_SAMPLES: u32 = 3;

/// Clipped moments that make a track clipping, and how far they may lie apart. A single knock on the
/// table is one moment.
const MOMENTS: usize = 3;
const MOMENT: u64 = seconds(1) / 5;
const MOMENTS_WITHIN: u64 = seconds(5);

/// A track without a clipped moment for this long is not clipping any more.
const CLIPPING: u64 = seconds(10);

/// What a stretch of samples is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Largest absolute sample; full scale is 1.
    pub peak: f32,
    /// Samples at full scale.
    pub at_full_scale: u32,
}

impl Stretch {
    /// Looks at samples of any number of channels.
    pub fn of(samples: &[f32]) -> Stretch {
        let mut stretch = Stretch {
            peak: 0.0,
            at_full_scale: 0,
        };
        for sample in samples {
            let size = sample.abs();
            stretch.peak = stretch.peak.max(size);
            stretch.at_full_scale += u32::from(size >= FULL_SCALE);
        }
        stretch
    }
}

/// What was seen of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// Samples have arrived.
    Samples(Stretch),
    /// None have arrived since the last look.
    Nothing,
    /// The device is gone.
    Gone,
    /// Nothing was looked at for a while, and counts for nothing.
    Resumed,
}

/// Watches a track. Only samples that have arrived make it live.
#[derive(Clone, Debug)]
pub struct TrackWatch {
    state: HealthState,
    samples_at: Tick,
    /// Last sample that is not zero.
    sound_at: Tick,
    /// Last sample as loud as speech.
    loud_at: Tick,
    heard: bool,
    /// The last clipped moments, the oldest first.
    clipped_at: [Option<Tick>; MOMENTS],
}

impl TrackWatch {
    /// A track that waits for its first sample.
    pub fn new(now: Tick) -> TrackWatch {
        TrackWatch {
            state: HealthState::Waiting,
            samples_at: now,
            sound_at: now,
            loud_at: now,
            heard: false,
            clipped_at: [None; MOMENTS],
        }
    }

    /// The state now.
    pub fn state(&self) -> HealthState {
        self.state
    }

    /// Takes what was seen at `now`; returns the state if that changes it.
    pub fn push(&mut self, now: Tick, seen: Seen) -> Option<HealthState> {
        let state = match seen {
            Seen::Samples(stretch) => self.samples(now, stretch),
            Seen::Nothing => self.nothing(now),
            Seen::Gone => HealthState::Gone,
            Seen::Resumed => {
                self.samples_at = now;
                self.sound_at = now;
                self.loud_at = now;
                self.state
            }
        };
        (state != self.state).then(|| {
            self.state = state;
            state
        })
    }

    fn samples(&mut self, now: Tick, stretch: Stretch) -> HealthState {
        if self.state == HealthState::Waiting {
            self.sound_at = now;
            self.loud_at = now;
        }
        self.samples_at = now;
        if stretch.peak > 0.0 {
            self.sound_at = now;
            self.heard = true;
        }
        if stretch.peak >= SOUND {
            self.loud_at = now;
        }
        if stretch.at_full_scale >= CLIPPED_SAMPLES {
            self.clip(now);
        }
        let zeros = match self.heard {
            true => ZEROS,
            false => ZEROS_AT_FIRST,
        };
        if since(now, self.sound_at) >= zeros {
            HealthState::Zeros
        } else if self.is_clipping(now) {
            HealthState::Clipping
        } else if since(now, self.loud_at) >= QUIET {
            HealthState::Quiet
        } else {
            HealthState::Live
        }
    }

    fn nothing(&self, now: Tick) -> HealthState {
        let waits = matches!(self.state, HealthState::Waiting | HealthState::Gone);
        match !waits && since(now, self.samples_at) >= STALLED {
            true => HealthState::Stalled,
            false => self.state,
        }
    }

    fn clip(&mut self, now: Tick) {
        let newest = self.clipped_at[MOMENTS - 1];
        if newest.is_none_or(|at| since(now, at) >= MOMENT) {
            self.clipped_at.rotate_left(1);
            self.clipped_at[MOMENTS - 1] = Some(now);
        }
    }

    /// Clipping begins with several moments close together, and ends when there is none for long.
    fn is_clipping(&self, now: Tick) -> bool {
        let [Some(oldest), .., Some(newest)] = self.clipped_at else {
            return false;
        };
        match self.state {
            HealthState::Clipping => since(now, newest) < CLIPPING,
            _ => since(now, oldest) < MOMENTS_WITHIN,
        }
    }
}

fn since(now: Tick, then: Tick) -> u64 {
    now.0.saturating_sub(then.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOCK: u64 = seconds(1) / 50;

    /// Runs a script of `(seconds, what is seen in every block)`; returns when which state came, in
    /// seconds.
    fn run(script: &[(f64, Seen)]) -> Vec<(f64, HealthState)> {
        let mut watch = TrackWatch::new(Tick::ZERO);
        let mut now = 0;
        let mut told = Vec::new();
        for &(length, seen) in script {
            for _ in 0..(length * 50.0) as u64 {
                now += BLOCK;
                if let Some(state) = watch.push(Tick(now), seen) {
                    told.push((now as f64 / 48_000.0, state));
                }
            }
        }
        told
    }

    fn level(peak: f32) -> Seen {
        Seen::Samples(Stretch {
            peak,
            at_full_scale: 0,
        })
    }

    const LOUD: Seen = Seen::Samples(Stretch {
        peak: 1.0,
        at_full_scale: 40,
    });

    fn states(script: &[(f64, Seen)]) -> Vec<HealthState> {
        run(script).into_iter().map(|(_, state)| state).collect()
    }

    #[test]
    fn a_track_is_live_only_after_samples() {
        assert_eq!(states(&[(60.0, Seen::Nothing)]), []);
        assert_eq!(
            states(&[(5.0, Seen::Nothing), (1.0, level(0.1))]),
            [HealthState::Live]
        );
    }

    #[test]
    fn zeros_quiet_and_no_samples_are_different_states() {
        use HealthState::{Gone, Live, Quiet, Stalled, Zeros};
        let script = [
            (1.0, level(0.0)),
            (4.0, level(0.0)),
            (9.0, level(0.2)),
            (9.5, level(0.0)),
            (20.0, level(0.001)),
            (5.0, level(0.1)),
            (1.9, Seen::Nothing),
            (1.0, level(0.1)),
            (2.1, Seen::Nothing),
            (1.0, level(0.1)),
            (12.0, level(0.0)),
            (0.1, Seen::Gone),
            (9.0, Seen::Nothing),
            (1.0, level(0.1)),
        ];
        let told = run(&script);
        let states: Vec<HealthState> = told.iter().map(|&(_, state)| state).collect();
        let expected = [Live, Zeros, Live, Stalled, Live, Zeros, Gone, Live];
        assert_eq!(states, expected);
        assert!(
            (told[1].0 - 3.0).abs() < 0.1,
            "zeros from the start: {told:?}"
        );
        let quiet = run(&[(1.0, level(0.2)), (40.0, level(0.004)), (1.0, level(0.006))]);
        assert_eq!(quiet[1].1, Quiet);
        assert!((quiet[1].0 - 31.0).abs() < 0.1, "{quiet:?}");
        assert_eq!(quiet[2].1, Live);
    }

    #[test]
    fn one_knock_is_no_clipping_and_a_loud_voice_is() {
        use HealthState::{Clipping, Live};
        let voice = level(0.5);
        assert_eq!(states(&[(1.0, voice), (0.1, LOUD), (9.0, voice)]), [Live]);
        let mut script = vec![(1.0, voice)];
        for _ in 0..10 {
            script.extend([(0.1, LOUD), (1.0, voice)]);
        }
        script.push((30.0, voice));
        let told = run(&script);
        let states: Vec<HealthState> = told.iter().map(|&(_, state)| state).collect();
        assert_eq!(states, [Live, Clipping, Live]);
        assert!((told[1].0 - 3.2).abs() < 0.2, "{told:?}");
        assert!((told[2].0 - 21.0).abs() < 0.3, "{told:?}");
    }

    #[test]
    fn a_pause_counts_for_nothing() {
        let mut watch = TrackWatch::new(Tick::ZERO);
        watch.push(Tick(0), level(0.1));
        let later = Tick(seconds(600));
        assert_eq!(watch.push(later, Seen::Resumed), None);
        assert_eq!(watch.push(later, Seen::Nothing), None);
        assert_eq!(watch.push(later, level(0.0)), None);
    }

    #[test]
    fn samples_are_looked_at() {
        let stretch = Stretch::of(&[0.0, -1.0, 0.5, 32_767.0 / 32_768.0]);
        assert_eq!((stretch.peak, stretch.at_full_scale), (1.0, 2));
    }

    fn seen() -> impl Strategy<Value = Seen> {
        prop_oneof![
            Just(Seen::Nothing),
            Just(level(0.0)),
            Just(level(0.001)),
            Just(level(0.3)),
            Just(LOUD),
        ]
    }

    proptest! {
        /// Whatever comes, a state is told only when it differs, and bad news that has just been taken
        /// back does not return sooner than it takes to be sure of it.
        #[test]
        fn states_do_not_flap(script in proptest::collection::vec((0.02_f64..8.0, seen()), 1..60)) {
            let told = run(&script);
            for pair in told.windows(2) {
                prop_assert_ne!(pair[0].1, pair[1].1);
            }
            let least = [
                (HealthState::Zeros, 10.0),
                (HealthState::Quiet, 30.0),
                (HealthState::Stalled, 2.0),
                (HealthState::Clipping, 0.4),
            ];
            for three in told.windows(3) {
                let [(_, bad), (from, HealthState::Live), (again, same)] = three else {
                    continue;
                };
                let least = least.iter().find(|(state, _)| state == bad && state == same);
                if let Some((_, least)) = least {
                    prop_assert!(again - from >= least - 0.05, "{bad:?}: {told:?}");
                }
            }
        }
    }
}

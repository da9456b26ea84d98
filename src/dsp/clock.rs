//! A track's samples against the clock: where it starts, what it lost, how fast it runs.
//!
//! The *lateness* of a reading is the time at which its last frame was captured less the length of
//! everything delivered up to it. On a healthy stream lateness is the start of the track plus a
//! little jitter, always upwards: readings can be late, never early. Its lower envelope is therefore
//! the truth, and it drifts by some hundred parts per million at most, because device clocks differ
//! from the machine's. A jump of the envelope is audio that was never delivered.

mod trend;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use super::drift::Drift;
use trend::Trend;

/// When a stream counts as having lost audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOptions {
    /// Lateness above the envelope that raises suspicion, in milliseconds. Busy machines deliver up
    /// to some tens of milliseconds late.
    pub tolerance_ms: u64,
    /// Time that a suspicious stream has to catch up, in milliseconds. Readings are held as long.
    pub patience_ms: u64,
    /// Time after the first reading in which the start of the track is found, in milliseconds.
    pub settle_ms: u64,
}

impl Default for ClockOptions {
    fn default() -> ClockOptions {
        ClockOptions {
            tolerance_ms: 80,
            patience_ms: 300,
            settle_ms: 200,
        }
    }
}

/// One reading of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Frames in this reading, at the native rate.
    pub frames: u64,
    /// When its last frame was captured, since the caller's epoch; absent where time is the sample
    /// count alone.
    pub captured_until: Option<Duration>,
    /// Frames captured but lost just before this reading.
    pub overrun_frames: u64,
}

/// What belongs before a reading. There is one for each [`Arrival`], in order; until it comes, the
/// caller holds the reading back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Frames lost in our own buffer.
    pub overrun_frames: u64,
    /// Frames that the audio system never delivered.
    pub hole_frames: u64,
}

/// The envelope rises by at most one part in this many, 1000 parts per million: device clocks are
/// off by some hundred at most.
const RISE: i64 = 1_000;

/// Longest time over which the envelope rises between two readings. A longer pause is an incident,
/// not drift.
const RISE_AT_MOST: i64 = 1_000_000_000;

/// A second's least lateness this far above the envelope is a late burst and says nothing of skew.
const SKEW_JITTER: i64 = 20_000_000;

const NANOS: i64 = 1_000_000_000;

/// The clock of one track.
#[derive(Clone, Debug)]
pub struct TrackClock {
    rate: i64,
    tolerance: i64,
    patience: i64,
    settle: i64,
    /// Frames delivered, lost and inserted so far.
    frames: i128,
    held: VecDeque<Verdict>,
    state: State,
    start: Option<i64>,
    /// Nanoseconds of holes reported so far.
    inserted: i64,
    skew: Skew,
    trend: Trend,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// No reading yet.
    Empty,
    /// The start is being found; `least` is the least lateness since `since`.
    Settling { since: i64, least: i64 },
    /// All is well; `envelope` at time `at`.
    Steady { envelope: i64, at: i64 },
    /// Late since `since`, by `least` at least.
    Suspect {
        envelope: i64,
        since: i64,
        least: i64,
    },
}

impl TrackClock {
    /// A clock for a stream of `rate` frames a second.
    pub fn new(rate: NonZeroU32, options: ClockOptions) -> TrackClock {
        let nanos = |ms: u64| ms.min(60_000) as i64 * 1_000_000;
        TrackClock {
            rate: i64::from(rate.get()),
            tolerance: nanos(options.tolerance_ms),
            patience: nanos(options.patience_ms),
            settle: nanos(options.settle_ms),
            frames: 0,
            held: VecDeque::new(),
            state: State::Empty,
            start: None,
            inserted: 0,
            skew: Skew::default(),
            trend: Trend::default(),
        }
    }

    /// Takes a reading and appends the verdicts that are certain.
    pub fn push(&mut self, arrival: Arrival, out: &mut Vec<Verdict>) {
        self.frames += i128::from(arrival.overrun_frames) + i128::from(arrival.frames);
        self.held.push_back(Verdict {
            overrun_frames: arrival.overrun_frames,
            hole_frames: 0,
        });
        match arrival.captured_until {
            Some(until) => {
                let now = i64::try_from(until.as_nanos()).unwrap_or(i64::MAX);
                self.judge(now, now - self.length(self.frames));
                self.decide(now);
            }
            None if matches!(self.state, State::Empty) => {
                self.start.get_or_insert(0);
            }
            None => {}
        }
        self.release(out);
    }

    /// Tells the time while no reading comes, and appends the verdicts that became certain.
    pub fn idle(&mut self, now: Duration, out: &mut Vec<Verdict>) {
        self.decide(i64::try_from(now.as_nanos()).unwrap_or(i64::MAX));
        self.release(out);
    }

    /// Ends the stream and appends the verdicts of every reading that is still held.
    pub fn finish(&mut self, out: &mut Vec<Verdict>) {
        self.decide(i64::MAX);
        self.release(out);
    }

    /// When the first frame was captured, in nanoseconds since the epoch; negative when the audio
    /// system had it buffered before. Known before the first verdict, and does not change.
    pub fn start_ns(&self) -> Option<i64> {
        self.start
    }

    /// How far the stream has fallen behind the clock by drift since its start, in nanoseconds:
    /// negative when the device's clock is fast. Holes are not part of it.
    pub fn drift_ns(&self) -> i64 {
        match (self.state, self.start) {
            (State::Steady { envelope, .. } | State::Suspect { envelope, .. }, Some(start)) => {
                envelope - start
            }
            _ => 0,
        }
    }

    /// How far the stream has drifted from the clock lately, holes apart; absent before some seconds
    /// were measured.
    pub fn drift(&self) -> Option<Drift> {
        match self.state {
            State::Steady { at, .. } => self.trend.at(at),
            _ => None,
        }
    }

    /// Skew of the device's clock against the epoch's in parts per million: positive when the device
    /// delivers more frames than its rate says. Absent before half a minute was measured.
    pub fn skew_ppm(&self) -> Option<f64> {
        self.skew.ppm()
    }

    fn length(&self, frames: i128) -> i64 {
        // A day at 384 kHz is 3e10 frames; the quotient is nanoseconds of audio and fits 292 years.
        (frames * i128::from(NANOS) / i128::from(self.rate)) as i64
    }

    fn judge(&mut self, now: i64, lateness: i64) {
        self.state = match self.state {
            State::Empty => State::Settling {
                since: now,
                least: lateness,
            },
            State::Settling { since, least } => State::Settling {
                since,
                least: least.min(lateness),
            },
            State::Steady { envelope, at } => {
                let elapsed = (now - at).clamp(0, RISE_AT_MOST);
                let before = envelope;
                let envelope = envelope + elapsed / RISE;
                match lateness - envelope > self.tolerance {
                    true => State::Suspect {
                        // Where the device's speed is known, so is how far it has drifted meanwhile.
                        envelope: self.trend.slope().map_or(envelope, |slope| {
                            before + (slope * (now - at) as f64) as i64
                        }),
                        since: now,
                        least: lateness,
                    },
                    false => self.steady(now, lateness, envelope),
                }
            }
            State::Suspect {
                envelope,
                since,
                least,
            } => match lateness - envelope > self.tolerance {
                true => State::Suspect {
                    envelope,
                    since,
                    least: least.min(lateness),
                },
                false => self.steady(now, lateness, envelope),
            },
        };
    }

    fn steady(&mut self, now: i64, lateness: i64, envelope: i64) -> State {
        // A stream that suddenly runs ahead delivers what was already counted as lost. The envelope
        // stays, so that the surplus is set off against the next hole and tracks stay together.
        let ahead = envelope - lateness;
        let surplus = ahead > self.tolerance && ahead <= self.inserted + self.tolerance;
        if !surplus && let Some((time, least)) = self.skew.push(now, lateness, envelope) {
            self.trend.push(time, least - self.start.unwrap_or(least));
        }
        State::Steady {
            envelope: match surplus {
                true => envelope,
                false => envelope.min(lateness),
            },
            at: now,
        }
    }

    fn decide(&mut self, now: i64) {
        match self.state {
            State::Settling { since, least } if now.saturating_sub(since) >= self.settle => {
                self.start = Some(least);
                self.state = State::Steady {
                    envelope: least,
                    at: since,
                };
            }
            State::Suspect {
                envelope,
                since,
                least,
            } if now.saturating_sub(since) >= self.patience => {
                let missing = least - envelope;
                let frames = i128::from(missing) * i128::from(self.rate) / i128::from(NANOS);
                self.frames += frames;
                self.inserted += missing;
                if let Some(first) = self.held.front_mut() {
                    first.hole_frames = frames as u64;
                }
                self.state = State::Steady {
                    envelope,
                    at: now.min(since + self.patience),
                };
            }
            _ => {}
        }
    }

    fn release(&mut self, out: &mut Vec<Verdict>) {
        if !matches!(self.state, State::Settling { .. } | State::Suspect { .. }) {
            out.extend(self.held.drain(..));
        }
    }
}

/// Straight line through the least lateness of every second, by least squares.
#[derive(Clone, Debug, Default)]
struct Skew {
    second: Option<(i64, i64, i64)>,
    origin: (i64, i64),
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Skew {
    /// Takes a reading. Returns the least lateness of a second that is over, and its time.
    fn push(&mut self, now: i64, lateness: i64, envelope: i64) -> Option<(i64, i64)> {
        if lateness - envelope > SKEW_JITTER {
            return None;
        }
        let second = now.div_euclid(NANOS);
        match &mut self.second {
            Some((at, time, least)) if *at == second => {
                if lateness < *least {
                    (*time, *least) = (now, lateness);
                }
                None
            }
            current => {
                let (_, time, least) = current.replace((second, now, lateness))?;
                self.point(time, least);
                Some((time, least))
            }
        }
    }

    fn point(&mut self, time: i64, lateness: i64) {
        if self.n == 0.0 {
            self.origin = (time, lateness);
        }
        let x = (time - self.origin.0) as f64 / NANOS as f64;
        let y = (lateness - self.origin.1) as f64 / NANOS as f64;
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
    }

    fn ppm(&self) -> Option<f64> {
        const LEAST_POINTS: f64 = 30.0;
        let spread = self.n * self.xx - self.x * self.x;
        (self.n >= LEAST_POINTS && spread > 0.0)
            .then(|| -(self.n * self.xy - self.x * self.y) / spread * 1e6)
    }
}

#[cfg(test)]
mod tests;

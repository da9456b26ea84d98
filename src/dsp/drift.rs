//! A stream brought from its device's clock to the session's, without a click.
//!
//! Devices are off by up to some hundred parts per million, which is a third of a second an hour.
//! The stream is read at a speed that differs from 1 by as much, between its samples by a windowed
//! sinc. The speed changes slowly and never by more than [`FASTEST`]: a semitone is 60,000 parts per
//! million, and nobody hears one of 1,000. Until a stream has certainly left its place, samples pass bit
//! for bit: a busy machine delivers the first of them late by a millisecond or two.

/// Samples on each side of a point that are read for it.
const HALF: usize = 16;

/// Points between two samples for which the filter is kept; what lies between is interpolated.
const PHASES: usize = 512;

/// Largest deviation of the speed.
const FASTEST: f64 = 1_000e-6;

/// Largest change of the speed from one correction to the next.
const STEADY: f64 = 100e-6;

/// Samples over which a deviation is made good: 10 s.
const HORIZON: f64 = 480_000.0;

/// Correction begins at a deviation of so many samples (3 ms), and goes on from then on.
const AWAY: f64 = 144.0;

/// A deviation of so many samples (0.25 ms), at a skew below [`STILL`], is left alone.
const CLOSE: f64 = 12.0;

/// A skew that needs no correction as long as the deviation is small.
const STILL: f64 = 3e-6;

/// Samples between two corrections: 1 s.
const PERIOD: u64 = 48_000;

/// How far a stream has drifted from the session's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// How late it is, in seconds since its start; negative when its device is fast.
    pub late_s: f64,
    /// How much later it gets each second, in seconds.
    pub slope: f64,
}

/// Follows a stream of 48 kHz.
#[derive(Clone, Debug)]
pub struct Follower {
    filter: Vec<f32>,
    /// Samples from `HALF` before the next output on.
    pending: Vec<f32>,
    /// Where the next output lies after `pending[HALF]`, in samples.
    fraction: f64,
    /// Input samples for an output sample.
    step: f64,
    /// Input samples whose place has been passed, and output samples made, since the start.
    passed: u64,
    made: u64,
    /// Output samples more than input samples in streams before this one.
    before: f64,
    steered_at: u64,
    /// Whether this stream was ever away from its place.
    follows: bool,
}

impl Default for Follower {
    fn default() -> Follower {
        Follower {
            filter: filter(),
            pending: vec![0.0; HALF],
            fraction: 0.0,
            step: 1.0,
            passed: 0,
            made: 0,
            before: 0.0,
            steered_at: 0,
            follows: false,
        }
    }
}

impl Follower {
    /// Output samples that were put in, or, if negative, taken out so far.
    pub fn corrected(&self) -> i64 {
        (self.before + self.here()).round() as i64
    }

    /// The same in this stream.
    fn here(&self) -> f64 {
        self.made as f64 - self.passed as f64 - self.fraction
    }

    /// Learns how far the stream has drifted. Called at any time; the speed is set once a second.
    pub fn steer(&mut self, drift: Drift) {
        if self.made < self.steered_at + PERIOD {
            return;
        }
        self.steered_at = self.made;
        let error = drift.late_s * 48_000.0 - self.here();
        self.follows |= error.abs() >= AWAY;
        let wanted = match !self.follows || (error.abs() < CLOSE && drift.slope.abs() < STILL) {
            true => 0.0,
            false => (drift.slope + error / HORIZON).clamp(-FASTEST, FASTEST),
        };
        let now = 1.0 - self.step;
        self.step = 1.0 - wanted.clamp(now - STEADY, now + STEADY);
    }

    /// What comes is another stream, whose drift is not known.
    pub fn begin(&mut self) {
        self.before += self.here() + self.fraction;
        (self.passed, self.made, self.steered_at) = (0, 0, 0);
        (self.step, self.fraction) = (1.0, 0.0);
        self.follows = false;
    }

    /// Takes samples and appends those that are ready: all but the last [`HALF`].
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.pending.extend_from_slice(samples);
        self.run(out);
    }

    /// Ends the sound and appends the rest: what follows has no connection with it.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        self.pending.extend_from_slice(&[0.0; HALF]);
        self.run(out);
        self.pending.clear();
        self.pending.resize(HALF, 0.0);
    }

    fn run(&mut self, out: &mut Vec<f32>) {
        let ready = self.pending.len().saturating_sub(2 * HALF);
        let mut at = 0;
        if self.step == 1.0 && self.fraction == 0.0 {
            out.extend_from_slice(&self.pending[HALF..HALF + ready]);
            self.made += ready as u64;
            at = ready;
        }
        while at < ready {
            out.push(self.between(&self.pending[at + 1..=at + 2 * HALF]));
            self.made += 1;
            self.fraction += self.step;
            let whole = self.fraction as usize;
            self.fraction -= whole as f64;
            at += whole;
        }
        self.passed += at as u64;
        self.pending.drain(..at);
    }

    /// The sound at `fraction` after the sample in the middle of the first half.
    fn between(&self, around: &[f32]) -> f32 {
        let place = self.fraction * PHASES as f64;
        let phase = place as usize;
        let share = (place - phase as f64) as f32;
        let (taps, next) = self.filter[phase * 2 * HALF..(phase + 2) * 2 * HALF].split_at(2 * HALF);
        let (mut here, mut there) = (0.0, 0.0);
        for ((sample, a), b) in around.iter().zip(taps).zip(next) {
            here += sample * a;
            there += sample * b;
        }
        here + (there - here) * share
    }
}

/// The filter's taps for every phase from 0 to 1: a sinc in a Kaiser window, each with a gain of 1.
fn filter() -> Vec<f32> {
    const BETA: f64 = 9.0;
    let mut taps = Vec::with_capacity((PHASES + 1) * 2 * HALF);
    for phase in 0..=PHASES {
        let fraction = phase as f64 / PHASES as f64;
        let tap = |n: usize| {
            let x = (n as f64 + 1.0 - HALF as f64) - fraction;
            let inside = (1.0 - (x / HALF as f64).powi(2)).max(0.0);
            sinc(x) * bessel(BETA * inside.sqrt())
        };
        let made: Vec<f64> = (0..2 * HALF).map(tap).collect();
        let gain: f64 = made.iter().sum();
        taps.extend(made.iter().map(|tap| (tap / gain) as f32));
    }
    taps
}

fn sinc(x: f64) -> f64 {
    if x == x.round() {
        // A place on a sample is that sample, to the last bit.
        return f64::from(u8::from(x == 0.0));
    }
    let angle = std::f64::consts::PI * x;
    angle.sin() / angle
}

/// The modified Bessel function of order 0.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..40 {
        term *= (x / (2.0 * f64::from(n))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests;

//! Whether a sound repeats itself at the pitch of a voice.
//!
//! Key strokes, paper, breath and wind do not; every vowel does.

use crate::audio::ANALYSIS_RATE;

/// One sample of every so many is kept: pitch is below 400 Hz, and what lies above 1 kHz in a voice
/// is the first to drown in noise.
const DECIMATION: usize = 4;

/// Samples a second after decimation.
const RATE: usize = ANALYSIS_RATE as usize / DECIMATION;

/// Shortest and longest period looked for, in decimated samples: 400 Hz down to 71 Hz.
const LAGS: std::ops::RangeInclusive<usize> = RATE / 400..=RATE / 71;

/// Sound compared with itself, in decimated samples: 40 ms, two periods of the lowest voice.
const WINDOW: usize = RATE / 25;

/// Parts of the window that are compared for a sound that dies away.
const PARTS: usize = 4;

/// A part this much weaker than the strongest, as a share of energy, belongs to a click that dies
/// away: its ringing repeats itself too, but a vowel lasts.
const DYING: f32 = 0.01;

const HISTORY: usize = WINDOW + RATE / 71;

/// Measures how periodic the recent sound is, frame by frame.
#[derive(Clone, Debug)]
pub struct Periodicity {
    history: [f32; HISTORY],
    low: [f32; 2],
    high: [f32; 2],
    phase: usize,
    /// The frame's samples that are kept.
    kept: Vec<f32>,
}

impl Periodicity {
    /// A measure that has heard nothing.
    pub fn new() -> Periodicity {
        Periodicity {
            history: [0.0; HISTORY],
            low: [0.0; 2],
            high: [0.0; 2],
            phase: 0,
            kept: Vec::new(),
        }
    }

    /// Takes a frame that follows the one before and returns the largest normalised autocorrelation
    /// of the last 40 ms over the periods of a voice: near 1 for a vowel, below 0.4 for noise.
    pub fn push(&mut self, frame: &[i16]) -> f32 {
        self.kept.clear();
        for &sample in frame {
            let value = self.filter(f32::from(sample));
            self.phase = (self.phase + 1) % DECIMATION;
            if self.phase == 0 {
                self.kept.push(value);
            }
        }
        let recent = &self.kept[self.kept.len().saturating_sub(HISTORY)..];
        self.history.rotate_left(recent.len());
        self.history[HISTORY - recent.len()..].copy_from_slice(recent);
        self.measure()
    }

    /// Two one-pole low-passes at about 900 Hz and a differencer against rumble.
    fn filter(&mut self, sample: f32) -> f32 {
        const LOW: f32 = 0.3;
        const HIGH: f32 = 0.95;
        self.low[0] += LOW * (sample - self.low[0]);
        self.low[1] += LOW * (self.low[0] - self.low[1]);
        let input = self.low[1];
        self.high[1] = HIGH * (self.high[1] + input - self.high[0]);
        self.high[0] = input;
        self.high[1]
    }

    fn measure(&self) -> f32 {
        let recent = &self.history[HISTORY - WINDOW..];
        let parts = recent.chunks(WINDOW / PARTS);
        let energies = parts.map(|part| part.iter().map(|x| x * x).sum::<f32>());
        let (least, most, energy) = energies.fold((f32::INFINITY, 0.0f32, 0.0), |sums, part| {
            (sums.0.min(part), sums.1.max(part), sums.2 + part)
        });
        if least < most * DYING {
            return 0.0;
        }
        let mut sums = [0.0f64; HISTORY + 1];
        for (n, x) in self.history.iter().enumerate() {
            sums[n + 1] = sums[n] + f64::from(x * x);
        }
        let mut best = 0.0f32;
        for lag in LAGS {
            let (from, to) = (HISTORY - WINDOW - lag, HISTORY - lag);
            let before = &self.history[from..to];
            // One unit keeps digital silence from dividing nothing by nothing.
            let size = (energy * (sums[to] - sums[from]) as f32 + 1.0).sqrt();
            best = best.max(dot(recent, before) / size);
        }
        best
    }
}

/// Sum of products. Eight partial sums, so that the compiler may use vector instructions.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    const { assert!(WINDOW.is_multiple_of(LANES)) };
    let mut sums = [0.0f32; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

impl Default for Periodicity {
    fn default() -> Periodicity {
        Periodicity::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(sound: impl Fn(usize) -> f32) -> Vec<f32> {
        let samples: Vec<i16> = (0..16_000).map(|n| sound(n) as i16).collect();
        let mut measure = Periodicity::new();
        let frames = samples.chunks_exact(320);
        frames.map(|frame| measure.push(frame)).skip(4).collect()
    }

    #[test]
    fn voices_of_every_height_repeat() {
        for hertz in [80.0, 110.0, 150.0, 220.0, 350.0] {
            let buzz = values(|n| {
                let t = n as f32 / 16_000.0;
                (1..12)
                    .map(|h| (std::f32::consts::TAU * hertz * h as f32 * t).sin() / h as f32)
                    .sum::<f32>()
                    * 3_000.0
            });
            assert!(buzz.iter().all(|&v| v > 0.8), "{hertz} Hz: {buzz:?}");
        }
    }

    #[test]
    fn noise_does_not() {
        let noise = values(|n| {
            let mut x = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            x ^= x >> 31;
            x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((x >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 8_000.0
        });
        let mean = noise.iter().sum::<f32>() / noise.len() as f32;
        assert!(mean < 0.45, "{mean}");
    }

    #[test]
    fn a_click_that_rings_does_not() {
        let clicks = values(|n| {
            let k = (n % 1_600) as f32;
            let ring = (std::f32::consts::TAU * 300.0 * k / 16_000.0).sin();
            10_000.0 * ring * (-k / 60.0).exp()
        });
        assert!(clicks.iter().all(|&v| v < 0.65), "{clicks:?}");
    }

    #[test]
    fn silence_does_not() {
        assert!(values(|_| 0.0).iter().all(|&v| v == 0.0));
    }
}

//! A sound in few numbers: the level of some bands every ten milliseconds. It tells whether one
//! track repeats another without either of them being kept.

use crate::audio::ANALYSIS_RATE;
use crate::time::TICKS_PER_MS;

/// Bands of a sketch.
pub const BANDS: usize = 8;

/// Ticks of a sketch: 10 ms.
pub const SKETCH_TICKS: u64 = 10 * TICKS_PER_MS;

/// Samples at 16 kHz of a sketch.
const SAMPLES: usize = ANALYSIS_RATE as usize / 100;

/// Centres of the bands in hertz: where voices have most of their energy and small loudspeakers
/// still play.
const CENTRES: [f32; BANDS] = [
    280.0, 430.0, 650.0, 980.0, 1_450.0, 2_150.0, 3_200.0, 4_800.0,
];

/// Centre over width of a band.
const QUALITY: f32 = 2.2;

/// How much of the power of a frame before stays in the next, so that the pitch periods of a low
/// voice are one level and not many.
const STAYS: f32 = 0.5;

/// Levels of the bands in 10 ms of sound, in steps of half a decibel above -120 dB of full scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sketch(pub [u8; BANDS]);

impl Sketch {
    /// Level of a band in dB of full scale, -120 at least.
    pub fn db(self, band: usize) -> f32 {
        f32::from(self.0[band]) / 2.0 - 120.0
    }
}

/// Draws sketches of a sound at 16 kHz; sketch `n` is of samples `160 n` up to `160 (n + 1)`.
#[derive(Clone, Debug)]
pub struct Sketcher {
    bands: [Resonator; BANDS],
    power: [f32; BANDS],
    sum: [f32; BANDS],
    filled: usize,
}

/// A band-pass with a gain of 1 at its centre (Bristow-Johnson's cookbook).
#[derive(Clone, Copy, Debug)]
struct Resonator {
    b: f32,
    a: [f32; 2],
    state: [f32; 2],
}

impl Resonator {
    fn new(centre: f32) -> Resonator {
        let w = std::f32::consts::TAU * centre / ANALYSIS_RATE as f32;
        let alpha = w.sin() / (2.0 * QUALITY);
        let a0 = 1.0 + alpha;
        Resonator {
            b: alpha / a0,
            a: [-2.0 * w.cos() / a0, (1.0 - alpha) / a0],
            state: [0.0; 2],
        }
    }

    fn next(&mut self, x: f32) -> f32 {
        let y = self.b * x + self.state[0];
        self.state[0] = self.state[1] - self.a[0] * y;
        self.state[1] = -self.b * x - self.a[1] * y;
        y
    }
}

impl Sketcher {
    /// A sketcher at the first sample.
    pub fn new() -> Sketcher {
        Sketcher {
            bands: CENTRES.map(Resonator::new),
            power: [0.0; BANDS],
            sum: [0.0; BANDS],
            filled: 0,
        }
    }

    /// Takes samples and appends the sketches that are complete.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<Sketch>) {
        for &sample in samples {
            // A constant far below the last bit keeps the filters out of the numbers that
            // processors are slow with.
            let x = f32::from(sample) / 32_768.0 + 1e-15;
            for (band, sum) in self.bands.iter_mut().zip(&mut self.sum) {
                let y = band.next(x);
                *sum += y * y;
            }
            self.filled += 1;
            if self.filled == SAMPLES {
                out.push(self.draw());
            }
        }
    }

    fn draw(&mut self) -> Sketch {
        self.filled = 0;
        let mut sketch = Sketch::default();
        for band in 0..BANDS {
            let frame = self.sum[band] / SAMPLES as f32;
            self.sum[band] = 0.0;
            self.power[band] = self.power[band] * STAYS + frame * (1.0 - STAYS);
            let db = 10.0 * (self.power[band] + 1e-12).log10();
            sketch.0[band] = ((db + 120.0) * 2.0).round().clamp(0.0, 255.0) as u8;
        }
        sketch
    }
}

impl Default for Sketcher {
    fn default() -> Sketcher {
        Sketcher::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, seconds: usize) -> Vec<i16> {
        (0..seconds * 16_000)
            .map(|n| {
                let phase = std::f32::consts::TAU * hertz * (n % 16_000) as f32 / 16_000.0;
                (phase.sin() * 16_384.0) as i16
            })
            .collect()
    }

    #[test]
    fn a_tone_stands_in_its_own_band() {
        for (band, centre) in CENTRES.into_iter().enumerate() {
            let mut out = Vec::new();
            Sketcher::new().push(&tone(centre.round(), 1), &mut out);
            let last = out.last().unwrap();
            assert!((last.db(band) + 9.03).abs() < 0.6, "{centre}: {last:?}");
            for other in 0..BANDS {
                let apart = last.db(band) - last.db(other);
                assert!(other == band || apart > 3.0, "{centre}: {last:?}");
            }
        }
    }

    #[test]
    fn sketches_do_not_depend_on_how_the_sound_is_cut() {
        let sound = tone(700.0, 1);
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        Sketcher::new().push(&sound, &mut whole);
        let mut sketcher = Sketcher::new();
        for piece in sound.chunks(37) {
            sketcher.push(piece, &mut pieces);
        }
        assert_eq!(whole.len(), 100);
        assert_eq!(whole, pieces);
    }
}

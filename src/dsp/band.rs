//! The part of the spectrum in which speech is told from rumble and hum.

use crate::audio::ANALYSIS_RATE;

/// Corner of the high-pass in hertz. Mains hum, its first harmonic, wind and desk rumble lie below;
/// every voice has harmonics above.
const CORNER_HZ: f64 = 200.0;

/// Quality factors of the two sections of a fourth-order Butterworth filter.
const SECTIONS: [f64; 2] = [0.541_196_1, 1.306_563];

/// Parts of a frame whose levels are told one by one.
pub const QUARTERS: usize = 4;

/// Measures the level of analysis frames above [`CORNER_HZ`].
#[derive(Clone, Debug)]
pub struct SpeechBand {
    sections: [Section; 2],
}

#[derive(Clone, Debug)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Section {
    /// High-pass by the bilinear transform (Bristow-Johnson's cookbook).
    fn high_pass(quality: f64) -> Section {
        let w = std::f64::consts::TAU * CORNER_HZ / f64::from(ANALYSIS_RATE);
        let alpha = w.sin() / (2.0 * quality);
        let (cos, a0) = (w.cos(), 1.0 + alpha);
        Section {
            b: [
                (1.0 + cos) / 2.0 / a0,
                -(1.0 + cos) / a0,
                (1.0 + cos) / 2.0 / a0,
            ],
            a: [-2.0 * cos / a0, (1.0 - alpha) / a0],
            state: [0.0; 2],
        }
    }

    fn next(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state[0] = self.b[1] * x - self.a[0] * y + self.state[1];
        self.state[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

impl SpeechBand {
    /// A filter at rest.
    pub fn new() -> SpeechBand {
        SpeechBand {
            sections: SECTIONS.map(Section::high_pass),
        }
    }

    /// Mean square above the corner of a frame that follows the one before, full scale at 1.0.
    pub fn mean_square(&mut self, frame: &[i16]) -> f64 {
        self.squares(frame) / frame.len().max(1) as f64
    }

    /// The same for the whole frame, and for each of its quarters. A frame that four does not divide
    /// has a longer last quarter.
    pub fn quarters(&mut self, frame: &[i16]) -> (f64, [f64; QUARTERS]) {
        let quarter = frame.len() / QUARTERS;
        let mut sum = 0.0;
        let means = std::array::from_fn(|n| {
            let part = match n + 1 == QUARTERS {
                true => &frame[n * quarter..],
                false => &frame[n * quarter..(n + 1) * quarter],
            };
            let squares = self.squares(part);
            sum += squares;
            squares / part.len().max(1) as f64
        });
        (sum / frame.len().max(1) as f64, means)
    }

    fn squares(&mut self, samples: &[i16]) -> f64 {
        let mut sum = 0.0;
        for &sample in samples {
            let mut value = f64::from(sample) / 32_768.0;
            for section in &mut self.sections {
                value = section.next(value);
            }
            sum += value * value;
        }
        sum
    }
}

impl Default for SpeechBand {
    fn default() -> SpeechBand {
        SpeechBand::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::level::dbfs;

    fn tone(hertz: f64) -> Vec<i16> {
        let sample = |n| {
            let phase = std::f64::consts::TAU * hertz * f64::from(n) / 16_000.0;
            (phase.sin() * 16_384.0) as i16
        };
        (0..16_000).map(sample).collect()
    }

    fn level(hertz: f64) -> f32 {
        let tone = tone(hertz);
        let mut band = SpeechBand::new();
        band.mean_square(&tone[..8_000]);
        dbfs(band.mean_square(&tone[8_000..]))
    }

    #[test]
    fn hum_is_taken_down_and_speech_is_not() {
        let full = -9.03;
        assert!((level(1_000.0) - full).abs() < 0.1);
        assert!((level(200.0) - (full - 3.0)).abs() < 0.1);
        assert!(level(100.0) < full - 23.0);
        assert!(level(50.0) < full - 47.0);
        assert!((level(7_000.0) - full).abs() < 0.1);
    }

    #[test]
    fn the_quarters_of_a_frame_make_its_whole() {
        let mut tone = tone(1_000.0);
        tone[..384].fill(0);
        for length in [512, 514] {
            let (whole, quarters) = SpeechBand::new().quarters(&tone[..length]);
            let alone = SpeechBand::new().mean_square(&tone[..length]);
            assert!((whole - alone).abs() < 1e-12);
            assert_eq!(quarters[..3], [0.0; 3]);
            assert!(quarters[3] > 0.05);
        }
    }
}

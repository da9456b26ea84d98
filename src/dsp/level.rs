//! How loud a track is, and whether it carries sound at all.

/// Lowest level that is reported, in dBFS: below one step of a 16-bit sample.
pub const SILENCE_DBFS: f32 = -100.0;

/// Level in dBFS of a mean square, where a mean square of 1.0 is 0 dBFS (a full-scale square wave; a
/// full-scale sine is at -3 dBFS).
pub fn dbfs(mean_square: f64) -> f32 {
    if mean_square <= 1e-10 {
        SILENCE_DBFS
    } else {
        (10.0 * mean_square.log10()) as f32
    }
}

/// Level of one stretch of samples, for meters and health.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Samples in the stretch.
    pub samples: u64,
    /// Root mean square in dBFS, at least [`SILENCE_DBFS`].
    pub rms_dbfs: f32,
    /// Largest absolute sample, 0 to 32768.
    pub peak: u16,
    /// Samples that are exactly zero.
    pub zero_samples: u64,
}

/// Counts what passes: figures over the whole track, and over the stretch since the last look.
#[derive(Clone, Debug, Default)]
pub struct LevelMeter {
    whole: Sums,
    window: Sums,
}

#[derive(Clone, Debug, Default)]
struct Sums {
    samples: u64,
    squares: u64,
    peak: u16,
    clipped: u64,
    zeros: u64,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.samples += other.samples;
        // The largest square is 2^30, so the sum holds 2^34 samples: 99 hours at 48 kHz. Beyond that
        // only the RMS stops growing.
        self.squares = self.squares.saturating_add(other.squares);
        self.peak = self.peak.max(other.peak);
        self.clipped += other.clipped;
        self.zeros += other.zeros;
    }

    fn of(block: &[i16]) -> Sums {
        let mut sums = Sums {
            samples: block.len() as u64,
            ..Sums::default()
        };
        for &sample in block {
            let size = sample.unsigned_abs();
            sums.squares += u64::from(size) * u64::from(size);
            sums.peak = sums.peak.max(size);
            sums.clipped += u64::from(size >= i16::MAX.unsigned_abs());
            sums.zeros += u64::from(size == 0);
        }
        sums
    }

    fn level(&self) -> Level {
        let mean = match self.samples {
            0 => 0.0,
            n => self.squares as f64 / n as f64 / (32_768.0 * 32_768.0),
        };
        Level {
            samples: self.samples,
            rms_dbfs: dbfs(mean),
            peak: self.peak,
            zero_samples: self.zeros,
        }
    }
}

impl LevelMeter {
    /// A meter that has seen nothing.
    pub fn new() -> LevelMeter {
        LevelMeter::default()
    }

    /// Counts captured samples. Samples that stand in for a gap are not to be pushed.
    pub fn push(&mut self, samples: &[i16]) {
        let sums = Sums::of(samples);
        self.whole.add(&sums);
        self.window.add(&sums);
    }

    /// Level since the last call of this method, or since the start; the next stretch begins here.
    pub fn take_window(&mut self) -> Level {
        std::mem::take(&mut self.window).level()
    }

    /// Level of everything pushed.
    pub fn whole(&self) -> Level {
        self.whole.level()
    }

    /// Samples pushed at 32767 or beyond on either side.
    pub fn clipped_samples(&self) -> u64 {
        self.whole.clipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_silence() {
        let mut meter = LevelMeter::new();
        assert_eq!(meter.whole().rms_dbfs, SILENCE_DBFS);
        assert_eq!(meter.take_window().samples, 0);
    }

    #[test]
    fn peak_clipped_and_zero_samples_are_counted_exactly() {
        let mut meter = LevelMeter::new();
        meter.push(&[0, 1, -5, 32_767, -32_768, -32_767, 0]);
        let level = meter.whole();
        assert_eq!(level.peak, 32_768);
        assert_eq!(level.zero_samples, 2);
        assert_eq!(level.samples, 7);
        assert_eq!(meter.clipped_samples(), 3);
    }

    #[test]
    fn a_half_scale_square_wave_is_six_decibels_down() {
        let mut meter = LevelMeter::new();
        meter.push(&[16_384, -16_384, 16_384, -16_384]);
        assert!((meter.whole().rms_dbfs + 6.0206).abs() < 1e-3);
    }

    #[test]
    fn a_window_forgets_and_the_whole_does_not() {
        let mut meter = LevelMeter::new();
        meter.push(&[30_000; 10]);
        assert_eq!(meter.take_window().peak, 30_000);
        meter.push(&[0; 4]);
        let window = meter.take_window();
        assert_eq!((window.peak, window.zero_samples), (0, 4));
        assert_eq!(window.rms_dbfs, SILENCE_DBFS);
        assert_eq!(meter.whole().peak, 30_000);
        assert_eq!(meter.whole().samples, 14);
    }
}

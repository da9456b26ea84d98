//! Magnitudes of a short stretch of sound.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples in a stretch: 16 ms.
pub(super) const WINDOW: usize = 256;

/// Frequencies, from 0 to half the rate.
pub(super) const BINS: usize = WINDOW / 2 + 1;

/// The network's first layer is published as a matrix, and the matrix is that of a Fourier transform
/// under a Hann window; the fast transform gives the same numbers for a tenth of the work.
pub(super) struct Spectrum {
    transform: Arc<dyn RealToComplex<f32>>,
    window: [f32; WINDOW],
    sound: Vec<f32>,
    waves: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl std::fmt::Debug for Spectrum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Spectrum")
    }
}

impl Spectrum {
    /// Plans the transform.
    pub(super) fn new() -> Spectrum {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        Spectrum {
            window: std::array::from_fn(|n| 0.5 - 0.5 * (TAU * n as f32 / WINDOW as f32).cos()),
            sound: transform.make_input_vec(),
            waves: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
        }
    }

    /// Writes the magnitude of frequency `k` of `sound` to `out(k)`.
    pub(super) fn magnitudes(&mut self, sound: &[f32], mut out: impl FnMut(usize, f32)) {
        for ((to, from), window) in self.sound.iter_mut().zip(sound).zip(&self.window) {
            *to = from * window;
        }
        let done = self.transform.process_with_scratch(
            &mut self.sound,
            &mut self.waves,
            &mut self.scratch,
        );
        // Buffers come from the plan itself, so their lengths are right.
        debug_assert!(done.is_ok());
        for (k, wave) in self.waves.iter().enumerate() {
            out(k, (wave.re * wave.re + wave.im * wave.im).sqrt());
        }
    }
}

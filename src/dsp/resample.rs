//! One sample rate to another, as a stream.

use std::num::NonZeroU32;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use super::mixdown::{append_f32, append_i16};
use crate::audio::{ANALYSIS_RATE, ARCHIVE_RATE};
use crate::error::{Error, ErrorKind, Result};

/// Lowest and highest rate in hertz that a source may have.
pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=384_000;

/// Shortest transform in frames on the side of the lower rate: its transition band ends 5 % below
/// that side's limit, and aliases lie more than 100 dB down.
const SHORTEST_TRANSFORM: u64 = 320;

/// Changes the sample rate of a mono stream.
///
/// The filter's delay is removed: output sample `n` is the sound at input time `n * from / to`. The
/// whole output has `round(input * to / from)` samples. What comes out does not depend on how the
/// input is cut into blocks; it only comes out later, by at most two transforms (about 50 ms for the
/// rates that devices use, up to two seconds for a rate that shares no factor with the target).
pub struct Resampler {
    from: u64,
    to: u64,
    taken: u64,
    given: u64,
    transform: Option<Transform>,
}

struct Transform {
    fft: Fft<f32>,
    pending: Vec<f32>,
    made: Vec<f32>,
    /// Frames of filter delay that are still to be dropped.
    delay: usize,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resampler({} -> {} Hz)", self.from, self.to)
    }
}

impl Resampler {
    /// A resampler from one rate to another, both in hertz. Equal rates pass bit for bit.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadAudio`] when a rate lies outside [`RATES`].
    pub fn new(from: NonZeroU32, to: NonZeroU32) -> Result<Resampler> {
        for rate in [from.get(), to.get()] {
            if !RATES.contains(&rate) {
                return Err(unusable(from, to).hint(format!(
                    "use a device or file with a rate from {} to {} Hz",
                    RATES.start(),
                    RATES.end()
                )));
            }
        }
        let transform = match from == to {
            true => None,
            false => Some(Transform::new(from, to)?),
        };
        Ok(Resampler {
            from: u64::from(from.get()),
            to: u64::from(to.get()),
            taken: 0,
            given: 0,
            transform,
        })
    }

    /// Takes samples and appends what is ready.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        let before = out.len();
        match &mut self.transform {
            None => out.extend_from_slice(samples),
            Some(transform) => transform.push(samples, out),
        }
        self.given += (out.len() - before) as u64;
    }

    /// Ends the stream and appends the rest. Afterwards the resampler is ready for another stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        if let Some(transform) = &mut self.transform {
            let whole = (u128::from(self.taken) * u128::from(self.to) + u128::from(self.from) / 2)
                / u128::from(self.from);
            // The output is at most a day of audio; its length fits.
            let missing = (whole as u64 - self.given) as usize;
            let target = out.len() + missing;
            let block = vec![0.0; transform.fft.input_frames_next()];
            while out.len() < target {
                transform.push(&block, out);
            }
            out.truncate(target);
            transform.reset();
        }
        self.taken = 0;
        self.given = 0;
    }
}

impl Transform {
    fn new(from: NonZeroU32, to: NonZeroU32) -> Result<Transform> {
        let shared = u64::from(gcd(from.get(), to.get()));
        let step_in = u64::from(from.get()) / shared;
        let step_out = u64::from(to.get()) / shared;
        // An even number of steps keeps both transforms even, so half a transform, which is the
        // filter's delay, is a whole number of frames on both sides.
        let steps = SHORTEST_TRANSFORM
            .div_ceil(step_in.min(step_out))
            .next_multiple_of(2);
        let frames = (steps * step_in) as usize;
        let fft = Fft::new_custom(
            from.get() as usize,
            to.get() as usize,
            frames,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Input,
        )
        .map_err(|cause| unusable(from, to).because(cause))?;
        Ok(Transform {
            pending: Vec::with_capacity(frames),
            made: vec![0.0; fft.output_frames_max()],
            delay: fft.output_delay(),
            fft,
        })
    }

    fn push(&mut self, mut samples: &[f32], out: &mut Vec<f32>) {
        let frames = self.fft.input_frames_next();
        if !self.pending.is_empty() {
            let missing = frames - self.pending.len();
            let (head, rest) = samples.split_at(missing.min(samples.len()));
            self.pending.extend_from_slice(head);
            samples = rest;
            if self.pending.len() < frames {
                return;
            }
            let pending = std::mem::take(&mut self.pending);
            self.run(&pending, out);
            self.pending = pending;
            self.pending.clear();
        }
        let mut blocks = samples.chunks_exact(frames);
        for block in &mut blocks {
            self.run(block, out);
        }
        self.pending.extend_from_slice(blocks.remainder());
    }

    fn run(&mut self, block: &[f32], out: &mut Vec<f32>) {
        const SIZED: &str = "both buffers have the lengths that the transform asked for";
        let room = self.made.len();
        let input = SequentialSlice::new(block, 1, block.len()).expect(SIZED);
        let mut output = SequentialSlice::new_mut(&mut self.made, 1, room).expect(SIZED);
        let (_, made) = self
            .fft
            .process_into_buffer(&input, &mut output, None)
            .expect(SIZED);
        let skip = self.delay.min(made);
        self.delay -= skip;
        out.extend_from_slice(&self.made[skip..made]);
    }

    fn reset(&mut self) {
        self.fft.reset();
        self.pending.clear();
        self.delay = self.fft.output_delay();
    }
}

fn unusable(from: NonZeroU32, to: NonZeroU32) -> Error {
    Error::new(
        ErrorKind::BadAudio,
        format!("cannot change a sample rate of {from} Hz to {to} Hz"),
    )
}

fn gcd(a: u32, b: u32) -> u32 {
    match b {
        0 => a,
        _ => gcd(b, a % b),
    }
}

/// Archive samples (48 kHz) to analysis samples (16 kHz), both 16 bit.
///
/// Analysis sample `n` is the sound at archive sample `3 n`.
#[derive(Debug)]
pub struct Decimator {
    resampler: Resampler,
    wide: Vec<f32>,
    narrow: Vec<f32>,
}

impl Decimator {
    /// A decimator at the start of a stream.
    pub fn new() -> Decimator {
        const FIXED: &str = "the archive's and the analysis' rates are not zero and within bounds";
        let archive = NonZeroU32::new(ARCHIVE_RATE).expect(FIXED);
        let analysis = NonZeroU32::new(ANALYSIS_RATE).expect(FIXED);
        Decimator {
            resampler: Resampler::new(archive, analysis).expect(FIXED),
            wide: Vec::new(),
            narrow: Vec::new(),
        }
    }

    /// Takes archive samples and appends the analysis samples that are ready.
    pub fn push(&mut self, archive: &[i16], out: &mut Vec<i16>) {
        self.wide.clear();
        self.narrow.clear();
        append_f32(archive, &mut self.wide);
        self.resampler.push(&self.wide, &mut self.narrow);
        append_i16(&self.narrow, out);
    }

    /// Ends the stream and appends the rest: a third of the archive's samples in all, rounded.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        self.narrow.clear();
        self.resampler.finish(&mut self.narrow);
        append_i16(&self.narrow, out);
    }
}

impl Default for Decimator {
    fn default() -> Decimator {
        Decimator::new()
    }
}

#[cfg(test)]
mod tests;

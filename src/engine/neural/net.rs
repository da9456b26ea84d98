//! The network: from a frame of sound to the probability of speech.
//!
//! Every layer is a product of a matrix with one or several columns. A column of a convolution holds
//! all channels of the steps under the kernel, and the columns of one frame share each weight that is
//! loaded.

use super::spectrum::{BINS, Spectrum, WINDOW};
use super::weights::Weights;
use crate::error::Result;

/// Samples in a frame: 32 ms at 16 kHz.
pub(super) const FRAME: usize = 512;

/// Samples of the frame before that a frame is seen with.
pub(super) const CONTEXT: usize = 64;

/// Samples at the end that are seen mirrored, so that the last stretch is full.
const MIRRORED: usize = 64;

/// Samples from one stretch to the next.
const HOP: usize = 128;

/// Stretches in a frame.
const STEPS: usize = (CONTEXT + FRAME + MIRRORED - WINDOW) / HOP + 1;

/// Steps under a convolution's kernel.
const KERNEL: usize = 3;

/// Channels of the layers.
const WIDE: usize = 128;
const NARROW: usize = 64;

/// The network and what it remembers.
#[derive(Debug)]
pub(super) struct Net {
    spectrum: Spectrum,
    first: Layer<8>,
    second: Layer<16>,
    third: Layer<32>,
    fourth: Layer<32>,
    gates: Layer<32>,
    output: [f32; WIDE],
    output_bias: f32,
    hidden: [f32; WIDE],
    cell: [f32; WIDE],
}

impl Net {
    /// The network with its published weights, before it has heard anything.
    pub(super) fn new() -> Result<Net> {
        let weights = Weights::built_in()?;
        let (input, state) = (
            weights.tensor("decoder.rnn.weight_ih", &[4 * WIDE, WIDE])?,
            weights.tensor("decoder.rnn.weight_hh", &[4 * WIDE, WIDE])?,
        );
        let mut bias = weights.tensor("decoder.rnn.bias_ih", &[4 * WIDE])?;
        let state_bias = weights.tensor("decoder.rnn.bias_hh", &[4 * WIDE])?;
        for (bias, more) in bias.iter_mut().zip(&state_bias) {
            *bias += more;
        }
        let gates = Layer::new(2 * WIDE, bias, |row, column| match column < WIDE {
            true => input[row * WIDE + column],
            false => state[row * WIDE + column - WIDE],
        });
        let output = weights.tensor("decoder.decoder.2.weight", &[1, WIDE, 1])?;
        Ok(Net {
            spectrum: Spectrum::new(),
            first: convolution(&weights, "encoder.0", [BINS, WIDE], 0..KERNEL)?,
            second: convolution(&weights, "encoder.1", [WIDE, NARROW], 0..KERNEL)?,
            // Of the last two only these steps of the kernel lie on sound, the others on padding.
            third: convolution(&weights, "encoder.2", [NARROW, NARROW], 1..KERNEL)?,
            fourth: convolution(&weights, "encoder.3", [NARROW, WIDE], 1..2)?,
            gates,
            output: std::array::from_fn(|n| output[n]),
            output_bias: weights.tensor("decoder.decoder.2.bias", &[1])?[0],
            hidden: [0.0; WIDE],
            cell: [0.0; WIDE],
        })
    }

    /// Probability of speech in the frame whose context and samples are `sound`.
    pub(super) fn speech(&mut self, sound: &[f32; CONTEXT + FRAME]) -> f32 {
        let mut padded = [0.0; CONTEXT + FRAME + MIRRORED];
        let (body, mirrored) = padded.split_at_mut(sound.len());
        body.copy_from_slice(sound);
        for (to, from) in mirrored.iter_mut().zip(sound.iter().rev().skip(1)) {
            *to = *from;
        }
        let mut bins = [[0.0; STEPS]; BINS];
        for step in 0..STEPS {
            let stretch = &padded[step * HOP..step * HOP + WINDOW];
            self.spectrum
                .magnitudes(stretch, |bin, magnitude| bins[bin][step] = magnitude);
        }
        let mut columns = [[0.0; STEPS]; BINS * KERNEL];
        gather::<STEPS, STEPS>(&bins, 1, &mut columns);
        let mut first = [[0.0; STEPS]; WIDE];
        self.first.apply(&columns, &mut first);
        rectify(&mut first);

        let mut columns = [[0.0; STEPS / 2]; WIDE * KERNEL];
        gather::<STEPS, { STEPS / 2 }>(&first, 2, &mut columns);
        let mut second = [[0.0; STEPS / 2]; NARROW];
        self.second.apply(&columns, &mut second);
        rectify(&mut second);

        let mut third = [[0.0; 1]; NARROW];
        self.third
            .apply(second.as_flattened().as_chunks().0, &mut third);
        rectify(&mut third);
        let mut fourth = [[0.0; 1]; WIDE];
        self.fourth.apply(&third, &mut fourth);
        rectify(&mut fourth);
        self.remember(&fourth)
    }

    /// As if nothing had been heard.
    pub(super) fn forget(&mut self) {
        self.hidden = [0.0; WIDE];
        self.cell = [0.0; WIDE];
    }

    /// Takes the frame's features into the memory and asks it.
    fn remember(&mut self, features: &[[f32; 1]; WIDE]) -> f32 {
        let mut inputs = [[0.0; 1]; 2 * WIDE];
        inputs[..WIDE].copy_from_slice(features);
        for (input, &hidden) in inputs[WIDE..].iter_mut().zip(&self.hidden) {
            *input = [hidden];
        }
        let mut gates = [[0.0; 1]; 4 * WIDE];
        self.gates.apply(&inputs, &mut gates);
        let mut sum = self.output_bias;
        for n in 0..WIDE {
            let gate = |which: usize| gates[which * WIDE + n][0];
            let kept = sigmoid(gate(1)) * self.cell[n];
            self.cell[n] = kept + sigmoid(gate(0)) * gate(2).tanh();
            self.hidden[n] = sigmoid(gate(3)) * self.cell[n].tanh();
            sum += self.hidden[n].max(0.0) * self.output[n];
        }
        sigmoid(sum)
    }
}

/// A matrix whose rows lie in blocks of `BLOCK`, column after column in each, and what is added to
/// its product.
#[derive(Debug)]
struct Layer<const BLOCK: usize> {
    weights: Vec<[f32; BLOCK]>,
    bias: Vec<f32>,
}

impl<const BLOCK: usize> Layer<BLOCK> {
    /// A layer of `bias.len()` rows and `columns` columns.
    fn new(columns: usize, bias: Vec<f32>, weight: impl Fn(usize, usize) -> f32) -> Layer<BLOCK> {
        let blocks = bias.len() / BLOCK;
        let weights = (0..blocks * columns)
            .map(|n| {
                let (block, column) = (n / columns, n % columns);
                std::array::from_fn(|row| weight(block * BLOCK + row, column))
            })
            .collect();
        Layer { weights, bias }
    }

    /// Writes the product with the columns of `input`, plus the bias, to `output`.
    fn apply<const COLUMNS: usize>(&self, input: &[[f32; COLUMNS]], output: &mut [[f32; COLUMNS]]) {
        let blocks = self.weights.chunks_exact(input.len());
        let rows = output
            .chunks_exact_mut(BLOCK)
            .zip(self.bias.chunks_exact(BLOCK));
        for (block, (output, bias)) in blocks.zip(rows) {
            let mut sums = [[0.0; BLOCK]; COLUMNS];
            for (weights, input) in block.iter().zip(input) {
                for (sums, input) in sums.iter_mut().zip(input) {
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum += weight * input;
                    }
                }
            }
            for (row, output) in output.iter_mut().enumerate() {
                *output = std::array::from_fn(|column| sums[column][row] + bias[row]);
            }
        }
    }
}

/// A convolution of `channels` (in and out) with the steps of its kernel that are used. The columns
/// it is applied to hold the steps of the first channel, then those of the second, and so on.
fn convolution<const BLOCK: usize>(
    weights: &Weights,
    name: &str,
    [from, to]: [usize; 2],
    kernel: std::ops::Range<usize>,
) -> Result<Layer<BLOCK>> {
    let matrix = weights.tensor(&format!("{name}.reparam_conv.weight"), &[to, from, KERNEL])?;
    let bias = weights.tensor(&format!("{name}.reparam_conv.bias"), &[to])?;
    let used = kernel.len();
    Ok(Layer::new(from * used, bias, |row, column| {
        let (channel, step) = (column / used, kernel.start + column % used);
        matrix[(row * from + channel) * KERNEL + step]
    }))
}

/// The steps under the kernel for each of `TO` outputs that are `stride` steps apart; outside the
/// frame is silence.
fn gather<const FROM: usize, const TO: usize>(
    channels: &[[f32; FROM]],
    stride: usize,
    columns: &mut [[f32; TO]],
) {
    for (channel, columns) in channels.iter().zip(columns.chunks_exact_mut(KERNEL)) {
        for (step, column) in columns.iter_mut().enumerate() {
            for (output, value) in column.iter_mut().enumerate() {
                let at = (output * stride + step).checked_sub(1);
                *value = at.and_then(|at| channel.get(at)).copied().unwrap_or(0.0);
            }
        }
    }
}

fn rectify<const COLUMNS: usize>(values: &mut [[f32; COLUMNS]]) {
    for value in values.as_flattened_mut() {
        *value = value.max(0.0);
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

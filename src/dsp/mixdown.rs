//! Channels to mono, and samples between floating point and 16 bit.

use std::num::NonZeroU16;

/// Full scale of a 16-bit sample as a float: 1.0 stands for one step beyond the largest value.
const FULL_SCALE: f32 = 32_768.0;

/// Appends the mean of each frame's channels to `mono`.
///
/// `interleaved` holds whole frames of `channels` samples; an incomplete last frame is ignored,
/// because its missing channels are unknown. The mean, not the sum, so that a stereo stream with the
/// same voice on both sides keeps its level and nothing clips.
pub fn to_mono(interleaved: &[f32], channels: NonZeroU16, mono: &mut Vec<f32>) {
    let channels = usize::from(channels.get());
    match channels {
        1 => mono.extend_from_slice(interleaved),
        2 => mono.extend(
            interleaved
                .chunks_exact(2)
                .map(|frame| (frame[0] + frame[1]) * 0.5),
        ),
        _ => {
            let share = 1.0 / channels as f32;
            mono.extend(
                interleaved
                    .chunks_exact(channels)
                    .map(|frame| frame.iter().sum::<f32>() * share),
            );
        }
    }
}

/// The 16-bit value nearest to `sample`, full scale at 1.0.
///
/// The sample is multiplied by 32768, rounded half away from zero, and held inside -32768 to 32767,
/// so 1.0 becomes 32767. What is not a number becomes 0: a driver's bad value must not become a
/// full-scale click. No dither: the quietest microphone's own noise is far above one step.
pub fn to_i16(sample: f32) -> i16 {
    // The cast cuts towards zero, saturates and turns NaN into 0. In double precision neither the
    // product nor the sum is rounded, and this is many times faster than `round`.
    let scaled = f64::from(sample) * f64::from(FULL_SCALE);
    (scaled + 0.5f64.copysign(scaled)) as i16
}

/// The float that stands for a 16-bit sample; [`to_i16`] gives the same sample back.
pub fn to_f32(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}

/// Appends [`to_i16`] of every sample.
pub fn append_i16(samples: &[f32], out: &mut Vec<i16>) {
    out.extend(samples.iter().map(|&sample| to_i16(sample)));
}

/// Appends [`to_f32`] of every sample.
pub fn append_f32(samples: &[i16], out: &mut Vec<f32>) {
    out.extend(samples.iter().map(|&sample| to_f32(sample)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(interleaved: &[f32], channels: u16) -> Vec<f32> {
        let mut out = Vec::new();
        to_mono(interleaved, NonZeroU16::new(channels).unwrap(), &mut out);
        out
    }

    #[test]
    fn channels_are_averaged() {
        assert_eq!(mono(&[0.5, -0.25], 1), [0.5, -0.25]);
        assert_eq!(mono(&[0.5, -0.5, 1.0, 0.5], 2), [0.0, 0.75]);
        assert_eq!(mono(&[1.0, 0.0, 0.0, 1.0], 4), [0.5]);
    }

    #[test]
    fn an_incomplete_frame_is_ignored() {
        assert_eq!(mono(&[0.5, 0.5, 0.9], 2), [0.5]);
        assert_eq!(mono(&[0.5, 0.5, 0.5, 0.9], 3), [0.5]);
    }

    #[test]
    fn every_16_bit_value_comes_back() {
        for value in i16::MIN..=i16::MAX {
            assert_eq!(to_i16(to_f32(value)), value);
        }
    }

    #[test]
    fn rounding_is_half_away_from_zero_and_held_in_range() {
        assert_eq!(to_i16(0.5 / FULL_SCALE), 1);
        assert_eq!(to_i16(-0.5 / FULL_SCALE), -1);
        assert_eq!(to_i16(0.5f32.next_down() / FULL_SCALE), 0);
        assert_eq!(to_i16((-0.5f32).next_up() / FULL_SCALE), 0);
        assert_eq!(to_i16(1.0), i16::MAX);
        assert_eq!(to_i16(-1.0), i16::MIN);
        assert_eq!(to_i16(7.0), i16::MAX);
        assert_eq!(to_i16(f32::NEG_INFINITY), i16::MIN);
        assert_eq!(to_i16(f32::NAN), 0);
    }
}

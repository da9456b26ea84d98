//! Tracks into one, and fades.

use crate::time::{Span, TICKS_PER_SECOND, Tick};

/// Adds the samples of a track to those that are there, held within full scale. Tracks stand for two
/// people who mostly take turns, so that adding keeps each as loud as it was.
pub fn add(into: &mut Vec<i16>, track: &[i16]) {
    if into.len() < track.len() {
        into.resize(track.len(), 0);
    }
    for (sum, &sample) in into.iter_mut().zip(track) {
        *sum = sum.saturating_add(sample);
    }
}

/// Fades in over the first `fade` samples of a clip of `length`, and out over the last, as far as
/// `samples`, which begin at sample `from` of the clip, have a part in that.
pub fn fade(samples: &mut [i16], from: u64, length: u64, fade: u64) {
    let fade = fade.min(length / 2);
    for (n, sample) in samples.iter_mut().enumerate() {
        let at = from + n as u64;
        let edge = at.min((length - 1).saturating_sub(at));
        if edge < fade {
            let share = (edge as f64 + 0.5) / fade as f64;
            let gain = 0.5 - 0.5 * (std::f64::consts::PI * share).cos();
            *sample = (f64::from(*sample) * gain).round() as i16;
        }
    }
}

/// Frequency of the tone that stands for what must not be heard, in hertz.
const TONE_HZ: f64 = 1_000.0;

/// Peak of the tone: 20 dB below full scale.
const TONE_PEAK: f64 = 3_277.0;

/// Samples over which the tone comes and goes: 5 ms, against clicks.
const TONE_RAMP: u64 = 240;

/// Puts a tone in the place of everything that is heard in `stretches`; nothing of it is left below.
/// `samples` begin at `from` on the session's timeline.
pub fn beep(samples: &mut [i16], from: Tick, stretches: &[Span]) {
    for stretch in stretches {
        let first = stretch.start.0.max(from.0);
        let end = stretch.end.0.min(from.0 + samples.len() as u64);
        for at in first..end {
            let edge = (at - stretch.start.0).min(stretch.end.0 - 1 - at);
            let gain = (edge as f64 / TONE_RAMP as f64).min(1.0);
            let turn = at as f64 / TICKS_PER_SECOND as f64 * TONE_HZ;
            let tone = TONE_PEAK * gain * (turn.fract() * std::f64::consts::TAU).sin();
            samples[(at - from.0) as usize] = tone.round() as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tone_leaves_nothing_of_what_it_covers_in_whatever_blocks_it_comes() {
        let stretch = [Span::new(Tick(300), Tick(9_000))];
        let beeped = |loud: i16, block: usize| {
            let mut all = Vec::new();
            for from in (0..12_000).step_by(block) {
                let mut samples = vec![loud; block];
                beep(&mut samples, Tick(from as u64), &stretch);
                all.extend(samples);
            }
            all
        };
        let (loud, quiet) = (beeped(20_000, 4_000), beeped(0, 1_000));
        assert_eq!(loud[300..9_000], quiet[300..9_000]);
        assert!(
            loud[..300]
                .iter()
                .chain(&loud[9_000..])
                .all(|s| *s == 20_000)
        );
        assert!(loud[600..8_700].iter().any(|s| *s > 3_000));
        assert_eq!((loud[300], loud[8_999]), (0, 0));
    }

    #[test]
    fn sound_is_added_and_held_within_full_scale() {
        let mut sum = vec![1, i16::MAX, i16::MIN];
        add(&mut sum, &[2, 1, -1, 7]);
        assert_eq!(sum, [3, i16::MAX, i16::MIN, 7]);
    }

    proptest! {
        #[test]
        fn only_the_ends_fade_and_blocks_do_not_matter(length in 1_usize..400, block in 1_usize..90) {
            let mut whole = vec![10_000_i16; length];
            fade(&mut whole, 0, length as u64, 48);
            let mut pieces = vec![10_000_i16; length];
            for (n, piece) in pieces.chunks_mut(block).enumerate() {
                fade(piece, (n * block) as u64, length as u64, 48);
            }
            prop_assert_eq!(&whole, &pieces);
            let ramp = 48.min(length / 2);
            prop_assert!(whole[ramp..length - ramp].iter().all(|&s| s == 10_000));
            prop_assert!(whole[..ramp].is_sorted());
            prop_assert!(ramp < 8 || whole[0] < 1_000);
            let mut back = whole.clone();
            back.reverse();
            prop_assert_eq!(back, whole);
        }
    }
}

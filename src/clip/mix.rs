//! Tracks into one, and fades.

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

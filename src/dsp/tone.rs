//! Two short notes that are known again when they are heard: a test of the way from the loudspeakers to
//! a track.

use std::f32::consts::TAU;
use std::num::NonZeroU32;

/// The two notes in hertz: A and E of one chord, pleasant enough and unlike speech.
const NOTES: [f32; 2] = [880.0, 1_318.5];

/// Length of a note, and of its rise and fall, in seconds.
const NOTE_S: f32 = 0.3;
const EDGE_S: f32 = 0.02;

/// Amplitude: -26 dBFS, a quiet sound.
const AMPLITUDE: f32 = 0.05;

/// Length in seconds of a stretch in which a note is looked for.
const FRAME_S: f32 = 0.04;

/// Stretches in a row that have to hold a note, and the pause allowed between the two.
const RUN: usize = 4;
const PAUSE: usize = 5;

/// A note is there when it is this share of the power, this much stronger than the other note, and this
/// loud.
const SHARE: f32 = 0.1;
const STRONGER: f32 = 4.0;
const LEAST_DB: f32 = -75.0;

/// The notes as they were heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// Sample at which they begin, within 40 ms.
    pub at: usize,
    /// Their level in dBFS.
    pub level_db: f32,
}

/// The two notes at a sample rate, full scale at 1.
pub fn notes(rate: NonZeroU32) -> Vec<f32> {
    let rate = rate.get() as f32;
    let length = (NOTE_S * rate) as usize;
    let edge = EDGE_S * rate;
    let note = |hertz: f32| {
        (0..length).map(move |n| {
            let from_end = n.min(length - 1 - n) as f32;
            (TAU * hertz * n as f32 / rate).sin() * AMPLITUDE * (from_end / edge).min(1.0)
        })
    };
    NOTES.into_iter().flat_map(note).collect()
}

/// Finds the notes in mono samples, under whatever else sounds there.
pub fn find(samples: &[f32], rate: NonZeroU32) -> Option<Heard> {
    let length = (FRAME_S * rate.get() as f32) as usize;
    let frames: Vec<[f32; 2]> = samples
        .chunks_exact(length.max(1))
        .map(|frame| powers(frame, rate))
        .collect();
    let holds = |frame: &[f32; 2], note: usize| frame[note] > STRONGER * frame[1 - note];
    let run = |from: usize, note: usize| {
        let frames = frames[from..].iter();
        frames.take_while(|frame| holds(frame, note)).count()
    };
    (0..frames.len()).find_map(|from| {
        let first = run(from, 0);
        if first < RUN {
            return None;
        }
        let after = from + first;
        let second = (after..frames.len().min(after + PAUSE)).any(|next| run(next, 1) >= RUN);
        second.then(|| {
            let loudest = frames[from..after].iter().map(|frame| frame[0]);
            Heard {
                at: from * length,
                level_db: 10.0 * loudest.fold(0.0, f32::max).log10(),
            }
        })
    })
}

/// Power of each note in a stretch, full scale 1; 0 where it is not there.
fn powers(frame: &[f32], rate: NonZeroU32) -> [f32; 2] {
    let whole = frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32;
    let least = 10_f32.powf(LEAST_DB / 10.0);
    NOTES.map(|hertz| {
        let power = power(frame, hertz, rate);
        match power >= SHARE * whole && power >= least {
            true => power,
            false => 0.0,
        }
    })
}

/// Power of a sine in a stretch: the Goertzel algorithm.
fn power(frame: &[f32], hertz: f32, rate: NonZeroU32) -> f32 {
    let turn = 2.0 * (TAU * hertz / rate.get() as f32).cos();
    let (mut last, mut before) = (0.0_f32, 0.0_f32);
    for sample in frame {
        (last, before) = (sample + turn * last - before, last);
    }
    let squared = last * last + before * before - turn * last * before;
    2.0 * squared / (frame.len() as f32).powi(2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(hertz: u32) -> NonZeroU32 {
        NonZeroU32::new(hertz).unwrap()
    }

    fn noise(seed: u64, length: usize, size: f32) -> Vec<f32> {
        let mut state = seed | 1;
        let mut dice = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0) * size
        };
        (0..length).map(|_| dice()).collect()
    }

    #[test]
    fn the_notes_are_found_where_they_are() {
        for hertz in [16_000, 44_100, 48_000] {
            let rate = rate(hertz);
            let mut sound = noise(7, hertz as usize, 0.002);
            let notes = notes(rate);
            let at = hertz as usize / 3;
            for (sample, note) in sound[at..].iter_mut().zip(&notes) {
                *sample += note / 4.0;
            }
            let heard = find(&sound, rate).expect("the notes");
            assert!(heard.at.abs_diff(at) <= hertz as usize / 20, "{heard:?}");
            assert!((heard.level_db - -41.0).abs() < 1.5, "{heard:?}");
        }
    }

    #[test]
    fn one_note_or_the_notes_in_the_wrong_order_are_not_the_sign() {
        let rate = rate(48_000);
        let notes = notes(rate);
        let (first, second) = notes.split_at(notes.len() / 2);
        assert!(find(&[first, second].concat(), rate).is_some());
        assert!(find(&[second, first].concat(), rate).is_none());
        assert!(find(&[first, first].concat(), rate).is_none());
        assert!(find(&[], rate).is_none());
        assert!(find(&vec![0.0; 48_000], rate).is_none());
    }

    proptest! {
        #[test]
        fn noise_is_no_sign(seed in 1_u64..u64::MAX, size in 0.0001_f32..1.0) {
            prop_assert_eq!(find(&noise(seed, 48_000, size), rate(48_000)), None);
        }
    }
}

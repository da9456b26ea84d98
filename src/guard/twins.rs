//! Whether two tracks hear the same: some systems put the microphone in the place of a device that
//! has gone, and a call recorded like that has one side twice.

use super::{cleared, raised};
use crate::event::{Warning, WarningCode};

/// Samples that are averaged into one: 16 kHz become 4 kHz.
const THIN: usize = 4;

/// How far the tracks may be apart, in thinned samples: 20 ms, more than the audio system's stamps
/// ever err.
const LAG: usize = 80;

/// Thinned samples that are compared at least: half a second.
const LEAST: usize = 2_000;

/// Mean square of a thinned sample, full scale 1, below which there is nothing to compare: -50 dBFS.
const AUDIBLE: f64 = 1e-5;

/// Correlation from which tracks are equal, and below which they are not. A room or a telephone
/// between a loudspeaker and the microphone leaves far less.
const EQUAL: f64 = 0.95;
const DIFFERENT: f64 = 0.8;

/// Looks in a row that have to say the same.
const LOOKS: u8 = 3;

/// The largest correlation of two stretches of 16 kHz sound at a lag within 20 ms; `None` where one of
/// them is too short or too quiet to tell.
pub fn likeness(a: &[i16], b: &[i16]) -> Option<f64> {
    let (a, b) = (thinned(a), thinned(b));
    let length = a.len().min(b.len());
    let audible = |x: &[f64]| energy(x) / x.len() as f64 >= AUDIBLE;
    if length < LEAST + 2 * LAG || !audible(&a) || !audible(&b) {
        return None;
    }
    let middle = &a[LAG..length - LAG];
    let own = energy(middle);
    let at = |lag: usize| {
        let other = &b[lag..lag + middle.len()];
        let product: f64 = middle.iter().zip(other).map(|(x, y)| x * y).sum();
        product / (own * energy(other)).sqrt().max(f64::MIN_POSITIVE)
    };
    (0..=2 * LAG).map(at).max_by(f64::total_cmp)
}

/// Means of four samples, without what is constant.
fn thinned(samples: &[i16]) -> Vec<f64> {
    let scale = 1.0 / (THIN as f64 * 32_768.0);
    let mut thin: Vec<f64> = samples
        .chunks_exact(THIN)
        .map(|four| four.iter().map(|&s| f64::from(s)).sum::<f64>() * scale)
        .collect();
    let mean = thin.iter().sum::<f64>() / thin.len().max(1) as f64;
    thin.iter_mut().for_each(|x| *x -= mean);
    thin
}

fn energy(samples: &[f64]) -> f64 {
    samples.iter().map(|x| x * x).sum()
}

/// Watches two tracks.
#[derive(Clone, Debug, Default)]
pub struct Twins {
    alarm: bool,
    /// Looks in a row that speak against what holds now.
    against: u8,
}

impl Twins {
    /// Takes a look at both tracks; returns what a person should know. Looks at silence count for
    /// nothing.
    pub fn push(&mut self, likeness: Option<f64>) -> Option<Warning> {
        let likeness = likeness?;
        let speaks_against = match self.alarm {
            false => likeness > EQUAL,
            true => likeness < DIFFERENT,
        };
        self.against = match speaks_against {
            true => self.against + 1,
            false => 0,
        };
        if self.against < LOOKS {
            return None;
        }
        self.against = 0;
        self.alarm = !self.alarm;
        let code = WarningCode::TracksEqual;
        Some(match self.alarm {
            true => raised(
                code,
                None,
                "both tracks hear the same: check which devices are recorded (verbatim devices)"
                    .into(),
            ),
            false => cleared(code, None, "the tracks differ again".into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Alarm;

    /// Something like a voice: tones that come and go, from a seed.
    fn voice(seed: u64, samples: usize) -> Vec<i16> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut dice = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut out = Vec::with_capacity(samples);
        while out.len() < samples {
            let (hertz, size, length) =
                (90.0 + 400.0 * dice(), dice(), 800 + (dice() * 3e3) as usize);
            for n in 0..length {
                let t = n as f64 / 16_000.0 * std::f64::consts::TAU * hertz;
                let shape = (n as f64 / length as f64 * std::f64::consts::PI).sin();
                let tone = t.sin() + 0.4 * (2.0 * t).sin() + 0.2 * (dice() - 0.5);
                out.push((tone * shape * size * 8_000.0) as i16);
            }
        }
        out.truncate(samples);
        out
    }

    #[test]
    fn a_track_is_like_itself_also_a_little_later_and_quieter() {
        let a = voice(1, 48_000);
        assert!(likeness(&a, &a).unwrap() > 0.999);
        let later: Vec<i16> = a[200..].iter().map(|s| s / 3).collect();
        assert!(likeness(&a, &later).unwrap() > 0.98);
        assert!(likeness(&later, &a).unwrap() > 0.98);
        // Half a second later it is what somebody else might have said.
        assert!(likeness(&a, &a[8_000..]).unwrap() < 0.7);
    }

    #[test]
    fn two_voices_and_an_echo_are_not_alike() {
        let (a, b) = (voice(1, 48_000), voice(2, 48_000));
        assert!(likeness(&a, &b).unwrap() < 0.6);
        // What a microphone hears of a loudspeaker: many delays, and its own side's voice.
        let echo: Vec<i16> = (0..a.len())
            .map(|n| {
                let heard = [(60, 4), (170, 5), (290, 6), (700, 6), (1_500, 8)];
                let room: i32 = heard
                    .iter()
                    .filter(|(delay, _)| n >= *delay)
                    .map(|&(delay, less)| i32::from(a[n - delay]) / less)
                    .sum();
                (room + i32::from(b[n]) / 2) as i16
            })
            .collect();
        assert!(likeness(&a, &echo).unwrap() < 0.9);
    }

    #[test]
    fn silence_tells_nothing() {
        let a = voice(1, 48_000);
        assert_eq!(likeness(&a, &vec![0; 48_000]), None);
        assert_eq!(likeness(&a, &vec![7; 48_000]), None);
        assert_eq!(likeness(&a[..4_000], &a[..4_000]), None);
        assert_eq!(likeness(&[], &[]), None);
    }

    #[test]
    fn three_looks_in_a_row_raise_and_clear() {
        let mut twins = Twins::default();
        let looks = [
            0.99, 0.99, 0.5, 0.99, 0.97, 0.99, 0.99, 0.9, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1,
        ];
        let told: Vec<(usize, Alarm)> = looks
            .iter()
            .enumerate()
            .filter_map(|(n, look)| Some((n, twins.push(Some(*look))?.alarm?)))
            .collect();
        assert_eq!(told, [(5, Alarm::Raised), (13, Alarm::Cleared)]);
    }

    proptest! {
        #[test]
        fn alarms_alternate(looks in proptest::collection::vec(proptest::option::of(0.0..1.0), 0..200)) {
            let mut twins = Twins::default();
            let told: Vec<Alarm> = looks.iter().filter_map(|l| twins.push(*l)?.alarm).collect();
            for (n, alarm) in told.iter().enumerate() {
                prop_assert_eq!(*alarm, if n % 2 == 0 { Alarm::Raised } else { Alarm::Cleared });
            }
        }

        #[test]
        fn any_samples_give_a_correlation(
            a in proptest::collection::vec(any::<i16>(), 0..12_000),
            b in proptest::collection::vec(any::<i16>(), 0..12_000),
        ) {
            if let Some(likeness) = likeness(&a, &b) {
                prop_assert!((-1.001..=1.001).contains(&likeness));
            }
        }
    }
}

use std::f64::consts::TAU;

use super::*;

/// A follower that reads at a fixed speed.
fn at_speed(step: f64) -> Follower {
    Follower {
        step,
        ..Follower::default()
    }
}

/// A sine at -6 dB.
fn sine(hertz: f64, seconds: usize) -> Vec<f32> {
    (0..seconds * 48_000)
        .map(|n| (0.5 * (TAU * hertz * n as f64 / 48_000.0).sin()) as f32)
        .collect()
}

/// Plays `samples` in blocks to a follower that is told of a drift of `slope` from the start.
fn followed(samples: &[f32], block: usize, slope: f64) -> (Vec<f32>, Follower) {
    let mut follower = Follower::default();
    let mut out = Vec::new();
    let mut taken = 0;
    for block in samples.chunks(block) {
        follower.push(block, &mut out);
        taken += block.len();
        follower.steer(Drift {
            late_s: slope * taken as f64 / 48_000.0,
            slope,
        });
    }
    follower.finish(&mut out);
    (out, follower)
}

/// What is left of a sine when the best sine of that frequency is taken away, in dB below it.
fn residue_db(samples: &[f32], hertz: f64) -> f64 {
    let (mut s, mut c, mut ss, mut cc, mut sc, mut all) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        let (sin, cos) = (TAU * hertz * n as f64 / 48_000.0).sin_cos();
        let sample = f64::from(sample);
        s += sample * sin;
        c += sample * cos;
        ss += sin * sin;
        cc += cos * cos;
        sc += sin * cos;
        all += sample * sample;
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((s * cc - c * sc) / det, (c * ss - s * sc) / det);
    let explained = a * s + b * c;
    10.0 * ((all - explained).max(1e-30) / explained).log10()
}

#[test]
fn what_needs_no_correction_passes_bit_for_bit() {
    let samples: Vec<f32> = (0..100_000).map(|n| ((n * 7_919) % 1_001) as f32).collect();
    for block in [1, 7, 960, 48_000] {
        let (out, follower) = followed(&samples, block, 0.0);
        assert!(out == samples, "blocks of {block}");
        assert_eq!(follower.corrected(), 0);
    }
}

#[test]
fn a_drift_is_corrected_to_a_quarter_of_a_millisecond() {
    for (ppm, seconds) in [(-300.0, 100), (10.0, 500), (100.0, 150)] {
        let slope = ppm * 1e-6;
        let (out, follower) = followed(&vec![0.0; seconds * 48_000], 960, slope);
        let wanted = slope * (seconds * 48_000) as f64;
        let made = out.len() as f64 - (seconds * 48_000) as f64;
        assert!(
            (made - wanted).abs() <= CLOSE,
            "{ppm} ppm: {made} samples, not {wanted}"
        );
        assert!((follower.corrected() as f64 - made).abs() <= 1.0);
    }
}

#[test]
fn what_a_busy_machine_may_pretend_changes_no_sample() {
    let samples = sine(440.0, 30);
    let mut follower = Follower::default();
    let mut out = Vec::new();
    for (n, block) in samples.chunks(960).enumerate() {
        follower.push(block, &mut out);
        let late_s = if n % 100 < 50 { -0.002_9 } else { 0.002_9 };
        let slope = late_s * 0.02;
        follower.steer(Drift { late_s, slope });
    }
    follower.finish(&mut out);
    assert!(out == samples);
}

/// The largest step from one sample to the next, away from the ends of the sound.
fn largest_step(samples: &[f32]) -> f64 {
    let step = |pair: &[f32]| f64::from((pair[1] - pair[0]).abs());
    let inside = &samples[64..samples.len() - 64];
    inside.windows(2).map(step).fold(0.0, f64::max)
}

#[test]
fn a_sine_read_at_another_speed_stays_a_sine() {
    for hertz in [100.0, 997.0, 5_000.0, 12_000.0] {
        for ppm in [-100.0, 100.0, 500.0] {
            let mut follower = at_speed(1.0 - ppm * 1e-6);
            let mut out = Vec::new();
            follower.push(&sine(hertz, 3), &mut out);
            let db = residue_db(&out[480..out.len() - 480], hertz * follower.step);
            assert!(db < -80.0, "{hertz} Hz at {ppm} ppm: {db:.1} dB");
        }
    }
}

#[test]
fn no_step_is_larger_than_the_sound_while_the_speed_changes() {
    for hertz in [100.0, 997.0, 5_000.0] {
        for ppm in [-300.0, 100.0] {
            let (out, follower) = followed(&sine(hertz, 40), 960, ppm * 1e-6);
            assert_ne!(follower.corrected(), 0);
            let steepest = 0.5 * TAU * hertz / 48_000.0;
            let largest = largest_step(&out);
            assert!(
                largest <= steepest * 1.002,
                "{hertz} Hz: {largest} > {steepest}"
            );
        }
    }
}

#[test]
fn the_cut_into_blocks_does_not_matter() {
    let samples = sine(440.0, 4);
    let mut whole = Vec::new();
    let mut follower = at_speed(1.000_1);
    follower.push(&samples, &mut whole);
    follower.finish(&mut whole);
    for block in [1, 13, 4_801] {
        let mut out = Vec::new();
        let mut follower = at_speed(1.000_1);
        for block in samples.chunks(block) {
            follower.push(block, &mut out);
        }
        follower.finish(&mut out);
        assert!(out == whole, "blocks of {block}");
    }
}

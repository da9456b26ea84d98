use proptest::prelude::*;

use super::*;

fn rate(hertz: u32) -> NonZeroU32 {
    NonZeroU32::new(hertz).unwrap()
}

fn resample(from: u32, to: u32, input: &[f32]) -> Vec<f32> {
    let mut resampler = Resampler::new(rate(from), rate(to)).unwrap();
    let mut out = Vec::new();
    resampler.push(input, &mut out);
    resampler.finish(&mut out);
    out
}

fn sine(hertz: f64, rate: u32, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| {
            let phase = std::f64::consts::TAU * hertz * n as f64 / f64::from(rate);
            (0.5 * phase.sin()) as f32
        })
        .collect()
}

fn decibels(samples: &[f32]) -> f64 {
    let square: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    10.0 * (square / samples.len() as f64 + 1e-30).log10()
}

/// Level of the difference to the ideal sine, relative to that sine, away from the stream's ends.
fn error_db(from: u32, to: u32, hertz: f64) -> f64 {
    let out = resample(from, to, &sine(hertz, from, from as usize));
    let ideal = sine(hertz, to, out.len());
    let edge = to as usize / 10;
    let middle = edge..out.len() - edge;
    let wrong: Vec<f32> = out[middle.clone()]
        .iter()
        .zip(&ideal[middle.clone()])
        .map(|(a, b)| a - b)
        .collect();
    decibels(&wrong) - decibels(&ideal[middle])
}

#[test]
fn equal_rates_pass_bit_for_bit() {
    let input = sine(440.0, 48_000, 1_234);
    assert_eq!(resample(48_000, 48_000, &input), input);
}

#[test]
fn the_length_is_exact_for_every_rate() {
    for from in [
        4_000, 8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 37_800, 44_056, 44_100, 48_000,
        88_200, 96_000, 176_400, 192_000, 384_000,
    ] {
        for samples in [0usize, 1, 7, 1_000, from as usize + 1] {
            let out = resample(from, 48_000, &vec![0.1; samples]);
            let expected = (samples as f64 * 48_000.0 / f64::from(from)).round() as usize;
            assert_eq!(out.len(), expected, "{samples} samples at {from} Hz");
        }
    }
}

#[test]
fn a_rate_that_shares_no_factor_still_works() {
    assert!(error_db(44_101, 48_000, 1_000.0) < -90.0);
}

#[test]
fn rates_out_of_bounds_are_refused() {
    for (from, to) in [(3_999, 48_000), (48_000, 400_000)] {
        let error = Resampler::new(rate(from), rate(to)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadAudio);
    }
}

#[test]
fn tones_in_the_passband_keep_their_place_and_size() {
    for (from, to, hertz) in [
        (44_100, 48_000, 50.0),
        (44_100, 48_000, 1_000.0),
        (44_100, 48_000, 15_000.0),
        (8_000, 48_000, 3_000.0),
        (96_000, 48_000, 15_000.0),
        (48_000, 16_000, 100.0),
        (48_000, 16_000, 1_000.0),
        (48_000, 16_000, 6_000.0),
    ] {
        let error = error_db(from, to, hertz);
        assert!(error < -80.0, "{from} -> {to}, {hertz} Hz: {error:.1} dB");
    }
}

#[test]
fn tones_above_the_limit_do_not_fold_back() {
    for (from, to, hertz) in [
        (48_000, 16_000, 8_200.0),
        (48_000, 16_000, 9_500.0),
        (48_000, 16_000, 15_000.0),
        (48_000, 16_000, 23_000.0),
        (96_000, 48_000, 25_000.0),
        (192_000, 48_000, 47_000.0),
    ] {
        let out = resample(from, to, &sine(hertz, from, from as usize));
        let edge = to as usize / 10;
        let level = decibels(&out[edge..out.len() - edge]) - decibels(&sine(hertz, from, 48_000));
        assert!(level < -80.0, "{from} -> {to}, {hertz} Hz: {level:.1} dB");
    }
}

#[test]
fn an_impulse_stays_where_it_is() {
    for (from, to) in [(44_100u32, 48_000u32), (48_000, 16_000), (16_000, 48_000)] {
        let mut input = vec![0.0; from as usize];
        input[from as usize / 2] = 1.0;
        let out = resample(from, to, &input);
        let (peak, _) = out
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
            .unwrap();
        assert_eq!(peak, to as usize / 2, "{from} -> {to}");
    }
}

#[test]
fn a_finished_resampler_starts_afresh() {
    let input = sine(300.0, 44_100, 10_000);
    let mut resampler = Resampler::new(rate(44_100), rate(48_000)).unwrap();
    let mut first = Vec::new();
    resampler.push(&input, &mut first);
    resampler.finish(&mut first);
    let mut second = Vec::new();
    resampler.push(&input, &mut second);
    resampler.finish(&mut second);
    assert_eq!(first, second);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_output_does_not_depend_on_the_cuts(
        from in prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000, 96_000]),
        cuts in prop::collection::vec(0usize..3_000, 1..20),
    ) {
        let input = sine(700.0, from, 9_000);
        let whole = resample(from, 16_000, &input);
        let mut resampler = Resampler::new(rate(from), rate(16_000)).unwrap();
        let mut out = Vec::new();
        let mut rest = &input[..];
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            resampler.push(head, &mut out);
            rest = tail;
        }
        resampler.push(rest, &mut out);
        resampler.finish(&mut out);
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn decimation_gives_a_third(blocks in prop::collection::vec(0usize..2_000, 0..10)) {
        let mut decimator = Decimator::new();
        let mut out = Vec::new();
        for &block in &blocks {
            decimator.push(&vec![100; block], &mut out);
        }
        decimator.finish(&mut out);
        let total: usize = blocks.iter().sum();
        prop_assert_eq!(out.len(), (total + 1) / 3);
    }
}

//! Speech in noise, noise without speech, and quiet and loud speech: bounds that hold with room to
//! spare on the sample call.
#![cfg(feature = "webrtc")]

#[path = "support/hearing.rs"]
mod support;

use support::{
    NOISES, Noise, Score, alone, archive, gain, in_ms, labels, mix, score, spans, speech_rms, track,
};
use verbatim::audio::Track;
use verbatim::voice::analysis::AnalysisOptions;

/// Pauses that the span machine closes, in milliseconds.
const JOIN_MS: usize = 400;

fn scored(clean: &[i16], heard: &[i16]) -> Score {
    let found = in_ms(&spans(&archive(heard), AnalysisOptions::default()));
    score(&found, &labels(clean, JOIN_MS), clean.len() as u64 / 16)
}

fn both_tracks(check: impl Fn(&[i16])) {
    for side in [Track::Mic, Track::System] {
        check(&track(side));
    }
}

#[test]
fn level_does_not_matter() {
    both_tracks(|clean| {
        let to = |dbfs: f64| dbfs - 20.0 * (speech_rms(clean) / 32_768.0).log10();
        for dbfs in [-45.0, -35.0, -25.0, -12.0] {
            let score = scored(clean, &gain(clean, to(dbfs)));
            assert!(score.f1 > 0.97, "{dbfs} dBFS: {score:?}");
            assert!(score.onset_ms <= 30.0, "{dbfs} dBFS: {score:?}");
            assert_eq!(score.missed, 0, "{dbfs} dBFS: {score:?}");
        }
    });
}

#[test]
fn a_level_change_of_twenty_decibels_in_the_call_loses_nothing() {
    both_tracks(|clean| {
        let middle = clean.len() / 2;
        let mut heard = gain(&clean[..middle], -20.0);
        heard.extend_from_slice(&clean[middle..]);
        let found = in_ms(&spans(&archive(&heard), AnalysisOptions::default()));
        let score = score(&found, &labels(clean, JOIN_MS), clean.len() as u64 / 16);
        assert!(score.recall > 0.95 && score.missed == 0, "{score:?}");
    });
}

#[test]
fn steady_noise_hardly_hurts() {
    both_tracks(|clean| {
        for noise in [Noise::White, Noise::Pink, Noise::Brown, Noise::Hum] {
            for (snr, least) in [(20.0, 0.96), (10.0, 0.93), (5.0, 0.90)] {
                let score = scored(clean, &mix(clean, noise, snr));
                assert!(score.f1 > least, "{noise:?} at {snr} dB: {score:?}");
                assert!(
                    score.false_per_minute <= 1.0,
                    "{noise:?} at {snr} dB: {score:?}"
                );
                assert!(score.clipped < 0.1, "{noise:?} at {snr} dB: {score:?}");
            }
        }
    });
}

#[test]
fn typing_costs_edges_and_not_speech() {
    both_tracks(|clean| {
        let score = scored(clean, &mix(clean, Noise::Keyboard, 20.0));
        assert!(score.recall > 0.97, "{score:?}");
        assert!(score.precision > 0.6, "{score:?}");
    });
}

#[test]
fn ten_minutes_of_noise_alone_are_next_to_nothing() {
    for noise in NOISES {
        // Music and babble are voices to a detector that knows no better.
        if matches!(noise, Noise::Music | Noise::Babble) {
            continue;
        }
        for dbfs in [-30.0, -50.0] {
            let found = in_ms(&spans(
                &archive(&alone(noise, 600, dbfs)),
                AnalysisOptions::default(),
            ));
            let total: u64 = found.iter().map(|span| span.1 - span.0).sum();
            assert!(total < 6_000, "{noise:?} at {dbfs} dBFS: {total} ms");
        }
    }
}

#[test]
fn silence_is_nothing() {
    let spans = spans(&vec![0; 48_000 * 60], AnalysisOptions::default());
    assert!(spans.is_empty(), "{spans:?}");
}

#[test]
fn speech_right_at_the_start_is_found() {
    let clean = &track(Track::Mic)[1_200 * 16..];
    let found = in_ms(&spans(&archive(clean), AnalysisOptions::default()));
    assert!(found[0].0 <= 40, "{:?}", found[0]);
}

#[test]
fn backchannels_of_a_fifth_of_a_second_are_kept() {
    // The loudest 200 ms of the call's own "Mm-hmm.", alone among silence, again and again.
    let call = track(Track::Mic);
    let word = &call[26_300 * 16..26_500 * 16];
    let mut heard = vec![0i16; 16_000];
    for _ in 0..10 {
        heard.extend_from_slice(word);
        heard.extend(vec![0i16; 24_000]);
    }
    let found = in_ms(&spans(&archive(&heard), AnalysisOptions::default()));
    assert_eq!(found.len(), 10, "{found:?}");
    assert!(
        found
            .iter()
            .all(|span| (150..300).contains(&(span.1 - span.0)))
    );
}

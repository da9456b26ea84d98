//! How close a session comes to the truth.

use std::path::Path;

use serde_json::Value;

use super::program::{json, truth};
use super::wer;

/// The text that a session has for a track, in order of time.
pub fn said(session: &Path, track: &str) -> String {
    let transcript = json(&session.join("transcript.json"));
    let texts: Vec<String> = array(&transcript["segments"])
        .filter(|segment| segment["track"] == track)
        .map(|segment| segment["text"].as_str().expect("text").to_owned())
        .collect();
    texts.join(" ")
}

/// Word error rate of a session against the sample call's truth, both tracks together.
pub fn error_rate(session: &Path) -> f64 {
    let truth = truth();
    let (mut errors, mut words) = (0, 0);
    for track in ["mic", "system"] {
        let reference: Vec<&str> = array(&truth["turns"])
            .filter(|turn| turn["track"] == track)
            .map(|turn| turn["text"].as_str().expect("text"))
            .collect();
        let (e, w) = wer::errors(&reference.join(" "), &said(session, track));
        errors += e;
        words += w;
    }
    errors as f64 / words as f64
}

/// Share of the true turn boundaries that a turns document meets within `within_ms`, when the
/// document's times are `shift_ms` later than the truth's.
pub fn boundaries_met(turns: &Value, shift_ms: i64, within_ms: i64) -> f64 {
    let truth = truth();
    let (mut met, mut all) = (0, 0);
    for turn in array(&truth["turns"]) {
        for edge in ["start_ms", "end_ms"] {
            all += 1;
            let wanted = turn[edge].as_i64().expect("ms") + shift_ms;
            let hit = array(&turns["turns"])
                .filter(|t| t["track"] == turn["track"])
                .any(|t| (t[edge].as_i64().expect("ms") - wanted).abs() <= within_ms);
            met += i32::from(hit);
        }
    }
    f64::from(met) / f64::from(all)
}

/// Share of the speech that the truth gives to the microphone.
pub fn true_mic_share() -> f64 {
    let truth = truth();
    let talk = |track: &str| truth["talk_ms"][track].as_f64().expect("ms");
    talk("mic") / (talk("mic") + talk("system"))
}

/// A document's talk share of a track.
pub fn talk_share(turns: &Value, track: &str) -> f64 {
    array(&turns["tracks"])
        .find(|t| t["track"] == track)
        .and_then(|t| t["talk_share"].as_f64())
        .expect("a talk share")
}

/// How many samples of `rate` the recording lies behind the reference: the lag with the largest
/// correlation of the two tracks' envelopes, refined on the samples themselves. Both at 16 kHz.
pub fn lag(reference: &[i16], recording: &[i16], max_lag: usize) -> usize {
    let coarse = best_lag(
        &decimate(reference),
        &decimate(recording),
        0,
        max_lag / STEP,
    );
    let from = (coarse * STEP).saturating_sub(4 * STEP);
    best_lag_samples(reference, recording, from, from + 8 * STEP)
}

const STEP: usize = 160;

/// Absolute level in steps of 10 ms.
fn decimate(samples: &[i16]) -> Vec<f64> {
    samples
        .chunks(STEP)
        .map(|chunk| chunk.iter().map(|&s| f64::from(s).abs()).sum())
        .collect()
}

fn best_lag(reference: &[f64], recording: &[f64], from: usize, to: usize) -> usize {
    (from..=to)
        .max_by(|&a, &b| score(reference, recording, a).total_cmp(&score(reference, recording, b)))
        .unwrap_or(from)
}

fn score(reference: &[f64], recording: &[f64], lag: usize) -> f64 {
    reference
        .iter()
        .zip(recording.iter().skip(lag))
        .map(|(a, b)| a * b)
        .sum()
}

fn best_lag_samples(reference: &[i16], recording: &[i16], from: usize, to: usize) -> usize {
    let as_f64 = |samples: &[i16]| samples.iter().map(|&s| f64::from(s)).collect::<Vec<f64>>();
    best_lag(&as_f64(reference), &as_f64(recording), from, to)
}

/// Iterates a JSON array; panics when it is none.
pub fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("not an array: {value}"))
        .iter()
}

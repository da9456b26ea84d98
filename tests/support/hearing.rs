//! Labelled speech for the voice tests: the sample call, noises to put under it, and scores.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use verbatim::audio::Track;
use verbatim::dsp::mixdown::{append_f32, append_i16};
use verbatim::dsp::resample::Resampler;
use verbatim::engine::webrtc::WebRtc;
use verbatim::time::Span;
use verbatim::voice::Detector;
use verbatim::voice::analysis::{AnalysisOptions, Analyzer, VoiceEvent};

/// Analysis rate in samples a millisecond.
const PER_MS: usize = 16;

/// A turn of the sample call as it was rendered.
#[derive(Clone, Debug)]
pub struct TrueTurn {
    pub track: Track,
    pub start_ms: u64,
    pub end_ms: u64,
    pub text: String,
}

/// The sample call's folder.
pub fn sample_call() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample-call")
}

/// The sample call's turns and its length in milliseconds.
pub fn truth() -> (Vec<TrueTurn>, u64) {
    let text = std::fs::read_to_string(sample_call().join("truth.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let turns = json["turns"].as_array().unwrap();
    let turns = turns
        .iter()
        .map(|turn| TrueTurn {
            track: turn["track"].as_str().unwrap().parse().unwrap(),
            start_ms: turn["start_ms"].as_u64().unwrap(),
            end_ms: turn["end_ms"].as_u64().unwrap(),
            text: turn["text"].as_str().unwrap().to_owned(),
        })
        .collect();
    (turns, json["duration_ms"].as_u64().unwrap())
}

/// Samples of a mono FLAC file.
pub fn read_flac(path: &Path) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(path).unwrap();
    let info = reader.streaminfo();
    assert_eq!((info.channels, info.bits_per_sample), (1, 16));
    assert_eq!(info.sample_rate, 16_000);
    reader.samples().map(|s| s.unwrap() as i16).collect()
}

/// One track of the sample call at 16 kHz.
pub fn track(track: Track) -> Vec<i16> {
    read_flac(&sample_call().join(format!("{track}.flac")))
}

/// 16 kHz to the archive's 48 kHz.
pub fn archive(samples: &[i16]) -> Vec<i16> {
    let rate = |hertz| NonZeroU32::new(hertz).unwrap();
    let mut resampler = Resampler::new(rate(16_000), rate(48_000)).unwrap();
    let (mut narrow, mut wide, mut out) = (Vec::new(), Vec::new(), Vec::new());
    append_f32(samples, &mut narrow);
    resampler.push(&narrow, &mut wide);
    resampler.finish(&mut wide);
    append_i16(&wide, &mut out);
    out
}

/// Speech spans that the analyzer finds in archive samples.
pub fn spans(samples: &[i16], options: AnalysisOptions) -> Vec<Span> {
    ends(
        Analyzer::new(Track::Mic, Box::new(WebRtc::new()), options),
        samples,
    )
}

/// Speech spans that a detector finds in archive samples with the options that suit it.
pub fn spans_by(detector: Box<dyn Detector>, samples: &[i16]) -> Vec<Span> {
    ends(Analyzer::suited(Track::Mic, detector), samples)
}

fn ends(mut analyzer: Analyzer, samples: &[i16]) -> Vec<Span> {
    let mut events = Vec::new();
    for block in samples.chunks(960) {
        analyzer.push(block, &mut events);
    }
    analyzer.finish(&mut events);
    events
        .into_iter()
        .filter_map(|event| match event {
            VoiceEvent::SpeechEnd { span, .. } => Some(span),
            _ => None,
        })
        .collect()
}

/// Root mean square of samples.
pub fn rms(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// Where clean speech sounds, in milliseconds: stretches within 40 dB of the speech's own level,
/// pauses below `join_ms` filled, blips below 30 ms dropped.
pub fn labels(clean: &[i16], join_ms: usize) -> Vec<(u64, u64)> {
    let active: Vec<f64> = clean.chunks(10 * PER_MS).map(rms).collect();
    let mut sorted = active.clone();
    sorted.sort_by(f64::total_cmp);
    let loud = sorted[sorted.len() * 95 / 100];
    let least = loud * 10f64.powf(-36.0 / 20.0);
    let fine: Vec<bool> = clean.chunks(5 * PER_MS).map(|c| rms(c) > least).collect();
    let mut spans: Vec<(u64, u64)> = Vec::new();
    let mut at = 0;
    while at < fine.len() {
        let run = fine[at..].iter().take_while(|&&x| x == fine[at]).count();
        if fine[at] && run >= 6 {
            let (start, end) = (at as u64 * 5, (at + run) as u64 * 5);
            match spans.last_mut() {
                Some(last) if start - last.1 < join_ms as u64 => last.1 = end,
                _ => spans.push((start, end)),
            }
        }
        at += run;
    }
    spans
}

/// A deterministic random number generator (xorshift).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From -1 to 1, evenly.
    pub fn even(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// A background sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    White,
    Pink,
    Brown,
    Hum,
    Keyboard,
    Music,
    Babble,
}

/// All backgrounds.
pub const NOISES: [Noise; 7] = [
    Noise::White,
    Noise::Pink,
    Noise::Brown,
    Noise::Hum,
    Noise::Keyboard,
    Noise::Music,
    Noise::Babble,
];

/// `samples` samples of a background at 16 kHz, with a root mean square of 1.
pub fn noise(kind: Noise, samples: usize, seed: u64) -> Vec<f64> {
    let mut dice = Dice(seed | 1);
    let mut out = vec![0.0; samples];
    match kind {
        Noise::White => out.iter_mut().for_each(|x| *x = dice.even()),
        Noise::Pink => pink(&mut out, &mut dice),
        Noise::Brown => {
            let mut sum = 0.0;
            for x in &mut out {
                sum = sum * 0.998 + dice.even();
                *x = sum;
            }
        }
        Noise::Hum => {
            for (n, x) in out.iter_mut().enumerate() {
                let t = n as f64 / 16_000.0;
                *x = (1..12)
                    .map(|h| (std::f64::consts::TAU * 50.0 * f64::from(h) * t).sin() / f64::from(h))
                    .sum::<f64>()
                    + dice.even() * 0.05;
            }
        }
        Noise::Keyboard => keyboard(&mut out, &mut dice),
        Noise::Music => music(&mut out, &mut dice),
        Noise::Babble => babble(&mut out, &mut dice),
    }
    let mean = (out.iter().map(|x| x * x).sum::<f64>() / samples.max(1) as f64).sqrt();
    out.iter_mut().for_each(|x| *x /= mean);
    out
}

fn pink(out: &mut [f64], dice: &mut Dice) {
    let mut b = [0.0; 3];
    for x in out {
        let white = dice.even();
        b[0] = 0.99765 * b[0] + white * 0.0990460;
        b[1] = 0.96300 * b[1] + white * 0.2965164;
        b[2] = 0.57000 * b[2] + white * 1.0526913;
        *x = b[0] + b[1] + b[2] + white * 0.1848;
    }
}

/// Key strokes: two damped noise bursts (press and release) five to nine times a second.
fn keyboard(out: &mut [f64], dice: &mut Dice) {
    let mut at = 0;
    while at < out.len() {
        for (delay, size) in [(0, 1.0), (1_100 + dice.below(500), 0.5)] {
            let size = size * (0.6 + 0.4 * dice.even().abs());
            for (k, x) in out.iter_mut().skip(at + delay).take(480).enumerate() {
                *x += size * dice.even() * (-(k as f64) / 60.0).exp();
            }
        }
        at += 1_800 + dice.below(1_400);
    }
    out.iter_mut().for_each(|x| *x += dice.even() * 0.002);
}

/// Chords of decaying tones, one to four a second.
fn music(out: &mut [f64], dice: &mut Dice) {
    let mut at = 0;
    while at < out.len() {
        let length = 4_000 + dice.below(12_000);
        for _ in 0..3 {
            let hertz = 110.0 * 2f64.powf(dice.below(36) as f64 / 12.0);
            for (k, x) in out.iter_mut().skip(at).take(length * 2).enumerate() {
                let t = k as f64 / 16_000.0;
                let tone: f64 = (1..6)
                    .map(|h| {
                        (std::f64::consts::TAU * hertz * f64::from(h) * t).sin() / f64::from(h * h)
                    })
                    .sum();
                *x += tone * (-t * 2.5).exp() * (t * 100.0).min(1.0);
            }
        }
        at += length;
    }
}

/// Twelve voices at once: the call's own two, from many places.
fn babble(out: &mut [f64], dice: &mut Dice) {
    let voices = [track(Track::Mic), track(Track::System)];
    for n in 0..12 {
        let voice = &voices[n % 2];
        let from = dice.below(voice.len());
        for (k, x) in out.iter_mut().enumerate() {
            *x += f64::from(voice[(from + k) % voice.len()]);
        }
    }
}

/// Speech level: root mean square over the labelled stretches.
pub fn speech_rms(clean: &[i16]) -> f64 {
    let speech: Vec<i16> = labels(clean, 30)
        .iter()
        .flat_map(|&(start, end)| {
            let end = (end as usize * PER_MS).min(clean.len());
            clean[start as usize * PER_MS..end].to_vec()
        })
        .collect();
    rms(&speech)
}

/// Clean speech over a background, `snr_db` below the speech.
pub fn mix(clean: &[i16], kind: Noise, snr_db: f64) -> Vec<i16> {
    let level = speech_rms(clean) * 10f64.powf(-snr_db / 20.0);
    noise(kind, clean.len(), 0x5eed)
        .iter()
        .zip(clean)
        .map(|(&n, &s)| (n * level + f64::from(s)).round() as i16)
        .collect()
}

/// A background alone at a level in dBFS.
pub fn alone(kind: Noise, seconds: usize, dbfs: f64) -> Vec<i16> {
    let level = 32_768.0 * 10f64.powf(dbfs / 20.0);
    noise(kind, seconds * 16_000, 0xa10e)
        .iter()
        .map(|&n| (n * level).round() as i16)
        .collect()
}

/// Samples made louder or quieter.
pub fn gain(samples: &[i16], db: f64) -> Vec<i16> {
    let factor = 10f64.powf(db / 20.0);
    samples
        .iter()
        .map(|&s| (f64::from(s) * factor).round() as i16)
        .collect()
}

/// How well spans found match the spans that are there.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Harmonic mean of precision and recall over milliseconds.
    pub f1: f64,
    /// Share of true speech that was found.
    pub recall: f64,
    /// Share of what was found that is true.
    pub precision: f64,
    /// Median distance of the found start of a true span, in milliseconds.
    pub onset_ms: f64,
    /// Median distance of the found end of a true span, in milliseconds.
    pub offset_ms: f64,
    /// Share of true spans whose first 100 ms lie before anything found, with 300 ms of pre-roll.
    pub clipped: f64,
    /// True spans of which nothing was found.
    pub missed: usize,
    /// Spans found a minute that touch no true speech.
    pub false_per_minute: f64,
}

/// Compares spans, both in milliseconds, over `duration_ms`.
pub fn score(found: &[(u64, u64)], real: &[(u64, u64)], duration_ms: u64) -> Score {
    let total = |spans: &[(u64, u64)]| spans.iter().map(|s| s.1 - s.0).sum::<u64>() as f64;
    let touch = |a: &(u64, u64), b: &(u64, u64)| a.0 < b.1 && b.0 < a.1;
    let mut common = 0;
    for a in found {
        for b in real {
            common += a.1.min(b.1).saturating_sub(a.0.max(b.0));
        }
    }
    let recall = common as f64 / total(real).max(1.0);
    let precision = common as f64 / total(found).max(1.0);
    let (mut onsets, mut offsets, mut clipped, mut missed) = (vec![], vec![], 0, 0);
    for span in real {
        let Some(first) = found.iter().find(|f| touch(f, span)) else {
            missed += 1;
            continue;
        };
        let last = found.iter().rfind(|f| touch(f, span)).unwrap();
        onsets.push(first.0.abs_diff(span.0) as f64);
        offsets.push(last.1.abs_diff(span.1) as f64);
        clipped += usize::from(first.0 > span.0 + 300);
    }
    let false_spans = found.iter().filter(|f| !real.iter().any(|r| touch(f, r)));
    Score {
        f1: 2.0 * precision * recall / (precision + recall).max(1e-9),
        recall,
        precision,
        onset_ms: median(&mut onsets),
        offset_ms: median(&mut offsets),
        clipped: clipped as f64 / real.len().max(1) as f64,
        missed,
        false_per_minute: false_spans.count() as f64 * 60_000.0 / duration_ms as f64,
    }
}

/// The middle value; 0 of nothing.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Spans in milliseconds.
pub fn in_ms(spans: &[Span]) -> Vec<(u64, u64)> {
    spans.iter().map(|s| (s.start.ms(), s.end.ms())).collect()
}

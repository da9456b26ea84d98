//! What the stages of a track cost: every figure's throughput is in samples of audio a second of one
//! core, so the rate in items over the sample rate is the multiple of real time.

use std::num::NonZeroU32;
use std::path::Path;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use verbatim::audio::Track;
use verbatim::dsp::mixdown::{append_f32, append_i16};
use verbatim::dsp::resample::{Decimator, Resampler};
use verbatim::engine::neural::Neural;
use verbatim::engine::webrtc::WebRtc;
use verbatim::time::Tick;
use verbatim::voice::Detector;
use verbatim::voice::analysis::{Analyzer, VoiceEvent};
use verbatim::voice::document::{Heard, Provenance, turns_document};
use verbatim::voice::turns::TurnOptions;

fn main() {
    divan::main();
}

const DETECTORS: [&str; 2] = ["neural", "webrtc"];

fn detector(name: &str) -> Box<dyn Detector> {
    match name {
        "neural" => Box::new(Neural::new().expect("the network's weights")),
        _ => Box::new(WebRtc::new()),
    }
}

fn rate(hertz: u32) -> NonZeroU32 {
    NonZeroU32::new(hertz).expect("a rate")
}

/// One track of the sample call at 16 kHz.
fn narrow(track: Track) -> Vec<i16> {
    let path = format!("tests/fixtures/sample-call/{track}.flac");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut reader = claxon::FlacReader::open(path).expect("the sample call");
    reader
        .samples()
        .map(|sample| sample.expect("a sample") as i16)
        .collect()
}

/// The same at the archive's rate.
fn archive(track: Track) -> Vec<i16> {
    let (mut input, mut wide, mut out) = (Vec::new(), Vec::new(), Vec::new());
    append_f32(&narrow(track), &mut input);
    let mut resampler = Resampler::new(rate(16_000), rate(48_000)).expect("rates in bounds");
    resampler.push(&input, &mut wide);
    resampler.finish(&mut wide);
    append_i16(&wide, &mut out);
    out
}

#[divan::bench]
fn decimate_48_to_16_khz(bencher: Bencher) {
    let samples = archive(Track::System);
    bencher
        .counter(ItemsCount::new(samples.len()))
        .bench_local(|| {
            let (mut decimator, mut out) = (Decimator::new(), Vec::new());
            for block in samples.chunks(960) {
                decimator.push(black_box(block), &mut out);
            }
            decimator.finish(&mut out);
            out.len()
        });
}

#[divan::bench]
fn resample_44_1_to_48_khz(bencher: Bencher) {
    let samples: Vec<f32> = (0..44_100 * 60)
        .map(|n| ((n * 7_919) % 1_000) as f32 / 1_000.0 - 0.5)
        .collect();
    bencher
        .counter(ItemsCount::new(samples.len()))
        .bench_local(|| {
            let mut resampler =
                Resampler::new(rate(44_100), rate(48_000)).expect("rates in bounds");
            let mut out = Vec::new();
            for block in samples.chunks(882) {
                resampler.push(black_box(block), &mut out);
            }
            resampler.finish(&mut out);
            out.len()
        });
}

#[divan::bench(args = DETECTORS)]
fn detector_alone_at_16_khz(bencher: Bencher, name: &str) {
    let samples = narrow(Track::System);
    bencher
        .counter(ItemsCount::new(samples.len()))
        .bench_local(|| {
            let mut detector = detector(name);
            samples
                .chunks_exact(detector.frame_samples())
                .map(|frame| detector.speech(black_box(frame)))
                .sum::<f32>()
        });
}

/// The whole way of one 48 kHz track: decimation, detection, spans, utterances, turns.
#[divan::bench(args = DETECTORS)]
fn archive_to_turns(bencher: Bencher, name: &str) {
    let samples = archive(Track::System);
    bencher
        .counter(ItemsCount::new(samples.len()))
        .bench_local(|| {
            let mut analyzer = Analyzer::suited(Track::System, detector(name));
            let mut events = Vec::new();
            for block in samples.chunks(960) {
                analyzer.push(black_box(block), &mut events);
            }
            analyzer.finish(&mut events);
            let speech = events.iter().filter_map(|event| match event {
                VoiceEvent::SpeechEnd { span, .. } => Some(*span),
                _ => None,
            });
            let heard = [Heard {
                track: Track::System,
                speech: speech.collect(),
                gaps: Vec::new(),
                echo: Vec::new(),
            }];
            let provenance = Provenance {
                session: None,
                detector: analyzer.detector().to_owned(),
            };
            let duration = Tick(samples.len() as u64);
            turns_document(provenance, &heard, duration, TurnOptions::default())
        });
}

//! The analyzer's events and its watermark do not depend on how the samples arrive.
#![cfg(all(feature = "neural", feature = "webrtc"))]

#[path = "support/hearing.rs"]
mod support;

use proptest::prelude::*;
use support::{Noise, archive, mix, track};
use verbatim::audio::Track;
use verbatim::engine::neural::Neural;
use verbatim::engine::webrtc::WebRtc;
use verbatim::time::Tick;
use verbatim::voice::Detector;
use verbatim::voice::analysis::{AnalysisOptions, Analyzer, VoiceEvent};
use verbatim::voice::utterance::UtteranceOptions;

/// A detector with another frame length, to prove that nothing assumes 20 ms.
struct Loud(usize);

impl Detector for Loud {
    fn frame_samples(&self) -> usize {
        self.0
    }

    fn speech(&mut self, frame: &[i16]) -> f32 {
        let loud = frame.iter().any(|sample| sample.unsigned_abs() > 1_000);
        f32::from(u8::from(loud))
    }

    fn name(&self) -> &'static str {
        "loud"
    }
}

fn neural() -> Box<dyn Detector> {
    Box::new(Neural::new().unwrap())
}

fn options(detector: &dyn Detector) -> AnalysisOptions {
    AnalysisOptions {
        utterance: UtteranceOptions {
            window_ms: 3_000,
            ..UtteranceOptions::default()
        },
        ..detector.analysis()
    }
}

/// Half a minute of the call, with noise, at the archive's rate.
fn samples() -> Vec<i16> {
    let clean = track(Track::System);
    archive(&mix(&clean[20_000 * 16..50_000 * 16], Noise::Pink, 20.0))
}

fn events(detector: Box<dyn Detector>, samples: &[i16], blocks: &[usize]) -> Vec<VoiceEvent> {
    let options = options(detector.as_ref());
    let mut analyzer = Analyzer::new(Track::System, detector, options);
    let mut out = Vec::new();
    let mut rest = samples;
    for &block in blocks {
        let (head, tail) = rest.split_at(block.min(rest.len()));
        let (before, told) = (analyzer.position(), out.len());
        analyzer.push(head, &mut out);
        assert!(analyzer.position() >= before, "the watermark goes back");
        for event in &out[told..] {
            if let VoiceEvent::SpeechEnd { span, .. } = event {
                assert!(span.start >= before, "{span:?} after watermark {before:?}");
            }
        }
        rest = tail;
    }
    analyzer.push(rest, &mut out);
    analyzer.finish(&mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn blocks_do_not_matter(blocks in prop::collection::vec(0usize..30_000, 0..120)) {
        let samples = samples();
        let whole = events(Box::new(WebRtc::new()), &samples, &[]);
        prop_assert!(whole.len() > 10);
        prop_assert_eq!(events(Box::new(WebRtc::new()), &samples, &blocks), whole);
    }
}

#[test]
fn blocks_do_not_matter_to_the_neural_detector() {
    let samples = samples();
    let whole = events(neural(), &samples, &[]);
    assert!(whole.len() > 10);
    for size in [1_441, 7_919] {
        let blocks = vec![size; samples.len() / size];
        assert_eq!(events(neural(), &samples, &blocks), whole, "{size}");
    }
}

#[test]
fn the_watermark_holds_at_every_step() {
    let samples = samples();
    let steps = vec![480; samples.len() / 480];
    for detector in [neural(), Box::new(WebRtc::new())] {
        assert!(events(detector, &samples, &steps).len() > 10);
    }
}

#[test]
fn starts_and_ends_pair_up_and_utterances_tile_the_speech() {
    for detector in [neural(), Box::new(WebRtc::new())] {
        tiled(events(detector, &samples(), &[]));
    }
}

fn tiled(out: Vec<VoiceEvent>) {
    let cut_off = Tick(samples().len() as u64);
    let (mut open, mut at): (Option<Tick>, Option<Tick>) = (None, None);
    let mut spoken = Vec::new();
    let mut pause = None;
    for event in out {
        match event {
            VoiceEvent::SpeechStart { at: start, .. } => {
                assert_eq!(open, None);
                (open, at) = (Some(start), Some(start));
            }
            VoiceEvent::SpeechEnd { span, .. } => {
                assert_eq!(open.take(), Some(span.start));
                spoken.push(span);
            }
            VoiceEvent::Pause(cut) => pause = Some(cut),
            VoiceEvent::Utterance(cut) => {
                // Speech that the end of the track cuts off has had no pause.
                if open.is_none() && cut.span.end < cut_off {
                    assert_eq!(pause, Some(cut), "the last pause foretells the end");
                }
                assert_eq!(at, Some(cut.span.start));
                at = Some(cut.span.end);
                assert!(cut.audio.ms() <= 3_000);
                if open.is_none() {
                    assert_eq!(spoken.last().map(|span| span.end), at);
                }
            }
        }
    }
    assert_eq!(open, None);
    assert!(spoken.len() >= 4);
}

#[test]
fn other_frame_lengths_find_the_same_speech() {
    let clean = archive(&track(Track::System)[20_000 * 16..32_000 * 16]);
    let mut starts = Vec::new();
    for frame in [160, 256, 320, 512] {
        let out = events(Box::new(Loud(frame)), &clean, &[]);
        let spans: Vec<_> = out
            .iter()
            .filter_map(|event| match event {
                VoiceEvent::SpeechEnd { span, .. } => Some((span.start.ms(), span.end.ms())),
                _ => None,
            })
            .collect();
        starts.push((frame, spans));
    }
    for (frame, spans) in &starts {
        assert_eq!(spans.len(), starts[2].1.len(), "{starts:?}");
        for (a, b) in spans.iter().zip(&starts[2].1) {
            assert!(
                a.0.abs_diff(b.0) <= 60 && a.1.abs_diff(b.1) <= 100,
                "{frame}: {starts:?}"
            );
        }
    }
}

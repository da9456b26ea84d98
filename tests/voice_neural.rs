//! The neural detector computes what Silero's own network does.
#![cfg(feature = "neural")]

#[path = "support/hearing.rs"]
mod support;

use support::track;
use verbatim::audio::Track;
use verbatim::engine::neural::Neural;
use verbatim::voice::Detector;

#[test]
fn probabilities_are_those_of_the_published_network() {
    // What onnxruntime 1.32.0 gives for silero_vad_16k_op15.onnx of silero-vad 6.2.3 over the first
    // frames of the sample call; one line a track.
    let golden = include_str!("golden/neural-probabilities.txt");
    for line in golden.lines() {
        let mut words = line.split(' ');
        let side: Track = words.next().unwrap().parse().unwrap();
        let samples = track(side);
        let mut detector = Neural::new().unwrap();
        let frames = samples.chunks_exact(detector.frame_samples());
        let mut worst = 0.0f32;
        let mut compared = 0;
        for (frame, expected) in frames.zip(words) {
            let expected: f32 = expected.parse().unwrap();
            worst = worst.max((detector.speech(frame) - expected).abs());
            compared += 1;
        }
        assert_eq!(compared, 1_200);
        assert!(worst < 1e-4, "{side}: {worst}");
    }
}

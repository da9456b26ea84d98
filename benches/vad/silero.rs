//! What Silero's network alone gives with the span logic that its authors ship, as a yardstick.
//!
//! Their documented defaults: a span begins above 0.5, ends once the probability stays below 0.35
//! for 100 ms, is dropped when shorter than 250 ms, and is widened by 30 ms at both ends.

use verbatim::engine::neural::Neural;
use verbatim::voice::Detector;

const BEGIN: f32 = 0.5;
const GO_ON: f32 = 0.35;
const LEAST_SILENCE_MS: u64 = 100;
const LEAST_SPEECH_MS: u64 = 250;
const PAD_MS: u64 = 30;

/// Spans in milliseconds that the network and its usual logic find in samples at 16 kHz.
pub fn spans(samples: &[i16]) -> Vec<(u64, u64)> {
    let mut network = Neural::new().expect("the network's weights");
    let size = network.frame_samples();
    let frame_ms = size as u64 / 16;
    let mut found: Vec<(u64, u64)> = Vec::new();
    let (mut start, mut quiet) = (None, None);
    for (n, frame) in samples.chunks_exact(size).enumerate() {
        let at = n as u64 * frame_ms;
        let probability = network.speech(frame);
        if probability >= BEGIN {
            quiet = None;
            start.get_or_insert(at);
        }
        let Some(begun) = start.filter(|_| probability < GO_ON) else {
            continue;
        };
        let ended = *quiet.get_or_insert(at);
        if at - ended >= LEAST_SILENCE_MS {
            found.push((begun, ended));
            (start, quiet) = (None, None);
        }
    }
    let end = samples.len() as u64 / 16;
    found.extend(start.map(|start| (start, end)));
    found.retain(|span| span.1 - span.0 > LEAST_SPEECH_MS);
    pad(&mut found, end);
    found
}

/// Widens spans; two that would meet share the pause between them.
fn pad(spans: &mut [(u64, u64)], end: u64) {
    let original = spans.to_vec();
    for (n, span) in spans.iter_mut().enumerate() {
        let before = n.checked_sub(1).map(|n| original[n].1);
        let after = original.get(n + 1).map(|next| next.0);
        let room_before = before.map_or(span.0, |before| (span.0 - before) / 2);
        let room_after = after.map_or(end.saturating_sub(span.1), |after| (after - span.1) / 2);
        span.0 -= PAD_MS.min(room_before);
        span.1 += PAD_MS.min(room_after);
    }
}

//! The light voice activity detector: WebRTC's, as the `webrtc-vad` crate builds it.

use webrtc_vad::{SampleRate, Vad, VadMode};

use crate::voice::Detector;

/// Samples in a frame: 20 ms at 16 kHz.
const FRAME: usize = 320;

/// WebRTC's detector at 16 kHz.
///
/// The detector knows only yes and no, so the probability is 1 or 0. Of its four modes the second
/// strictest is used: over labelled speech in noise at 20 to 5 dB, spans from the most lenient to the
/// strictest mode differ by less than a hundredth in F1, and asking several modes at once costs their
/// sum. Holds a pointer of the C library, so it stays on the thread that made it.
pub struct WebRtc {
    vad: Vad,
}

impl std::fmt::Debug for WebRtc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebRtc")
    }
}

impl WebRtc {
    /// A detector that has heard nothing.
    pub fn new() -> WebRtc {
        // The crate's own default is 8 kHz, at which a frame of 320 samples is not a valid length.
        WebRtc {
            vad: Vad::new_with_rate_and_mode(SampleRate::Rate16kHz, VadMode::Aggressive),
        }
    }
}

impl Default for WebRtc {
    fn default() -> WebRtc {
        WebRtc::new()
    }
}

impl Detector for WebRtc {
    fn frame_samples(&self) -> usize {
        FRAME
    }

    /// # Panics
    ///
    /// When `frame` has another length than [`Detector::frame_samples`].
    fn speech(&mut self, frame: &[i16]) -> f32 {
        assert_eq!(frame.len(), FRAME, "a frame is {FRAME} samples");
        // The only error there is stands for a wrong frame length, which is ruled out above.
        match self.vad.is_voice_segment(frame) {
            Ok(true) => 1.0,
            Ok(false) | Err(()) => 0.0,
        }
    }

    fn name(&self) -> &'static str {
        "webrtc"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_not_speech() {
        let mut detector = WebRtc::new();
        assert!((0..50).all(|_| detector.speech(&[0; FRAME]) == 0.0));
    }

    #[test]
    fn a_buzz_with_harmonics_is_taken_for_a_voice() {
        let mut detector = WebRtc::new();
        let voiced = (0..50).filter(|n| {
            let frame: Vec<i16> = (0..FRAME)
                .map(|k| {
                    let t = (n * FRAME + k) as f32 / 16_000.0;
                    let buzz: f32 = (1..20)
                        .map(|h| (std::f32::consts::TAU * 140.0 * h as f32 * t).sin() / h as f32)
                        .sum();
                    (buzz * 5_000.0) as i16
                })
                .collect();
            detector.speech(&frame) > 0.5
        });
        assert!(voiced.count() > 40);
    }

    #[test]
    #[should_panic(expected = "a frame is 320 samples")]
    fn another_frame_length_is_refused() {
        WebRtc::new().speech(&[0; 160]);
    }
}

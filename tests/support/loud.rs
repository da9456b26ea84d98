//! A detector for scripted sound.

use verbatim::voice::Detector;

/// Hears whatever is loud.
pub struct Loud;

impl Detector for Loud {
    fn frame_samples(&self) -> usize {
        160
    }

    fn speech(&mut self, frame: &[i16]) -> f32 {
        let loud = frame.iter().filter(|s| s.unsigned_abs() > 3_000).count();
        if loud > 40 { 1.0 } else { 0.0 }
    }

    fn name(&self) -> &'static str {
        "loud"
    }
}

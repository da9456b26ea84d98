//! Who speaks when: from analysis frames to speech spans, turns and silences.

pub mod analysis;
pub mod document;
pub mod echo;
mod floor;
pub mod spans;
pub mod turns;
pub mod utterance;

pub use document::turns_document;

use std::sync::Arc;

use crate::error::Result;
use analysis::AnalysisOptions;

/// Makes a track's detector on the thread that uses it.
pub type DetectorMaker = Arc<dyn Fn() -> Result<Box<dyn Detector>> + Send + Sync>;

/// Decides how likely a frame of sound holds speech.
///
/// A detector keeps its state between frames and is built on the thread that uses it.
pub trait Detector {
    /// Samples in a frame at 16 kHz. Constant for the life of the detector.
    fn frame_samples(&self) -> usize;

    /// Probability, 0 to 1, that `frame` holds speech. `frame` has [`Detector::frame_samples`]
    /// samples of 16 kHz mono audio and follows the one before without a hole.
    fn speech(&mut self, frame: &[i16]) -> f32;

    /// Tells that nothing but noise was heard for a while. A detector that remembers may forget now:
    /// a long memory of noise makes it slow to believe a short word.
    fn rest(&mut self) {}

    /// Name for documents: `neural`, `webrtc`, ...
    fn name(&self) -> &'static str;

    /// The options that suit what this detector hears well and what it is fooled by.
    fn analysis(&self) -> AnalysisOptions {
        AnalysisOptions::default()
    }
}

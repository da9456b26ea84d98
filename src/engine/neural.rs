//! The neural voice activity detector: Silero's network for 16 kHz, computed here.
//!
//! The weights are the ones that Silero publishes; `models/README.md` tells where they come from and
//! under which licence. The network is small enough to be written out: a spectrum, four
//! convolutions, one LSTM cell and an output. So no runtime for foreign model files is built in.

mod net;
mod spectrum;
mod weights;

use net::{CONTEXT, FRAME, Net};

use crate::error::Result;
use crate::voice::Detector;
use crate::voice::analysis::AnalysisOptions;

/// Silero's detector at 16 kHz, in frames of 32 ms.
///
/// The last samples of a frame are context for the next one, and the network remembers what it heard:
/// frames must follow each other without a hole.
#[derive(Debug)]
pub struct Neural {
    net: Net,
    /// Context and frame, from -1 to 1.
    sound: [f32; CONTEXT + FRAME],
}

impl Neural {
    /// A detector that has heard nothing.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Engine`] when the weights that are built in are not those of this network.
    pub fn new() -> Result<Neural> {
        Ok(Neural {
            net: Net::new()?,
            sound: [0.0; CONTEXT + FRAME],
        })
    }
}

impl Detector for Neural {
    fn frame_samples(&self) -> usize {
        FRAME
    }

    /// # Panics
    ///
    /// When `frame` has another length than [`Detector::frame_samples`].
    fn speech(&mut self, frame: &[i16]) -> f32 {
        assert_eq!(frame.len(), FRAME, "a frame is {FRAME} samples");
        self.sound.copy_within(FRAME.., 0);
        for (sound, &sample) in self.sound[CONTEXT..].iter_mut().zip(frame) {
            *sound = f32::from(sample) / 32_768.0;
        }
        self.net.speech(&self.sound)
    }

    fn rest(&mut self) {
        self.net.forget();
    }

    fn name(&self) -> &'static str {
        "neural"
    }

    fn analysis(&self) -> AnalysisOptions {
        AnalysisOptions::neural()
    }
}

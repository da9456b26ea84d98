//! Samples in: devices, and what stands in for them.

#[cfg(feature = "capture")]
mod bounded;
#[cfg(feature = "capture")]
mod cpal_source;
#[cfg(feature = "capture")]
pub mod devices;
pub mod paced;
#[cfg(all(feature = "capture", target_os = "linux"))]
mod pulse;
#[cfg(feature = "capture")]
pub mod ring;
#[cfg(all(feature = "capture", target_os = "linux"))]
pub mod tone;

use std::time::{Duration, Instant};

use crate::audio::Format;
use crate::error::Result;

/// What one [`Source::read`] brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// Interleaved frames were appended to the caller's buffer.
    Samples(Stamp),
    /// Nothing arrived within the wait.
    Idle,
    /// No more samples will come.
    End,
}

/// When the frames of a reading were captured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stamp {
    /// When the LAST frame of this reading left the microphone or went to the loudspeaker, on the
    /// machine's monotonic clock, as well as the audio system tells; absent where time is the sample
    /// count alone (files).
    pub captured_until: Option<Instant>,
    /// Frames that were captured but lost just before this reading because our own buffer was full.
    pub overrun_frames: u64,
}

/// Samples of one track, from a device, a file or a script.
///
/// Dropping a source closes its device.
pub trait Source: Send {
    /// Rate and channels of the frames that [`Source::read`] delivers. Constant for the life of the
    /// source.
    fn format(&self) -> Format;

    /// Waits at most `wait` for frames and appends what is there to `frames`, interleaved, full scale
    /// at 1.0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DeviceLost`](crate::ErrorKind::DeviceLost) when the device is gone, has become
    /// another one, or its server ended the stream. Frames that arrived before are delivered first.
    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading>;
}

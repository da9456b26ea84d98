//! Samples in: devices, and what stands in for them.

#[cfg(feature = "capture")]
mod bounded;
#[cfg(feature = "capture")]
mod cpal_source;
#[cfg(feature = "capture")]
mod desk;
pub mod devices;
pub mod keeper;
#[cfg(feature = "capture")]
mod open;
pub mod paced;
#[cfg(all(feature = "capture", target_os = "linux"))]
mod pulse;
#[cfg(feature = "capture")]
pub mod ring;
pub mod script;
#[cfg(all(feature = "capture", target_os = "linux"))]
pub mod tone;

use std::time::{Duration, Instant};

use crate::audio::Format;
use crate::document::common::{DeviceChangeReason, DeviceInfo};
use crate::error::Result;

/// What one [`Source::read`] brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Interleaved frames were appended to the caller's buffer.
    Samples(Stamp),
    /// Nothing arrived within the wait.
    Idle,
    /// The device has gone, for the reason told. The source looks for it, or for another one; until
    /// it has found one there are no samples.
    Away(String),
    /// The next samples come from another device, or from the same one after it was opened anew, and
    /// their times have nothing to do with those before. [`Source::format`] is theirs from now on.
    Changed(Box<Change>),
    /// No more samples will come.
    End,
}

/// The device behind a source has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The device from now on.
    pub device: DeviceInfo,
    /// Why.
    pub reason: DeviceChangeReason,
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
    /// Rate and channels of the frames that [`Source::read`] delivers. Constant until it tells of a
    /// [`Reading::Changed`].
    fn format(&self) -> Format;

    /// The time now, on the clock of the source's stamps.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// Waits at most `wait` for frames and appends what is there to `frames`, interleaved, full scale
    /// at 1.0.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DeviceLost`](crate::ErrorKind::DeviceLost) when the device is gone, has become
    /// another one, or its server ended the stream. Frames that arrived before are delivered first.
    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading>;

    /// Closes the device until [`Source::reopen`], so that nobody listens meanwhile, and tells whether
    /// it did: a source that has no device to close goes on. Nothing is read while it is closed.
    fn release(&mut self) -> bool {
        false
    }

    /// Opens the device again that was released. Its samples follow a [`Reading::Changed`], or a
    /// [`Reading::Away`] when it is gone.
    fn reopen(&mut self) {}
}

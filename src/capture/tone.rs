//! Playing a short sound through the default loudspeakers, to hear whether it arrives.

use super::pulse;
use crate::error::Result;

/// Plays mono samples at 48 kHz, ten seconds at most, through the default loudspeakers over the PulseAudio
/// protocol, and returns when they have been heard.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`](crate::ErrorKind::NoDevice) when no server answers, or it does not play them in
/// time.
pub fn play(samples: &[f32]) -> Result<()> {
    pulse::play(samples)
}

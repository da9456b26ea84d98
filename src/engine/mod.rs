//! Foreign engines: voice activity detection and speech recognition.

pub mod model_file;
#[cfg(feature = "neural")]
pub mod neural;
pub mod protocol;
#[cfg(feature = "webrtc")]
pub mod webrtc;
#[cfg(feature = "whisper")]
pub mod whisper;
pub mod worker;

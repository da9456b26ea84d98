//! Foreign engines behind this crate's traits: one file each.

#[cfg(feature = "webrtc")]
pub mod webrtc;

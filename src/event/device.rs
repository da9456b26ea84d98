//! Events about the devices behind a track.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audio::Track;
use crate::document::common::{DeviceChangeReason, DeviceInfo};

/// Data of `device.changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceChanged {
    /// Which track.
    pub track: Track,
    /// Archive sample from which on the sound is this device's.
    pub start_sample: u64,
    /// The device.
    pub device: DeviceInfo,
    /// Its native sample rate in hertz.
    pub rate: u32,
    /// Its native channel count.
    pub channels: u16,
    /// Why.
    pub reason: DeviceChangeReason,
}

/// Whether a count has nothing to say and is left out.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
pub(crate) fn is_zero(count: &i64) -> bool {
    *count == 0
}

/// The same of a count that cannot be negative.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
pub(crate) fn is_nought(count: &u64) -> bool {
    *count == 0
}

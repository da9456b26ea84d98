//! Which of the devices that are there should be recorded.

use crate::capture::devices::{Device, Kind, Role};
use crate::document::common::DeviceChangeReason;

/// What to do while the device that was named is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLoss {
    /// Wait for it.
    #[default]
    Wait,
    /// Record the system's default meanwhile.
    Default,
}

/// What a track should be recorded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Whatever is the system's default for a role.
    Default(Role),
    /// One device, and what to do while it is gone.
    Pinned(Box<Device>, Role, OnLoss),
}

impl Wish {
    /// The device to record. A loopback never stands in for a microphone, nor the other way round.
    pub(super) fn target<'a>(&self, devices: &'a [Device]) -> Option<&'a Device> {
        match self {
            Wish::Default(role) => default(*role, devices),
            Wish::Pinned(pinned, role, on_loss) => {
                found(pinned, devices).or_else(|| match on_loss {
                    OnLoss::Wait => None,
                    OnLoss::Default => default(*role, devices),
                })
            }
        }
    }

    /// Whether lists matter while `device` is recorded.
    pub(super) fn wants_a_look(&self, device: &Device) -> bool {
        match self {
            Wish::Default(_) => true,
            Wish::Pinned(pinned, ..) => !is_same(pinned, device),
        }
    }

    /// Why `target` is recorded after `device`; nothing when that one is recorded already and need not
    /// change.
    pub(super) fn reason(
        &self,
        target: &Device,
        device: &Device,
        is_lost: bool,
    ) -> Option<DeviceChangeReason> {
        if target.id == device.id {
            return is_lost.then_some(DeviceChangeReason::Returned);
        }
        Some(match self {
            Wish::Default(_) => DeviceChangeReason::DefaultChanged,
            Wish::Pinned(pinned, ..) if is_same(pinned, target) => DeviceChangeReason::Returned,
            Wish::Pinned(..) => DeviceChangeReason::StandIn,
        })
    }
}

fn default(role: Role, devices: &[Device]) -> Option<&Device> {
    devices.iter().find(|device| match role {
        Role::Microphone => device.default_microphone && device.kind == Kind::Microphone,
        Role::SystemAudio => device.default_system && device.kind == Kind::Loopback,
    })
}

/// A device that went away may come back under another id: a headset does when its profile changes.
/// Its name stays.
fn found<'a>(pinned: &Device, devices: &'a [Device]) -> Option<&'a Device> {
    let same_id = |d: &&Device| d.id == pinned.id && d.kind == pinned.kind;
    devices.iter().find(same_id).or_else(|| {
        let mut named = devices.iter().filter(|d| is_same(pinned, d));
        let only = named.next();
        only.filter(|_| named.next().is_none())
    })
}

fn is_same(pinned: &Device, device: &Device) -> bool {
    device.kind == pinned.kind && (device.id == pinned.id || device.name == pinned.name)
}

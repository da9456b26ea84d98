//! Devices that can be recorded, and choosing one.

use crate::document::common::DeviceInfo;
use crate::error::{Error, ErrorKind, Result};

#[cfg(feature = "capture")]
pub use super::open::{Opened, keep, list, open};

/// A device that can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Audio system it belongs to.
    pub backend: &'static str,
    /// What it hears.
    pub kind: Kind,
    /// Whether it is the microphone that is taken when none is named.
    pub default_microphone: bool,
    /// Whether it is the system audio that is taken when none is named.
    pub default_system: bool,
    /// Native sample rate in hertz.
    pub rate: u32,
    /// Native channels.
    pub channels: u16,
}

impl Device {
    /// The device as events and documents name it.
    pub fn info(&self) -> DeviceInfo {
        DeviceInfo {
            id: self.id.clone(),
            name: self.name.clone(),
            backend: self.backend.into(),
        }
    }
}

/// What a device hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A microphone or line input.
    Microphone,
    /// What the computer plays.
    Loopback,
}

/// Audio system to record through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The best one that answers.
    #[default]
    Auto,
    /// PipeWire through cpal, where this build has it.
    Pipewire,
    /// The PulseAudio protocol.
    Pulse,
    /// ALSA through cpal.
    Alsa,
    /// What the operating system offers, through cpal.
    Native,
}

/// Which device to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The system's default.
    Default,
    /// By id, name, or a part of the name that only one device has.
    Named(String),
}

/// What a device is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The user's own voice.
    Microphone,
    /// The other side of the call.
    SystemAudio,
}

/// The device that a choice means.
pub fn pick<'a>(choice: &DeviceChoice, role: Role, devices: &'a [Device]) -> Result<&'a Device> {
    let name = match choice {
        DeviceChoice::Default => {
            return devices
                .iter()
                .find(|device| match role {
                    Role::Microphone => device.default_microphone,
                    Role::SystemAudio => device.default_system,
                })
                .ok_or_else(|| none_for(role, devices));
        }
        DeviceChoice::Named(name) => name,
    };
    let exact = devices
        .iter()
        .find(|device| device.id == *name || bare_id(&device.id) == name);
    if let Some(device) = exact {
        // Naming a sink for system audio means what it plays.
        return Ok(device);
    }
    let fits = |device: &&Device, exactly: bool| {
        let wanted = match role {
            Role::Microphone => Kind::Microphone,
            Role::SystemAudio => Kind::Loopback,
        };
        let (name, part) = (device.name.to_lowercase(), name.to_lowercase());
        device.kind == wanted
            && match exactly {
                true => name == part || bare_id(&device.id) == format!("{part}.monitor"),
                false => name.contains(&part) || bare_id(&device.id).to_lowercase().contains(&part),
            }
    };
    for exactly in [true, false] {
        let found: Vec<&Device> = devices.iter().filter(|d| fits(d, exactly)).collect();
        match &found[..] {
            [] => {}
            [device] => return Ok(device),
            several => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    format!("\"{name}\" fits several devices"),
                )
                .hint(format!("name one of these ids: {}", ids(several))));
            }
        }
    }
    Err(Error::new(
        ErrorKind::NoDevice,
        format!("there is no {} \"{name}\"", said(role)),
    )
    .hint(match ids(&devices.iter().collect::<Vec<_>>()) {
        list if list.is_empty() => "there are no devices at all".to_owned(),
        list => format!("there are: {list}"),
    }))
}

/// An id without its backend.
fn bare_id(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, rest)| rest)
}

fn none_for(role: Role, devices: &[Device]) -> Error {
    Error::new(
        ErrorKind::NoDevice,
        format!("there is no default {}", said(role)),
    )
    .hint(match ids(&devices.iter().collect::<Vec<_>>()) {
        list if list.is_empty() => "there are no devices at all".to_owned(),
        list => format!("choose one of: {list}"),
    })
}

fn said(role: Role) -> &'static str {
    match role {
        Role::Microphone => "microphone",
        Role::SystemAudio => "system audio device",
    }
}

fn ids(devices: &[&Device]) -> String {
    let ids: Vec<&str> = devices.iter().map(|device| device.id.as_str()).collect();
    ids.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, name: &str, kind: Kind) -> Device {
        Device {
            id: format!("pulse:{id}"),
            name: name.into(),
            backend: "pulse",
            kind,
            default_microphone: id == "mic",
            default_system: id == "speakers.monitor",
            rate: 48_000,
            channels: 2,
        }
    }

    fn devices() -> Vec<Device> {
        vec![
            device("mic", "Microphone", Kind::Microphone),
            device("usb", "USB Headset", Kind::Microphone),
            device("speakers.monitor", "Monitor of Speakers", Kind::Loopback),
            device("usb.monitor", "Monitor of USB Headset", Kind::Loopback),
        ]
    }

    fn named(name: &str, role: Role) -> Result<String> {
        let devices = devices();
        pick(&DeviceChoice::Named(name.into()), role, &devices).map(|d| d.id.clone())
    }

    #[test]
    fn a_device_is_found_by_id_name_or_part_of_its_name() {
        assert_eq!(named("pulse:usb", Role::Microphone).unwrap(), "pulse:usb");
        assert_eq!(named("usb", Role::Microphone).unwrap(), "pulse:usb");
        assert_eq!(named("headset", Role::Microphone).unwrap(), "pulse:usb");
        assert_eq!(
            named("headset", Role::SystemAudio).unwrap(),
            "pulse:usb.monitor"
        );
        assert_eq!(
            named("speakers", Role::SystemAudio).unwrap(),
            "pulse:speakers.monitor"
        );
    }

    #[test]
    fn a_name_that_fits_none_or_several_says_what_there_is() {
        let none = named("webcam", Role::Microphone).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NoDevice);
        assert!(none.to_string().contains("pulse:usb"), "{none}");
        let several = named("monitor of", Role::SystemAudio).unwrap_err();
        assert_eq!(several.kind(), ErrorKind::Usage);
        assert!(
            several.to_string().contains("pulse:usb.monitor"),
            "{several}"
        );
    }

    #[test]
    fn defaults_are_what_the_system_says() {
        let devices = devices();
        let mic = pick(&DeviceChoice::Default, Role::Microphone, &devices).unwrap();
        assert_eq!(mic.id, "pulse:mic");
        let error = pick(&DeviceChoice::Default, Role::SystemAudio, &devices[..1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoDevice);
    }
}

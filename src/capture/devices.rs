//! Devices that can be recorded, and opening one.

#[cfg(target_os = "linux")]
use super::pulse;
use super::{Source, cpal_source};
use crate::document::common::DeviceInfo;
use crate::error::{Error, ErrorKind, Result};

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

/// An open device.
pub struct Opened {
    /// Which one it is.
    pub info: DeviceInfo,
    /// Its samples.
    pub source: Box<dyn Source>,
}

/// The devices that `backend` can record.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when no audio system answers, [`ErrorKind::Usage`] when this build or
/// system lacks the backend.
pub fn list(backend: Backend) -> Result<Vec<Device>> {
    match resolve(backend)? {
        #[cfg(target_os = "linux")]
        Chosen::Pulse => pulse::list(),
        Chosen::Cpal(host) => cpal_source::list(host),
    }
}

/// Opens a device.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when there is no such device or it cannot be opened, [`ErrorKind::Usage`]
/// when a name fits several, [`ErrorKind::PermissionDenied`] when it may not be used.
pub fn open(choice: &DeviceChoice, role: Role, backend: Backend) -> Result<Opened> {
    let chosen = resolve(backend)?;
    let devices = match chosen {
        #[cfg(target_os = "linux")]
        Chosen::Pulse => pulse::list()?,
        Chosen::Cpal(host) => cpal_source::list(host)?,
    };
    let device = pick(choice, role, &devices)?;
    let source: Box<dyn Source> = match chosen {
        #[cfg(target_os = "linux")]
        Chosen::Pulse => Box::new(pulse::open(device)?),
        Chosen::Cpal(host) => Box::new(cpal_source::open(host, device)?),
    };
    Ok(Opened {
        info: DeviceInfo {
            id: device.id.clone(),
            name: device.name.clone(),
            backend: device.backend.into(),
        },
        source,
    })
}

/// A backend that is there.
#[derive(Clone, Copy, Debug)]
enum Chosen {
    #[cfg(target_os = "linux")]
    Pulse,
    Cpal(cpal_source::Host),
}

#[cfg(target_os = "linux")]
fn resolve(backend: Backend) -> Result<Chosen> {
    let pipewire = || cpal_source::host(cpal_source::Want::Pipewire).map(Chosen::Cpal);
    let alsa = || cpal_source::host(cpal_source::Want::Alsa).map(Chosen::Cpal);
    match backend {
        Backend::Pipewire => pipewire(),
        Backend::Pulse => Ok(Chosen::Pulse),
        Backend::Alsa => alsa(),
        // cpal's PipeWire host is exact where it is compiled in and a daemon answers. The protocol
        // that every other desktop server speaks comes next; bare ALSA hears no system audio.
        Backend::Auto | Backend::Native => pipewire().or_else(|_| match pulse::list() {
            Err(_) if has_sound_card() => alsa(),
            Err(error) => Err(error),
            Ok(_) => Ok(Chosen::Pulse),
        }),
    }
}

/// Whether the kernel has a device to capture from. Without one, asking ALSA only makes it print
/// noise on standard error and offer its null device.
#[cfg(target_os = "linux")]
fn has_sound_card() -> bool {
    std::fs::read_dir("/dev/snd").is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("pcm") && name.ends_with('c')
        })
    })
}

#[cfg(not(target_os = "linux"))]
fn resolve(backend: Backend) -> Result<Chosen> {
    match backend {
        Backend::Auto | Backend::Native => {
            cpal_source::host(cpal_source::Want::Default).map(Chosen::Cpal)
        }
        Backend::Pipewire | Backend::Pulse | Backend::Alsa => Err(Error::new(
            ErrorKind::Usage,
            "this audio system exists on Linux only",
        )
        .hint("leave --backend out")),
    }
}

/// The device that a choice means.
fn pick<'a>(choice: &DeviceChoice, role: Role, devices: &'a [Device]) -> Result<&'a Device> {
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

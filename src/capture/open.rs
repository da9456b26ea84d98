//! Opening devices, and keeping one open.

use std::time::Duration;

use super::desk::SystemDesk;
use super::devices::{Backend, Device, DeviceChoice, Role, pick};
use super::keeper::{Keeper, OnLoss, Wish};
#[cfg(target_os = "linux")]
use super::pulse;
use super::{Source, cpal_source};
use crate::document::common::DeviceInfo;
use crate::error::Result;
#[cfg(not(target_os = "linux"))]
use crate::error::{Error, ErrorKind};

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
/// [`ErrorKind::NoDevice`](crate::ErrorKind::NoDevice) when no audio system answers,
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when this build or system lacks the backend.
pub fn list(backend: Backend) -> Result<Vec<Device>> {
    resolve(backend)?.list()
}

/// Opens a device, which is lost when it goes away.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`](crate::ErrorKind::NoDevice) when there is no such device or it cannot be
/// opened, [`ErrorKind::Usage`](crate::ErrorKind::Usage) when a name fits several,
/// [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied) when it may not be used.
pub fn open(choice: &DeviceChoice, role: Role, backend: Backend) -> Result<Opened> {
    let chosen = resolve(backend)?;
    let devices = chosen.list()?;
    let device = pick(choice, role, &devices)?;
    Ok(Opened {
        info: device.info(),
        source: chosen.open(device)?,
    })
}

/// Opens a device and keeps the track supplied from then on: the system's default is followed, and a
/// device that goes away is opened again when it is back.
///
/// # Errors
///
/// As [`open`].
pub fn keep(
    choice: &DeviceChoice,
    role: Role,
    backend: Backend,
    on_loss: OnLoss,
) -> Result<Opened> {
    let chosen = resolve(backend)?;
    let devices = chosen.list()?;
    let device = pick(choice, role, &devices)?.clone();
    let wish = match choice {
        DeviceChoice::Default => Wish::Default(role),
        DeviceChoice::Named(_) => Wish::Pinned(Box::new(device.clone()), role, on_loss),
    };
    let source = chosen.open(&device)?;
    let desk = SystemDesk::begin(Roll::new(chosen), chosen.cadence())?;
    Ok(Opened {
        info: device.info(),
        source: Box::new(Keeper::new(Box::new(desk), wish, device, source)),
    })
}

/// A backend that is there.
#[derive(Clone, Copy, Debug)]
enum Chosen {
    #[cfg(target_os = "linux")]
    Pulse,
    Cpal(cpal_source::Host),
}

impl Chosen {
    fn list(self) -> Result<Vec<Device>> {
        match self {
            #[cfg(target_os = "linux")]
            Chosen::Pulse => pulse::list(),
            Chosen::Cpal(host) => cpal_source::list(host),
        }
    }

    fn open(self, device: &Device) -> Result<Box<dyn Source>> {
        Ok(match self {
            #[cfg(target_os = "linux")]
            Chosen::Pulse => Box::new(pulse::open(device)?),
            Chosen::Cpal(host) => Box::new(cpal_source::open(host, device)?),
        })
    }

    /// How often the system may be asked: a question over an open connection is nothing, while cpal
    /// probes every device that there is.
    fn cadence(self) -> Duration {
        match self {
            #[cfg(target_os = "linux")]
            Chosen::Pulse => Duration::from_millis(500),
            Chosen::Cpal(_) => Duration::from_secs(3),
        }
    }
}

/// The audio system, asked again and again on one thread.
pub(super) struct Roll {
    chosen: Chosen,
    #[cfg(target_os = "linux")]
    pulse: pulse::Roll,
}

impl Roll {
    fn new(chosen: Chosen) -> Roll {
        Roll {
            chosen,
            #[cfg(target_os = "linux")]
            pulse: pulse::Roll::default(),
        }
    }

    /// The devices that there are; may wait for a hung audio system as long as that hangs.
    pub(super) fn list(&mut self) -> Result<Vec<Device>> {
        match self.chosen {
            #[cfg(target_os = "linux")]
            Chosen::Pulse => self.pulse.list(),
            Chosen::Cpal(host) => cpal_source::list(host),
        }
    }

    /// Opens one of them.
    pub(super) fn open(&mut self, device: &Device) -> Result<Box<dyn Source>> {
        self.chosen.open(device)
    }
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

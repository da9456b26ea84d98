//! Recording through cpal: PipeWire and ALSA on Linux, WASAPI on Windows, CoreAudio on macOS.
//!
//! System audio is an input stream on an output device: a monitor on PipeWire, loopback on Windows, a
//! process tap on macOS. ALSA has none. Windows delivers nothing while nothing plays, so a silent
//! output stream is kept open beside a loopback there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{FromSample, InputCallbackInfo, SampleFormat, SizedSample, StreamConfig};

use super::bounded::bounded;
use super::devices::{Device, Kind};
use super::ring::{Intake, Outlet, ring};
use super::{Reading, Source};
use crate::audio::Format;
use crate::error::{Error, ErrorKind, Result};

/// How long opening a device may take; a suspended one would take for ever.
const OPEN: Duration = Duration::from_secs(5);

/// The devices that cpal's PipeWire host invents: streams on them follow the system's defaults. It has
/// no name of a default device otherwise.
const PIPEWIRE_MICROPHONE: &str = "pipewire:input_default";
const PIPEWIRE_LOOPBACK: &str = "pipewire:sink_default";

/// A cpal host.
pub(super) type Host = cpal::HostId;

/// A host that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    target_os = "linux",
    expect(dead_code, reason = "Linux names its hosts")
)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux has several")
)]
pub(super) enum Want {
    Default,
    Pipewire,
    Alsa,
}

/// The host asked for, if this build has it and it answers.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when this build lacks it, [`ErrorKind::NoDevice`] when it does not answer.
pub(super) fn host(want: Want) -> Result<Host> {
    let name = match want {
        Want::Default => return Ok(cpal::default_host().id()),
        Want::Pipewire => "pipewire",
        Want::Alsa => "alsa",
    };
    let id = cpal::ALL_HOSTS
        .iter()
        .find(|id| id.to_string() == name)
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!("this build cannot record through {name}"),
            )
            .hint(format!(
                "build it with --features {name}, or leave --backend out"
            ))
        })?;
    match cpal::available_hosts().contains(id) {
        true => Ok(*id),
        false => Err(
            Error::new(ErrorKind::NoDevice, format!("{name} does not answer"))
                .hint("check that it runs for this user"),
        ),
    }
}

/// The devices of a host.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when the host does not answer.
pub(super) fn list(id: Host) -> Result<Vec<Device>> {
    bounded("list devices", OPEN, move || {
        let host = cpal::host_from_id(id).map_err(|e| failed("list devices", e))?;
        let microphone = host.default_input_device().and_then(|d| d.id().ok());
        let speakers = loopback_default(&host, id);
        let devices = host.devices().map_err(|e| failed("list devices", e))?;
        let mut found = Vec::new();
        for device in devices {
            let Ok(device_id) = device.id() else { continue };
            let Some((kind, config)) = what(&device, id) else {
                continue;
            };
            let text_id = device_id.to_string();
            found.push(Device {
                name: match text_id.as_str() {
                    PIPEWIRE_MICROPHONE => "default microphone".to_owned(),
                    PIPEWIRE_LOOPBACK => "what the default output plays".to_owned(),
                    _ => device
                        .description()
                        .map_or_else(|_| text_id.clone(), |d| d.name().to_owned()),
                },
                backend: id_name(id),
                kind,
                default_microphone: microphone.as_ref() == Some(&device_id)
                    && kind == Kind::Microphone,
                default_system: speakers.as_ref() == Some(&device_id) && kind == Kind::Loopback,
                rate: config.sample_rate(),
                channels: config.channels(),
                id: text_id,
            });
        }
        Ok(found)
    })
}

/// The device that carries what the computer plays by default.
fn loopback_default(host: &cpal::Host, id: Host) -> Option<cpal::DeviceId> {
    match id_name(id) {
        "pipewire" => PIPEWIRE_LOOPBACK.parse().ok(),
        _ => host.default_output_device().and_then(|d| d.id().ok()),
    }
}

/// What a device hears, and in which format. An output device is a loopback where the host can open
/// one as an input.
fn what(device: &cpal::Device, host: Host) -> Option<(Kind, cpal::SupportedStreamConfig)> {
    if device.supports_output() && has_loopback(host) {
        // PipeWire lists what other programs play as devices that have no input side.
        if id_name(host) == "pipewire" && !device.supports_input() {
            return None;
        }
        let config = device.default_output_config().ok()?;
        return Some((Kind::Loopback, config));
    }
    let config = device.default_input_config().ok()?;
    Some((Kind::Microphone, microphone_config(device, config)))
}

/// The format in which a microphone is opened. cpal says that PipeWire's default one has two channels,
/// whatever it has; a mono microphone would then be heard on one of them only, at half its level.
fn microphone_config(
    device: &cpal::Device,
    config: cpal::SupportedStreamConfig,
) -> cpal::SupportedStreamConfig {
    match device.id() {
        Ok(id) if id.to_string() == PIPEWIRE_MICROPHONE => cpal::SupportedStreamConfig::new(
            1,
            config.sample_rate(),
            *config.buffer_size(),
            config.sample_format(),
        ),
        _ => config,
    }
}

fn has_loopback(host: Host) -> bool {
    id_name(host) != "alsa"
}

fn id_name(id: Host) -> &'static str {
    match id.to_string().as_str() {
        "pipewire" => "pipewire",
        "alsa" => "alsa",
        "wasapi" => "wasapi",
        "coreaudio" => "coreaudio",
        _ => "native",
    }
}

/// A stream of one device.
pub(super) struct CpalSource {
    format: Format,
    outlet: Outlet,
    state: Arc<State>,
    name: String,
    _streams: Streams,
}

/// What the callbacks tell; they only set flags.
#[derive(Debug, Default)]
struct State {
    lost: AtomicBool,
}

/// Streams that live as long as the source. The first one records; on Windows another one plays
/// silence, so that the loopback has something to deliver.
struct Streams {
    _record: cpal::Stream,
    #[cfg(windows)]
    _silence: Option<cpal::Stream>,
}

/// Opens a device of [`list`].
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when it cannot be opened in time, [`ErrorKind::PermissionDenied`] when the
/// system refuses.
pub(super) fn open(host: Host, wanted: &Device) -> Result<CpalSource> {
    let wanted = wanted.clone();
    let what = format!("open {}", wanted.name);
    bounded(&what.clone(), OPEN, move || {
        let id: cpal::DeviceId = wanted.id.parse().map_err(|e| failed(&what, e))?;
        let host = cpal::host_from_id(host).map_err(|e| failed(&what, e))?;
        let device = host.device_by_id(&id).ok_or_else(|| {
            Error::new(ErrorKind::NoDevice, format!("{} has gone", wanted.name))
                .hint("verbatim devices lists what there is")
        })?;
        // A loopback must be opened exactly as the device plays: Windows converts nothing, and macOS
        // would switch the user's hardware to another rate.
        let config = match wanted.kind {
            Kind::Loopback => device.default_output_config(),
            Kind::Microphone => device
                .default_input_config()
                .map(|config| microphone_config(&device, config)),
        }
        .map_err(|e| failed(&what, e))?;
        let format = Format::new(config.sample_rate(), config.channels())
            .ok_or_else(|| Error::new(ErrorKind::NoDevice, format!("cannot {what}: no format")))?;
        let (intake, outlet) = ring(format);
        let state = Arc::new(State::default());
        let record = build(&device, &config, intake, &state).map_err(|e| failed(&what, e))?;
        record.play().map_err(|e| failed(&what, e))?;
        Ok(CpalSource {
            format,
            outlet,
            state,
            name: wanted.name.clone(),
            _streams: Streams {
                _record: record,
                #[cfg(windows)]
                _silence: silence(&device, &config, wanted.kind),
            },
        })
    })
}

/// Builds the stream for whatever sample format the device has.
fn build(
    device: &cpal::Device,
    config: &cpal::SupportedStreamConfig,
    intake: Intake,
    state: &Arc<State>,
) -> Result<cpal::Stream, cpal::Error> {
    let settings = config.config();
    match config.sample_format() {
        SampleFormat::I8 => typed::<i8>(device, settings, intake, state),
        SampleFormat::I16 => typed::<i16>(device, settings, intake, state),
        SampleFormat::I24 => typed::<cpal::I24>(device, settings, intake, state),
        SampleFormat::I32 => typed::<i32>(device, settings, intake, state),
        SampleFormat::I64 => typed::<i64>(device, settings, intake, state),
        SampleFormat::U8 => typed::<u8>(device, settings, intake, state),
        SampleFormat::U16 => typed::<u16>(device, settings, intake, state),
        SampleFormat::U32 => typed::<u32>(device, settings, intake, state),
        SampleFormat::U64 => typed::<u64>(device, settings, intake, state),
        SampleFormat::F64 => typed::<f64>(device, settings, intake, state),
        _ => typed::<f32>(device, settings, intake, state),
    }
}

fn typed<T>(
    device: &cpal::Device,
    settings: StreamConfig,
    mut intake: Intake,
    state: &Arc<State>,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let rate = u64::from(settings.sample_rate);
    let channels = usize::from(settings.channels);
    let on_data = move |samples: &[T], info: &InputCallbackInfo| {
        let frames = (samples.len() / channels) as u64;
        let until = captured_until(info, Duration::from_nanos(frames * 1_000_000_000 / rate));
        intake.push(
            samples.iter().map(|&sample| sample.to_sample::<f32>()),
            until,
        );
    };
    let state = Arc::clone(state);
    let on_error = move |error: cpal::Error| {
        // Repeated errors come tens of thousands of times a second on some hosts: nothing but a flag.
        if ends_stream(error.kind()) {
            state.lost.store(true, Ordering::Relaxed);
        }
    };
    device.build_input_stream(settings, on_data, on_error, Some(OPEN))
}

/// Errors after which a stream delivers nothing any more.
fn ends_stream(kind: cpal::ErrorKind) -> bool {
    matches!(
        kind,
        cpal::ErrorKind::DeviceNotAvailable
            | cpal::ErrorKind::StreamInvalidated
            | cpal::ErrorKind::HostUnavailable
            | cpal::ErrorKind::PermissionDenied
    )
}

/// When the last frame of a callback was captured: its first frame's time and its length, as far as
/// the host tells, and never later than now.
fn captured_until(info: &InputCallbackInfo, length: Duration) -> Instant {
    let now = Instant::now();
    let stamp = info.timestamp();
    let age = stamp.callback.duration_since(stamp.capture);
    now.checked_sub(age.saturating_sub(length)).unwrap_or(now)
}

/// Plays silence on the device of a loopback.
#[cfg(windows)]
fn silence(
    device: &cpal::Device,
    config: &cpal::SupportedStreamConfig,
    kind: Kind,
) -> Option<cpal::Stream> {
    if kind != Kind::Loopback {
        return None;
    }
    let stream = device
        .build_output_stream_raw(
            config.config(),
            config.sample_format(),
            // cpal hands out a buffer that is silent already.
            |_, _| {},
            |_| {},
            Some(OPEN),
        )
        .ok()?;
    stream.play().ok()?;
    Some(stream)
}

fn failed(what: &str, error: cpal::Error) -> Error {
    let (kind, hint) = match error.kind() {
        cpal::ErrorKind::PermissionDenied => (
            ErrorKind::PermissionDenied,
            "allow recording for this program in the system's privacy settings",
        ),
        cpal::ErrorKind::DeviceBusy => (
            ErrorKind::NoDevice,
            "another program holds the device; close it or choose another device",
        ),
        _ => (ErrorKind::NoDevice, "verbatim devices lists what there is"),
    };
    Error::new(kind, format!("cannot {what}"))
        .because(error)
        .hint(hint)
}

impl Source for CpalSource {
    fn format(&self) -> Format {
        self.format
    }

    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading> {
        match self.outlet.read(wait, frames) {
            Reading::Idle if self.state.lost.load(Ordering::Relaxed) => Err(Error::new(
                ErrorKind::DeviceLost,
                format!("{}: the device has gone", self.name),
            )),
            reading => Ok(reading),
        }
    }
}

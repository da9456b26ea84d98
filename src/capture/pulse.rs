//! Recording over the PulseAudio protocol, spoken by PulseAudio and by PipeWire; and playing a test tone.
//!
//! Fragments are short and the server's own queue is as long as it allows: shorter queues overflow
//! without a word. A stream may not be moved: when its source vanishes it must end, not go on with
//! another device.

mod line;
mod message;
mod play;

use std::ffi::CString;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use pulseaudio::protocol::stream::{BufferAttr, CorkStreamParams, StreamFlags};
use pulseaudio::protocol::{
    ChannelMap, Command, CreateRecordStreamReply, GetSourceInfo, LatencyParams, RecordLatency,
    RecordStreamParams, SampleFormat, SampleSpec, ServerInfo, SourceInfo,
};

use self::line::{ANSWER, Fault, Line};
pub(super) use self::play::play;
use super::bounded::bounded;
use super::devices::{Device, Kind};
use super::ring::{Intake, Outlet, ring};
use super::{Reading, Source};
use crate::audio::{ARCHIVE_RATE, Format};
use crate::error::{Error, ErrorKind, Result};

/// Sound in a fragment.
const FRAGMENT_MS: u32 = 20;

/// How often the device is checked while it records.
const CHECK: Duration = Duration::from_secs(1);

/// Why a stream is lost whose server hung up.
const GONE: &str = "the audio server has gone";

/// Prefix of device ids.
pub(super) const PREFIX: &str = "pulse:";

/// The sources of the server.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when no server answers.
pub(super) fn list() -> Result<Vec<Device>> {
    bounded("list devices", ANSWER, || sources(&connect()?))
}

fn sources(line: &Line) -> Result<Vec<Device>> {
    let server: ServerInfo = line
        .ask(&Command::GetServerInfo)
        .map_err(unreachable_server)?;
    let sources: Vec<SourceInfo> = line
        .ask(&Command::GetSourceInfoList)
        .map_err(unreachable_server)?;
    let mic = server.default_source_name.map(text);
    let system = server
        .default_sink_name
        .map(|sink| format!("{}.monitor", text(sink)));
    Ok(sources
        .into_iter()
        .map(|source| device(source, mic.as_deref(), system.as_deref()))
        .collect())
}

/// The sources of the server over a connection that is kept from one look to the next.
#[derive(Default)]
pub(super) struct Roll {
    line: Option<Line>,
}

impl Roll {
    /// The sources now. A connection that has broken is made anew.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDevice`] when no server answers.
    pub(super) fn list(&mut self) -> Result<Vec<Device>> {
        if let Some(line) = self.line.take()
            && let Ok(devices) = sources(&line)
        {
            self.line = Some(line);
            return Ok(devices);
        }
        let line = connect()?;
        let devices = sources(&line)?;
        self.line = Some(line);
        Ok(devices)
    }
}

fn device(source: SourceInfo, mic: Option<&str>, system: Option<&str>) -> Device {
    let loopback = source.monitor_of_sink_name.is_some();
    let id = text(source.name);
    Device {
        name: source.description.map_or_else(|| id.clone(), text),
        backend: "pulse",
        kind: match loopback {
            true => Kind::Loopback,
            false => Kind::Microphone,
        },
        default_microphone: mic == Some(&id) && !loopback,
        default_system: system == Some(&id),
        rate: source.sample_spec.sample_rate,
        channels: u16::from(source.sample_spec.channels),
        id: format!("{PREFIX}{id}"),
    }
}

fn text(name: CString) -> String {
    name.to_string_lossy().into_owned()
}

/// Finds the server as its environment tells, and greets it.
fn connect() -> Result<Line> {
    let path = pulseaudio::socket_path_from_env().ok_or_else(|| unreachable_server(Fault::Gone))?;
    let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
    let socket = UnixStream::connect(path).map_err(|_| unreachable_server(Fault::Gone))?;
    Line::open(socket, cookie.unwrap_or_default()).map_err(unreachable_server)
}

fn unreachable_server(fault: Fault) -> Error {
    let told = match fault {
        Fault::Gone => "no audio server answers".to_owned(),
        _ => format!("no audio server answers ({fault})"),
    };
    Error::new(ErrorKind::NoDevice, told)
        .hint("start PipeWire or PulseAudio; verbatim doctor tells what is missing")
}

/// A stream from one source of the server.
pub(super) struct PulseSource {
    format: Format,
    outlet: Outlet,
    name: String,
    lost: Receiver<Error>,
    /// Ends the watch.
    _stop: Sender<()>,
    line: Arc<Line>,
}

/// Opens a source by its device.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when the server does not answer or has no such source.
pub(super) fn open(device: &Device) -> Result<PulseSource> {
    let name = device.id.trim_start_matches(PREFIX).to_owned();
    let channels = device.channels.clamp(1, 2);
    let what = format!("open {}", device.name);
    let format = Format::new(ARCHIVE_RATE, channels)
        .ok_or_else(|| Error::new(ErrorKind::NoDevice, format!("cannot {what}")))?;
    let (intake, outlet) = ring(format);
    let shown = device.name.clone();
    let opened = bounded(&what, ANSWER, move || stream(&name, &shown, format, intake))?;
    let line = Arc::clone(&opened.line);
    let (stop, stopped) = mpsc::channel();
    let (report, lost) = mpsc::channel();
    let watched = device.name.clone();
    thread::Builder::new()
        .name("device watch".into())
        .spawn(move || watch(&opened, &watched, &stopped, &report))
        .map_err(|e| Error::new(ErrorKind::NoDevice, format!("cannot {what}")).because(e))?;
    Ok(PulseSource {
        format,
        outlet,
        name: device.name.clone(),
        lost,
        _stop: stop,
        line,
    })
}

/// An open stream and what is needed to watch it.
struct Opened {
    line: Arc<Line>,
    channel: u32,
    source: CString,
}

fn stream(name: &str, shown: &str, format: Format, mut intake: Intake) -> Result<Opened> {
    let line = connect()?;
    let source = CString::new(name).map_err(|e| {
        Error::new(ErrorKind::NoDevice, format!("{shown} has no usable id")).because(e)
    })?;
    let channels = format.channels.get() as u8;
    let fragment = ARCHIVE_RATE / 1_000 * FRAGMENT_MS * u32::from(channels) * 4;
    let sample_spec = SampleSpec {
        format: SampleFormat::Float32Le,
        channels,
        sample_rate: ARCHIVE_RATE,
    };
    let params = RecordStreamParams {
        sample_spec,
        channel_map: match channels {
            1 => ChannelMap::mono(),
            _ => ChannelMap::stereo(),
        },
        source_name: Some(source.clone()),
        buffer_attr: BufferAttr {
            max_length: u32::MAX,
            fragment_size: fragment,
            ..BufferAttr::default()
        },
        flags: StreamFlags {
            adjust_latency: true,
            no_move: true,
            start_corked: true,
            ..StreamFlags::default()
        },
        ..RecordStreamParams::default()
    };
    let running = Arc::new(AtomicBool::new(false));
    let accepts = Arc::clone(&running);
    let callback = move |bytes: &[u8]| {
        let now = Instant::now();
        if accepts.load(Ordering::Relaxed) {
            let samples = bytes.as_chunks::<4>().0.iter();
            intake.push(samples.map(|sample| f32::from_le_bytes(*sample)), now);
        }
    };
    let refused = |fault: Fault| {
        Error::new(ErrorKind::NoDevice, format!("cannot record {shown}"))
            .because(fault)
            .hint("verbatim devices lists what can be recorded")
    };
    let made: CreateRecordStreamReply = line
        .ask(&Command::CreateRecordStream(params))
        .map_err(refused)?;
    if made.sample_spec != sample_spec {
        // Bytes of any other format would be noise.
        return Err(refused(Fault::Unintelligible));
    }
    let channel = made.channel;
    line.listen(channel, Box::new(callback));
    running.store(true, Ordering::Relaxed);
    let cork = false;
    line.order(&Command::CorkRecordStream(CorkStreamParams {
        channel,
        cork,
    }))
    .map_err(refused)?;
    Ok(Opened {
        line: Arc::new(line),
        channel,
        source,
    })
}

impl Opened {
    /// Asks for the stream, and for the source that it was opened on.
    fn check(&self) -> std::result::Result<(), Fault> {
        let _latency: RecordLatency = self.line.ask(&Command::GetRecordLatency(LatencyParams {
            channel: self.channel,
            now: SystemTime::now(),
        }))?;
        let _source: SourceInfo = self.line.ask(&Command::GetSourceInfo(GetSourceInfo {
            index: None,
            name: Some(self.source.clone()),
        }))?;
        Ok(())
    }
}

/// Checks every second that the stream still records the source it was opened on. Ends when the
/// source is dropped.
fn watch(opened: &Opened, shown: &str, stopped: &Receiver<()>, report: &Sender<Error>) {
    loop {
        match stopped.recv_timeout(CHECK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let Err(fault) = opened.check() else { continue };
        let fault = match fault {
            Fault::Gone => GONE,
            Fault::Refused(_) => "the device has gone",
            // A server that hangs may go on; samples tell.
            Fault::Silent | Fault::Unintelligible => continue,
        };
        let error = Error::new(ErrorKind::DeviceLost, format!("{shown}: {fault}"));
        drop(report.send(error));
        return;
    }
}

impl Drop for PulseSource {
    fn drop(&mut self) {
        // Ends the stream, and a watch that waits for an answer.
        self.line.hang_up();
    }
}

impl Source for PulseSource {
    fn format(&self) -> Format {
        self.format
    }

    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading> {
        match self.outlet.read(wait, frames) {
            Reading::Idle => match self.lost.try_recv() {
                Ok(error) => Err(error),
                Err(TryRecvError::Empty) if !self.outlet.is_over() => Ok(Reading::Idle),
                // The callback goes with its stream or connection, and the watch after it has told the
                // loss once.
                Err(_) => {
                    let fault = match self.line.is_over() {
                        true => GONE,
                        false => "the device has gone",
                    };
                    let told = format!("{}: {fault}", self.name);
                    Err(Error::new(ErrorKind::DeviceLost, told))
                }
            },
            reading => Ok(reading),
        }
    }
}

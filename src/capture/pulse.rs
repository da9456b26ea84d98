//! Recording over the PulseAudio protocol, spoken by PulseAudio and by PipeWire.
//!
//! Fragments are short and the server's own queue is as long as it allows: shorter queues overflow
//! without a word. A stream may not be moved: when its source vanishes it must end, not go on with
//! another device.

use std::ffi::CString;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use pollster::block_on;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{ChannelMap, RecordStreamParams, SampleFormat, SampleSpec, SourceInfo};
use pulseaudio::{Client, ClientError, RecordStream};

use super::bounded::bounded;
use super::devices::{Device, Kind};
use super::ring::{Intake, Outlet, ring};
use super::{Reading, Source};
use crate::audio::{ARCHIVE_RATE, Format};
use crate::error::{Error, ErrorKind, Result};

/// Sound in a fragment.
const FRAGMENT_MS: u32 = 20;

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(4);

/// How often the device is checked while it records.
const CHECK: Duration = Duration::from_secs(1);

/// Prefix of device ids.
pub(super) const PREFIX: &str = "pulse:";

/// The sources of the server.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when no server answers.
pub(super) fn list() -> Result<Vec<Device>> {
    bounded("list devices", ANSWER, || {
        let (client, _line) = connect()?;
        sources(&client)
    })
}

fn sources(client: &Client) -> Result<Vec<Device>> {
    let server = block_on(client.server_info()).map_err(|e| unreachable_server(&e))?;
    let sources = block_on(client.list_sources()).map_err(|e| unreachable_server(&e))?;
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
    client: Option<(Client, Line)>,
}

impl Roll {
    /// The sources now. A connection that has broken is made anew; a server that hangs is waited for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDevice`] when no server answers.
    pub(super) fn list(&mut self) -> Result<Vec<Device>> {
        if let Some((client, _)) = &self.client {
            match sources(client) {
                Ok(devices) => return Ok(devices),
                Err(_) => self.client = None,
            }
        }
        let connected = connect()?;
        let devices = sources(&connected.0)?;
        self.client = Some(connected);
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

/// The connection of a client. A client that is dropped may leave its thread waiting for the server and
/// the connection open, and a server takes only so many: it is hung up with this value. What waits for
/// an answer then fails at once.
pub(super) struct Line(UnixStream);

impl Drop for Line {
    fn drop(&mut self) {
        // Only a server that has hung up first can make this fail.
        self.0.shutdown(Shutdown::Both).unwrap_or_default();
    }
}

pub(super) fn connect() -> Result<(Client, Line)> {
    let client = || -> Result<(Client, Line), ClientError> {
        let path = pulseaudio::socket_path_from_env().ok_or(ClientError::ServerUnavailable)?;
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let socket = UnixStream::connect(path)?;
        // Nobody waits for a greeting any longer than for the call that it is a part of.
        socket.set_read_timeout(Some(ANSWER + CHECK))?;
        let line = Line(socket.try_clone()?);
        Ok((Client::new_unix(c"verbatim", socket, cookie)?, line))
    };
    client().map_err(|e| unreachable_server(&e))
}

fn unreachable_server(error: &ClientError) -> Error {
    Error::new(
        ErrorKind::NoDevice,
        format!("no audio server answers ({error})"),
    )
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
    /// Ends the stream, and a watch that waits for a hung server.
    _line: Line,
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
    let (opened, line) = bounded(&what, ANSWER, move || stream(&name, &shown, format, intake))?;
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
        _line: line,
    })
}

/// An open stream and what is needed to watch it.
struct Opened {
    client: Client,
    stream: RecordStream,
    source: CString,
}

fn stream(name: &str, shown: &str, format: Format, mut intake: Intake) -> Result<(Opened, Line)> {
    let (client, line) = connect()?;
    let source = CString::new(name).map_err(|e| {
        Error::new(ErrorKind::NoDevice, format!("{shown} has no usable id")).because(e)
    })?;
    let channels = format.channels.get() as u8;
    let fragment = ARCHIVE_RATE / 1_000 * FRAGMENT_MS * u32::from(channels) * 4;
    let params = RecordStreamParams {
        sample_spec: SampleSpec {
            format: SampleFormat::Float32Le,
            channels,
            sample_rate: ARCHIVE_RATE,
        },
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
    let refused = |e: ClientError| {
        Error::new(ErrorKind::NoDevice, format!("cannot record {shown}"))
            .because(e)
            .hint("verbatim devices lists what can be recorded")
    };
    let stream = block_on(client.create_record_stream(params, callback)).map_err(refused)?;
    running.store(true, Ordering::Relaxed);
    block_on(stream.uncork()).map_err(refused)?;
    let opened = Opened {
        client,
        stream,
        source,
    };
    Ok((opened, line))
}

/// Checks every second that the stream still records the source it was opened on. Ends when the
/// source is dropped.
fn watch(opened: &Opened, shown: &str, stopped: &Receiver<()>, report: &Sender<Error>) {
    loop {
        match stopped.recv_timeout(CHECK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        let alive = block_on(opened.stream.timing_info())
            .and_then(|_| block_on(opened.client.source_info_by_name(opened.source.clone())));
        let fault = match alive {
            Ok(_) => continue,
            Err(ClientError::Disconnected | ClientError::Io(_)) => "the audio server has gone",
            Err(_) => "the device has gone",
        };
        let error = Error::new(ErrorKind::DeviceLost, format!("{shown}: {fault}"));
        drop(report.send(error));
        return;
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
                // The callback goes with its connection, and the watch after it has told the loss once.
                Err(_) => Err(Error::new(
                    ErrorKind::DeviceLost,
                    format!("{}: the stream has ended", self.name),
                )),
            },
            reading => Ok(reading),
        }
    }
}

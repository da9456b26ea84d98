//! A PulseAudio server of a few lines, which does not behave.

use std::ffi::CString;
use std::io::{self, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use pulseaudio::protocol::{
    AuthReply, ChannelMap, ChannelVolume, Command, CommandReply, CreatePlaybackStreamReply,
    CreateRecordStreamReply, MAX_VERSION, RecordLatency, SampleFormat, SampleSpec, ServerInfo,
    SetClientNameReply, SourceInfo, read_descriptor, write_ack_message, write_reply_message,
};

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Anything, in every connection.
    Hostile,
    /// Its first stream is followed by a message of 4 GiB.
    Endless,
    /// It closes the connection of its first stream, and of any that is to be played to its end.
    HangsUp,
    /// It ends its first stream.
    Kills,
    /// It sends nothing more on its first stream, and never says that what it plays is over.
    Silent,
}

/// How long a first stream behaves.
const BEHAVES: Duration = Duration::from_millis(600);

/// Bytes of 20 ms.
const FRAGMENT: usize = 960 * 4;

/// A server; connections outlive it.
pub struct Server;

impl Server {
    /// Listens at `path`.
    pub fn listen(path: &Path, manner: Manner) -> Server {
        let listener = UnixListener::bind(path).expect("a socket");
        thread::spawn(move || {
            let streams = Arc::new(AtomicU64::new(0));
            for (n, socket) in listener.incoming().enumerate() {
                let streams = Arc::clone(&streams);
                let socket = socket.expect("a connection");
                thread::spawn(move || {
                    let talk = Talk {
                        dice: (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
                        socket,
                        manner,
                        streams,
                    };
                    // Either side may hang up at any time.
                    talk.run();
                });
            }
        });
        Server
    }
}

struct Talk {
    dice: u64,
    socket: UnixStream,
    manner: Manner,
    streams: Arc<AtomicU64>,
}

fn name(text: &str) -> Option<CString> {
    Some(CString::new(text).expect("no zero"))
}

fn spec() -> SampleSpec {
    SampleSpec {
        format: SampleFormat::Float32Le,
        channels: 1,
        sample_rate: 48_000,
    }
}

fn source(loopback: bool) -> SourceInfo {
    let monitor = loopback.then(|| name("speakers")).flatten();
    SourceInfo {
        index: u32::from(loopback),
        name: name(if loopback { "speakers.monitor" } else { "mic" }).expect("a name"),
        description: name("A device"),
        sample_spec: spec(),
        channel_map: ChannelMap::mono(),
        cvolume: ChannelVolume::norm(1),
        monitor_of_sink_index: loopback.then_some(0),
        monitor_of_sink_name: monitor,
        ..SourceInfo::default()
    }
}

fn reply<R: CommandReply>(question: u32, reply: &R) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_reply_message(&mut bytes, question, reply, MAX_VERSION).expect("a reply");
    bytes
}

/// A message as it stands on the wire.
fn message(channel: u32, length: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.extend(channel.to_be_bytes());
    bytes.extend([0; 12]);
    bytes.extend(body);
    bytes
}

fn killed(channel: u32) -> Vec<u8> {
    let mut body = vec![b'L', 0, 0, 0, 65, b'L', 255, 255, 255, 255, b'L'];
    body.extend(channel.to_be_bytes());
    message(u32::MAX, body.len() as u32, &body)
}

impl Talk {
    fn below(&mut self, n: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % n
    }

    fn run(mut self) -> Option<()> {
        let mut heard = BufReader::new(self.socket.try_clone().ok()?);
        loop {
            let head = read_descriptor(&mut heard).ok()?;
            let mut body = (&mut heard).take(u64::from(head.length));
            if head.channel != u32::MAX {
                // Sound to play, which nobody hears.
                io::copy(&mut body, &mut io::sink()).ok()?;
                continue;
            }
            let (question, command) = Command::read_tag_prefixed(&mut body, MAX_VERSION).ok()?;
            let answer = match command {
                Command::Auth(_) => reply(
                    question,
                    &AuthReply {
                        version: MAX_VERSION,
                        ..AuthReply::default()
                    },
                ),
                Command::SetClientName(_) => reply(question, &SetClientNameReply { client_id: 7 }),
                Command::GetServerInfo => reply(
                    question,
                    &ServerInfo {
                        sample_spec: spec(),
                        channel_map: ChannelMap::mono(),
                        default_sink_name: name("speakers"),
                        default_source_name: name("mic"),
                        ..ServerInfo::default()
                    },
                ),
                Command::GetSourceInfoList => {
                    let mut both = reply(question, &source(false));
                    let second = reply(question, &source(true));
                    // The second source follows the first in one message.
                    both.extend(&second[30..]);
                    let length = both.len() as u32 - 20;
                    both[..4].copy_from_slice(&length.to_be_bytes());
                    both
                }
                Command::GetSourceInfo(_) => reply(question, &source(false)),
                Command::CreateRecordStream(_) => {
                    let stream = CreateRecordStreamReply {
                        channel: 3,
                        sample_spec: spec(),
                        channel_map: ChannelMap::mono(),
                        ..CreateRecordStreamReply::default()
                    };
                    reply(question, &stream)
                }
                Command::CreatePlaybackStream(_) => {
                    let stream = CreatePlaybackStreamReply {
                        channel: 4,
                        sample_spec: spec(),
                        channel_map: ChannelMap::mono(),
                        ..CreatePlaybackStreamReply::default()
                    };
                    reply(question, &stream)
                }
                Command::DrainPlaybackStream(_) if self.manner == Manner::Silent => continue,
                Command::DrainPlaybackStream(_) if self.manner == Manner::HangsUp => {
                    return self.socket.shutdown(Shutdown::Both).ok();
                }
                Command::GetRecordLatency(_) => reply(question, &latency()),
                Command::CorkRecordStream(_) => {
                    self.play();
                    acknowledged(question)
                }
                _ => acknowledged(question),
            };
            match self.manner {
                Manner::Hostile => self.garble(answer)?,
                _ => self.socket.write_all(&answer).ok()?,
            }
        }
    }

    /// Sends an answer, or something else.
    fn garble(&mut self, mut answer: Vec<u8>) -> Option<()> {
        let what = match self.below(14) {
            0 => 70 + self.below(30),
            _ => 0,
        };
        match what {
            0..70 => {}
            70..80 => {
                // Some bytes of the values are others.
                for _ in 0..=self.below(6) {
                    let at = 20 + self.below(answer.len() as u64 - 20) as usize;
                    answer[at] = self.below(256) as u8;
                }
            }
            80..83 => {
                let keep = self.below(answer.len() as u64) as usize;
                self.socket.write_all(&answer[..keep]).ok()?;
                return self.socket.shutdown(Shutdown::Both).ok();
            }
            83..85 => answer[..4].copy_from_slice(&u32::MAX.to_be_bytes()),
            85..87 => {
                // As long as it may be, and it all comes.
                let body = vec![b'1'; 16 << 20];
                answer = message(u32::MAX, body.len() as u32, &body);
            }
            87..89 => answer = message(u32::MAX, 15, b"L\0\0\0\0L\0\0\x04\x02L\0\0\0\x05"),
            89..92 => {
                answer = (0..=self.below(5_000))
                    .map(|_| self.below(256) as u8)
                    .collect();
            }
            92..94 => return Some(()),
            94..96 => answer.splice(0..0, killed(3)).for_each(drop),
            96..98 => {
                let odd = self.below(9_000) as usize;
                answer.extend(message(3, odd as u32, &vec![0xff; odd]));
                answer.extend(message(900, 4, &[1, 2, 3, 4]));
                answer.extend(message(3, 0, &[]));
            }
            _ => return self.socket.shutdown(Shutdown::Both).ok(),
        }
        self.socket.write_all(&answer).ok()
    }

    /// Begins to play the stream.
    fn play(&mut self) {
        let number = self.streams.fetch_add(1, Ordering::Relaxed);
        let manner = self.manner;
        let behaves = number > 0 || manner == Manner::Hostile;
        let socket = self.socket.try_clone();
        thread::spawn(move || -> Option<()> {
            let mut socket = socket.ok()?;
            let sound = message(3, FRAGMENT as u32, &[0x3d; FRAGMENT]);
            let mut played = Duration::ZERO;
            while behaves || played < BEHAVES {
                socket.write_all(&sound).ok()?;
                thread::sleep(Duration::from_millis(20));
                played += Duration::from_millis(20);
            }
            match manner {
                Manner::Hostile | Manner::Silent => {}
                Manner::Kills => socket.write_all(&killed(3)).ok()?,
                Manner::HangsUp => socket.shutdown(Shutdown::Both).ok()?,
                Manner::Endless => {
                    socket.write_all(&message(3, u32::MAX, &[])).ok()?;
                    loop {
                        socket.write_all(&[0; 65_536]).ok()?;
                    }
                }
            }
            Some(())
        });
    }
}

fn acknowledged(question: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_ack_message(&mut bytes, question).expect("an answer");
    bytes
}

fn latency() -> RecordLatency {
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    RecordLatency {
        sink_usec: 0,
        source_usec: 0,
        playing: true,
        local_time: epoch,
        remote_time: epoch,
        write_offset: 0,
        read_offset: 0,
    }
}

//! A conversation with a PulseAudio server: questions with answers, and sound that comes meanwhile.
//!
//! One thread hears what the server says. Whoever asks waits for the answer, but no longer than a limit,
//! [`ANSWER`] unless the order itself takes a while: a server may hang for as long as it likes. The crate's
//! own client waits for ever, believes every length that it is told and ends with a panic on some messages,
//! so only its messages are used.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fmt;
use std::io::{BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, CommandReply, DESCRIPTOR_SIZE, MAX_VERSION, MIN_VERSION, Prop,
    Props, PulseError, SetClientNameReply, TagStructReader, write_command_message, write_memblock,
};

use super::message::{self, Message};

/// How long the server may take to answer, and to take what it is told.
pub(super) const ANSWER: Duration = Duration::from_secs(4);

/// Bytes that are read at a time: more than a fragment of sound.
const READ: usize = 32 * 1_024;

/// Bytes of sound that are told at a time, as the server's own library does.
const BLOCK: usize = 64 * 1_024;

/// Takes the sound of a stream as it comes.
pub(super) type Sink = Box<dyn FnMut(&[u8]) + Send>;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    /// The server is gone, or has hung up.
    Gone,
    /// It does not answer.
    Silent,
    /// It refuses.
    Refused(PulseError),
    /// It says something that cannot be understood.
    Unintelligible,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Gone => f.write_str("it has gone"),
            Fault::Silent => write!(f, "it has been silent for {} s", ANSWER.as_secs()),
            Fault::Refused(why) => write!(f, "it refuses: {why}"),
            Fault::Unintelligible => f.write_str("it cannot be understood"),
        }
    }
}

impl std::error::Error for Fault {}

/// What comes back to who asked: values, or a refusal.
type Answered = Result<Vec<u8>, PulseError>;

/// A connection. It is hung up with this value, and what waits for an answer then fails at once.
#[derive(Debug)]
pub(super) struct Line {
    socket: UnixStream,
    version: u16,
    asked: Arc<Mutex<Asked>>,
    /// Held while something is written: a question is whole before the next one begins.
    writing: Mutex<()>,
    sinks: Mutex<Sender<(u32, Sink)>>,
}

#[derive(Debug, Default)]
struct Asked {
    next: u32,
    waiting: BTreeMap<u32, SyncSender<Answered>>,
    /// Whether nothing will be answered any more.
    is_over: bool,
}

impl Line {
    /// Greets the server at the other end of `socket`.
    pub(super) fn open(socket: UnixStream, cookie: Vec<u8>) -> Result<Line, Fault> {
        let gone = |_| Fault::Gone;
        socket.set_write_timeout(Some(ANSWER)).map_err(gone)?;
        let heard = socket.try_clone().map_err(gone)?;
        let asked = Arc::new(Mutex::new(Asked::default()));
        let (sinks, new_sinks) = mpsc::channel();
        let hearing = Hearing {
            asked: Arc::clone(&asked),
            new_sinks,
            sinks: BTreeMap::new(),
        };
        thread::Builder::new()
            .name("audio server".into())
            .spawn(move || hearing.run(heard))
            .map_err(gone)?;
        let mut line = Line {
            socket,
            version: MAX_VERSION,
            asked,
            writing: Mutex::new(()),
            sinks: Mutex::new(sinks),
        };
        let greeting = Command::Auth(AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        });
        let greeted: AuthReply = line.ask(&greeting)?;
        line.version = greeted.version.min(MAX_VERSION);
        if line.version < MIN_VERSION {
            return Err(Fault::Unintelligible);
        }
        let mut name = Props::new();
        name.set(Prop::ApplicationName, c"verbatim");
        if let Ok(id) = CString::new(std::process::id().to_string()) {
            name.set(Prop::ApplicationProcessId, id);
        }
        let _named: SetClientNameReply = line.ask(&Command::SetClientName(name))?;
        Ok(line)
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask<R: CommandReply>(&self, question: &Command) -> Result<R, Fault> {
        let values = self.answer(ANSWER, question)?;
        if !message::is_sound(&values) {
            return Err(Fault::Unintelligible);
        }
        TagStructReader::new(&mut &values[..], self.version)
            .read()
            .map_err(|_| Fault::Unintelligible)
    }

    /// Tells the server to do something, and waits until it has.
    pub(super) fn order(&self, order: &Command) -> Result<(), Fault> {
        self.order_within(ANSWER, order)
    }

    /// Tells the server to do something that takes a while, and waits for at most `limit` until it has.
    pub(super) fn order_within(&self, limit: Duration, order: &Command) -> Result<(), Fault> {
        self.answer(limit, order).map(drop)
    }

    /// Gives the server the sound of a playback stream, by its channel number. One that does not take it
    /// is hung up on: half a message may have been written.
    pub(super) fn send(&self, channel: u32, sound: &[u8]) -> Result<(), Fault> {
        for block in sound.chunks(BLOCK) {
            let mut bytes = Vec::with_capacity(DESCRIPTOR_SIZE + block.len());
            write_memblock(&mut bytes, channel, block, 0).map_err(|_| Fault::Unintelligible)?;
            self.say(&bytes).inspect_err(|_| self.hang_up())?;
        }
        Ok(())
    }

    /// Gives the sound of a stream, by its channel number, to `sink`. The sink goes with the stream.
    pub(super) fn listen(&self, channel: u32, sink: Sink) {
        let sinks = self.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        // Where nobody hears the server any more, the sink is dropped, and so is the stream.
        sinks.send((channel, sink)).unwrap_or_default();
    }

    /// Whether the server has gone, or hung up.
    pub(super) fn is_over(&self) -> bool {
        lock(&self.asked).is_over
    }

    /// Ends the conversation.
    pub(super) fn hang_up(&self) {
        // Only a server that has hung up first can make this fail.
        self.socket.shutdown(Shutdown::Both).unwrap_or_default();
    }

    fn answer(&self, limit: Duration, question: &Command) -> Result<Vec<u8>, Fault> {
        let (answer, answered) = mpsc::sync_channel(1);
        let number = {
            let mut asked = lock(&self.asked);
            if asked.is_over {
                return Err(Fault::Gone);
            }
            let number = asked.next;
            asked.next = number.wrapping_add(1);
            asked.waiting.insert(number, answer);
            number
        };
        if let Err(fault) = self.write(number, question) {
            lock(&self.asked).waiting.remove(&number);
            // Half a question may have been written, and no other can follow it.
            self.hang_up();
            return Err(fault);
        }
        match answered.recv_timeout(limit) {
            Ok(answer) => answer.map_err(Fault::Refused),
            Err(RecvTimeoutError::Disconnected) => Err(Fault::Gone),
            Err(RecvTimeoutError::Timeout) => {
                lock(&self.asked).waiting.remove(&number);
                Err(Fault::Silent)
            }
        }
    }

    fn write(&self, number: u32, question: &Command) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        write_command_message(&mut bytes, number, question, self.version)
            .map_err(|_| Fault::Unintelligible)?;
        self.say(&bytes)
    }

    /// Writes whole messages.
    fn say(&self, bytes: &[u8]) -> Result<(), Fault> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        (&self.socket).write_all(bytes).map_err(|_| Fault::Gone)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.hang_up();
    }
}

fn lock(asked: &Mutex<Asked>) -> MutexGuard<'_, Asked> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread that hears the server owns.
struct Hearing {
    asked: Arc<Mutex<Asked>>,
    new_sinks: Receiver<(u32, Sink)>,
    sinks: BTreeMap<u32, Sink>,
}

impl Hearing {
    /// Hears until one side hangs up. Then whoever waits is told, and every stream has ended.
    fn run(mut self, socket: UnixStream) {
        let mut stream = BufReader::with_capacity(READ, &socket);
        let mut body = Vec::new();
        while let Ok(message) = message::next(&mut stream, &mut body) {
            self.hear(message);
        }
        // A message that makes no sense has no end either, so that nothing after it would.
        socket.shutdown(Shutdown::Both).unwrap_or_default();
        let mut asked = lock(&self.asked);
        asked.is_over = true;
        asked.waiting.clear();
    }

    fn hear(&mut self, message: Message<'_>) {
        match message {
            Message::Sound(channel, bytes) => {
                if !self.sinks.contains_key(&channel) {
                    self.sinks.extend(self.new_sinks.try_iter());
                }
                if let Some(sink) = self.sinks.get_mut(&channel) {
                    sink(bytes);
                }
            }
            Message::Answer(number, values) => self.answer(number, Ok(values.to_vec())),
            Message::Refusal(number, why) => self.answer(number, Err(why)),
            Message::Killed(channel) => {
                self.sinks.extend(self.new_sinks.try_iter());
                self.sinks.remove(&channel);
            }
            Message::Other => {}
        }
    }

    /// Passes an answer on; one to a question that nobody asked, or waits for any more, is left out.
    fn answer(&self, number: u32, answer: Answered) {
        if let Some(waiting) = lock(&self.asked).waiting.remove(&number) {
            // Who waited has room for the one answer, or has gone.
            waiting.try_send(answer).unwrap_or_default();
        }
    }
}

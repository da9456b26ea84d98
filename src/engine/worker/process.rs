//! A child process with a thread for each of its pipes, so that a child that hangs hangs nobody else.

use std::fmt;
use std::io::{self, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use super::WorkerOptions;
use crate::engine::protocol::{
    Hello, Question, Reply, Request, Settings, Turn, encode, receive, send,
};
use crate::error::{Error, ErrorKind, Result};

/// Messages to the child that may wait besides the windows that are begun ahead: the settings and the
/// window that is waited for. A full channel means a child that reads nothing.
const TO_CHILD: usize = 2;

/// Lines from the child that may wait besides the answers to windows that were begun ahead. One that
/// floods its pipe waits.
const FROM_CHILD: usize = 2;

/// Why a window has no text.
pub(super) enum Failure {
    /// The process lives and says so.
    Window(String),
    /// The process died or hangs, and how.
    Gone(String),
}

/// Why a process is not ready.
pub(super) enum Unready {
    /// It died while it loaded the model.
    Died,
    /// It met an instruction that the processor does not have.
    Illegal,
    /// It took longer than this.
    Slow(Duration),
    /// It says that the model cannot be loaded.
    Model(String),
    /// It could not be started.
    Refused(Error),
}

impl Unready {
    pub(super) fn into_error(self, settings: &Settings) -> Error {
        let failed = |what: fmt::Arguments<'_>| {
            Error::new(
                ErrorKind::Model,
                format!("{} {what}", settings.model.display()),
            )
        };
        match self {
            Unready::Died => failed(format_args!("ended the recogniser that loaded it"))
                .hint("verbatim models verify tells whether the file is damaged"),
            Unready::Illegal => Error::new(
                ErrorKind::Engine,
                "this program was built for another processor: its recogniser met an instruction that \
                 this one lacks",
            )
            .hint(
                "recording works; for text, build verbatim on this machine (make install), or for older \
                 processors as the README's Install says",
            ),
            Unready::Slow(limit) => {
                failed(format_args!("was not loaded within {} s", limit.as_secs()))
                    .hint("choose a smaller model")
            }
            Unready::Model(message) => Error::new(ErrorKind::Model, message),
            Unready::Refused(error) => error,
        }
    }
}

/// Windows that may be begun besides the one that is waited for: one for each other worker, and as many
/// again as there are workers, so that none waits for sound to be read. A single worker has nothing to
/// gain.
pub(super) fn ahead(settings: &Settings) -> usize {
    match usize::from(settings.workers) {
        0 | 1 => 0,
        workers => 2 * workers - 1,
    }
}

/// A running child.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) child: Child,
    to_child: Option<SyncSender<Vec<u8>>>,
    from_child: Receiver<Line>,
}

#[derive(Debug)]
enum Line {
    Hello(Hello),
    Reply(Reply),
}

impl Process {
    pub(super) fn spawn(options: &WorkerOptions, settings: &Settings) -> Result<Process> {
        let cannot = |e: io::Error| {
            Error::new(
                ErrorKind::Engine,
                format!("cannot start the recogniser {}", options.program.display()),
            )
            .because(e)
        };
        let mut command = Command::new(&options.program);
        // Ctrl-C goes to every process of the terminal's group: what is being decoded is to be finished.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .args(&options.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // An assertion that fails in ggml would start a debugger before it ends the process.
            .env("GGML_NO_BACKTRACE", "1")
            .spawn()
            .map_err(cannot)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot(io::Error::other("no pipes")));
        };
        let ahead = ahead(settings);
        let (to_child, outgoing) = mpsc::sync_channel(TO_CHILD + ahead);
        let (incoming, from_child) = mpsc::sync_channel(FROM_CHILD + ahead);
        thread::Builder::new()
            .name("to recogniser".into())
            .spawn(move || write_all(stdin, &outgoing))
            .map_err(cannot)?;
        thread::Builder::new()
            .name("from recogniser".into())
            .spawn(move || read_all(stdout, &incoming))
            .map_err(cannot)?;
        let process = Process {
            child,
            to_child: Some(to_child),
            from_child,
        };
        let mut line = Vec::new();
        send(&mut line, settings).map_err(cannot)?;
        process.post(line);
        Ok(process)
    }

    /// Hands bytes to the writer. A writer that has gone or takes nothing means a child that does, which
    /// the next read finds out.
    fn post(&self, bytes: Vec<u8>) {
        if let Some(to_child) = &self.to_child {
            drop(to_child.try_send(bytes));
        }
    }

    pub(super) fn hello(&mut self, limit: Duration) -> Result<String, Unready> {
        match self.from_child.recv_timeout(limit) {
            Ok(Line::Hello(Hello::Ready { engine })) => Ok(engine),
            Ok(Line::Hello(Hello::Failed { message })) => Err(Unready::Model(message)),
            Ok(Line::Reply(_)) => Err(Unready::Died),
            Err(RecvTimeoutError::Disconnected) => match self.reap() {
                Ok(status) if is_illegal(status) => Err(Unready::Illegal),
                _ => Err(Unready::Died),
            },
            Err(RecvTimeoutError::Timeout) => Err(Unready::Slow(limit)),
        }
    }

    /// Sends a window; [`Process::reply`] brings what became of it.
    pub(super) fn ask(
        &self,
        id: u64,
        audio: &[i16],
        (turn, question): (Turn, Question),
    ) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let request = Request {
            id,
            samples: audio.len(),
            turn,
            question,
        };
        send(&mut bytes, &request).map_err(|e| Failure::Window(e.to_string()))?;
        bytes.extend(encode(audio));
        self.post(bytes);
        Ok(())
    }

    /// Waits for the next window that is done.
    pub(super) fn reply(&mut self, limit: Duration) -> Result<Reply, Failure> {
        match self.from_child.recv_timeout(limit) {
            Ok(Line::Reply(reply)) => Ok(reply),
            Ok(Line::Hello(_)) => Err(Failure::Gone("it answered something else".into())),
            Err(RecvTimeoutError::Timeout) => Err(Failure::Gone(format!(
                "it gave no answer within {} s",
                limit.as_secs_f32()
            ))),
            Err(RecvTimeoutError::Disconnected) => Err(Failure::Gone(self.end())),
        }
    }

    /// Waits for a child that has ended or is about to. A kill comes too late for one that died.
    fn reap(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// How the child ended. Its output is closed, so it has ended or is about to.
    fn end(&mut self) -> String {
        match self.reap() {
            Ok(status) => format!("it ended with {status}"),
            Err(e) => format!("it ended ({e})"),
        }
    }
}

/// Whether a process ended in an illegal instruction: whisper.cpp takes those that it was compiled for.
fn is_illegal(status: ExitStatus) -> bool {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&status)
        == Some(rustix::process::Signal::ILL.as_raw());
    // STATUS_ILLEGAL_INSTRUCTION.
    #[cfg(not(unix))]
    return status.code() == Some(0xC000_001D_u32.cast_signed());
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its input closes, which ends a healthy child; the kill ends one that hangs.
        self.to_child = None;
        if self.child.kill().is_ok() {
            // Reaps the child; what it exited with says nothing once it is not wanted.
            self.child.wait().ok();
        }
    }
}

fn write_all(mut stdin: ChildStdin, outgoing: &Receiver<Vec<u8>>) {
    for bytes in outgoing {
        if stdin
            .write_all(&bytes)
            .and_then(|()| stdin.flush())
            .is_err()
        {
            return;
        }
    }
}

fn read_all(stdout: ChildStdout, incoming: &SyncSender<Line>) {
    let mut input = BufReader::new(stdout);
    let mut greeted = false;
    loop {
        let line = match greeted {
            false => receive(&mut input).map(|hello| hello.map(Line::Hello)),
            true => receive(&mut input).map(|reply| reply.map(Line::Reply)),
        };
        greeted = true;
        let Ok(Some(line)) = line else { return };
        if incoming.send(line).is_err() {
            return;
        }
    }
}

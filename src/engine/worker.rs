//! The recogniser's own process, from both sides.
//!
//! An assertion in the C++ library, a corrupt model or a kill ends the child and nothing else: the
//! parent starts another one and sends the window again.

use std::collections::VecDeque;
use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::protocol::{Answer, Hello, Reply, Request, Settings, encode, receive, send};
use crate::audio::ANALYSIS_RATE;
use crate::error::{Error, ErrorKind, Result};
use crate::text::{Limits, RawSegment, Transcriber};

/// Restarts within [`RESTART_WINDOW`] after which the recogniser is given up.
const MOST_RESTARTS: usize = 3;

/// Time over which restarts are counted.
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// How the child is started and how long it is waited for.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The program to run.
    pub program: PathBuf,
    /// Its arguments: the hidden subcommand.
    pub args: Vec<String>,
    /// How long loading the model may take.
    pub load_limit: Duration,
    /// How long a window may take at least.
    pub window_limit: Duration,
    /// How long a window may take for each second of its sound.
    pub limit_per_second: Duration,
}

impl WorkerOptions {
    /// Limits that no healthy machine reaches: the child works at low priority, and on a machine that
    /// is busy with a call and a build a window of seconds can take minutes.
    pub fn new(program: PathBuf, args: Vec<String>) -> WorkerOptions {
        WorkerOptions {
            program,
            args,
            load_limit: Duration::from_secs(120),
            window_limit: Duration::from_secs(300),
            limit_per_second: Duration::from_secs(20),
        }
    }
}

/// A recogniser in a process of its own.
#[derive(Debug)]
pub struct Worker {
    options: WorkerOptions,
    settings: Settings,
    engine: String,
    process: Option<Process>,
    starts: VecDeque<Instant>,
    restarts: u32,
    next_id: u64,
}

impl Worker {
    /// Starts the process and waits until its model is loaded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Model`] when the model cannot be loaded, [`ErrorKind::Engine`] when the process
    /// cannot be started.
    pub fn start(options: WorkerOptions, settings: Settings) -> Result<Worker> {
        let mut worker = Worker {
            options,
            settings,
            engine: String::new(),
            process: None,
            starts: VecDeque::new(),
            restarts: 0,
            next_id: 1,
        };
        worker.launch()?;
        Ok(worker)
    }

    /// Engine and version, such as `whisper.cpp 1.8.3`.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// Process id of the child, while there is one.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.child.id())
    }

    fn launch(&mut self) -> Result<()> {
        let mut process = Process::spawn(&self.options, &self.settings)?;
        match process.hello(self.options.load_limit) {
            Ok(engine) => {
                self.engine = engine;
                self.process = Some(process);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Starts another process after one died, unless that happens all the time.
    fn relaunch(&mut self) -> Result<()> {
        let now = Instant::now();
        self.starts
            .retain(|start| now.duration_since(*start) < RESTART_WINDOW);
        if self.starts.len() >= MOST_RESTARTS {
            return Err(Error::new(
                ErrorKind::Model,
                "the recogniser keeps dying and is given up",
            )
            .hint("verbatim doctor checks the model; verbatim finish writes the missing text"));
        }
        self.starts.push_back(now);
        self.restarts += 1;
        self.launch()
    }

    fn attempt(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        let seconds = audio.len() as u32 / ANALYSIS_RATE + 1;
        let limit = self
            .options
            .window_limit
            .max(self.options.limit_per_second * seconds);
        let Some(process) = &mut self.process else {
            return Err(Failure::Gone);
        };
        let answer = process.decode(id, audio, limit);
        if matches!(answer, Err(Failure::Gone)) {
            self.process = None;
        }
        answer
    }
}

impl Transcriber for Worker {
    fn limits(&self) -> Limits {
        Limits {
            window_samples: (self.settings.window_s * ANALYSIS_RATE) as usize,
        }
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        // A window may kill the process once by bad luck; one that does so twice is at fault itself.
        for _ in 0..2 {
            if self.process.is_none() {
                self.relaunch()?;
            }
            match self.attempt(audio) {
                Ok(segments) => return Ok(segments),
                Err(Failure::Window(message)) => {
                    return Err(Error::new(ErrorKind::Engine, message));
                }
                Err(Failure::Gone) => {}
            }
        }
        Err(Error::new(
            ErrorKind::Engine,
            "the recogniser died twice on the same stretch of speech",
        ))
    }

    fn restarts(&self) -> u32 {
        self.restarts
    }
}

/// Why a window has no text.
enum Failure {
    /// The process lives and says so.
    Window(String),
    /// The process died or hangs.
    Gone,
}

/// A child with a thread for each of its pipes, so that a child that hangs hangs nobody else.
#[derive(Debug)]
struct Process {
    child: Child,
    to_child: Option<Sender<Vec<u8>>>,
    from_child: Receiver<Line>,
}

#[derive(Debug)]
enum Line {
    Hello(Hello),
    Reply(Reply),
}

impl Process {
    fn spawn(options: &WorkerOptions, settings: &Settings) -> Result<Process> {
        let cannot = |e: io::Error| {
            Error::new(
                ErrorKind::Engine,
                format!("cannot start the recogniser {}", options.program.display()),
            )
            .because(e)
        };
        let mut child = Command::new(&options.program)
            .args(&options.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(cannot)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot(io::Error::other("no pipes")));
        };
        let (to_child, outgoing) = mpsc::channel();
        let (incoming, from_child) = mpsc::channel();
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

    /// Hands bytes to the writer. A writer that has gone means a child that has gone, which the next
    /// read finds out.
    fn post(&self, bytes: Vec<u8>) {
        if let Some(to_child) = &self.to_child {
            drop(to_child.send(bytes));
        }
    }

    fn hello(&mut self, limit: Duration) -> Result<String> {
        let failed = |message: String| Error::new(ErrorKind::Model, message);
        match self.from_child.recv_timeout(limit) {
            Ok(Line::Hello(Hello::Ready { engine })) => Ok(engine),
            Ok(Line::Hello(Hello::Failed { message })) => Err(failed(message)),
            Ok(Line::Reply(_)) => Err(failed("the recogniser answers before it is asked".into())),
            Err(RecvTimeoutError::Timeout) => Err(failed(format!(
                "the model took longer than {} s to load; choose a smaller one",
                limit.as_secs()
            ))),
            Err(RecvTimeoutError::Disconnected) => Err(failed(
                "the recogniser died while it loaded the model; verbatim models verify tells \
                 whether the file is damaged"
                    .into(),
            )),
        }
    }

    fn decode(
        &mut self,
        id: u64,
        audio: &[i16],
        limit: Duration,
    ) -> Result<Vec<RawSegment>, Failure> {
        let mut bytes = Vec::new();
        let request = Request {
            id,
            samples: audio.len(),
        };
        send(&mut bytes, &request).map_err(|e| Failure::Window(e.to_string()))?;
        bytes.extend(encode(audio));
        self.post(bytes);
        match self.from_child.recv_timeout(limit) {
            Ok(Line::Reply(reply)) if reply.id == id => match reply.answer {
                Answer::Text(segments) => Ok(segments),
                Answer::Failed { message } => Err(Failure::Window(message)),
            },
            _ => Err(Failure::Gone),
        }
    }
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

fn read_all(stdout: ChildStdout, incoming: &Sender<Line>) {
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

/// The child's side: loads the model that the first line names with `load`, then answers windows
/// until its input ends. Lowers its own priority first: the call comes before the captions.
///
/// # Errors
///
/// [`ErrorKind::Engine`] when the pipes carry something else or break.
pub fn serve(
    input: &mut dyn io::BufRead,
    output: &mut dyn Write,
    load: &dyn Fn(&Settings) -> Result<Box<dyn Transcriber>>,
    engine: &str,
) -> Result<()> {
    be_nice();
    let broken =
        |e: io::Error| Error::new(ErrorKind::Engine, "the recogniser lost its parent").because(e);
    let Some(settings) = receive::<Settings>(input).map_err(broken)? else {
        return Ok(());
    };
    let mut transcriber = match load(&settings) {
        Ok(transcriber) => transcriber,
        Err(error) => {
            let message = error.to_string();
            return send(output, &Hello::Failed { message }).map_err(broken);
        }
    };
    let engine = engine.to_owned();
    send(output, &Hello::Ready { engine }).map_err(broken)?;
    while let Some(request) = receive::<Request>(input).map_err(broken)? {
        let audio = super::protocol::read_samples(input, request.samples).map_err(broken)?;
        let reply = Reply {
            id: request.id,
            answer: match transcriber.transcribe(&audio) {
                Ok(segments) => Answer::Text(segments),
                Err(error) => Answer::Failed {
                    message: error.to_string(),
                },
            },
        };
        send(output, &reply).map_err(broken)?;
    }
    Ok(())
}

/// Lowers this process's priority. Where that is refused, the recogniser merely competes as an equal.
fn be_nice() {
    #[cfg(unix)]
    rustix::process::nice(10).ok();
}

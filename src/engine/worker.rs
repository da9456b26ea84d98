//! The recogniser's own process, from both sides.
//!
//! An assertion in the C++ library, a corrupt model or a kill ends the child and nothing else: the
//! parent starts another one and sends the window again.
//!
//! With several workers a process has several windows at a time. When it dies, that says nothing about
//! the window that is waited for: any of them may be at fault. So the windows without an answer are let
//! go, and the one that is waited for is decoded again with nothing beside it. What is decided about a
//! window is decided while it is alone, and is what a single worker would have come to.

mod child;
mod flight;
mod process;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

pub use self::child::serve;
use self::flight::{Flight, Known};
use self::process::{Failure, Process, Unready, ahead};
use super::protocol::{Answer, MOST_SAMPLES, Question, Settings, Turn, WordTimes};
use crate::audio::ANALYSIS_RATE;
use crate::error::{Error, ErrorKind, Result};
use crate::text::language::Chance;
use crate::text::{Limits, RawSegment, Transcriber};

/// Restarts within [`RESTART_WINDOW`] after which the recogniser is given up.
const MOST_RESTARTS: usize = 3;

/// Time over which restarts are counted.
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// Pause before the first restart; each further one within [`RESTART_WINDOW`] waits four times as long.
const BACK_OFF: Duration = Duration::from_millis(100);

/// How much longer than the slowest window so far another one may take.
const PATIENCE: u32 = 8;

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
    /// The language of windows from here on.
    language: String,
    engine: String,
    process: Option<Process>,
    /// How the process finds word times, which is otherwise than asked after a window that ended one.
    word_times: WordTimes,
    starts: VecDeque<Instant>,
    restarts: u32,
    slowest: Duration,
    cpu: Duration,
    next_id: u64,
    flight: Flight,
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
            word_times: settings.word_times.clone(),
            language: settings.language.clone(),
            options,
            settings,
            engine: String::new(),
            process: None,
            starts: VecDeque::new(),
            restarts: 0,
            slowest: Duration::ZERO,
            cpu: Duration::ZERO,
            next_id: 1,
            flight: Flight::default(),
        };
        worker
            .launch()
            .map_err(|failure| failure.into_error(&worker.settings))?;
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

    fn launch(&mut self) -> Result<(), Unready> {
        let settings = Settings {
            word_times: self.word_times.clone(),
            ..self.settings.clone()
        };
        let mut process = Process::spawn(&self.options, &settings).map_err(Unready::Refused)?;
        self.engine = process.hello(self.options.load_limit)?;
        self.process = Some(process);
        Ok(())
    }

    /// Starts another process after one died, unless that happens all the time. A process that dies
    /// while it loads counts as well.
    fn relaunch(&mut self) -> Result<()> {
        loop {
            let now = Instant::now();
            self.starts
                .retain(|start| now.duration_since(*start) < RESTART_WINDOW);
            if self.starts.len() >= MOST_RESTARTS {
                return Err(Error::new(
                    ErrorKind::Model,
                    "the recogniser keeps dying and is given up",
                )
                .hint(
                    "verbatim doctor checks the model; verbatim finish writes the missing text",
                ));
            }
            thread::sleep(BACK_OFF * 4_u32.pow(self.starts.len() as u32));
            self.starts.push_back(Instant::now());
            self.restarts += 1;
            match self.launch() {
                Ok(()) => return Ok(()),
                Err(Unready::Died) => {}
                Err(failure) => return Err(failure.into_error(&self.settings)),
            }
        }
    }

    /// Has a process that finds word times in this way. One that ends in an alignment is replaced
    /// without further ado: the arithmetic of alignments has assertions that a window can meet, and the
    /// same window without it has not.
    fn ready(&mut self, word_times: &WordTimes) -> Result<()> {
        let other = self.word_times != *word_times;
        if other {
            self.let_go();
            self.word_times = word_times.clone();
        }
        match &self.process {
            Some(_) => Ok(()),
            None if other => self
                .launch()
                .map_err(|failure| failure.into_error(&self.settings)),
            None => self.relaunch(),
        }
    }

    /// Starts another process after one that died over several windows. It does not count against the
    /// recogniser: a single worker would have met the window at fault alone, and once.
    fn start_alone(&mut self) -> Result<()> {
        self.restarts += 1;
        match self.launch() {
            Ok(()) => Ok(()),
            Err(Unready::Died) => self.relaunch(),
            Err(failure) => Err(failure.into_error(&self.settings)),
        }
    }

    /// Ends the process, and gives up what it has not answered.
    fn let_go(&mut self) {
        self.process = None;
        self.flight.forget_unanswered();
    }

    /// Asks the process as it is.
    fn attempt(&mut self, audio: &[i16], question: &Question) -> Result<Answer, Lost> {
        let id = match self.flight.take(audio, question) {
            Some(Known::Answered(answer)) => return told(answer),
            Some(Known::Sent(id)) => id,
            None => {
                let sent = self.ask(audio, (Turn::Now, question.clone()));
                sent.map_err(|why| self.lost(why))?
            }
        };
        let answer = self.wait(id, audio).map_err(|why| self.lost(why));
        told(answer?)
    }

    /// Asks about a window until it is known what becomes of it.
    fn answer(&mut self, audio: &[i16], question: &Question) -> Result<Answer> {
        if audio.len() > MOST_SAMPLES {
            let seconds = audio.len() / ANALYSIS_RATE as usize;
            return Err(Error::new(
                ErrorKind::Engine,
                format!("a window of {seconds} s is longer than any model takes"),
            ));
        }
        // A window may kill the process once by bad luck; one that does so twice is at fault itself.
        let mut last = String::new();
        for word_times in [self.settings.word_times.clone(), WordTimes::Letters] {
            self.ready(&word_times)?;
            let mut attempt = self.attempt(audio, question);
            if let Err(Lost::InCompany) = attempt {
                self.start_alone()?;
                attempt = self.attempt(audio, question);
            }
            match attempt {
                Ok(answer) => return Ok(answer),
                Err(Lost::Window(message)) => return Err(Error::new(ErrorKind::Engine, message)),
                Err(Lost::Alone(why)) => last = why,
                // Nothing is begun while a window is waited for.
                Err(Lost::InCompany) => {}
            }
        }
        Err(Error::new(
            ErrorKind::Engine,
            format!("the recogniser failed twice on the same stretch of speech: {last}"),
        ))
    }

    fn question(&self) -> Question {
        Question::Text(self.language.clone())
    }

    /// Lets a process go that failed, and tells whether it had other windows, too.
    fn lost(&mut self, failure: Failure) -> Lost {
        match failure {
            Failure::Window(message) => Lost::Window(message),
            Failure::Gone(why) => {
                let others = self.flight.unanswered();
                self.let_go();
                match others {
                    0 => Lost::Alone(why),
                    _ => Lost::InCompany,
                }
            }
        }
    }

    /// Sends a window and returns its number.
    fn ask(&mut self, audio: &[i16], how: (Turn, Question)) -> Result<u64, Failure> {
        let id = self.next_id;
        self.next_id += 1;
        match &self.process {
            Some(process) => process.ask(id, audio, how).map(|()| id),
            None => Err(Failure::Gone("it is not running".into())),
        }
    }

    /// Waits for a window that was sent; answers to others that come first are kept.
    fn wait(&mut self, id: u64, audio: &[i16]) -> Result<Answer, Failure> {
        let seconds = audio.len() as u32 / ANALYSIS_RATE + 1;
        let limit = self
            .options
            .window_limit
            .max(self.options.limit_per_second * seconds)
            .max(self.slowest * PATIENCE);
        let Some(process) = &mut self.process else {
            return Err(Failure::Gone("it is not running".into()));
        };
        let begun = Instant::now();
        loop {
            let reply = process.reply(limit).inspect_err(|_| {
                // What it used is not known; the threads that it had are the most it can be.
                let threads = self.settings.threads * self.settings.workers.max(1);
                self.cpu += begun.elapsed() * u32::from(threads);
            })?;
            self.cpu += Duration::from_micros(reply.cpu_us);
            if reply.id == id {
                self.slowest = self.slowest.max(begun.elapsed());
                return Ok(reply.answer);
            }
            self.flight.answered(reply.id, reply.answer);
        }
    }
}

/// Why an attempt at a window came to nothing.
enum Lost {
    /// The process lives and says so.
    Window(String),
    /// The process had nothing but this window when it died or hung, and how.
    Alone(String),
    /// The process had other windows, too.
    InCompany,
}

/// What is said of a window, or why nothing is.
fn told(answer: Answer) -> Result<Answer, Lost> {
    match answer {
        Answer::Failed { message } => Err(Lost::Window(message)),
        answer => Ok(answer),
    }
}

/// What a process that answers another question than it was asked is worth.
fn wrong_answer() -> Error {
    Error::new(
        ErrorKind::Engine,
        "the recogniser answered something else than it was asked",
    )
}

impl Transcriber for Worker {
    fn limits(&self) -> Limits {
        Limits {
            window_samples: (self.settings.window_s * ANALYSIS_RATE) as usize,
        }
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        match self.answer(audio, &self.question())? {
            Answer::Text(segments) => Ok(segments),
            _ => Err(wrong_answer()),
        }
    }

    fn speak(&mut self, language: &str) {
        language.clone_into(&mut self.language);
    }

    fn languages(&mut self, audio: &[i16]) -> Result<Vec<Chance>> {
        match self.answer(audio, &Question::Languages)? {
            Answer::Languages(chances) => Ok(chances),
            _ => Err(wrong_answer()),
        }
    }

    fn ahead(&self) -> usize {
        ahead(&self.settings)
    }

    /// Where there is no process that is as asked, the window is sent when it is asked for.
    fn begin(&mut self, audio: &[i16]) {
        let room = self.flight.unanswered() <= self.ahead() && self.ahead() > 0;
        let fits = self.word_times == self.settings.word_times && audio.len() <= MOST_SAMPLES;
        let question = self.question();
        if !room || !fits || self.flight.holds(audio, &question) {
            return;
        }
        if let Ok(id) = self.ask(audio, (Turn::InOrder, question.clone())) {
            self.flight.add(id, (audio, question), 2 * self.ahead());
        }
    }

    fn restarts(&self) -> u32 {
        self.restarts
    }

    fn cpu(&self) -> Duration {
        self.cpu
    }
}

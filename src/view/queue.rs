//! Progress of many recordings: bars on a terminal, lines elsewhere, events for programs; a table at
//! the end.

mod table;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use verbatim::batch::Step;
use verbatim::batch::queue::{Call, Ended, Report};
use verbatim::event::{EVENT_VERSION, Envelope, Event, FileEnded, FileState, Queue, QueueEnvelope};

pub use self::table::table;
use super::text::{clock, speaker};
use super::{ndjson, tty};

/// How often a line is printed where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Who looks on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onlooker {
    /// A person who waits for one recording and reads its text as it comes.
    Reader,
    /// A person who waits for a result.
    Waiting,
    /// A program that reads events on standard output.
    Program,
}

/// Shows how a queue goes on.
#[derive(Debug)]
pub struct Board {
    onlooker: Onlooker,
    bars: Option<MultiProgress>,
    state: Mutex<State>,
}

/// Says things while bars may be shown.
#[derive(Clone, Debug)]
pub struct Announcer(Option<MultiProgress>);

#[derive(Debug)]
struct State {
    begun: Instant,
    last_line: Instant,
    /// Length of each call in milliseconds, as far as it is known; empty for a queue without an end.
    lengths: Vec<u64>,
    over: usize,
    over_ms: u64,
    /// Audio that really was worked off, without what was skipped.
    worked_ms: u64,
    running: BTreeMap<usize, Running>,
    all: Option<ProgressBar>,
}

#[derive(Debug)]
struct Running {
    step: Step,
    /// When the step began.
    begun: Instant,
    share: f64,
    bar: Option<ProgressBar>,
}

impl Board {
    /// A board for calls of these lengths in milliseconds; none for a queue without an end.
    pub fn new(onlooker: Onlooker, lengths: Vec<u64>) -> Board {
        let bars =
            (onlooker != Onlooker::Program && io::stderr().is_terminal()).then(MultiProgress::new);
        if bars.is_some() {
            // Where that is refused, a key that is typed may tear a bar.
            tty::no_echo().unwrap_or_default();
        }
        let all = match &bars {
            Some(bars) if lengths.len() != 1 => Some(bars.add(bar("{wide_msg}", 0))),
            _ => None,
        };
        Board {
            onlooker,
            bars,
            state: Mutex::new(State {
                begun: Instant::now(),
                last_line: Instant::now(),
                lengths,
                over: 0,
                over_ms: 0,
                worked_ms: 0,
                running: BTreeMap::new(),
                all,
            }),
        }
    }

    /// Shows what happens to a call.
    pub fn tell(&self, index: usize, call: &Call, report: Report<'_>) {
        match report {
            Report::Event(envelope) => self.event(envelope),
            Report::Note(text) => self.say(&format!("{}: {text}", name(call))),
            Report::Progress {
                step,
                done_ms,
                all_ms,
            } => self.progress(index, call, (step, done_ms, all_ms)),
            Report::Ended(ended) => self.ended(index, call, ended),
        }
    }

    /// Says one line to people.
    pub fn say(&self, text: &str) {
        self.announcer().say(text);
    }

    /// Takes the bars away.
    pub fn close(&self) {
        self.announcer().close();
    }

    /// Says things to people without tearing the bars.
    pub fn announcer(&self) -> Announcer {
        Announcer(self.bars.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event(&self, envelope: &Envelope) {
        match (self.onlooker, &envelope.event, &self.bars) {
            // A reader that has gone away does not stop the work: its result is the session.
            (Onlooker::Program, ..) => ndjson::print(envelope).unwrap_or_default(),
            (Onlooker::Reader, Event::TranscriptFinal(text), Some(bars)) => bars.suspend(|| {
                for segment in &text.segments {
                    let who = speaker(segment.track);
                    println!("[{}] {who}: {}", clock(segment.start_ms), segment.text);
                }
            }),
            _ => {}
        }
    }

    fn progress(&self, index: usize, call: &Call, (step, done_ms, all_ms): (Step, u64, u64)) {
        if self.onlooker == Onlooker::Program {
            return;
        }
        let mut state = self.lock();
        let running = state.running.entry(index).or_insert_with(|| Running {
            step,
            begun: Instant::now(),
            share: 0.0,
            bar: self
                .bars
                .as_ref()
                .map(|bars| bars.insert(0, bar(each(tty::size().0), 0))),
        });
        if running.step != step {
            (running.step, running.begun) = (step, Instant::now());
            if let Some(bar) = &running.bar {
                bar.reset();
            }
        }
        // Finding speech takes a small part of the time.
        let share = done_ms as f64 / all_ms.max(done_ms).max(1) as f64;
        running.share = match step {
            Step::Listening => 0.05 * share,
            Step::Transcribing => 0.05 + 0.95 * share,
            Step::Archiving => 1.0,
        };
        if let Some(bar) = &running.bar {
            bar.set_length(all_ms.max(done_ms));
            bar.set_position(done_ms);
            let pace = pace(running.begun.elapsed(), (done_ms, all_ms));
            bar.set_message(format!("{pace}, {} {}", verb(step), name(call)));
        }
        let overall = state.overall();
        if let Some(all) = &state.all {
            all.set_message(overall);
        } else if self.bars.is_none() && state.last_line.elapsed() >= LINE_EVERY {
            state.last_line = Instant::now();
            let percent = (share * 100.0).min(100.0);
            eprintln!("{} {}: {percent:.0} %; {overall}", verb(step), name(call));
        }
    }

    fn ended(&self, index: usize, call: &Call, ended: &Ended) {
        let mut state = self.lock();
        if let Some(Running { bar: Some(bar), .. }) = state.running.remove(&index) {
            bar.finish_and_clear();
        }
        let length = state.lengths.get(index).copied().unwrap_or(ended.audio_ms);
        state.over += 1;
        state.over_ms += length;
        if ended.state != FileState::Skipped {
            state.worked_ms += length;
        }
        let place = match state.lengths.len() {
            0 => state.over.to_string(),
            n => format!("{}/{n}", state.over),
        };
        let several = state.lengths.len() != 1;
        if let Some(all) = &state.all {
            all.set_message(state.overall());
        }
        drop(state);
        if self.onlooker == Onlooker::Program {
            ndjson::print(&line(call, ended)).unwrap_or_default();
        } else if several {
            let text = format!("{place} {}: {}", name(call), told(ended));
            match &self.bars {
                Some(bars) => bars.suspend(|| eprintln!("{text}")),
                None => eprintln!("{text}"),
            }
        }
    }
}

impl Announcer {
    /// Says one line.
    pub fn say(&self, text: &str) {
        match &self.0 {
            Some(bars) => bars.suspend(|| eprintln!("verbatim: {text}")),
            None => eprintln!("verbatim: {text}"),
        }
    }

    /// Takes the bars away for good, and gives the terminal back.
    pub fn close(&self) {
        if let Some(bars) = &self.0 {
            // A terminal that is gone shows no bars either.
            bars.clear().unwrap_or_default();
            // Nor is any drawn again, by a thread that still works or after a message.
            bars.set_draw_target(ProgressDrawTarget::hidden());
            tty::restore();
        }
    }
}

impl State {
    /// How far all calls are together, in a line; what matters most comes first, for narrow windows.
    fn overall(&self) -> String {
        let partly = |(index, running): (&usize, &Running)| {
            self.lengths
                .get(*index)
                .map_or(0.0, |&ms| ms as f64 * running.share)
        };
        let partly: f64 = self.running.iter().map(partly).sum();
        let elapsed = self.begun.elapsed().as_millis().max(1) as f64;
        let speed = (self.worked_ms as f64 + partly) / elapsed;
        if self.lengths.is_empty() {
            return format!("{} done, {speed:.1} x real time", self.over);
        }
        let all: u64 = self.lengths.iter().sum();
        let done = self.over_ms as f64 + partly;
        let left = match speed > 0.0 {
            true => clock(((all as f64 - done).max(0.0) / speed) as u64),
            false => "?".into(),
        };
        format!(
            "{} of {} done, ETA {left}, {speed:.1} x real time, {} of {}",
            self.over,
            self.lengths.len(),
            clock(done as u64),
            clock(all)
        )
    }
}

/// How long a step of one recording still takes, and how fast it is.
fn pace(elapsed: Duration, (done_ms, all_ms): (u64, u64)) -> String {
    let speed = done_ms as f64 / elapsed.as_millis().max(1) as f64;
    let left = match speed > 0.0 {
        true => clock((all_ms.saturating_sub(done_ms) as f64 / speed) as u64),
        false => "?".into(),
    };
    format!("ETA {left}, {speed:.1} x real time")
}

/// The bar of one recording in a window of so many columns.
fn each(columns: usize) -> &'static str {
    match columns {
        0..60 => "{percent:>3} % {wide_msg}",
        60..100 => "[{bar:10}] {percent:>3} % {wide_msg}",
        _ => "[{bar:24}] {percent:>3} % {wide_msg}",
    }
}

fn bar(template: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

fn verb(step: Step) -> &'static str {
    match step {
        Step::Listening => "listening",
        Step::Transcribing => "transcribing",
        Step::Archiving => "archiving",
    }
}

/// A call by its files' names.
fn name(call: &Call) -> String {
    let names = call.files.iter().map(|file| match file.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => file.display().to_string(),
    });
    names.collect::<Vec<_>>().join(" + ")
}

fn word(state: FileState) -> &'static str {
    match state {
        FileState::Done => "done",
        FileState::Skipped => "done before",
        FileState::Incomplete => "incomplete",
        FileState::Stopped => "stopped",
        FileState::Failed => "failed",
    }
}

/// What became of a call, in a line.
fn told(ended: &Ended) -> String {
    match (ended.state, &ended.reason) {
        (FileState::Failed, Some(reason)) => format!("failed: {reason}"),
        (FileState::Done | FileState::Incomplete, _) => format!(
            "{}, {} in {}, {} words",
            word(ended.state),
            clock(ended.audio_ms),
            clock(ended.took_ms),
            ended.words
        ),
        (state, _) => word(state).into(),
    }
}

/// A call that is over as programs read it.
pub fn line(call: &Call, ended: &Ended) -> QueueEnvelope {
    let shown = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
    QueueEnvelope {
        v: EVENT_VERSION,
        at: verbatim::clock::wall_clock(),
        queue: Queue::FileEnded(FileEnded {
            files: call.files.iter().map(shown).collect(),
            state: ended.state,
            session: ended.session.as_ref().map(shown),
            audio_ms: ended.audio_ms,
            lost_ms: ended.lost_ms,
            took_ms: ended.took_ms,
            words: ended.words,
            attempts: ended.attempts,
            reason: ended.reason.as_ref().map(ToString::to_string),
        }),
    }
}

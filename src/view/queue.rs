//! Progress of many recordings: bars on a terminal, lines elsewhere, events for programs; a table at
//! the end.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use unicode_width::UnicodeWidthStr;
use verbatim::batch::Step;
use verbatim::batch::queue::{Call, Ended, Report};
use verbatim::event::{EVENT_VERSION, Envelope, Event, FileEnded, FileState, Queue, QueueEnvelope};

use super::ndjson;
use super::text::{clock, speaker};

/// How often a line is printed where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Widest name of a file in the table.
const NAME_COLUMNS: usize = 36;

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
    share: f64,
    bar: Option<ProgressBar>,
}

impl Board {
    /// A board for calls of these lengths in milliseconds; none for a queue without an end.
    pub fn new(onlooker: Onlooker, lengths: Vec<u64>) -> Board {
        let bars =
            (onlooker != Onlooker::Program && io::stderr().is_terminal()).then(MultiProgress::new);
        let all = match &bars {
            Some(bars) if lengths.len() != 1 => Some(bars.add(bar("{msg}", 0))),
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
        match &self.bars {
            Some(bars) => bars.suspend(|| eprintln!("verbatim: {text}")),
            None => eprintln!("verbatim: {text}"),
        }
    }

    /// Takes the bars away.
    pub fn close(&self) {
        if let Some(bars) = &self.bars {
            // A terminal that is gone shows no bars either.
            bars.clear().unwrap_or_default();
        }
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
            share: 0.0,
            bar: self.bars.as_ref().map(|bars| bars.insert(0, bar(EACH, 0))),
        });
        if running.step != step {
            running.step = step;
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
            bar.set_message(format!("{} {}", verb(step), name(call)));
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

impl State {
    /// How far all calls are together, in a line.
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
            "{} of {} done, {} of {}, {speed:.1} x real time, ETA {left}",
            self.over,
            self.lengths.len(),
            clock(done as u64),
            clock(all)
        )
    }
}

/// The bar of one recording.
const EACH: &str = "[{bar:24}] {percent:>3} % {msg}";

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

/// Writes what became of every call: a row each, and why what failed did.
///
/// # Errors
///
/// When `out` fails.
pub fn table(results: &[(Call, Ended)], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 6]> = results
        .iter()
        .map(|(call, ended)| row(call, ended))
        .collect();
    let head = ["file", "length", "x real time", "words", "state", "session"].map(String::from);
    let rows: Vec<[String; 6]> = [head].into_iter().chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].width())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    for row in &rows {
        let pad = |column: usize| " ".repeat(widths[column] - row[column].width());
        writeln!(
            out,
            "{}{}  {}{}  {}{}  {}{}  {}{}  {}",
            row[0],
            pad(0),
            pad(1),
            row[1],
            pad(2),
            row[2],
            pad(3),
            row[3],
            row[4],
            pad(4),
            row[5]
        )?;
    }
    for (call, ended) in results {
        if let Some(reason) = &ended.reason {
            writeln!(out, "{}: {reason}", name(call))?;
        }
    }
    Ok(())
}

fn row(call: &Call, ended: &Ended) -> [String; 6] {
    let worked = matches!(ended.state, FileState::Done | FileState::Incomplete);
    let speed = ended.audio_ms as f64 / ended.took_ms.max(1) as f64;
    let session = ended.session.as_ref();
    [
        shortened(&name(call)),
        clock(ended.audio_ms),
        if worked {
            format!("{speed:.1}")
        } else {
            "-".into()
        },
        if worked {
            ended.words.to_string()
        } else {
            "-".into()
        },
        word(ended.state).into(),
        session.map_or("-".into(), |path| path.display().to_string()),
    ]
}

/// A name that fits its column; what tells names apart is mostly at their ends.
fn shortened(name: &str) -> String {
    if name.width() <= NAME_COLUMNS {
        return name.to_owned();
    }
    let mut tail = String::new();
    for c in name.chars().rev() {
        let longer = format!("{c}{tail}");
        if longer.width() >= NAME_COLUMNS {
            break;
        }
        tail = longer;
    }
    format!("…{tail}")
}

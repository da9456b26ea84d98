//! Progress of work after the call: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use verbatim::batch::{Step, Watch};
use verbatim::event::{Envelope, Event};

use super::ndjson;
use super::text::{clock, speaker};

/// How often a line is printed where standard error is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Shows how far the work has come.
#[derive(Debug)]
pub struct Progress {
    style: Style,
    step: Option<Step>,
    begun: Instant,
    last_line: Instant,
}

#[derive(Debug)]
enum Style {
    /// Events on standard output.
    Json,
    /// A bar on the terminal.
    Bar(ProgressBar),
    /// Lines on standard error.
    Lines,
}

impl Progress {
    /// Progress for a person, or the events as NDJSON for a program.
    pub fn new(json: bool) -> Progress {
        let style = match (json, io::stderr().is_terminal()) {
            (true, _) => Style::Json,
            (false, true) => Style::Bar(bar()),
            (false, false) => Style::Lines,
        };
        Progress {
            style,
            step: None,
            begun: Instant::now(),
            last_line: Instant::now(),
        }
    }

    /// Says one line.
    pub fn note(&self, text: &str) {
        match &self.style {
            Style::Bar(bar) => bar.suspend(|| eprintln!("verbatim: {text}")),
            Style::Json | Style::Lines => eprintln!("verbatim: {text}"),
        }
    }

    /// Takes the bar away.
    pub fn close(&self) {
        if let Style::Bar(bar) = &self.style {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = "{msg:13} [{bar:30}] {percent:>3} %  ETA {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

impl Watch for Progress {
    fn event(&mut self, envelope: &Envelope) {
        match (&self.style, &envelope.event) {
            (Style::Json, _) => {
                // A reader that has gone away does not stop the work: its result is the session.
                ndjson::print(envelope).unwrap_or_default();
            }
            (Style::Bar(bar), Event::TranscriptFinal(text)) => bar.suspend(|| {
                for segment in &text.segments {
                    println!(
                        "[{}] {}: {}",
                        clock(segment.start_ms),
                        speaker(segment.track),
                        segment.text
                    );
                }
            }),
            _ => {}
        }
    }

    fn progress(&mut self, step: Step, done_ms: u64, all_ms: u64) {
        if self.step != Some(step) {
            self.step = Some(step);
            self.begun = Instant::now();
            self.last_line = Instant::now();
            if let Style::Bar(bar) = &self.style {
                bar.reset();
                bar.set_message(name(step));
            }
        }
        match &self.style {
            Style::Bar(bar) => {
                bar.set_length(all_ms.max(done_ms));
                bar.set_position(done_ms);
            }
            Style::Lines if self.last_line.elapsed() >= LINE_EVERY => {
                self.last_line = Instant::now();
                let speed = done_ms as f64 / self.begun.elapsed().as_millis().max(1) as f64;
                eprintln!(
                    "{}: {} of {}, {speed:.1} x real time",
                    name(step),
                    clock(done_ms),
                    clock(all_ms)
                );
            }
            Style::Json | Style::Lines => {}
        }
    }
}

fn name(step: Step) -> &'static str {
    match step {
        Step::Listening => "listening",
        Step::Transcribing => "transcribing",
        Step::Archiving => "archiving",
    }
}

//! Progress of long work with models: a bar on a terminal, a few plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use verbatim::models::Step;

/// Time between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// What the bytes of a step mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Nothing,
    Transfer,
    Checking,
}

/// Shows the steps of one piece of work on standard error.
pub struct Report {
    transfer: &'static str,
    name: String,
    bar: Option<ProgressBar>,
    phase: Phase,
    line_at: Instant,
    phase_began: Instant,
    phase_from: u64,
}

impl Report {
    /// Work on the model called `name`; `transfer` says what bringing its bytes is called.
    pub fn new(transfer: &'static str, name: &str) -> Report {
        Report {
            transfer,
            name: name.to_owned(),
            bar: std::io::stderr().is_terminal().then(bar),
            phase: Phase::Nothing,
            line_at: Instant::now(),
            phase_began: Instant::now(),
            phase_from: 0,
        }
    }

    /// Shows `step`.
    pub fn step(&mut self, step: Step) {
        match step {
            Step::Transfer { done, total } => self.bytes(Phase::Transfer, done, total),
            Step::Checking { done, total } => self.bytes(Phase::Checking, done, total),
            Step::Waiting => self.say("another verbatim fetches this model; waiting for it"),
            Step::StartOver { cause } => {
                self.phase = Phase::Nothing;
                self.say(&format!("starting over: {cause}"));
            }
            Step::Retry {
                failures,
                attempts,
                wait,
                cause,
            } => {
                self.phase = Phase::Nothing;
                let seconds = wait.as_secs_f64();
                self.say(&format!(
                    "{cause}; trying again in {seconds:.0} s (failure {failures} of {attempts})"
                ));
            }
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn bytes(&mut self, phase: Phase, done: u64, total: u64) {
        let begins = self.phase != phase;
        if begins {
            self.phase = phase;
            self.line_at = Instant::now();
            self.phase_began = Instant::now();
            self.phase_from = done;
        }
        match &self.bar {
            Some(bar) => {
                if begins {
                    bar.set_length(total);
                    bar.set_position(done);
                    bar.reset_eta();
                    bar.set_message(format!("{} {}", self.verb(), self.name));
                }
                bar.set_position(done);
            }
            // A check that is over within seconds is not worth a line.
            None if (begins && phase == Phase::Transfer)
                || self.line_at.elapsed() >= LINE_INTERVAL =>
            {
                self.line_at = Instant::now();
                let new = done.saturating_sub(self.phase_from);
                let line = plain_line(self.verb(), done, total, new, self.phase_began.elapsed());
                self.say(&line);
            }
            None => {}
        }
    }

    fn verb(&self) -> &'static str {
        match self.phase {
            Phase::Checking => "checking",
            Phase::Nothing | Phase::Transfer => self.transfer,
        }
    }

    fn say(&self, what: &str) {
        let line = format!("{}: {what}", self.name);
        match &self.bar {
            Some(bar) => bar.println(line),
            // Progress that nobody can see is no reason to stop the work.
            None => writeln!(std::io::stderr(), "{line}").unwrap_or_default(),
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.finish();
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let template =
        "{msg} {bar:24} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
    // The template is fixed; should it not parse, the plain bar shows the same numbers.
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// `new` bytes of `done` came in `took`; the rest is estimated from them.
fn plain_line(verb: &str, done: u64, total: u64, new: u64, took: Duration) -> String {
    let percent = (done * 100).checked_div(total).unwrap_or(100);
    let line = format!("{verb} {} of {} ({percent} %)", size(done), size(total));
    let seconds = took.as_secs_f64();
    if new == 0 || seconds < 1.0 {
        return line;
    }
    let speed = new as f64 / seconds;
    let left = (total.saturating_sub(done)) as f64 / speed;
    format!("{line}, {}/s, {left:.0} s left", size(speed as u64))
}

/// A size for people, in decimal units.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..999_500_000 => format!("{} MB", (bytes + 500_000) / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [999, 1_001, 147_964_211, 3_094_623_691].map(size);
        assert_eq!(sizes, ["999 B", "2 kB", "148 MB", "3.1 GB"]);
    }

    #[test]
    fn a_plain_line_estimates_from_what_came_in_this_run() {
        let line = plain_line(
            "fetching",
            60_000_000,
            100_000_000,
            20_000_000,
            Duration::from_secs(10),
        );
        assert_eq!(line, "fetching 60 MB of 100 MB (60 %), 2 MB/s, 20 s left");
        let line = plain_line("checking", 0, 0, 0, Duration::ZERO);
        assert_eq!(line, "checking 0 B of 0 B (100 %)");
    }
}

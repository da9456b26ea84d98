//! Live captions: finished text scrolls in the terminal, one status line stays below it.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use verbatim::audio::Track;
use verbatim::event::{Event, HealthState};
use verbatim::session::{Meter, Update};

use super::text::{clock, meter, speaker};

/// How often the status line is drawn at most.
const REDRAW: Duration = Duration::from_millis(200);

/// Captions for a person.
#[derive(Debug)]
pub struct Captions {
    line: ProgressBar,
    tracks: Vec<Shown>,
    waiting: u32,
    position_ms: u64,
    stopped: bool,
    drawn: Instant,
}

#[derive(Debug)]
struct Shown {
    track: Track,
    state: HealthState,
    peak_db: f32,
    clipped: bool,
}

impl Captions {
    /// Captions for `tracks`. The status line is drawn on standard error, and only on a terminal.
    pub fn new(tracks: &[Track]) -> Captions {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            line.set_style(style);
        }
        Captions {
            line,
            tracks: tracks
                .iter()
                .map(|&track| Shown {
                    track,
                    state: HealthState::Waiting,
                    peak_db: f32::NEG_INFINITY,
                    clipped: false,
                })
                .collect(),
            waiting: 0,
            position_ms: 0,
            stopped: false,
            drawn: Instant::now(),
        }
    }

    /// Shows an update.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn update(&mut self, update: &Update) -> io::Result<()> {
        match update {
            Update::Event(envelope) => self.event(&envelope.event)?,
            Update::Meter(meter) => self.meter(*meter),
            Update::Live(_) => {}
        }
        if self.drawn.elapsed() >= REDRAW {
            self.draw();
        }
        Ok(())
    }

    /// Shows one line above the status line.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn say(&self, text: &str) -> io::Result<()> {
        self.line.suspend(|| {
            let mut out = io::stdout().lock();
            writeln!(out, "{text}")?;
            out.flush()
        })
    }

    /// Takes the status line away.
    pub fn close(&self) {
        self.line.finish_and_clear();
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::TranscriptFinal(text) => {
                for segment in &text.segments {
                    self.say(&format!(
                        "[{}] {}: {}",
                        clock(segment.start_ms),
                        speaker(segment.track),
                        segment.text
                    ))?;
                }
            }
            Event::TrackHealth(health) => {
                if let Some(shown) = self.tracks.iter_mut().find(|s| s.track == health.track) {
                    shown.state = health.state;
                }
                self.draw();
            }
            Event::TrackGap(gap) => self.say(&format!(
                "-- {} ms of the {} track were not captured at {} --",
                gap.samples / 48,
                gap.track,
                clock(gap.start_sample / 48)
            ))?,
            Event::Backlog(backlog) => self.waiting = backlog.utterances,
            Event::SessionStopped(_) => {
                self.stopped = true;
                self.draw();
            }
            Event::Warning(warning) => self.say(&format!("-- {} --", warning.message))?,
            _ => {}
        }
        Ok(())
    }

    fn meter(&mut self, meter: Meter) {
        self.position_ms = self.position_ms.max(meter.position.ms());
        if let Some(shown) = self.tracks.iter_mut().find(|s| s.track == meter.track) {
            shown.peak_db = meter.peak_db;
            shown.clipped = meter.clipped;
        }
    }

    fn draw(&mut self) {
        self.drawn = Instant::now();
        self.line.set_message(match self.stopped {
            true => self.rest(),
            false => self.status(),
        });
        self.line.tick();
    }

    /// What is still done after the last sample.
    fn rest(&self) -> String {
        format!(
            "stopped at {}  the audio is safe  text: {} waiting  Ctrl-C leaves it to verbatim finish",
            clock(self.position_ms),
            self.waiting
        )
    }

    fn status(&self) -> String {
        let recording = self
            .tracks
            .iter()
            .any(|s| matches!(s.state, HealthState::Live | HealthState::Zeros));
        let mut text = if recording {
            format!("REC {}", clock(self.position_ms))
        } else {
            "waiting for sound".to_owned()
        };
        for shown in &self.tracks {
            text.push_str(&format!(
                "  {} {} {}",
                shown.track,
                meter(shown.peak_db),
                state(shown)
            ));
        }
        if self.waiting > 0 {
            text.push_str(&format!("  text: {} waiting", self.waiting));
        }
        text.push_str("  Ctrl-C stops");
        text
    }
}

/// A track's state in a word or two.
fn state(shown: &Shown) -> &'static str {
    match shown.state {
        HealthState::Live if shown.clipped => "TOO LOUD",
        HealthState::Live => "ok",
        HealthState::Waiting => "no sample yet",
        HealthState::Zeros => "exact silence",
        HealthState::Stalled => "NO SAMPLES",
        HealthState::Gone => "DEVICE GONE",
    }
}

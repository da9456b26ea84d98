//! What is wrong for as long as it is wrong, and whether the recording is paused.

use std::collections::BTreeMap;

use verbatim::audio::Track;
use verbatim::event::{Alarm, Event, HealthState, NoAudio, Warning, WarningCode};

use super::{Board, Shown, notice, state};
use crate::view::ink::{Ink, Line};
use crate::view::text::clock;

/// Alarms and the pause.
#[derive(Debug, Default)]
pub(super) struct Watch {
    alarms: BTreeMap<(WarningCode, Option<Track>), String>,
    /// Where the pause began, in milliseconds of the session.
    paused: Option<u64>,
    no_audio: Option<NoAudio>,
}

impl Watch {
    /// Takes a pause, its end, or a warning. Returns the line that is to stay.
    pub(super) fn take(&mut self, t_ms: u64, event: &Event) -> Option<Line> {
        let text = match event {
            Event::SessionStarted(started) => {
                self.no_audio = started.no_audio;
                return None;
            }
            Event::SessionPaused(pause) => {
                self.paused = Some(pause.at_sample / 48);
                "PAUSED: nothing is recorded".to_owned()
            }
            Event::SessionResumed(end) => {
                let length = self.paused.take().map(|from| end.at_sample / 48 - from);
                format!(
                    "recording again after a pause of {}",
                    clock(length.unwrap_or(0))
                )
            }
            Event::Warning(warning) => {
                self.warn(warning);
                warning.message.clone()
            }
            _ => return None,
        };
        Some(notice(t_ms, &text))
    }

    fn warn(&mut self, warning: &Warning) {
        let key = (warning.code, warning.track);
        match warning.alarm {
            Some(Alarm::Raised) => {
                self.alarms.insert(key, warning.message.clone());
            }
            Some(Alarm::Cleared) => {
                self.alarms.remove(&key);
            }
            None => {}
        }
    }
}

/// Whether the terminal's bell rings for an event: nobody may be looking.
pub fn rings(event: &Event) -> bool {
    let Event::Warning(warning) = event else {
        return false;
    };
    let heard = matches!(
        warning.code,
        WarningCode::SideSilent | WarningCode::LongSilence | WarningCode::LongPause
    );
    heard && warning.alarm == Some(Alarm::Raised)
}

/// The line that a track's change of state leaves, if it is worth one.
pub(super) fn health(t_ms: u64, track: Track, from: HealthState, to: HealthState) -> Option<Line> {
    let text = match (from, to) {
        (HealthState::Waiting, HealthState::Live) | (_, HealthState::Waiting) => return None,
        (_, HealthState::Live) => "recording again",
        (_, to) => state(to),
    };
    Some(notice(t_ms, &format!("{track} track: {text}")))
}

impl Board {
    /// Since when the recording is paused, in milliseconds of the session.
    pub(super) fn paused_ms(&self) -> Option<u64> {
        self.watch.paused
    }

    /// What is going on, in a word or two.
    pub(super) fn doing(&self) -> (Ink, &'static str) {
        let samples = |s: &Shown| !matches!(s.state, HealthState::Waiting | HealthState::Gone);
        if self.stopped {
            return (Ink::Strong, "stopped at");
        }
        match (self.watch.paused, self.watch.no_audio) {
            (Some(_), _) => (Ink::Bad, "‖ PAUSED"),
            (_, Some(NoAudio::Markers)) => (Ink::Strong, "● NOTES, no audio"),
            (_, Some(NoAudio::Timing)) => (Ink::Strong, "● TIMING, no audio"),
            (None, None) if self.tracks.iter().any(samples) => (Ink::Bad, "● REC"),
            (None, None) => (Ink::Strong, "waiting for sound"),
        }
    }

    /// How long the pause lasts.
    pub(super) fn pause(&self, since_ms: u64) -> Line {
        let length = clock(self.now_ms.saturating_sub(since_ms));
        let text = format!("PAUSED for {length}: nothing is recorded");
        let line = Line::default().add(Ink::Bad, text);
        match self.has_keys {
            true => line.add(Ink::Plain, " · p records again"),
            false => line.add(Ink::Plain, " · verbatim resume records again"),
        }
    }

    /// What is wrong, a line or more each.
    pub(super) fn alarms(&self, width: usize) -> Vec<Line> {
        let alarms = self.watch.alarms.values();
        alarms
            .flat_map(|message| {
                let words = message.split_whitespace().map(|word| (Ink::Bad, word));
                let words: Vec<(Ink, &str)> =
                    std::iter::once((Ink::Bad, "!!")).chain(words).collect();
                Line::wrap(&words, width)
            })
            .collect()
    }
}

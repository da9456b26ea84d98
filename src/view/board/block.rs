//! The board as lines of a terminal.

use std::cmp::Ordering;

use unicode_width::UnicodeWidthStr;
use verbatim::audio::Track;
use verbatim::event::{HealthState, PartialWord, TranscriptPartial};

use super::{Board, Shown, span, state};
use crate::view::ink::{Ink, Line};
use crate::view::text::{bar, clock, percent, seconds, speaker};

/// A peak and a clipping mark stay visible for this long, in milliseconds of the session.
pub(super) const HELD_MS: u64 = 1_500;
const CLIP_HELD_MS: u64 = 3_000;

/// Level at which a meter is empty, in dB below full scale.
const METER_FLOOR_DB: f32 = -60.0;

/// Silence is worth showing from here on, in milliseconds.
const QUIET_MS: u64 = 1_000;

/// Text that is later than this is told as "catching up", in milliseconds.
const BEHIND_MS: u64 = 3_000;

/// Lines longer than this are hard to read, and a window that becomes narrower breaks them.
const WIDEST: usize = 120;

/// Height of a window from which on the last line may take two.
const ROOM_FOR_TWO: usize = 10;

/// Cells before the words of an open utterance, and before a meter.
pub(super) const NAME: usize = 12;

/// Cells before a meter in a narrow window.
const NARROW_NAME: usize = 7;

impl Board {
    /// The block for a terminal of this size.
    pub fn block(&self, width: usize, height: usize) -> Vec<Line> {
        let width = width.min(WIDEST);
        if height < 8 || width < 40 {
            return vec![self.summary()];
        }
        let rows = match height {
            0..16 => 1,
            16..40 => 2,
            _ => 3,
        };
        let mut block = vec![self.rule(width)];
        for shown in &self.tracks {
            block.extend(self.spoken(shown.track, width, rows));
        }
        for shown in &self.tracks {
            block.push(self.health(shown, width));
        }
        block.extend(self.alarms(width));
        block.extend(self.talking(width, height));
        block
    }

    /// Elapsed and planned time in a rule across the terminal.
    fn rule(&self, width: usize) -> Line {
        let title = Line::default()
            .add(Ink::Faint, "── ")
            .join(self.elapsed())
            .add(Ink::Faint, " ");
        let all: &[&str] = match self.has_keys {
            true => &[" ? keys · Ctrl-C stops ──", " ? keys ──"],
            false => &[" Ctrl-C stops ──"],
        };
        let fits = |keys: &&&str| title.width() + keys.width() < width;
        let keys = all.iter().find(fits).copied().unwrap_or_default();
        let left = width.saturating_sub(title.width() + keys.width() + 1);
        title
            .add(Ink::Faint, "─".repeat(left))
            .add(Ink::Faint, keys)
    }

    fn elapsed(&self) -> Line {
        let (ink, doing) = self.doing();
        let line = Line::default().add(ink, doing);
        let line = line.add(Ink::Strong, format!(" {}", clock(self.now_ms)));
        match self.planned_ms {
            Some(planned) => line.add(Ink::Plain, format!(" of {}", clock(planned))),
            None => line,
        }
    }

    /// The last `rows` rows of what a speaker says right now: committed words, then provisional ones.
    fn spoken(&self, track: Track, width: usize, rows: usize) -> Vec<Line> {
        let name = Line::default().add(Ink::Strong, speaker(track));
        let mut lines = Vec::new();
        if let Some(partial) = self.partials.get(&track) {
            let words = self.words(partial);
            let words: Vec<(Ink, &str)> = words
                .iter()
                .map(|(ink, word)| (*ink, word.as_str()))
                .collect();
            let room = width.saturating_sub(NAME + 2);
            // In a single row the last words follow each other; rows of several go up.
            let newest = match rows {
                1 => last_that_fit(&words, room),
                _ => &words[..],
            };
            lines = Line::wrap(newest, room);
        }
        let skipped = lines.len().saturating_sub(rows);
        lines.drain(..skipped);
        lines.resize(rows, Line::default());
        let blank = Line::default();
        lines
            .into_iter()
            .enumerate()
            .map(|(row, line)| {
                let head = if row == 0 {
                    name.clone()
                } else {
                    blank.clone()
                };
                head.to(NAME + 1).join(line)
            })
            .collect()
    }

    /// The words of a partial. Those that may still change are dim, and in brackets where terminals may
    /// not tell dim from plain.
    fn words(&self, partial: &TranscriptPartial) -> Vec<(Ink, String)> {
        let committed = partial.committed as usize;
        let (open, close) = match self.brackets && committed < partial.words.len() {
            true => ("[", "]"),
            false => ("", ""),
        };
        let shown = |(n, word): (usize, &PartialWord)| match n.cmp(&committed) {
            Ordering::Less => (Ink::Plain, word.text.clone()),
            Ordering::Equal => (Ink::Faint, format!("{open}{}", word.text)),
            Ordering::Greater => (Ink::Faint, word.text.clone()),
        };
        let mut words: Vec<(Ink, String)> = partial.words.iter().enumerate().map(shown).collect();
        words.push((Ink::Faint, format!("…{close}")));
        words
    }

    /// Level, state and share of a track.
    fn health(&self, shown: &Shown, width: usize) -> Line {
        let (name, cells) = match width {
            0..56 => (NARROW_NAME, 6),
            56..70 => (NAME, 10),
            70..120 => (NAME, 16),
            _ => (NAME, 32),
        };
        let held = match self.now_ms < shown.peak.1 + HELD_MS {
            true => shown.peak.0,
            false => shown.level_db,
        };
        let loud = shown
            .clipped_ms
            .is_some_and(|at| self.now_ms < at + CLIP_HELD_MS);
        let level = match held.is_finite() {
            true => format!(" {held:>4.0} dB "),
            false => "    - dB ".into(),
        };
        let mut line = Line::default()
            .add(Ink::Plain, shown.track.to_string())
            .to(name + 1)
            .add(Ink::Plain, meter(shown.level_db, held, cells))
            .add(Ink::Plain, level);
        line = match shown.state {
            _ if self.paused_ms().is_some() => line.add(Ink::Bad, "paused"),
            HealthState::Live if loud => line.add(Ink::Bad, "CLIPPING"),
            HealthState::Live => line.add(Ink::Good, state(shown.state)),
            HealthState::Waiting | HealthState::Quiet => line.add(Ink::Plain, state(shown.state)),
            _ => line.add(Ink::Bad, state(shown.state).to_uppercase()),
        };
        if shown.lost_ms > 0 {
            line = line.add(Ink::Bad, format!("  {} lost", span(shown.lost_ms)));
        }
        let column = name + 1 + cells + 9 + 19;
        match self.talk.share(shown.track) {
            Some(share) if line.width() < column && width > column + 9 => {
                let cells = (width - column - 14).min(20);
                line.to(column)
                    .add(Ink::Plain, format!("talk {:>5} ", percent(share)))
                    .add(Ink::Faint, bar(share, cells))
            }
            Some(share) if line.width() + 12 < width => {
                line.add(Ink::Plain, format!("  talk {}", percent(share)))
            }
            _ => line,
        }
    }

    /// Who has the floor, or how long nobody speaks; and how late the text is.
    fn talking(&self, width: usize, height: usize) -> Vec<Line> {
        if let Some(since) = self.paused_ms().filter(|_| !self.stopped) {
            return vec![self.pause(since)];
        }
        let (first, second) = match self.stopped {
            true => {
                let text =
                    "the audio is safe; Ctrl-C leaves the rest of the text to verbatim finish";
                (self.text_state(), Line::default().add(Ink::Plain, text))
            }
            false => (self.floor(), self.text_state()),
        };
        let fits = first.width() + 3 + second.width() < width;
        match fits || height < ROOM_FOR_TWO {
            true => vec![first.add(Ink::Plain, " · ").join(second)],
            false => vec![first, second],
        }
    }

    fn floor(&self) -> Line {
        let mut line = Line::default();
        match (self.talk.quiet(), self.talk.floor()) {
            (Some(quiet), _) if quiet.ms >= QUIET_MS => {
                line = line.add(Ink::Strong, format!("silence {}", seconds(quiet.ms)));
                if quiet.after_question_of == Some(Track::Mic) {
                    line = line.add(Ink::Strong, " · HOLD, you asked");
                }
            }
            (_, Some((track, since))) => {
                let held = clock(self.now_ms.saturating_sub(since));
                line = line
                    .add(Ink::Strong, speaker(track))
                    .add(Ink::Plain, format!(" has the floor {held}"));
            }
            _ => line = line.add(Ink::Plain, "nobody has spoken"),
        }
        line
    }

    fn text_state(&self) -> Line {
        let waiting = self.backlog;
        let behind = match waiting.utterances {
            0 => 0,
            _ => waiting.behind_ms + self.now_ms.saturating_sub(waiting.told_ms),
        };
        let line = Line::default();
        if behind >= BEHIND_MS {
            let text = format!(
                "catching up, {} s behind ({} waiting)",
                behind / 1_000,
                waiting.utterances
            );
            return line.add(Ink::Bad, text);
        }
        match (self.stopped, self.lag_ms) {
            (true, _) => line.add(Ink::Plain, format!("text: {} waiting", waiting.utterances)),
            (false, Some((_, lag))) => {
                line.add(Ink::Plain, format!("text {} after speech", seconds(lag)))
            }
            (false, None) => line.add(Ink::Plain, "no text so far"),
        }
    }

    /// The board in a window that has no room for it.
    fn summary(&self) -> Line {
        let mut line = self.elapsed();
        for shown in &self.tracks {
            line = line.add(Ink::Plain, format!(" {} ", shown.track));
            line = match shown.state {
                _ if self.paused_ms().is_some() => line.add(Ink::Bad, "paused"),
                HealthState::Live | HealthState::Quiet => line.add(Ink::Good, "ok"),
                other => line.add(Ink::Bad, state(other)),
            };
        }
        line
    }
}

/// As many of the last words as fit into a row.
fn last_that_fit<'a, 'b>(words: &'b [(Ink, &'a str)], room: usize) -> &'b [(Ink, &'a str)] {
    let mut used = 0;
    let fits = |(_, word): &&(Ink, &str)| {
        used += word.width() + 1;
        used <= room + 1
    };
    let count = words.iter().rev().take_while(fits).count().max(1);
    &words[words.len() - count.min(words.len())..]
}

/// A level meter with a mark at the highest level of the last moments.
fn meter(level_db: f32, peak_db: f32, cells: usize) -> String {
    let at = |db: f32| {
        let share = ((db - METER_FLOOR_DB) / -METER_FLOOR_DB).clamp(0.0, 1.0);
        (share * cells as f32).round() as usize
    };
    let (level, peak) = (at(level_db), at(peak_db));
    (0..cells)
        .map(|cell| match cell {
            _ if cell < level => '█',
            _ if cell + 1 == peak => '┃',
            _ => '░',
        })
        .collect()
}

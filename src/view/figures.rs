//! The figures of a call as a drawing in a terminal: who speaks when, the markers, the silences.

use verbatim::audio::Track;
use verbatim::document::marker::Marker;
use verbatim::document::stats::{StatsDocument, TrackStats};
use verbatim::document::turns::TurnsDocument;
use verbatim::mark::kinds::Kinds;

use super::ink::{Ink, Line};
use super::markers;
use super::text::{Names, bar, clock, seconds};

/// Cells before the strip.
const NAME: usize = 13;

/// Markers that have a line of their own.
const LISTED: usize = 9;

/// How full a cell of the strip is.
const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The classes of the histogram: from, to and name.
const CLASSES: [(u64, u64, &str); 6] = [
    (0, 500, "under 0.5 s"),
    (500, 1_000, "0.5 to 1 s"),
    (1_000, 2_000, "1 to 2 s"),
    (2_000, 3_000, "2 to 3 s"),
    (3_000, 5_000, "3 to 5 s"),
    (5_000, u64::MAX, "5 s and more"),
];

/// What is drawn.
#[derive(Debug)]
pub struct Figures<'a> {
    /// `turns.json`.
    pub turns: &'a TurnsDocument,
    /// `stats.json`.
    pub stats: &'a StatsDocument,
    /// The markers, sorted by time.
    pub markers: &'a [Marker],
    /// What kinds there are.
    pub kinds: &'a Kinds,
    /// Who speaks.
    pub names: &'a Names,
}

impl Figures<'_> {
    /// The drawing for a terminal of `width` cells. Nothing is told by colour.
    pub fn lines(&self, width: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let cells = width.saturating_sub(NAME + 1);
        if cells >= 20 && self.turns.duration_ms > 0 {
            lines.push(self.axis(cells));
            for track in &self.turns.tracks {
                lines.push(self.strip(track.track, cells));
            }
            lines.extend(self.marks(cells));
            lines.push(Line::default());
        }
        lines.extend(self.stats.tracks.iter().map(|track| self.words(track)));
        lines.extend(self.floor());
        lines.extend(self.silences(width));
        lines.into_iter().map(|line| line.short(width)).collect()
    }

    /// Times above the strip, as many as fit.
    fn axis(&self, cells: usize) -> Line {
        let end = clock(self.turns.duration_ms);
        let steps = (cells / 16).clamp(1, 8);
        let mut text = String::new();
        for n in 0..steps {
            let at = n * cells / steps;
            if at >= text.len() {
                text.push_str(&" ".repeat(at - text.len()));
                text.push_str(&clock(self.turns.duration_ms * at as u64 / cells as u64));
            }
        }
        let room = cells.saturating_sub(end.len());
        if room > text.len() {
            text.push_str(&" ".repeat(room - text.len()));
            text.push_str(&end);
        }
        Line::default().to(NAME).add(Ink::Faint, text)
    }

    /// How much of each cell's time a track speaks.
    fn strip(&self, track: Track, cells: usize) -> Line {
        let speech = self.turns.tracks.iter().find(|t| t.track == track);
        let spans = speech.map_or(&[][..], |t| &t.speech);
        let duration = self.turns.duration_ms;
        let cell = |n: usize| {
            let (from, to) = (
                duration * n as u64 / cells as u64,
                duration * (n as u64 + 1) / cells as u64,
            );
            let first = spans.partition_point(|span| span.end_ms <= from);
            let spoken: u64 = spans[first..]
                .iter()
                .take_while(|span| span.start_ms < to)
                .map(|span| span.end_ms.min(to) - span.start_ms.max(from))
                .sum();
            let eighths = (spoken * 8).div_ceil((to - from).max(1)).min(8);
            HEIGHTS[eighths as usize]
        };
        let drawn: String = (0..cells).map(cell).collect();
        Line::default()
            .add(Ink::Strong, self.names.get(track))
            .short(NAME - 1)
            .to(NAME)
            .add(Ink::Plain, drawn)
    }

    /// A row of letters at the moments of the markers, and what each letter stands for. Markers that
    /// fall into one cell share a letter's place with `+`.
    fn marks(&self, cells: usize) -> Vec<Line> {
        if self.markers.is_empty() {
            return Vec::new();
        }
        let mut row = vec![' '; cells];
        for (n, marker) in self.markers.iter().enumerate() {
            let at = marker.t_ms as usize * cells / self.turns.duration_ms.max(1) as usize;
            let place = &mut row[at.min(cells - 1)];
            *place = match (*place, n < LISTED) {
                (' ', true) => letter(n),
                (' ', false) => '·',
                _ => '+',
            };
        }
        let mut lines = vec![
            Line::default()
                .add(Ink::Strong, "Markers")
                .to(NAME)
                .add(Ink::Plain, row.into_iter().collect::<String>()),
        ];
        for (n, marker) in self.markers.iter().take(LISTED).enumerate() {
            let head = Line::default()
                .to(NAME)
                .add(Ink::Strong, letter(n).to_string())
                .add(Ink::Faint, format!("  {}  ", clock(marker.t_ms)));
            lines.extend(beside(head, &markers::about(marker, self.kinds), cells));
        }
        if self.markers.len() > LISTED {
            let more = self.markers.len() - LISTED;
            let text = format!("and {more} more: verbatim markers lists them");
            lines.push(Line::default().to(NAME).add(Ink::Faint, text));
        }
        lines
    }

    /// A speaker's pace and longest turn.
    fn words(&self, track: &TrackStats) -> Line {
        let mut pieces = Vec::new();
        if let Some(pace) = track.words_per_minute.filter(|_| track.words > 0) {
            pieces.push(format!("{pace:.0} words/min"));
        }
        if let Some(fillers) = track.fillers.as_ref().filter(|_| track.words > 0) {
            pieces.push(match fillers.count {
                1 => "1 filler".into(),
                n => format!("{n} fillers"),
            });
        }
        if let Some(turn) = &track.longest_turn {
            let length = seconds(turn.end_ms - turn.start_ms);
            pieces.push(format!("longest turn {length}"));
        }
        if let Some(wait) = track.median_response_ms {
            pieces.push(format!("answers in {}", seconds(wait)));
        }
        named(&self.names.get(track.track), &pieces.join(", "))
    }

    /// Who came into whose turn, where somebody did.
    fn floor(&self) -> Vec<Line> {
        let found = &self.stats.interruptions;
        if found.is_empty() {
            return Vec::new();
        }
        let of = |track: &TrackStats| {
            format!(
                "{} interrupted {}, gave way {}",
                self.names.get(track.track),
                times(track.interruptions),
                times(track.yielded)
            )
        };
        let told: Vec<String> = self.stats.tracks.iter().map(of).collect();
        vec![named("Interruption", &told.join("; "))]
    }

    /// How many silences there are of each length, and who broke the long ones.
    fn silences(&self, width: usize) -> Vec<Line> {
        let between = self.turns.silences.iter();
        let lengths: Vec<u64> = between
            .filter(|s| s.after.is_some() && s.before.is_some())
            .map(|s| s.end_ms - s.start_ms)
            .collect();
        if lengths.is_empty() {
            return Vec::new();
        }
        let counts = CLASSES.map(|(from, to, _)| {
            let inside = lengths.iter().filter(|ms| (from..to).contains(ms));
            inside.count()
        });
        let most = counts.iter().copied().max().unwrap_or(1).max(1);
        let cells = width.saturating_sub(NAME + 24).clamp(8, 40);
        let mut lines: Vec<Line> = CLASSES
            .iter()
            .zip(counts)
            .enumerate()
            .map(|(n, ((_, _, name), count))| {
                let head = if n == 0 { "Silences" } else { "" };
                let full = bar(count as f64 / most as f64, cells).replace('░', "");
                let full = match (full.is_empty(), count) {
                    (true, 1..) => "▏".to_owned(),
                    _ => full,
                };
                Line::default()
                    .add(Ink::Strong, head)
                    .to(NAME)
                    .add(Ink::Plain, format!("{name:<13}{full} {count}"))
            })
            .collect();
        if let Some(long) = self.stats.silences.iter().find(|s| s.at_least_ms == 2_000) {
            let told: Vec<String> = long
                .broken
                .iter()
                .map(|b| {
                    let (after, before) = (self.names.get(b.after), self.names.get(b.before));
                    match b.after == b.before {
                        true => format!("{before} went on {}", times(b.count)),
                        false => format!("{before} broke it after {after} {}", times(b.count)),
                    }
                })
                .collect();
            if !told.is_empty() {
                lines.push(named("", &format!("from 2 s on: {}", told.join("; "))));
            }
        }
        lines
    }
}

/// Text beside `head`, on as many lines as it needs below the strip.
fn beside(head: Line, text: &str, cells: usize) -> Vec<Line> {
    let indent = head.width();
    let room = (NAME + 1 + cells).saturating_sub(indent);
    let whole = Line::default().add(Ink::Plain, text);
    if whole.width() <= room {
        return vec![head.join(whole)];
    }
    let words: Vec<(Ink, &str)> = text.split_whitespace().map(|w| (Ink::Plain, w)).collect();
    let mut lines = Line::wrap(&words, room).into_iter();
    let first = head.join(lines.next().unwrap_or_default());
    let rest = lines.map(|line| Line::default().to(indent).join(line));
    std::iter::once(first).chain(rest).collect()
}

fn letter(n: usize) -> char {
    (b'a' + n as u8).into()
}

fn times(count: u32) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

fn named(name: &str, text: &str) -> Line {
    Line::default()
        .add(Ink::Strong, name)
        .short(NAME - 1)
        .to(NAME)
        .add(Ink::Plain, text)
}

#[cfg(test)]
mod tests;

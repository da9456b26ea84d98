//! Where speech begins and ends, read from the level.

use super::Spans;
use crate::dsp::band::QUARTERS;
use crate::time::{Span, Tick};

/// How far above its softest frame so far the end of a word may rise, in dB: a sound that dies away is
/// not quite even, and another voice in the room rises again with its next syllable.
const TAIL_RISE_DB: f32 = 3.0;

impl Spans {
    pub(super) fn tick(&self, frame: u64) -> Tick {
        self.quarter(frame, 0)
    }

    /// Where a quarter of a frame begins; of a frame that four does not divide the last one is longer.
    pub(super) fn quarter(&self, frame: u64, quarter: usize) -> Tick {
        let inside = match quarter == QUARTERS {
            true => self.frame_samples,
            false => quarter as u64 * (self.frame_samples / QUARTERS as u64),
        };
        Tick::from_analysis_sample(frame * self.frame_samples + inside)
    }

    /// Least level in dBFS of what can be heard over a background.
    pub(super) fn edge(&self, floor_db: f32) -> f32 {
        (floor_db + self.options.edge_db).max(self.options.least_db)
    }

    /// What can be heard in a frame beside the end of a span that was last voiced in frame `last`. After
    /// long speech the background is known again only once somebody has paused, so it counts as it is
    /// then.
    fn end_edge(&self, frame: u64, last: u64) -> f32 {
        let later = self.at((last + self.tail).min(self.next - 1)).floor_db;
        self.edge(self.at(frame).floor_db.min(later))
    }

    /// The first frame after the sound of a span that was last voiced in frame `last`: what can be heard
    /// right after it, and the end of a word that dies away.
    pub(super) fn reach(&self, last: u64) -> u64 {
        let limit = (last + 1 + self.tail).min(self.next);
        let mut least_db = f32::INFINITY;
        let beyond = (last + 1..limit).find(|&k| {
            let seen = self.at(k);
            let dies = seen.likely && seen.level_db <= least_db + TAIL_RISE_DB;
            least_db = least_db.min(seen.level_db);
            seen.level_db < self.end_edge(k, last) || (k > last + self.on && !dies)
        });
        beyond.unwrap_or(limit)
    }

    /// The span from `start` that was last voiced in frame `last`.
    pub(super) fn span(&self, start: Tick, last: u64) -> Span {
        let frame = self.reach(last) - 1;
        let edge = self.end_edge(frame, last);
        let quarters = self.at(frame).quarters_db;
        let after = quarters.iter().rposition(|&level| level >= edge);
        let end = self.quarter(frame, after.map_or(QUARTERS, |quarter| quarter + 1));
        Span::new(start, end.max(start))
    }
}

//! What makes the detector's word believable, and where speech begins.

use super::{SpanEvent, Spans, State, Support};

impl Spans {
    /// The support that the voiced frame at `index` brings.
    pub(super) fn support(&self, index: u64, periodicity: f32) -> Option<Support> {
        let o = &self.options;
        let since = |frames: u64| Support {
            at: index,
            from: (index + 1).saturating_sub(frames),
        };
        if periodicity >= o.support_periodicity {
            // Inside speech a drawn-out sound may hold its level longer than at an onset.
            let stretch = match self.state {
                State::Idle { .. } => self.window,
                State::Speaking { .. } => self.whisper,
            };
            let (least_db, most_db) = self.levels(index, stretch);
            return (most_db - least_db >= o.lively_db).then(|| since(self.support));
        }
        let whisper = since(self.whisper);
        let (_, most_db) = self.levels(index, self.whisper);
        let (mut near, mut least_db) = (0u64, most_db);
        for seen in (whisper.from.max(self.base)..=index).map(|k| self.at(k)) {
            if seen.voiced && seen.level_db >= most_db - o.whisper_depth_db {
                near += 1;
                least_db = least_db.min(seen.level_db);
            }
        }
        let held = near as f32 >= o.whisper_share * self.whisper as f32;
        (held && most_db - least_db >= o.whisper_range_db).then_some(whisper)
    }

    /// Least and largest level of the last `frames` frames, in dB.
    fn levels(&self, index: u64, frames: u64) -> (f32, f32) {
        let from = (index + 1).saturating_sub(frames).max(self.base);
        let levels = (from..=index).map(|k| self.at(k).level_db);
        levels.fold(
            (f32::INFINITY, f32::NEG_INFINITY),
            |(least, most), level| (least.min(level), most.max(level)),
        )
    }

    pub(super) fn listen(
        &mut self,
        index: u64,
        first: Option<u64>,
        last: u64,
        out: &mut Vec<SpanEvent>,
    ) {
        let voiced = self.at(index).voiced;
        let (first, last) = match first {
            _ if !voiced && first.is_some() && index - last >= self.window => (None, last),
            Some(first) if voiced => (Some(first), index),
            None if voiced => (Some(index), index),
            first => (first, last),
        };
        self.state = State::Idle { first, last };
        let Some(first) = first.filter(|_| voiced) else {
            return;
        };
        let from = first.max((index + 1).saturating_sub(self.window));
        let voiced_frames = (from..=index).filter(|&k| self.at(k).voiced).count();
        let Some(support) = self.supported.filter(|support| support.at >= from) else {
            return;
        };
        if voiced_frames < self.least_voiced {
            return;
        }
        // A lone voiced frame before the speech is a click, not its first sound.
        let begin = (first.max(support.from)..index)
            .find(|&k| self.at(k).voiced && self.at(k + 1).voiced)
            .unwrap_or(index);
        let earliest = begin
            .saturating_sub(self.back)
            .max(self.previous_end)
            .max(self.base);
        let start = (earliest..begin)
            .rev()
            .take_while(|&k| self.at(k).level_db >= self.edge(self.at(k).floor_db))
            .last()
            .unwrap_or(begin);
        let edge = self.edge(self.at(start).floor_db);
        let quarters = self.at(start).quarters_db;
        let first = quarters.iter().position(|&level| level >= edge);
        let start = self.quarter(start, first.unwrap_or(0));
        self.state = State::Speaking { start, last: index };
        out.push(SpanEvent::Start(start));
    }

    /// The first frame that a span which is not yet certain may call voiced.
    pub(super) fn earliest(&self, first: Option<u64>) -> u64 {
        let believable = self.window + self.support.max(self.whisper);
        first.map_or(self.next, |first| {
            first.max(self.next.saturating_sub(believable))
        })
    }
}

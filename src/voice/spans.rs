//! Frames to speech spans of one track.
//!
//! A frame is *voiced* when the detector says speech and its level stands out of the background. A
//! span begins once enough frames of a short window are voiced, and ends once none was for the
//! hangover. Whether there is speech is the detector's word; where it begins and ends is read from
//! the level, because detectors answer late and let go late.
//!
//! Light detectors also call key strokes, rustling and a fan that is switched on speech. So voiced
//! frames count only with *support* near by: a sound that repeats at the pitch of a voice, as every
//! vowel does, or, for whispered speech, loud and lively sound without a break. A level that does not
//! move supports nothing, however it sounds.

mod options;

use std::collections::VecDeque;

pub use options::SpanOptions;

use crate::audio::ANALYSIS_RATE;
use crate::dsp::band::QUARTERS;
use crate::time::{Span, Tick};

/// What the machine knows of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Probability, 0 to 1, that the frame holds speech.
    pub probability: f32,
    /// Level of the frame in dBFS, before any levelling.
    pub level_db: f32,
    /// Level of each of its quarters in dBFS: where sound begins and ends inside the frame.
    pub quarters_db: [f32; QUARTERS],
    /// Background level in dBFS.
    pub floor_db: f32,
    /// How periodic the sound is, 0 to 1.
    pub periodicity: f32,
}

/// What happened to speech on the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanEvent {
    /// Speech began here; known as soon as it is certain.
    Start(Tick),
    /// A span is complete; its start is the one reported before.
    End(Span),
}

/// A frame as the machine remembers it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    voiced: bool,
    /// The detector says speech, however far away.
    likely: bool,
    level_db: f32,
    quarters_db: [f32; QUARTERS],
    floor_db: f32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nobody speaks; `first` is the first voiced frame of what may become speech.
    Idle { first: Option<u64>, last: u64 },
    /// Speech since `start`, last voiced in frame `last`.
    Speaking { start: Tick, last: u64 },
}

/// Evidence of a voice beyond the detector's word.
#[derive(Clone, Copy, Debug)]
struct Support {
    /// The frame that brought it.
    at: u64,
    /// The earliest frame that it makes believable.
    from: u64,
}

/// The span machine of one track.
#[derive(Clone, Debug)]
pub struct Spans {
    options: SpanOptions,
    frame_samples: u64,
    window: u64,
    least_voiced: usize,
    back: u64,
    on: u64,
    tail: u64,
    hang: u64,
    support: u64,
    whisper: u64,
    loud_fall: f32,
    /// Index of the next frame, and of the first one in `seen`.
    next: u64,
    base: u64,
    seen: VecDeque<Seen>,
    loud_db: f32,
    /// What last supported speech.
    supported: Option<Support>,
    previous_end: u64,
    state: State,
}

/// How fast the memory of loud speech fades, in dB per second: a quieter speaker on the same track is
/// heard again after some seconds.
const LOUD_FALL_DB_PER_S: f32 = 1.0;

/// How far above its softest frame so far the end of a word may rise, in dB: a sound that dies away is
/// not quite even, and another voice in the room rises again with its next syllable.
const TAIL_RISE_DB: f32 = 3.0;

impl Spans {
    /// A machine at tick 0 for frames of `frame_samples` samples at 16 kHz.
    pub fn new(options: SpanOptions, frame_samples: usize) -> Spans {
        let frame_samples = frame_samples.max(1) as u64;
        let rate = u64::from(ANALYSIS_RATE);
        let frames = |ms: u32| {
            let samples = u64::from(ms) * rate / 1_000;
            ((samples + frame_samples / 2) / frame_samples).max(1)
        };
        Spans {
            window: frames(options.onset_window_ms),
            // An onset takes two voiced frames at least, however long a detector's frame is.
            least_voiced: frames(options.onset_voiced_ms).max(2) as usize,
            back: frames(options.reach_back_ms),
            on: frames(options.reach_on_ms),
            tail: frames(options.tail_ms.max(options.reach_on_ms)),
            hang: frames(options.hang_ms),
            support: frames(options.support_ms),
            whisper: frames(options.whisper_ms),
            loud_fall: LOUD_FALL_DB_PER_S * frame_samples as f32 / rate as f32,
            options,
            frame_samples,
            next: 0,
            base: 0,
            seen: VecDeque::new(),
            loud_db: f32::NEG_INFINITY,
            supported: None,
            previous_end: 0,
            state: State::Idle {
                first: None,
                last: 0,
            },
        }
    }

    /// Takes the next frame and appends what it made certain.
    pub fn push(&mut self, frame: Frame, out: &mut Vec<SpanEvent>) {
        let seen = self.judge(frame);
        let index = self.next;
        self.next += 1;
        self.seen.push_back(seen);
        if seen.voiced {
            self.supported = self.support(index, frame.periodicity).or(self.supported);
        }
        let carried = self
            .supported
            .is_some_and(|support| index - support.at <= self.support);
        match self.state {
            State::Idle { first, last } => self.listen(index, first, last, out),
            State::Speaking { start, last } => {
                let last = match seen.voiced && carried {
                    true => index,
                    false => last,
                };
                self.state = State::Speaking { start, last };
                if index - last >= self.hang {
                    self.end(start, last, out);
                }
            }
        }
        self.forget();
    }

    /// Ends the track at `end`; an open span ends with it.
    pub fn finish(&mut self, end: Tick, out: &mut Vec<SpanEvent>) {
        if let State::Speaking { start, last } = self.state {
            self.end(start, last, out);
            if let Some(SpanEvent::End(span)) = out.last_mut() {
                *span = Span::new(span.start.min(end), span.end.min(end));
            }
        }
    }

    /// Every span that begins before this tick has been reported whole. Does not go back.
    pub fn position(&self) -> Tick {
        match self.state {
            State::Speaking { start, .. } => start,
            State::Idle { first, .. } => {
                let back = self.earliest(first).saturating_sub(self.back);
                self.tick(back.max(self.previous_end))
            }
        }
    }

    /// Whether a span is open, and if so where its last voiced frame ends.
    pub fn speaking_until(&self) -> Option<Tick> {
        match self.state {
            State::Speaking { last, .. } => Some(self.tick(last + 1)),
            State::Idle { .. } => None,
        }
    }

    /// The open span as it will be if nothing more is said; `None` before that is decided, and while
    /// nobody speaks.
    pub fn pausing(&self) -> Option<Span> {
        match self.state {
            State::Speaking { start, last } if self.next > last + self.tail => {
                Some(self.span(start, last))
            }
            _ => None,
        }
    }

    /// The first frame that a span which is not yet certain may call voiced.
    fn earliest(&self, first: Option<u64>) -> u64 {
        let believable = self.window + self.support.max(self.whisper);
        first.map_or(self.next, |first| {
            first.max(self.next.saturating_sub(believable))
        })
    }

    fn tick(&self, frame: u64) -> Tick {
        self.quarter(frame, 0)
    }

    /// Where a quarter of a frame begins; of a frame that four does not divide the last one is longer.
    fn quarter(&self, frame: u64, quarter: usize) -> Tick {
        let inside = match quarter == QUARTERS {
            true => self.frame_samples,
            false => quarter as u64 * (self.frame_samples / QUARTERS as u64),
        };
        Tick::from_analysis_sample(frame * self.frame_samples + inside)
    }

    fn judge(&mut self, frame: Frame) -> Seen {
        let o = &self.options;
        let (needed, range_db) = match self.state {
            State::Idle { .. } => (o.onset_probability, o.onset_range_db),
            State::Speaking { .. } => (o.stay_probability, o.range_db),
        };
        let above = match frame.periodicity >= o.least_periodicity {
            true => o.periodic_gate_db,
            false => o.gate_db,
        };
        let gate = (frame.floor_db + above)
            .max(self.loud_db - range_db)
            .max(o.least_db);
        let pitched = frame.periodicity >= o.pitched_periodicity
            && frame.level_db >= frame.floor_db + o.pitched_gate_db;
        let likely = match pitched {
            true => frame.probability >= needed.min(o.pitched_probability),
            false => frame.probability >= needed,
        };
        let voiced = likely && frame.level_db >= gate;
        self.loud_db -= self.loud_fall;
        if voiced && matches!(self.state, State::Speaking { .. }) {
            self.loud_db = self.loud_db.max(frame.level_db);
        }
        Seen {
            voiced,
            likely,
            level_db: frame.level_db,
            quarters_db: frame.quarters_db,
            floor_db: frame.floor_db,
        }
    }

    /// Least level in dBFS of what can be heard over a background.
    fn edge(&self, floor_db: f32) -> f32 {
        (floor_db + self.options.edge_db).max(self.options.least_db)
    }

    /// The support that the voiced frame at `index` brings.
    fn support(&self, index: u64, periodicity: f32) -> Option<Support> {
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

    fn listen(&mut self, index: u64, first: Option<u64>, last: u64, out: &mut Vec<SpanEvent>) {
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

    /// What can be heard in a frame beside the end of a span that was last voiced in frame `last`. After
    /// long speech the background is known again only once somebody has paused, so it counts as it is
    /// then.
    fn end_edge(&self, frame: u64, last: u64) -> f32 {
        let later = self.at((last + self.tail).min(self.next - 1)).floor_db;
        self.edge(self.at(frame).floor_db.min(later))
    }

    /// The first frame after the sound of a span that was last voiced in frame `last`: what can be heard
    /// right after it, and the end of a word that dies away.
    fn reach(&self, last: u64) -> u64 {
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
    fn span(&self, start: Tick, last: u64) -> Span {
        let frame = self.reach(last) - 1;
        let edge = self.end_edge(frame, last);
        let quarters = self.at(frame).quarters_db;
        let after = quarters.iter().rposition(|&level| level >= edge);
        let end = self.quarter(frame, after.map_or(QUARTERS, |quarter| quarter + 1));
        Span::new(start, end.max(start))
    }

    fn end(&mut self, start: Tick, last: u64, out: &mut Vec<SpanEvent>) {
        out.push(SpanEvent::End(self.span(start, last)));
        self.previous_end = self.reach(last);
        self.state = State::Idle {
            first: None,
            last: self.next,
        };
    }

    fn at(&self, frame: u64) -> Seen {
        self.seen[(frame - self.base) as usize]
    }

    /// Drops what no later frame can reach back to.
    fn forget(&mut self) {
        let needed = match self.state {
            State::Idle { first, .. } => self.earliest(first).saturating_sub(self.back),
            State::Speaking { last, .. } => last,
        }
        .min(self.next.saturating_sub(self.whisper));
        while self.base < needed {
            self.seen.pop_front();
            self.base += 1;
        }
    }
}

#[cfg(test)]
mod tests;

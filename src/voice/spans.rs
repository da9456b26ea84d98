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

mod edges;
mod onset;
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

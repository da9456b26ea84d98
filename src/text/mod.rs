//! From speech to text on the session timeline: packing, guards, mapping and coverage.

pub mod agreement;
pub mod align;
pub mod compare;
pub mod correct;
pub mod coverage;
pub mod density;
pub mod edited;
pub mod glossary;
pub mod guard;
pub mod ids;
pub mod language;
pub mod pack;
pub mod schedule;
pub mod tidy;
pub mod transcribe;
pub mod words;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::language::Chance;
use crate::document::transcript::Pass;
use crate::error::Result;

/// One piece of a word as the recogniser emits it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawToken {
    /// Bytes of text; a character may be split over tokens.
    pub bytes: Vec<u8>,
    /// Start in the window, in 10 ms ticks.
    pub start_cs: i64,
    /// End in the window, in 10 ms ticks.
    pub end_cs: i64,
    /// Probability, 0 to 1.
    pub probability: f32,
}

/// A segment as the recogniser emits it, in window time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawSegment {
    /// Start in the window, in 10 ms ticks.
    pub start_cs: i64,
    /// End in the window, in 10 ms ticks.
    pub end_cs: i64,
    /// Probability, 0 to 1, that nobody speaks.
    pub no_speech_prob: f32,
    /// Where the times of the tokens come from.
    pub times: TokenTimes,
    /// Text tokens in order, without special ones.
    pub tokens: Vec<RawToken>,
}

/// Where the times of a segment's tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenTimes {
    /// The segment was shared out; only their proportions mean something.
    Shared,
    /// From the sound: each stands for itself.
    Heard,
}

/// What a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest window, in samples at 16 kHz, in which the model keeps its place.
    pub window_samples: usize,
}

/// Turns a window of speech into text.
pub trait Transcriber: Send {
    /// What the model accepts.
    fn limits(&self) -> Limits;

    /// Decodes `audio`, 16 kHz mono, at most [`Limits::window_samples`] long. Silence and noise give
    /// no segments.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Engine`](crate::ErrorKind::Engine) when this window could not be decoded;
    /// [`ErrorKind::Model`](crate::ErrorKind::Model) when no window can be.
    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>>;

    /// How many windows may be begun besides the one that is asked for: as many as keep all workers busy.
    fn ahead(&self) -> usize {
        0
    }

    /// Begins with a window that [`Transcriber::transcribe`] will be asked for, where there is a worker
    /// for it. What a window gives never depends on whether or when it was begun.
    fn begin(&mut self, _audio: &[i16]) {}

    /// The language that windows are in from here on, as Whisper's code. What is begun in one language and
    /// asked for in another is decoded again.
    fn speak(&mut self, _language: &str) {}

    /// The languages that a window may be in; none from a recogniser that knows one only.
    ///
    /// # Errors
    ///
    /// As [`Transcriber::transcribe`].
    fn languages(&mut self, _audio: &[i16]) -> Result<Vec<Chance>> {
        Ok(Vec::new())
    }

    /// How often the recogniser had to be started again so far.
    fn restarts(&self) -> u32 {
        0
    }

    /// Processor time used so far, over all threads.
    fn cpu(&self) -> Duration {
        Duration::ZERO
    }
}

/// What a recogniser is given of a microphone that hears the loudspeakers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hearing {
    /// What was recorded.
    #[default]
    AsRecorded,
    /// The same without the echo of the system track, as far as an echo canceller can take it out.
    WithoutEcho,
}

/// A recogniser that is ready, and what the transcript says about it.
pub struct Recogniser {
    /// Turns windows into text.
    pub transcriber: Box<dyn Transcriber>,
    /// Where its text comes from; the caller sets the id.
    pub pass: Pass,
    /// What it is given of the microphone.
    pub hearing: Hearing,
}

//! Speech spans of all tracks to turns and silences.
//!
//! # Definitions
//!
//! - A **turn** joins consecutive spans of one track whose pauses are shorter than
//!   [`TurnOptions::pause_ms`], unless another track takes the floor in the pause. A pause is *taken*
//!   when a span of another track that is longer than [`TurnOptions::backchannel_ms`] touches it: a
//!   short word of the listener does not end a turn, a sentence does. A turn's extent runs from its
//!   first span's start to its last span's end, pauses included.
//! - A turn of at most `backchannel_ms` is a **backchannel** when it overlaps the extent of another
//!   track's longer turn, or when it begins at most [`TurnOptions::beside_ms`] after one ended and
//!   that track speaks again at most `pause_ms` after the short word: the speaker was encouraged, not
//!   answered.
//! - A **silence** is a stretch outside every turn's extent in which every track was captured. So
//!   turns, silences and gaps cover the timeline.
//!
//! The result depends on the spans alone, not on the order in which tracks deliver them nor on how
//! often the machine is advanced.

mod builder;

pub use builder::TurnBuilder;

use crate::audio::Track;
use crate::document::turns::TurnKind;
use crate::time::{Span, Tick};

/// What makes a turn. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnOptions {
    /// Shortest pause that ends a turn. Pauses inside a person's turn are mostly below a second; from
    /// a second on a listener hears a silence.
    pub pause_ms: u64,
    /// Longest backchannel. "Mm-hmm" and "yeah, right" are shorter, a sentence is longer.
    pub backchannel_ms: u64,
    /// Longest wait after a turn for a word that still belongs beside it; an answer comes later.
    pub beside_ms: u64,
}

impl Default for TurnOptions {
    fn default() -> TurnOptions {
        TurnOptions {
            pause_ms: 1_000,
            backchannel_ms: 1_200,
            beside_ms: 200,
        }
    }
}

/// A turn or a backchannel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpokenTurn {
    /// Whose turn.
    pub track: Track,
    /// What it is.
    pub kind: TurnKind,
    /// Its extent, pauses included.
    pub span: Span,
    /// Sum of its speech spans, in milliseconds.
    pub speech_ms: u64,
}

/// A stretch in which nobody speaks and every track was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The stretch; at least a millisecond.
    pub span: Span,
    /// Whose turn ended last before it; the first track of several.
    pub after: Option<Track>,
    /// Who broke it; absent when a gap or the end of the session did.
    pub before: Option<Track>,
}

/// What the machine found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnEvent {
    /// A turn is complete.
    Turn(SpokenTurn),
    /// A silence is complete.
    Silence(Quiet),
}

impl TurnEvent {
    /// Where it lies.
    pub fn span(&self) -> Span {
        match self {
            TurnEvent::Turn(turn) => turn.span,
            TurnEvent::Silence(quiet) => quiet.span,
        }
    }

    /// Events come in this order: by end, then start, turns before silences, then track.
    fn order(&self) -> (Tick, Tick, Option<Track>, bool) {
        let span = self.span();
        match self {
            TurnEvent::Turn(turn) => (span.end, span.start, Some(turn.track), false),
            TurnEvent::Silence(_) => (span.end, span.start, None, true),
        }
    }
}

#[cfg(test)]
mod tests;

//! Time on the session timeline is a sample count.
//!
//! One timeline runs through a session at [`TICKS_PER_SECOND`]; tick 0 is the first sample of the
//! earliest track, and sample N of an archive file is tick N. Milliseconds exist only in JSON and on
//! screen, and are always derived from ticks, never the other way round while recording.

use serde::{Deserialize, Serialize};

/// Ticks in one second: the archive's sample rate in hertz.
pub const TICKS_PER_SECOND: u64 = 48_000;

/// Ticks in one millisecond.
pub const TICKS_PER_MS: u64 = TICKS_PER_SECOND / 1_000;

/// Archive samples for one analysis sample: 48 kHz over 16 kHz.
pub const TICKS_PER_ANALYSIS_SAMPLE: u64 = 3;

/// An instant on the session timeline, in ticks (samples at 48 kHz) since the session began.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Tick(pub u64);

impl Tick {
    /// The first sample of the session.
    pub const ZERO: Tick = Tick(0);

    /// The tick at a whole number of milliseconds.
    pub const fn from_ms(ms: u64) -> Tick {
        Tick(ms * TICKS_PER_MS)
    }

    /// The millisecond that this tick lies in, rounded down. Boundaries that are equal in ticks stay
    /// equal in milliseconds, so a tiling of the timeline is still a tiling after conversion.
    pub const fn ms(self) -> u64 {
        self.0 / TICKS_PER_MS
    }

    /// Seconds since the session began.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / TICKS_PER_SECOND as f64
    }

    /// This instant moved later by `ticks`.
    pub const fn after(self, ticks: u64) -> Tick {
        Tick(self.0 + ticks)
    }

    /// This instant moved earlier by `ticks`, stopping at the start of the session.
    pub const fn before(self, ticks: u64) -> Tick {
        Tick(self.0.saturating_sub(ticks))
    }

    /// The tick of an analysis sample (16 kHz) counted from the start of the session.
    pub const fn from_analysis_sample(sample: u64) -> Tick {
        Tick(sample * TICKS_PER_ANALYSIS_SAMPLE)
    }
}

/// A half-open stretch of the session timeline: `start` is inside, `end` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First tick inside.
    pub start: Tick,
    /// First tick after.
    pub end: Tick,
}

impl Span {
    /// A span from `start` up to `end`; empty at `start` when `end` lies before it.
    pub fn new(start: Tick, end: Tick) -> Span {
        Span {
            start,
            end: end.max(start),
        }
    }

    /// A span from whole milliseconds.
    pub fn from_ms(start_ms: u64, end_ms: u64) -> Span {
        Span::new(Tick::from_ms(start_ms), Tick::from_ms(end_ms))
    }

    /// Length in ticks.
    pub const fn ticks(self) -> u64 {
        self.end.0 - self.start.0
    }

    /// Length in milliseconds, as the difference of the two converted ends.
    pub const fn ms(self) -> u64 {
        self.end.ms() - self.start.ms()
    }

    /// Whether the span holds no tick.
    pub const fn is_empty(self) -> bool {
        self.start.0 == self.end.0
    }

    /// Whether `tick` lies inside.
    pub fn contains(self, tick: Tick) -> bool {
        self.start <= tick && tick < self.end
    }

    /// The part that both spans cover, if they share any tick.
    pub fn intersect(self, other: Span) -> Option<Span> {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        (start < end).then_some(Span { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_round_down_and_come_back() {
        assert_eq!(Tick(47).ms(), 0);
        assert_eq!(Tick(48).ms(), 1);
        assert_eq!(Tick::from_ms(123).ms(), 123);
    }

    #[test]
    fn a_span_that_ends_before_it_starts_is_empty() {
        let span = Span::new(Tick(10), Tick(3));
        assert!(span.is_empty());
        assert_eq!(span.ticks(), 0);
    }

    #[test]
    fn touching_spans_share_nothing() {
        let a = Span::new(Tick(0), Tick(10));
        let b = Span::new(Tick(10), Tick(20));
        assert_eq!(a.intersect(b), None);
        assert_eq!(
            a.intersect(Span::new(Tick(9), Tick(11))),
            Some(Span::new(Tick(9), Tick(10)))
        );
    }
}

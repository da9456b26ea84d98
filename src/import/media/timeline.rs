//! Where decoded sound belongs: by the times that a container writes beside its packets.

use crate::import::{Loss, LossCause};

/// Times that are off by less are rounding or jitter, in milliseconds.
const JITTER_MS: u64 = 60;

/// The same next to a packet that was lost, whose length is then known from the times alone.
const ROUNDING_MS: u64 = 2;

/// Holes from this length on are told of, in milliseconds; shorter ones are how some codecs write
/// silence.
const TOLD_MS: u64 = 500;

/// Holes beyond this length are times gone wrong, in seconds.
const LONGEST_S: u64 = 3_600;

/// All holes of a file together; beyond it its times are not believed any more, in seconds.
const MOST_S: u64 = 4 * LONGEST_S;

/// What to do with the frames of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// Frames of silence before them.
    pub(super) silence: u64,
    /// Frames at their start to leave out.
    pub(super) skip: u64,
    /// Frames to take after those.
    pub(super) take: u64,
}

/// Keeps decoded frames at the times that the container tells. Counts in frames.
#[derive(Debug)]
pub(super) struct Timeline {
    rate: u64,
    /// Frames given out so far.
    position: u64,
    /// What is added to a container's time; unknown before the first packet.
    shift: Option<i64>,
    /// Frames at the start that are not to be heard.
    start: u64,
    /// Where what is to be heard ends.
    until: Option<u64>,
    /// Whether a late start is silence: with several streams, they keep their places.
    several: bool,
    /// Silence before the stream.
    late: u64,
    /// Silence given out so far.
    filled: u64,
    losses: Vec<Loss>,
}

impl Timeline {
    /// A timeline at `rate` frames a second; `start` frames of the stream's time are not to be heard,
    /// and nothing is from `until` on.
    pub(super) fn new(rate: u32, start: u64, until: Option<u64>, several: bool) -> Timeline {
        Timeline {
            rate: u64::from(rate),
            position: 0,
            shift: None,
            start,
            until,
            several,
            late: 0,
            filled: 0,
            losses: Vec::new(),
        }
    }

    /// The same, with `late` frames of silence before the stream; a nonsensical length is ignored.
    pub(super) fn begin_late(mut self, late: u64) -> Timeline {
        if late <= self.rate * LONGEST_S {
            self.late = late;
        }
        self
    }

    /// Places `frames` decoded frames that the container puts at `at`; `damaged` when packets before
    /// them could not be decoded.
    pub(super) fn place(&mut self, at: Option<i64>, frames: u64, damaged: bool) -> Placed {
        let (silence, skip) = self.offset(at, frames, damaged);
        self.position += silence;
        self.filled += silence;
        let mut take = frames - skip;
        if let Some(until) = self.until {
            take = take.min(until.saturating_sub(self.position));
        }
        self.position += take;
        Placed {
            silence,
            skip,
            take,
        }
    }

    fn offset(&mut self, at: Option<i64>, frames: u64, damaged: bool) -> (u64, u64) {
        let Some(at) = at else { return (0, 0) };
        let at = at.saturating_add_unsigned(self.late);
        let Some(shift) = self.shift else {
            return self.first(at, frames);
        };
        let off = at
            .saturating_add(shift)
            .saturating_sub_unsigned(self.position);
        let Ok(ahead) = u64::try_from(off) else {
            let behind = off.unsigned_abs();
            // The rest of what is not to be heard, or times that jump back.
            if self.position == 0 {
                return (0, behind.min(frames));
            }
            if behind > self.rate * TOLD_MS / 1_000 {
                self.shift = Some(shift.saturating_sub(off));
            }
            return (0, 0);
        };
        let tolerated = if damaged { ROUNDING_MS } else { JITTER_MS };
        if ahead <= self.rate * tolerated / 1_000 {
            return (0, 0);
        }
        let left = self
            .until
            .map_or(u64::MAX, |until| until.saturating_sub(self.position));
        if ahead > self.rate * LONGEST_S || self.filled > self.rate * MOST_S {
            self.shift = Some(shift.saturating_sub(off));
            return (0, 0);
        }
        let silence = ahead.min(left);
        if damaged || silence >= self.rate * TOLD_MS / 1_000 {
            self.losses.push(Loss {
                start: self.position,
                frames: silence,
                cause: match damaged {
                    true => LossCause::Damaged,
                    false => LossCause::Hole,
                },
            });
        }
        (silence, 0)
    }

    /// The first packet of a stream.
    fn first(&mut self, at: i64, frames: u64) -> (u64, u64) {
        let at = at.saturating_sub_unsigned(self.start);
        let late = u64::try_from(at).unwrap_or(0);
        let kept = match self.position {
            0 => self.several && late <= self.rate * LONGEST_S,
            // A stream that follows another goes on where that ended.
            _ => false,
        };
        let base = self.position as i64;
        let skipped = 0_i64.saturating_sub_unsigned(self.start);
        self.shift = Some(match kept || at < 0 {
            true => base.saturating_add(skipped),
            false => base.saturating_add(skipped).saturating_sub(at),
        });
        match u64::try_from(at) {
            Ok(_) if kept => (late, 0),
            Ok(_) => (0, 0),
            Err(_) => (0, at.unsigned_abs().min(frames)),
        }
    }

    /// A new stream follows whose times begin again.
    pub(super) fn restart(&mut self) {
        (self.shift, self.start, self.late) = (None, 0, 0);
    }

    /// Whether all that is to be heard was given out.
    pub(super) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| self.position >= until)
    }

    /// Frames that are missing from a stream of `told` frames.
    pub(super) fn missing(&self, told: u64) -> u64 {
        told.saturating_sub(self.position)
    }

    /// Notes that the last `frames` frames are missing.
    pub(super) fn lose_the_end(&mut self, frames: u64) {
        self.losses.push(Loss {
            start: self.position,
            frames,
            cause: LossCause::Damaged,
        });
    }

    pub(super) fn take_losses(&mut self) -> Vec<Loss> {
        std::mem::take(&mut self.losses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(silence: u64, skip: u64, take: u64) -> Placed {
        Placed {
            silence,
            skip,
            take,
        }
    }

    #[test]
    fn an_encoders_delay_is_left_out_even_over_several_packets() {
        let mut timeline = Timeline::new(48_000, 0, None, false);
        assert_eq!(timeline.place(Some(-1_500), 960, false), placed(0, 960, 0));
        assert_eq!(timeline.place(Some(-540), 960, false), placed(0, 540, 420));
        assert_eq!(timeline.place(Some(420), 960, false), placed(0, 0, 960));
        // An edit list says the same in another way, and where the end is.
        let mut timeline = Timeline::new(48_000, 1_024, Some(3_000), false);
        assert_eq!(timeline.place(Some(0), 1_024, false), placed(0, 1_024, 0));
        assert_eq!(
            timeline.place(Some(1_024), 2_048, false),
            placed(0, 0, 2_048)
        );
        assert_eq!(timeline.place(Some(3_072), 1_024, false), placed(0, 0, 952));
        assert!(timeline.is_over());
    }

    #[test]
    fn holes_become_silence_and_long_ones_are_told() {
        let mut timeline = Timeline::new(48_000, 0, None, false);
        timeline.place(Some(0), 960, false);
        assert_eq!(timeline.place(Some(1_000), 960, false), placed(0, 0, 960));
        assert_eq!(
            timeline.place(Some(9_600), 960, false),
            placed(7_680, 0, 960)
        );
        assert!(timeline.take_losses().is_empty());
        assert_eq!(
            timeline.place(Some(58_560), 960, false),
            placed(48_000, 0, 960)
        );
        let hole = Loss {
            start: 10_560,
            frames: 48_000,
            cause: LossCause::Hole,
        };
        assert_eq!(timeline.take_losses(), [hole]);
        assert_eq!(timeline.place(Some(60_480), 960, true), placed(960, 0, 960));
        assert_eq!(timeline.take_losses()[0].cause, LossCause::Damaged);
        // Times that are nonsense neither stop nor blow up what follows.
        assert_eq!(
            timeline.place(Some(i64::MAX / 8), 960, false),
            placed(0, 0, 960)
        );
        assert_eq!(
            timeline.place(Some(-5_000_000), 960, false),
            placed(0, 0, 960)
        );
        assert_eq!(
            timeline.place(Some(-4_999_040), 960, false),
            placed(0, 0, 960)
        );
    }

    #[test]
    fn a_late_start_counts_only_beside_other_streams() {
        let mut alone = Timeline::new(8_000, 0, None, false);
        assert_eq!(alone.place(Some(80_000), 160, false), placed(0, 0, 160));
        assert_eq!(alone.place(Some(80_160), 160, false), placed(0, 0, 160));
        let mut beside = Timeline::new(8_000, 0, None, true);
        assert_eq!(
            beside.place(Some(80_000), 160, false),
            placed(80_000, 0, 160)
        );
        assert_eq!(beside.place(Some(80_160), 160, false), placed(0, 0, 160));
    }
}

//! Samples that are already there, given out all at once or as time passes.

use std::thread;
use std::time::{Duration, Instant};

use super::{Reading, Source, Stamp};
use crate::audio::Format;
use crate::error::Result;

/// Frames given out at a time.
const BLOCK: usize = 960;

/// How fast samples come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as they are read.
    Free,
    /// As they would from a device, with the clock's time on them.
    RealTime,
}

/// Appends at most so many interleaved frames and returns how many; 0 at the end.
pub type Supply = Box<dyn FnMut(usize, &mut Vec<f32>) -> Result<usize> + Send>;

/// A source over a supply of samples.
pub struct PacedSource {
    format: Format,
    pace: Pace,
    supply: Supply,
    begun: Option<Instant>,
    given: u64,
}

impl PacedSource {
    /// A source that gives out what `supply` brings.
    pub fn new(format: Format, pace: Pace, supply: Supply) -> PacedSource {
        PacedSource {
            format,
            pace,
            supply,
            begun: None,
            given: 0,
        }
    }

    /// When the frame after the next `frames` is due.
    fn due(&mut self, frames: usize) -> Instant {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let total = self.given + frames as u64;
        begun + Duration::from_nanos(total * 1_000_000_000 / u64::from(self.format.rate.get()))
    }
}

impl Source for PacedSource {
    fn format(&self) -> Format {
        self.format
    }

    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading> {
        let captured_until = match self.pace {
            Pace::Free => None,
            Pace::RealTime => {
                let due = self.due(BLOCK);
                let left = due.saturating_duration_since(Instant::now());
                thread::sleep(left.min(wait));
                if left > wait {
                    return Ok(Reading::Idle);
                }
                Some(due)
            }
        };
        let count = (self.supply)(BLOCK, frames)?;
        if count == 0 {
            return Ok(Reading::End);
        }
        self.given += count as u64;
        Ok(Reading::Samples(Stamp {
            captured_until,
            overrun_frames: 0,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supply(mut left: usize) -> Supply {
        Box::new(move |most, out| {
            let count = left.min(most);
            out.extend(std::iter::repeat_n(0.5, count));
            left -= count;
            Ok(count)
        })
    }

    #[test]
    fn a_free_source_gives_everything_at_once() {
        let format = Format::new(48_000, 1).unwrap();
        let mut source = PacedSource::new(format, Pace::Free, supply(2_000));
        let mut frames = Vec::new();
        while source.read(Duration::ZERO, &mut frames).unwrap() != Reading::End {}
        assert_eq!(frames.len(), 2_000);
    }

    #[test]
    fn a_paced_source_takes_as_long_as_the_sound() {
        let format = Format::new(48_000, 1).unwrap();
        let mut source = PacedSource::new(format, Pace::RealTime, supply(9_600));
        let begun = Instant::now();
        let mut frames = Vec::new();
        while source.read(Duration::from_millis(20), &mut frames).unwrap() != Reading::End {}
        assert_eq!(frames.len(), 9_600);
        assert!(begun.elapsed() >= Duration::from_millis(200));
    }
}

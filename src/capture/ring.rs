//! From an audio callback to the thread of its track, without a lock.
//!
//! The callback owns an [`Intake`]: it copies samples and counts, and does nothing else. The reader
//! owns an [`Outlet`].

use std::thread;
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{Reading, Stamp};
use crate::audio::Format;

/// Sound that the ring holds. A reader that is away longer loses what follows, and is told how much.
const CAPACITY: Duration = Duration::from_secs(10);

/// Callbacks that the ring holds: more than 10 s of the shortest that audio systems make (64 frames).
const MARKS: usize = 8_192;

/// How often the reader looks.
const POLL: Duration = Duration::from_millis(5);

/// One callback's frames.
#[derive(Clone, Copy, Debug)]
struct Mark {
    frames: usize,
    captured_until: Instant,
    lost_before: u64,
}

/// The callback's side.
#[derive(Debug)]
pub struct Intake {
    samples: Producer<f32>,
    marks: Producer<Mark>,
    channels: usize,
    lost: u64,
}

/// The reader's side.
#[derive(Debug)]
pub struct Outlet {
    samples: Consumer<f32>,
    marks: Consumer<Mark>,
    channels: usize,
    held: Option<Mark>,
}

/// A ring for ten seconds of sound in `format`.
pub fn ring(format: Format) -> (Intake, Outlet) {
    let channels = usize::from(format.channels.get());
    let frames = format.rate.get() as usize * CAPACITY.as_secs() as usize;
    ring_of(frames, channels)
}

/// A ring for `frames` frames.
pub fn ring_of(frames: usize, channels: usize) -> (Intake, Outlet) {
    let (samples_in, samples_out) = RingBuffer::new(frames * channels);
    let (marks_in, marks_out) = RingBuffer::new(MARKS);
    (
        Intake {
            samples: samples_in,
            marks: marks_in,
            channels,
            lost: 0,
        },
        Outlet {
            samples: samples_out,
            marks: marks_out,
            channels,
            held: None,
        },
    )
}

impl Intake {
    /// Takes one callback's samples, interleaved; `samples` must tell its exact length. What does not
    /// fit is dropped as a whole and counted. Allocates nothing, locks nothing, waits for nothing.
    pub fn push(&mut self, samples: impl ExactSizeIterator<Item = f32>, captured_until: Instant) {
        let frames = samples.len() / self.channels;
        if frames == 0 {
            return;
        }
        let room = match self.marks.is_full() {
            true => None,
            false => self.samples.write_chunk_uninit(frames * self.channels).ok(),
        };
        let Some(room) = room else {
            self.lost += frames as u64;
            return;
        };
        room.fill_from_iter(samples);
        let mark = Mark {
            frames,
            captured_until,
            lost_before: std::mem::take(&mut self.lost),
        };
        // There is room, as was seen above, and nobody else writes.
        if self.marks.push(mark).is_err() {
            self.lost += frames as u64;
        }
    }
}

impl Outlet {
    /// Waits at most `wait` for frames and appends all that are there up to the next loss.
    pub fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Reading {
        let deadline = Instant::now() + wait;
        loop {
            if let Some(stamp) = self.take(frames) {
                return Reading::Samples(stamp);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Reading::Idle;
            }
            thread::sleep(left.min(POLL));
        }
    }

    /// Whether the callback's side is gone and everything has been read.
    pub fn is_over(&self) -> bool {
        self.held.is_none() && self.marks.is_abandoned() && self.marks.is_empty()
    }

    fn take(&mut self, frames: &mut Vec<f32>) -> Option<Stamp> {
        let first = self.held.take().or_else(|| self.marks.pop().ok())?;
        self.copy(first.frames, frames);
        let mut stamp = Stamp {
            captured_until: Some(first.captured_until),
            overrun_frames: first.lost_before,
        };
        while let Ok(mark) = self.marks.pop() {
            if mark.lost_before > 0 {
                self.held = Some(mark);
                break;
            }
            self.copy(mark.frames, frames);
            stamp.captured_until = Some(mark.captured_until);
        }
        Some(stamp)
    }

    fn copy(&mut self, count: usize, frames: &mut Vec<f32>) {
        // Samples are written before their mark, so they are all there.
        if let Ok(chunk) = self.samples.read_chunk(count * self.channels) {
            frames.extend(chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_ring_loses_whole_callbacks_and_counts_them() {
        let (mut intake, mut outlet) = ring_of(10, 2);
        let now = Instant::now();
        for _ in 0..3 {
            intake.push([0.5_f32; 8].into_iter(), now);
        }
        let mut frames = Vec::new();
        let reading = outlet.read(Duration::ZERO, &mut frames);
        assert_eq!(frames.len(), 16);
        assert!(matches!(
            reading,
            Reading::Samples(Stamp {
                overrun_frames: 0,
                ..
            })
        ));
        intake.push([0.25_f32; 2].into_iter(), now);
        let reading = outlet.read(Duration::ZERO, &mut frames);
        assert!(matches!(
            reading,
            Reading::Samples(Stamp {
                overrun_frames: 4,
                ..
            })
        ));
        assert_eq!(outlet.read(Duration::ZERO, &mut frames), Reading::Idle);
        drop(intake);
        assert!(outlet.is_over());
    }

    proptest! {
        #[test]
        fn what_comes_out_and_what_was_lost_is_what_went_in(
            steps in proptest::collection::vec((0_usize..40, any::<bool>()), 1..200)
        ) {
            let (mut intake, mut outlet) = ring_of(64, 1);
            let mut next = 0_u32;
            let mut expected = 0_u32;
            let check = |outlet: &mut Outlet, expected: &mut u32| {
                loop {
                    let mut frames = Vec::new();
                    let Reading::Samples(stamp) = outlet.read(Duration::ZERO, &mut frames) else {
                        return;
                    };
                    *expected += stamp.overrun_frames as u32;
                    for frame in frames {
                        assert_eq!(frame, *expected as f32);
                        *expected += 1;
                    }
                }
            };
            for (count, read) in steps {
                let block: Vec<f32> = (next..next + count as u32).map(|n| n as f32).collect();
                next += count as u32;
                intake.push(block.into_iter(), Instant::now());
                if read {
                    check(&mut outlet, &mut expected);
                }
            }
            check(&mut outlet, &mut expected);
            intake.push([next as f32].into_iter(), Instant::now());
            check(&mut outlet, &mut expected);
            prop_assert_eq!(expected, next + 1);
        }
    }
}

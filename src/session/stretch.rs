//! A run of samples from one open device: its clock, and the readings that the clock has not judged.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::audio::Format;
use crate::capture::Stamp;
use crate::dsp::clock::{Arrival, ClockOptions, TrackClock, Verdict};

/// Samples without an interruption. Where the device changes, or was silent for so long that its
/// samples may have come from anywhere, another stretch begins.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) format: Format,
    pub(super) clock: TrackClock,
    /// Whether its place on the timeline is found.
    pub(super) joined: bool,
    /// Frames at its start that another device has delivered already.
    skip: u64,
    held: VecDeque<Vec<f32>>,
    verdicts: Vec<Verdict>,
    /// Instants are told to the clock as time since this one.
    origin: Instant,
}

impl Stretch {
    /// A stretch that begins after `origin`.
    pub(super) fn new(format: Format, origin: Instant) -> Stretch {
        Stretch {
            format,
            clock: TrackClock::new(format.rate, ClockOptions::default()),
            joined: false,
            skip: 0,
            held: VecDeque::new(),
            verdicts: Vec::new(),
            origin,
        }
    }

    /// Takes a reading.
    pub(super) fn push(&mut self, stamp: Stamp, frames: &[f32]) {
        let arrival = Arrival {
            frames: (frames.len() / self.channels()) as u64,
            captured_until: stamp
                .captured_until
                .map(|until| until.saturating_duration_since(self.origin)),
            overrun_frames: stamp.overrun_frames,
        };
        self.held.push_back(frames.to_vec());
        self.clock.push(arrival, &mut self.verdicts);
    }

    /// Tells the time while no reading comes.
    pub(super) fn idle(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.origin);
        self.clock.idle(elapsed, &mut self.verdicts);
    }

    /// No more readings will come: all are judged.
    pub(super) fn finish(&mut self) {
        self.clock.finish(&mut self.verdicts);
    }

    /// The readings that are judged, in order, each with what belongs before it.
    pub(super) fn judged(&mut self) -> Vec<(Verdict, Vec<f32>)> {
        let count = self.verdicts.len().min(self.held.len());
        self.verdicts
            .drain(..count)
            .zip(self.held.drain(..count))
            .collect()
    }

    /// When its first frame was captured; known once a reading is judged.
    pub(super) fn start(&self) -> Instant {
        let start_ns = self.clock.start_ns().unwrap_or(0);
        let since_origin = Duration::from_nanos(start_ns.unsigned_abs());
        match start_ns < 0 {
            true => self.origin.checked_sub(since_origin).unwrap_or(self.origin),
            false => self.origin + since_origin,
        }
    }

    /// Leaves out the first `frames` frames of what is still to be written.
    pub(super) fn skip(&mut self, frames: u64) {
        self.skip = frames;
    }

    /// What is to be written of a reading.
    pub(super) fn kept<'a>(&mut self, frames: &'a [f32]) -> &'a [f32] {
        let channels = self.channels();
        let skipped = self.skip.min((frames.len() / channels) as u64);
        self.skip -= skipped;
        &frames[skipped as usize * channels..]
    }

    fn channels(&self) -> usize {
        usize::from(self.format.channels.get())
    }
}

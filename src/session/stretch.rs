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
    /// Up to when sound has been captured, since the origin, once a reading told.
    captured: Option<Duration>,
    /// When it began, since the origin.
    begun: Duration,
    /// Frames delivered and lost so far.
    frames: u64,
    /// Samples in the readings that are held.
    held_samples: usize,
}

/// Readings, and seconds of sound in them, that are held at most. The clock decides within some tenths of
/// a second; one whose readings tell no sensible times is decided all the same.
const HELD: usize = 500_000;
const HELD_S: usize = 30;

/// An audio system delivers and loses no more than it captures, and what it had kept before.
const KEPT: Duration = Duration::from_secs(15);

impl Stretch {
    /// A stretch that begins at `now`, of sound captured after `origin`.
    pub(super) fn new(format: Format, origin: Instant, now: Instant) -> Stretch {
        Stretch {
            format,
            clock: TrackClock::new(format.rate, ClockOptions::default()),
            joined: false,
            skip: 0,
            held: VecDeque::new(),
            verdicts: Vec::new(),
            origin,
            captured: None,
            begun: now.saturating_duration_since(origin),
            frames: 0,
            held_samples: 0,
        }
    }

    /// Takes a reading that came at `now`. What it tells of times and losses is believed as far as it
    /// can be: nothing was captured in the future or before what came earlier, and no more was lost
    /// than there was time for. One absurd stamp would otherwise be hours of silence on the disk.
    pub(super) fn push(&mut self, stamp: Stamp, frames: &[f32], now: Instant) {
        let now = now.saturating_duration_since(self.origin);
        let told = match (stamp.captured_until, self.captured) {
            (Some(until), _) => Some(until.saturating_duration_since(self.origin)),
            (None, Some(_)) => Some(now),
            (None, None) => None,
        };
        let captured = told.map(|told| told.min(now).max(self.captured.unwrap_or_default()));
        let time = (now.saturating_sub(self.begun) + KEPT).as_millis() as u64;
        let possible = time * u64::from(self.format.rate.get()) / 1_000;
        let delivered = (frames.len() / self.channels()) as u64;
        let room = possible.saturating_sub(self.frames + delivered);
        let overrun_frames = stamp.overrun_frames.min(room);
        self.captured = captured;
        self.frames += delivered + overrun_frames;
        self.held_samples += frames.len();
        self.held.push_back(frames.to_vec());
        let arrival = Arrival {
            frames: delivered,
            captured_until: captured,
            overrun_frames,
        };
        self.clock.push(arrival, &mut self.verdicts);
        let second = self.format.rate.get() as usize * self.channels();
        let undecided = self.held.len() > self.verdicts.len();
        if undecided && (self.held.len() >= HELD || self.held_samples >= HELD_S * second) {
            self.clock.finish(&mut self.verdicts);
        }
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
        let held = self.held.drain(..count);
        let judged: Vec<_> = self.verdicts.drain(..count).zip(held).collect();
        let samples = judged.iter().map(|(_, frames)| frames.len());
        self.held_samples -= samples.sum::<usize>();
        judged
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

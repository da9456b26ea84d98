//! Audio that was not captured: zeros in the archive, and an event that says so.

use std::thread;
use std::time::Instant;

use super::{Lane, WAIT, ticks};
use crate::document::common::GapCause;
use crate::error::Result;
use crate::event::{Event, TrackGap};
use crate::session::message::LaneMessage;
use crate::session::track::archive_samples;
use crate::time::{Span, TICKS_PER_SECOND};

/// Archive samples of a piece in which a track without samples is filled up while the others go on.
const FILL: u64 = TICKS_PER_SECOND;

/// Archive samples by which a device whose clock runs fast may be ahead of the session.
const AHEAD: u64 = 15 * TICKS_PER_SECOND;

impl Lane {
    /// Writes zeros for `frames` native frames that were not captured, for no more time than has passed.
    pub(super) fn gap(&mut self, frames: u64, cause: GapCause) -> Result<()> {
        if frames == 0 {
            return Ok(());
        }
        let now = self.tick_at(self.source.now()).unwrap_or_default();
        let room = (now + AHEAD).saturating_sub(self.path.written().0);
        let samples = archive_samples(frames, self.stretch.format.rate);
        self.gap_samples(samples.min(room), cause)
    }

    pub(super) fn gap_samples(&mut self, samples: u64, cause: GapCause) -> Result<()> {
        if samples == 0 {
            return Ok(());
        }
        self.path.drain(&mut self.heard)?;
        let from = self.path.written();
        self.path.silence(samples, &mut self.heard)?;
        // What is not kept anyhow is not lost.
        let lost = self.path.unmuted(Span::new(from, self.path.written()));
        self.tell_gap(lost, cause)?;
        self.tell_heard()
    }

    /// Tells a hole that is in the archive already.
    pub(super) fn tell_gap(&self, lost: Span, cause: GapCause) -> Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        self.send(LaneMessage::Event(Event::TrackGap(TrackGap {
            track: self.path.track(),
            start_sample: lost.start.0,
            samples: lost.ticks(),
            cause,
        })))
    }

    /// Brings the track to the session's end.
    pub(super) fn fill_to_end(&mut self, cause: GapCause) -> Result<()> {
        self.path.drain(&mut self.heard)?;
        self.tell_heard()?;
        match self.end {
            Some((end, _)) => self.gap_samples(end.0.saturating_sub(self.path.written().0), cause),
            None => Ok(()),
        }
    }

    /// Why audio is missing at the end of the track.
    pub(super) fn missing(&self) -> GapCause {
        match self.absent {
            true => self.hole,
            false => GapCause::ClockHole,
        }
    }

    /// Waits for the session's end: the source has nothing more, others go on.
    pub(super) fn await_the_others(&mut self) -> Result<()> {
        self.path.drain(&mut self.heard)?;
        self.tell_heard()?;
        self.send(LaneMessage::Over(self.path.track(), self.path.written()))?;
        while self.end.is_none() {
            thread::sleep(WAIT);
            self.hear_orders()?;
        }
        self.fill_to_end(match self.absent {
            true => self.hole,
            false => GapCause::SourceEnded,
        })
    }

    /// Keeps a lost track in step with the others until the session ends.
    pub(super) fn wait_out(&mut self) -> Result<()> {
        loop {
            self.hear_orders()?;
            if self.end.is_some() {
                return self.fill_to_end(GapCause::DeviceLost);
            }
            self.fill_until(Some(self.source.now()), GapCause::DeviceLost)?;
            self.report()?;
            thread::sleep(WAIT);
        }
    }

    /// The tick of an instant; absent before tick 0 is known.
    fn tick_at(&self, instant: Instant) -> Option<u64> {
        let epoch = match self.begun {
            true => self.start.epoch_before(self.slept),
            false => self.start.epoch(),
        };
        Some(ticks(instant.saturating_duration_since(epoch?)))
    }

    /// Fills a track without samples up to an instant, in pieces.
    pub(super) fn fill_until(&mut self, until: Option<Instant>, cause: GapCause) -> Result<()> {
        let Some(tick) = until.and_then(|until| self.tick_at(until)) else {
            return Ok(());
        };
        match tick.saturating_sub(self.path.written().0) {
            missing if missing >= FILL => self.gap_samples(missing, cause),
            _ => Ok(()),
        }
    }
}

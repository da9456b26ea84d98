//! The place of a stretch of samples on the timeline.

use super::{Lane, ticks};
use crate::audio::Format;
use crate::capture::Change;
use crate::document::common::GapCause;
use crate::dsp::resample::RATES;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{DeviceChanged, Event, TrackStarted};
use crate::session::message::LaneMessage;
use crate::session::stretch::Stretch;
use crate::time::TICKS_PER_SECOND;

/// A track that begins this many archive samples after the others was late, and lost them.
const LATE: u64 = 2 * TICKS_PER_SECOND;

/// Why a device's samples cannot be recorded, if they cannot.
pub(super) fn unusable(format: Format, change: &Change) -> Option<Error> {
    let rate = format.rate.get();
    (!RATES.contains(&rate)).then(|| {
        let name = &change.device.name;
        let told = format!("{name}: its sample rate of {rate} Hz cannot be recorded");
        Error::new(ErrorKind::DeviceLost, told)
    })
}

impl Lane {
    /// What comes next has no place yet: it does not continue what came before.
    pub(super) fn break_off(&mut self, hole: GapCause) -> Result<()> {
        self.judge_the_rest()?;
        self.skew_ppm = self.stretch.clock.skew_ppm().or(self.skew_ppm);
        let now = self.source.now();
        self.stretch = Stretch::new(self.source.format(), self.origin, now);
        self.hole = hole;
        Ok(())
    }

    pub(super) fn judge_the_rest(&mut self) -> Result<()> {
        self.stretch.finish();
        self.write_judged()
    }

    /// Writes the readings that the clock has judged, each after the hole before it.
    pub(super) fn write_judged(&mut self) -> Result<()> {
        for (verdict, frames) in self.stretch.judged() {
            if !self.stretch.joined {
                self.join()?;
            }
            self.gap(verdict.hole_frames, GapCause::ClockHole)?;
            self.gap(verdict.overrun_frames, GapCause::Overrun)?;
            let kept = self.stretch.kept(&frames);
            self.path.push(kept, &mut self.heard)?;
        }
        if let Some(drift) = self.stretch.clock.drift() {
            self.path.follow(drift);
        }
        self.tell_heard()
    }

    /// Gives the stretch its place on the timeline, and fills the track up to there. The first one
    /// agrees with the other tracks on tick 0.
    fn join(&mut self) -> Result<()> {
        let first = self.stretch.start();
        if !self.begun {
            self.slept = self.start.arrive(first).1;
        }
        let epoch = self.start.epoch_before(self.slept).unwrap_or(first);
        let start = ticks(first.saturating_duration_since(epoch));
        let format = self.stretch.format;
        self.path.change_format(format, &mut self.heard)?;
        self.stretch.joined = true;
        let begins = !std::mem::replace(&mut self.begun, true);
        if begins {
            self.send(LaneMessage::Event(Event::TrackStarted(TrackStarted {
                track: self.path.track(),
                offset_samples: start,
                rate: format.rate.get(),
                channels: format.channels.get(),
            })))?;
        }
        let written = self.path.written().0;
        if let Some(change) = self.change.take() {
            self.send(LaneMessage::Event(Event::DeviceChanged(DeviceChanged {
                track: self.path.track(),
                start_sample: start.max(written),
                device: change.device,
                rate: format.rate.get(),
                channels: format.channels.get(),
                reason: change.reason,
            })))?;
        }
        let twice = written.saturating_sub(start);
        self.stretch
            .skip(twice * u64::from(format.rate.get()) / TICKS_PER_SECOND);
        match start.saturating_sub(written) {
            offset if begins && offset < LATE => self.path.silence(offset, &mut self.heard),
            hole => self.gap_samples(hole, self.hole),
        }
    }
}

//! A pause in which the device is closed.

use std::time::{Duration, Instant};

use super::{InPause, Lane, SILENT};
use crate::document::common::GapCause;
use crate::error::Result;
use crate::time::Tick;

/// How long a lane waits for the samples before a pause. They come late by the latency of the audio
/// system, or never when the device has gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the source is at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is read.
    Awake,
    /// It is released once the track has come to this tick, or at this instant.
    Due(Tick, Instant),
    /// It is released.
    Asleep,
}

impl Lane {
    /// Nothing is kept from `from` on, and the device is not needed.
    pub(super) fn rest_from(&mut self, from: Tick) {
        if self.in_pause == InPause::Release && self.rest == Rest::Awake {
            self.rest = Rest::Due(from, self.source.now() + PATIENCE);
        }
    }

    /// Releases the device when its time has come.
    pub(super) fn rest_if_due(&mut self) -> Result<()> {
        let Rest::Due(from, at_latest) = self.rest else {
            return Ok(());
        };
        if !self.begun || (self.path.written() < from && self.source.now() < at_latest) {
            return Ok(());
        }
        if !self.source.release() {
            self.rest = Rest::Awake;
            return Ok(());
        }
        let missing = self.missing();
        self.break_off(GapCause::Paused)?;
        self.gap_samples(from.0.saturating_sub(self.path.written().0), missing)?;
        self.absent = true;
        self.rest = Rest::Asleep;
        Ok(())
    }

    /// Something is to be kept again. Until the device has opened, the pause goes on.
    pub(super) fn wake(&mut self) {
        if std::mem::replace(&mut self.rest, Rest::Awake) == Rest::Asleep {
            self.source.reopen();
            self.samples_at = self.source.now();
        }
    }

    /// A device that takes too long to open is no part of the pause.
    pub(super) fn doubt_rest(&mut self, now: Instant) {
        let waits = self.absent && self.rest == Rest::Awake && self.hole == GapCause::Paused;
        if waits && now.saturating_duration_since(self.samples_at) >= SILENT {
            self.hole = GapCause::ClockHole;
        }
    }
}

//! What a lane tells the session.

use super::{Lane, REPORT, tell};
use crate::document::common::GapCause;
use crate::error::Result;
use crate::event::{Event, HealthState, TrackHealth};
use crate::session::log::Meter;
use crate::session::message::{LaneMessage, Progress};
use crate::voice::analysis::VoiceEvent;

impl Lane {
    pub(super) fn tell_heard(&mut self) -> Result<()> {
        if !self.heard.is_empty() {
            self.tell_sketches()?;
        }
        for voice in std::mem::take(&mut self.heard) {
            if matches!(voice, VoiceEvent::Pause(_) | VoiceEvent::Utterance(_)) {
                self.path.flush()?;
            }
            self.send(LaneMessage::of(voice))?;
        }
        Ok(())
    }

    pub(super) fn tell_sketches(&mut self) -> Result<()> {
        match self.path.take_sketches() {
            sketches if sketches.is_empty() => Ok(()),
            sketches => self.send(LaneMessage::Sketches(self.path.track(), sketches)),
        }
    }

    pub(super) fn report(&mut self) -> Result<()> {
        let now = self.source.now();
        if now.saturating_duration_since(self.reported) < REPORT {
            return Ok(());
        }
        self.reported = now;
        self.tell_sketches()?;
        while let Some(muted) = self.path.take_muted() {
            self.tell_gap(muted, GapCause::Paused)?;
        }
        let level = self.path.take_level();
        let peak = f32::from(level.peak) / 32_768.0;
        let meter = Meter {
            track: self.path.track(),
            position: self.path.written(),
            peak_db: 20.0 * peak.log10(),
            clipped: level.peak >= i16::MAX as u16,
        };
        let open = self.path.open();
        if open.is_some() {
            self.path.flush()?;
        }
        self.send(LaneMessage::Progress(Progress {
            meter,
            heard: self.path.heard(),
            open,
        }))
    }

    pub(super) fn tell_health(&self, state: HealthState) -> Result<()> {
        self.send(LaneMessage::Event(Event::TrackHealth(TrackHealth::new(
            self.path.track(),
            state,
        ))))
    }

    pub(super) fn send(&self, message: LaneMessage) -> Result<()> {
        tell(&self.out, message)
    }
}

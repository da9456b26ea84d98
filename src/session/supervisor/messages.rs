//! What lanes and scribe tell, and what the session makes of it.

use super::Session;
use crate::audio::Track;
use crate::document::transcript::Pass;
use crate::error::{ErrorKind, Result};
use crate::event::{Event, LanguageDetected, StopReason, Warning, WarningCode};
use crate::session::captioner::Told;
use crate::session::log::Update;
use crate::session::message::{LaneMessage, Progress};
use crate::session::scribe::ScribeMessage;
use crate::time::Tick;

/// Id of the pass that writes the live text.
const LIVE_PASS: &str = "p1";

impl Session {
    pub(super) fn lane_message(&mut self, message: LaneMessage) -> Result<()> {
        match message {
            LaneMessage::Event(event) => {
                if let Event::TrackGap(gap) = &event {
                    if gap.cause.is_loss() {
                        self.lost_samples += gap.samples;
                    }
                    self.turns.gap(gap);
                }
                self.watchman.note(&event);
                self.log.record(event)?;
            }
            LaneMessage::Voice(voice) => {
                self.watchman.voice(&voice);
                self.voice(&voice)?;
            }
            LaneMessage::Pause(cut) => self.speaker_pauses(cut),
            LaneMessage::Speech(cut) => self.speech(cut)?,
            LaneMessage::Sketches(track, sketches) => self.sketched(track, &sketches)?,
            LaneMessage::Progress(progress) => self.progress(progress)?,
            LaneMessage::Away(track, why) => {
                let message = format!("{track} track: {why}; looking for it");
                self.warn(WarningCode::TrackLost, Some(track), message)?;
            }
            LaneMessage::Lost(track, written, error) => {
                self.reaches(track, written);
                let message = format!("{track} track: {error}");
                self.warn(WarningCode::TrackLost, Some(track), message)?;
                self.lost_tracks += 1;
                self.end_with_the_last();
            }
            LaneMessage::Over(track, written) => {
                self.reaches(track, written);
                self.over_tracks += 1;
                self.end_with_the_last();
            }
            LaneMessage::Ended(ended) => {
                if let Some(lane) = self.lanes.iter_mut().find(|l| l.track == ended.track) {
                    lane.written = Tick(ended.samples);
                    lane.orders = None;
                }
                self.log.record(Event::TrackEnded(ended))?;
            }
            LaneMessage::Failed(error) => {
                let reason = match error.kind() {
                    ErrorKind::Disk => StopReason::Disk,
                    _ => StopReason::DevicesLost,
                };
                self.fault.get_or_insert(error);
                self.end_capture(reason);
            }
        }
        Ok(())
    }

    /// A track has been written this far.
    fn reaches(&mut self, track: Track, written: Tick) {
        if let Some(lane) = self.lanes.iter_mut().find(|l| l.track == track) {
            lane.written = written;
        }
    }

    /// Ends the session when no track has anything to come.
    fn end_with_the_last(&mut self) {
        if self.lost_tracks == self.lanes.len() {
            self.end_capture(StopReason::DevicesLost);
        } else if self.lost_tracks + self.over_tracks == self.lanes.len() {
            self.end_capture(StopReason::SourcesEnded);
        }
    }

    fn progress(&mut self, progress: Progress) -> Result<()> {
        let Progress { meter, heard, open } = progress;
        self.reaches(meter.track, meter.position);
        if let Some(cut) = open {
            self.grow(cut);
        }
        self.log.show(Update::Meter(meter));
        if self.paused.is_none() {
            for warning in self.watchman.meter(&meter) {
                self.raise(warning)?;
            }
        }
        let decided = self.gate.decided(meter.track, heard);
        for event in self.turns.advance(meter.track, decided) {
            self.log.record(event)?;
        }
        Ok(())
    }

    pub(super) fn scribe_message(&mut self, message: ScribeMessage) -> Result<()> {
        match message {
            ScribeMessage::Ready(pass) => {
                let pass = Pass {
                    id: LIVE_PASS.into(),
                    ..pass
                };
                self.captioner.ready(LIVE_PASS);
                self.log.record(Event::PassStarted(pass))
            }
            ScribeMessage::Unavailable(error) => {
                self.warn(
                    WarningCode::RecogniserUnavailable,
                    None,
                    format!("no live text: {error}; the recording goes on"),
                )?;
                for event in self.captioner.lost() {
                    self.log.record(event)?;
                }
                Ok(())
            }
            ScribeMessage::Language(found) => {
                let pass = LIVE_PASS.into();
                let event = Event::LanguageDetected(LanguageDetected { pass, found });
                self.log.record(event)
            }
            ScribeMessage::Restarted => self.warn(
                WarningCode::WorkerRestarted,
                None,
                "the recogniser died and was started again; nothing is lost".into(),
            ),
            ScribeMessage::Decoded(decoded) => {
                let told = self.captioner.decoded(decoded, self.begun.elapsed());
                self.tell(told)
            }
        }
    }

    /// Gives the scribe something to do, if it is idle and something waits.
    pub(super) fn employ(&mut self) {
        if let Some(job) = self.captioner.next(self.begun.elapsed()) {
            self.scribe.hand(job);
        }
    }

    pub(super) fn tell(&mut self, told: Vec<Told>) -> Result<()> {
        for told in told {
            match told {
                Told::Event(event) => self.log.record(event)?,
                Told::Partial(partial) => self.log.show_partial(partial),
            }
        }
        Ok(())
    }

    fn warn(&mut self, code: WarningCode, track: Option<Track>, message: String) -> Result<()> {
        self.log.record(Event::Warning(Warning {
            code,
            track,
            alarm: None,
            message,
        }))
    }
}

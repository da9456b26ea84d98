//! What people order while a session runs, and what the session sees to by itself.

use std::time::Duration;

use super::Session;
use crate::control::{Command, Doing, Status};
use crate::error::Result;
use crate::event::{Event, SessionPaused, SessionResumed, StopReason, Warning};
use crate::session::helm::Asked;
use crate::session::order::Order;
use crate::session::watchman::Duty;
use crate::time::{TICKS_PER_SECOND, Tick};

/// Sound recorded after a pause is ordered, and not recorded after its end is, in ticks: 0.1 s. Every
/// lane hears of the order before its samples reach that tick, so that it is the same for all.
const AHEAD: u64 = TICKS_PER_SECOND / 10;

impl Session {
    /// Does what was asked for, and says so.
    pub(super) fn obey(&mut self, asked: &Asked) -> Result<()> {
        match asked.command {
            Command::Pause if self.reason.is_none() => self.pause_recording()?,
            Command::Resume if self.reason.is_none() => self.resume_recording()?,
            Command::Pause | Command::Resume => {}
            Command::Stop => self.end_capture(StopReason::User),
        }
        self.publish();
        // Whoever asked may have gone.
        asked.done.try_send(()).unwrap_or_default();
        Ok(())
    }

    /// Records nothing from now on.
    fn pause_recording(&mut self) -> Result<()> {
        if self.paused.is_some() {
            return Ok(());
        }
        let at = self.frontier().after(AHEAD);
        self.paused = Some(at);
        // The log has it first: a recorder that dies leaves no pause unexplained.
        self.log
            .record(Event::SessionPaused(SessionPaused { at_sample: at.0 }))?;
        self.order(Order::Pause(at));
        Ok(())
    }

    /// Records again.
    fn resume_recording(&mut self) -> Result<()> {
        let Some(from) = self.paused.take() else {
            return Ok(());
        };
        let at = self.frontier().after(AHEAD).max(from);
        self.order(Order::Resume(at));
        self.log
            .record(Event::SessionResumed(SessionResumed { at_sample: at.0 }))
    }

    fn order(&self, order: Order) {
        for lane in &self.lanes {
            if let Some(orders) = &lane.orders {
                // A lane that has ended needs no orders.
                orders.send(order).unwrap_or_default();
            }
        }
    }

    /// Sees to what no message brings.
    pub(super) fn look_around(&mut self) -> Result<()> {
        if self.start.epoch().is_none() || self.reason.is_some() {
            return Ok(());
        }
        let written = self.lanes.iter().map(|lane| lane.written).min();
        let now = self.log.now();
        let paused = self.paused.is_some();
        for duty in self.watchman.look(now, written.unwrap_or_default(), paused) {
            match duty {
                Duty::Tell(warning) => self.raise(warning)?,
                Duty::Stop(reason) => self.end_capture(reason),
                Duty::Slept(asleep) => self.sleep(asleep),
            }
        }
        self.publish();
        Ok(())
    }

    /// The machine slept: the call went on, and so does the timeline.
    fn sleep(&mut self, asleep: Duration) {
        self.order(Order::Slept(self.start.slept(asleep)));
    }

    /// Logs a warning.
    pub(super) fn raise(&mut self, warning: Warning) -> Result<()> {
        let event = Event::Warning(warning);
        self.watchman.note(&event);
        self.log.record(event)
    }

    /// Tells whoever asks how the session does.
    pub(super) fn publish(&self) {
        let state = match (self.reason, self.paused, self.start.epoch()) {
            (Some(_), ..) => Doing::Stopping,
            (_, Some(_), _) => Doing::Paused,
            (_, _, Some(_)) => Doing::Recording,
            (_, _, None) => Doing::Starting,
        };
        self.helm.tell(Status {
            state,
            paused_since_ms: self.paused.map(Tick::ms),
            planned_ms: self.planned.map(|planned| planned.as_millis() as u64),
            tracks: self.watchman.tracks(),
            alarms: self.watchman.alarms(),
        });
    }
}

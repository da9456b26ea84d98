//! The one place where events get their number and their time.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::start::StartLine;
use crate::error::Result;
use crate::event::{EVENT_VERSION, Envelope, Event, Live, LiveEnvelope, TranscriptPartial};
use crate::store::journal::Journal;
use crate::time::{TICKS_PER_SECOND, Tick};

/// What a session shows while it runs.
#[derive(Clone, Debug)]
pub enum Update {
    /// Something happened; the event is already in the log.
    Event(Box<Envelope>),
    /// How a track does right now; shown, never logged.
    Meter(Meter),
    /// Text that may still change; shown, never logged.
    Live(Box<LiveEnvelope>),
}

/// How a track does right now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meter {
    /// Which track.
    pub track: crate::audio::Track,
    /// How far its archive reaches.
    pub position: Tick,
    /// Largest level since the last meter in dB below full scale; negative infinity for zeros.
    pub peak_db: f32,
    /// Whether samples at full scale came since the last meter.
    pub clipped: bool,
}

/// Writes events to the journal and passes them on to whoever watches.
#[derive(Debug)]
pub(super) struct EventLog {
    session: String,
    journal: Journal,
    start: Arc<StartLine>,
    updates: mpsc::Sender<Update>,
}

impl EventLog {
    /// A log over `journal`; times count from the session's tick 0, and are 0 before it.
    pub(super) fn new(
        session: String,
        journal: Journal,
        start: Arc<StartLine>,
        updates: mpsc::Sender<Update>,
    ) -> EventLog {
        EventLog {
            session,
            journal,
            start,
            updates,
        }
    }

    /// The session's time now.
    pub(super) fn now(&self) -> Tick {
        let elapsed = self
            .start
            .epoch()
            .map(|epoch| Instant::now().saturating_duration_since(epoch));
        Tick(elapsed.map_or(0, |e| {
            (e.as_nanos() * u128::from(TICKS_PER_SECOND) / 1_000_000_000) as u64
        }))
    }

    /// Logs `event`, then shows it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the log cannot be written; the event is then
    /// not shown either.
    pub(super) fn record(&mut self, event: Event) -> Result<()> {
        let t_ms = self.now().ms();
        let envelope = self
            .journal
            .append(event, t_ms, &crate::clock::wall_clock())?;
        self.show(Update::Event(Box::new(envelope)));
        Ok(())
    }

    /// Shows words that may still change.
    pub(super) fn show_partial(&self, partial: TranscriptPartial) {
        self.show(Update::Live(Box::new(LiveEnvelope {
            v: EVENT_VERSION,
            session: self.session.clone(),
            t_ms: self.now().ms(),
            at: crate::clock::wall_clock(),
            live: Live::TranscriptPartial(partial),
        })));
    }

    /// Shows `update`. A viewer that lags misses it: the log has every event, and a recorder does
    /// not wait for a terminal.
    pub(super) fn show(&self, update: Update) {
        drop(self.updates.try_send(update));
    }
}

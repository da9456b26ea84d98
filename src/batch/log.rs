//! The event log of work that happens after the call.

use crate::clock::wall_clock;
use crate::error::Result;
use crate::event::{Envelope, Event};
use crate::store::journal::Journal;
use crate::time::Tick;

/// Sees every event after it is in the log, and how far the work has come.
pub trait Watch {
    /// An event is in the log.
    fn event(&mut self, envelope: &Envelope);

    /// `done_ms` of `all_ms` of audio are worked off in the step that runs.
    fn progress(&mut self, step: Step, done_ms: u64, all_ms: u64);
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reading recordings and finding speech.
    Listening,
    /// Turning speech into text.
    Transcribing,
    /// Writing the archive in another form.
    Archiving,
}

/// Logs events and shows them.
pub(super) struct BatchLog<'a> {
    journal: Journal,
    watch: &'a mut dyn Watch,
}

impl<'a> BatchLog<'a> {
    pub(super) fn new(journal: Journal, watch: &'a mut dyn Watch) -> BatchLog<'a> {
        BatchLog { journal, watch }
    }

    /// Logs `event` as belonging to session time `at`.
    pub(super) fn record(&mut self, at: Tick, event: Event) -> Result<()> {
        let envelope = self.journal.append(event, at.ms(), &wall_clock())?;
        self.watch.event(&envelope);
        Ok(())
    }

    pub(super) fn progress(&mut self, step: Step, done_ms: u64, all_ms: u64) {
        self.watch.progress(step, done_ms, all_ms);
    }
}

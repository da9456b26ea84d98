//! The event log of work that happens after the call, and whether that work may go on.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use crate::clock::wall_clock;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Envelope, Event};
use crate::store::journal::Journal;
use crate::time::Tick;

/// Sees every event after it is in the log, and how far the work has come.
pub trait Watch {
    /// An event is in the log.
    fn event(&mut self, envelope: &Envelope);

    /// `done_ms` of `all_ms` of audio are worked off in the step that runs.
    fn progress(&mut self, step: Step, done_ms: u64, all_ms: u64);

    /// Until when the work may go on; for ever, unless somebody can end it.
    fn permit(&self) -> Permit {
        Permit::for_ever()
    }
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

/// Keeps work going: when it is dropped, the [`Permit`]s that it gave are over.
#[derive(Debug, Default)]
pub struct Warrant(Arc<()>);

/// The right to go on with long work.
#[derive(Clone, Debug)]
pub struct Permit(Option<Weak<()>>);

impl Warrant {
    /// A permit that is over when this is dropped.
    pub fn permit(&self) -> Permit {
        Permit(Some(Arc::downgrade(&self.0)))
    }
}

impl Permit {
    /// A permit that is never over.
    pub fn for_ever() -> Permit {
        Permit(None)
    }

    /// Whether the work is to stop at the next place where it can go on later.
    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|held| held.strong_count() == 0)
    }

    /// Goes on, or not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interrupted`] once the permit is over.
    pub fn check(&self) -> Result<()> {
        match self.is_over() {
            false => Ok(()),
            true => Err(Error::new(ErrorKind::Interrupted, "stopped as asked")
                .hint("the same command goes on where it stopped")),
        }
    }
}

/// Logs events and shows them.
pub(super) struct BatchLog<'a> {
    journal: Journal,
    watch: &'a mut dyn Watch,
    /// What the log holds already of the work that is done again.
    logged: VecDeque<Event>,
}

impl<'a> BatchLog<'a> {
    pub(super) fn new(journal: Journal, watch: &'a mut dyn Watch) -> BatchLog<'a> {
        BatchLog::after(journal, VecDeque::new(), watch)
    }

    /// Goes on with work that was cut off and is done again from its start: what it logged then is
    /// not logged a second time. The same work logs the same events; from the first one that differs,
    /// which a recogniser that failed then and does not now can bring about, all are logged.
    pub(super) fn after(
        journal: Journal,
        logged: VecDeque<Event>,
        watch: &'a mut dyn Watch,
    ) -> BatchLog<'a> {
        BatchLog {
            journal,
            watch,
            logged,
        }
    }

    /// Logs `event` as belonging to session time `at`.
    pub(super) fn record(&mut self, at: Tick, event: Event) -> Result<()> {
        match self.logged.pop_front() {
            Some(logged) if logged == event => return Ok(()),
            Some(_) => self.logged.clear(),
            None => {}
        }
        let envelope = self.journal.append(event, at.ms(), &wall_clock())?;
        self.watch.event(&envelope);
        Ok(())
    }

    pub(super) fn progress(&mut self, step: Step, done_ms: u64, all_ms: u64) {
        self.watch.progress(step, done_ms, all_ms);
    }

    /// Until when the work may go on.
    pub(super) fn permit(&self) -> Permit {
        self.watch.permit()
    }
}

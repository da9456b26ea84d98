//! What happens to one call of a queue, told to whoever looks on.

use super::{Call, Report, Tell};
use crate::batch::log::{Permit, Step, Watch};
use crate::event::Envelope;

/// Tells what happens to one call.
pub(super) struct CallWatch<'a> {
    pub(super) index: usize,
    pub(super) call: &'a Call,
    pub(super) tell: &'a Tell<'a>,
    pub(super) permit: &'a Permit,
}

impl CallWatch<'_> {
    pub(super) fn note(&self, text: &str) {
        (self.tell)(self.index, self.call, Report::Note(text));
    }
}

impl Watch for CallWatch<'_> {
    fn event(&mut self, envelope: &Envelope) {
        (self.tell)(self.index, self.call, Report::Event(envelope));
    }

    fn progress(&mut self, step: Step, done_ms: u64, all_ms: u64) {
        let progress = Report::Progress {
            step,
            done_ms,
            all_ms,
        };
        (self.tell)(self.index, self.call, progress);
    }

    fn permit(&self) -> Permit {
        self.permit.clone()
    }
}

//! What the people in a call agreed to, and what they took back.

use crate::document::common::ConsentScope;
use crate::document::manifest::{Consent, Withdrawal};
use crate::event::{ConsentRecorded, ConsentWithdrawn};

/// What the events say about consent so far.
#[derive(Default)]
pub(super) struct Agreed {
    /// What was agreed, without what was withdrawn since.
    pub(super) notes: Vec<Consent>,
    /// What was withdrawn.
    pub(super) withdrawn: Vec<Withdrawal>,
    /// Whether a note ever named what it covers.
    scoped: bool,
}

impl Agreed {
    pub(super) fn record(&mut self, consent: ConsentRecorded, at: String) {
        self.scoped |= !consent.scopes.is_empty();
        self.notes.push(Consent {
            text: consent.text,
            at,
            scopes: consent.scopes,
        });
    }

    pub(super) fn withdraw(&mut self, withdrawn: ConsentWithdrawn, at: String) {
        for note in &mut self.notes {
            note.scopes.retain(|s| !withdrawn.scopes.contains(s));
        }
        self.withdrawn.push(Withdrawal {
            text: withdrawn.text,
            at,
            scopes: withdrawn.scopes,
        });
    }

    /// Whether this use was withdrawn, and not agreed to again since.
    pub(super) fn refuses(&self, scope: ConsentScope) -> bool {
        let has = |scopes: &[ConsentScope]| scopes.contains(&scope);
        self.withdrawn.iter().any(|w| has(&w.scopes)) && !self.notes.iter().any(|n| has(&n.scopes))
    }

    /// Whether the sound may be used so. Where no note names what it covers, only its words say what is
    /// agreed.
    pub(super) fn allows(&self, scope: ConsentScope) -> bool {
        let named = self.notes.iter().any(|note| note.scopes.contains(&scope));
        named || (!self.scoped && !self.refuses(scope))
    }
}

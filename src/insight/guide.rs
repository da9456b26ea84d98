//! An interview guide: reading it, which of its questions sound asked, and which were ticked.

mod file;
mod hints;
mod progress;

pub use file::parse;
pub use hints::{Hint, Matcher};
pub use progress::{PhaseSpan, Progress, coverage};

use crate::document::guide::{Guide, GuidePhase};

/// A question or follow-up of a guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Id in the guide.
    pub id: &'a str,
    /// The question.
    pub ask: &'a str,
    /// Its phase.
    pub phase: &'a GuidePhase,
    /// Where the phase stands in the guide, from 0.
    pub phase_number: usize,
    /// Id of the question that it follows up.
    pub follows: Option<&'a str>,
}

/// Every question and follow-up in the order of the guide.
pub fn items(guide: &Guide) -> impl Iterator<Item = Item<'_>> {
    guide.phases.iter().enumerate().flat_map(|(n, phase)| {
        phase.questions.iter().flat_map(move |question| {
            let item = move |id, ask, follows| Item {
                id,
                ask,
                phase,
                phase_number: n,
                follows,
            };
            let own = std::iter::once(item(question.id.as_str(), question.ask.as_str(), None));
            let further = question.follow_ups.iter().map(move |follow_up| {
                item(
                    follow_up.id.as_str(),
                    follow_up.ask.as_str(),
                    Some(question.id.as_str()),
                )
            });
            own.chain(further)
        })
    })
}

#[cfg(test)]
mod tests;

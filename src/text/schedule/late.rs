//! Utterances that fell behind: several of a track in one decode, and by itself each whose text did not
//! fit there.

use std::collections::VecDeque;

use super::trust::Trust;
use super::{Came, Queued};
use crate::time::TICKS_PER_MS;
use crate::voice::utterance::Utterance;

/// What fell behind, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Late {
    /// What was not decoded yet.
    queue: VecDeque<Queued>,
    /// What was decoded among others and has to be decoded by itself.
    again: VecDeque<Queued>,
    together: Trust,
}

impl Late {
    /// Nothing; of what comes, `window_ms` of sound may go into one decode.
    pub(super) fn new(window_ms: u32) -> Late {
        Late {
            queue: VecDeque::new(),
            again: VecDeque::new(),
            together: Trust::new(window_ms),
        }
    }

    /// Utterances fell behind.
    pub(super) fn extend(&mut self, queued: impl Iterator<Item = Queued>) {
        self.queue.extend(queued);
    }

    /// What one decode takes of it, and whether it is one that has to be decoded by itself.
    pub(super) fn take(&mut self) -> Option<(Vec<Queued>, bool)> {
        let again = match (self.again.front(), self.queue.front()) {
            (Some(again), Some(queued)) => again.since <= queued.since,
            (again, _) => again.is_some(),
        };
        match again {
            true => Some((vec![self.again.pop_front()?], true)),
            false => Some((self.window()?, false)),
        }
    }

    /// How the decode of `queued` ended; takes back what has to be decoded again.
    pub(super) fn came(&mut self, queued: Vec<Queued>, came: &Came) {
        let places: &[usize] = match came {
            Came::Again(places) => places,
            Came::Text => &[],
            Came::Nothing => return,
        };
        self.together.came(queued.len(), places.len());
        let queued = queued.into_iter().enumerate();
        let again = queued.filter(|(place, _)| places.contains(place));
        self.again.extend(again.map(|(_, queued)| queued));
        let oldest_first = |queued: &Queued| queued.since;
        self.again.make_contiguous().sort_by_key(oldest_first);
    }

    /// All of it.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.again.iter().chain(&self.queue)
    }

    /// Takes all of it out.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Queued> + '_ {
        self.again.drain(..).chain(self.queue.drain(..))
    }

    /// As many utterances of one track as one decode takes.
    fn window(&mut self) -> Option<Vec<Queued>> {
        let first = self.queue.pop_front()?;
        let track = first.utterance.track;
        let window = self.together.window_ms();
        let mut left = window.saturating_sub(length_ms(&first.utterance));
        let mut taken = vec![first];
        let mut kept = VecDeque::new();
        for queued in self.queue.drain(..) {
            let length = length_ms(&queued.utterance);
            if queued.utterance.track != track {
                kept.push_back(queued);
            } else if length <= left {
                left -= length;
                taken.push(queued);
            } else {
                left = 0;
                kept.push_back(queued);
            }
        }
        self.queue = kept;
        Some(taken)
    }
}

/// Sound of an utterance in a window with others, the pause after it included.
fn length_ms(utterance: &Utterance) -> u64 {
    /// Pause between two utterances in a window.
    const PAUSE_MS: u64 = 1_000;
    utterance.audio.ticks() / TICKS_PER_MS + PAUSE_MS
}

//! How much late speech is worth putting into one decode.

/// Follows whether utterances that are decoded together keep their text, and how much sound they may
/// fill. A model that loses its place in long windows makes every such window a decode in vain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trust {
    most_ms: u64,
    window_ms: u64,
}

/// By how much the window grows with each utterance that is decoded by itself, in milliseconds: now
/// and then several are tried together again.
const GROWTH_MS: u64 = 500;

impl Trust {
    /// As long as nothing speaks against it, `most_ms` of sound.
    pub(super) fn new(most_ms: u32) -> Trust {
        Trust {
            most_ms: u64::from(most_ms),
            window_ms: u64::from(most_ms),
        }
    }

    /// How much sound utterances may fill together, in milliseconds.
    pub(super) fn window_ms(&self) -> u64 {
        self.window_ms
    }

    /// So many utterances were decoded together, and so many of them once more by themselves. With
    /// half of them the window has saved next to nothing.
    pub(super) fn came(&mut self, together: usize, again: usize) {
        self.window_ms = match (together, again) {
            (0 | 1, _) => self.window_ms + GROWTH_MS,
            _ if 2 * again >= together => self.window_ms / 2,
            _ => self.window_ms * 3 / 2,
        }
        .min(self.most_ms);
    }
}

//! Captions of an utterance that is still being spoken: words that two decodes agree on are fixed.
//!
//! The open utterance is decoded again and again while it grows. Of each decode, the words that
//! follow the committed ones are compared with those of the decode before; what both begin with is
//! committed (LocalAgreement-2, Macháček et al., 2023). Committed words never change: they are the
//! first words of every later partial and of the final, letter by letter.

use super::align::{TimedWord, align, same};
use super::tidy::{Phrase, keep_order};
use super::words::RawWord;
use crate::time::{Span, TICKS_PER_MS, Tick};

/// When words are committed. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreementOptions {
    /// A word that ends less than this before the end of the sound is not committed: it may be the
    /// beginning of a longer one, and what follows decides about its punctuation.
    pub hold_ms: u32,
    /// A word that ends less than this before the end of the sound is not even shown.
    pub hide_ms: u32,
    /// A word that ends less than this before the end of the sound is not shown before a second decode
    /// has it too: half a word is often taken for another one.
    pub fresh_ms: u32,
    /// A word that is less probable than this, in percent, is not shown before a second decode has it
    /// too: what the recogniser doubts is what it words otherwise the next time.
    pub sure_percent: u8,
    /// Sound without agreement after which words are committed without it.
    pub force_ms: u32,
    /// Words that end less than this before the end of the sound are left out of a forced commit.
    pub force_margin_ms: u32,
}

impl Default for AgreementOptions {
    fn default() -> AgreementOptions {
        AgreementOptions {
            hold_ms: 300,
            hide_ms: 100,
            fresh_ms: 300,
            sure_percent: 80,
            force_ms: 4_000,
            force_margin_ms: 1_500,
        }
    }
}

/// What is shown of an open utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    /// Counts the partials of an utterance from 1.
    pub revision: u32,
    /// How many of the words are committed.
    pub committed: usize,
    /// Committed words, then provisional ones.
    pub words: Vec<TimedWord>,
}

/// The words of one open utterance.
#[derive(Clone, Debug)]
pub struct Agreement {
    hold: u64,
    hide: u64,
    fresh: u64,
    sure: f32,
    force: u64,
    force_margin: u64,
    committed: Vec<TimedWord>,
    /// Words after the committed ones in the last decode.
    previous: Vec<TimedWord>,
    /// Words after the committed ones in the last partial.
    shown: Vec<TimedWord>,
    revision: u32,
    /// End of the sound when words were committed last.
    agreed: Tick,
}

impl Agreement {
    /// For an utterance whose sound begins at `start`.
    pub fn new(options: AgreementOptions, start: Tick) -> Agreement {
        let ticks = |ms: u32| u64::from(ms) * TICKS_PER_MS;
        Agreement {
            hold: ticks(options.hold_ms),
            hide: ticks(options.hide_ms),
            fresh: ticks(options.fresh_ms),
            sure: f32::from(options.sure_percent) / 100.0,
            force: ticks(options.force_ms),
            force_margin: ticks(options.force_margin_ms),
            committed: Vec::new(),
            previous: Vec::new(),
            shown: Vec::new(),
            revision: 0,
            agreed: start,
        }
    }

    /// Takes the words of a decode of all the sound up to `heard`. Returns what is to be shown when
    /// that is something else than before.
    ///
    /// A decode without words says nothing: recognisers drop out for a moment, and captions that
    /// vanish and come back are worse than captions that wait.
    pub fn push(&mut self, words: Vec<TimedWord>, heard: Tick) -> Option<Partial> {
        if words.is_empty() {
            return None;
        }
        let split = align(&self.committed, &words).split;
        let mut rest: Vec<TimedWord> = words.into_iter().skip(split).collect();
        let agreed = self
            .previous
            .iter()
            .zip(&rest)
            .take_while(|(a, b)| same(a, b))
            .count();
        let mut count = agreed.min(ended(&rest, heard.before(self.hold)));
        // On a slow machine the first look may come that late: alone it disagrees with nothing.
        let differs = !self.previous.is_empty();
        if count == 0 && differs && heard.0 >= self.agreed.0 + self.force {
            count = ended(&rest, heard.before(self.force_margin));
        }
        if count > 0 {
            self.agreed = heard;
        }
        let provisional = rest.split_off(count);
        self.commit(rest);
        let before = self.previous.get(count..).unwrap_or_default();
        let visible = self.visible(&provisional, before, heard);
        // Words that the newest decode merely leaves out stay until it words them otherwise.
        let news = count > 0 || !begins_with(&self.shown, &provisional[..visible]);
        if news {
            self.shown = provisional[..visible].to_vec();
        }
        self.previous = provisional;
        news.then(|| self.partial())
    }

    /// How many words are committed.
    pub fn committed(&self) -> usize {
        self.committed.len()
    }

    /// Joins the final decode to what was committed: committed words keep their letters and get the
    /// times of the words in their place; the words after them are the final's.
    pub fn settle(self, speech: Span, phrases: Vec<Phrase>) -> Vec<Phrase> {
        if self.committed.is_empty() {
            return phrases;
        }
        let mut homes = Vec::new();
        let mut later = Vec::new();
        let mut settled: Vec<Phrase> = Vec::new();
        for (home, phrase) in phrases.into_iter().enumerate() {
            homes.extend(phrase.words.iter().map(|_| home));
            later.extend(phrase.words.iter().cloned());
            settled.push(Phrase {
                words: Vec::new(),
                ..phrase
            });
        }
        if settled.is_empty() {
            settled.push(Phrase {
                speech,
                words: Vec::new(),
                no_speech_prob: 0.0,
            });
        }
        let found = align(&self.committed, &later);
        let mut home = 0;
        for (word, partner) in self.committed.into_iter().zip(found.partner) {
            let joined = match partner {
                Some(at) => {
                    home = homes[at];
                    let (heard, time) = later[at].clone();
                    let text = word.0.text;
                    (RawWord { text, ..heard }, time)
                }
                None => word,
            };
            settled[home].words.push(joined);
        }
        let rest = later.into_iter().zip(homes).skip(found.split);
        for (word, home) in rest {
            settled[home].words.push(word);
        }
        settled.retain(|phrase| !phrase.words.is_empty());
        keep_order(&mut settled);
        settled
    }

    /// How many of the provisional words are shown; `before` are the words of the last decode in their
    /// place.
    fn visible(&self, provisional: &[TimedWord], before: &[TimedWord], heard: Tick) -> usize {
        let ended = ended(provisional, heard.before(self.hide));
        let fresh = heard.before(self.fresh);
        provisional[..ended]
            .iter()
            .zip(before.iter().map(Some).chain(std::iter::repeat(None)))
            .take_while(|(word, known)| {
                let is_known = known.is_some_and(|known| same(known, word));
                is_known || (word.1.end <= fresh && word.0.probability >= self.sure)
            })
            .count()
    }

    fn commit(&mut self, words: Vec<TimedWord>) {
        self.committed.extend(words);
    }

    fn partial(&mut self) -> Partial {
        self.revision += 1;
        let words = self.committed.iter().chain(&self.shown);
        Partial {
            revision: self.revision,
            committed: self.committed.len(),
            words: words.cloned().collect(),
        }
    }
}

/// How many of the first words end by `until`.
fn ended(words: &[TimedWord], until: Tick) -> usize {
    words
        .iter()
        .take_while(|(_, time)| time.end <= until)
        .count()
}

/// Whether the first words of a text are these, letter by letter.
fn begins_with(text: &[TimedWord], words: &[TimedWord]) -> bool {
    let pairs = text.iter().zip(words);
    words.len() <= text.len() && pairs.into_iter().all(|(a, b)| a.0.text == b.0.text)
}

#[cfg(test)]
mod tests;

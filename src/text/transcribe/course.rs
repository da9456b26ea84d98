//! What is heard of one span after the window that it was packed into: the whole of it by itself, if its
//! text there was not good enough, and then each stretch that stayed without words.

use std::collections::VecDeque;

use super::{SpanText, missing, of_span};
use crate::document::common::UntranscribedReason;
use crate::text::pack::Window;
use crate::text::tidy::{Phrase, Tidied, keep_order};
use crate::time::{Span, TICKS_PER_SECOND, Tick};

/// Shortest stretch without a word, inside speech that has some, that is worth a decode of its own.
const HOLE: u64 = TICKS_PER_SECOND;

/// The text of a span and what is still to be heard for it.
#[derive(Clone, Debug)]
pub(super) struct Course {
    speech: Span,
    /// The best text so far.
    text: Option<SpanText>,
    /// The sound of the whole span, where it is to be heard by itself.
    alone: Option<Span>,
    /// Stretches without words that are still to be heard; `None` until it is known where they are.
    holes: Option<VecDeque<Span>>,
    /// The hole that is being heard.
    patch: Option<Patch>,
}

/// A stretch around a hole that is heard once more, and the phrases before and after it.
#[derive(Clone, Debug)]
struct Patch {
    before: Vec<Phrase>,
    stretch: Span,
    after: Vec<Phrase>,
}

impl Course {
    /// Nothing is heard of the span yet.
    pub(super) fn of(speech: Span) -> Course {
        Course {
            speech,
            text: None,
            alone: None,
            holes: None,
            patch: None,
        }
    }

    /// Takes the text of a window that held the span; the better text is kept.
    pub(super) fn take(&mut self, text: SpanText) {
        self.text = Some(match self.text.take() {
            Some(first) => better(first, text),
            None => text,
        });
    }

    /// The span is to be heard by itself; `audio` is its sound.
    pub(super) fn hear_alone(&mut self, audio: Span) {
        self.alone = Some(audio);
    }

    /// What to hear next; the caller tells [`Course::heard`] what came of it. `None` at the end.
    pub(super) fn window(&mut self) -> Option<Window> {
        if let Some(audio) = self.alone {
            return Some(Window::alone(self.speech, audio));
        }
        let (speech, text) = (self.speech, self.text.as_ref()?);
        let holes = self.holes.get_or_insert_with(|| holes(speech, text));
        let patch = Patch::over(holes.pop_front()?, speech, &text.phrases);
        let stretch = patch.stretch;
        self.patch = Some(patch);
        Some(Window::alone(stretch, stretch))
    }

    /// What was heard in the window; `None` where the recogniser failed on it. The better text is kept.
    pub(super) fn heard(&mut self, decoded: Option<&Tidied>) {
        match (self.patch.take(), self.text.take()) {
            (Some(patch), Some(text)) => {
                self.text = Some(patched(text, self.speech, patch, decoded));
            }
            (_, text) => {
                self.alone = None;
                self.text = text;
                self.take(of_span(self.speech, decoded));
            }
        }
    }

    /// The text.
    pub(super) fn into_text(self) -> SpanText {
        self.text.unwrap_or_default()
    }
}

/// Where no word was heard for long although there are some around: in dense speech recognisers skip
/// ahead. Only words that stand at their own times leave such holes.
fn holes(speech: Span, text: &SpanText) -> VecDeque<Span> {
    let bare = text.missing.iter().map(|(span, _)| *span);
    bare.filter(|hole| *hole != speech && hole.ticks() >= HOLE)
        .collect()
}

impl Patch {
    /// The phrase before a hole is heard again together with it, because it is the one in which the
    /// recogniser lost its place.
    fn over(hole: Span, speech: Span, phrases: &[Phrase]) -> Patch {
        let phrases = split(phrases, hole);
        let after = phrases.partition_point(|phrase| start(phrase) < hole.start);
        let to = phrases.get(after).map_or(speech.end, start);
        let mut before = after.saturating_sub(1);
        let mut from = phrases.get(before).map_or(speech.start, start);
        if Span::new(from, to).ticks() * 10 >= speech.ticks() * 9 {
            // That would be the decode that lost its place.
            before = after;
            from = hole.start;
        }
        Patch {
            before: phrases[..before].to_vec(),
            stretch: Span::new(from, to),
            after: phrases[after..].to_vec(),
        }
    }
}

/// A text with what was found in a stretch of it, when more of the speech has words then.
fn patched(text: SpanText, speech: Span, patch: Patch, decoded: Option<&Tidied>) -> SpanText {
    let found = of_span(patch.stretch, decoded).phrases.into_iter();
    let found = found.map(|phrase| Phrase { speech, ..phrase });
    let mut joined: Vec<Phrase> = patch.before.into_iter().chain(found).collect();
    joined.extend(patch.after);
    keep_order(&mut joined);
    let second = SpanText {
        missing: missing(speech, &joined, UntranscribedReason::NoText),
        phrases: joined,
        doubtful: text.doubtful,
    };
    match second.missing_ticks() < text.missing_ticks() {
        true => second,
        false => text,
    }
}

/// Of two texts of a span the one that covers more; of doubtful text rather the second.
fn better(first: SpanText, second: SpanText) -> SpanText {
    let better = match first.doubtful {
        true => second.missing_ticks() <= first.missing_ticks(),
        false => second.missing_ticks() < first.missing_ticks(),
    };
    if better { second } else { first }
}

/// Phrases of which none lies on both sides of a hole.
fn split(phrases: &[Phrase], hole: Span) -> Vec<Phrase> {
    let mut parts = Vec::with_capacity(phrases.len() + 1);
    for phrase in phrases {
        let at = phrase
            .words
            .partition_point(|(_, time)| time.start < hole.start);
        let (first, second) = phrase.words.split_at(at);
        for words in [first, second]
            .into_iter()
            .filter(|words| !words.is_empty())
        {
            parts.push(Phrase {
                words: words.to_vec(),
                ..phrase.clone()
            });
        }
    }
    parts
}

/// Where a phrase begins; phrases have words.
fn start(phrase: &Phrase) -> Tick {
    phrase
        .words
        .first()
        .map_or(phrase.speech.start, |(_, time)| time.start)
}

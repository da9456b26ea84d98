//! Which speech has text, which has none and why, after any number of passes.
//!
//! A pass changes nothing outside the ranges that it worked on, and where it failed it changes
//! nothing either: text from before stays.

use std::collections::BTreeMap;

use crate::audio::Track;
use crate::document::common::{Untranscribed, UntranscribedReason};
use crate::document::transcript::Segment;
use crate::event::TranscriptFinal;
use crate::time::{Span, Tick};

/// What became of a stretch of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Text,
    Without(UntranscribedReason),
}

/// What became of every stretch of a track that was spoken of: disjoint, by its start.
#[derive(Clone, Debug, Default)]
pub(super) struct Fates(BTreeMap<Tick, (Tick, Fate)>);

impl Fates {
    /// A recogniser is done with a range.
    pub(super) fn settle(&mut self, text: &TranscriptFinal) {
        for done in without(span(text), text.untranscribed.iter().map(span_of)) {
            self.set(done, Fate::Text);
        }
        for item in &text.untranscribed {
            if let Some(inside) = span_of(item).intersect(span(text)) {
                match item.reason {
                    // That nobody says a word here is a finding, and takes the place of older text.
                    UntranscribedReason::NoText => self.set(inside, Fate::Without(item.reason)),
                    _ => self.set_unless_text(inside, item.reason),
                }
            }
        }
    }

    /// A range stays without text for now.
    pub(super) fn give_up(&mut self, item: &Untranscribed) {
        self.set_unless_text(span_of(item), item.reason);
    }

    /// The parts of `speech`, sorted and disjoint, that have no text; `unspoken` is the reason where
    /// nothing was said of them.
    pub(super) fn without_text(
        &self,
        track: Track,
        speech: &[Span],
        unspoken: UntranscribedReason,
    ) -> Vec<Untranscribed> {
        let mut found = Vec::new();
        for &span in speech {
            let from = found.len();
            let mut at = span.start;
            for (piece, fate) in self.inside(span) {
                push(&mut found, from, item(track, at, piece.start, unspoken));
                if let Fate::Without(reason) = fate {
                    push(
                        &mut found,
                        from,
                        item(track, piece.start, piece.end, reason),
                    );
                }
                at = piece.end;
            }
            push(&mut found, from, item(track, at, span.end, unspoken));
        }
        found
    }

    fn set_unless_text(&mut self, span: Span, reason: UntranscribedReason) {
        let text: Vec<Span> = self
            .inside(span)
            .filter(|(_, fate)| *fate == Fate::Text)
            .map(|(piece, _)| piece)
            .collect();
        for bare in without(span, text) {
            self.set(bare, Fate::Without(reason));
        }
    }

    fn set(&mut self, span: Span, fate: Fate) {
        if span.is_empty() {
            return;
        }
        let touched: Vec<Tick> = self
            .0
            .range(..span.end)
            .rev()
            .take_while(|(_, (end, _))| *end > span.start)
            .map(|(start, _)| *start)
            .collect();
        for start in touched {
            if let Some((end, old)) = self.0.remove(&start) {
                if start < span.start {
                    self.0.insert(start, (span.start, old));
                }
                if end > span.end {
                    self.0.insert(span.end, (end, old));
                }
            }
        }
        self.0.insert(span.start, (span.end, fate));
    }

    /// The pieces that share ticks with `span`, cut to it, in order.
    fn inside(&self, span: Span) -> impl Iterator<Item = (Span, Fate)> {
        let first = self
            .0
            .range(..=span.start)
            .next_back()
            .map_or(span.start, |(start, _)| *start);
        self.0
            .range(first..span.end.max(first))
            .filter_map(move |(start, (end, fate))| {
                let piece = Span::new(*start, *end).intersect(span)?;
                Some((piece, *fate))
            })
    }
}

/// Takes away the segments of `older` in whose place `text` stands: those of the same utterance, and
/// those of another pass inside the range that `text` covers.
pub(super) fn replace(older: &mut TranscriptFinal, text: &TranscriptFinal) {
    let shared = span(older).intersect(span(text)).is_some();
    if older.track != text.track || !shared {
        return;
    }
    let same = older.utterance == text.utterance;
    if !same && older.pass == text.pass {
        return;
    }
    let (range, new) = (span(older), span(text));
    older.segments.retain(|segment| {
        let middle = middle(segment, range);
        let failed = text.untranscribed.iter().any(|item| {
            item.reason != UntranscribedReason::NoText && span_of(item).contains(middle)
        });
        failed || !(same || new.contains(middle))
    });
}

/// The middle of a segment, which tells where it belongs; recognisers place the ends too far out.
fn middle(segment: &Segment, range: Span) -> Tick {
    let middle = Tick::from_ms(segment.start_ms.midpoint(segment.end_ms));
    middle.max(range.start).min(range.end.before(1))
}

/// Sorted, and disjoint: spans that overlap become one. Touching spans stay apart.
pub(super) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The range that a text stands for.
pub(super) fn span(text: &TranscriptFinal) -> Span {
    Span::from_ms(text.start_ms, text.end_ms)
}

fn span_of(item: &Untranscribed) -> Span {
    Span::from_ms(item.start_ms, item.end_ms)
}

fn without(span: Span, taken: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let taken: Vec<Span> = taken.into_iter().collect();
    crate::text::coverage::subtract(&[span], &taken)
}

fn item(track: Track, start: Tick, end: Tick, reason: UntranscribedReason) -> Untranscribed {
    Untranscribed {
        track,
        start_ms: start.ms(),
        end_ms: end.ms(),
        reason,
    }
}

/// Appends a stretch, joined to the one before it when that is in the same speech span (`from` on),
/// abuts and has the same reason.
fn push(found: &mut Vec<Untranscribed>, from: usize, item: Untranscribed) {
    if item.start_ms >= item.end_ms {
        return;
    }
    match found[from..].last_mut() {
        Some(last) if last.reason == item.reason && last.end_ms == item.start_ms => {
            last.end_ms = item.end_ms;
        }
        _ => found.push(item),
    }
}

//! Speech spans of one track into text: pack, decode, tidy, check, and try once more what has none.

mod together;

pub use together::{Together, transcribe_together, transcribe_utterance};

use super::Transcriber;
use super::agreement::Agreement;
use super::align::TimedWord;
use super::coverage::uncovered;
use super::density::letters;
use super::ids::Ids;
use super::pack::{Window, pack, surroundings};
use super::tidy::{Phrase, Tidied, keep_order, segment, tidy};
use crate::audio::Track;
use crate::document::common::{Untranscribed, UntranscribedReason};
use crate::document::transcript::Segment;
use crate::error::{ErrorKind, Result};
use crate::event::TranscriptFinal;
use crate::time::{Span, TICKS_PER_SECOND, Tick};
use crate::voice::utterance::Utterance;

/// Shortest stretch without a word, inside speech that has some, that is worth a decode of its own.
const HOLE: u64 = TICKS_PER_SECOND;

/// Reads a span of a track at 16 kHz.
pub type ReadSpeech<'a> = dyn FnMut(Track, Span) -> Result<Vec<i16>> + 'a;

/// Text of a list of spans, and what has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Text, in order of time. Speaker, utterance and pass are the caller's to fill in.
    pub segments: Vec<Segment>,
    /// Speech without text, in order of time.
    pub untranscribed: Vec<Untranscribed>,
}

impl Outcome {
    /// The final of one utterance.
    pub fn into_final(self, utterance: &Utterance, pass: &str) -> TranscriptFinal {
        let segments = self.segments.into_iter().map(|segment| Segment {
            utterance: utterance.id.clone(),
            pass: pass.to_owned(),
            ..segment
        });
        TranscriptFinal {
            utterance: utterance.id.clone(),
            track: utterance.track,
            pass: pass.to_owned(),
            start_ms: utterance.span.start.ms(),
            end_ms: utterance.span.end.ms(),
            segments: segments.collect(),
            untranscribed: self.untranscribed,
        }
    }
}

/// What became of one span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanText {
    phrases: Vec<Phrase>,
    missing: Vec<(Span, UntranscribedReason)>,
    doubtful: bool,
}

impl SpanText {
    /// Scripted words.
    #[cfg(all(test, feature = "session"))]
    pub(crate) fn scripted(speech: Span, words: Vec<TimedWord>) -> SpanText {
        let phrases: Vec<Phrase> = match words.is_empty() {
            true => Vec::new(),
            false => vec![Phrase {
                speech,
                words,
                no_speech_prob: 0.0,
            }],
        };
        SpanText {
            missing: missing(speech, &phrases, UntranscribedReason::NoText),
            phrases,
            doubtful: false,
        }
    }

    /// All words, in order of time.
    pub fn words(&self) -> Vec<TimedWord> {
        let words = self.phrases.iter().flat_map(|phrase| &phrase.words);
        words.cloned().collect()
    }

    /// Joins this text of `speech` to the words that were committed while it was spoken.
    pub fn settle(self, speech: Span, agreement: Agreement) -> SpanText {
        if agreement.committed() == 0 {
            return self;
        }
        let reason = self.missing.first().map(|(_, reason)| *reason);
        let phrases = agreement.settle(speech, self.phrases);
        SpanText {
            missing: missing(
                speech,
                &phrases,
                reason.unwrap_or(UntranscribedReason::NoText),
            ),
            phrases,
            doubtful: self.doubtful,
        }
    }

    /// This text, of an utterance heard by itself, stands over the `first`, which it had among others,
    /// unless it leaves more of the speech without words.
    pub fn over(self, first: SpanText) -> SpanText {
        match self.missing_ticks() <= first.missing_ticks() {
            true => self,
            false => first,
        }
    }

    /// As the outcome of one utterance.
    pub fn into_outcome(self, track: Track, ids: &mut Ids) -> Outcome {
        outcome(track, vec![self], ids)
    }

    /// Letters and digits of the text.
    pub fn letters(&self) -> f64 {
        let words = self.phrases.iter().flat_map(|phrase| &phrase.words);
        letters(words.map(|(word, _)| word.text.as_str()))
    }

    fn missing_ticks(&self) -> u64 {
        self.missing.iter().map(|(span, _)| span.ticks()).sum()
    }
}

/// Transcribes spans of a track, sorted and disjoint, several in a window. A span that comes back
/// with speech uncovered or with doubtful text is decoded once more alone; the decode that covers
/// more is kept, and of doubtful text the second. What is
/// still uncovered is listed.
///
/// # Errors
///
/// [`ErrorKind::Model`] when the recogniser cannot work at all, and what `read` returns. A window
/// that fails by itself is listed as untranscribed instead.
pub fn transcribe_spans(
    track: Track,
    spans: &[Span],
    transcriber: &mut dyn Transcriber,
    read: &mut ReadSpeech<'_>,
    ids: &mut Ids,
) -> Result<Outcome> {
    let limit = transcriber.limits().window_samples;
    let mut texts = Vec::new();
    for window in pack(spans, limit) {
        let decoded = decode(&window, track, transcriber, read)?;
        let alone = window.parts.len() == 1;
        for part in &window.parts {
            let mut text = of_span(part.speech, decoded.as_ref());
            if !alone && (text.doubtful || !text.missing.is_empty()) {
                text = again(part.speech, spans, track, (text, transcriber, read))?;
            }
            let mut hear = |window: Window| decode(&window, track, transcriber, read);
            texts.push(fill(text, part.speech, &mut hear)?);
        }
    }
    Ok(outcome(track, texts, ids))
}

/// Decodes a window; `None` when the recogniser failed on it.
fn decode(
    window: &Window,
    track: Track,
    transcriber: &mut dyn Transcriber,
    read: &mut ReadSpeech<'_>,
) -> Result<Option<Tidied>> {
    let sound = window.sound(&mut |span| read(track, span))?;
    match transcriber.transcribe(&sound) {
        Ok(segments) => Ok(Some(tidy(window, &segments))),
        Err(error) if error.kind() == ErrorKind::Engine => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a decoded window holds for one of its spans.
fn of_span(speech: Span, decoded: Option<&Tidied>) -> SpanText {
    let Some(decoded) = decoded else {
        return SpanText {
            phrases: Vec::new(),
            missing: vec![(speech, UntranscribedReason::Failed)],
            doubtful: false,
        };
    };
    let phrases: Vec<Phrase> = decoded
        .phrases
        .iter()
        .filter(|phrase| phrase.speech == speech)
        .cloned()
        .collect();
    let reason = match decoded.rejected.contains(&speech) {
        true => UntranscribedReason::Rejected,
        false => UntranscribedReason::NoText,
    };
    SpanText {
        missing: missing(speech, &phrases, reason),
        phrases,
        doubtful: decoded.doubtful.contains(&speech),
    }
}

/// Decodes a span by itself; keeps the better text.
fn again(
    speech: Span,
    spans: &[Span],
    track: Track,
    (first, transcriber, read): (SpanText, &mut dyn Transcriber, &mut ReadSpeech<'_>),
) -> Result<SpanText> {
    let at = spans.partition_point(|span| span.start < speech.start);
    let before = at.checked_sub(1).map(|i| spans[i]);
    let limit = transcriber.limits().window_samples;
    let audio = surroundings(before, speech, spans.get(at + 1).copied(), limit);
    let window = Window::alone(speech, audio);
    let second = of_span(speech, decode(&window, track, transcriber, read)?.as_ref());
    Ok(better(first, second))
}

/// Listens once more where no word was heard for long although there are some around: in dense speech
/// recognisers skip ahead. Only words that stand at their own times leave such holes. The phrase before a
/// hole is heard again together with it, because it is the one in which the recogniser lost its place;
/// what is found is taken when more of the speech has words with it.
fn fill(
    mut text: SpanText,
    speech: Span,
    hear: &mut dyn FnMut(Window) -> Result<Option<Tidied>>,
) -> Result<SpanText> {
    let holes: Vec<Span> = text
        .missing
        .iter()
        .map(|(span, _)| *span)
        .filter(|hole| *hole != speech && hole.ticks() >= HOLE)
        .collect();
    for hole in holes {
        let phrases = split(&text.phrases, hole);
        let after = phrases.partition_point(|phrase| start(phrase) < hole.start);
        let to = phrases.get(after).map_or(speech.end, start);
        let mut before = after.saturating_sub(1);
        let mut from = phrases.get(before).map_or(speech.start, start);
        if Span::new(from, to).ticks() * 10 >= speech.ticks() * 9 {
            // That would be the decode that lost its place.
            before = after;
            from = hole.start;
        }
        let stretch = Span::new(from, to);
        let found = of_span(stretch, hear(Window::alone(stretch, stretch))?.as_ref());
        let found = found
            .phrases
            .into_iter()
            .map(|phrase| Phrase { speech, ..phrase });
        let mut joined = phrases[..before].to_vec();
        joined.extend(found);
        joined.extend_from_slice(&phrases[after..]);
        keep_order(&mut joined);
        let second = SpanText {
            missing: missing(speech, &joined, UntranscribedReason::NoText),
            phrases: joined,
            doubtful: text.doubtful,
        };
        if second.missing_ticks() < text.missing_ticks() {
            text = second;
        }
    }
    Ok(text)
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

/// Of two texts of a span the one that covers more; of doubtful text rather the second.
fn better(first: SpanText, second: SpanText) -> SpanText {
    let better = match first.doubtful {
        true => second.missing_ticks() <= first.missing_ticks(),
        false => second.missing_ticks() < first.missing_ticks(),
    };
    if better { second } else { first }
}

/// The parts of `speech` that no word covers.
fn missing(
    speech: Span,
    phrases: &[Phrase],
    reason: UntranscribedReason,
) -> Vec<(Span, UntranscribedReason)> {
    let words: Vec<Span> = phrases
        .iter()
        .flat_map(|phrase| phrase.words.iter().map(|(_, time)| *time))
        .collect();
    let bare = uncovered(speech, &words).into_iter();
    bare.map(|span| (span, reason)).collect()
}

fn outcome(track: Track, texts: Vec<SpanText>, ids: &mut Ids) -> Outcome {
    let mut outcome = Outcome::default();
    for text in texts {
        outcome.segments.extend(
            text.phrases
                .iter()
                .map(|phrase| segment(phrase, track, ids)),
        );
        outcome
            .untranscribed
            .extend(text.missing.iter().map(|(span, reason)| Untranscribed {
                track,
                start_ms: span.start.ms(),
                end_ms: span.end.ms(),
                reason: *reason,
            }));
    }
    outcome
}

#[cfg(test)]
mod tests;

//! Speech of one track into text: what becomes of each span, in a recording and while a call goes on.

mod course;
mod packed;
mod together;

pub use packed::transcribe_spans;
pub use together::{Together, transcribe_together, transcribe_utterance};

use super::agreement::Agreement;
use super::align::TimedWord;
use super::coverage::uncovered;
use super::density::letters;
use super::ids::Ids;
use super::tidy::{Phrase, Tidied, segment};
use crate::audio::Track;
use crate::document::common::{Untranscribed, UntranscribedReason};
use crate::document::transcript::Segment;
use crate::error::Result;
use crate::event::TranscriptFinal;
use crate::time::Span;
use crate::voice::utterance::Utterance;

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
        outcome(track, [self], ids)
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

fn outcome(track: Track, texts: impl IntoIterator<Item = SpanText>, ids: &mut Ids) -> Outcome {
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

//! Spans of a recording into text, several in a window, and what is heard again of them.

use std::collections::VecDeque;

use super::course::Course;
use super::{Outcome, ReadSpeech, SpanText, of_span, outcome};
use crate::audio::Track;
use crate::error::{ErrorKind, Result};
use crate::text::Transcriber;
use crate::text::density::Rates;
use crate::text::ids::Ids;
use crate::text::pack::{Window, pack};
use crate::text::tidy::{Tidied, tidy};
use crate::time::Span;

/// Transcribes spans of a track, sorted and disjoint, several in a window.
///
/// In a long window a recogniser may lose its place. Spans that come back with speech uncovered, with
/// doubtful text, or with far less or more text than goes with their speech, and the neighbours of
/// these, are heard again: together in a smaller window first, because a window costs the same
/// whatever is in it, then each alone. The text that covers more is kept, and of doubtful text the last.
/// Stretches of a span that still have no words are heard by themselves. What is uncovered then is
/// listed.
///
/// What has to be heard again is begun as soon as that is known and asked for when its turn comes, so
/// that no worker waits for the last windows of another. What comes out does not depend on it.
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
    let mut packed = first_turns(spans, transcriber.limits().window_samples);
    let mut courses: Vec<Course> = spans.iter().map(|&speech| Course::of(speech)).collect();
    let mut rates = Rates::default();
    let mut turns = VecDeque::new();
    loop {
        let room = (transcriber.ahead() + 1).saturating_sub(turns.len());
        turns.extend(packed.by_ref().take(room));
        let Some(turn) = turns.pop_front() else {
            break;
        };
        let Turn { window, sound, .. } = &turn;
        let decoded = match sound {
            Some(sound) => decode(window, sound, transcriber)?,
            None => {
                let sound = window.sound(&mut |span| read(track, span))?;
                decode(window, &sound, transcriber)?
            }
        };
        for mut next in turn.heard(decoded.as_ref(), &mut courses, &mut rates) {
            let sound = next.window.sound(&mut |span| read(track, span))?;
            transcriber.begin(&sound);
            next.sound = Some(sound);
            turns.push_back(next);
        }
    }
    let texts = courses.into_iter().map(Course::into_text);
    Ok(outcome(track, texts, ids))
}

/// A window and what it is heard for.
struct Turn {
    window: Window,
    /// Its sound, where it was begun.
    sound: Option<Vec<i16>>,
    /// The place of each part among the spans.
    of: Vec<usize>,
    round: Round,
}

enum Round {
    /// Spans as they are packed.
    Packed,
    /// Some of these together once more. What was usual when they were packed still is: windows that
    /// were heard since depend on how many are begun at a time.
    Together(Rates),
    /// A span, or a stretch of it.
    Alone,
}

/// The windows that all spans are packed into.
fn first_turns(spans: &[Span], limit: usize) -> impl Iterator<Item = Turn> {
    pack(spans, limit).into_iter().scan(0, |first, window| {
        let of = *first..*first + window.parts.len();
        *first = of.end;
        Some(Turn {
            window,
            sound: None,
            of: of.collect(),
            round: Round::Packed,
        })
    })
}

impl Turn {
    fn alone(window: Window, at: usize) -> Turn {
        Turn {
            window,
            sound: None,
            of: vec![at],
            round: Round::Alone,
        }
    }

    /// Hands what was heard to the spans; returns what is to be heard next for them.
    fn heard(
        mut self,
        decoded: Option<&Tidied>,
        courses: &mut [Course],
        rates: &mut Rates,
    ) -> Vec<Turn> {
        let parts = self.window.parts.iter();
        let mut texts: Vec<SpanText> = parts.map(|part| of_span(part.speech, decoded)).collect();
        let suspects = match &mut self.round {
            Round::Packed => suspects(&self.window, &mut texts, rates),
            Round::Together(rates) => suspects(&self.window, &mut texts, rates),
            Round::Alone => {
                let at = self.of[0];
                courses[at].heard(decoded);
                return next(at, courses).into_iter().collect();
            }
        };
        for (&at, text) in self.of.iter().zip(texts) {
            courses[at].take(text);
        }
        let mut turns = self.again(&suspects, rates);
        turns.retain(|turn| match turn.of[..] {
            [at] => {
                courses[at].hear_alone(turn.window.parts[0].audio);
                false
            }
            _ => true,
        });
        let waits = |at: &usize| turns.iter().any(|turn| turn.of.contains(at));
        let go_on: Vec<usize> = self.of.iter().copied().filter(|at| !waits(at)).collect();
        turns.extend(go_on.into_iter().filter_map(|at| next(at, courses)));
        turns
    }

    /// Windows for these of the parts, which came out badly: never the same window once more.
    fn again(&self, suspects: &[usize], rates: &Rates) -> Vec<Turn> {
        let size = match self.round {
            _ if self.of.len() == 1 => return Vec::new(),
            Round::Packed if suspects.len() == self.of.len() => suspects.len().div_ceil(2),
            Round::Packed => suspects.len().max(1),
            Round::Together(_) | Round::Alone => 1,
        };
        let groups = suspects.chunks(size);
        let again = groups.map(|group| Turn {
            window: self.window.only(group),
            sound: None,
            of: group.iter().map(|&part| self.of[part]).collect(),
            round: Round::Together(rates.clone()),
        });
        again.collect()
    }
}

/// What is to be heard next for a span by itself.
fn next(at: usize, courses: &mut [Course]) -> Option<Turn> {
    let window = courses[at].window()?;
    Some(Turn::alone(window, at))
}

/// The parts of a window that came out badly. Those that have too little or too much text for their
/// speech become doubtful, and their neighbours, who may have lost words to them or have theirs.
fn suspects(window: &Window, texts: &mut [SpanText], rates: &mut Rates) -> Vec<usize> {
    let parts = window.parts.iter().zip(&*texts);
    let lengths: Vec<(Span, f64)> = parts
        .map(|(part, text)| (part.speech, text.letters()))
        .collect();
    let misfits = rates.misfits(&lengths);
    for (at, text) in texts.iter_mut().enumerate() {
        let near = at.saturating_sub(1)..(at + 2).min(misfits.len());
        text.doubtful |= misfits[near].contains(&true);
    }
    let bad = |text: &SpanText| text.doubtful || !text.missing.is_empty();
    (0..texts.len()).filter(|&at| bad(&texts[at])).collect()
}

/// Decodes a window; `None` when the recogniser failed on it.
fn decode(
    window: &Window,
    sound: &[i16],
    transcriber: &mut dyn Transcriber,
) -> Result<Option<Tidied>> {
    match transcriber.transcribe(sound) {
        Ok(segments) => Ok(Some(tidy(window, &segments))),
        Err(error) if error.kind() == ErrorKind::Engine => Ok(None),
        Err(error) => Err(error),
    }
}

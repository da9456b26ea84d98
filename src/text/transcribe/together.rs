//! Utterances of a call that goes on: one by one, or several in one decode when they are late.

use super::course::Course;
use super::{ReadSpeech, SpanText, of_span};
use crate::audio::Track;
use crate::error::Result;
use crate::text::Transcriber;
use crate::text::density::Density;
use crate::text::guard::plain;
use crate::text::pack::Window;
use crate::text::tidy::{Tidied, tidy};
use crate::time::Span;

/// Words in a row that two utterances seldom have in common.
const SAID_AGAIN: usize = 3;

/// Texts of utterances that were heard in one decode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Together {
    /// A text for each.
    pub texts: Vec<SpanText>,
    /// Places of those, in order, that have to be heard by themselves after all: that text then stands
    /// [over](SpanText::over) the one here.
    pub again: Vec<usize>,
}

/// Transcribes an utterance: its speech and the sound that goes with it.
///
/// # Errors
///
/// [`ErrorKind::Engine`](crate::ErrorKind::Engine) when the recogniser failed,
/// [`ErrorKind::Model`](crate::ErrorKind::Model) when it cannot work at all, and what `read` returns.
pub fn transcribe_utterance(
    track: Track,
    (speech, audio): (Span, Span),
    transcriber: &mut dyn Transcriber,
    read: &mut ReadSpeech<'_>,
) -> Result<SpanText> {
    let mut hear = |window: &Window| hear(window, track, transcriber, read);
    let tidied = hear(&Window::alone(speech, audio))?;
    let mut course = Course::of(speech);
    course.take(of_span(speech, Some(&tidied)));
    while let Some(window) = course.window() {
        course.heard(Some(&hear(&window)?));
    }
    Ok(course.into_text())
}

/// Transcribes utterances of one track, in order of time, in one decode: `parts` holds the speech of
/// each and the sound that goes with it.
///
/// In a long window a recogniser may lose its place: leave words out, say some twice, or mix up whose
/// they are. An utterance is to be heard once more by itself if some of its speech has no words, if its
/// text is doubtful, too long or too short for its speech (`usual` knows how long texts of this
/// speaker are), in one piece with that of another one, or partly the same as that of its neighbour.
/// So are the neighbours of one that has no words, or too many or too few: they may have the others'.
/// That is left to the caller: what is newer may be worth more by now.
///
/// # Errors
///
/// As [`transcribe_utterance`].
pub fn transcribe_together(
    track: Track,
    parts: &[(Span, Span)],
    usual: &Density,
    (transcriber, read): (&mut dyn Transcriber, &mut ReadSpeech<'_>),
) -> Result<Together> {
    let tidied = hear(&Window::together(parts), track, transcriber, read)?;
    let texts: Vec<SpanText> = parts
        .iter()
        .map(|(speech, _)| of_span(*speech, Some(&tidied)))
        .collect();
    let fits = fitting(parts, &texts, usual);
    let is_sound = |at: usize| {
        let (speech, _) = parts[at];
        let text = &texts[at];
        fits[at] && !text.doubtful && text.missing.is_empty() && !tidied.shared.contains(&speech)
    };
    let again = (0..texts.len()).filter(|&at| !is_sound(at)).collect();
    Ok(Together { texts, again })
}

/// Which texts fit their speech, as their neighbours' do, and say nothing that a neighbour says too.
fn fitting(parts: &[(Span, Span)], texts: &[SpanText], usual: &Density) -> Vec<bool> {
    let lengths = parts.iter().zip(texts);
    let lengths: Vec<(Span, f64)> = lengths
        .map(|((speech, _), text)| (*speech, text.letters()))
        .collect();
    let apart: Vec<bool> = usual
        .fitting(&lengths)
        .into_iter()
        .zip(&lengths)
        .map(|(fits, (_, letters))| fits && *letters > 0.0)
        .collect();
    let near = |at: usize| at.saturating_sub(1)..(at + 2).min(apart.len());
    let mut fits: Vec<bool> = (0..apart.len())
        .map(|at| apart[near(at)].iter().all(|fits| *fits))
        .collect();
    let plain: Vec<Vec<String>> = texts.iter().map(plain_words).collect();
    for (at, pair) in plain.windows(2).enumerate() {
        if says_again(&pair[0], &pair[1]) {
            (fits[at], fits[at + 1]) = (false, false);
        }
    }
    fits
}

fn plain_words(text: &SpanText) -> Vec<String> {
    let words = text.words().into_iter();
    words.map(|(word, _)| plain(&word.text)).collect()
}

/// Whether some words in a row are in both texts.
fn says_again(a: &[String], b: &[String]) -> bool {
    let mut runs = a.windows(SAID_AGAIN);
    runs.any(|run| b.windows(SAID_AGAIN).any(|other| run == other))
}

fn hear(
    window: &Window,
    track: Track,
    transcriber: &mut dyn Transcriber,
    read: &mut ReadSpeech<'_>,
) -> Result<Tidied> {
    let sound = window.sound(&mut |span| read(track, span))?;
    Ok(tidy(window, &transcriber.transcribe(&sound)?))
}

#[cfg(test)]
mod tests;

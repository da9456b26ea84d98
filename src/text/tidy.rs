//! A window's text on the session timeline.

use super::guard::{Verdict, judge, without_sounds};
use super::pack::{Part, Window};
use super::words::{RawWord, words};
use super::{RawSegment, TokenTimes, ids::Ids};
use crate::audio::Track;
use crate::document::transcript::{Segment, Word};
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS, Tick};

/// Samples at 16 kHz in a recogniser's tick of 10 ms.
const SAMPLES_PER_CS: i64 = 160;

/// How far a recogniser's segment times are off, in samples at 16 kHz: 0.3 s.
const TOUCH: usize = 4_800;

/// How far before the end of a word it certainly sounds, in 10 ms ticks.
const INSIDE_CS: i64 = 5;

/// Shortest word, in milliseconds, where the speech has room for it.
const LEAST_WORD_MS: u64 = 20;

/// A stretch of words that belong to one speech span.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    /// The speech it stands for.
    pub speech: Span,
    /// Its words with their times on the session timeline, in order.
    pub words: Vec<(RawWord, Span)>,
    /// The model's probability that nobody speaks.
    pub no_speech_prob: f32,
}

/// What a window gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tidied {
    /// Text, in order of time.
    pub phrases: Vec<Phrase>,
    /// Speech spans whose text was rejected as a loop or as invented.
    pub rejected: Vec<Span>,
    /// Speech spans whose text is worth a second look.
    pub doubtful: Vec<Span>,
    /// Speech spans that share a segment with another one, so that it is a guess which of its words
    /// belong to which.
    pub shared: Vec<Span>,
}

/// Brings the segments of a window to the session timeline: loops and inventions are dropped, a
/// segment over several spans is split between them, times stay inside the speech and never go back.
pub fn tidy(window: &Window, segments: &[RawSegment]) -> Tidied {
    let mut tidied = Tidied::default();
    for segment in segments {
        let seconds = (segment.end_cs - segment.start_cs) as f32 / 100.0;
        let spoken = without_sounds(words(segment));
        let verdict = judge(&spoken, segment.no_speech_prob, seconds);
        match verdict {
            Verdict::Nothing => {}
            Verdict::Reject => tidied.rejected.extend(spans_of(window, segment)),
            Verdict::Keep | Verdict::Doubtful => {
                let pieces = pieces(window, segment);
                if pieces.len() > 1 && segment.times == TokenTimes::Shared {
                    let spans = pieces.iter().map(|piece| piece.part.speech);
                    tidied.shared.extend(spans);
                }
                place(&pieces, segment, spoken, &mut tidied.phrases);
            }
        }
        if verdict == Verdict::Doubtful {
            tidied.doubtful.extend(spans_of(window, segment));
        }
    }
    keep_order(&mut tidied.phrases);
    tidied
}

/// The speech spans that a segment lies over.
fn spans_of(window: &Window, segment: &RawSegment) -> Vec<Span> {
    let (from, to) = (sample(segment.start_cs), sample(segment.end_cs));
    window
        .parts
        .iter()
        .filter(|part| part.offset < to && from < part.offset + part.samples())
        .map(|part| part.speech)
        .collect()
}

/// Speech of a part that a segment lies over, in samples of the window.
#[derive(Clone, Copy, Debug)]
struct Piece {
    part: Part,
    from: usize,
    to: usize,
}

/// Puts the words of a segment on the speech that the segment lies over.
///
/// A recogniser lets a segment begin where the one before it ended, in front of the pause; no word may
/// stay behind there. Where words were heard at their own times, these are taken, inside the speech.
fn place(pieces: &[Piece], segment: &RawSegment, spoken: Vec<RawWord>, phrases: &mut Vec<Phrase>) {
    let mut last: Option<Span> = None;
    for word in spoken {
        let placed = match segment.times {
            TokenTimes::Shared => shared(pieces, segment, &word),
            TokenTimes::Heard => heard(pieces, &word),
        };
        let Some((speech, time)) = placed else {
            return;
        };
        match phrases.last_mut() {
            Some(phrase) if last == Some(speech) => phrase.words.push((word, time)),
            _ => phrases.push(Phrase {
                speech,
                words: vec![(word, time)],
                no_speech_prob: segment.no_speech_prob,
            }),
        }
        last = Some(speech);
    }
}

/// Lays a word over the speech alone, in the proportions of its segment: none falls into a pause.
fn shared(pieces: &[Piece], segment: &RawSegment, word: &RawWord) -> Option<(Span, Span)> {
    let voiced: usize = pieces.iter().map(|piece| piece.to - piece.from).sum();
    let length = (segment.end_cs - segment.start_cs).max(1) as f64;
    let at = |cs: i64| ((cs - segment.start_cs) as f64 / length * voiced as f64) as usize;
    let (start, end) = (at(word.start_cs), at(word.end_cs));
    let (piece, before) = piece_at(pieces, usize::midpoint(start, end))?;
    let inside = |voiced: usize| {
        let sample = piece.from + voiced.saturating_sub(before);
        piece.part.tick(sample.min(piece.to))
    };
    Some((piece.part.speech, Span::new(inside(start), inside(end))))
}

/// Puts a word where it was heard. A first word may begin in front of the pause before it, so its end
/// decides which speech it belongs to.
fn heard(pieces: &[Piece], word: &RawWord) -> Option<(Span, Span)> {
    let sure = sample((word.end_cs - INSIDE_CS).max(word.start_cs));
    let piece = pieces
        .iter()
        .min_by_key(|piece| piece.from.saturating_sub(sure) + sure.saturating_sub(piece.to))?;
    let inside = |cs: i64| piece.part.tick(sample(cs).clamp(piece.from, piece.to));
    let time = Span::new(inside(word.start_cs), inside(word.end_cs));
    Some((piece.part.speech, time))
}

/// The speech that a segment stands for. Where it merely touches the end of one span or the beginning
/// of another, its times are a little off; what lies over no speech at all was not heard there.
fn pieces(window: &Window, segment: &RawSegment) -> Vec<Piece> {
    let (from, to) = (sample(segment.start_cs), sample(segment.end_cs));
    let speech = |part: &Part| {
        let start = part.offset + samples(part.audio.start, part.speech.start);
        (start, start + samples(part.speech.start, part.speech.end))
    };
    let mut pieces: Vec<Piece> = window
        .parts
        .iter()
        .map(|part| (part, speech(part)))
        .filter(|(_, (start, end))| *start < to && from < *end)
        .map(|(&part, (start, end))| Piece {
            part,
            from: start.max(from),
            to: end.min(to),
        })
        .collect();
    let touches = |piece: &Piece| {
        let (start, end) = speech(&piece.part);
        piece.to - piece.from < TOUCH.min((end - start) / 2)
    };
    if pieces.len() > 1 && touches(&pieces[0]) {
        pieces.remove(0);
    }
    if pieces.len() > 1 && touches(&pieces[pieces.len() - 1]) {
        pieces.pop();
    }
    if pieces.is_empty() {
        pieces.extend(window.parts.iter().find_map(|&part| {
            let (start, end) = speech(&part);
            let near = from < end + TOUCH && start < to + TOUCH;
            near.then(|| Piece {
                part,
                from: start.max(end.saturating_sub(TOUCH)),
                to: end,
            })
        }));
    }
    pieces
}

/// The piece that holds a sample of the voiced time, and the voiced time before that piece.
fn piece_at(pieces: &[Piece], voiced: usize) -> Option<(&Piece, usize)> {
    let mut before = 0;
    for (index, piece) in pieces.iter().enumerate() {
        let length = piece.to - piece.from;
        if voiced < before + length || index + 1 == pieces.len() {
            return Some((piece, before));
        }
        before += length;
    }
    None
}

fn samples(from: Tick, to: Tick) -> usize {
    (to.0.saturating_sub(from.0) / TICKS_PER_ANALYSIS_SAMPLE) as usize
}

fn sample(cs: i64) -> usize {
    usize::try_from(cs.max(0) * SAMPLES_PER_CS).unwrap_or(usize::MAX)
}

/// Gives the words of each span times that follow each other: two segments may claim the same sound.
pub(super) fn keep_order(phrases: &mut [Phrase]) {
    for same in phrases.chunk_by_mut(|a, b| a.speech == b.speech) {
        let speech = same[0].speech;
        let mut times: Vec<&mut Span> = same
            .iter_mut()
            .flat_map(|phrase| phrase.words.iter_mut().map(|(_, time)| time))
            .collect();
        let least = (LEAST_WORD_MS * TICKS_PER_MS).min(speech.ticks() / times.len().max(1) as u64);
        let mut from = speech.start;
        for time in &mut times {
            let start = time.start.max(from);
            **time = Span::new(start, time.end.max(start.after(least)));
            from = time.end;
        }
        let mut to = speech.end;
        for time in times.iter_mut().rev() {
            let end = time.end.min(to);
            **time = Span::new(time.start.min(end.before(least)), end);
            to = time.start;
        }
    }
}

/// Turns a phrase into a segment of the transcript. The speaker is the caller's to fill in.
pub fn segment(phrase: &Phrase, track: Track, ids: &mut Ids) -> Segment {
    let tokens: usize = phrase.words.iter().map(|(word, _)| word.tokens).sum();
    let logprob: f32 = phrase
        .words
        .iter()
        .map(|(word, _)| word.logprob * word.tokens as f32)
        .sum();
    let texts: Vec<&str> = phrase
        .words
        .iter()
        .map(|(word, _)| word.text.as_str())
        .collect();
    let ms = |pick: fn(&Span) -> Tick, at: Option<&(RawWord, Span)>, or: Tick| {
        at.map_or(or, |(_, time)| pick(time)).ms()
    };
    Segment {
        id: ids.segment(),
        track,
        speaker: String::new(),
        start_ms: ms(|t| t.start, phrase.words.first(), phrase.speech.start),
        end_ms: ms(|t| t.end, phrase.words.last(), phrase.speech.end),
        text: texts.join(" "),
        utterance: String::new(),
        pass: String::new(),
        avg_logprob: rounded(logprob / tokens.max(1) as f32),
        no_speech_prob: rounded(phrase.no_speech_prob),
        words: phrase
            .words
            .iter()
            .map(|(word, time)| Word {
                id: ids.word(),
                text: word.text.clone(),
                start_ms: time.start.ms(),
                end_ms: time.end.ms(),
                probability: rounded(word.probability),
            })
            .collect(),
        corrected: false,
    }
}

/// Rounds to 4 places, as documents show probabilities.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests;

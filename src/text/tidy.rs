//! A window's text on the session timeline.

use super::guard::{Verdict, judge, without_sounds};
use super::pack::{Part, Window};
use super::words::{RawWord, words};
use super::{RawSegment, ids::Ids};
use crate::audio::Track;
use crate::document::transcript::{Segment, Word};
use crate::time::{Span, Tick};

/// Samples at 16 kHz in a recogniser's tick of 10 ms.
const SAMPLES_PER_CS: i64 = 160;

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
}

/// Brings the segments of a window to the session timeline: loops and inventions are dropped, a
/// segment over several spans is split between them, times stay inside the speech and never go back.
pub fn tidy(window: &Window, segments: &[RawSegment]) -> Tidied {
    let mut tidied = Tidied::default();
    for segment in segments {
        let seconds = (segment.end_cs - segment.start_cs) as f32 / 100.0;
        let spoken = without_sounds(words(segment));
        match judge(&spoken, segment.no_speech_prob, seconds) {
            Verdict::Nothing => {}
            Verdict::Reject => tidied.rejected.extend(spans_of(window, segment)),
            Verdict::Keep => place(window, spoken, segment.no_speech_prob, &mut tidied.phrases),
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

/// Gives each word to the span that it lies in. A word's place is its middle; words keep their order,
/// so a word never goes to a span before that of the word before it.
fn place(window: &Window, spoken: Vec<RawWord>, no_speech_prob: f32, phrases: &mut Vec<Phrase>) {
    let mut last: Option<Part> = None;
    for word in spoken {
        let middle = sample((word.start_cs + word.end_cs) / 2);
        let Some(&found) = window.part_at(middle) else {
            return;
        };
        let part = match last {
            Some(last) if found.offset < last.offset => last,
            _ => found,
        };
        let time = on_timeline(&part, &word);
        match phrases.last_mut() {
            Some(phrase) if last == Some(part) => phrase.words.push((word, time)),
            _ => phrases.push(Phrase {
                speech: part.speech,
                words: vec![(word, time)],
                no_speech_prob,
            }),
        }
        last = Some(part);
    }
}

fn on_timeline(part: &Part, word: &RawWord) -> Span {
    let inside = |tick: Tick| tick.clamp(part.speech.start, part.speech.end);
    Span::new(
        inside(part.tick(sample(word.start_cs))),
        inside(part.tick(sample(word.end_cs))),
    )
}

fn sample(cs: i64) -> usize {
    usize::try_from(cs.max(0) * SAMPLES_PER_CS).unwrap_or(usize::MAX)
}

/// Words of one span that come from two segments stay in order.
fn keep_order(phrases: &mut [Phrase]) {
    let mut before = Tick::ZERO;
    for (_, time) in phrases.iter_mut().flat_map(|phrase| &mut phrase.words) {
        *time = Span::new(time.start.max(before), time.end.max(before));
        before = time.start;
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
    }
}

/// Rounds to 4 places, as documents show probabilities.
fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RawToken;
    use crate::text::pack::pack;

    fn raw(text: &str, start_cs: i64, end_cs: i64) -> RawSegment {
        let count = text.split_whitespace().count() as i64;
        let each = (end_cs - start_cs) / count.max(1);
        RawSegment {
            start_cs,
            end_cs,
            no_speech_prob: 0.1,
            tokens: text
                .split_whitespace()
                .zip(0..)
                .map(|(word, n)| RawToken {
                    bytes: format!(" {word}").into_bytes(),
                    start_cs: start_cs + n * each,
                    end_cs: start_cs + (n + 1) * each,
                    probability: 0.8,
                })
                .collect(),
        }
    }

    fn window() -> Window {
        let spans = [Span::from_ms(10_000, 12_000), Span::from_ms(20_000, 22_000)];
        pack(&spans, 15 * 16_000).remove(0)
    }

    #[test]
    fn a_segment_over_two_spans_is_split_and_times_stay_inside_the_speech() {
        // The second part begins at 2.8 s of the window: 2.5 s of sound and 0.3 s of pause.
        let tidied = tidy(&window(), &[raw("one two three four five six", 0, 500)]);
        let texts: Vec<Vec<&str>> = tidied
            .phrases
            .iter()
            .map(|p| p.words.iter().map(|(w, _)| w.text.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [vec!["one", "two", "three"], vec!["four", "five", "six"]]
        );
        for phrase in &tidied.phrases {
            for (_, time) in &phrase.words {
                assert!(time.start >= phrase.speech.start && time.end <= phrase.speech.end);
            }
        }
    }

    #[test]
    fn a_loop_is_rejected_with_the_speech_it_stood_for() {
        let tidied = tidy(&window(), &[raw(&"so ".repeat(12), 0, 240)]);
        assert!(tidied.phrases.is_empty());
        assert_eq!(tidied.rejected, [Span::from_ms(10_000, 12_000)]);
    }

    #[test]
    fn a_segment_tells_its_words_and_their_mean_probability() {
        let tidied = tidy(&window(), &[raw("hello there", 30, 150)]);
        let mut ids = Ids::default();
        let segment = segment(&tidied.phrases[0], Track::System, &mut ids);
        assert_eq!(segment.text, "hello there");
        assert_eq!((segment.start_ms, segment.end_ms), (10_000, 11_200));
        assert_eq!(segment.words[1].id, "w000002");
        assert_eq!(segment.avg_logprob, -0.2231);
    }
}

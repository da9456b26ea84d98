//! A recogniser that hears each utterance well and loses its place where it hears several.
//!
//! Sound is made of words: 300 ms of one sample value, which is the word's number, and 100 ms of
//! silence.

use proptest::prelude::*;

use super::*;
use crate::error::Error;
use crate::text::{Limits, RawSegment, RawToken, TokenTimes};
use crate::time::Tick;

/// Milliseconds of a word with the silence after it.
const WORD_MS: u64 = 400;

/// Samples at 16 kHz in 10 ms.
const CS: usize = 160;

/// What a recogniser does with windows of several utterances.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing wrong.
    None,
    /// Leaves out all words from this one on, and stretches the rest over their time.
    StopsAt(usize),
    /// Leaves out the words of one utterance.
    Skips(usize),
    /// Leaves out every second word of one utterance.
    Thins(usize),
    /// Says the words of one utterance again in the place of the next one's.
    Repeats(usize),
    /// Gives all text as one segment, and so mixes up whose it is.
    Joins,
    /// Gives the words of one utterance to the next one.
    Shifts(usize),
    /// Hears nothing at all.
    Nothing,
}

/// Hears what is in the sound, and has its fault where there are pauses of half a second in it.
struct Confused {
    fault: Fault,
    windows: usize,
}

/// A word in a window: its number, and where it is in 10 ms.
#[derive(Clone, Copy, Debug)]
struct Heard {
    number: i16,
    from: i64,
    to: i64,
}

fn words_in(audio: &[i16]) -> Vec<Heard> {
    let mut words: Vec<Heard> = Vec::new();
    for (at, chunk) in audio.chunks(CS).enumerate() {
        let at = at as i64;
        match words.last_mut() {
            _ if chunk[0] == 0 => {}
            Some(word) if word.number == chunk[0] && word.to == at => word.to = at + 1,
            _ => words.push(Heard {
                number: chunk[0],
                from: at,
                to: at + 1,
            }),
        }
    }
    words
}

fn segment(words: &[Heard]) -> RawSegment {
    let token = |word: &Heard| RawToken {
        bytes: format!(" word{:03}", word.number).into_bytes(),
        start_cs: word.from,
        end_cs: word.to,
        probability: 0.9,
    };
    RawSegment {
        start_cs: words.first().map_or(0, |word| word.from),
        end_cs: words.last().map_or(0, |word| word.to),
        no_speech_prob: 0.0,
        times: TokenTimes::Shared,
        tokens: words.iter().map(token).collect(),
    }
}

impl Confused {
    fn garble(&self, said: Vec<Vec<Heard>>) -> Vec<Vec<Heard>> {
        let mut said = said;
        match self.fault {
            Fault::None => {}
            Fault::Nothing => said.clear(),
            Fault::Joins => said = vec![said.concat()],
            Fault::Skips(k) => said[k % 2].clear(),
            Fault::Thins(k) => {
                let at = k % said.len();
                let words = std::mem::take(&mut said[at]);
                let end = words[words.len() - 1].to;
                said[at] = words.into_iter().step_by(2).collect();
                if let Some(last) = said[at].last_mut() {
                    last.to = end;
                }
            }
            Fault::StopsAt(k) => {
                let end = said
                    .last()
                    .and_then(|words| words.last())
                    .map_or(0, |word| word.to);
                let mut all = said.concat();
                all.truncate(1 + k % all.len());
                let each = end / all.len() as i64;
                for (word, at) in all.iter_mut().zip(0..) {
                    (word.from, word.to) = (at * each, (at + 1) * each);
                }
                said = vec![all];
            }
            Fault::Repeats(k) => {
                let at = k % (said.len() - 1);
                let again: Vec<i16> = said[at].iter().map(|word| word.number).collect();
                let place = said[at + 1].clone();
                let (from, to) = (place[0].from, place[place.len() - 1].to);
                let each = (to - from) / (again.len() + place.len()) as i64;
                let numbers = again
                    .into_iter()
                    .chain(place.iter().map(|word| word.number));
                said[at + 1] = numbers
                    .zip(0..)
                    .map(|(number, n)| Heard {
                        number,
                        from: from + n * each,
                        to: from + (n + 1) * each,
                    })
                    .collect();
            }
            Fault::Shifts(k) => {
                let at = k % (said.len() - 1);
                let moved = std::mem::take(&mut said[at]);
                let next = said[at + 1][0];
                let mut moved: Vec<Heard> = moved
                    .into_iter()
                    .map(|word| Heard {
                        from: next.from,
                        to: next.to,
                        ..word
                    })
                    .collect();
                moved.append(&mut said[at + 1]);
                said[at + 1] = moved;
            }
        }
        said.retain(|words| !words.is_empty());
        said
    }
}

impl Transcriber for Confused {
    fn limits(&self) -> Limits {
        Limits {
            window_samples: 28 * 16_000,
        }
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        self.windows += 1;
        let words = words_in(audio);
        let said: Vec<Vec<Heard>> = words
            .chunk_by(|a, b| b.from - a.to < 50)
            .map(<[Heard]>::to_vec)
            .collect();
        let said = match said.len() {
            0 | 1 => said,
            _ => self.garble(said),
        };
        Ok(said.iter().map(|words| segment(words)).collect())
    }
}

/// Utterances of so many words each, a second and a half apart; the words are numbered through.
fn call(lengths: &[u64]) -> Vec<(Span, Span)> {
    let mut at = 1_000;
    let mut parts = Vec::new();
    for &words in lengths {
        let speech = Span::from_ms(at, at + words * WORD_MS);
        parts.push((speech, Span::from_ms(at - 400, at + words * WORD_MS + 200)));
        at += words * WORD_MS + 1_500;
    }
    parts
}

/// The sound of the call: in each utterance word after word.
fn read(parts: &[(Span, Span)], span: Span) -> Vec<i16> {
    let at = |sample: u64| {
        let tick = Tick(span.start.0 + sample * 3);
        let mut number = 1;
        for (speech, _) in parts {
            if speech.contains(tick) {
                let inside = (tick.0 - speech.start.0) / 48;
                let sounds = inside % WORD_MS < 300;
                return if sounds {
                    number + (inside / WORD_MS) as i16
                } else {
                    0
                };
            }
            number += (speech.ms() / WORD_MS) as i16;
        }
        0
    };
    (0..span.ticks() / 3).map(at).collect()
}

/// Hears the utterances in one decode, and then by themselves those that have to be. Returns the
/// texts, how many were heard by themselves, and all decodes.
fn heard(parts: &[(Span, Span)], fault: Fault, usual: &Density) -> (Vec<String>, usize, usize) {
    let mut confused = Confused { fault, windows: 0 };
    let mut reading = |_: Track, span: Span| Ok::<_, Error>(read(parts, span));
    let together = transcribe_together(Track::Mic, parts, usual, (&mut confused, &mut reading));
    let mut together = together.expect("text");
    assert_eq!(confused.windows, 1, "one decode for all of them");
    for &at in &together.again {
        let alone = transcribe_utterance(Track::Mic, parts[at], &mut confused, &mut reading);
        let first = std::mem::take(&mut together.texts[at]);
        together.texts[at] = alone.expect("text").over(first);
    }
    let text = |text: &SpanText| {
        let words = text.words().into_iter().map(|(word, _)| word.text);
        words.collect::<Vec<_>>().join(" ")
    };
    let texts = together.texts.iter().map(text).collect();
    (texts, together.again.len(), confused.windows)
}

/// What was said, utterance by utterance.
fn said(lengths: &[u64]) -> Vec<String> {
    let mut number = 1;
    let mut texts = Vec::new();
    for &words in lengths {
        let text: Vec<String> = (number..number + words)
            .map(|n| format!("word{n:03}"))
            .collect();
        texts.push(text.join(" "));
        number += words;
    }
    texts
}

/// What is known of the speaker: seven letters in 400 ms.
fn usual() -> Density {
    let mut usual = Density::default();
    usual.learn(350.0, Span::from_ms(0, 20_000));
    usual
}

#[test]
fn a_window_that_keeps_its_place_is_heard_once() {
    let lengths = [5, 2, 9, 4];
    let (texts, again, windows) = heard(&call(&lengths), Fault::None, &usual());
    assert_eq!(texts, said(&lengths));
    assert_eq!((again, windows), (0, 1));
}

#[test]
fn a_thin_text_is_told_by_what_is_known_of_the_speaker() {
    let lengths = [4, 12, 7];
    for thin in 0..3 {
        let (texts, again, _) = heard(&call(&lengths), Fault::Thins(thin), &usual());
        assert_eq!(texts, said(&lengths));
        assert!((2..=3).contains(&again), "it and its neighbours: {again}");
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        (0usize..9).prop_map(Fault::StopsAt),
        (0usize..9).prop_map(Fault::Skips),
        (0usize..9).prop_map(Fault::Repeats),
        Just(Fault::Joins),
        (0usize..9).prop_map(Fault::Shifts),
        Just(Fault::Nothing),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn no_word_is_lost_or_doubled_where_a_window_loses_its_place(
        lengths in prop::collection::vec(4u64..14, 2..6),
        fault in fault(),
        knows in any::<bool>(),
    ) {
        let known = if knows { usual() } else { Density::default() };
        let (texts, again, _) = heard(&call(&lengths), fault, &known);
        prop_assert_eq!(texts, said(&lengths), "{:?}", fault);
        prop_assert!(again > 0, "{:?} is not noticed", fault);
    }
}

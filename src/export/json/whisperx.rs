//! JSON of WhisperX with aligned words and speakers.

use serde::Serialize;

use super::text;
use crate::export::call::{Call, Piece};
use crate::export::plain::seconds_f64;

#[derive(Serialize)]
struct Document<'a> {
    segments: Vec<Segment<'a>>,
    word_segments: Vec<Word<'a>>,
    language: &'a str,
}

#[derive(Serialize)]
struct Segment<'a> {
    start: f64,
    end: f64,
    text: &'a str,
    words: Vec<Word<'a>>,
    speaker: &'a str,
}

#[derive(Clone, Serialize)]
struct Word<'a> {
    word: &'a str,
    start: f64,
    end: f64,
    score: f64,
    speaker: &'a str,
}

/// The call as WhisperX would write it.
pub fn write(call: &Call) -> String {
    let segments: Vec<Segment<'_>> = call
        .said
        .iter()
        .map(|said| {
            let speaker = call.voice(said).label.as_str();
            Segment {
                start: seconds_f64(said.start_ms),
                end: seconds_f64(said.end_ms),
                text: &said.text,
                words: said.words.iter().map(|w| word(w, speaker)).collect(),
                speaker,
            }
        })
        .collect();
    let words = segments.iter().flat_map(|segment| segment.words.clone());
    text(&Document {
        word_segments: words.collect(),
        language: call.language(),
        segments,
    })
}

fn word<'a>(piece: &'a Piece, speaker: &'a str) -> Word<'a> {
    Word {
        word: &piece.text,
        start: seconds_f64(piece.start_ms),
        end: seconds_f64(piece.end_ms),
        score: piece.probability,
        speaker,
    }
}

//! `verbose_json` of OpenAI's transcription, with words. It knows no speakers. Token ids are not
//! known here, and the compression ratio is not measured: it stands as 1.

use serde::Serialize;

use super::{text, whole_text};
use crate::export::call::Call;
use crate::export::plain::seconds_f64;

#[derive(Serialize)]
struct Document<'a> {
    task: &'static str,
    language: &'a str,
    duration: f64,
    text: String,
    segments: Vec<Segment<'a>>,
    words: Vec<Word<'a>>,
}

#[derive(Serialize)]
struct Segment<'a> {
    id: usize,
    seek: u64,
    start: f64,
    end: f64,
    text: &'a str,
    tokens: [u32; 0],
    temperature: f64,
    avg_logprob: f64,
    compression_ratio: f64,
    no_speech_prob: f64,
}

#[derive(Serialize)]
struct Word<'a> {
    word: &'a str,
    start: f64,
    end: f64,
}

/// The call as OpenAI's service would answer.
pub fn write(call: &Call) -> String {
    let segments = call.said.iter().enumerate().map(|(id, said)| Segment {
        id,
        // In hundredths of a second, as the model's window counts.
        seek: said.start_ms / 10,
        start: seconds_f64(said.start_ms),
        end: seconds_f64(said.end_ms),
        text: &said.text,
        tokens: [],
        temperature: 0.0,
        avg_logprob: said.avg_logprob,
        compression_ratio: 1.0,
        no_speech_prob: said.no_speech_prob,
    });
    let words = call.said.iter().flat_map(|said| &said.words);
    let words = words.map(|word| Word {
        word: &word.text,
        start: seconds_f64(word.start_ms),
        end: seconds_f64(word.end_ms),
    });
    text(&Document {
        task: "transcribe",
        language: match call.language() {
            "en" => "english",
            other => other,
        },
        duration: seconds_f64(call.duration_ms()),
        text: whole_text(call),
        segments: segments.collect(),
        words: words.collect(),
    })
}

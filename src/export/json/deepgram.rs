//! A prerecorded transcript of Deepgram, with one channel a track and utterances. Its speakers are
//! numbers, here places in the speaker table.

use serde::Serialize;

use super::{confidence, text};
use crate::audio::Track;
use crate::export::call::{Call, Piece, Said};
use crate::export::plain::{seconds_f64, whole_seconds};

#[derive(Serialize)]
struct Response<'a> {
    metadata: Metadata<'a>,
    results: Results<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    transaction_key: &'static str,
    request_id: &'a str,
    sha256: &'a str,
    created: String,
    duration: f64,
    channels: usize,
    models: [&'a str; 1],
    model_info: serde_json::Value,
}

#[derive(Serialize)]
struct Results<'a> {
    channels: Vec<Channel<'a>>,
    utterances: Vec<Utterance<'a>>,
}

#[derive(Serialize)]
struct Channel<'a> {
    alternatives: [Alternative<'a>; 1],
    detected_language: &'a str,
}

#[derive(Serialize)]
struct Alternative<'a> {
    transcript: String,
    confidence: f64,
    words: Vec<Word<'a>>,
}

#[derive(Serialize)]
struct Utterance<'a> {
    start: f64,
    end: f64,
    confidence: f64,
    channel: usize,
    transcript: &'a str,
    words: Vec<Word<'a>>,
    speaker: usize,
    id: &'a str,
}

#[derive(Serialize)]
struct Word<'a> {
    word: String,
    start: f64,
    end: f64,
    confidence: f64,
    punctuated_word: &'a str,
    speaker: usize,
}

/// The call as Deepgram would answer.
pub fn write(call: &Call) -> String {
    let mut tracks: Vec<Track> = call.manifest.tracks.iter().map(|t| t.track).collect();
    if tracks.is_empty() {
        tracks.push(call.main_track());
    }
    let source = call.manifest.tracks.first().and_then(|t| t.source.as_ref());
    let model = call.model();
    text(&Response {
        metadata: Metadata {
            transaction_key: "deprecated",
            request_id: &call.manifest.id,
            sha256: source.map_or("", |source| &source.sha256),
            created: whole_seconds(&call.manifest.started_at),
            duration: seconds_f64(call.duration_ms()),
            channels: tracks.len(),
            models: [model],
            model_info: serde_json::json!({model: {"name": model, "version": "", "arch": "whisper"}}),
        },
        results: Results {
            channels: tracks.iter().map(|track| channel(call, *track)).collect(),
            utterances: call
                .said
                .iter()
                .map(|said| utterance(said, &tracks))
                .collect(),
        },
    })
}

fn channel<'a>(call: &'a Call, track: Track) -> Channel<'a> {
    let own: Vec<&Said> = call
        .said
        .iter()
        .filter(|said| said.track == track)
        .collect();
    let texts: Vec<&str> = own.iter().map(|said| said.text.as_str()).collect();
    let pieces: Vec<Piece> = own.iter().flat_map(|said| said.words.clone()).collect();
    Channel {
        alternatives: [Alternative {
            transcript: texts.join(" "),
            confidence: confidence(&pieces),
            words: own.iter().flat_map(|said| words(said)).collect(),
        }],
        detected_language: call.language(),
    }
}

fn utterance<'a>(said: &'a Said, tracks: &[Track]) -> Utterance<'a> {
    let track = said.track;
    Utterance {
        start: seconds_f64(said.start_ms),
        end: seconds_f64(said.end_ms),
        confidence: confidence(&said.words),
        channel: tracks.iter().position(|t| *t == track).unwrap_or(0),
        transcript: &said.text,
        words: words(said),
        speaker: said.voice,
        id: &said.id,
    }
}

fn words(said: &Said) -> Vec<Word<'_>> {
    said.words
        .iter()
        .map(|piece| Word {
            word: bare(&piece.text),
            start: seconds_f64(piece.start_ms),
            end: seconds_f64(piece.end_ms),
            confidence: piece.probability,
            punctuated_word: &piece.text,
            speaker: said.voice,
        })
        .collect()
}

/// A word in small letters without the marks around it.
fn bare(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    match bare {
        "" => word.to_lowercase(),
        bare => bare.to_lowercase(),
    }
}

//! A completed transcript of AssemblyAI, with one channel a track. Times are milliseconds; speakers
//! are letters in the order of the speaker table.

use serde::Serialize;

use super::{confidence, text, whole_text};
use crate::audio::Track;
use crate::export::call::{Call, Piece, Said};

#[derive(Serialize)]
struct Transcript<'a> {
    id: &'a str,
    audio_url: String,
    status: &'static str,
    language_code: &'a str,
    text: String,
    words: Vec<Word<'a>>,
    utterances: Vec<Utterance<'a>>,
    confidence: f64,
    audio_duration: u64,
    multichannel: bool,
    audio_channels: usize,
    speaker_labels: bool,
    punctuate: bool,
    format_text: bool,
    webhook_auth: bool,
    auto_highlights: bool,
    redact_pii: bool,
    summarization: bool,
    speech_model: Option<&'a str>,
    language_model: &'a str,
    acoustic_model: &'a str,
}

#[derive(Serialize)]
struct Utterance<'a> {
    confidence: f64,
    start: u64,
    end: u64,
    text: &'a str,
    words: Vec<Word<'a>>,
    channel: String,
    speaker: String,
}

#[derive(Clone, Serialize)]
struct Word<'a> {
    text: &'a str,
    start: u64,
    end: u64,
    confidence: f64,
    channel: String,
    speaker: String,
}

/// The call as AssemblyAI would answer.
pub fn write(call: &Call) -> String {
    let tracks: Vec<Track> = call.manifest.tracks.iter().map(|t| t.track).collect();
    let utterances: Vec<Utterance<'_>> = call
        .said
        .iter()
        .map(|said| utterance(said, &tracks))
        .collect();
    let words = utterances.iter().flat_map(|u| u.words.clone()).collect();
    let all: Vec<Piece> = call.said.iter().flat_map(|s| s.words.clone()).collect();
    text(&Transcript {
        id: &call.manifest.id,
        audio_url: call.audio_file(call.main_track()),
        status: "completed",
        language_code: call.language(),
        text: whole_text(call),
        words,
        utterances,
        confidence: confidence(&all),
        audio_duration: call.duration_ms() / 1_000,
        multichannel: tracks.len() > 1,
        audio_channels: tracks.len().max(1),
        speaker_labels: false,
        punctuate: true,
        format_text: true,
        webhook_auth: false,
        auto_highlights: false,
        redact_pii: false,
        summarization: false,
        speech_model: None,
        language_model: call.model(),
        acoustic_model: call.model(),
    })
}

fn utterance<'a>(said: &'a Said, tracks: &[Track]) -> Utterance<'a> {
    let track = said.track;
    let channel = tracks.iter().position(|t| *t == track).unwrap_or(0) + 1;
    let (channel, speaker) = (channel.to_string(), letters(said.voice));
    Utterance {
        confidence: confidence(&said.words),
        start: said.start_ms,
        end: said.end_ms,
        text: &said.text,
        words: said
            .words
            .iter()
            .map(|word| Word {
                text: &word.text,
                start: word.start_ms,
                end: word.end_ms,
                confidence: word.probability,
                channel: channel.clone(),
                speaker: speaker.clone(),
            })
            .collect(),
        channel,
        speaker,
    }
}

/// `A` to `Z`, then `AA` and so on.
fn letters(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'A' + (number % 26) as u8);
        if number < 26 {
            break;
        }
        number = number / 26 - 1;
    }
    letters
        .iter()
        .rev()
        .map(|&letter| char::from(letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_are_letters() {
        assert_eq!(
            [0, 25, 26, 51, 52].map(letters),
            ["A", "Z", "AA", "AZ", "BA"]
        );
    }
}

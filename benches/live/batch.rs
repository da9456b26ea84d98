//! The same speech decoded once more, each utterance for itself and in one go.

use std::path::Path;
use std::time::Instant;

use verbatim::audio::Track;
use verbatim::engine::whisper::Whisper;
use verbatim::store::folder::SessionFolder;
use verbatim::store::speech::SpeechReader;
use verbatim::text::transcribe::transcribe_utterance;
use verbatim::time::{Span, TICKS_PER_MS, Tick};
use verbatim::voice::utterance::UtteranceOptions;

use super::support::program::repository;
use super::support::recogniser::settings;
use super::words::Word;

/// An utterance of a session: its track and its speech.
pub type Speech = (Track, Span);

/// The model file that `name` stands for.
pub fn model(name: &str) -> std::path::PathBuf {
    match name {
        "starter" => repository("models/ggml-starter-q8_0.bin"),
        path => path.into(),
    }
}

/// The words of each utterance, heard with the same sound around it as in the session, and how long
/// that took on the machine as it is then, in milliseconds.
pub fn decode(session: &Path, model: &Path, utterances: &[Speech]) -> Vec<(Vec<Word>, i64)> {
    let folder = SessionFolder::open(session).expect("the session opens");
    let mut archive = SpeechReader::open(&folder);
    let mut whisper = Whisper::load(&settings(model))
        .expect("the model loads")
        .remove(0);
    let mut texts = Vec::new();
    for (at, &(track, speech)) in utterances.iter().enumerate() {
        let audio = sound(utterances, at);
        let begun = Instant::now();
        let text = transcribe_utterance(track, (speech, audio), &mut whisper, &mut |t, s| {
            archive.read(t, s)
        })
        .expect("the speech is decoded");
        let words = text.words().into_iter().map(Word::heard);
        texts.push((words.collect(), begun.elapsed().as_millis() as i64));
    }
    texts
}

/// The sound of an utterance, as a session cuts it: with rolls, but not into the sound of the one
/// before, and without them where long speech was cut.
pub fn sound(utterances: &[Speech], at: usize) -> Span {
    let options = UtteranceOptions::default();
    let ticks = |ms: u32| u64::from(ms) * TICKS_PER_MS;
    let (track, speech) = utterances[at];
    let same = |(other, span): &Speech| (*other == track).then_some(*span);
    let before = utterances[..at].iter().rev().find_map(same);
    let after = utterances[at + 1..].iter().find_map(same);
    let taken = match before {
        Some(span) if span.end == speech.start => span.end,
        Some(span) => span.end.after(ticks(options.post_roll_ms)),
        None => Tick::ZERO,
    };
    let end = match after {
        Some(span) if span.start == speech.end => speech.end,
        _ => speech.end.after(ticks(options.post_roll_ms)),
    };
    let start = speech.start.before(ticks(options.pre_roll_ms));
    Span::new(start.max(taken).min(speech.start), end)
}

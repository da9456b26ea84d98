//! The same speech decoded once more, each utterance for itself and in one go.

use std::path::Path;

use verbatim::audio::Track;
use verbatim::engine::protocol::{AudioContext, Settings, VERSION, WordTimes};
use verbatim::engine::whisper::Whisper;
use verbatim::models::{SearchPaths, locate};
use verbatim::store::folder::SessionFolder;
use verbatim::store::speech::SpeechReader;
use verbatim::text::transcribe::transcribe_utterances;
use verbatim::time::{Span, TICKS_PER_MS, Tick};
use verbatim::voice::utterance::UtteranceOptions;

use super::support::program::repository;
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

/// The words of each utterance, heard with the same sound around it as in the session.
pub fn decode(session: &Path, model: &Path, utterances: &[Speech]) -> Vec<Vec<Word>> {
    let folder = SessionFolder::open(session).expect("the session opens");
    let mut archive = SpeechReader::open(&folder);
    let mut whisper = Whisper::load(&settings(model))
        .expect("the model loads")
        .remove(0);
    let mut texts = Vec::new();
    for (at, &(track, speech)) in utterances.iter().enumerate() {
        let audio = sound(utterances, at);
        let text = transcribe_utterances(track, &[(speech, audio)], &mut whisper, &mut |t, s| {
            archive.read(t, s)
        })
        .expect("the speech is decoded");
        let words = text[0].words().into_iter().map(|(word, time)| Word {
            text: word.text,
            start_ms: time.start.ms() as i64,
            end_ms: time.end.ms() as i64,
        });
        texts.push(words.collect());
    }
    texts
}

/// The sound of an utterance, as a session cuts it: with rolls, but not into the sound of the one
/// before, and without them where long speech was cut.
fn sound(utterances: &[Speech], at: usize) -> Span {
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

fn settings(model: &Path) -> Settings {
    let search = SearchPaths {
        user: repository("models"),
        bundled: Vec::new(),
    };
    let located = locate(&model.to_string_lossy(), &search).expect("the model is found");
    Settings {
        version: VERSION,
        window_s: located.longest_window_s(),
        audio_context: match located.short_audio_context() {
            true => AudioContext::Fitted,
            false => AudioContext::Full,
        },
        model: located.path,
        language: "en".into(),
        threads: 1,
        workers: 1,
        word_times: WordTimes::Letters,
        glossary: Default::default(),
    }
}

//! The bundled recogniser, speech for it, and how well it places words.

use std::path::PathBuf;

use serde_json::Value;

use verbatim::engine::protocol::{AudioContext, Settings, VERSION, WordTimes};
use verbatim::engine::worker::{Worker, WorkerOptions};

use super::measure::array;
use super::program::{flac, json, repository, sample_call, truth};
use super::wer;

/// Settings for a model that takes short audio contexts.
pub fn settings(model: PathBuf) -> Settings {
    Settings {
        version: VERSION,
        model,
        language: "en".into(),
        threads: 1,
        workers: 1,
        audio_context: AudioContext::Fitted,
        window_s: 15,
        word_times: WordTimes::Letters,
        glossary: Default::default(),
    }
}

/// The starter's file.
pub fn starter_file() -> PathBuf {
    repository("models/ggml-starter-q8_0.bin")
}

/// How tests start the recogniser's process.
pub fn options() -> WorkerOptions {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_verbatim"));
    WorkerOptions::new(program, vec!["__transcriber".into()])
}

/// The starter in a process of its own.
pub fn starter() -> Worker {
    Worker::start(options(), settings(starter_file())).expect("the starter loads")
}

/// A word and its time.
#[derive(Clone, Debug)]
pub struct TimedText {
    pub text: String,
    pub start_ms: u64,
    pub end_ms: u64,
}

impl TimedText {
    /// A word of a document.
    pub fn of(word: &Value) -> TimedText {
        TimedText {
            text: word["text"].as_str().expect("text").to_owned(),
            start_ms: word["start_ms"].as_u64().expect("ms"),
            end_ms: word["end_ms"].as_u64().expect("ms"),
        }
    }
}

/// The words of a track of the sample call at their true times.
pub fn true_words(track: &str) -> Vec<TimedText> {
    array(&json(&sample_call("words.json"))["words"])
        .filter(|word| word["track"] == track)
        .map(TimedText::of)
        .collect()
}

/// All turns of the sample call, one right after the other, a breath of 0.12 s between two: more than a
/// minute and a half at 16 kHz without a pause that ends speech, and its words.
pub fn long_speech() -> (Vec<i16>, Vec<TimedText>) {
    let (mut samples, mut words) = (Vec::new(), Vec::new());
    for track in ["system", "mic"] {
        let whole = flac(&sample_call(&format!("{track}.flac")));
        let said = true_words(track);
        for turn in array(&truth()["turns"]).filter(|turn| turn["track"] == track) {
            let ms = |edge: &str| turn[edge].as_u64().expect("ms");
            let (start, end) = (ms("start_ms") - BREATH_MS / 2, ms("end_ms") + BREATH_MS / 2);
            let at = samples.len() as u64 / 16;
            let inside = |word: &&TimedText| word.start_ms + 100 > start && word.end_ms < end + 100;
            words.extend(said.iter().filter(inside).map(|word| TimedText {
                text: word.text.clone(),
                start_ms: (word.start_ms + at).saturating_sub(start),
                end_ms: word.end_ms + at - start,
            }));
            samples.extend_from_slice(&whole[start as usize * 16..end as usize * 16]);
        }
    }
    (samples, words)
}

/// Sound between two turns of the long speech, in milliseconds.
const BREATH_MS: u64 = 120;

/// How far words begin from where they should.
#[derive(Debug)]
pub struct WordsMet {
    pub compared: usize,
    pub median_ms: u64,
    pub p90_ms: u64,
}

/// Compares the starts of those words that were heard as they were said, each with the nearest of the
/// same spelling.
pub fn words_met(truth: &[TimedText], heard: &[TimedText]) -> WordsMet {
    let plain = |word: &TimedText| wer::words(&word.text).concat();
    let mut off: Vec<u64> = heard
        .iter()
        .filter_map(|word| {
            let same = truth.iter().filter(|other| plain(other) == plain(word));
            same.map(|other| other.start_ms.abs_diff(word.start_ms))
                .min()
        })
        .filter(|&off| off < 1_000)
        .collect();
    off.sort_unstable();
    let at = |share: usize| {
        off.get(off.len() * share / 100)
            .copied()
            .unwrap_or(u64::MAX)
    };
    WordsMet {
        compared: off.len(),
        median_ms: at(50),
        p90_ms: at(90),
    }
}

/// The starter misspells one word in six, joins some, and swallows some where nobody pauses. What must
/// not be is less or more text than was said: no seconds are lost or come twice, at the cuts above all.
pub fn no_word_is_lost(truth: &[TimedText], heard: &[TimedText], cuts: &[u64]) {
    let text = |words: &[TimedText]| {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        texts.join(" ")
    };
    let (errors, words) = wer::errors(&text(truth), &text(heard));
    let rate = errors as f64 / words as f64;
    assert!(rate <= 0.30, "word error rate {rate:.3}: {}", text(heard));
    let letters = |words: &[TimedText], from_ms: u64, to_ms: u64| -> String {
        let middle = |word: &TimedText| u64::midpoint(word.start_ms, word.end_ms);
        let inside = words
            .iter()
            .filter(|word| (from_ms..to_ms).contains(&middle(word)));
        inside.flat_map(|word| wer::words(&word.text)).collect()
    };
    let near = |at: &u64, reach: u64| {
        let (from, to) = (at.saturating_sub(reach), at + reach);
        (letters(truth, from, to), letters(heard, from, to))
    };
    for at in cuts {
        let (said, heard) = near(at, 2_500);
        let off = said.len().abs_diff(heard.len());
        assert!(
            off <= said.len() / 4,
            "at the cut {at} ms {said:?} heard as {heard:?}"
        );
    }
    let end_ms = truth.iter().map(|word| word.end_ms).max().unwrap_or(0);
    for at in (5_000..end_ms - 5_000).step_by(500) {
        let (said, heard) = near(&at, 5_000);
        // The starter stutters in dense speech now and then; seconds lost or doubled are more.
        let off = said.len().abs_diff(heard.len());
        assert!(
            off <= said.len() / 3,
            "at {at} ms {said:?} heard as {heard:?}"
        );
    }
}

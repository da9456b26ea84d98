//! The recogniser with a real model: what it hears, what it does not, and what its process survives.
#![cfg(all(feature = "whisper", feature = "cli"))]

mod support;

#[allow(unused)] use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[allow(unused)] use support::process::{is_alive, signal};
use support::program::{flac, repository, sample_call, truth};
use support::wer::errors;
use verbatim::audio::Track;
use verbatim::document::transcript::Segment;
use verbatim::engine::protocol::{AudioContext, Settings, VERSION};
use verbatim::engine::whisper::Whisper;
#[allow(unused)] use verbatim::engine::worker::{Worker, WorkerOptions};
use verbatim::text::Transcriber;
use verbatim::text::ids::Ids;
use verbatim::text::transcribe::{transcribe_spans, transcribe_utterance};
use verbatim::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS};
#[allow(unused)] use verbatim::{ErrorKind, Result};

const SECOND: usize = 16_000;

fn starter() -> PathBuf {
    repository("models/ggml-starter-q8_0.bin")
}

fn settings(model: &Path) -> Settings {
    Settings {
        version: VERSION,
        model: model.to_owned(),
        language: "en".into(),
        threads: 1,
        audio_context: AudioContext::Fitted,
        window_s: 15,
    }
}

/// A stretch of the sample call in which one side speaks.
struct Turn {
    track: Track,
    span: Span,
    text: String,
}

fn turns() -> Vec<Turn> {
    let truth = truth();
    let turns = truth["turns"].as_array().expect("turns");
    turns
        .iter()
        .map(|turn| Turn {
            track: turn["track"].as_str().expect("a track").parse().expect("a track"),
            span: Span::from_ms(
                turn["start_ms"].as_u64().expect("a start"),
                turn["end_ms"].as_u64().expect("an end"),
            ),
            text: turn["text"].as_str().expect("a text").to_owned(),
        })
        .collect()
}

/// The sound of both tracks, and a way to read spans of it.
struct Call {
    mic: Vec<i16>,
    system: Vec<i16>,
}

impl Call {
    fn open() -> Call {
        Call {
            mic: flac(&sample_call("mic.flac")),
            system: flac(&sample_call("system.flac")),
        }
    }

    fn read(&self, track: Track, span: Span) -> Result<Vec<i16>> {
        let samples = match track {
            Track::Mic => &self.mic,
            _ => &self.system,
        };
        let at = |tick: u64| ((tick / TICKS_PER_ANALYSIS_SAMPLE) as usize).min(samples.len());
        Ok(samples[at(span.start.0)..at(span.end.0)].to_vec())
    }
}

/// Share of wrong words, in percent, over all turns.
fn error_rate(turns: &[Turn], heard: impl Fn(&Turn) -> String) -> f64 {
    let (wrong, all) = turns
        .iter()
        .map(|turn| errors(&turn.text, &heard(turn)))
        .fold((0, 0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1));
    wrong as f64 * 100.0 / all as f64
}

fn joined<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> String {
    let texts: Vec<&str> = segments.into_iter().map(|s| s.text.as_str()).collect();
    texts.join(" ")
}

#[test]
fn turns_packed_into_windows_are_heard_in_their_places() {
    let (call, turns) = (Call::open(), turns());
    let mut whisper = Whisper::load(&settings(&starter())).expect("the starter loads");
    let mut ids = Ids::default();
    let mut segments = Vec::new();
    for track in [Track::Mic, Track::System] {
        let spans: Vec<Span> = turns.iter().filter(|t| t.track == track).map(|t| t.span).collect();
        let outcome = transcribe_spans(
            track,
            &spans,
            &mut whisper,
            &mut |track, span| call.read(track, span),
            &mut ids,
        )
        .expect("the call is transcribed");
        eprintln!("{track} without text: {:?}", outcome.untranscribed);
        segments.extend(outcome.segments);
    }
    for s in &segments { eprintln!("{} {:>6}-{:>6} {}", s.track, s.start_ms, s.end_ms, s.text); }
    let rate = error_rate(&turns, |turn| {
        joined(segments.iter().filter(|s| {
            let span = Span::from_ms(s.start_ms, s.end_ms);
            s.track == turn.track && span.intersect(turn.span).is_some()
        }))
    });
    eprintln!("packed: {rate:.1} % of the words are wrong");
    assert!(rate <= 18.0, "{rate:.1} % of the words are wrong");
}

#[test]
fn utterances_are_heard_alone_as_they_come() {
    let (call, turns) = (Call::open(), turns());
    let mut whisper = Whisper::load(&settings(&starter())).expect("the starter loads");
    let mut slowest = Duration::ZERO;
    let heard: Vec<String> = turns
        .iter()
        .map(|turn| {
            let audio = Span::new(
                turn.span.start.before(400 * TICKS_PER_MS),
                turn.span.end.after(200 * TICKS_PER_MS),
            );
            let begun = Instant::now();
            let outcome = transcribe_utterance(
                (turn.track, turn.span, audio),
                &mut whisper,
                &mut |track, span| call.read(track, span),
                &mut Ids::default(),
            )
            .expect("the utterance is transcribed");
            slowest = slowest.max(begun.elapsed());
            joined(&outcome.segments)
        })
        .collect();
    let mut index = heard.iter();
    for (turn, heard) in turns.iter().zip(&heard) {
        eprintln!("{:>6} {} | {heard}", turn.span.start.ms(), turn.text);
    }
    let (wrong, all) = turns
        .iter()
        .map(|turn| errors(&turn.text, index.next().expect("as many as turns")))
        .fold((0, 0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1));
    let rate = wrong as f64 * 100.0 / all as f64;
    eprintln!("alone: {rate:.1} % of the words are wrong; slowest {slowest:?}");
    assert!(rate <= 20.0, "{rate:.1} % of the words are wrong");
}

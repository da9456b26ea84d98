//! What a live session makes of what is no speech, and of speech that never pauses: the same recorder,
//! detector, scheduler and recogniser's process as beside a call, with sound that comes faster.
#![cfg(target_os = "linux")]

#[path = "support/hearing.rs"]
mod hearing;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hearing::{Noise, alone, archive};
use serde_json::Value;
use support::engine::{TimedText, long_speech, no_word_is_lost, options, settings, starter_file};
use support::measure::array;
use tokio::sync::mpsc;
use verbatim::audio::{Format, Track};
use verbatim::capture::paced::{Pace, PacedSource};
use verbatim::document::transcript::{Pass, PassMode, PassScope, TimingMethod};
use verbatim::engine::neural::Neural;
use verbatim::engine::worker::Worker;
use verbatim::event::{Live, TranscriptPartial};
use verbatim::session::{CaptionOptions, Options, Session, TrackInput, Update};
use verbatim::store::folder::SessionFolder;
use verbatim::text::agreement::AgreementOptions;
use verbatim::text::schedule::ScheduleOptions;
use verbatim::text::{Hearing, Recogniser};
use verbatim::voice::DetectorMaker;

/// Updates that may wait to be read; more than there are.
const UPDATES: usize = 1 << 16;

/// How fast sound comes.
#[derive(Clone, Copy)]
enum Speed {
    /// As fast as it is heard.
    Free,
    /// So many times faster than in a call.
    Times(f64),
}

/// What a session told.
struct Told {
    events: Vec<Value>,
    partials: Vec<TranscriptPartial>,
}

/// A source of 48 kHz samples.
fn source(samples: Vec<i16>, speed: Speed) -> PacedSource {
    let mut at = 0;
    let begun = Instant::now();
    let supply = move |most: usize, out: &mut Vec<f32>| {
        let block = &samples[at..samples.len().min(at + most)];
        at += block.len();
        out.extend(block.iter().map(|&s| f32::from(s) / 32_768.0));
        if let Speed::Times(times) = speed {
            let due = Duration::from_secs_f64(at as f64 / 48_000.0 / times);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        Ok(block.len())
    };
    let format = Format::new(48_000, 1).expect("a format");
    PacedSource::new(format, Pace::Free, Box::new(supply))
}

fn recogniser() -> Recogniser {
    let worker = Worker::start(options(), settings(starter_file())).expect("the starter loads");
    Recogniser {
        pass: Pass {
            id: String::new(),
            mode: PassMode::Live,
            engine: worker.engine().to_owned(),
            model: "starter".into(),
            model_sha256: String::new(),
            language: "en".into(),
            settings: String::new(),
            timing_method: TimingMethod::Letters,
            scope: PassScope::Missing,
            languages: Vec::new(),
        },
        transcriber: Box::new(worker),
        hearing: Hearing::AsRecorded,
    }
}

/// Records what both sides play, 16 kHz, and returns what was told.
fn record(mic: &[i16], system: &[i16], speed: Speed) -> Told {
    let dir = tempfile::tempdir().expect("a folder");
    let input = |(track, samples): (Track, &[i16])| TrackInput {
        track,
        device: None,
        file: None,
        source: Box::new(source(archive(samples), speed)),
    };
    let inputs = [(Track::Mic, mic), (Track::System, system)].map(input);
    let detector: DetectorMaker = Arc::new(|| Ok(Box::new(Neural::new()?)));
    let options = Options {
        captions: Some(CaptionOptions {
            recogniser: Box::new(|| Ok(recogniser())),
            schedule: ScheduleOptions {
                window_ms: 0,
                ..ScheduleOptions::default()
            },
            agreement: AgreementOptions::default(),
        }),
        ..Options::new(dir.path().to_owned(), "verbatim test", detector)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (summary, partials) = runtime.block_on(async {
        let (updates, mut shown) = mpsc::channel(UPDATES);
        let (_stop, stopped) = mpsc::channel(1);
        let session = Session::begin(options, Vec::from(inputs), updates).expect("a session");
        let summary = session.run(stopped).await.expect("a recording");
        let mut partials = Vec::new();
        while let Some(update) = shown.recv().await {
            if let Update::Live(line) = update {
                let Live::TranscriptPartial(partial) = line.live;
                partials.push(partial);
            }
        }
        (summary, partials)
    });
    let folder = SessionFolder::open(&summary.folder).expect("the session");
    let log = std::fs::read_to_string(folder.events()).expect("the log");
    let events = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("an event"));
    Told {
        events: events.collect(),
        partials,
    }
}

impl Told {
    fn of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let events = self
            .events
            .iter()
            .filter(move |event| event["type"] == kind);
        events.map(|event| &event["data"])
    }

    /// The words of all finals.
    fn words(&self) -> Vec<TimedText> {
        let segments = self
            .of("transcript.final")
            .flat_map(|data| array(&data["segments"]));
        let words = segments.flat_map(|segment| array(&segment["words"]));
        let mut words: Vec<TimedText> = words.map(TimedText::of).collect();
        words.sort_by_key(|word| word.start_ms);
        words
    }

    /// No word was written or shown, and nothing was put off.
    fn has_no_text(&self) {
        assert_eq!(self.of("session.stopped").count(), 1);
        assert_eq!(
            self.of("pass.started").count(),
            1,
            "the recogniser is at work"
        );
        let words = self.words();
        assert!(words.is_empty(), "{words:?}");
        assert!(self.partials.is_empty(), "{:?}", self.partials);
        assert_eq!(self.of("transcript.deferred").count(), 0);
    }
}

const TEN_MINUTES: usize = 600;

/// The first ten minutes of the hold music that comes with a telephone exchange, at 16 kHz.
fn hold_music() -> Vec<i16> {
    const SAMPLES: usize = TEN_MINUTES * 16_000;
    let folder = Path::new("/usr/share/asterisk/moh");
    let entries = std::fs::read_dir(folder).expect("scripts/setup.sh test installs hold music");
    let mut pieces: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    pieces.retain(|path| path.extension().is_some_and(|e| e == "g722"));
    pieces.sort();
    let mut samples = Vec::new();
    for piece in pieces {
        let decoded = Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error", "-f", "g722", "-i"])
            .arg(&piece)
            .args(["-f", "s16le", "-ac", "1", "-ar", "16000", "-"])
            .output()
            .expect("ffmpeg runs");
        assert!(decoded.status.success(), "{decoded:?}");
        let (pairs, _) = decoded.stdout.as_chunks::<2>();
        samples.extend(pairs.iter().map(|&pair| i16::from_le_bytes(pair)));
    }
    assert!(samples.len() >= SAMPLES, "{} samples", samples.len());
    samples.truncate(SAMPLES);
    samples
}

#[test]
fn ten_minutes_of_silence_and_of_room_noise_have_no_text() {
    let silence = vec![0; TEN_MINUTES * 16_000];
    let room = alone(Noise::Pink, TEN_MINUTES, -50.0);
    record(&room, &silence, Speed::Free).has_no_text();
}

#[test]
fn ten_minutes_of_typing_and_of_hold_music_have_no_text() {
    let typing = alone(Noise::Keyboard, TEN_MINUTES, -35.0);
    record(&typing, &hold_music(), Speed::Free).has_no_text();
}

#[test]
fn ten_minutes_of_music_that_somebody_plays_have_no_text() {
    let music = alone(Noise::Music, TEN_MINUTES, -30.0);
    let hum = alone(Noise::Hum, TEN_MINUTES, -40.0);
    record(&hum, &music, Speed::Free).has_no_text();
}

/// More than a minute and a half without a pause, five times as fast as in a call: neither the cuts nor
/// what was committed before them costs a word. A busy machine has no time for partials here.
#[test]
fn speech_without_a_pause_loses_no_word_while_captions_follow_it() {
    let (samples, truth) = long_speech();
    let silence = vec![0; samples.len()];
    let told = record(&silence, &samples, Speed::Times(5.0));
    let mut spans: Vec<(u64, u64)> = told
        .of("transcript.final")
        .map(|data| {
            let ms = |edge: &str| data[edge].as_u64().expect("ms");
            (ms("start_ms"), ms("end_ms"))
        })
        .collect();
    spans.sort_unstable();
    assert!(spans.len() >= 5, "{spans:?}");
    assert!(spans[spans.len() - 1].1 - spans[0].0 > 60_000, "{spans:?}");
    for pair in spans.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "the pieces tile");
    }
    let cuts: Vec<u64> = spans[..spans.len() - 1].iter().map(|span| span.1).collect();
    no_word_is_lost(&truth, &told.words(), &cuts);
    for last in told.of("transcript.final") {
        let id = last["utterance"].as_str().expect("an id");
        let of_it = |partial: &&TranscriptPartial| partial.utterance == id;
        let Some(partial) = told.partials.iter().rev().find(of_it) else {
            continue;
        };
        let words = array(&last["segments"]).flat_map(|segment| array(&segment["words"]));
        let words: Vec<&str> = words.filter_map(|word| word["text"].as_str()).collect();
        let committed = partial.words.iter().take(partial.committed as usize);
        let committed: Vec<&str> = committed.map(|word| word.text.as_str()).collect();
        assert_eq!(words[..committed.len()], committed[..], "{id}");
    }
}

//! The recogniser with a real model: what it hears, what it does not, and what its process survives.
#![cfg(all(target_os = "linux", feature = "whisper", feature = "cli"))]

mod support;

#[allow(unused)]
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[allow(unused)]
use support::process::{is_alive, signal};
use support::program::{flac, repository, sample_call, truth};
use support::wer::errors;
use verbatim::audio::Track;
use verbatim::document::transcript::Segment;
use verbatim::engine::protocol::{AudioContext, Settings, VERSION};
use verbatim::engine::whisper::Whisper;
#[allow(unused)]
use verbatim::engine::worker::{Worker, WorkerOptions};
use verbatim::text::Transcriber;
use verbatim::text::ids::Ids;
use verbatim::text::transcribe::{transcribe_spans, transcribe_utterance};
use verbatim::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS};
#[allow(unused)]
use verbatim::{ErrorKind, Result};

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
            track: turn["track"]
                .as_str()
                .expect("a track")
                .parse()
                .expect("a track"),
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
fn error_rate<'a>(turns: &[Turn], heard: impl IntoIterator<Item = &'a String>) -> f64 {
    let (wrong, all) = turns
        .iter()
        .zip(heard)
        .map(|(turn, heard)| errors(&turn.text, heard))
        .fold((0, 0), |sum, turn| (sum.0 + turn.0, sum.1 + turn.1));
    wrong as f64 * 100.0 / all as f64
}

fn joined<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> String {
    let texts: Vec<&str> = segments.into_iter().map(|s| s.text.as_str()).collect();
    texts.join(" ")
}

fn starter_here() -> Whisper {
    Whisper::load(&settings(&starter())).expect("the starter loads")
}

#[test]
fn turns_packed_into_windows_are_heard_in_their_places() {
    let (call, turns) = (Call::open(), turns());
    let mut whisper = starter_here();
    let mut ids = Ids::default();
    let mut segments = Vec::new();
    for track in [Track::Mic, Track::System] {
        let spans: Vec<Span> = turns
            .iter()
            .filter(|turn| turn.track == track)
            .map(|turn| turn.span)
            .collect();
        let outcome = transcribe_spans(
            track,
            &spans,
            &mut whisper,
            &mut |track, span| call.read(track, span),
            &mut ids,
        )
        .expect("the call is transcribed");
        assert_eq!(outcome.untranscribed, []);
        segments.extend(outcome.segments);
    }
    for segment in &segments {
        let inside = turns
            .iter()
            .filter(|turn| turn.track == segment.track)
            .any(|turn| {
                turn.span.start.ms() <= segment.start_ms && segment.end_ms <= turn.span.end.ms()
            });
        assert!(inside, "{segment:?} is in no turn");
        let times: Vec<u64> = segment
            .words
            .iter()
            .flat_map(|word| [word.start_ms, word.end_ms])
            .collect();
        assert!(times.is_sorted(), "{segment:?}");
    }
    let heard: Vec<String> = turns
        .iter()
        .map(|turn| {
            joined(segments.iter().filter(|segment| {
                let span = Span::from_ms(segment.start_ms, segment.end_ms);
                segment.track == turn.track && span.intersect(turn.span).is_some()
            }))
        })
        .collect();
    let rate = error_rate(&turns, &heard);
    println!("packed: {rate:.1} % of the words are wrong");
    assert!(rate <= 18.0, "{rate:.1} % of the words are wrong");
}

#[test]
fn utterances_are_heard_alone_as_they_come() {
    let (call, turns) = (Call::open(), turns());
    let mut whisper = starter_here();
    let mut ids = Ids::default();
    let mut times = Vec::new();
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
                &mut ids,
            )
            .expect("the utterance is transcribed");
            times.push(begun.elapsed());
            joined(&outcome.segments)
        })
        .collect();
    times.sort_unstable();
    let rate = error_rate(&turns, &heard);
    println!(
        "alone: {rate:.1} % of the words are wrong; {:?} in the middle, {:?} at most",
        times[times.len() / 2],
        times[times.len() - 1]
    );
    assert!(rate <= 20.0, "{rate:.1} % of the words are wrong");
}

#[test]
fn what_is_no_speech_gives_no_text() {
    let mut noise = 1_u32;
    let mut random = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 16) as i16
    };
    let silence = vec![0; 30 * SECOND];
    let white: Vec<i16> = (0..30 * SECOND).map(|_| random() / 8).collect();
    let tone: Vec<i16> = (0..30 * SECOND)
        .map(|n| ((n as f32 * 440.0 * std::f32::consts::TAU / 16_000.0).sin() * 8_000.0) as i16)
        .collect();
    let mut whisper = starter_here();
    let spans = [Span::from_ms(400, 13_000), Span::from_ms(14_000, 29_000)];
    for (name, sound) in [("silence", silence), ("noise", white), ("a tone", tone)] {
        let call = Call {
            mic: sound,
            system: Vec::new(),
        };
        let outcome = transcribe_spans(
            Track::Mic,
            &spans,
            &mut whisper,
            &mut |track, span| call.read(track, span),
            &mut Ids::default(),
        )
        .expect("it is looked at");
        assert!(
            outcome.segments.is_empty(),
            "{name}: {:?}",
            outcome.segments
        );
        let listed: u64 = outcome
            .untranscribed
            .iter()
            .map(|u| u.end_ms - u.start_ms)
            .sum();
        assert_eq!(listed, 12_600 + 15_000, "{name}");
    }
}

/// The program's own hidden command, with short limits.
fn options() -> WorkerOptions {
    WorkerOptions {
        window_limit: Duration::from_secs(60),
        ..WorkerOptions::new(
            env!("CARGO_BIN_EXE_verbatim").into(),
            vec!["__transcriber".into()],
        )
    }
}

/// A shell that stands for the recogniser's process.
fn shell(script: &str) -> WorkerOptions {
    WorkerOptions {
        load_limit: Duration::from_secs(5),
        window_limit: Duration::from_millis(300),
        limit_per_second: Duration::from_millis(1),
        ..WorkerOptions::new("/bin/sh".into(), vec!["-c".into(), script.into()])
    }
}

/// Ten seconds of the participant's speech.
fn window() -> Vec<i16> {
    Call::open().system[63 * SECOND..73 * SECOND].to_vec()
}

#[test]
fn files_that_are_no_sound_model_are_refused_here_and_by_the_process() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = fs::read(starter()).expect("the starter");
    let mut damaged = whole.clone();
    damaged[60_000..400_000].fill(0x5a);
    let cases: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("notes", b"# Notes\nNothing to hear here.\n"),
        ("cut", &whole[..whole.len() / 3]),
        ("cut at the end", &whole[..whole.len() - 1]),
        ("damaged", &damaged),
    ];
    for (name, bytes) in cases {
        let path = dir.path().join("ggml-model.bin");
        fs::write(&path, bytes).expect("a file");
        let here = Whisper::load(&settings(&path)).err().expect(name);
        let there = Worker::start(options(), settings(&path)).err().expect(name);
        for error in [here, there] {
            assert_eq!(error.kind(), ErrorKind::Model, "{name}: {error}");
            assert!(
                error.to_string().contains("ggml-model.bin"),
                "{name}: {error}"
            );
        }
    }
    let missing = Worker::start(options(), settings(&dir.path().join("none.bin")));
    assert_eq!(missing.expect_err("no such file").kind(), ErrorKind::Model);
}

#[test]
fn a_killed_process_is_replaced_and_the_text_is_the_same() {
    let sound = window();
    let expected = starter_here().transcribe(&sound).expect("text");
    assert!(!expected.is_empty());
    let mut worker = Worker::start(options(), settings(&starter())).expect("the process starts");
    assert_eq!(worker.transcribe(&sound).expect("text"), expected);

    let pid = worker.process_id().expect("a process");
    println!("{}", resident(pid));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        signal(pid, "KILL");
    });
    assert_eq!(worker.transcribe(&sound).expect("text again"), expected);
    killer.join().expect("the killer ends");
    assert_eq!(worker.transcribe(&sound).expect("text at last"), expected);
    assert_eq!(worker.restarts(), 1);

    let pid = worker.process_id().expect("another process");
    drop(worker);
    assert!(!is_alive(pid), "the process outlives its owner");
}

#[test]
fn a_process_that_hangs_is_killed_and_replaced() {
    let sound = window();
    let mut worker = Worker::start(
        WorkerOptions {
            window_limit: Duration::from_secs(2),
            limit_per_second: Duration::from_millis(1),
            ..options()
        },
        settings(&starter()),
    )
    .expect("the process starts");
    let pid = worker.process_id().expect("a process");
    signal(pid, "STOP");
    let begun = Instant::now();
    // On a busy machine the replacement may be too slow as well; it must then be an error, not a hang.
    match worker.transcribe(&sound) {
        Ok(segments) => assert!(!segments.is_empty()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Engine, "{error}"),
    }
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert!(!is_alive(pid), "the process that hangs is still there");
    assert!(worker.restarts() >= 1);
}

#[test]
fn a_process_that_always_dies_is_given_up() {
    let script = r#"read -r settings; echo '{"ready":{"engine":"none"}}'; read -r request"#;
    let mut worker = Worker::start(shell(script), settings(&starter())).expect("it greets");
    let kinds: Vec<ErrorKind> = (0..3)
        .map(|_| worker.transcribe(&[0; SECOND]).expect_err("it dies").kind())
        .collect();
    assert_eq!(
        kinds,
        [ErrorKind::Engine, ErrorKind::Engine, ErrorKind::Model]
    );
    assert_eq!(worker.restarts(), 3);
}

#[test]
fn a_process_that_talks_nonsense_hangs_or_floods_harms_nobody() {
    let refused = |script: &str| {
        let error = Worker::start(shell(script), settings(&starter())).expect_err(script);
        assert_eq!(error.kind(), ErrorKind::Model, "{script}: {error}");
    };
    refused("exit 0");
    refused("echo nonsense; sleep 60");
    refused("cat /dev/zero");
    refused("yes '{\"id\":1,\"answer\":{\"text\":[]}}'");
    refused("sleep 60");

    let greet = r#"read -r settings; echo '{"ready":{"engine":"none"}}';"#;
    for script in [
        "yes '{\"id\":9,\"answer\":{\"text\":[]}}'",
        "cat /dev/zero",
        "sleep 60",
    ] {
        let options = shell(&format!("{greet} {script}"));
        let mut worker = Worker::start(options, settings(&starter())).expect("it greets");
        let begun = Instant::now();
        let error = worker.transcribe(&window()).expect_err(script);
        assert_eq!(error.kind(), ErrorKind::Engine, "{script}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{script}");
    }
}

/// Memory of a process, as Linux tells it.
fn resident(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let lines: Vec<&str> = status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .collect();
    lines.join(", ")
}

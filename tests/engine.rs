//! The recogniser's process with the bundled model: what it hears, and what it survives.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use support::engine::{
    TimedText, options, settings, starter as worker, starter_file, true_words, words_met,
};
use support::measure::array;
use support::process::{is_alive, signal};
use support::program::{flac, sample_call, truth, wait_for};
use support::wer;
use verbatim::ErrorKind;
use verbatim::audio::Track;
use verbatim::engine::protocol::{Settings, WordTimes};
use verbatim::engine::worker::{Worker, WorkerOptions};
use verbatim::text::ids::Ids;
use verbatim::text::transcribe::transcribe_spans;
use verbatim::text::{Limits, RawSegment, TokenTimes, Transcriber};
use verbatim::time::Span;

/// The true turns of a track.
fn turns(track: Track) -> Vec<(Span, String)> {
    array(&truth()["turns"])
        .filter(|turn| turn["track"] == track.to_string().as_str())
        .map(|turn| {
            let ms = |edge: &str| turn[edge].as_u64().expect("ms");
            let text = turn["text"].as_str().expect("text").to_owned();
            (Span::from_ms(ms("start_ms"), ms("end_ms")), text)
        })
        .collect()
}

/// Samples of a span of a track of the sample call, which is at 16 kHz already.
fn sound(samples: &[i16], span: Span) -> Vec<i16> {
    let at = |tick: u64| ((tick / 3) as usize).min(samples.len());
    samples[at(span.start.0)..at(span.end.0)].to_vec()
}

fn text(segments: &[RawSegment]) -> String {
    let bytes: Vec<u8> = segments
        .iter()
        .flat_map(|s| s.tokens.iter().flat_map(|t| t.bytes.clone()))
        .collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

#[test]
fn packed_turns_come_back_as_they_were_said() {
    let mut worker = worker();
    let (mut errors, mut words) = (0, 0);
    for track in [Track::Mic, Track::System] {
        let samples = flac(&sample_call(&format!("{track}.flac")));
        let turns = turns(track);
        let spans: Vec<Span> = turns.iter().map(|(span, _)| *span).collect();
        let outcome = transcribe_spans(
            track,
            &spans,
            &mut worker,
            &mut |_, span| Ok(sound(&samples, span)),
            &mut Ids::default(),
        )
        .expect("the turns are decoded");
        assert!(
            outcome.untranscribed.is_empty(),
            "{:?}",
            outcome.untranscribed
        );
        for segment in &outcome.segments {
            let inside = spans
                .iter()
                .any(|span| span.start.ms() <= segment.start_ms && segment.end_ms <= span.end.ms());
            assert!(inside, "outside every turn: {segment:?}");
        }
        let heard: Vec<&str> = outcome.segments.iter().map(|s| s.text.as_str()).collect();
        let said: Vec<&str> = turns.iter().map(|(_, text)| text.as_str()).collect();
        let (e, w) = wer::errors(&said.join(" "), &heard.join(" "));
        errors += e;
        words += w;
    }
    let rate = f64::from(errors as u32) / f64::from(words as u32);
    assert!(rate <= 0.20, "word error rate {rate:.3}");
}

#[test]
fn silence_noise_and_a_tone_have_no_text() {
    let mut worker = worker();
    let seconds = 14;
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) as i16) / 16
    };
    let tone = |n: usize| {
        let phase = n as f64 * 440.0 * std::f64::consts::TAU / 16_000.0;
        (phase.sin() * 6_000.0) as i16
    };
    let sounds: [Vec<i16>; 3] = [
        vec![0; seconds * 16_000],
        (0..seconds * 16_000).map(|_| noise()).collect(),
        (0..seconds * 16_000).map(tone).collect(),
    ];
    for sound in sounds {
        let heard = text(&worker.transcribe(&sound).expect("a decode"));
        assert_eq!(heard, "");
    }
}

#[test]
fn a_killed_process_is_replaced_and_hears_the_same() {
    let samples = flac(&sample_call("mic.flac"));
    let (span, _) = turns(Track::Mic)[0].clone();
    let sound = sound(&samples, span);
    let mut worker = worker();
    let first = text(&worker.transcribe(&sound).expect("a decode"));
    assert!(first.to_lowercase().contains("thanks"), "{first}");
    let pid = worker.process_id().expect("a process");
    signal(pid, "KILL");
    assert_eq!(text(&worker.transcribe(&sound).expect("a decode")), first);
    assert_eq!(worker.restarts(), 1);
    let second = worker.process_id().expect("a process");
    assert_ne!(second, pid);
    drop(worker);
    wait_for(
        "the process to end with its parent",
        Duration::from_secs(10),
        || (!is_alive(second)).then_some(()),
    );
}

#[test]
fn a_process_that_hangs_is_killed_and_the_window_tried_again() {
    let mut options = options();
    options.window_limit = Duration::from_secs(8);
    options.limit_per_second = Duration::ZERO;
    let mut worker = Worker::start(options, settings(starter_file())).expect("the starter loads");
    let hung = worker.process_id().expect("a process");
    signal(hung, "STOP");
    let answer = worker
        .transcribe(&vec![0; 16_000])
        .expect("the second process answers");
    assert_eq!(text(&answer), "");
    assert_eq!(worker.restarts(), 1);
    assert!(!is_alive(hung));
}

#[test]
fn a_program_that_always_dies_is_given_up() {
    // A process that greets and then ends: `head` passes the greeting on and stops reading.
    let script = r#"printf '{"ready":{"engine":"none"}}\n'; read line; exit 1"#;
    let options = WorkerOptions::new("/bin/sh".into(), vec!["-c".into(), script.into()]);
    let mut worker = Worker::start(options, settings(starter_file())).expect("it greets");
    let mut kinds = Vec::new();
    for _ in 0..4 {
        kinds.push(worker.transcribe(&[0; 16_000]).expect_err("it dies").kind());
    }
    assert_eq!(
        kinds[0],
        ErrorKind::Engine,
        "one window may be at fault itself"
    );
    assert_eq!(kinds[3], ErrorKind::Model, "the recogniser is given up");
}

/// An emulated processor without AVX runs the recogniser of a build for this machine: needs qemu-user.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_processor_that_lacks_what_was_built_for_is_named_as_the_cause() {
    let cpu = [
        "-cpu",
        "Nehalem",
        env!("CARGO_BIN_EXE_verbatim"),
        "__transcriber",
    ];
    let options = WorkerOptions::new("qemu-x86_64".into(), cpu.map(Into::into).into());
    let error = Worker::start(options, settings(starter_file())).expect_err("it lacks AVX");
    assert_eq!(error.kind(), ErrorKind::Engine, "{error}");
    assert!(error.to_string().contains("another processor"), "{error}");
}

/// Settings under which words are heard at their own times.
fn aligning() -> Settings {
    let layers = [1, 2, 3];
    let heads = layers
        .iter()
        .flat_map(|&layer| [0, 1, 2].map(|head| [layer, head]));
    Settings {
        word_times: WordTimes::Heads(heads.collect()),
        ..settings(starter_file())
    }
}

/// The words of a track of the sample call, packed into windows.
fn timed_words(track: Track, worker: &mut Worker) -> Vec<TimedText> {
    let samples = flac(&sample_call(&format!("{track}.flac")));
    let spans: Vec<Span> = turns(track).iter().map(|(span, _)| *span).collect();
    let read = &mut |_: Track, span: Span| Ok(sound(&samples, span));
    let outcome = transcribe_spans(track, &spans, worker, read, &mut Ids::default());
    let segments = outcome.expect("the turns are decoded").segments;
    let words = segments.into_iter().flat_map(|segment| segment.words);
    words
        .map(|word| TimedText {
            text: word.text,
            start_ms: word.start_ms,
            end_ms: word.end_ms,
        })
        .collect()
}

#[test]
fn words_begin_where_they_are_heard() {
    let mut heard = Worker::start(options(), aligning()).expect("the starter loads");
    let mut shared = worker();
    for track in [Track::Mic, Track::System] {
        let truth = true_words(&track.to_string());
        let aligned = words_met(&truth, &timed_words(track, &mut heard));
        let lettered = words_met(&truth, &timed_words(track, &mut shared));
        assert!(aligned.compared >= truth.len() * 7 / 10, "{aligned:?}");
        assert!(aligned.median_ms <= 50, "{aligned:?}");
        assert!(
            aligned.median_ms < lettered.median_ms,
            "{aligned:?} {lettered:?}"
        );
    }
    assert_eq!(heard.restarts(), 0);
}

#[test]
fn a_window_that_ends_an_alignment_is_decoded_without_one() {
    // A process that dies of every window that it is to align, and is the real one otherwise.
    let script = r#"read -r settings
        case $settings in
            *letters*) { printf '%s\n' "$settings"; cat; } | "$0" __transcriber ;;
            *) printf '{"ready":{"engine":"none"}}\n'; read -r window; exit 134 ;;
        esac"#;
    let program = env!("CARGO_BIN_EXE_verbatim");
    let args = vec!["-c".into(), script.into(), program.into()];
    let options = WorkerOptions::new("/bin/sh".into(), args);
    let mut failing = Worker::start(options, aligning()).expect("it greets");
    let samples = flac(&sample_call("mic.flac"));
    let sound = sound(&samples, turns(Track::Mic)[0].0);
    let expected = worker().transcribe(&sound).expect("a decode");
    for _ in 0..2 {
        assert_eq!(failing.transcribe(&sound).expect("a decode"), expected);
    }
    assert_eq!(failing.restarts(), 0, "that is no fault of the process");
}

#[test]
fn what_is_no_model_is_refused_by_the_process_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = fs::read(starter_file()).expect("the starter");
    let made = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    };
    let mut corrupt = model.clone();
    for byte in &mut corrupt[8..40] {
        *byte = 0xa5;
    }
    let bad = [
        made(
            "text.bin",
            b"this is not a model at all, only its name says so",
        ),
        made("empty.bin", b""),
        made("cut.bin", &model[..model.len() / 3]),
        made("corrupt.bin", &corrupt),
        Path::new("/nowhere/model.bin").to_owned(),
    ];
    for path in bad {
        let error = Worker::start(options(), settings(path.clone())).expect_err("no model");
        assert_eq!(
            error.kind(),
            ErrorKind::Model,
            "{}: {error}",
            path.display()
        );
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let mut unknown = settings(starter_file());
    unknown.language = "klingon".into();
    let error = Worker::start(options(), unknown).expect_err("no language");
    assert!(error.to_string().contains("klingon"), "{error}");
}

/// Hears the number that each sample value stands for, as one word.
struct Echo;

impl Transcriber for Echo {
    fn limits(&self) -> Limits {
        Limits {
            window_samples: 15 * 16_000,
        }
    }

    fn transcribe(&mut self, audio: &[i16]) -> verbatim::Result<Vec<RawSegment>> {
        let mut segments = Vec::new();
        let mut at = 0;
        while at < audio.len() {
            let value = audio[at];
            let end = audio[at..]
                .iter()
                .position(|&s| s != value)
                .map_or(audio.len(), |n| at + n);
            if value > 0 {
                let (start_cs, end_cs) = (at as i64 / 160, end as i64 / 160);
                segments.push(RawSegment {
                    start_cs,
                    end_cs,
                    no_speech_prob: 0.0,
                    times: TokenTimes::Shared,
                    tokens: vec![verbatim::text::RawToken {
                        bytes: format!(" n{value}").into_bytes(),
                        start_cs,
                        end_cs,
                        probability: 0.9,
                    }],
                });
            }
            at = end;
        }
        Ok(segments)
    }
}

/// Windows of five seconds of the participant's side.
fn windows() -> Vec<Vec<i16>> {
    let samples = flac(&sample_call("system.flac"));
    let windows = samples.chunks(5 * 16_000).take(8);
    windows.map(<[i16]>::to_vec).collect()
}

/// Decodes all windows with as many begun ahead as the recogniser wants.
fn in_turn(worker: &mut Worker, windows: &[Vec<i16>]) -> Vec<verbatim::Result<Vec<RawSegment>>> {
    let mut next = 0;
    let decode = |(at, window): (usize, &Vec<i16>)| {
        while next < windows.len() && next <= at + worker.ahead() {
            worker.begin(&windows[next]);
            next += 1;
        }
        worker.transcribe(window)
    };
    windows.iter().enumerate().map(decode).collect()
}

/// As [`in_turn`], where no window fails.
fn all_in_turn(worker: &mut Worker, windows: &[Vec<i16>]) -> Vec<Vec<RawSegment>> {
    let texts = in_turn(worker, windows).into_iter();
    texts.map(|text| text.expect("it decodes")).collect()
}

fn shared_out(workers: u16, threads: u16) -> Settings {
    Settings {
        workers,
        threads,
        ..settings(starter_file())
    }
}

#[test]
fn several_workers_and_threads_hear_what_one_hears() {
    let windows = windows();
    let alone = all_in_turn(&mut worker(), &windows);
    assert!(alone.iter().filter(|text| !text.is_empty()).count() > 3);
    let mut several = Worker::start(options(), shared_out(3, 1)).expect("the starter loads");
    assert!(several.ahead() > 0);
    // A window that was begun may be asked for in any order, and others besides.
    several.begin(&windows[2]);
    several.begin(&windows[0]);
    for at in [1, 0, 2] {
        assert_eq!(
            several.transcribe(&windows[at]).expect("it decodes"),
            alone[at]
        );
    }
    assert_eq!(all_in_turn(&mut several, &windows), alone);
    assert!(several.cpu() > Duration::ZERO);
    let mut threaded = Worker::start(options(), shared_out(1, 2)).expect("the starter loads");
    assert_eq!(all_in_turn(&mut threaded, &windows[..2]), alone[..2]);
}

#[test]
fn windows_that_were_begun_survive_the_death_of_their_process() {
    let windows = windows();
    let alone = all_in_turn(&mut worker(), &windows);
    let mut several = Worker::start(options(), shared_out(3, 1)).expect("the starter loads");
    for window in &windows {
        several.begin(window);
    }
    signal(several.process_id().expect("a process"), "KILL");
    assert_eq!(all_in_turn(&mut several, &windows), alone);
    assert_eq!(several.restarts(), 1);
}

#[test]
fn a_window_at_fault_takes_no_other_with_it() {
    // A process that answers the first window it holds once it holds another, or when nothing comes; and
    // that dies of every window of 3,000 samples as soon as it has read it.
    let script = r#"
import json, select, sys
sys.stdin = open(0, 'rb', buffering=0)
def line():
    text = b''
    while not text.endswith(b'\n'):
        byte = sys.stdin.read(1)
        if not byte: sys.exit(0)
        text += byte
    return json.loads(text)
def answer(number, samples):
    segment = dict(start_cs=0, end_cs=samples, no_speech_prob=0, times='shared', tokens=[])
    print(json.dumps(dict(id=number, answer=dict(text=[segment]), cpu_us=1)), flush=True)
line()
print('{"ready":{"engine":"none"}}', flush=True)
held = []
while True:
    if not held or select.select([0], [], [], 0.1)[0]:
        request, left = line(), 0
        left = 2 * request['samples']
        while left: left -= len(sys.stdin.read(left))
        if request['samples'] == 3000: sys.exit(134)
        held.append((request['id'], request['samples']))
        if len(held) > 1: answer(*held.pop(0))
    else:
        answer(*held.pop(0))
"#;
    let windows: Vec<Vec<i16>> = (1..=12).map(|n| vec![0; n * 1_000]).collect();
    let heard = |workers: u16| -> Vec<Option<i64>> {
        let args = vec!["-c".into(), script.into()];
        let options = WorkerOptions::new("python3".into(), args);
        let mut worker = Worker::start(options, shared_out(workers, 1)).expect("it greets");
        let texts = in_turn(&mut worker, &windows);
        let ends = texts.into_iter().map(|text| match text {
            Ok(segments) => Some(segments[0].end_cs),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Engine, "{error}");
                None
            }
        });
        ends.collect()
    };
    let alone = heard(1);
    let expected = (1..=12).map(|n| (n != 3).then_some(n * 1_000));
    assert_eq!(alone, expected.collect::<Vec<_>>());
    for workers in [2, 4] {
        assert_eq!(heard(workers), alone, "{workers} workers");
    }
}

proptest::proptest! {
    #[test]
    fn every_span_gets_its_own_word_whatever_the_windows(
        lengths in proptest::collection::vec((300_u64..6_000, 300_u64..9_000), 1..40)
    ) {
        let mut spans = Vec::new();
        let mut at = 0;
        for (pause, length) in lengths {
            spans.push(Span::from_ms(at + pause, at + pause + length));
            at += pause + length;
        }
        let read = |_: Track, audio: Span| {
            Ok((audio.start.0 / 3..audio.end.0.div_ceil(3))
                .map(|sample| {
                    let tick = verbatim::time::Tick(sample * 3);
                    spans.iter().position(|s| s.contains(tick)).map_or(0, |n| n as i16 + 1)
                })
                .collect())
        };
        let outcome = transcribe_spans(Track::Mic, &spans, &mut Echo, &mut { read }, &mut Ids::default())
            .expect("a decode");
        let words: Vec<String> = outcome.segments.iter().map(|s| s.text.clone()).collect();
        let expected: Vec<String> = (1..=spans.len()).map(|n| format!("n{n}")).collect();
        proptest::prop_assert_eq!(words, expected);
        for (segment, span) in outcome.segments.iter().zip(&spans) {
            proptest::prop_assert!(segment.start_ms >= span.start.ms());
            proptest::prop_assert!(segment.end_ms <= span.end.ms());
        }
    }
}

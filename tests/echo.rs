//! A call on loudspeakers, through the program: what the microphone repeats is in no turn, in no talk
//! share and in no text, live and afterwards; the sound stays.
#![cfg(target_os = "linux")]

#[path = "support/hearing.rs"]
mod hearing;
#[path = "support/rooms.rs"]
mod rooms;
mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::measure::{array, said};
use support::program::{
    count, events, expect_code, json, only_session, run, sample_call, stdout, verbatim, wav,
    write_wav,
};

/// The sample call's microphone, 10 dB of echo in it.
fn on_loudspeakers(dir: &Path) -> PathBuf {
    let echo = rooms::played(rooms::ROOMS[0], 1);
    let mix = rooms::mix(Some((&echo, -10.0)), rooms::Talk::Turns);
    let path = dir.join("loud.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
    for sample in mix.mic {
        writer.write_sample(sample).expect("a sample");
    }
    writer.finalize().expect("a file");
    path
}

/// From here on it is certain that the microphone repeats the other side, which begins to speak after
/// some seconds.
const SURE_MS: u64 = 9_000;

/// The words that were shown while they were spoken.
fn partials(lines: &str) -> Vec<Value> {
    let lines = lines.lines().map(serde_json::from_str::<Value>);
    let lines = lines.map(|line| line.expect("a line of JSON"));
    let partials = lines.filter(|line| line["type"] == "transcript.partial");
    partials.map(|line| line["data"].clone()).collect()
}

fn talk_share(turns: &Value) -> f64 {
    let mic = array(&turns["tracks"]).find(|track| track["track"] == "mic");
    mic.expect("a microphone")["talk_share"]
        .as_f64()
        .expect("a share")
}

fn echoes(turns: &Value) -> Vec<Value> {
    array(&turns["tracks"])
        .flat_map(|track| match &track["echo"] {
            Value::Array(echo) => echo.clone(),
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn turns_of_loose_files_leave_the_echo_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let mic = on_loudspeakers(dir.path());
    let output = run(verbatim(dir.path())
        .arg("turns")
        .arg(&mic)
        .arg(sample_call("system.flac")));
    expect_code(&output, 0);
    let turns: Value = serde_json::from_str(&stdout(&output)).expect("a document");
    // The truth is 0.401; with the echo it would be above 0.6.
    let share = talk_share(&turns);
    assert!((share - 0.401).abs() < 0.03, "{share}");
    let echoes = echoes(&turns);
    assert!(echoes.len() > 8, "{echoes:?}");
    assert!(echoes.iter().all(|echo| echo["echo_of"] == "system"));
}

#[test]
fn a_transcribed_call_says_every_sentence_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let mic = on_loudspeakers(dir.path());
    let output = run(verbatim(dir.path())
        .args(["transcribe", "--together"])
        .arg(&mic)
        .arg(sample_call("system.flac")));
    expect_code(&output, 0);
    let session = only_session(dir.path());
    let (mic_text, system_text) = (said(&session, "mic"), said(&session, "system"));
    assert!(
        mic_text.to_lowercase().contains("thanks for joining"),
        "{mic_text}"
    );
    assert!(
        system_text.to_lowercase().contains("frustrating"),
        "{system_text}"
    );
    assert!(
        !mic_text.to_lowercase().contains("frustrating"),
        "{mic_text}"
    );
    assert!(count(&session, "speech.echo") > 8);
    let turns = json(&session.join("turns.json"));
    assert!((talk_share(&turns) - 0.401).abs() < 0.03);
    // Nor does the interviewer ask or say, by the review, what the microphone repeated.
    let (echoes, review) = (echoes(&turns), json(&session.join("review.json")));
    let inside = |item: &Value| {
        let at = |range: &Value, name: &str| range[name].as_u64().expect("ms");
        let (start, end) = (
            at(&item["evidence"], "start_ms"),
            at(&item["evidence"], "end_ms"),
        );
        let within = |echo: &Value| at(echo, "start_ms") <= start && end <= at(echo, "end_ms");
        item["evidence"]["track"] == "mic" && echoes.iter().any(within)
    };
    let asked = array(&review["questions"]).filter(|q| q["evidence"]["track"] == "mic");
    assert!(asked.count() >= 7, "{review:#}");
    for list in ["questions", "quotes", "numbers"] {
        for item in array(&review[list]) {
            assert!(!inside(item), "{list}: {item}");
        }
    }
    // All speech that counts has its text, and what repeats the other side needs none.
    let transcript = json(&session.join("transcript.json"));
    assert_eq!(array(&transcript["untranscribed"]).count(), 0);
    let before = fs::read(session.join("turns.json")).expect("a document");
    expect_code(&run(verbatim(dir.path()).arg("rebuild").arg(&session)), 0);
    assert_eq!(
        before,
        fs::read(session.join("turns.json")).expect("a document")
    );
}

#[test]
fn a_live_call_leaves_the_echo_out_and_keeps_the_sound() {
    let dir = tempfile::tempdir().expect("a folder");
    let mic = on_loudspeakers(dir.path());
    let mut command = verbatim(dir.path());
    command
        .args(["record", "--json", "--for", "26s", "--mic"])
        .arg(format!("file:{}", mic.display()))
        .arg("--system")
        .arg(format!("file:{}", sample_call("system.flac").display()));
    let output = run(&mut command);
    expect_code(&output, 0);
    let session = only_session(dir.path());
    let turns = json(&session.join("turns.json"));
    let echoes = echoes(&turns);
    assert!(echoes.len() >= 2, "{echoes:?}");
    let shown = partials(&stdout(&output));
    assert!(shown.iter().any(|partial| partial["track"] == "system"));
    for partial in shown.iter().filter(|partial| partial["track"] == "mic") {
        let at = |range: &Value, name: &str| range[name].as_u64().expect("ms");
        let (start, heard) = (at(partial, "start_ms"), at(partial, "heard_ms"));
        let repeated = echoes.iter().map(|echo| {
            let (from, to) = (
                at(echo, "start_ms").max(start),
                at(echo, "end_ms").min(heard),
            );
            to.saturating_sub(from)
        });
        // Before the first seconds of the other side nothing can be known.
        let is_echo = repeated.sum::<u64>() * 2 > heard - start;
        assert!(
            !is_echo || start < SURE_MS,
            "shown: {partial} of {echoes:?}"
        );
    }
    // What is told while the call goes on agrees with the document: no turn of the microphone lies
    // inside an echo.
    for event in events(&session) {
        if event["type"] == "turn.end" && event["data"]["track"] == "mic" {
            let inside = echoes.iter().any(|echo| {
                echo["start_ms"].as_u64() <= event["data"]["start_ms"].as_u64()
                    && event["data"]["end_ms"].as_u64() <= echo["end_ms"].as_u64()
            });
            assert!(!inside, "{event} in {echoes:?}");
        }
        // Speech that waits for its text is nobody's echo either.
        if event["type"] == "transcript.deferred" && event["data"]["track"] == "mic" {
            let inside = echoes.iter().any(|echo| {
                echo["start_ms"].as_u64() <= event["data"]["start_ms"].as_u64()
                    && event["data"]["end_ms"].as_u64() <= echo["end_ms"].as_u64()
            });
            assert!(!inside, "{event} in {echoes:?}");
        }
    }
    let echo = &echoes[0];
    let (spec, samples) = wav(&session.join("audio/mic.wav"));
    assert_eq!(spec.sample_rate, 48_000);
    let at = |ms: &Value| ms.as_u64().expect("a time") as usize * 48;
    let sound = &samples[at(&echo["start_ms"])..at(&echo["end_ms"])];
    assert!(sound.iter().any(|sample| sample.unsigned_abs() > 500));
    let before = fs::read(session.join("turns.json")).expect("a document");
    expect_code(&run(verbatim(dir.path()).arg("rebuild").arg(&session)), 0);
    assert_eq!(
        before,
        fs::read(session.join("turns.json")).expect("a document")
    );
}

#[test]
fn a_recogniser_may_hear_the_microphone_without_the_echo() {
    let dir = tempfile::tempdir().expect("a folder");
    let echo = rooms::played(rooms::ROOMS[0], 1);
    let mix = rooms::mix(Some((&echo, -10.0)), rooms::Talk::Double);
    let cut = |name: &str, samples: &[i16]| {
        let path = dir.path().join(name);
        write_wav(&path, 16_000, 1, &samples[..24 * 16_000]);
        path
    };
    let files = [cut("mic.wav", &mix.mic), cut("system.wav", &mix.system)];
    let transcribe = |more: &[&str]| {
        let sessions = tempfile::tempdir().expect("a folder");
        let mut command = verbatim(sessions.path());
        command
            .args(["transcribe", "--together", "--word-times", "fast"])
            .args(more);
        expect_code(&run(command.args(&files)), 0);
        let session = only_session(sessions.path());
        let read = |name: &str| fs::read(session.join(name)).expect("a file");
        let told = json(&session.join("transcript.json"));
        let settings = told["passes"][0]["settings"].as_str().expect("settings");
        let text = (said(&session, "mic"), said(&session, "system"));
        let kept = ["audio/mic.wav", "audio/system.wav"].map(read);
        (settings.contains("echo cancelled"), text, kept)
    };
    let (as_it_is, cancelled) = (transcribe(&[]), transcribe(&["--aec"]));
    assert_eq!((as_it_is.0, cancelled.0), (false, true));
    assert!(
        as_it_is.2 == cancelled.2,
        "the archive is what was recorded"
    );
    // Only what the microphone hears is another.
    let ((before, far), (after, far_again)) = (as_it_is.1, cancelled.1);
    assert_eq!(far, far_again);
    assert_ne!(before, after);
}

//! The language of a call: told, found out and kept, or refused.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::measure::array;
use support::process::{Recorder, signal};
use support::program::{
    count, events, expect_code, flac, json, only_session, run, sample_call, stderr, transcribe_by,
    verbatim, wait_for, write_wav,
};
use support::tongues::multilingual;

const LIMIT: Duration = Duration::from_secs(120);

/// Whisper's number of German.
const GERMAN: usize = 2;

/// The first seconds of both sides of the sample call.
fn sides(dir: &Path) -> [PathBuf; 2] {
    ["mic", "system"].map(|name| {
        let path = dir.join(format!("{name}.wav"));
        let samples = flac(&sample_call(&format!("{name}.flac")));
        write_wav(&path, 16_000, 1, &samples[..60 * 16_000]);
        path
    })
}

fn transcribe(place: &Path, model: &Path, more: &[&str]) -> Command {
    let mut command = transcribe_by(place, model);
    command.args(more);
    command
}

/// Model of the last pass: what it says of languages.
fn last_pass(session: &Path) -> Value {
    let transcript = json(&session.join("transcript.json"));
    array(&transcript["passes"]).last().expect("a pass").clone()
}

fn words(session: &Path) -> usize {
    let transcript = json(&session.join("transcript.json"));
    let segments = array(&transcript["segments"]);
    segments
        .map(|segment| array(&segment["words"]).count())
        .sum()
}

#[test]
fn each_tracks_language_is_found_out_before_its_text_and_kept_when_the_work_is_cut_off() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = multilingual(dir.path(), GERMAN);
    let calls = sides(dir.path());
    let whole = dir.path().join("whole");
    expect_code(&run(transcribe(&whole, &model, &[]).args(&calls)), 0);
    let session = only_session(&whole);
    let pass = last_pass(&session);
    assert_eq!(pass["language"], "auto");
    let found: Vec<&Value> = array(&pass["languages"]).collect();
    assert_eq!(found.len(), 2, "{pass}");
    for (found, track) in found.iter().zip(["mic", "system"]) {
        assert_eq!(
            (&found["track"], &found["language"]),
            (&track.into(), &"de".into())
        );
        assert_eq!(found["basis"], "sure", "{found}");
        assert!(
            found["probability"].as_f64().expect("a number") >= 0.8,
            "{found}"
        );
        let heard = found["heard_ms"].as_u64().expect("ms");
        assert!((8_000..40_000).contains(&heard), "{found}");
    }
    assert!(words(&session) > 60, "{} words", words(&session));
    let log = events(&session);
    let at = |kind: &str| {
        log.iter()
            .position(|e| e["type"] == kind)
            .expect("an event")
    };
    assert!(at("language.detected") < at("transcript.final"));
    let exported = run(verbatim(&whole).args(["export", "last", "--as", "md", "--out", "-"]));
    assert!(String::from_utf8_lossy(&exported.stdout).contains("language: \"de\""));

    // Another pass of the same model is in the languages that are known.
    let cut = dir.path().join("cut");
    let mut child = transcribe(&cut, &model, &[])
        .args(&calls)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    wait_for("a final", LIMIT, || {
        let session = support::program::sessions(&cut).pop()?;
        let told = count(&session, "transcript.final") + 2 * count(&session, "session.stopped");
        (told > 1
            && fs::read_to_string(session.join(".windows.ndjson"))
                .ok()?
                .lines()
                .count()
                > 2)
        .then_some(())
    });
    signal(child.id(), "KILL");
    child.wait().expect("it is reaped");
    expect_code(&run(transcribe(&cut, &model, &[]).args(&calls)), 0);
    let again = only_session(&cut);
    assert_eq!(count(&again, "language.detected"), 2);
    let text = |session: &Path| {
        let mut transcript = json(&session.join("transcript.json"));
        transcript["session"] = Value::Null;
        transcript
    };
    assert_eq!(text(&again), text(&session));
}

#[test]
fn a_language_that_is_told_is_never_looked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = multilingual(dir.path(), GERMAN);
    let [mic, _] = sides(dir.path());
    let told = run(transcribe(dir.path(), &model, &["--language", "English"]).arg(mic));
    expect_code(&told, 0);
    let session = only_session(dir.path());
    let pass = last_pass(&session);
    assert_eq!(
        (&pass["language"], &pass["languages"]),
        (&"en".into(), &Value::Null)
    );
    assert_eq!(count(&session, "language.detected"), 0);
    assert!(words(&session) > 20, "{} words", words(&session));
}

#[test]
fn a_language_that_the_model_does_not_know_is_refused_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = multilingual(dir.path(), GERMAN);
    let [mic, _] = sides(dir.path());
    for command in ["transcribe", "record", "finish"] {
        for (model, language, expected) in [
            (
                model.to_str().expect("a path"),
                "klingon",
                ["no language Whisper knows", "es (spanish)"],
            ),
            (
                model.to_str().expect("a path"),
                "yue",
                ["does not know", "es (spanish)"],
            ),
            ("starter", "de", ["English only", "--model base"]),
        ] {
            let mut refused = verbatim(dir.path());
            refused.arg(command);
            match command {
                "transcribe" => drop(refused.arg(&mic)),
                "record" => drop(refused.arg("--mic").arg(format!("file:{}", mic.display()))),
                _ => continue,
            }
            refused.args(["--model", model, "--language", language]);
            let output = run(&mut refused);
            expect_code(&output, 2);
            let text = stderr(&output);
            assert!(expected.iter().all(|part| text.contains(part)), "{text}");
        }
    }
    assert!(support::program::sessions(dir.path()).is_empty());
    expect_code(
        &run(transcribe(dir.path(), Path::new("starter"), &["--language", "auto"]).arg(mic)),
        0,
    );
    assert_eq!(last_pass(&only_session(dir.path()))["language"], "en");
}

#[test]
fn while_a_call_goes_on_the_language_is_settled_and_finish_keeps_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = multilingual(dir.path(), GERMAN);
    let model = model.to_str().expect("a path");
    let more = ["--model", model, "--for", "32s", "--vad", "webrtc"];
    let mut recorder = Recorder::of_files(dir.path(), &more);
    let session = recorder.session();
    recorder.wait();
    let found: Vec<Value> = events(&session)
        .into_iter()
        .filter(|event| event["type"] == "language.detected")
        .collect();
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|e| e["data"]["language"] == "de"),
        "{found:#?}"
    );
    let sure = |track: &str| {
        let of_track = found.iter().filter(|e| e["data"]["track"] == track);
        of_track
            .map(|e| e["data"]["basis"] == "sure")
            .collect::<Vec<bool>>()
    };
    // The interviewer speaks for more than 8 s of the 32; once the model is sure, nothing is told again.
    let told = sure("mic");
    assert!(told.ends_with(&[true]) && told.len() <= 2, "{found:#?}");
    let pass = last_pass(&session);
    assert_eq!(
        (&pass["mode"], &pass["language"]),
        (&"live".into(), &"auto".into())
    );
    assert!(words(&session) > 20);
}

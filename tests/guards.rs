//! What a recorder watches over and what it may keep, as its users meet it: pauses, calls without audio,
//! consent, a forgotten stop, a disk that fills up, a machine that sleeps, other users.
#![cfg(target_os = "linux")]

#[path = "guards/doctor.rs"]
mod doctor;
#[path = "guards/privacy.rs"]
mod privacy;
#[path = "guards/sleep.rs"]
mod sleep;
mod support;

use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::thread::sleep as wait;
use std::time::Duration;

use serde_json::Value;
use support::measure::array;
use support::process::Recorder;
use support::program::{
    count, events, expect_code, flac, json, only_session, run, runtime, sample_call, stderr,
    stdout, verbatim, wait_for, wav, write_wav,
};
use verbatim::dsp::mixdown::append_i16;
use verbatim::dsp::resample::Resampler;

const PATIENCE: Duration = Duration::from_secs(60);

/// A recorder of the sample call's files whose tracks have begun and that can be reached.
fn recording(dir: &Path, more: &[&str]) -> (Recorder, PathBuf) {
    let recorder = Recorder::of_files(dir, more);
    let session = recorder.session();
    wait_for("both tracks", PATIENCE, || {
        (count(&session, "track.started") == 2).then_some(())
    });
    wait_for("the socket", PATIENCE, || {
        let found = fs::read_dir(runtime(dir)).ok()?.flatten();
        let mut paths = found.map(|entry| entry.path());
        paths.find(|path| path.extension().is_some_and(|e| e == "sock"))
    });
    (recorder, session)
}

/// Runs a command that prints the recorder's answer; returns it.
fn ask(dir: &Path, command: &str) -> Value {
    let output = run(verbatim(dir).args([command, "--json"]));
    expect_code(&output, 0);
    serde_json::from_str(&stdout(&output)).expect("JSON")
}

fn of_type(session: &Path, kind: &str) -> Vec<Value> {
    let events = events(session).into_iter();
    let wanted = events.filter(|event| event["type"] == kind);
    wanted.map(|event| event["data"].clone()).collect()
}

fn codes(session: &Path) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let warnings = of_type(session, "warning").into_iter();
    warnings
        .map(|warning| {
            let code = text(&warning["code"]).expect("a code");
            (code, text(&warning["alarm"]))
        })
        .collect()
}

/// A recording at 16 kHz as it is archived: at 48 kHz.
fn archived(played: &[i16]) -> Vec<i16> {
    let rate = |hertz| NonZeroU32::new(hertz).expect("a rate");
    let mut resampler = Resampler::new(rate(16_000), rate(48_000)).expect("a resampler");
    let samples: Vec<f32> = played.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let mut out = Vec::new();
    resampler.push(&samples, &mut out);
    resampler.finish(&mut out);
    let mut pcm = Vec::new();
    append_i16(&out, &mut pcm);
    pcm
}

#[test]
fn a_pause_is_exact_and_the_call_goes_on_where_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut recorder, session) = recording(dir.path(), &["--consent-scope", "record"]);
    wait(Duration::from_millis(1_700));
    let paused = ask(dir.path(), "pause");
    assert_eq!(paused["status"]["state"], "paused");
    assert_eq!(ask(dir.path(), "pause")["status"]["state"], "paused");
    wait(Duration::from_millis(700));
    let marked = run(verbatim(dir.path()).args(["mark", "idea", "--json"]));
    expect_code(&marked, 0);
    wait(Duration::from_millis(500));
    let told = run(verbatim(dir.path()).arg("status"));
    assert!(stdout(&told).starts_with("PAUSED since 00:0"), "{told:?}");
    let resumed = ask(dir.path(), "resume");
    assert_eq!(resumed["status"]["state"], "recording");
    wait(Duration::from_millis(1_500));
    let status = ask(dir.path(), "status");
    assert_eq!(status["status"]["tracks"][0]["state"], "live");
    assert_eq!(ask(dir.path(), "stop")["status"]["state"], "stopping");
    assert_eq!(recorder.wait().code(), Some(0), "nothing is lost");

    let at = |kind: &str| {
        let data = of_type(&session, kind);
        assert_eq!(data.len(), 1, "{kind}");
        data[0]["at_sample"].as_u64().expect("a sample")
    };
    let (from, until) = (at("session.paused"), at("session.resumed"));
    assert!(until - from > 48_000, "{from} to {until}");
    for track in ["mic", "system"] {
        let gaps = of_type(&session, "track.gap");
        let gap = gaps.iter().find(|gap| gap["track"] == track);
        let gap = gap.expect("a gap");
        assert_eq!(gap["cause"], "paused");
        assert_eq!(gap["start_sample"], from);
        assert_eq!(gap["samples"], until - from);
        let (_, samples) = wav(&session.join(format!("audio/{track}.wav")));
        let silent = &samples[from as usize..until as usize];
        assert!(silent.iter().all(|&s| s == 0), "{track}: something is kept");
    }
    let (_, mic) = wav(&session.join("audio/mic.wav"));
    let played = archived(&flac(&sample_call("mic.flac")));
    let manifest = json(&session.join("session.json"));
    let offset = manifest["tracks"][0]["offset_samples"].as_u64();
    let offset = offset.expect("samples") as usize;
    for part in [offset..from as usize, until as usize..mic.len()] {
        let there = &played[part.start - offset..part.end - offset];
        let near = |(a, b): (&i16, &i16)| a.abs_diff(*b) <= 1;
        let differs = mic[part.clone()]
            .iter()
            .zip(there)
            .position(|pair| !near(pair));
        assert_eq!(differs, None, "in {part:?}, the file begins at {offset}");
        assert!(
            there.iter().any(|s| s.unsigned_abs() > 1_000),
            "{part:?} is silent"
        );
    }

    assert_eq!(manifest["status"], "complete");
    for track in array(&manifest["tracks"]) {
        assert_eq!(track["lost_samples"], 0);
        assert_eq!(track["paused_samples"], until - from);
    }
    let marker = &json(&session.join("markers.json"))["markers"][0];
    let marked = marker["t_ms"].as_u64().expect("ms");
    assert!((from / 48..until / 48).contains(&marked), "{marker}");
    let over = run(verbatim(dir.path()).arg("pause"));
    expect_code(&over, 1);
}

#[test]
fn a_recorder_that_is_killed_in_a_pause_leaves_a_pause() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut recorder, session) = recording(dir.path(), &["--consent-scope", "record"]);
    wait(Duration::from_millis(1_500));
    ask(dir.path(), "pause");
    wait(Duration::from_millis(2_500));
    recorder.signal("KILL");
    recorder.wait();
    expect_code(&run(verbatim(dir.path()).arg("finish").arg("last")), 0);
    let from = of_type(&session, "session.paused")[0]["at_sample"].clone();
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "recovered");
    let end = manifest["duration_samples"].as_u64().expect("samples");
    let from = from.as_u64().expect("a sample");
    assert!(end > from + 48_000, "{end}");
    for track in array(&manifest["tracks"]) {
        let gap = &track["gaps"][0];
        assert_eq!(
            (&gap["cause"], &gap["start_sample"]),
            (&"paused".into(), &from.into())
        );
        let rest = array(&track["gaps"])
            .skip(1)
            .all(|gap| gap["cause"] == "crash");
        assert!(rest, "{track}");
        let covered: u64 = array(&track["gaps"])
            .map(|gap| gap["samples"].as_u64().expect("samples"))
            .sum();
        assert_eq!(covered, end - from, "{track}");
    }
    // Text was never agreed to, so none was made, not even now.
    assert_eq!(count(&session, "pass.started"), 0);
    let transcript = json(&session.join("transcript.json"));
    let reasons: Vec<&Value> = array(&transcript["untranscribed"])
        .map(|speech| &speech["reason"])
        .collect();
    assert!(!reasons.is_empty());
    assert!(
        reasons.iter().all(|reason| **reason == "not_allowed"),
        "{reasons:?}"
    );
}

fn nothing_but_documents(session: &Path) {
    let kept: Vec<PathBuf> = fs::read_dir(session.join("audio"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(count(session, "pass.started"), 0);
    let transcript = json(&session.join("transcript.json"));
    assert_eq!(array(&transcript["segments"]).count(), 0);
}

#[test]
fn without_a_yes_markers_and_notes_are_kept_and_no_device_is_opened() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut command = verbatim(dir.path());
    command
        .args(["record", "--no-audio", "--title", "No"])
        .env("PULSE_SERVER", "unix:/nonexistent/pulse")
        .env("VERBATIM_REQUIRE_CONSENT", "1");
    let mut recorder = Recorder::start(command, dir.path());
    let session = recorder.session();
    wait_for("a marker", PATIENCE, || {
        let marked = run(verbatim(dir.path()).args(["mark", "pain", "--note", "copies by hand"]));
        marked.status.success().then_some(())
    });
    wait(Duration::from_millis(1_200));
    ask(dir.path(), "stop");
    assert_eq!(recorder.wait().code(), Some(0));
    nothing_but_documents(&session);
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["no_audio"], "markers");
    assert_eq!(manifest["status"], "complete");
    assert_eq!(array(&manifest["tracks"]).count(), 0);
    assert!(manifest["duration_ms"].as_u64().expect("ms") >= 1_200);
    for arguments in [
        &["show", "last"][..],
        &["finish", "last"],
        &["rebuild", "last"],
        &["export", "last", "--as", "all"],
    ] {
        let output = run(verbatim(dir.path()).args(arguments));
        expect_code(&output, 0);
        assert!(!stdout(&output).is_empty(), "{arguments:?}");
    }
    let notes = fs::read_to_string(session.join("exports/markers.csv")).expect("a table");
    assert!(notes.contains("copies by hand"), "{notes}");
    let cut = run(verbatim(dir.path()).args(["clip", "last", "--from", "0:00", "--to", "0:01"]));
    expect_code(&cut, 1);
    assert!(stderr(&cut).contains("keeps no audio"), "{}", stderr(&cut));
}

#[test]
fn timing_tells_who_spoke_when_and_keeps_no_sound() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::of_files(dir.path(), &["--no-audio=timing", "--for", "10s"]);
    let session = recorder.session();
    assert_eq!(recorder.wait().code(), Some(0));
    nothing_but_documents(&session);
    let turns = json(&session.join("turns.json"));
    assert!(array(&turns["turns"]).count() >= 2, "{turns}");
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["no_audio"], "timing");
    assert_eq!(manifest["tracks"][0]["files"], Value::Array(Vec::new()));
    let before = fs::read(session.join("turns.json")).expect("a document");
    expect_code(&run(verbatim(dir.path()).arg("finish").arg("last")), 0);
    assert!(before == fs::read(session.join("turns.json")).expect("a document"));
    nothing_but_documents(&session);

    let dir = tempfile::tempdir().expect("a folder");
    let (mut recorder, session) = recording(dir.path(), &["--no-audio=timing"]);
    wait_for("speech", PATIENCE, || {
        (count(&session, "speech.start") > 0 && count(&session, "heartbeat") > 0).then_some(())
    });
    recorder.signal("KILL");
    recorder.wait();
    expect_code(&run(verbatim(dir.path()).arg("finish").arg("last")), 0);
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "recovered");
    assert!(manifest["duration_ms"].as_u64().expect("ms") > 1_000);
}

#[test]
fn where_consent_is_required_nothing_starts_without_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let refused = |more: &[&str], variable: &str| {
        let output = run(verbatim(dir.path())
            .args(["record", "--system", "none", "--mic"])
            .arg(format!("file:{}", sample_call("mic.flac").display()))
            .args(more)
            .env("VERBATIM_REQUIRE_CONSENT", variable));
        expect_code(&output, 2);
        let said = stderr(&output);
        assert!(said.contains("--consent \"Anna agreed"), "{said}");
        assert!(support::program::sessions(dir.path()).is_empty());
    };
    refused(&["--require-consent"], "");
    refused(&[], "1");
    refused(&["--consent-scope", "quote-internally"], "true");
    refused(&["--no-audio=timing"], "1");
    let mut recorder = Recorder::of_files(
        dir.path(),
        &[
            "--require-consent",
            "--consent",
            "yes",
            "--no-live",
            "--for",
            "1s",
        ],
    );
    assert_eq!(recorder.wait().code(), Some(0));
}

/// What the program says at the end of two recordings that are of these lengths, in samples at 16 kHz.
fn said_of_ends(lengths: [usize; 2]) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let [mic, system] = lengths.map(|length| {
        let path = dir.path().join(format!("{length}.wav"));
        let samples: Vec<i16> = (0..length).map(|n| ((n * 7_919) % 13) as i16 - 6).collect();
        write_wav(&path, 16_000, 1, &samples);
        format!("file:{}", path.display())
    });
    let mut command = verbatim(dir.path());
    command.args(["record", "--no-live", "--mic", &mic, "--system", &system]);
    let output = run(&mut command);
    expect_code(&output, 0);
    stdout(&output)
}

#[test]
fn recordings_of_nearly_one_length_have_lost_nothing() {
    let said = said_of_ends([32_000, 32_050]);
    assert!(!said.contains("Lost") && !said.contains("early"), "{said}");
    let said = said_of_ends([24_000, 56_000]);
    assert!(said.contains("The mic track ends "), "{said}");
    assert!(!said.contains("Lost"), "{said}");
}

/// A file of so many seconds: noise far below speech, or a tone that is much too loud.
fn sound(dir: &Path, name: &str, seconds: usize, loud: bool) -> String {
    let sample = |n: usize| match loud {
        false => ((n * 7_919) % 13) as i16 - 6,
        true => (((n as f64 / 9.0).sin() * 90_000.0).clamp(-32_768.0, 32_767.0)) as i16,
    };
    let samples: Vec<i16> = (0..seconds * 16_000).map(sample).collect();
    let path = dir.join(name);
    write_wav(&path, 16_000, 1, &samples);
    format!("file:{}", path.display())
}

#[test]
fn a_forgotten_stop_is_told_and_then_made() {
    let dir = tempfile::tempdir().expect("a folder");
    let quiet = sound(dir.path(), "quiet.wav", 40, false);
    let mut command = verbatim(dir.path());
    command.args(["record", "--no-live", "--mic", &quiet, "--system", &quiet]);
    command.args(["--stop-after-silence", "4s", "--planned", "1s"]);
    let mut recorder = Recorder::start(command, dir.path());
    let session = recorder.session();
    assert_eq!(recorder.wait().code(), Some(0));
    let told = codes(&session);
    let code = |code: &str, alarm: Option<&str>| (code.to_owned(), alarm.map(str::to_owned));
    let expected = [
        code("plan_over", None),
        code("long_silence", Some("raised")),
    ];
    assert_eq!(told, expected);
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["stop_reason"], "silence");
    let length = manifest["duration_ms"].as_u64().expect("ms");
    assert!((4_000..20_000).contains(&length), "{length}");
}

#[test]
fn what_is_wrong_with_the_tracks_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let loud = sound(dir.path(), "loud.wav", 40, true);
    let mut command = verbatim(dir.path());
    command.args(["record", "--no-live", "--mic", &loud, "--system", &loud]);
    let mut recorder = Recorder::start(command, dir.path());
    let session = recorder.session();
    wait_for("equal tracks to be told", PATIENCE, || {
        let told = codes(&session);
        told.iter()
            .any(|(code, _)| code == "tracks_equal")
            .then_some(())
    });
    recorder.signal("INT");
    recorder.wait();
    let states: Vec<Value> = of_type(&session, "track.health");
    for track in ["mic", "system"] {
        let mine = states.iter().filter(|state| state["track"] == track);
        let mine: Vec<&Value> = mine.map(|state| &state["state"]).collect();
        assert_eq!(mine, ["waiting", "live", "clipping"]);
    }
    let told = states.iter().find(|state| state["state"] == "clipping");
    let message = told.and_then(|state| state["message"].as_str());
    assert!(message.is_some_and(|message| message.contains("too loud")));
}

#[test]
fn a_disk_that_fills_up_ends_the_recording_while_it_is_complete() {
    let dir = tempfile::tempdir().expect("a folder");
    let small = dir.path().join("small");
    fs::create_dir(&small).expect("a folder");
    let copy = dir.path().join("copy");
    fs::create_dir(&copy).expect("a folder");
    let script = format!(
        "mount -t tmpfs -o size=3m none {small} && {program} record --dir {small} --json \
         --consent-scope record --keep-free 6s --mic file:{mic} --system file:{system}; code=$?; \
         cp -r {small}/*/. {copy}; exit $code",
        small = small.display(),
        program = env!("CARGO_BIN_EXE_verbatim"),
        mic = sample_call("mic.flac").display(),
        system = sample_call("system.flac").display(),
        copy = copy.display(),
    );
    let output = run(std::process::Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .env("VERBATIM_RUNTIME_DIR", runtime(dir.path())));
    expect_code(&output, 6);
    let manifest = json(&copy.join("session.json"));
    assert_eq!(manifest["status"], "complete");
    assert_eq!(manifest["stop_reason"], "disk");
    assert!(manifest["duration_ms"].as_u64().expect("ms") >= 4_000);
    for track in array(&manifest["tracks"]) {
        assert_eq!(track["lost_samples"], 0);
        assert_eq!(track["samples"], manifest["duration_samples"]);
    }
    let told = codes(&copy);
    assert!(told.iter().any(|(code, _)| code == "disk_low"), "{told:?}");
    assert!(copy.join("turns.json").exists());
}

//! `verbatim transcribe` a second time: what it goes on with, what it adds, and what it remembers.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::engine::starter_file;
use support::process::signal;
use support::program::{
    count, events, expect_code, flac, json, only_session, run, sample_call, sessions, start,
    stderr, transcribe_by, verbatim, wait_for, write_wav,
};

const LIMIT: Duration = Duration::from_secs(120);

/// Some seconds of the participant's side.
fn piece(dir: &Path, seconds: std::ops::Range<usize>) -> PathBuf {
    let path = dir.join("call.wav");
    let samples = flac(&sample_call("system.flac"));
    let samples = &samples[seconds.start * 16_000..seconds.end * 16_000];
    write_wav(&path, 16_000, 1, samples);
    path
}

/// The transcript without the session's id.
fn transcript(session: &Path) -> Value {
    let mut transcript = json(&session.join("transcript.json"));
    transcript["session"] = Value::Null;
    transcript
}

#[test]
fn killed_with_a_glossary_it_goes_on_with_the_same_one_only() {
    let dir = tempfile::tempdir().expect("a folder");
    // Three windows, and a worker alone: there is time between the first and the last.
    let call = piece(dir.path(), 0..120);
    // The starter takes no glossary; a model that nobody knows does.
    let mut model = fs::read(starter_file()).expect("the starter");
    *model.last_mut().expect("a byte") ^= 1;
    let other = dir.path().join("other.bin");
    fs::write(&other, model).expect("a model");
    let names = dir.path().join("names.txt");
    fs::write(&names, "Anna Kovács\nAcme\n").expect("a glossary");
    let transcribe = |place: &Path, glossary: bool| {
        let mut command = transcribe_by(place, &other);
        command.args(["--workers", "1"]).arg(&call);
        if glossary {
            command.arg("--glossary").arg(&names);
        }
        command
    };
    let place = dir.path().join("cut");
    let mut child = start(&mut transcribe(&place, true));
    let session = wait_for("windows", LIMIT, || {
        let session = sessions(&place).pop()?;
        let text = fs::read_to_string(session.join(".windows.ndjson")).ok()?;
        (text.lines().count() > 1).then_some(session)
    });
    signal(child.id(), "KILL");
    child.wait().expect("it is reaped");
    // Without the glossary it is another text, and another session.
    expect_code(&run(&mut transcribe(&place, false)), 0);
    assert_eq!(sessions(&place).len(), 2);
    assert_ne!(json(&session.join("session.json"))["status"], "complete");
    let output = run(&mut transcribe(&place, true));
    expect_code(&output, 0);
    assert!(
        stderr(&output).contains("goes on with"),
        "{}",
        stderr(&output)
    );
    assert_eq!(sessions(&place).len(), 2);
    let whole = dir.path().join("whole");
    expect_code(&run(&mut transcribe(&whole, true)), 0);
    let whole = only_session(&whole);
    assert_eq!(transcript(&session), transcript(&whole));
    let settings = &transcript(&whole)["passes"][0]["settings"];
    assert!(
        settings.to_string().contains("glossary: Anna"),
        "{settings}"
    );
    assert_eq!(count(&session, "pass.started"), 1);
}

#[test]
fn what_is_done_gets_a_copy_and_another_form_when_they_are_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("sessions");
    let call = piece(dir.path(), 7..20);
    let transcribe = |more: &[&str]| {
        let mut command = verbatim(&place);
        command.args(["transcribe", "--vad", "webrtc"]).args(more);
        run(command.arg(&call))
    };
    expect_code(&transcribe(&[]), 0);
    let session = only_session(&place);
    let before = transcript(&session);
    assert!(!session.join("source").exists());
    let output = transcribe(&["--copy", "--archive", "flac"]);
    expect_code(&output, 0);
    let told = stderr(&output);
    assert!(
        told.contains("copied now") && told.contains("done before"),
        "{told}"
    );
    let copy = fs::read(session.join("source/call.wav")).expect("a copy");
    assert!(copy == fs::read(&call).expect("the recording"));
    let track = json(&session.join("session.json"))["tracks"][0].clone();
    assert_eq!(track["source"]["copy"], "source/call.wav");
    assert_eq!(track["files"][0], "audio/track1.flac", "{track}");
    assert!(!session.join("audio/track1.wav").exists());
    assert_eq!(transcript(&session), before);
    // The log tells of it, and a third time there is nothing to do.
    let lines = events(&session);
    assert_eq!(count(&session, "source.copied"), 1);
    assert_eq!(count(&session, "archive.converted"), 1);
    expect_code(&transcribe(&["--copy", "--archive", "flac"]), 0);
    assert_eq!(events(&session), lines);
    let documents = fs::read(session.join("session.json")).expect("a document");
    expect_code(&run(verbatim(&place).args(["rebuild", "last"])), 0);
    assert!(fs::read(session.join("session.json")).expect("a document") == documents);
}

/// A recording of 1.5 MB whose session's own files are a tenth of that.
fn heavy(dir: &Path) -> PathBuf {
    let path = dir.join("heavy.wav");
    let mono = flac(&sample_call("system.flac"));
    let mono = &mono[8 * 16_000..10 * 16_000];
    let frames = mono.iter().flat_map(|&sample| [sample; 24]);
    write_wav(&path, 16_000, 24, &frames.collect::<Vec<i16>>());
    path
}

#[test]
fn a_copy_for_which_there_is_no_room_leaves_nothing_half() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("sessions");
    let call = heavy(dir.path());
    // A limit on the length of files refuses writes as a full disk does; the shell leaves the signal
    // ignored, so that a write fails instead of ending the process.
    let limited = |more: &str| {
        let mut command = Command::new("sh");
        let line = format!(
            "trap '' XFSZ; ulimit -f 1000; exec {} transcribe --vad webrtc --channels mix \
             --retries 0 {more} {}",
            env!("CARGO_BIN_EXE_verbatim"),
            call.display()
        );
        for (name, value) in verbatim(&place).get_envs() {
            command.env(name, value.expect("a value"));
        }
        run(command.args(["-c", &line]).stdin(Stdio::null()))
    };
    let refused = limited("--copy");
    expect_code(&refused, 6);
    assert!(
        stderr(&refused).contains("heavy.wav") || stderr(&refused).contains(".copying"),
        "{}",
        stderr(&refused)
    );
    assert!(sessions(&place).is_empty(), "a session that was not to be");
    // Of a session that is complete, everything stays.
    expect_code(&limited(""), 0);
    let session = only_session(&place);
    let (lines, before) = (events(&session), transcript(&session));
    expect_code(&limited("--copy"), 6);
    assert!(!session.join("source").exists());
    assert_eq!(events(&session), lines);
    assert_eq!(transcript(&session), before);
}

/// Decoders that the recogniser of a running program has.
fn decoders(program: u32) -> Option<usize> {
    let children = |pid: u32| -> Vec<u32> {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten()
            .flatten();
        let lists =
            tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
        let all = lists.collect::<Vec<_>>().join(" ");
        all.split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect()
    };
    let recogniser = children(program).into_iter().next()?;
    let tasks = fs::read_dir(format!("/proc/{recogniser}/task")).ok()?;
    let names = tasks
        .flatten()
        .map(|task| fs::read_to_string(task.path().join("comm")));
    let count = names.filter(|name| name.as_ref().is_ok_and(|name| name.trim() == "decoder"));
    Some(count.count()).filter(|&count| count > 0)
}

#[test]
fn what_bench_found_is_used_unless_it_is_said_otherwise() {
    let dir = tempfile::tempdir().expect("a folder");
    let call = sample_call("mic.flac");
    let bench = run(verbatim(dir.path())
        .args(["bench", "--vad", "webrtc"])
        .arg(&call));
    expect_code(&bench, 0);
    // A number that no rule of thumb comes to.
    let path = dir.path().join(".state/verbatim/speeds.json");
    let mut kept = json(&path);
    kept[0]["workers"] = 5.into();
    kept[0]["threads"] = 1.into();
    fs::write(&path, kept.to_string()).expect("a choice");
    let used = |command: &str, more: &[&str]| {
        let mut command = {
            let mut program = verbatim(dir.path());
            program.arg(command);
            program
        };
        let mut child = start(command.args(more));
        wait_for("the recogniser", LIMIT, || decoders(child.id()));
        // They begin one after the other.
        std::thread::sleep(Duration::from_millis(500));
        let count = decoders(child.id()).expect("they work");
        child.kill().expect("it can be killed");
        child.wait().expect("it is reaped");
        count
    };
    let call = call.to_str().expect("a path");
    assert_eq!(used("transcribe", &["--vad", "webrtc", call]), 5);
    assert_eq!(
        used("transcribe", &["--vad", "webrtc", "--workers", "3", call]),
        3
    );
    let mut reads = start(verbatim(dir.path()).args(["transcribe", "--vad", "webrtc", call]));
    wait_for("the sound", LIMIT, || {
        let session = sessions(dir.path()).pop()?;
        (count(&session, "session.stopped") > 0).then_some(())
    });
    reads.kill().expect("it can be killed");
    reads.wait().expect("it is reaped");
    assert_eq!(used("finish", &["last"]), 5);
    assert_eq!(used("finish", &["last", "--workers", "2"]), 2);
}

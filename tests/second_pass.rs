//! A second pass by another model, and a glossary: what they change, and what they leave.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use support::engine::starter_file;
use support::process::signal;
use support::program::{
    count, events, expect_code, flac, json, only_session, run, sample_call, sessions, stderr,
    stdout, transcribe_by, verbatim, wait_for, write_wav,
};

const LIMIT: Duration = Duration::from_secs(120);

/// A model that nobody knows: the starter with one weight changed a little.
fn other_model(dir: &Path) -> PathBuf {
    let mut bytes = fs::read(starter_file()).expect("the starter");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let path = dir.join("other.bin");
    fs::write(&path, bytes).expect("a model");
    path
}

/// Some seconds of the participant's side.
fn piece(dir: &Path, seconds: std::ops::Range<usize>) -> PathBuf {
    let path = dir.join("call.wav");
    let samples = flac(&sample_call("system.flac"));
    write_wav(
        &path,
        16_000,
        1,
        &samples[seconds.start * 16_000..seconds.end * 16_000],
    );
    path
}

fn passes(session: &Path) -> Vec<Value> {
    let transcript = json(&session.join("transcript.json"));
    let segments = transcript["segments"].as_array().expect("segments").iter();
    segments.map(|segment| segment["pass"].clone()).collect()
}

#[test]
fn a_second_pass_takes_the_place_of_the_first_once_it_is_complete() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("sessions");
    let other = other_model(dir.path());
    let call = piece(dir.path(), 7..40);
    expect_code(
        &run(verbatim(&place)
            .args(["transcribe", "--vad", "webrtc", "--word-times", "fast"])
            .arg(call)),
        0,
    );
    let session = only_session(&place);
    let print = |pass: &[&str]| {
        let output = run(verbatim(&place)
            .args(["export", "last", "--as", "txt", "--out", "-"])
            .args(pass));
        expect_code(&output, 0);
        stdout(&output)
    };
    expect_code(
        &run(verbatim(&place).args(["correct", "last", "s0001", "As I wrote it."])),
        0,
    );
    let before = print(&[]);
    assert!(before.contains("As I wrote it."), "{before}");
    let documents = || fs::read(session.join("transcript.json")).expect("a document");
    let first = documents();
    assert!(passes(&session).len() > 2);

    // The same model has nothing to add.
    let finish = |model: &Path| {
        let mut command = verbatim(&place);
        command
            .args(["finish", "last", "--word-times", "fast", "--model"])
            .arg(model);
        command
    };
    let log = count(&session, "pass.started");
    expect_code(&run(&mut finish(&starter_file())), 0);
    assert_eq!(count(&session, "pass.started"), log);

    // Killed when it has begun: the first pass stays in force.
    let mut child = finish(&other)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    wait_for("the second pass", LIMIT, || {
        (count(&session, "pass.started") > log).then_some(())
    });
    signal(child.id(), "KILL");
    child.wait().expect("it is reaped");
    assert_eq!(count(&session, "pass.ended"), 0);
    expect_code(&run(verbatim(&place).args(["rebuild", "last"])), 0);
    assert!(documents() == first, "nothing has changed");

    let output = run(&mut finish(&other));
    expect_code(&output, 0);
    assert!(
        stderr(&output).contains("ggml-starter-q8_0.bin wrote it"),
        "{}",
        stderr(&output)
    );
    assert_eq!(count(&session, "pass.ended"), 1);
    assert_eq!(count(&session, "pass.started"), log + 1, "it went on");
    let now = passes(&session);
    assert_eq!(now[0], "p1", "what was corrected is left alone");
    assert!(now[1..].iter().all(|pass| pass == "p2"), "{now:?}");
    let transcript = json(&session.join("transcript.json"));
    assert_eq!(transcript["passes"][1]["scope"], "again");
    assert!(transcript["passes"][0]["scope"].is_null());
    assert!(print(&[]).contains("As I wrote it."));
    assert_eq!(
        print(&["--pass", "p1"]),
        before,
        "the first pass can be read"
    );
    let output = run(verbatim(&place).args(["show", "last", "--pass", "p9"]));
    expect_code(&output, 2);
    assert!(
        stderr(&output).contains("p2 (other.bin)"),
        "{}",
        stderr(&output)
    );

    // And once it is there, the same command has nothing to do.
    let lines = events(&session).len();
    expect_code(&run(&mut finish(&other)), 0);
    assert_eq!(events(&session).len(), lines);
}

#[test]
fn a_glossary_is_part_of_the_settings() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("sessions");
    let other = other_model(dir.path());
    let call = piece(dir.path(), 7..9);
    let names = dir.path().join("names.txt");
    fs::write(&names, "# people\nAnna Kovács\nAcme, Kubernetes\n").expect("a glossary");
    let transcribe = |more: &[&Path]| {
        let mut command = transcribe_by(&place, more.first().unwrap_or(&other.as_path()));
        command.arg(&call);
        for glossary in more.iter().skip(1) {
            command.arg("--glossary").arg(glossary);
        }
        run(&mut command)
    };
    expect_code(&transcribe(&[]), 0);
    expect_code(&transcribe(&[&other, &names]), 0);
    assert_eq!(
        sessions(&place).len(),
        2,
        "with a glossary it is another text"
    );
    let settings: Vec<String> = sessions(&place)
        .iter()
        .map(|session| {
            let transcript = json(&session.join("transcript.json"));
            let text = transcript["segments"].to_string();
            assert!(
                !text.contains("Kovács"),
                "the glossary is no speech: {text}"
            );
            transcript["passes"][0]["settings"]
                .as_str()
                .expect("settings")
                .to_owned()
        })
        .collect();
    let with = settings
        .iter()
        .filter(|line| line.ends_with("glossary: Anna Kovács, Acme, Kubernetes"));
    assert_eq!(with.count(), 1, "{settings:?}");
    for more in [&[][..], &[other.as_path(), names.as_path()]] {
        let output = transcribe(more);
        expect_code(&output, 0);
        assert!(
            stderr(&output).contains("done before"),
            "{}",
            stderr(&output)
        );
    }
    let long = dir.path().join("long.txt");
    let terms = (0..90).map(|n| format!("term {n}\n"));
    fs::write(&long, terms.collect::<String>()).expect("a glossary");
    let cases: [(&Path, &Path, &str); 3] = [
        (&starter_file(), &names, "takes no glossary"),
        (&other, &long, "500"),
        (&other, &dir.path().join("missing.txt"), "missing.txt"),
    ];
    for (model, glossary, why) in cases {
        let output = transcribe(&[model, glossary]);
        expect_code(&output, 2);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    assert_eq!(sessions(&place).len(), 2);
}

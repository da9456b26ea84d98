//! `verbatim compare` as a user runs it: a session against what was said, and against itself.
#![cfg(target_os = "linux")]

mod support;

use std::fs;

use serde_json::Value;
use support::program::{expect_code, repository, run, stderr, stdout, verbatim};
use support::wer::{errors, words};

/// A session of the sample call's first minute, as the tests of exports use it.
fn session() -> std::path::PathBuf {
    repository("tests/fixtures/session")
}

#[test]
fn a_session_is_held_against_a_text_and_against_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let text = dir.path().join("said.txt");
    fs::write(
        &text,
        "Thanks for joining the call today.\nIs it quite all right if I record this talk?\n",
    )
    .expect("a text");
    let output = run(verbatim(dir.path())
        .args(["compare", "--json"])
        .arg(&text)
        .arg(session().join("transcript.json")));
    expect_code(&output, 0);
    let report: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let heard: Value = support::program::json(&session().join("transcript.json"));
    let heard: Vec<&str> = heard["segments"]
        .as_array()
        .expect("segments")
        .iter()
        .filter_map(|segment| segment["text"].as_str())
        .collect();
    let said = fs::read_to_string(&text).expect("the text");
    // The tests' own measure of errors, which shares nothing with the program's.
    let (wrong, of) = errors(&said, &heard.join(" "));
    let count = |name: &str| report["counts"][name].as_u64().expect(name) as usize;
    assert_eq!(count("reference"), words(&said).len());
    assert_eq!(count("reference"), of);
    assert_eq!(count("replaced") + count("missing") + count("added"), wrong);

    let same = run(verbatim(dir.path())
        .arg("compare")
        .arg(session())
        .arg(session()));
    expect_code(&same, 0);
    assert!(stdout(&same).contains("Word error rate  0.0 %"));
}

#[test]
fn what_is_no_transcript_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect(name);
        path
    };
    for (path, why) in [
        (file("torn.json", b"{\"segments\": ["), "damaged"),
        (file("other.json", b"{\"a\": 1}"), "without text"),
        (file("sound.wav", b"RIFF\xff\xfe\0\0"), "not UTF-8"),
    ] {
        let output = run(verbatim(dir.path()).arg("compare").arg(&path).arg(&path));
        expect_code(&output, 2);
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    let nobody = run(verbatim(dir.path()).args(["compare", "nowhere", "last"]));
    expect_code(&nobody, 1);
}

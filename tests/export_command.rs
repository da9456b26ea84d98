//! `verbatim export` as its users meet it, on the session of the fixtures.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use support::program::{expect_code, repository, run, stderr, stdout, verbatim};
use verbatim::export::FORMATS;

/// A folder with a copy of the fixture's session in it, and the session.
fn session() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let session = dir.path().join("2026-11-22-1405-acme-onboarding");
    fs::create_dir(&session).expect("a folder");
    let fixture = repository("tests/fixtures/session");
    for entry in fs::read_dir(fixture).expect("the fixture") {
        let path = entry.expect("a file").path();
        fs::copy(&path, session.join(path.file_name().expect("a name"))).expect("a copy");
    }
    (dir, session)
}

fn export(dir: &Path, arguments: &[&str]) -> Output {
    run(verbatim(dir).args(["export", "last"]).args(arguments))
}

fn change(path: &Path, change: impl Fn(&mut Value)) {
    let mut value = support::program::json(path);
    change(&mut value);
    fs::write(path, value.to_string()).expect("a document");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[test]
fn all_formats_go_into_the_session_for_its_owner_alone() {
    let (dir, session) = session();
    let output = export(dir.path(), &["--as", "all"]);
    expect_code(&output, 0);
    assert_eq!(mode(&session.join("exports")), 0o700);
    let told: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    assert_eq!(told.len(), FORMATS.len());
    for (format, told) in FORMATS.iter().zip(told) {
        let path = session.join("exports").join(format.file);
        assert_eq!(told, path.display().to_string());
        assert_eq!(mode(&path), 0o600);
        let golden = repository("tests/golden/exports").join(format.file);
        assert_eq!(
            fs::read(&path).expect("an export"),
            fs::read(golden).expect("the golden file"),
            "{}",
            format.file
        );
    }
    let before = fs::read_dir(session.join("exports"))
        .expect("a folder")
        .count();
    expect_code(&export(dir.path(), &["--as", "srt,vtt,srt"]), 0);
    assert_eq!(
        fs::read_dir(session.join("exports"))
            .expect("a folder")
            .count(),
        before
    );
}

#[test]
fn exports_go_where_they_are_told_to() {
    let (dir, session) = session();
    let here = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    expect_code(
        &export(dir.path(), &["--as", "txt", "--out", &here("call.txt")]),
        0,
    );
    assert!(
        fs::read_to_string(here("call.txt"))
            .expect("text")
            .starts_with("Acme onboarding\n")
    );
    assert_eq!(mode(Path::new(&here("call.txt"))), 0o600);
    expect_code(
        &export(dir.path(), &["--as", "txt", "--out", &here("a/b/")]),
        0,
    );
    expect_code(
        &export(dir.path(), &["--as", "srt,csv", "--out", &here("a/b")]),
        0,
    );
    for name in ["transcript.txt", "transcript.srt", "segments.csv"] {
        assert!(Path::new(&here("a/b")).join(name).exists(), "{name}");
    }
    let output = export(dir.path(), &["--as", "vtt", "--out", "-"]);
    expect_code(&output, 0);
    assert!(stdout(&output).starts_with("WEBVTT\n"));
    assert!(!session.join("exports").exists());
    let marked = export(
        dir.path(),
        &["--as", "csv", "--out", "-", "--bom", "always"],
    );
    assert!(marked.stdout.starts_with("\u{FEFF}id,".as_bytes()));
}

#[test]
fn what_cannot_be_is_refused_with_the_next_step() {
    let (dir, session) = session();
    let refuses = |arguments: &[&str], code: i32, words: &[&str]| {
        let output = export(dir.path(), arguments);
        expect_code(&output, code);
        let said = stderr(&output);
        for word in words {
            assert!(said.contains(word), "\"{word}\" is missing in: {said}");
        }
    };
    refuses(
        &["--as", "pdf"],
        2,
        &["pdf", "srt", "quotes.csv", "refi-qda", "all"],
    );
    refuses(&[], 2, &["--as"]);
    refuses(&["--as", "srt,vtt", "--out", "-"], 2, &["one text format"]);
    refuses(&["--as", "docx", "--out", "-"], 2, &["one text format"]);
    refuses(
        &["--as", "srt", "--out", "/nowhere/at/all.srt"],
        6,
        &["/nowhere/at/all.srt"],
    );
    change(&session.join("session.json"), |m| {
        m["status"] = json!("recording")
    });
    refuses(
        &["--as", "srt"],
        1,
        &["still being recorded", "verbatim finish"],
    );
    change(&session.join("session.json"), |m| {
        m["status"] = json!("complete")
    });
    fs::write(session.join("markers.json"), "{").expect("a document");
    refuses(&["--as", "srt"], 1, &["markers.json", "damaged"]);
    fs::remove_file(session.join("markers.json")).expect("a document");
    refuses(&["--as", "md,chapters"], 0, &[]);
    fs::remove_file(session.join("transcript.json")).expect("a document");
    refuses(
        &["--as", "srt"],
        1,
        &["no transcript yet", "verbatim finish"],
    );
}

#[test]
fn text_that_waits_is_told() {
    let (dir, session) = session();
    let waits =
        json!([{"track": "mic", "start_ms": 63_000, "end_ms": 64_000, "reason": "deferred"}]);
    let transcript = session.join("transcript.json");
    change(&transcript, |t| t["untranscribed"] = waits.clone());
    let output = export(dir.path(), &["--as", "srt"]);
    expect_code(&output, 3);
    assert!(
        stderr(&output).contains("verbatim finish"),
        "{}",
        stderr(&output)
    );
    change(&transcript, |t| t["segments"] = json!([]));
    let output = export(dir.path(), &["--as", "srt"]);
    expect_code(&output, 1);
    assert!(
        stderr(&output).contains("no transcript yet"),
        "{}",
        stderr(&output)
    );
    expect_code(&export(dir.path(), &["--as", "turns.csv,quotes.csv"]), 3);
}

#[test]
fn formats_stand_in_help_completions_and_man_pages() {
    let (dir, _) = session();
    let help = stdout(&run(verbatim(dir.path()).args(["export", "--help"])));
    let bash = stdout(&run(verbatim(dir.path()).args(["completions", "bash"])));
    let pages = dir.path().join("man");
    expect_code(&run(verbatim(dir.path()).arg("man").arg(&pages)), 0);
    let page = fs::read_to_string(pages.join("verbatim-export.1")).expect("a page");
    let page = page.replace('\\', "");
    for format in FORMATS {
        assert!(
            help.contains(format.help),
            "{} is missing in the help",
            format.name
        );
        assert!(
            bash.contains(format.name),
            "{} is not completed",
            format.name
        );
        assert!(
            page.contains(format.name),
            "{} is missing in the page",
            format.name
        );
    }
}

//! Markers as their users set them: in a running session from other processes, and afterwards.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::measure::array;
use support::process::Recorder;
use support::program::{
    count, events, expect_code, json, repository, run, runtime, stderr, stdout, verbatim, wait_for,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// How far a marker's time may be from the key press.
const EXACT_MS: u64 = 100;

fn recording(dir: &Path, more: &[&str]) -> (Recorder, PathBuf) {
    let mut arguments = vec!["--no-live"];
    arguments.extend(more);
    let recorder = Recorder::of_files(dir, &arguments);
    let session = recorder.session();
    wait_for("both tracks", PATIENCE, || {
        (count(&session, "track.started") == 2).then_some(())
    });
    wait_for("the socket", PATIENCE, || socket(dir));
    (recorder, session)
}

fn socket(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(runtime(dir)).ok()?;
    let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.find(|path| path.extension().is_some_and(|e| e == "sock"))
}

/// Runs a command that prints a marker as JSON.
fn marker(dir: &Path, arguments: &[&str]) -> Value {
    let output = run(verbatim(dir).args(arguments).arg("--json"));
    expect_code(&output, 0);
    serde_json::from_str(&stdout(&output)).expect("a marker")
}

/// Asks the recorder by its socket; returns its reply.
fn ask(dir: &Path, request: &str) -> Value {
    let mut stream = UnixStream::connect(socket(dir).expect("a socket")).expect("a recorder");
    stream.write_all(request.as_bytes()).expect("a request");
    stream.write_all(b"\n").expect("a line");
    let mut told = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).expect("a reply") == 1 && byte != [b'\n'] {
        told.push(byte[0]);
    }
    serde_json::from_slice(&told).expect("JSON")
}

/// The session's time now, as its recorder tells it.
fn now_ms(dir: &Path) -> u64 {
    ask(dir, r#"{"op":"status"}"#)["t_ms"].as_u64().expect("ms")
}

#[test]
fn a_marker_that_was_acknowledged_survives_a_kill_and_stands_at_its_moment() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut recorder, session) = recording(dir.path(), &[]);
    std::thread::sleep(Duration::from_secs(2));

    let before = now_ms(dir.path());
    let set = marker(
        dir.path(),
        &["mark", "pain", "--author", "Ben", "--tag", "report"],
    );
    let t_ms = set["t_ms"].as_u64().expect("ms");
    assert!(
        (before..before + 2 * EXACT_MS).contains(&t_ms),
        "asked at {before}, set at {t_ms}"
    );
    assert_eq!(set["start_ms"], t_ms.saturating_sub(15_000));
    assert_eq!(set["end_ms"], t_ms + 5_000);

    // A slow disk or a slow client does not move it: the request says how long ago the key was.
    let before = now_ms(dir.path());
    let ago = marker(dir.path(), &["mark", "--at", "-1s"]);
    let off = ago["t_ms"].as_u64().expect("ms").abs_diff(before - 1_000);
    assert!(off <= 2 * EXACT_MS, "{off} ms off");
    assert_eq!(ago["kind"], "quote");

    let noted = marker(
        dir.path(),
        &[
            "note",
            "copies by hand",
            "--author",
            "Ben",
            "--severity",
            "3",
        ],
    );
    assert_eq!((&noted["id"], &noted["t_ms"]), (&set["id"], &set["t_ms"]));

    let last = marker(dir.path(), &["mark", "surprise", "--note", "the last one"]);
    recorder.signal("KILL");
    recorder.wait();
    assert!(!session.join("markers.json").exists());

    expect_code(&run(verbatim(dir.path()).arg("finish").arg(&session)), 0);
    let document = json(&session.join("markers.json"));
    let expected: Vec<&Value> = array(&document["markers"]).collect();
    assert_eq!(expected.len(), 3, "{document}");
    assert_eq!(expected[1]["id"], noted["id"]);
    assert_eq!(expected[1]["note"], "copies by hand");
    assert_eq!(expected[1]["tags"], json!(["report"]));
    assert_eq!(expected[2]["id"], last["id"]);
    assert_eq!(expected[2]["note"], "the last one");
    // The dead recorder's socket keeps nobody from recording, and is taken away.
    let stale = socket(dir.path()).expect("a socket that nobody took away");
    let refused = run(verbatim(dir.path()).args(["mark", "quote"]));
    expect_code(&refused, 1);
    assert!(stderr(&refused).contains("no session is being recorded"));
    let _recorder = Recorder::of_files(dir.path(), &["--no-live", "--for", "20s"]);
    wait_for("the dead recorder's socket to go", PATIENCE, || {
        (!stale.exists()).then_some(())
    });
}

#[test]
fn marker_events_come_within_a_tenth_of_a_second_of_the_request() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_recorder, session) = recording(dir.path(), &["--for", "30s"]);
    let mut worst = 0;
    for _ in 0..20 {
        let asked = Instant::now();
        let before = now_ms(dir.path());
        let reply = ask(
            dir.path(),
            r#"{"op":"mark","kind":"idea","at":{"ago_ms":0}}"#,
        );
        assert_eq!(reply["ok"], true, "{reply}");
        let t_ms = reply["marker"]["t_ms"].as_u64().expect("ms");
        worst = worst.max(t_ms - before);
        assert!(asked.elapsed() < Duration::from_secs(2));
        // What was acknowledged is in the log.
        let log = events(&session);
        let held = log
            .iter()
            .any(|e| e["type"] == "marker.added" && e["data"] == reply["marker"]);
        assert!(held, "{reply}");
    }
    println!("worst marker: {worst} ms after the request");
    assert!(worst <= EXACT_MS, "{worst} ms");
}

#[test]
fn other_programs_are_served_within_bounds_and_the_recording_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut recorder, session) = recording(dir.path(), &["--for", "8s"]);
    let path = socket(dir.path()).expect("a socket");
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&runtime(dir.path())), 0o700);
    let slow: Vec<UnixStream> = (0..10)
        .map(|_| UnixStream::connect(&path).expect("a recorder"))
        .collect();
    for wrong in [
        "{",
        r#"{"op":"mark"}"#,
        r#"{"op":"mark","kind":"x","at":{"ago_ms":0}}"#,
    ] {
        let reply = ask(dir.path(), wrong);
        assert_eq!(
            (&reply["ok"], &reply["error"]["kind"]),
            (&json!(false), &json!("usage"))
        );
    }
    marker(dir.path(), &["mark", "idea"]);
    let undone = marker(dir.path(), &["undo"]);
    assert_eq!(undone["kind"], "idea");
    let nothing = run(verbatim(dir.path()).arg("undo"));
    expect_code(&nothing, 2);
    assert!(
        stderr(&nothing).contains("no marker"),
        "{}",
        stderr(&nothing)
    );
    assert_eq!(
        recorder.wait().code(),
        Some(3),
        "speech waits, nothing is lost"
    );
    drop(slow);
    assert!(!path.exists(), "the socket goes away with the session");
    let manifest = json(&session.join("session.json"));
    for track in array(&manifest["tracks"]) {
        assert_eq!(track["lost_samples"], 0);
    }
    assert_eq!(json(&session.join("markers.json"))["markers"], json!([]));
}

#[test]
fn several_running_sessions_have_to_be_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let (_first, session) = recording(dir.path(), &["--for", "30s"]);
    let mut second = Recorder::of_files(dir.path(), &["--no-live", "--for", "30s"]);
    wait_for("two sessions", PATIENCE, || {
        let sockets = fs::read_dir(runtime(dir.path())).expect("a folder");
        let sockets = sockets.filter(|entry| {
            let name = entry.as_ref().expect("an entry").file_name();
            !name.to_string_lossy().starts_with('.')
        });
        (sockets.count() == 2).then_some(())
    });
    let refused = run(verbatim(dir.path()).arg("mark"));
    expect_code(&refused, 1);
    let told = stderr(&refused);
    assert!(
        told.contains("2 sessions") && told.contains("--session"),
        "{told}"
    );
    let name = session.to_string_lossy().into_owned();
    marker(dir.path(), &["mark", "pain", "--session", &name]);
    marker(dir.path(), &["mark", &name, "idea"]);
    assert_eq!(count(&session, "marker.added"), 2);
    // The recorder that runs is asked, so nobody else takes its lock.
    second.signal("INT");
    second.wait();
    marker(dir.path(), &["mark", "quote"]);
    assert_eq!(count(&session, "marker.added"), 3);
}

/// A session that is over: the fixture's documents and log, without sound.
fn over() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let session = dir.path().join("2026-11-22-1405-acme-onboarding");
    fs::create_dir(&session).expect("a folder");
    for entry in fs::read_dir(repository("tests/fixtures/session")).expect("the fixture") {
        let path = entry.expect("a file").path();
        fs::copy(&path, session.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let log = session.join("events.ndjson");
    let mut text = fs::read_to_string(&log).expect("the log");
    let mut stopped: Value =
        serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    let samples = &json(&session.join("session.json"))["duration_samples"];
    stopped["seq"] = json!(text.lines().count() + 1);
    stopped["type"] = json!("session.stopped");
    stopped["data"] = json!({"reason": "sources_ended", "duration_samples": samples});
    text.push_str(&format!("{stopped}\n"));
    fs::write(&log, text).expect("the log");
    (dir, session)
}

#[test]
fn markers_are_set_afterwards_and_those_from_elsewhere_stay() {
    let (dir, session) = over();
    let before = json(&session.join("markers.json"));
    let held = array(&before["markers"]).count();
    let set = marker(
        dir.path(),
        &["mark", "last", "--at", "0:33.5", "--note", "later"],
    );
    assert_eq!(
        (&set["t_ms"], &set["kind"]),
        (&json!(33_500), &json!("quote"))
    );
    assert_eq!(set["end_ms"], 38_500);
    let after = json(&session.join("markers.json"));
    assert_eq!(array(&after["markers"]).count(), held + 1);
    for marker in array(&before["markers"]) {
        assert!(
            array(&after["markers"]).any(|m| m == marker),
            "{marker} is lost"
        );
    }
    expect_code(&run(verbatim(dir.path()).args(["rebuild", "last"])), 0);
    assert_eq!(json(&session.join("markers.json")), after);
    for (arguments, word) in [
        (&["mark", "last"][..], "--at"),
        (&["mark", "last", "--at", "-5s"], "session is over"),
        (&["mark", "last", "--at", "99:00"], "lies after"),
        (&["mark", "last", "nonsense", "--at", "0:01"], "follow-up"),
        (&["mark", "nonsense"], "follow-up"),
    ] {
        let refused = run(verbatim(dir.path()).args(arguments));
        expect_code(&refused, 2);
        assert!(
            stderr(&refused).contains(word),
            "{arguments:?}: {}",
            stderr(&refused)
        );
    }
}

#[test]
fn kinds_of_ones_own_have_their_windows() {
    let (dir, _) = over();
    let kinds = dir.path().join("kinds.toml");
    fs::write(
        &kinds,
        "[kinds.pricing]\nemoji = \"💶\"\nkey = \"p\"\nbefore_s = 2\nafter_s = 1\n",
    )
    .expect("a file");
    let mut command = verbatim(dir.path());
    command.env("VERBATIM_KINDS", &kinds);
    let output = run(command.args(["mark", "last", "pricing", "--at", "0:30", "--json"]));
    expect_code(&output, 0);
    let marker: Value = serde_json::from_str(&stdout(&output)).expect("a marker");
    assert_eq!(
        (&marker["start_ms"], &marker["end_ms"]),
        (&json!(28_000), &json!(31_000))
    );
    fs::write(&kinds, "[kinds.pricing]\ncolor = \"blue\"\n").expect("a file");
    let refused = run(command_with(&dir, &kinds).args(["mark", "last", "pricing", "--at", "0:30"]));
    expect_code(&refused, 2);
    assert!(
        stderr(&refused).contains("kinds.toml"),
        "{}",
        stderr(&refused)
    );
}

fn command_with(dir: &tempfile::TempDir, kinds: &Path) -> std::process::Command {
    let mut command = verbatim(dir.path());
    command.env("VERBATIM_KINDS", kinds);
    command
}

#[test]
fn writers_at_the_same_time_take_turns() {
    let (dir, session) = over();
    let mut children: Vec<_> = (0..6)
        .map(|n| {
            let at = format!("0:{:02}", 10 + n);
            let mut command = verbatim(dir.path());
            command.args(["mark", "last", "idea", "--at", &at]);
            command.spawn().expect("the program starts")
        })
        .collect();
    let codes: Vec<_> = children
        .iter_mut()
        .map(|child| child.wait().expect("an end").code())
        .collect();
    assert_eq!(codes, [Some(0); 6]);
    let log = events(&session);
    assert!(
        log.iter().zip(1..).all(|(event, n)| event["seq"] == n),
        "the log has holes"
    );
    let document = json(&session.join("markers.json"));
    let ideas = array(&document["markers"]).filter(|m| m["kind"] == "idea");
    assert_eq!(ideas.count(), 6);
}

#[test]
fn markers_are_listed_changed_removed_and_imported() {
    let (dir, session) = over();
    let markers = |arguments: &[&str]| {
        let output = run(verbatim(dir.path())
            .args(["markers", "last"])
            .args(arguments));
        expect_code(&output, 0);
        stdout(&output)
    };
    let ids = |arguments: &[&str]| -> Vec<String> {
        let text = markers(&[arguments, &["--json"]].concat());
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["schema"], "verbatim.markers");
        array(&document["markers"])
            .map(|m| m["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    assert_eq!(markers(&[]).lines().count(), ids(&["list"]).len());
    assert_eq!(
        ids(&["--kind", "pain", "--kind", "quote"]),
        ["m0001", "m0003"]
    );
    assert_eq!(ids(&["list", "--author", "Ben"]), ["m0004"]);
    assert_eq!(ids(&["--tag", "manual work"]), ["m0001"]);
    assert_eq!(ids(&["--from", "0:39", "--to", "0:50"]), ["m0002", "m0003"]);

    markers(&[
        "edit",
        "m0003",
        "--at",
        "0:46",
        "--note",
        "",
        "--severity",
        "2",
    ]);
    let document = json(&session.join("markers.json"));
    let edited = array(&document["markers"])
        .find(|m| m["id"] == "m0003")
        .expect("a marker");
    assert_eq!(
        (&edited["t_ms"], &edited["start_ms"]),
        (&json!(46_000), &json!(44_000))
    );
    assert!(
        edited.get("note").is_none() && edited["severity"] == 2,
        "{edited}"
    );
    markers(&["remove", "m0001", "m0002"]);
    assert!(!ids(&[]).contains(&"m0001".to_owned()));
    let refused = run(verbatim(dir.path()).args(["markers", "last", "remove", "m0003", "m0001"]));
    expect_code(&refused, 2);
    assert!(
        ids(&[]).contains(&"m0003".to_owned()),
        "all or none are removed"
    );

    let labels = dir.path().join("labels.txt");
    fs::write(&labels, "10.5\t12\tpain: copies\n20\t20\tBen laughs\n").expect("a file");
    let before = ids(&[]).len();
    markers(&["import", &labels.to_string_lossy(), "--kind", "delight"]);
    assert_eq!(ids(&[]).len(), before + 2);
    assert_eq!(ids(&["--kind", "pain"]).len(), 1);
    assert!(markers(&["--kind", "delight"]).contains("Ben laughs"));
    fs::write(&labels, "10.5\t12\tfine\n2000\t2000\tafter the end\n").expect("a file");
    let refused = run(verbatim(dir.path())
        .args(["markers", "last", "import"])
        .arg(&labels));
    expect_code(&refused, 2);
    assert_eq!(ids(&[]).len(), before + 2, "all or none are imported");
    let document = json(&session.join("markers.json"));
    expect_code(&run(verbatim(dir.path()).args(["rebuild", "last"])), 0);
    assert_eq!(json(&session.join("markers.json")), document);
}

//! `verbatim transcribe` with many files: killed and started again, stopped by hand, watching a folder,
//! and in the place of other programs.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::process::signal;
use support::program::{
    count, expect_code, flac, json, only_session, run, sample_call, sessions, start, stderr,
    stdout, verbatim, wait_for, write_wav,
};

const LIMIT: Duration = Duration::from_secs(240);

/// The first seconds of a side of the sample call as a WAV file, from a second on.
fn piece(dir: &Path, name: &str, (from, to): (usize, usize)) -> PathBuf {
    let path = dir.join(name);
    let samples = flac(&sample_call("mic.flac"));
    write_wav(&path, 16_000, 1, &samples[from * 16_000..to * 16_000]);
    path
}

/// Every file of a session that is part of its result, and the log without the times at which its
/// lines were written.
fn result(session: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["", "audio", "source"].map(|name| session.join(name)) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let name = path
                .strip_prefix(session)
                .expect("inside")
                .to_string_lossy();
            if path.is_file() && name != ".lock" && name != "events.ndjson" {
                files.insert(name.into_owned(), fs::read(&path).expect("a file"));
            }
        }
    }
    let text = fs::read_to_string(session.join("events.ndjson")).expect("a log");
    // A line that a crash tore is ended, and stays as everything in a log does.
    let log = text.lines().filter_map(|line| {
        let mut event: Value = serde_json::from_str(line).ok()?;
        event["at"] = Value::Null;
        Some(format!("{event}\n"))
    });
    files.insert("events.ndjson".into(), log.collect::<String>().into_bytes());
    files
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.expect("cp runs").success());
}

fn windows(session: &Path) -> usize {
    let text = fs::read_to_string(session.join(".windows.ndjson")).unwrap_or_default();
    text.lines().count()
}

/// Killed while it reads, and twice while it decodes, a session becomes what it becomes undisturbed:
/// to the byte, for its id and times are decided once. Nor does it matter how many windows are decoded at
/// a time.
#[test]
fn killed_at_any_moment_and_started_again_the_result_is_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("one");
    let transcribe = |place: &Path, workers: &str| {
        let mut command = verbatim(place);
        command
            .args(["transcribe", "--vad", "webrtc", "--copy"])
            .args(["--workers", workers])
            .args([sample_call("mic.flac"), sample_call("system.flac")]);
        command
    };
    let mut child = start(&mut transcribe(&place, "3"));
    let session = wait_for("the session to begin", LIMIT, || {
        let session = sessions(&place).pop()?;
        (count(&session, "speech.start") >= 1).then_some(session)
    });
    signal(child.id(), "KILL");
    child.wait().expect("it is reaped");
    assert_eq!(
        count(&session, "session.stopped"),
        0,
        "killed while it reads"
    );
    // Half of a recording is not to pass for the whole.
    let log = fs::read(session.join("events.ndjson")).expect("a log");
    let refused = run(verbatim(&place).args(["finish", "last"]));
    expect_code(&refused, 1);
    let line = stderr(&refused);
    assert!(line.contains("not read to their end"), "{line}");
    assert!(line.contains("verbatim transcribe"), "{line}");
    assert!(fs::read(session.join("events.ndjson")).expect("a log") == log);
    let other = dir.path().join("two");
    copy(&place, &other);
    for heard in [2, 5] {
        let mut child = start(&mut transcribe(&place, "3"));
        wait_for("windows", LIMIT, || {
            (windows(&session) > heard).then_some(())
        });
        signal(child.id(), "KILL");
        child.wait().expect("it is reaped");
        assert!(json(&session.join("session.json"))["status"] != "complete");
    }
    // What a power cut leaves: half a line in the log and in the list of windows.
    for name in ["events.ndjson", ".windows.ndjson"] {
        let path = session.join(name);
        let mut text = fs::read(&path).expect("a file");
        text.extend(b"{\"v\":1,\"se");
        fs::write(&path, text).expect("a torn file");
    }
    expect_code(&run(&mut transcribe(&place, "2")), 0);
    expect_code(&run(&mut transcribe(&other, "1")), 0);
    let (killed, whole) = (result(&session), result(&only_session(&other)));
    assert_eq!(
        killed.keys().collect::<Vec<_>>(),
        whole.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &whole {
        assert!(killed[name] == *bytes, "{name} differs");
    }
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "complete");
    assert_eq!(
        manifest["tracks"][1]["source"]["copy"],
        "source/system.flac"
    );
    let copied = fs::read(session.join("source/system.flac")).expect("a copy");
    assert!(copied == fs::read(sample_call("system.flac")).expect("the recording"));
    let before = result(&session);
    let again = run(&mut transcribe(&place, "4"));
    expect_code(&again, 0);
    assert!(stderr(&again).contains("done before"), "{}", stderr(&again));
    assert!(before == result(&only_session(&place)));
}

/// Ctrl-C leaves a session that the same command goes on with.
#[test]
fn stopped_by_hand_it_goes_on_later() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("sessions");
    let transcribe = || {
        let mut command = verbatim(&place);
        command
            .args(["transcribe", "--vad", "webrtc"])
            .arg(sample_call("mic.flac"));
        command
    };
    let mut child = start(&mut transcribe());
    let session = wait_for("windows", LIMIT, || {
        let session = sessions(&place).pop()?;
        (windows(&session) > 1).then_some(session)
    });
    signal(child.id(), "INT");
    let code = child.wait().expect("it ends").code();
    assert_eq!(code, Some(3));
    let kept = windows(&session);
    assert!(kept > 1, "what was decoded is kept");
    assert_eq!(json(&session.join("session.json"))["status"], "stopped");
    let output = run(&mut transcribe());
    expect_code(&output, 0);
    assert!(
        stderr(&output).contains("goes on with"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        count(&session, "pass.started"),
        1,
        "one pass, as if never stopped"
    );
    assert_eq!(json(&session.join("session.json"))["status"], "complete");
    assert_eq!(windows(&session), 0);
}

/// The lines of `--json` output that tell what became of files: name of the first file, and the rest.
fn ended(output: &std::process::Output) -> BTreeMap<String, Value> {
    let text = stdout(output);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let ended = lines.filter(|line| line["type"] == "file.ended");
    ended
        .map(|line| {
            let file = PathBuf::from(line["data"]["files"][0].as_str().expect("a file"));
            let name = file
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, line["data"].clone())
        })
        .collect()
}

#[test]
fn a_folder_is_transcribed_once_and_what_fails_stops_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inbox, place) = (dir.path().join("inbox"), dir.path().join("sessions"));
    fs::create_dir_all(inbox.join("deep")).expect("a folder");
    piece(&inbox, "b.wav", (0, 8));
    piece(&inbox, "deep/a.wav", (8, 16));
    fs::copy(inbox.join("b.wav"), inbox.join("z-same-as-b.wav")).expect("a copy");
    fs::write(inbox.join("broken.mp3"), b"ID3 and nothing more").expect("a file");
    fs::write(inbox.join("notes.txt"), b"no recording").expect("a file");
    let transcribe = |more: &[&str]| {
        run(verbatim(&place)
            .args(["transcribe", "--vad", "webrtc"])
            .args(more)
            .arg(&inbox))
    };
    let preview = transcribe(&["--dry-run"]);
    expect_code(&preview, 1);
    let told = stdout(&preview);
    for part in [
        "b.wav: 00:08, track1; to be transcribed",
        "broken.mp3: cannot be done",
        "x real time",
    ] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    assert!(!place.exists(), "a preview leaves nothing behind");
    let output = transcribe(&["--json"]);
    expect_code(&output, 1);
    let files = ended(&output);
    let states: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, data)| (name.as_str(), data["state"].as_str().expect("a state")))
        .collect();
    assert_eq!(
        states,
        [
            ("a.wav", "done"),
            ("b.wav", "done"),
            ("broken.mp3", "failed"),
            ("z-same-as-b.wav", "skipped")
        ]
    );
    assert!(
        files["broken.mp3"]["reason"]
            .as_str()
            .expect("a reason")
            .contains("broken.mp3")
    );
    assert!(files["b.wav"]["words"].as_u64().expect("words") > 3);
    assert_eq!(
        files["z-same-as-b.wav"]["session"],
        files["b.wav"]["session"]
    );
    assert_eq!(sessions(&place).len(), 2);
    let again = transcribe(&[]);
    expect_code(&again, 1);
    let table = stdout(&again);
    assert_eq!(table.matches("done before").count(), 3, "{table}");
    assert!(
        table.contains("broken.mp3: "),
        "the reason is told:\n{table}"
    );
    assert_eq!(sessions(&place).len(), 2);
    expect_code(
        &run(verbatim(&place)
            .args(["transcribe", "--vad", "webrtc", "--again", "--jobs", "1"])
            .arg(inbox.join("b.wav"))),
        0,
    );
    assert_eq!(sessions(&place).len(), 3);
}

/// A child that is ended when the test forgets it.
struct Watcher(Child);

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            self.0.kill().expect("it can be killed");
            self.0.wait().expect("it is reaped");
        }
    }
}

/// Copied slowly, downloaded under another name, renamed afterwards, removed: each recording is
/// transcribed once, whole, and nothing else is.
#[test]
fn a_watched_folder_gives_each_finished_recording_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let (inbox, place) = (dir.path().join("inbox"), dir.path().join("sessions"));
    fs::create_dir_all(inbox.join("sub")).expect("a folder");
    let whole = piece(dir.path(), "whole.wav", (0, 8));
    let bytes = fs::read(&whole).expect("a file");
    let child = verbatim(&place)
        .args([
            "transcribe",
            "--vad",
            "webrtc",
            "--watch",
            "--settle",
            "2s",
            "--json",
        ])
        .arg(&inbox)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let watcher = Watcher(child);
    piece(&inbox, "gone.wav.part", (20, 26));
    let passing = piece(&inbox, "passing.wav", (26, 32));
    let download = piece(&inbox, "sub/talk.wav.crdownload", (8, 16));
    // A slow copy: a piece every half second, the file closed in between.
    for (number, part) in bytes.chunks(bytes.len() / 6 + 1).enumerate() {
        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(inbox.join("slow.wav"))
            .expect("a file");
        std::io::Write::write_all(&mut file, part).expect("a piece");
        drop(file);
        if number == 1 {
            fs::remove_file(&passing).expect("it is removed before its turn");
            fs::rename(&download, inbox.join("sub/talk.wav")).expect("it is complete");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let complete = || {
        let done = sessions(&place).into_iter().filter(|session| {
            fs::read_to_string(session.join("session.json"))
                .is_ok_and(|text| text.contains("\"complete\""))
        });
        done.count()
    };
    wait_for("two sessions", LIMIT, || (complete() == 2).then_some(()));
    fs::rename(inbox.join("slow.wav"), inbox.join("renamed.wav")).expect("it is renamed");
    fs::remove_file(inbox.join("sub/talk.wav")).expect("it is removed");
    let last = piece(&inbox, "last.wav", (32, 40));
    wait_for("the last session", LIMIT, || {
        (complete() == 3).then_some(())
    });
    fs::remove_file(last).expect("it is removed after its turn");
    signal(watcher.0.id(), "INT");
    let mut watcher = watcher;
    let mut text = String::new();
    let mut out = watcher.0.stdout.take().expect("a pipe");
    std::io::Read::read_to_string(&mut out, &mut text).expect("text");
    assert_eq!(watcher.0.wait().expect("it ends").code(), Some(0));
    let mut told: Vec<(String, String)> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|line| line["type"] == "file.ended")
        .map(|line| {
            let file = line["data"]["files"][0]
                .as_str()
                .expect("a file")
                .to_owned();
            let name = file.rsplit('/').next().expect("a name").to_owned();
            (
                name,
                line["data"]["state"].as_str().expect("a state").to_owned(),
            )
        })
        .collect();
    told.sort();
    let done = |name: &str| (name.to_owned(), "done".to_owned());
    told.retain(|file| *file != ("renamed.wav".to_owned(), "skipped".to_owned()));
    assert_eq!(told, [done("last.wav"), done("slow.wav"), done("talk.wav")]);
    for session in sessions(&place) {
        let length = json(&session.join("session.json"))["duration_ms"].clone();
        assert_eq!(length, 8_000, "a whole recording");
    }
}

/// In the place of whisper-cli or of a service: text in their form, and no session.
#[test]
fn text_in_the_form_of_other_programs_goes_to_standard_output() {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().join("sessions");
    let call = piece(dir.path(), "call.wav", (0, 10));
    let print = |format: &str| {
        let output = run(verbatim(&place)
            .args(["transcribe", "--vad", "webrtc", "--as", format])
            .arg(&call)
            .env("TMPDIR", dir.path()));
        expect_code(&output, 0);
        stdout(&output)
    };
    let parsed = |format: &str| serde_json::from_str::<Value>(&print(format)).expect("JSON");
    let whisper = parsed("whisper-json");
    let first = &whisper["transcription"][0];
    assert!(first["offsets"]["from"].is_u64() && first["text"].is_string());
    let openai = parsed("openai-verbose");
    assert_eq!(openai["duration"].as_f64(), Some(10.0));
    let said = openai["text"].as_str().expect("text").to_lowercase();
    assert!(said.contains("joining"), "{said}");
    assert!(parsed("whisperx")["segments"][0]["words"].is_array());
    assert!(print("vtt").starts_with("WEBVTT\n"));
    assert!(print("srt").starts_with("1\n00:00:"));
    assert!(print("txt").to_lowercase().contains("joining"));
    assert!(!place.exists(), "no session is kept");
    let left: Vec<_> = fs::read_dir(dir.path()).expect("a folder").collect();
    assert_eq!(left.len(), 1, "only the recording is there: {left:?}");
    let two = run(verbatim(&place)
        .args(["transcribe", "--each", "--as", "txt"])
        .args([&call, &call]));
    expect_code(&two, 2);
    let kept = run(verbatim(&place)
        .args(["transcribe", "--vad", "webrtc", "--as", "srt", "--out"])
        .arg(&place)
        .arg(&call));
    expect_code(&kept, 0);
    assert!(stdout(&kept).starts_with("1\n"));
    assert_eq!(count(&only_session(&place), "session.stopped"), 1);
}

//! What dies loses nothing: the recorder, the recogniser, the disk.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::measure::{array, said};
use support::process::{Recorder, is_alive};
use support::program::{
    count, events, expect_code, json, run, sample_call, sessions, stderr, verbatim, wait_for, wav,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// Documents of a finished session.
const DOCUMENTS: [&str; 4] = [
    "session.json",
    "turns.json",
    "transcript.json",
    "stats.json",
];

fn bytes(session: &Path) -> [Vec<u8>; 4] {
    DOCUMENTS.map(|name| fs::read(session.join(name)).expect("a document"))
}

#[test]
fn a_killed_recording_loses_a_second_at_most_and_can_be_finished() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::of_files(dir.path(), &[]);
    let session = recorder.session();
    wait_for("both tracks", PATIENCE, || {
        (count(&session, "track.started") == 2).then_some(())
    });
    let begun = Instant::now();
    wait_for("some text", PATIENCE, || {
        (count(&session, "transcript.final") >= 2).then_some(())
    });
    let recogniser = recorder.recogniser();
    let recorded = begun.elapsed();
    recorder.signal("KILL");
    recorder.wait();
    wait_for("the recogniser to follow", PATIENCE, || {
        (!is_alive(recogniser)).then_some(())
    });

    for track in ["mic", "system"] {
        let (_, samples) = wav(&session.join(format!("audio/{track}.wav")));
        let held = Duration::from_secs_f64(samples.len() as f64 / 48_000.0);
        assert!(
            held + Duration::from_millis(1_300) >= recorded,
            "{track}: {held:?} of {recorded:?}"
        );
    }
    assert_eq!(json(&session.join("session.json"))["status"], "recording");

    expect_code(&run(verbatim(dir.path()).arg("finish").arg(&session)), 0);
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "recovered");
    assert_eq!(count(&session, "session.recovered"), 1);
    let samples = manifest["duration_samples"].as_u64().expect("a length");
    for track in ["mic", "system"] {
        let (_, held) = wav(&session.join(format!("audio/{track}.wav")));
        assert_eq!(held.len() as u64, samples);
    }
    let text = said(&session, "mic");
    assert!(text.to_lowercase().contains("thanks for joining"), "{text}");
    assert_eq!(
        array(&json(&session.join("transcript.json"))["untranscribed"]).count(),
        0
    );

    let before = bytes(&session);
    expect_code(&run(verbatim(dir.path()).arg("rebuild").arg(&session)), 0);
    assert!(before == bytes(&session), "rebuild gives other documents");
    expect_code(&run(verbatim(dir.path()).arg("finish").arg(&session)), 0);
    assert!(
        before == bytes(&session),
        "finishing twice changes the documents"
    );
}

#[test]
fn the_next_recording_lists_what_was_cut_off_and_makes_it_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut killed = Recorder::of_files(dir.path(), &["--title", "First", "--no-live"]);
    let session = killed.session();
    wait_for("some sound", PATIENCE, || {
        let bytes = fs::metadata(session.join("audio/mic.wav")).map_or(0, |file| file.len());
        (bytes > 300_000).then_some(())
    });
    killed.signal("KILL");
    killed.wait();

    let said = dir.path().join("said");
    let mut command = verbatim(dir.path());
    command
        .args(["record", "--consent-scope", "record", "--title", "Next"])
        .arg(format!("--mic=file:{}", sample_call("mic.flac").display()))
        .args(["--system", "none"]);
    command.stdout(Stdio::null());
    command.stderr(fs::File::create(&said).expect("a file"));
    let mut next = command.spawn().expect("the program starts");
    let status = || json(&session.join("session.json"))["status"].clone();
    wait_for("the first one to be whole", PATIENCE, || {
        (status() != "recording").then_some(())
    });
    assert!(next.try_wait().expect("a state").is_none(), "it records");
    support::process::signal(next.id(), "INT");
    assert_eq!(next.wait().expect("an end").code(), Some(0));
    let said = fs::read_to_string(said).expect("what it said");
    let name = session.file_name().expect("a name").to_string_lossy();
    let listed = format!("1 recording was cut off by a crash ({name})");
    assert!(said.contains(&listed), "{said}");
    let done = format!("{name}, which a crash had cut off, is whole again");
    assert!(said.contains(&done), "{said}");

    // Only its text is left to do.
    assert_eq!(status(), "stopped");
    assert_eq!(count(&session, "session.recovered"), 1);
    let samples = json(&session.join("session.json"))["duration_samples"].clone();
    for track in ["mic", "system"] {
        let (_, held) = wav(&session.join(format!("audio/{track}.wav")));
        assert_eq!(samples, held.len());
    }
    let before = bytes(&session);
    expect_code(&run(verbatim(dir.path()).arg("rebuild").arg(&session)), 0);
    assert!(before == bytes(&session), "rebuild gives other documents");
}

#[test]
fn a_killed_recogniser_is_replaced_and_the_text_catches_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::of_files(dir.path(), &["--for", "32s"]);
    let session = recorder.session();
    wait_for("some text", PATIENCE, || {
        (count(&session, "transcript.final") >= 2).then_some(())
    });
    support::process::signal(recorder.recogniser(), "KILL");
    assert_eq!(recorder.wait().code(), Some(0));
    let restarted = events(&session)
        .iter()
        .filter(|e| e["type"] == "warning" && e["data"]["code"] == "worker_restarted")
        .count();
    assert_eq!(restarted, 1, "the log tells of the restart");
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "complete");
    for track in array(&manifest["tracks"]) {
        assert_eq!(track["lost_samples"], 0);
    }
    let transcript = json(&session.join("transcript.json"));
    assert_eq!(array(&transcript["untranscribed"]).count(), 0);
    let text = said(&session, "system").to_lowercase();
    assert!(
        text.contains("fine with me") && text.contains("frustrating"),
        "{text}"
    );
}

#[test]
fn without_live_text_the_session_waits_for_finish() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::of_files(dir.path(), &["--no-live", "--for", "10s"]);
    let session = recorder.session();
    assert_eq!(
        recorder.wait().code(),
        Some(3),
        "speech without text is told by the exit code"
    );
    assert_eq!(json(&session.join("session.json"))["status"], "stopped");
    let waiting = json(&session.join("transcript.json"));
    assert_eq!(waiting["untranscribed"][0]["reason"], "not_requested");
    expect_code(&run(verbatim(dir.path()).arg("finish").arg("last")), 0);
    assert_eq!(json(&session.join("session.json"))["status"], "complete");
    assert!(!said(&session, "mic").is_empty());
}

#[test]
fn nobody_else_writes_to_a_session_that_is_being_recorded() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::of_files(dir.path(), &["--no-live", "--for", "6s"]);
    let session = recorder.session();
    wait_for("both tracks", PATIENCE, || {
        (count(&session, "track.started") == 2).then_some(())
    });
    let refused = run(verbatim(dir.path()).arg("finish").arg(&session));
    expect_code(&refused, 1);
    assert!(
        stderr(&refused).contains("another verbatim writes"),
        "{}",
        stderr(&refused)
    );
    // A second recorder keeps to a session of its own, and takes this one for no crash's.
    let mut second = Recorder::of_files(dir.path(), &["--no-live", "--for", "2s"]);
    second.wait();
    assert!(!stderr(&run(verbatim(dir.path()).arg("list"))).contains("cut off"));
    recorder.wait();
    for session in sessions(dir.path()) {
        assert_eq!(count(&session, "session.stopped"), 1);
        assert_eq!(count(&session, "session.recovered"), 0);
        let samples = json(&session.join("session.json"))["duration_samples"].clone();
        let (_, held) = wav(&session.join("audio/system.wav"));
        assert_eq!(samples, held.len(), "{}", session.display());
    }
    assert_eq!(sessions(dir.path()).len(), 2);
}

#[test]
fn a_full_disk_ends_the_recording_with_what_was_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let small = dir.path().join("small");
    fs::create_dir(&small).expect("a folder");
    // A disk of 2 MB holds about ten seconds of two tracks. It lives in a mount namespace of its own.
    let script = format!(
        "mount -t tmpfs -o size=2m none {small} && {program} record --dir {small} --no-live \
         --keep-free off --mic file:{mic} --system file:{system}; code=$?; \
         cp -r {small}/*/. {copy}; exit $code",
        small = small.display(),
        program = env!("CARGO_BIN_EXE_verbatim"),
        mic = sample_call("mic.flac").display(),
        system = sample_call("system.flac").display(),
        copy = dir.path().join("copy").display(),
    );
    fs::create_dir(dir.path().join("copy")).expect("a folder");
    let output = run(std::process::Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .env("VERBATIM_DIR", dir.path()));
    expect_code(&output, 6);
    let said = stderr(&output);
    assert!(
        said.contains("No space left") && said.contains("free some space"),
        "{said}"
    );
    let copy = dir.path().join("copy");
    for track in ["mic", "system"] {
        let (_, samples) = wav(&copy.join(format!("audio/{track}.wav")));
        assert!(
            samples.len() > 4 * 48_000,
            "{track} holds {} samples",
            samples.len()
        );
    }
    // Once there is room again the session can be completed.
    expect_code(&run(verbatim(dir.path()).arg("finish").arg(&copy)), 0);
    assert_eq!(json(&copy.join("session.json"))["status"], "recovered");
}

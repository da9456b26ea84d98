//! The main job on real input: the sample call played in real time through a real audio server, its
//! two sides recorded as two devices and transcribed while it goes on.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::time::Duration;

use support::audio_server::AudioServer;
use support::measure::{array, boundaries_met, error_rate, lag, talk_share, true_mic_share};
use support::process::Recorder;
use support::program::{
    count, events, expect_code, flac, json, run, sample_call, truth, verbatim, wait_for, wav,
};

/// Latest start of the call in the recording: the player needs about a second to begin.
const LATEST_START_S: usize = 20;

/// Sound compared to find out where a track lies, in seconds.
const COMPARED_S: usize = 45;

#[test]
fn the_sample_call_is_recorded_and_transcribed_while_it_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = AudioServer::start();
    let mut command = verbatim(dir.path());
    server.serve(&mut command);
    command.args([
        "record",
        "--title",
        "Sample call",
        "--consent",
        "asked at the start",
    ]);
    command.args(["--mic", "mic", "--system", "speakers"]);
    let mut recorder = Recorder::start(command, dir.path());
    let session = recorder.session();
    wait_for("both tracks", Duration::from_secs(20), || {
        (count(&session, "track.started") == 2).then_some(())
    });
    let mut player = server
        .player(&sample_call("mic.flac"), &sample_call("system.flac"))
        .spawn()
        .expect("the player starts (cargo builds it as an example)");
    wait_for(
        "text while the call goes on",
        Duration::from_secs(60),
        || (count(&session, "transcript.final") >= 3).then_some(()),
    );
    assert!(
        player.try_wait().expect("a state").is_none(),
        "the call is over already"
    );
    assert!(player.wait().expect("the player ends").success());
    std::thread::sleep(Duration::from_secs(1));
    recorder.signal("INT");
    let code = recorder.wait().code();
    let told: Vec<_> = events(&session)
        .into_iter()
        .filter(|e| {
            ["track.gap", "transcript.deferred", "warning"]
                .contains(&e["type"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(code, Some(0), "{told:#?}");

    let shift_ms = check_audio(&session);
    check_documents(&session, shift_ms);
    check_rebuild(&session, dir.path());
}

/// The tracks hold every sample, and lie as they were played. Returns by how much the recording is
/// later than the call's own time.
fn check_audio(session: &std::path::Path) -> i64 {
    let manifest = json(&session.join("session.json"));
    for track in array(&manifest["tracks"]) {
        assert_eq!(track["lost_samples"], 0, "{track}");
        assert_eq!(track["samples"], manifest["duration_samples"], "{track}");
    }
    let lags: Vec<usize> = ["mic", "system"]
        .into_iter()
        .map(|name| {
            let (spec, recorded) = wav(&session.join(format!("audio/{name}.wav")));
            assert_eq!(
                (spec.sample_rate, spec.channels, spec.bits_per_sample),
                (48_000, 1, 16)
            );
            let narrow: Vec<i16> = recorded.iter().step_by(3).copied().collect();
            let played = flac(&sample_call(&format!("{name}.flac")));
            let recorded = &narrow[..narrow.len().min((COMPARED_S + LATEST_START_S) * 16_000)];
            lag(
                &played[..COMPARED_S * 16_000],
                recorded,
                LATEST_START_S * 16_000,
            )
        })
        .collect();
    let apart_ms = (lags[0] as f64 - lags[1] as f64).abs() / 16.0;
    assert!(apart_ms <= 20.0, "the tracks are {apart_ms} ms apart");
    (lags[0] / 16) as i64
}

fn check_documents(session: &std::path::Path, shift_ms: i64) {
    let rate = error_rate(session);
    assert!(rate <= 0.20, "word error rate {rate:.3}");
    let turns = json(&session.join("turns.json"));
    let met = boundaries_met(&turns, shift_ms, 500);
    assert!(met >= 0.9, "{met:.2} of the turn boundaries are met");
    let share = talk_share(&turns, "mic");
    assert!(
        (share - true_mic_share()).abs() <= 0.03,
        "talk share {share}"
    );
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "complete");
    assert_eq!(manifest["consent"][0]["text"], "asked at the start");
    assert_eq!(manifest["tracks"][0]["device"]["id"], "pulse:mic");
    assert_eq!(
        manifest["tracks"][1]["device"]["id"],
        "pulse:speakers.monitor"
    );
    let transcript = json(&session.join("transcript.json"));
    assert_eq!(array(&transcript["untranscribed"]).count(), 0);
    check_sides(&transcript, shift_ms);
    let log = events(session);
    let holes = log
        .iter()
        .zip(1..)
        .filter(|(event, n)| event["seq"] != *n)
        .count();
    assert_eq!(holes, 0, "the log's numbers have holes");
}

/// Every segment lies where its own side speaks.
fn check_sides(transcript: &serde_json::Value, shift_ms: i64) {
    let truth = truth();
    for segment in array(&transcript["segments"]) {
        let middle = (segment["start_ms"].as_i64().expect("ms")
            + segment["end_ms"].as_i64().expect("ms"))
            / 2
            - shift_ms;
        let spoken = array(&truth["turns"]).any(|turn| {
            turn["track"] == segment["track"]
                && turn["start_ms"].as_i64().expect("ms") <= middle
                && middle < turn["end_ms"].as_i64().expect("ms")
        });
        assert!(spoken, "nobody speaks there on that side: {segment}");
    }
}

/// The documents are the fold of the log, byte for byte.
fn check_rebuild(session: &std::path::Path, dir: &std::path::Path) {
    let names = [
        "session.json",
        "turns.json",
        "transcript.json",
        "stats.json",
    ];
    let read = || names.map(|name| fs::read(session.join(name)).expect("a document"));
    let before = read();
    for name in names {
        fs::remove_file(session.join(name)).expect("a document goes away");
    }
    expect_code(&run(verbatim(dir).arg("rebuild").arg(session)), 0);
    assert!(before == read(), "rebuild gives other documents");
}

#[test]
fn a_device_that_vanishes_is_a_gap_and_the_other_track_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = AudioServer::start();
    let mut command = verbatim(dir.path());
    server.serve(&mut command);
    command.args([
        "record",
        "--no-live",
        "--mic",
        "mic",
        "--system",
        "speakers",
    ]);
    let mut recorder = Recorder::start(command, dir.path());
    let session = recorder.session();
    wait_for("both tracks", Duration::from_secs(20), || {
        (count(&session, "track.started") == 2).then_some(())
    });
    std::thread::sleep(Duration::from_secs(3));
    server.unload("sink_name=speakers");
    wait_for("the loss to be told", Duration::from_secs(15), || {
        events(&session)
            .iter()
            .any(|e| e["type"] == "warning" && e["data"]["code"] == "track_lost")
            .then_some(())
    });
    std::thread::sleep(Duration::from_secs(3));
    recorder.signal("INT");
    assert_eq!(
        recorder.wait().code(),
        Some(3),
        "lost audio is told by the exit code"
    );
    let manifest = json(&session.join("session.json"));
    let (mic, system) = (&manifest["tracks"][0], &manifest["tracks"][1]);
    assert_eq!(mic["lost_samples"], 0);
    assert_eq!(mic["samples"], system["samples"], "the tracks end together");
    let gap = &system["gaps"][0];
    assert_eq!(gap["cause"], "device_lost");
    assert_eq!(gap["samples"], system["lost_samples"]);
    assert!(
        gap["samples"].as_u64().expect("samples") >= 3 * 48_000,
        "{gap}"
    );
}

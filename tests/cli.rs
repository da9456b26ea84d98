//! The program as its users meet it: what it makes of recordings, and what it says to bad input.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::measure::{array, boundaries_met, error_rate, said, talk_share, true_mic_share};
use support::program::{
    expect_code, flac, json, only_session, repository, run, sample_call, stderr, stdout, verbatim,
    write_wav,
};

/// The sample call as one stereo WAV: interviewer left, participant right.
fn stereo(dir: &Path) -> PathBuf {
    let (mic, system) = (
        flac(&sample_call("mic.flac")),
        flac(&sample_call("system.flac")),
    );
    let frames: Vec<i16> = mic
        .iter()
        .zip(&system)
        .flat_map(|(&l, &r)| [l, r])
        .collect();
    let path = dir.join("call.wav");
    write_wav(&path, 16_000, 2, &frames);
    path
}

fn turns(files: &[&Path]) -> Value {
    let dir = tempfile::tempdir().expect("a folder");
    let output = run(verbatim(dir.path()).arg("turns").args(files));
    expect_code(&output, 0);
    serde_json::from_str(&stdout(&output)).expect("turns.json on standard output")
}

#[test]
fn bench_keeps_the_fastest_way() {
    let dir = tempfile::tempdir().expect("a folder");
    let bench = |file: &Path| {
        let mut command = verbatim(dir.path());
        run(command.args(["bench", "--threads", "1"]).arg(file))
    };
    let output = bench(&sample_call("mic.flac"));
    expect_code(&output, 0);
    let table = stdout(&output);
    assert!(table.contains("workers  threads  x real time"), "{table}");
    assert!(
        table.contains("1 window at a time, 1 thread each"),
        "{table}"
    );
    let kept = json(&dir.path().join(".state/verbatim/speeds.json"));
    assert_eq!(kept[0]["workers"], 1);
    assert!(kept[0]["real_time"].as_f64() > Some(0.0), "{kept}");
    let silent = dir.path().join("silent.wav");
    write_wav(&silent, 16_000, 1, &vec![0; 3 * 16_000]);
    expect_code(&bench(&silent), 1);
}

#[test]
fn a_stereo_file_and_two_files_give_the_same_session() {
    let dir = tempfile::tempdir().expect("a folder");
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let stereo = stereo(dir.path());
    let output = run(verbatim(&one).arg("transcribe").arg(&stereo));
    expect_code(&output, 0);
    assert!(
        stdout(&output).contains("First quote"),
        "{}",
        stdout(&output)
    );
    let files = [sample_call("mic.flac"), sample_call("system.flac")];
    expect_code(&run(verbatim(&two).arg("transcribe").args(files)), 0);
    let (one, two) = (only_session(&one), only_session(&two));
    let document = |session: &Path, name: &str| json(&session.join(name));
    assert_eq!(
        document(&one, "turns.json")["turns"],
        document(&two, "turns.json")["turns"]
    );
    for track in ["mic", "system"] {
        assert_eq!(said(&one, track), said(&two, track));
    }
    let rate = error_rate(&one);
    assert!(rate <= 0.20, "word error rate {rate:.3}");
    assert_eq!(document(&one, "session.json")["status"], "complete");
    check_against_golden(&one);
}

/// Structure and times of the sample call's session; the text is compared by its error rate above.
fn check_against_golden(session: &Path) {
    let turns = json(&session.join("turns.json"));
    let rows: Vec<String> = array(&turns["turns"])
        .map(|t| {
            format!(
                "{} {} {} {} {}",
                t["id"].as_str().expect("an id"),
                t["track"].as_str().expect("a track"),
                t["kind"].as_str().expect("a kind"),
                t["start_ms"],
                t["end_ms"]
            )
        })
        .collect();
    let golden = repository("tests/golden/sample-call.turns.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, rows.join("\n") + "\n").expect("the golden file is written");
    }
    let expected = fs::read_to_string(&golden).expect("the golden file");
    assert_eq!(
        rows,
        expected.lines().collect::<Vec<_>>(),
        "UPDATE_GOLDEN=1 rewrites the file"
    );
}

#[test]
fn turns_needs_no_model_and_meets_the_truth() {
    let (mic, system) = (sample_call("mic.flac"), sample_call("system.flac"));
    let document = turns(&[&mic, &system]);
    assert!(boundaries_met(&document, 0, 500) >= 0.9);
    assert!((talk_share(&document, "mic") - true_mic_share()).abs() <= 0.03);
    let mut at = 0;
    for span in array(&document["floor"]) {
        assert_eq!(
            span["start_ms"], at,
            "the floor has a hole or overlaps itself"
        );
        at = span["end_ms"].as_u64().expect("ms");
    }
    assert_eq!(document["duration_ms"], at);
}

#[test]
fn a_mono_file_is_one_track_and_equal_channels_are_one_too() {
    let dir = tempfile::tempdir().expect("a folder");
    let mic = &flac(&sample_call("mic.flac"))[..20 * 16_000];
    let (mono, double) = (dir.path().join("mono.wav"), dir.path().join("double.wav"));
    write_wav(&mono, 16_000, 1, mic);
    let twice: Vec<i16> = mic.iter().flat_map(|&s| [s, s]).collect();
    write_wav(&double, 16_000, 2, &twice);
    for file in [&mono, &double] {
        let document = turns(&[file]);
        let tracks: Vec<&Value> = array(&document["tracks"]).collect();
        assert_eq!(tracks.len(), 1);
        assert_eq!(tracks[0]["track"], "track1");
        assert!(array(&tracks[0]["speech"]).count() >= 3);
    }
}

#[test]
fn json_mode_prints_events_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let clip = dir.path().join("clip.wav");
    write_wav(
        &clip,
        16_000,
        1,
        &flac(&sample_call("mic.flac"))[..15 * 16_000],
    );
    let output = run(verbatim(dir.path())
        .args(["transcribe", "--json"])
        .arg(&clip));
    expect_code(&output, 0);
    let lines: Vec<Value> = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    let (last, logged) = lines.split_last().expect("lines");
    for (line, seq) in logged.iter().zip(1..) {
        assert_eq!(line["seq"], seq);
        assert_eq!(line["v"], 1);
    }
    // What became of the file is in no session's log.
    assert_eq!(
        (&last["type"], &last["v"]),
        (&"file.ended".into(), &1.into())
    );
    assert_eq!(last["data"]["state"], "done");
    let kinds: Vec<&str> = lines
        .iter()
        .map(|l| l["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(kinds.first(), Some(&"session.started"));
    assert!(kinds.contains(&"speech.end") && kinds.contains(&"transcript.final"));
}

/// OBS writes the microphone and the computer's sound as two streams of one file.
#[test]
fn the_streams_of_a_file_are_tracks() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("obs.mkv");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-t", "15", "-i"])
        .arg(sample_call("mic.flac"))
        .args(["-t", "15", "-i"])
        .arg(sample_call("system.flac"))
        .args(["-map", "0:a", "-map", "1:a", "-c:a", "libopus"])
        .arg(&file)
        .status();
    assert!(made.expect("ffmpeg is installed").success());
    expect_code(&run(verbatim(dir.path()).arg("transcribe").arg(&file)), 0);
    let session = only_session(dir.path());
    let manifest = json(&session.join("session.json"));
    let turns = json(&session.join("turns.json"));
    for (n, track) in ["mic", "system"].into_iter().enumerate() {
        let told = &manifest["tracks"][n];
        assert_eq!(told["track"], track);
        assert_eq!(told["source"]["stream"], n);
        assert_eq!(turns["tracks"][n]["track"], track);
        let speech = turns["tracks"][n]["speech_ms"].as_u64();
        assert!(speech.expect("ms") > 1_000, "{track}: {speech:?}");
    }
}

/// A command that must fail: exit code, and words that its one line must hold.
fn refuses(arguments: &[&str], code: i32, words: &[&str]) {
    let dir = tempfile::tempdir().expect("a folder");
    let output = run(verbatim(dir.path())
        .args(arguments)
        .env("PULSE_SERVER", "unix:/nonexistent/pulse")
        .env("XDG_RUNTIME_DIR", "/nonexistent"));
    expect_code(&output, code);
    let said = stderr(&output);
    assert_eq!(said.trim_end().lines().count(), 1, "one line, not:\n{said}");
    for word in words {
        assert!(said.contains(word), "\"{word}\" is missing in: {said}");
    }
    let left: Vec<_> = fs::read_dir(dir.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{arguments:?} leaves {left:?} behind");
}

#[test]
fn bad_recordings_are_refused_in_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let header_only = dir.path().join("zero.wav");
    write_wav(&header_only, 16_000, 1, &[]);
    let zero = header_only.to_string_lossy().into_owned();
    let here = dir.path().to_string_lossy().into_owned();
    for command in ["transcribe", "turns"] {
        refuses(
            &[command, "/nowhere/call.wav"],
            1,
            &["/nowhere/call.wav", "does not exist"],
        );
        refuses(
            &[command, &file("empty.wav", b"")],
            1,
            &["empty.wav", "is empty"],
        );
        refuses(
            &[command, &file("cut.wav", b"RIFF\x10\0\0\0WAVEfm")],
            1,
            &["cut.wav", "cut off"],
        );
        refuses(
            &[command, &file("text.wav", b"not audio at all")],
            1,
            &["text.wav", "no audio or video format", "ffmpeg"],
        );
        refuses(
            &[command, &file("song.wav", b"ID3\x03 more bytes")],
            1,
            &["song.wav", "cannot be read as audio"],
        );
        refuses(&[command, &zero], 1, &["zero.wav", "holds no samples"]);
    }
    refuses(&["turns", &here], 1, &["is a folder"]);
    let bare = tempfile::tempdir().expect("a folder");
    let bare = bare.path().to_string_lossy().into_owned();
    refuses(&["transcribe", &bare], 1, &["without recordings"]);
}

#[test]
fn bad_models_are_refused_in_one_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let call = sample_call("mic.flac").to_string_lossy().into_owned();
    let fake = dir.path().join("fake.bin");
    fs::write(&fake, b"this is no model, however it is called").expect("a file");
    let fake = fake.to_string_lossy().into_owned();
    refuses(&["transcribe", &call, "--model", &fake], 5, &["fake.bin"]);
    refuses(
        &["transcribe", &call, "--model", "no-such-model"],
        5,
        &["no-such-model"],
    );
    refuses(
        &["transcribe", &call, "--model", "base.en"],
        5,
        &["base.en", "models fetch"],
    );
    refuses(
        &["transcribe", &call, "--model", "/nowhere/model.bin"],
        5,
        &["/nowhere/model.bin"],
    );
}

#[test]
fn missing_devices_and_wrong_arguments_have_their_exit_codes() {
    refuses(&["record"], 4, &["no audio server answers"]);
    refuses(&["devices"], 4, &["no audio server answers"]);
    refuses(
        &["record", "--mic", "none", "--system", "none"],
        2,
        &["nothing to record"],
    );
    refuses(&["finish", "last"], 1, &["no sessions"]);
    refuses(&["show", "nothing-like-it"], 1, &["nothing-like-it"]);
    refuses(&["schema", "nothing"], 2, &["turns"]);
}

#[test]
fn a_read_only_folder_is_told_before_anything_is_recorded() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = format!(
        "mount -t tmpfs -o ro none {dir} && exec {program} transcribe --dir {dir} {call}",
        dir = dir.path().display(),
        program = env!("CARGO_BIN_EXE_verbatim"),
        call = sample_call("mic.flac").display(),
    );
    let output = run(std::process::Command::new("unshare").args(["-rm", "sh", "-c", &script]));
    expect_code(&output, 6);
    assert!(stderr(&output).contains("Read-only"), "{}", stderr(&output));
}

#[test]
fn the_whole_work_is_done_with_the_network_denied() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = format!(
        "test -z \"$(ip -o link show up)\" || exit 99; exec {program} record --dir {dir} --for 15s \
         --mic file:{mic} --system file:{system}",
        dir = dir.path().display(),
        program = env!("CARGO_BIN_EXE_verbatim"),
        mic = sample_call("mic.flac").display(),
        system = sample_call("system.flac").display(),
    );
    let output = run(std::process::Command::new("unshare").args(["-rn", "sh", "-c", &script]));
    expect_code(&output, 0);
    let session = only_session(dir.path());
    assert_eq!(json(&session.join("session.json"))["status"], "complete");
    assert!(said(&session, "mic").to_lowercase().contains("joining"));
}

#[test]
fn the_program_tells_about_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in [
        "event",
        "markers",
        "session",
        "turns",
        "transcript",
        "stats",
    ] {
        let output = run(verbatim(dir.path()).args(["schema", name]));
        expect_code(&output, 0);
        let schema: Value = serde_json::from_str(&stdout(&output)).expect("a JSON Schema");
        assert!(
            schema["$schema"]
                .as_str()
                .expect("a dialect")
                .contains("2020-12")
        );
    }
    let completions = run(verbatim(dir.path()).args(["completions", "bash"]));
    assert!(stdout(&completions).contains("transcribe"));
    expect_code(
        &run(verbatim(dir.path()).arg("man").arg(dir.path().join("man"))),
        0,
    );
    assert!(dir.path().join("man/verbatim-record.1").exists());
    let list = run(verbatim(&dir.path().join("none")).arg("list"));
    expect_code(&list, 0);
    assert!(stderr(&list).contains("no such sessions"));
}

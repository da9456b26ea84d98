//! `verbatim transcribe` with what people really bring: every container and codec, odd rates and
//! channels, and files that are damaged, misnamed, empty or no recordings at all. Each gives text or a
//! clear error with its exit code, never a panic and never a hang.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::forms::{Corpus, FORMS};
use support::program::{
    events, expect_code, flac, json, only_session, sample_call, sessions, stderr, verbatim,
    write_wav,
};

/// How long any command here may take on a machine that is busy with everything else.
const LIMIT: Duration = Duration::from_secs(240);

/// What is said in the phrase.
const SAID: [&str; 6] = ["yes", "that", "is", "fine", "with", "me"];

/// A corpus of one short phrase of the sample call.
fn phrase() -> Corpus {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("phrase.wav");
    let samples = flac(&sample_call("system.flac"));
    write_wav(&path, 16_000, 1, &samples[7 * 16_000..9 * 16_000]);
    Corpus::of(&path)
}

/// Runs a command to its end; one that hangs is ended, and fails the test.
fn run(command: &mut Command, scratch: &Path) -> Output {
    let file = |name: &str| File::create(scratch.join(name)).expect("a file");
    let mut child = command
        .stdout(Stdio::from(file("stdout")))
        .stderr(Stdio::from(file("stderr")))
        .spawn()
        .expect("the program starts");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            break status;
        }
        if begun.elapsed() > LIMIT {
            child.kill().expect("it can be killed");
            child.wait().expect("it is reaped");
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |name: &str| fs::read(scratch.join(name)).expect("a file");
    let output = Output {
        status,
        stdout: read("stdout"),
        stderr: read("stderr"),
    };
    let code = status.code();
    assert!(
        matches!(code, Some(0..=6)),
        "{command:?} ended with {status}:\n{}",
        stderr(&output)
    );
    assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    output
}

/// Transcribes files, each for itself.
fn transcribe(place: &Path, files: &[PathBuf]) -> Command {
    let mut command = verbatim(place);
    command
        .args(["transcribe", "--each", "--json", "--vad", "webrtc"])
        .args(["--word-times", "fast", "--channels", "mix"])
        .args(files);
    command
}

/// What became of each file, by its name.
fn ended(output: &Output) -> BTreeMap<String, Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let ended = lines.filter(|line| line["type"] == "file.ended");
    ended
        .map(|line| {
            let file = PathBuf::from(line["data"]["files"][0].as_str().expect("a file"));
            let name = file.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), line["data"].clone())
        })
        .collect()
}

/// How many words of the phrase the text of a session holds.
fn heard(session: &Path) -> usize {
    let transcript = json(&session.join("transcript.json"));
    let segments = transcript["segments"].as_array().expect("segments").iter();
    let text: String = segments
        .map(|segment| segment["text"].as_str().expect("text").to_lowercase() + " ")
        .collect();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    SAID.iter().filter(|word| words.contains(word)).count()
}

#[test]
fn every_form_rate_and_number_of_channels_gives_its_text() {
    let corpus = phrase();
    let mut files: Vec<PathBuf> = FORMS
        .iter()
        .map(|(name, args, _)| corpus.make(name, args))
        .collect();
    for rate in ["8000", "11025", "22050", "44100", "96000", "192000"] {
        files.push(corpus.make(&format!("rate-{rate}.wav"), &["-ar", rate]));
    }
    for layout in ["stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"] {
        // ffmpeg's own mix puts one channel into the middle one, and leaves the others silent.
        let pan = format!(
            "pan={layout}|{}",
            [
                "c0=c0", "c1=c0", "c2=c0", "c3=c0", "c4=c0", "c5=c0", "c6=c0", "c7=c0"
            ][..channels(layout)]
                .join("|")
        );
        files.push(corpus.make(&format!("layout-{layout}.flac"), &["-af", &pan]));
    }
    corpus.run(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=640x640:d=0.04",
        "-frames:v",
        "1",
        "cover.png",
    ]);
    let cover = ["-i", "cover.png", "-map", "0", "-map", "1", "-c:v", "copy"];
    let pictured = [&cover[..], &["-disposition:v", "attached_pic"]].concat();
    files.push(corpus.make(
        "cover.mp3",
        &[&pictured[..], &["-c:a", "libmp3lame"]].concat(),
    ));
    // A title of its own keeps a file from being one that was done before.
    for (named, is) in [
        ("y.m4a", "renamed.mp3"),
        ("y.flac", "renamed.wav"),
        ("y.webm", "renamed.txt"),
    ] {
        let made = corpus.make(named, &["-metadata", "title=Renamed"]);
        fs::rename(made, corpus.path(is)).expect("another name");
        files.push(corpus.path(is));
    }
    let whole = fs::read(corpus.path("cbr.mp3")).expect("a file");
    fs::write(
        corpus.path("zeros.mp3"),
        [&whole[..], &[0; 100_000]].concat(),
    )
    .expect("a file");
    files.push(corpus.path("zeros.mp3"));
    let place = corpus.path("sessions");
    let output = run(&mut transcribe(&place, &files), &corpus.path(""));
    expect_code(&output, 0);
    let ended = ended(&output);
    assert_eq!(ended.len(), files.len());
    let mut poor = Vec::new();
    for (name, file) in &ended {
        assert_eq!(file["state"], "done", "{name}: {file}");
        let session = PathBuf::from(file["session"].as_str().expect("a session"));
        let ms = file["audio_ms"].as_u64().expect("a length");
        assert!((1_900..=2_200).contains(&ms), "{name}: {ms} ms");
        poor.extend((heard(&session) < 4).then_some(name));
    }
    assert!(poor.is_empty(), "without the words that are said: {poor:?}");
}

fn channels(layout: &str) -> usize {
    match layout {
        "stereo" => 2,
        "3.0" => 3,
        "quad" => 4,
        "5.0" => 5,
        "5.1" => 6,
        "6.1" => 7,
        _ => 8,
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// Cut anywhere, with bytes changed anywhere: what can be decoded is used, what is lost is told.
#[test]
fn damaged_files_give_what_they_hold_or_an_error_of_their_own() {
    let corpus = phrase();
    let mut dice = Dice(20_261_125);
    let mut files = Vec::new();
    for name in [
        "x.flac",
        "cbr.mp3",
        "vbr.mp3",
        "x.m4a",
        "x.mp4",
        "frag.mp4",
        "alac.m4a",
        "vorbis.ogg",
        "opus.opus",
        "opus.webm",
        "aac.mkv",
        "x.aiff",
        "x.caf",
        "s24.wav",
        "rf64.wav",
    ] {
        let form = FORMS
            .iter()
            .find(|(form, ..)| *form == name)
            .expect("a form");
        let whole = fs::read(corpus.make(name, form.1)).expect("a file");
        let cut = whole[..dice.below(whole.len())].to_vec();
        let mut changed = whole.clone();
        for _ in 0..4 {
            let at = dice.below(whole.len());
            changed[at] ^= 1 << dice.below(8);
        }
        for (how, bytes) in [("cut", cut), ("changed", changed)] {
            let path = corpus.path(&format!("{how}-{name}"));
            fs::write(&path, bytes).expect("a file");
            files.push(path);
        }
    }
    let place = corpus.path("sessions");
    let output = run(&mut transcribe(&place, &files), &corpus.path(""));
    let ended = ended(&output);
    assert_eq!(ended.len(), files.len(), "{}", stderr(&output));
    for (name, file) in &ended {
        let reason = file["reason"].as_str().unwrap_or_default();
        match file["state"].as_str().expect("a state") {
            "done" | "incomplete" => assert!(file["session"].is_string(), "{name}: {file}"),
            "failed" => assert!(reason.contains(name.as_str()), "{name}: {file}"),
            other => panic!("{name}: {other}"),
        }
    }
    let left = sessions(&place).len();
    let made = ended
        .values()
        .filter(|file| file["state"] != "failed")
        .count();
    assert_eq!(left, made, "a file that failed leaves no session");
}

/// What a file that was cut short lost stands in the session, in the line for programs, in the text for
/// people and in the exit code.
#[test]
fn lost_stretches_are_listed() {
    let corpus = phrase();
    let whole = fs::read(corpus.make("whole.flac", &[])).expect("a file");
    fs::write(corpus.path("short.flac"), &whole[..whole.len() * 3 / 4]).expect("a file");
    let place = corpus.path("sessions");
    let output = run(
        transcribe(&place, &[corpus.path("short.flac")]).args(["--archive", "flac"]),
        &corpus.path(""),
    );
    expect_code(&output, 3);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let kinds: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["type"].clone())
        .collect();
    let last = &kinds[kinds.len() - 2..];
    assert_eq!(last, ["archive.converted", "file.ended"], "in order");
    let file = &ended(&output)["short.flac"];
    let lost = file["lost_ms"].as_u64().expect("what is lost");
    assert!((200..1_000).contains(&lost), "{lost} ms");
    let session = only_session(&place);
    let manifest = json(&session.join("session.json"));
    let cut = &manifest["tracks"][0]["cut_short"];
    assert_eq!(cut["start_ms"], manifest["duration_ms"]);
    assert_eq!(cut["end_ms"], 2_000);
    assert!(
        stderr(&output).contains("nothing is heard of 00:01."),
        "{}",
        stderr(&output)
    );
    let damaged = damaged_in_the_middle(&corpus);
    let other = corpus.path("other");
    let output = run(&mut transcribe(&other, &[damaged]), &corpus.path(""));
    expect_code(&output, 3);
    let session = only_session(&other);
    let manifest = json(&session.join("session.json"));
    let gaps = manifest["tracks"][0]["gaps"].as_array().expect("gaps");
    assert!(!gaps.is_empty());
    assert!(
        gaps.iter().all(|gap| gap["cause"] == "source_damaged"),
        "{gaps:?}"
    );
    let told: Vec<Value> = events(&session)
        .into_iter()
        .filter(|e| e["type"] == "track.gap")
        .collect();
    assert_eq!(told[0]["data"]["start_sample"], gaps[0]["start_sample"]);
    assert_eq!(
        manifest["duration_ms"], 2_000,
        "what follows stays in its place"
    );
}

/// Packets in the middle that no decoder can read.
fn damaged_in_the_middle(corpus: &Corpus) -> PathBuf {
    let made = corpus.make("middle.m4a", &["-c:a", "aac", "-movflags", "+faststart"]);
    let mut bytes = fs::read(made).expect("a file");
    let is_sound = |name: &[u8]| name == b"mdat";
    let from = bytes.windows(4).position(is_sound).expect("the sound");
    let part = (bytes.len() - from) / 10;
    bytes[from + 4 * part..from + 6 * part].fill(0xff);
    let path = corpus.path("damaged.m4a");
    fs::write(&path, bytes).expect("a file");
    path
}

/// What is no recording, or holds no word, one by one: exit code and line.
#[test]
fn what_is_no_recording_is_told_in_a_line() {
    let corpus = phrase();
    let path = |name: &str| corpus.path(name);
    fs::write(path("empty.mp3"), b"").expect("a file");
    fs::write(path("notes.wav"), b"Dear diary,\nthis is no recording.\n").expect("a file");
    fs::create_dir(path("folder")).expect("a folder");
    fs::write(path("secret.wav"), b"RIFF").expect("a file");
    fs::set_permissions(path("secret.wav"), fs::Permissions::from_mode(0o000)).expect("a mode");
    write_wav(&path("headed.wav"), 16_000, 1, &[]);
    write_wav(&path("moment.wav"), 16_000, 1, &vec![900; 800]);
    write_wav(&path("silence.wav"), 16_000, 1, &vec![0; 48_000]);
    // Who may read everything is refused nothing.
    let unreadable = File::open(path("secret.wav")).is_err();
    let cases: &[(&str, i32, &str)] = &[
        ("empty.mp3", 1, "is empty"),
        ("notes.wav", 1, "is in no audio or video format"),
        ("folder", 1, "is a folder without recordings"),
        ("missing.wav", 1, "does not exist"),
        ("headed.wav", 1, "holds no samples"),
        ("secret.wav", if unreadable { 4 } else { 1 }, "secret.wav"),
        ("moment.wav", 0, ""),
        ("silence.wav", 0, ""),
    ];
    for (name, code, line) in cases {
        let place = path("sessions").join(name);
        let output = run(&mut transcribe(&place, &[path(name)]), &corpus.path(""));
        expect_code(&output, *code);
        assert!(
            stderr(&output).contains(line),
            "{name}: {}",
            stderr(&output)
        );
        assert_eq!(sessions(&place).len(), usize::from(*code == 0), "{name}");
    }
    let silence = only_session(&path("sessions").join("silence.wav"));
    assert_eq!(json(&silence.join("session.json"))["status"], "complete");
    assert_eq!(json(&silence.join("session.json"))["duration_ms"], 3_000);
}

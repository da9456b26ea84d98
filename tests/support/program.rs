//! The program as a process, its sessions, and the sample call.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program under test, told to keep its sessions in `dir`.
pub fn verbatim(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verbatim"));
    command
        .env("VERBATIM_DIR", dir)
        .env("VERBATIM_MODELS", dir.join("no-models-here"))
        .env("VERBATIM_RUNTIME_DIR", runtime(dir))
        .env("VERBATIM_KINDS", dir.join("no-kinds.toml"))
        .env("VERBATIM_RULES", dir.join("my-rules"))
        .env("XDG_STATE_HOME", dir.join(".state"))
        .stdin(Stdio::null());
    command
}

/// Where recorders that keep their sessions in `dir` listen.
pub fn runtime(dir: &Path) -> PathBuf {
    dir.join(".run")
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Output {
    command.output().expect("the program starts")
}

/// Starts a command that says nothing.
pub fn start(command: &mut Command) -> Child {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// `verbatim transcribe` by a model, the cheap way; the recordings are still to be named.
pub fn transcribe_by(dir: &Path, model: &Path) -> Command {
    let mut command = verbatim(dir);
    command
        .args(["transcribe", "--vad", "webrtc"])
        .args(["--word-times", "fast", "--model"])
        .arg(model);
    command
}

/// Standard error of an output, as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output of an output, as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Panics with everything the program said unless it exited with `code`.
pub fn expect_code(output: &Output, code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout:\n{}\nstderr:\n{}",
        stdout(output),
        stderr(output)
    );
}

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the sample call.
pub fn sample_call(name: &str) -> PathBuf {
    repository("tests/fixtures/sample-call").join(name)
}

/// What is said in the sample call.
pub fn truth() -> Value {
    json(&sample_call("truth.json"))
}

/// A JSON document.
pub fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The lines of a session's event log; a torn last line is left out.
pub fn events(session: &Path) -> Vec<Value> {
    let text = fs::read_to_string(session.join("events.ndjson")).unwrap_or_default();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).expect("an event is JSON"))
        .collect()
}

/// How many events of a type a session's log holds.
pub fn count(session: &Path, kind: &str) -> usize {
    events(session).iter().filter(|e| e["type"] == kind).count()
}

/// The only session in a folder.
pub fn only_session(dir: &Path) -> PathBuf {
    let sessions = sessions(dir);
    assert_eq!(
        sessions.len(),
        1,
        "sessions in {}: {sessions:?}",
        dir.display()
    );
    sessions[0].clone()
}

/// The sessions in a folder, sorted by name.
pub fn sessions(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("entry can be read").path())
        .filter(|path| path.join("events.ndjson").exists())
        .collect();
    found.sort();
    found
}

/// Waits until `done` gives something, or panics with `what` after `limit`.
pub fn wait_for<T>(what: &str, limit: Duration, mut done: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(begun.elapsed() < limit, "waited {limit:?} for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Reads a whole FLAC file of the sample call as 16 bit mono.
pub fn flac(path: &Path) -> Vec<i16> {
    let mut reader = claxon::FlacReader::open(path).expect("a FLAC file");
    reader
        .samples()
        .map(|s| i16::try_from(s.expect("a sample")).expect("16 bit"))
        .collect()
}

/// Reads a whole WAV file as interleaved 16 bit samples.
pub fn wav(path: &Path) -> (hound::WavSpec, Vec<i16>) {
    let mut reader =
        hound::WavReader::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let samples = reader
        .samples::<i16>()
        .map(|s| s.expect("a sample"))
        .collect();
    (reader.spec(), samples)
}

/// Writes 16 bit samples as a WAV file.
pub fn write_wav(path: &Path, rate: u32, channels: u16, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("the file can be made");
    for &sample in samples {
        writer.write_sample(sample).expect("a sample is written");
    }
    writer.finalize().expect("the header is written");
}

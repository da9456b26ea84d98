//! The call is played, and everything that the recorder prints is kept with the time it came.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::load::{Busy, Sample, Watch};
use super::support::audio_server::AudioServer;
use super::support::measure::lag;
use super::support::process::signal;
use super::support::program::{flac, only_session, sample_call, verbatim, wav};

/// Sound compared to find out where a track lies, in seconds, and latest place of its beginning.
const COMPARED_S: usize = 45;
const LATEST_START_S: usize = 20;

/// Samples at 16 kHz in a second.
const RATE: usize = 16_000;

/// How long the devices may take to deliver, and the text to be complete after the call.
const TO_BEGIN: Duration = Duration::from_secs(60);
const TO_CATCH_UP: Duration = Duration::from_secs(900);

/// Sound recorded after the call, so that its last phrase ends by itself.
const AFTER: Duration = Duration::from_millis(1_500);

/// What to run.
pub struct Plan {
    pub times: usize,
    /// Busy loops beside the recorder while the call goes on.
    pub busy: usize,
    /// Share of the machine that live text may use.
    pub cpu: Option<f64>,
    /// `starter` or a file.
    pub model: String,
    /// Plays no call but all rhythms of looks, decoded by so many threads.
    pub joins: Option<usize>,
    /// Keeps the sessions here.
    pub keep: Option<PathBuf>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            times: 1,
            busy: 0,
            cpu: None,
            model: "starter".into(),
            joins: None,
            keep: None,
        }
    }
}

/// A line of the recorder and when it came.
pub struct Line {
    pub at: Instant,
    pub event: Value,
}

impl Line {
    pub fn is(&self, kind: &str) -> bool {
        self.event["type"] == kind
    }

    pub fn data(&self) -> &Value {
        &self.event["data"]
    }
}

/// What came of a call.
pub struct Recorded {
    pub lines: Vec<Line>,
    /// Processor time, from the start of the recorder to its end.
    pub samples: Vec<Sample>,
    /// Tick 0 of the session.
    pub epoch: Instant,
    /// When the player was started, and when the call was over.
    pub played: Instant,
    pub over: Instant,
    /// How much later than in its file a track lies in the recording, in milliseconds.
    pub lags: Vec<(String, i64)>,
    pub session: PathBuf,
    pub model: PathBuf,
    pub code: Option<i32>,
    /// Keeps the session while it is looked at.
    _dir: Option<tempfile::TempDir>,
}

impl Recorded {
    /// Session time at which a line came, in milliseconds.
    pub fn came_ms(&self, line: &Line) -> i64 {
        line.at.saturating_duration_since(self.epoch).as_millis() as i64
    }

    /// How much later a track lies in the recording.
    pub fn lag_ms(&self, track: &str) -> i64 {
        let known = self.lags.iter().find(|(name, _)| name == track);
        known.expect("both tracks are recorded").1
    }
}

/// Records the sample call once.
pub fn run(plan: &Plan) -> Recorded {
    let temporary = tempfile::tempdir().expect("a folder");
    let dir = match &plan.keep {
        Some(keep) => tempfile::Builder::new().prefix("live-").tempdir_in(keep),
        None => tempfile::tempdir(),
    };
    let dir = dir.expect("a folder for the session");
    let server = AudioServer::start();
    let model = super::batch::model(&plan.model);
    let mut command = verbatim(dir.path());
    server.serve(&mut command);
    command
        .args(["record", "--json", "--consent", "asked", "--mic", "mic"])
        .args(["--system", "speakers", "--model"])
        .arg(&model);
    if let Some(share) = plan.cpu {
        command.arg("--cpu").arg(format!("{}%", share * 100.0));
    }
    let mut recorder = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the recorder starts");
    let watch = Watch::start(recorder.id());
    let (mut lines, coming) = (Vec::new(), read(&mut recorder));
    // A model that is still being loaded delays the first words: a user's call begins later, too.
    await_lines(&coming, &mut lines, "the model and both tracks", |lines| {
        let of = |kind: &str| lines.iter().filter(|line| line.is(kind)).count();
        of("track.started") == 2 && of("pass.started") == 1
    });
    let busy = Busy::start(plan.busy);
    let played = Instant::now();
    let status = server
        .player(&sample_call("mic.flac"), &sample_call("system.flac"))
        .status()
        .expect("target/release/examples/play_call runs (make bench-live builds it)");
    assert!(status.success(), "the player failed");
    let over = Instant::now();
    drop(busy);
    thread::sleep(AFTER);
    signal(recorder.id(), "INT");
    await_end(&coming, &mut lines, &mut recorder);
    let code = recorder.wait().expect("the recorder ends").code();
    let samples = watch.stop();
    drop(temporary);
    let session = only_session(dir.path());
    let epoch = epoch(&lines);
    if plan.keep.is_some() {
        keep(&lines, epoch, &session.join("live.ndjson"));
    }
    Recorded {
        epoch,
        lines,
        samples,
        played,
        over,
        lags: lags(&session),
        session,
        model,
        code,
        _dir: match plan.keep {
            Some(_) => {
                println!("kept: {}", dir.keep().display());
                None
            }
            None => Some(dir),
        },
    }
}

/// Writes the lines with the session time at which each came.
fn keep(lines: &[Line], epoch: Instant, file: &Path) {
    let told = lines.iter().map(|line| {
        let came_ms = line.at.saturating_duration_since(epoch).as_millis() as u64;
        format!(
            "{}\n",
            serde_json::json!({"came_ms": came_ms, "line": line.event})
        )
    });
    fs::write(file, told.collect::<String>()).expect("the lines can be kept");
}

/// Reads the recorder's lines on a thread of their own, so that each has the time at which it came.
fn read(recorder: &mut Child) -> mpsc::Receiver<Line> {
    let (out, lines) = mpsc::channel();
    let stdout = recorder.stdout.take().expect("a pipe");
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let line = line.expect("a line");
            let at = Instant::now();
            let event = serde_json::from_str(&line).expect("an event is JSON");
            if out.send(Line { at, event }).is_err() {
                return;
            }
        }
    });
    lines
}

fn await_lines(
    coming: &mpsc::Receiver<Line>,
    lines: &mut Vec<Line>,
    what: &str,
    done: impl Fn(&[Line]) -> bool,
) {
    let begun = Instant::now();
    while !done(lines) {
        let line = coming.recv_timeout(TO_BEGIN.saturating_sub(begun.elapsed()));
        lines.push(line.unwrap_or_else(|_| panic!("waited {TO_BEGIN:?} for {what}")));
    }
}

/// Everything up to the recorder's last line. A recorder that does not end is ended.
fn await_end(coming: &mpsc::Receiver<Line>, lines: &mut Vec<Line>, recorder: &mut Child) {
    let begun = Instant::now();
    loop {
        match coming.recv_timeout(TO_CATCH_UP.saturating_sub(begun.elapsed())) {
            Ok(line) => lines.push(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                recorder.kill().expect("the recorder can be killed");
                panic!("the text was not complete {TO_CATCH_UP:?} after the call");
            }
        }
    }
}

/// Tick 0 of the session: no line comes before the session time that it names, and the quickest ones
/// come at once.
fn epoch(lines: &[Line]) -> Instant {
    lines
        .iter()
        .filter_map(|line| {
            let t_ms = line.event["t_ms"].as_u64().filter(|&t_ms| t_ms > 0)?;
            line.at.checked_sub(Duration::from_millis(t_ms))
        })
        .min()
        .expect("the session has begun")
}

/// Where each track lies, by correlation of what was recorded with what was played.
fn lags(session: &Path) -> Vec<(String, i64)> {
    ["mic", "system"]
        .into_iter()
        .map(|name| {
            let (_, recorded) = wav(&session.join(format!("audio/{name}.wav")));
            let narrow: Vec<i16> = recorded.iter().step_by(3).copied().collect();
            let played = flac(&sample_call(&format!("{name}.flac")));
            let recorded = &narrow[..narrow.len().min((COMPARED_S + LATEST_START_S) * RATE)];
            let samples = lag(
                &played[..COMPARED_S * RATE],
                recorded,
                LATEST_START_S * RATE,
            );
            (name.to_owned(), (samples / (RATE / 1_000)) as i64)
        })
        .collect()
}

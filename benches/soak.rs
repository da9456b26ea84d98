//! Four hours of call through the whole recorder, on a clock that a script moves: memory and open
//! files are flat, no sample is lost, and the archive has its length.
//!
//! The microphone hears the loudspeakers as well, its clock runs 40 ppm fast, and once an hour a device
//! goes away for three seconds. `SOAK_HOURS` sets another length. `benches/recorder.rs` is the same over
//! real devices, in real time.

#[path = "../tests/support/hearing.rs"]
mod hearing;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use verbatim::audio::Track;
use verbatim::capture::devices::{Device, Kind, Role};
use verbatim::capture::keeper::Wish;
use verbatim::capture::script::{Actor, Fault, Script, Sound, Window, keep};
use verbatim::engine::webrtc::WebRtc;
use verbatim::mark::kinds::Kinds;
use verbatim::session::{Guards, Options, TrackInput, record};
use verbatim::store::wav::PART_SAMPLES;
use verbatim::voice::utterance::UtteranceOptions;

/// Share of the system track that comes back to the microphone, and how late, in seconds.
const ECHO: (f32, f64) = (0.3, 0.08);

fn main() {
    let hours: f64 = std::env::var("SOAK_HOURS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4.0);
    let length = Duration::from_secs_f64(hours * 3_600.0);
    let dir = tempfile::tempdir().expect("a folder");
    let base = Instant::now();
    let voices = [Track::Mic, Track::System].map(|track| Arc::new(hearing::track(track)));
    let inputs = vec![
        input(Track::Mic, base, length, microphone(&voices)),
        input(Track::System, base, length, voice(&voices[1])),
    ];
    let options = Options {
        dir: dir.path().into(),
        title: None,
        goal: None,
        consent: None,
        kinds: Kinds::default(),
        program: "soak".into(),
        planned: None,
        detector: Arc::new(|| Ok(Box::new(WebRtc::new()))),
        utterance: UtteranceOptions::default(),
        part_samples: PART_SAMPLES / 12,
        captions: None,
        no_audio: None,
        in_pause: Default::default(),
        guards: Guards::default(),
    };
    let watching = std::thread::spawn(watch);
    let (_stop, stop) = mpsc::channel(1);
    let (updates, mut seen) = mpsc::channel(64);
    std::thread::spawn(move || while seen.blocking_recv().is_some() {});
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let summary = runtime
        .block_on(record(options, inputs, stop, updates))
        .expect("a session");
    let took = base.elapsed().as_secs_f64();
    watching.thread().unpark();
    let (first, last) = watching.join().expect("figures");
    println!(
        "{hours} h in {took:.0} s, {:.0} x real time; {:.1} MB and {} files after a tenth, {:.1} MB and {} files at the end",
        length.as_secs_f64() / took,
        first.0,
        first.1,
        last.0,
        last.1
    );
    println!(
        "{} samples not captured, {:?}",
        summary.lost_samples, summary.reason
    );
    let manifest = fs::read_to_string(summary.folder.join("session.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    for track in manifest["tracks"].as_array().expect("tracks") {
        println!(
            "{}: {} samples in {} files, {} gaps, {} ppm",
            track["track"],
            track["samples"],
            track["files"].as_array().map_or(0, Vec::len),
            track["gaps"].as_array().map_or(0, Vec::len),
            track["skew_ppm"]
        );
    }
    let turns = fs::read_to_string(summary.folder.join("turns.json")).expect("turns");
    let turns: serde_json::Value = serde_json::from_str(&turns).expect("JSON");
    println!(
        "{} echoes marked, microphone talks {}",
        turns["tracks"][0]["echo"].as_array().map_or(0, Vec::len),
        turns["tracks"][0]["talk_share"]
    );
}

/// A voice that speaks again and again.
fn voice(samples: &Arc<Vec<i16>>) -> Sound {
    let samples = Arc::clone(samples);
    Arc::new(move |at| {
        let n = (at * 16_000.0) as usize % samples.len();
        f32::from(samples[n]) / 32_768.0
    })
}

/// The interviewer, and the other side as the room gives it back.
fn microphone(voices: &[Arc<Vec<i16>>; 2]) -> Sound {
    let (own, other) = (voice(&voices[0]), voice(&voices[1]));
    Arc::new(move |at| own(at) + ECHO.0 * other((at - ECHO.1).max(0.0)))
}

fn input(track: Track, base: Instant, length: Duration, sound: Sound) -> TrackInput {
    let is_mic = track == Track::Mic;
    let device = Device {
        id: track.to_string(),
        name: track.to_string(),
        backend: "script",
        kind: match is_mic {
            true => Kind::Microphone,
            false => Kind::Loopback,
        },
        default_microphone: is_mic,
        default_system: !is_mic,
        rate: 48_000,
        channels: 1,
    };
    let role = match is_mic {
        true => Role::Microphone,
        false => Role::SystemAudio,
    };
    let gone = |hour: u64| Duration::from_secs(hour * 3_600 + 1_800);
    let faults = (0..length.as_secs() / 3_600)
        .filter(|hour| is_mic == (hour % 2 == 0))
        .map(|hour| Fault::Hole(Window::new(gone(hour), gone(hour) + Duration::from_secs(3))));
    let script = Script {
        base,
        length,
        actors: vec![Actor {
            device: device.clone(),
            there: vec![Window::new(Duration::ZERO, length * 2)],
            ppm: if is_mic { 40.0 } else { 0.0 },
            faults: faults.collect(),
            sound,
        }],
        defaults: vec![(Duration::ZERO, device.id.clone())],
        down: Vec::new(),
        blind: Vec::new(),
        jitter: Duration::from_millis(15),
        block: (400, 1_200),
        seed: 11,
    };
    let source = keep(script, &device.id, |_| Wish::Default(role)).expect("the device is there");
    TrackInput {
        track,
        device: Some(device.info()),
        file: None,
        source: Box::new(source),
    }
}

/// Memory in MB and open files of this process, after the first samples and at the end; prints the
/// course.
fn watch() -> ((f64, usize), (f64, usize)) {
    let mut all = Vec::new();
    let begun = Instant::now();
    loop {
        let before = Instant::now();
        std::thread::park_timeout(Duration::from_secs(2));
        all.push((resident_mb(), open_files()));
        if before.elapsed() < Duration::from_millis(1_900) && begun.elapsed().as_secs() > 2 {
            break;
        }
    }
    for (n, (mb, files)) in all.iter().enumerate().step_by((all.len() / 10).max(1)) {
        println!("{:>5} s  {mb:>7.1} MB  {files:>3} files", n * 2);
    }
    (all[all.len() / 10], all[all.len() - 1])
}

fn resident_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1_024.0
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

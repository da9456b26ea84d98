//! Four hours of call through the whole recorder, on a clock that a script moves. It fails, with exit
//! code 1, unless memory and open files are flat and every sample is accounted for.
//!
//! The microphone hears the loudspeakers as well, its clock runs 40 ppm fast and readings are up to
//! 15 ms late. Once an hour each track loses sound: three seconds without a word, which the recorder has
//! to find out from times, and half a second that the audio system counts. Then, for each track:
//!
//! - samples = offset + delivered + gaps + corrected drift, to the sample: nothing delivered is lost;
//! - what was counted is told to the sample, and every loss is one gap with its cause;
//! - the length of a hole that nobody counted is known no better than readings are punctual: it may be
//!   off by their lateness, and the drift correction brings the sound after it to its place.
//!
//! Apart from that there is one gap, at the end of the track that ends first: a script ends in the middle
//! of a block, and all tracks are as long as the longest.
//!
//! `SOAK_HOURS` sets another length. `benches/recorder.rs` is the same over real devices, in real time.

#[path = "../tests/support/hearing.rs"]
mod hearing;

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc;
use verbatim::audio::Track;
use verbatim::capture::devices::{Device, Kind, Role};
use verbatim::capture::keeper::Wish;
use verbatim::capture::script::{Actor, Fault, Script, Sound, Tally, Window, keep};
use verbatim::engine::webrtc::WebRtc;
use verbatim::session::{Options, TrackInput, record};
use verbatim::store::wav::PART_SAMPLES;
use verbatim::voice::DetectorMaker;

/// Share of the system track that comes back to the microphone, and how late, in seconds.
const ECHO: (f32, f64) = (0.3, 0.08);

/// Latest that a reading comes after its last frame.
const JITTER: Duration = Duration::from_millis(15);

/// Frames in the longest reading.
const BLOCK: u32 = 1_200;

/// Memory may grow by so many megabytes between a tenth of the run and its end.
const GROWTH_MB: f64 = 4.0;

fn main() -> ExitCode {
    let hours: f64 = std::env::var("SOAK_HOURS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4.0);
    let length = Duration::from_secs_f64(hours * 3_600.0);
    let dir = tempfile::tempdir().expect("a folder");
    let base = Instant::now();
    let voices = [Track::Mic, Track::System].map(|track| Arc::new(hearing::track(track)));
    let tallies = [Arc::new(Tally::default()), Arc::new(Tally::default())];
    let sounds = [microphone(&voices), voice(&voices[1])];
    let tracks = [Track::Mic, Track::System].into_iter().zip(&tallies);
    let inputs = tracks.zip(sounds).map(|((track, tally), sound)| {
        let script = script(track, base, length, sound, Arc::clone(tally));
        input(track, script)
    });
    let inputs = inputs.collect();
    let detector: DetectorMaker = Arc::new(|| Ok(Box::new(WebRtc::new())));
    let options = Options {
        part_samples: PART_SAMPLES / 12,
        ..Options::new(dir.path().into(), "soak", detector)
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
    let mut faults = Vec::new();
    if last.0 > first.0 + GROWTH_MB {
        faults.push(format!("memory grew by {:.1} MB", last.0 - first.0));
    }
    if last.1 > first.1 {
        faults.push(format!("{} more open files", last.1 - first.1));
    }
    let manifest = json(&summary.folder.join("session.json"));
    let turns = json(&summary.folder.join("turns.json"));
    for (n, tally) in tallies.iter().enumerate() {
        let hours = length.as_secs() / 3_600;
        // The first hour has its hole on the microphone, the second on the system track, and so on.
        let holes = (hours + 1 - n as u64) / 2;
        account(
            &manifest["tracks"][n],
            tally,
            (holes, hours - holes),
            &mut faults,
        );
    }
    println!(
        "{} echoes marked, microphone talks {}",
        array(&turns["tracks"][0]["echo"]).len(),
        turns["tracks"][0]["talk_share"]
    );
    for fault in &faults {
        println!("FAULT: {fault}");
    }
    match faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Holds what a manifest tells of a track against what its script did: `wanted` holes that nobody
/// counted, and overruns.
fn account(track: &Value, tally: &Tally, wanted: (u64, u64), faults: &mut Vec<String>) {
    let name = &track["track"];
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let lost = |cause: &str| -> (u64, i64) {
        let gaps = array(&track["gaps"])
            .iter()
            .filter(|gap| gap["cause"] == cause);
        gaps.fold((0, 0), |(n, sum), gap| {
            (n + 1, sum + number(&gap["samples"]))
        })
    };
    let (holes, overruns, ends) = (lost("clock_hole"), lost("overrun"), lost("source_ended"));
    let gaps: i64 = array(&track["gaps"])
        .iter()
        .map(|gap| number(&gap["samples"]))
        .sum();
    let (samples, offset) = (number(&track["samples"]), number(&track["offset_samples"]));
    let corrected = number(&track["corrected_samples"]);
    let off = samples - offset - tally.delivered() as i64 - gaps - corrected;
    let hole_off = holes.1 - tally.lost() as i64;
    println!(
        "{name}: {samples} samples in {} files = {offset} offset + {} delivered + {gaps} in gaps + {corrected} corrected, {off} over; {} ppm; {} holes of {} frames told {hole_off} longer; {} overruns of {} frames; {} at the end",
        array(&track["files"]).len(),
        tally.delivered(),
        track["skew_ppm"],
        holes.0,
        tally.lost(),
        overruns.0,
        tally.overrun(),
        ends.1,
    );
    let mut expect = |is_so: bool, what: &str| {
        if !is_so {
            faults.push(format!("{name}: {what}"));
        }
    };
    expect(off == 0, "delivered samples are missing, or there twice");
    expect(holes.0 == wanted.0, "holes that the script does not have");
    expect(
        overruns.0 == wanted.1,
        "overruns that the script does not have",
    );
    expect(
        overruns.1 == tally.overrun() as i64,
        "overruns are not told to the sample",
    );
    let late = (JITTER.as_millis() * 48) as u64;
    expect(
        hole_off.unsigned_abs() <= late * wanted.0,
        "a hole is off by more than readings are late",
    );
    let others = gaps - holes.1 - overruns.1 - ends.1;
    expect(
        others == 0,
        "gaps with a cause that the script does not have",
    );
    let rest = 2 * (u64::from(BLOCK) + late) as i64;
    expect(ends.0 <= 1 && ends.1 <= rest, "the track ends early");
}

fn json(path: &std::path::Path) -> Value {
    let text = fs::read_to_string(path).expect("a document");
    serde_json::from_str(&text).expect("JSON")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
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

fn script(
    track: Track,
    base: Instant,
    length: Duration,
    sound: Sound,
    tally: Arc<Tally>,
) -> Script {
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
    let faults = (0..length.as_secs() / 3_600).map(|hour| {
        let from = Duration::from_secs(hour * 3_600 + 1_800);
        match is_mic == (hour % 2 == 0) {
            true => Fault::Hole(Window::new(from, from + Duration::from_secs(3))),
            false => Fault::Overrun(Window::new(from, from + Duration::from_millis(500))),
        }
    });
    Script {
        base,
        length,
        defaults: vec![(Duration::ZERO, device.id.clone())],
        actors: vec![Actor {
            device,
            there: vec![Window::new(Duration::ZERO, length * 2)],
            ppm: if is_mic { 40.0 } else { 0.0 },
            faults: faults.collect(),
            sound,
        }],
        down: Vec::new(),
        blind: Vec::new(),
        jitter: JITTER,
        block: (400, BLOCK),
        seed: 11,
        tally,
    }
}

fn input(track: Track, script: Script) -> TrackInput {
    let role = match track {
        Track::Mic => Role::Microphone,
        _ => Role::SystemAudio,
    };
    let device = script.actors[0].device.info();
    let id = script.actors[0].device.id.clone();
    let source = keep(script, &id, |_| Wish::Default(role)).expect("the device is there");
    TrackInput {
        track,
        device: Some(device),
        file: None,
        source: Box::new(source),
    }
}

/// Memory in MB and open files of this process after a tenth of the run, and in the median of its last
/// fifth; prints the course. The last look is left out: by then the documents have been made, which takes
/// memory once.
fn watch() -> ((f64, usize), (f64, usize)) {
    let mut all = Vec::new();
    let begun = Instant::now();
    loop {
        let before = Instant::now();
        std::thread::park_timeout(Duration::from_secs(2));
        if before.elapsed() < Duration::from_millis(1_900) && begun.elapsed().as_secs() > 2 {
            break;
        }
        all.push((resident_mb(), open_files()));
    }
    println!("{:.1} MB once the documents are made", resident_mb());
    for (n, (mb, files)) in all.iter().enumerate().step_by((all.len() / 10).max(1)) {
        println!("{:>5} s  {mb:>7.1} MB  {files:>3} files", n * 2);
    }
    let first = all[all.len() / 10];
    let from = all.len() * 4 / 5;
    let last = &mut all[from..];
    last.sort_by(|a, b| a.0.total_cmp(&b.0));
    let files = last.iter().map(|look| look.1).max().unwrap_or(0);
    (first, (last[last.len() / 2].0, files))
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

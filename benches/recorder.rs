//! The recorder without a recogniser, over real devices: share of one core, memory, lost samples.
//!
//! Starts a private PulseAudio server, plays the sample call into it over and over, and watches
//! `verbatim record --no-live`. Takes ten minutes; `RECORDER_MINUTES` sets another length.
//! `RECORDER_BUSY=2` keeps two processors busy meanwhile, as a recogniser does; twenty minutes of that
//! must lose no sample.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::audio_server::AudioServer;
use support::measure::array;
use support::process::Recorder;
use support::program::{count, json, sample_call, verbatim, wait_for};

/// Clock ticks in a second of `/proc/PID/stat`, the same on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

fn main() {
    let minutes = number("RECORDER_MINUTES").unwrap_or(10);
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
    let over = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&over);
    let playing = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            let mut player = server.player(&sample_call("mic.flac"), &sample_call("system.flac"));
            player.status().expect("the player runs");
        }
    });
    for _ in 0..number("RECORDER_BUSY").unwrap_or(0) {
        let over = Arc::clone(&over);
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
    }
    let pid = recorder.child.id();
    let mut before = cpu_seconds(pid);
    println!(
        "{:>6}  {:>14}  {:>9}  {:>6}",
        "minute", "% of one core", "RSS in MB", "files"
    );
    for minute in 1..=minutes {
        std::thread::sleep(Duration::from_secs(60));
        let now = cpu_seconds(pid);
        println!(
            "{minute:>6}  {:>14.2}  {:>9.1}  {:>6}",
            (now - before) / 60.0 * 100.0,
            resident_mb(pid),
            open_files(pid)
        );
        before = now;
    }
    recorder.signal("INT");
    recorder.wait();
    for track in array(&json(&session.join("session.json"))["tracks"]) {
        println!(
            "{}: {} samples, {} lost",
            track["track"], track["samples"], track["lost_samples"]
        );
        for gap in array(&track["gaps"]) {
            println!("  gap: {gap}");
        }
    }
    over.store(true, Ordering::Relaxed);
    playing.join().expect("the player ends");
}

/// A number that the environment tells.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// User and system time that a process has used.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the recorder runs");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |n: usize| fields[n].parse::<f64>().expect("clock ticks");
    (ticks(11) + ticks(12)) / TICKS
}

fn resident_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the recorder runs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("VmRSS");
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .expect("a number")
        .parse()
        .expect("kB");
    kilobytes / 1_024.0
}

fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("the recorder runs")
        .count()
}

//! An audio server that talks nonsense, and the client that records from it: nothing panics, nothing
//! hangs, memory, threads and files stay bounded, and a track is lost and found again.
#![cfg(all(feature = "capture", target_os = "linux"))]

#[path = "hostile/server.rs"]
mod server;

use std::fs;
use std::panic;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use server::{Manner, Server};
use verbatim::ErrorKind;
use verbatim::capture::devices::{self, Backend, DeviceChoice, Role};
use verbatim::capture::keeper::OnLoss;
use verbatim::capture::{Reading, tone};

/// Tells a test where its server is to listen; without it the test starts itself again with one.
const INSIDE: &str = "VERBATIM_TEST_HOSTILE_SERVER";

/// How long a test may take on a busy machine.
const TEST: Duration = Duration::from_secs(150);

/// Within this any call into a server returns, whatever that does.
const BOUND: Duration = Duration::from_secs(12);

/// Memory that a process may come to, in megabytes: some messages of the greatest length.
const MEMORY_MB: u64 = 600;

/// Conversations of the campaign.
const CONVERSATIONS: u64 = 72;

/// Runs a test in a process of its own: the library finds its server by the environment. `test` is the
/// whole name of the test that calls this.
fn around(test: &str, manner: Manner, body: impl FnOnce()) {
    if let Some(path) = std::env::var_os(INSIDE) {
        let panics = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&panics);
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |what| {
            seen.lock().expect("a list").push(what.to_string());
            tell(what);
        }));
        let _server = Server::listen(path.as_ref(), manner);
        body();
        let panics = panics.lock().expect("a list");
        assert!(panics.is_empty(), "{panics:#?}");
        let peak = status("VmHWM:") / 1_024;
        assert!(peak < MEMORY_MB, "{peak} MB");
        println!("{peak} MB at most");
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("native");
    let mut again = Command::new(std::env::current_exe().expect("this test has a path"));
    again
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, &path)
        .env("PULSE_SERVER", format!("unix:{}", path.display()))
        .env("PULSE_COOKIE", dir.path().join("no-cookie"))
        .stdin(Stdio::null());
    let told = dir.path().join("test.log");
    let log = fs::File::create(&told).expect("a log");
    again.stderr(log.try_clone().expect("a log")).stdout(log);
    let mut child = again.spawn().expect("this test starts again");
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break status.success(),
            None if begun.elapsed() > TEST => {
                child.kill().expect("a child can be ended");
                child.wait().expect("a child ends");
                break false;
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let told = fs::read_to_string(told).expect("the log");
    let passed = ended && told.contains("test result: ok. 1 passed");
    assert!(passed, "after {:?}:\n{told}", begun.elapsed());
}

/// A figure of this process.
fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).expect("a number")
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("a folder").count()
}

fn bounded<T>(what: &str, call: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = call();
    assert!(begun.elapsed() < BOUND, "{what}: {:?}", begun.elapsed());
    result
}

/// Lists, opens and records for a moment; tells whether anything was recorded.
fn converse(seed: u64) -> bool {
    let role = match seed % 2 {
        0 => Role::Microphone,
        _ => Role::SystemAudio,
    };
    drop(bounded("a list", || devices::list(Backend::Pulse)));
    if seed.is_multiple_of(3) {
        drop(bounded("a tone", || tone::play(&[0.1; 4_800])));
    }
    let kept = bounded("an opening", || {
        devices::keep(&DeviceChoice::Default, role, Backend::Pulse, OnLoss::Wait)
    });
    let Ok(kept) = kept else { return false };
    let mut source = kept.source;
    let mut frames = Vec::new();
    let mut heard = false;
    let until = Instant::now() + Duration::from_millis(1_000);
    while Instant::now() < until {
        frames.clear();
        let reading = bounded("a reading", || {
            source.read(Duration::from_millis(20), &mut frames)
        });
        heard |= matches!(reading, Ok(Reading::Samples(_)));
        assert!(reading.is_ok(), "{reading:?}");
    }
    bounded("an end", || drop(source));
    heard
}

#[test]
fn nonsense_neither_panics_nor_hangs_nor_fills_memory() {
    const NAME: &str = "nonsense_neither_panics_nor_hangs_nor_fills_memory";
    around(NAME, Manner::Hostile, || {
        let before = (status("Threads:"), open_files());
        let (next, heard) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= CONVERSATIONS {
                            return;
                        }
                        heard.fetch_add(converse(seed).into(), Ordering::Relaxed);
                    }
                });
            }
        });
        let heard = heard.into_inner();
        assert!(
            heard > CONVERSATIONS / 4,
            "{heard} conversations came to anything"
        );
        // What was left behind ends by itself.
        let begun = Instant::now();
        loop {
            let now = (status("Threads:"), open_files());
            if now.0 <= before.0 + 2 && now.1 <= before.1 + 4 {
                break;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{before:?} {now:?}"
            );
            thread::sleep(Duration::from_millis(100));
        }
    });
}

/// Opens the microphone of a server that soon does `manner` on its first streams, and reads until the
/// device has been lost and found again.
fn lost_and_found(test: &str, manner: Manner) {
    around(test, manner, || {
        let choice = DeviceChoice::Default;
        let kept = devices::keep(&choice, Role::Microphone, Backend::Pulse, OnLoss::Wait);
        let mut source = kept.expect("a device").source;
        let mut frames = Vec::new();
        let mut told = Vec::new();
        let begun = Instant::now();
        while !matches!(told[..], [.., "changed", "samples"]) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{told:?}");
            frames.clear();
            let reading = source.read(Duration::from_millis(20), &mut frames);
            let name = match reading.expect("a keeper goes on") {
                Reading::Samples(_) => "samples",
                Reading::Away(_) => "away",
                Reading::Changed(_) => "changed",
                Reading::Idle => continue,
                Reading::End => panic!("the end"),
            };
            if told.last() != Some(&name) {
                told.push(name);
            }
        }
        assert_eq!(told[0], "samples", "{told:?}");
        // A stream that is only silent is replaced without being lost.
        let expected: &[&str] = match manner {
            Manner::Silent => &["samples", "changed", "samples"],
            _ => &["samples", "away", "changed", "samples"],
        };
        assert_eq!(told, expected);
    });
}

/// Plays a tone to a server that does `manner`; returns what becomes of it, and after how long.
fn played(test: &str, manner: Manner, check: impl FnOnce(Result<(), verbatim::Error>, Duration)) {
    around(test, manner, || {
        let before = status("Threads:");
        let begun = Instant::now();
        let ended = bounded("a tone", || tone::play(&[0.1; 24_000]));
        check(ended, begun.elapsed());
        let begun = Instant::now();
        while status("Threads:") > before + 1 {
            assert!(begun.elapsed() < BOUND, "something waits for the server");
            thread::sleep(Duration::from_millis(50));
        }
    });
}

#[test]
fn a_tone_that_is_never_over_is_a_fault() {
    const NAME: &str = "a_tone_that_is_never_over_is_a_fault";
    played(NAME, Manner::Silent, |ended, after| {
        let error = ended.expect_err("nobody heard it");
        assert_eq!(error.kind(), ErrorKind::NoDevice, "{error}");
        assert!(after > Duration::from_secs(4), "{after:?}");
    });
}

#[test]
fn a_server_that_hangs_up_on_a_tone_is_a_fault_at_once() {
    const NAME: &str = "a_server_that_hangs_up_on_a_tone_is_a_fault_at_once";
    played(NAME, Manner::HangsUp, |ended, after| {
        let error = ended.expect_err("nobody heard it");
        assert!(error.to_string().contains("test tone"), "{error}");
        assert!(after < Duration::from_secs(3), "{after:?}");
    });
}

#[test]
fn a_tone_that_is_over_is_no_fault() {
    const NAME: &str = "a_tone_that_is_over_is_no_fault";
    played(NAME, Manner::Kills, |ended, _| ended.expect("it is over"));
}

#[test]
fn a_message_without_end_is_a_loss() {
    lost_and_found("a_message_without_end_is_a_loss", Manner::Endless);
}

#[test]
fn a_server_that_hangs_up_is_a_loss() {
    lost_and_found("a_server_that_hangs_up_is_a_loss", Manner::HangsUp);
}

#[test]
fn a_stream_that_the_server_ends_is_a_loss() {
    lost_and_found("a_stream_that_the_server_ends_is_a_loss", Manner::Kills);
}

#[test]
fn a_stream_that_goes_silent_is_replaced() {
    lost_and_found("a_stream_that_goes_silent_is_replaced", Manner::Silent);
}

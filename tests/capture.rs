//! Recording from a real audio server of its own: every sample, and every way to lose the device.

#![cfg(all(feature = "capture", target_os = "linux"))]

mod support {
    #[path = "audio_server.rs"]
    #[allow(dead_code, reason = "other tests play the sample call")]
    pub mod audio_server;
    #[path = "program.rs"]
    #[allow(dead_code, reason = "other tests run the program")]
    pub mod program;
    #[path = "recorder.rs"]
    pub mod recorder;
}

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::audio_server::AudioServer;
use support::program::{wait_for, write_wav};
use support::recorder::{Recorder, Recording, starts};
use verbatim::ErrorKind;
use verbatim::capture::devices::{self, Backend, Device, DeviceChoice, Kind, Role};
use verbatim::capture::{Reading, Source};

/// Within this a lost device must be told.
const TOLD: Duration = Duration::from_secs(3);

/// Within this every call returns, whatever state the server is in.
const BOUND: Duration = Duration::from_secs(6);

fn open(name: &str, role: Role) -> Box<dyn Source> {
    let choice = DeviceChoice::Named(name.into());
    let opened = devices::open(&choice, role, Backend::Pulse);
    opened.unwrap_or_else(|e| panic!("{name}: {e}")).source
}

fn refusal(name: &str, role: Role) -> verbatim::Error {
    let choice = DeviceChoice::Named(name.into());
    let begun = Instant::now();
    let refused = devices::open(&choice, role, Backend::Pulse).err();
    assert!(begun.elapsed() < BOUND, "{name}: {:?}", begun.elapsed());
    refused.unwrap_or_else(|| panic!("{name} was opened"))
}

/// Noise that never repeats, quiet enough for a stray loudspeaker, and different for every seed.
fn noise(seed: u64, seconds: usize) -> Vec<i16> {
    let mut state = seed;
    (0..seconds * 48_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 601) as i16 - 300
        })
        .collect()
}

/// The noise of a seed as a file beside the server's socket.
fn noise_file(seed: u64, seconds: usize) -> (Vec<i16>, PathBuf, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("noise.wav");
    let samples = noise(seed, seconds);
    write_wav(&path, 48_000, 1, &samples);
    (samples, path, dir)
}

/// Panics unless the recording is digital silence, then all of `played`, then digital silence again,
/// in every channel.
fn assert_exact(what: &str, recording: &Recording, played: &[i16]) {
    assert_eq!(recording.overrun_frames, 0, "{what}");
    for channel in 0..recording.channels {
        let heard = recording.channel(channel);
        let found = starts(&heard, &played[..480]);
        assert_eq!(
            found.len(),
            1,
            "{what} channel {channel}: the noise starts at {found:?}"
        );
        let start = found[0];
        assert!(start > 4_800, "{what}: the silence before is missing");
        assert!(
            heard.len() >= start + played.len(),
            "{what}: the end is missing"
        );
        // One step of 16 bits is what the server's own mixing may round away.
        let expected = |n: usize| match n.checked_sub(start).and_then(|n| played.get(n)) {
            Some(sample) => f32::from(*sample) / 32_768.0,
            None => 0.0,
        };
        let wrong = (0..heard.len()).find(|&n| (heard[n] - expected(n)).abs() > 1.01 / 32_768.0);
        assert_eq!(
            wrong, None,
            "{what} channel {channel}: the noise starts at {start}"
        );
    }
}

#[test]
fn the_list_names_the_devices_and_the_defaults() {
    AudioServer::around("the_list_names_the_devices_and_the_defaults", |server| {
        let list = devices::list(Backend::Pulse).unwrap();
        let find = |id: &str| -> Device {
            let found = list.iter().find(|device| device.id == id);
            found
                .unwrap_or_else(|| panic!("no {id} in {list:?}"))
                .clone()
        };
        let mic = find("pulse:mic");
        assert_eq!(
            (mic.kind, mic.rate, mic.channels),
            (Kind::Microphone, 48_000, 1)
        );
        assert_eq!((mic.name.as_str(), mic.backend), ("Microphone", "pulse"));
        let system = find("pulse:speakers.monitor");
        assert_eq!((system.kind, system.channels), (Kind::Loopback, 2));
        assert_eq!(system.name, "Monitor of Speakers");
        let defaults = |of: fn(&Device) -> bool| -> Vec<&str> {
            list.iter()
                .filter(|d| of(d))
                .map(|d| d.id.as_str())
                .collect()
        };
        assert_eq!(defaults(|d| d.default_microphone), ["pulse:mic"]);
        assert_eq!(defaults(|d| d.default_system), ["pulse:speakers.monitor"]);

        // A monitor is no microphone, also when the user has made it the default source.
        server.pactl(&["set-default-source", "speakers.monitor"]);
        server.pactl(&["set-default-sink", "micsink"]);
        let list = devices::list(Backend::Pulse).unwrap();
        assert!(
            list.iter().all(|device| !device.default_microphone),
            "{list:?}"
        );
        let system: Vec<&Device> = list.iter().filter(|d| d.default_system).collect();
        assert_eq!(system.len(), 1);
        assert_eq!(system[0].id, "pulse:micsink.monitor");
    });
}

#[test]
fn an_unknown_device_is_refused_with_what_there_is() {
    AudioServer::around("an_unknown_device_is_refused_with_what_there_is", |_| {
        let error = refusal("webcam", Role::Microphone);
        assert_eq!(error.kind(), ErrorKind::NoDevice);
        let line = error.to_string();
        for said in [
            "microphone \"webcam\"",
            "pulse:mic",
            "pulse:speakers.monitor",
        ] {
            assert!(line.contains(said), "{line}");
        }
    });
}

#[test]
fn both_tracks_hold_every_sample_once_and_unchanged() {
    AudioServer::around(
        "both_tracks_hold_every_sample_once_and_unchanged",
        |server| {
            let (near, near_file, _near_dir) = noise_file(1, 5);
            let (far, far_file, _far_dir) = noise_file(2, 5);
            let mic = Recorder::start(open("mic", Role::Microphone));
            let system = Recorder::start(open("speakers", Role::SystemAudio));
            for recorder in [&mic, &system] {
                wait_for("silence", TOLD, || {
                    (recorder.frames() > 4_800).then_some(())
                });
            }
            let mut players = [
                server.paplay("micsink", &near_file).spawn().unwrap(),
                server.paplay("speakers", &far_file).spawn().unwrap(),
            ];
            // A reader that is held up for two seconds, by a slow disk for example, loses nothing.
            std::thread::sleep(Duration::from_secs(2));
            mic.hold(Duration::from_secs(2));
            for player in &mut players {
                assert!(player.wait().unwrap().success());
            }
            std::thread::sleep(Duration::from_millis(300));
            let (mic, system) = (mic.stop(), system.stop());
            assert_eq!((mic.channels, system.channels), (1, 2));
            assert_exact("mic", &mic, &near);
            assert_exact("system", &system, &far);
            for (what, recording) in [("mic", &mic), ("system", &system)] {
                assert!(
                    recording.stamps_follow_time(),
                    "{what}: {:?}",
                    recording.stamps
                );
            }
        },
    );
}

/// Unplugs the device that is recorded while another one carries noise.
fn unplugged(server: &AudioServer, device: &str, role: Role, argument: &str, other_sink: &str) {
    let (_, file, _dir) = noise_file(3, 8);
    let mut player = server.paplay(other_sink, &file).spawn().unwrap();
    let recorder = Recorder::start(open(device, role));
    wait_for("sound", TOLD, || (recorder.frames() > 4_800).then_some(()));
    server.unload(argument);
    let gone = Instant::now();
    wait_for("the loss", TOLD, || recorder.lost().then_some(()));
    assert!(gone.elapsed() < TOLD);
    std::thread::sleep(Duration::from_millis(500));
    let recording = recorder.stop();
    assert_eq!(recording.error.unwrap().kind(), ErrorKind::DeviceLost);
    // Only the other device carries sound: any of it here would be somebody else's words.
    assert!(recording.samples.iter().all(|&sample| sample == 0.0));
    assert_eq!(refusal(device, role).kind(), ErrorKind::NoDevice);
    player.kill().unwrap();
    player.wait().unwrap();
}

#[test]
fn unplugged_speakers_are_lost_and_never_replaced() {
    AudioServer::around("unplugged_speakers_are_lost_and_never_replaced", |server| {
        let speakers = "sink_name=speakers";
        unplugged(
            server,
            "speakers.monitor",
            Role::SystemAudio,
            speakers,
            "micsink",
        );
    });
}

#[test]
fn an_unplugged_microphone_is_lost_and_never_replaced() {
    AudioServer::around(
        "an_unplugged_microphone_is_lost_and_never_replaced",
        |server| {
            unplugged(
                server,
                "mic",
                Role::Microphone,
                "source_name=mic",
                "speakers",
            );
        },
    );
}

#[test]
fn a_killed_server_is_a_lost_device() {
    AudioServer::around("a_killed_server_is_a_lost_device", |server| {
        let mut source = open("mic", Role::Microphone);
        let mut frames = Vec::new();
        wait_for("sound", TOLD, || {
            let reading = source.read(Duration::from_millis(50), &mut frames).unwrap();
            matches!(reading, Reading::Samples(_)).then_some(())
        });
        server.signal(Signal::KILL);
        let killed = Instant::now();
        let error = loop {
            match source.read(Duration::from_millis(50), &mut frames) {
                Ok(_) => assert!(killed.elapsed() < TOLD, "nothing told"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::DeviceLost);
        // It stays lost: whoever reads on must not take it for a quiet device.
        let again = source.read(Duration::ZERO, &mut frames).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::DeviceLost);
        let refused = refusal("mic", Role::Microphone);
        assert_eq!(refused.kind(), ErrorKind::NoDevice);
        assert!(refused.to_string().contains("audio server"), "{refused}");
    });
}

#[test]
fn a_server_that_hangs_for_a_while_goes_on() {
    AudioServer::around("a_server_that_hangs_for_a_while_goes_on", |server| {
        let (played, file, _dir) = noise_file(4, 1);
        let recorder = Recorder::start(open("mic", Role::Microphone));
        wait_for("sound", TOLD, || (recorder.frames() > 4_800).then_some(()));
        server.signal(Signal::STOP);
        std::thread::sleep(Duration::from_secs(2));
        // Whoever asks a hung server is answered all the same.
        assert_eq!(refusal("mic", Role::Microphone).kind(), ErrorKind::NoDevice);
        let held = recorder.frames();
        server.signal(Signal::CONT);
        wait_for("sound again", TOLD, || {
            (recorder.frames() > held + 4_800).then_some(())
        });
        assert!(server.paplay("micsink", &file).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(300));
        assert!(!recorder.lost());
        let recording = recorder.stop();
        assert!(
            recording.slowest_read < Duration::from_secs(1),
            "{:?}",
            recording.slowest_read
        );
        let heard = recording.channel(0);
        let start = *starts(&heard, &played[..480]).first().expect("the noise");
        let same = |(heard, played): (&f32, &i16)| {
            (heard - f32::from(*played) / 32_768.0).abs() < 1.01 / 32_768.0
        };
        assert!(heard[start..].iter().zip(&played).all(same));
        assert!(heard.len() >= start + played.len());
    });
}

#[test]
fn closing_a_source_of_a_hung_server_does_not_wait() {
    AudioServer::around(
        "closing_a_source_of_a_hung_server_does_not_wait",
        |server| {
            let source = open("mic", Role::Microphone);
            server.signal(Signal::STOP);
            let begun = Instant::now();
            drop(source);
            assert!(begun.elapsed() < Duration::from_millis(500));
            server.signal(Signal::CONT);
            wait_for("the stream to end", TOLD, || {
                server.streams().is_empty().then_some(())
            });
        },
    );
}

#[test]
fn a_suspended_source_is_quiet_until_it_wakes() {
    AudioServer::around("a_suspended_source_is_quiet_until_it_wakes", |server| {
        server.pactl(&["suspend-source", "mic", "1"]);
        let begun = Instant::now();
        let mut source = open("mic", Role::Microphone);
        assert!(begun.elapsed() < BOUND);
        let mut frames = Vec::new();
        let until = Instant::now() + Duration::from_millis(1_500);
        while Instant::now() < until {
            let reading = source
                .read(Duration::from_millis(100), &mut frames)
                .unwrap();
            assert_eq!(reading, Reading::Idle);
        }
        server.pactl(&["suspend-source", "mic", "0"]);
        wait_for("sound", TOLD, || {
            let reading = source
                .read(Duration::from_millis(100), &mut frames)
                .unwrap();
            matches!(reading, Reading::Samples(_)).then_some(())
        });
    });
}

#[test]
fn sources_and_lists_leave_nothing_open_on_the_server() {
    AudioServer::around(
        "sources_and_lists_leave_nothing_open_on_the_server",
        |server| {
            // A server takes 64 clients: a session that looks for its lost device must not use them up.
            for _ in 0..80 {
                devices::list(Backend::Pulse).unwrap();
            }
            for _ in 0..10 {
                drop(open("mic", Role::Microphone));
            }
            wait_for("streams to end", TOLD, || {
                server.streams().is_empty().then_some(())
            });
            wait_for("clients to leave", TOLD, || {
                let clients = server.pactl(&["list", "clients"]);
                (!clients.contains("\"verbatim\"")).then_some(())
            });
            wait_for("threads to end", TOLD, || {
                let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
                (threads < 6).then_some(())
            });
        },
    );
}

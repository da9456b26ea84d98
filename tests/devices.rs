//! The program records while a real audio server takes its devices away and gives them back.
#![cfg(target_os = "linux")]

mod support;

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use support::audio_server::AudioServer;
use support::measure::array;
use support::process::Recorder;
use support::program::{count, events, json, verbatim, wait_for, wav, write_wav};

/// Within this a recorder that was asked to stop has stopped.
const STOPPED: Duration = Duration::from_secs(15);

/// Within this whatever is waited for has happened, on a busy machine too.
const HAPPENED: Duration = Duration::from_secs(20);

const MIC: &str = "module-remap-source source_name=mic master=micsink.monitor channels=1 \
    channel_map=mono master_channel_map=mono remix=no source_properties=device.description=Microphone";

/// A call that is recorded without a recogniser.
struct Call {
    server: AudioServer,
    dir: tempfile::TempDir,
    recorder: Recorder,
    session: PathBuf,
    played: u64,
}

impl Call {
    fn begin(more: &[&str]) -> Call {
        let dir = tempfile::tempdir().expect("a folder");
        let server = AudioServer::start();
        let mut command = verbatim(dir.path());
        server.serve(&mut command);
        command
            .args(["record", "--no-live", "--vad", "webrtc"])
            .args(more);
        let recorder = Recorder::start(command, dir.path());
        let session = recorder.session();
        wait_for("both tracks", HAPPENED, || {
            (count(&session, "track.started") == 2).then_some(())
        });
        Call {
            server,
            dir,
            recorder,
            session,
            played: 0,
        }
    }

    /// Plays a second of noise that no other second is like.
    fn play(&mut self, sink: &str) -> Vec<i16> {
        self.played += 1;
        let samples = noise(self.played, 48_000);
        let path = self.dir.path().join(format!("{}.wav", self.played));
        write_wav(&path, 48_000, 1, &samples);
        let status = self.server.paplay(sink, &path).status();
        assert!(status.expect("paplay runs").success());
        sleep(Duration::from_millis(300));
        samples
    }

    fn wait_for(&self, what: &str, times: usize) {
        wait_for(what, HAPPENED, || {
            (count(&self.session, what) >= times).then_some(())
        });
    }

    /// Stops the recorder; returns its exit code and what it left.
    fn end(mut self) -> Ended {
        self.recorder.signal("INT");
        let asked = Instant::now();
        let code = self.recorder.wait().code();
        assert!(asked.elapsed() < STOPPED, "{:?}", asked.elapsed());
        let manifest = json(&self.session.join("session.json"));
        let track = |name: &str| Track::read(&self.session, &manifest, name);
        Ended {
            code,
            mic: track("mic"),
            system: track("system"),
            log: events(&self.session),
            _dir: self.dir,
        }
    }
}

struct Ended {
    code: Option<i32>,
    mic: Track,
    system: Track,
    log: Vec<Value>,
    _dir: tempfile::TempDir,
}

/// What was recorded of a track.
struct Track {
    told: Value,
    heard: Vec<i16>,
}

impl Track {
    fn read(session: &Path, manifest: &Value, name: &str) -> Track {
        let told = array(&manifest["tracks"]).find(|t| t["track"] == name);
        let (_, heard) = wav(&session.join(format!("audio/{name}.wav")));
        assert_eq!(manifest["duration_samples"], heard.len(), "{name}");
        Track {
            told: told.expect("the track").clone(),
            heard,
        }
    }

    /// Where a second of noise lies, if it was recorded, sample for sample but for rounding.
    fn find(&self, played: &[i16]) -> Option<usize> {
        let (probe, rest) = played.split_at(240);
        let near = |pair: (&i16, &i16)| (pair.0 - pair.1).abs() <= 40;
        let starts = self.heard.windows(probe.len());
        let fits = |window: &[i16]| {
            let alike = |count: usize| window.iter().zip(probe).take(count).filter(|&p| near(p));
            alike(8).count() > 5 && alike(240).count() > 200
        };
        let start = starts.enumerate().find(|(_, w)| fits(w))?.0;
        let whole = self.heard.get(start + 240..start + played.len())?;
        let same = whole.iter().zip(rest).filter(|&p| near(p)).count();
        (same > rest.len() * 9 / 10).then_some(start)
    }

    fn causes(&self) -> Vec<&str> {
        let gaps = array(&self.told["gaps"]);
        gaps.map(|gap| gap["cause"].as_str().expect("a cause"))
            .collect()
    }

    fn lost_ms(&self) -> u64 {
        self.told["lost_samples"].as_u64().expect("samples") / 48
    }
}

/// Noise of up to 3,000 on either side that never repeats.
fn noise(seed: u64, samples: usize) -> Vec<i16> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..samples)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 6_001) as i16 - 3_000
        })
        .collect()
}

#[test]
fn unplugged_devices_come_back_and_the_call_goes_on() {
    let mut call = Call::begin(&["--mic", "mic", "--system", "speakers"]);
    let far = call.play("speakers");
    let near = call.play("micsink");
    call.server.unload("sink_name=speakers");
    call.wait_for("warning", 1);
    // The microphone's sound is the only one there is: it must not become the other side's.
    let alone = call.play("micsink");
    call.server.load(
        "module-null-sink sink_name=speakers norewinds=1 rate=16000 channels=1 \
         sink_properties=device.description=Speakers",
    );
    call.wait_for("device.changed", 1);
    call.play("speakers");
    call.server.unload("source_name=mic");
    call.wait_for("warning", 2);
    call.server.load(MIC);
    call.wait_for("device.changed", 2);
    let again = call.play("micsink");
    let ended = call.end();
    assert_eq!(ended.code, Some(3), "{:#?}", ended.log);
    let (mic, system) = (&ended.mic, &ended.system);
    assert_eq!(mic.causes(), ["device_lost"], "{}", mic.told);
    assert_eq!(system.causes(), ["device_lost"], "{}", system.told);
    let placed = [mic.find(&near), mic.find(&alone), mic.find(&again)];
    assert!(placed.iter().all(Option::is_some), "{placed:?}");
    assert!(placed.is_sorted(), "{placed:?}");
    assert!(system.find(&far).is_some());
    for stray in [&near, &alone, &again] {
        assert_eq!(system.find(stray), None, "the microphone as system audio");
    }
    let change = &system.told["device_changes"][0];
    assert_eq!(change["native_channels"], 1, "{change}");
    assert_eq!(change["reason"], "returned", "{change}");
    // It came back with one channel at 16 kHz, and is heard.
    let back = change["start_sample"].as_u64().expect("a sample") as usize;
    assert!(
        system.heard[back..]
            .iter()
            .any(|s| s.unsigned_abs() > 1_000)
    );
}

#[test]
fn servers_that_die_hang_or_sleep_are_gaps() {
    let mut call = Call::begin(&[]);
    let first = call.play("micsink");
    call.server.signal(Signal::STOP);
    sleep(Duration::from_secs(3));
    call.server.signal(Signal::CONT);
    sleep(Duration::from_secs(1));
    let second = call.play("micsink");
    call.server.pactl(&["suspend-source", "mic", "1"]);
    sleep(Duration::from_secs(2));
    call.server.pactl(&["suspend-source", "mic", "0"]);
    sleep(Duration::from_secs(1));
    let third = call.play("micsink");
    call.server.signal(Signal::KILL);
    call.wait_for("warning", 2);
    call.server.restart();
    call.wait_for("device.changed", 2);
    let fourth = call.play("micsink");
    let far = call.play("speakers");
    let ended = call.end();
    assert_eq!(ended.code, Some(3), "{:#?}", ended.log);
    let mic = &ended.mic;
    let placed = [&first, &second, &third, &fourth].map(|played| mic.find(played));
    assert!(
        placed.iter().all(Option::is_some),
        "{placed:?} {}",
        mic.told
    );
    assert!(placed.is_sorted(), "{placed:?}");
    assert!(ended.system.find(&far).is_some());
    assert!(mic.causes().contains(&"clock_hole"), "{}", mic.told);
    assert!(mic.causes().contains(&"device_lost"), "{}", mic.told);
    assert!(ended.system.causes().contains(&"device_lost"));
}

#[test]
fn a_recorder_that_was_stopped_by_its_terminal_goes_on() {
    let mut call = Call::begin(&["--mic", "mic", "--system", "speakers"]);
    let before = call.play("micsink");
    call.recorder.signal("STOP");
    sleep(Duration::from_secs(2));
    call.recorder.signal("CONT");
    sleep(Duration::from_secs(3));
    let after = call.play("micsink");
    let far = call.play("speakers");
    let ended = call.end();
    assert!(ended.mic.find(&before) < ended.mic.find(&after));
    assert!(ended.mic.find(&before).is_some() && ended.system.find(&far).is_some());
    // Whatever the server kept of the time was recorded; the rest is told.
    assert!(ended.mic.lost_ms() < 4_000, "{}", ended.mic.told);
}

#[test]
fn another_default_is_followed_while_the_call_goes_on() {
    let mut call = Call::begin(&["--mic", "mic"]);
    let first = call.play("speakers");
    call.server.load(
        "module-null-sink sink_name=headset norewinds=1 rate=48000 channels=2 \
         sink_properties=device.description=Headset",
    );
    call.server.pactl(&["set-default-sink", "headset"]);
    call.wait_for("device.changed", 1);
    let second = call.play("headset");
    let ended = call.end();
    let system = &ended.system;
    assert!(system.find(&first).is_some());
    assert!(
        system.find(&first) < system.find(&second),
        "{}",
        system.told
    );
    let change = &system.told["device_changes"][0];
    assert_eq!(change["device"]["id"], "pulse:headset.monitor", "{change}");
    assert_eq!(change["reason"], "default_changed", "{change}");
    assert!(system.lost_ms() < 300, "{}", system.told);
}

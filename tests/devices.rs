//! The program records while a real audio server takes its devices away and gives them back.
#![cfg(all(feature = "capture", target_os = "linux"))]

mod support;

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use support::audio_server::AudioServer;
use support::measure::array;
use support::process::Recorder;
use support::program::{count, events, expect_code, json, run, verbatim, wait_for, wav, write_wav};

/// Within this whatever is waited for has happened, on a busy machine too.
const HAPPENED: Duration = Duration::from_secs(20);

/// What was heard lies on the timeline where it was played, give or take this: a busy machine is late
/// with both, and a hole that is not counted is longer.
const LATE: Duration = Duration::from_millis(2_000);

const SPEAKERS: &str = "sink_name=speakers";
const SPEAKERS_MONO: &str = "module-null-sink sink_name=speakers norewinds=1 rate=16000 channels=1 \
    sink_properties=device.description=Speakers";
const HEADSET: &str = "module-null-sink sink_name=headset norewinds=1 rate=48000 channels=2 \
    sink_properties=device.description=Headset";
const MIC: &str = "module-remap-source source_name=mic master=micsink.monitor channels=1 \
    channel_map=mono master_channel_map=mono remix=no source_properties=device.description=Microphone";
const BOOM: &str = "module-remap-source source_name=boom master=headset.monitor channels=1 \
    channel_map=mono master_channel_map=front-left remix=no source_properties=device.description=Boom";

/// A call that is recorded without a recogniser.
struct Call {
    server: AudioServer,
    dir: tempfile::TempDir,
    recorder: Recorder,
    session: PathBuf,
    played: u64,
}

/// A second of sound, and when it had been played.
struct Played {
    samples: Vec<i16>,
    at: Instant,
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
        let call = Call {
            server,
            dir,
            recorder,
            session,
            played: 0,
        };
        call.wait_for("track.started", 2);
        call
    }

    /// Plays a second of noise that no other second is like.
    fn play(&mut self, sink: &str) -> Played {
        self.played += 1;
        let samples = noise(self.played, 48_000);
        let path = self.dir.path().join(format!("{}.wav", self.played));
        write_wav(&path, 48_000, 1, &samples);
        let status = self.server.paplay(sink, &path).status();
        assert!(status.expect("paplay runs").success());
        let at = Instant::now();
        sleep(Duration::from_millis(300));
        Played { samples, at }
    }

    fn wait_for(&self, what: &str, times: usize) {
        wait_for(what, HAPPENED, || {
            (count(&self.session, what) >= times).then_some(())
        });
    }

    /// Asks the recorder from another terminal.
    fn ask(&self, command: &str) {
        expect_code(&run(verbatim(self.dir.path()).arg(command)), 0);
    }

    /// Waits until so many devices were told lost.
    fn wait_for_losses(&self, times: usize) {
        wait_for("losses", HAPPENED, || {
            (losses(&events(&self.session)) >= times).then_some(())
        });
    }

    /// Stops the recorder; returns its exit code and what it left.
    fn end(mut self) -> Ended {
        self.recorder.signal("INT");
        let status = wait_for("the end", HAPPENED, || {
            self.recorder.child.try_wait().expect("a child")
        });
        let manifest = json(&self.session.join("session.json"));
        let track = |name: &str| Track::read(&self.session, &manifest, name);
        let ended = Ended {
            mic: track("mic"),
            system: track("system"),
            log: events(&self.session),
            _dir: self.dir,
        };
        let lost = [&ended.mic, &ended.system].map(|track| track.told["lost_samples"] != 0);
        if lost.contains(&true) {
            assert_eq!(status.code(), Some(3), "{:#?}", ended.log);
        }
        let last = ended.log.iter().find(|e| e["type"] == "session.stopped");
        assert_eq!(last.expect("an end")["data"]["reason"], "user");
        ended
    }
}

fn losses(log: &[Value]) -> usize {
    let lost = |e: &&Value| e["type"] == "warning" && e["data"]["code"] == "track_lost";
    log.iter().filter(lost).count()
}

struct Ended {
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
    /// Reads a track whose accounts agree: the file is as long as the timeline, what was lost is what
    /// the gaps say, and a gap holds nothing.
    fn read(session: &Path, manifest: &Value, name: &str) -> Track {
        let told = array(&manifest["tracks"]).find(|t| t["track"] == name);
        let told = told.expect("the track").clone();
        let (_, heard) = wav(&session.join(format!("audio/{name}.wav")));
        assert_eq!(manifest["duration_samples"], heard.len(), "{name}");
        let (mut lost, mut paused) = (0, 0);
        for gap in array(&told["gaps"]) {
            let sample = |key: &str| gap[key].as_u64().expect("samples") as usize;
            let (start, length) = (sample("start_sample"), sample("samples"));
            let silent = heard[start..start + length].iter().all(|s| *s == 0);
            assert!(silent, "{name}: {gap}");
            match gap["cause"] == "paused" {
                true => paused += length,
                false => lost += length,
            }
        }
        assert_eq!(told["lost_samples"], lost, "{told}");
        assert_eq!(told["paused_samples"].as_u64().unwrap_or(0), paused as u64);
        Track { told, heard }
    }

    /// Where a second of noise lies, if it was recorded, sample for sample but for rounding.
    fn find(&self, played: &Played) -> Option<usize> {
        let (probe, rest) = played.samples.split_at(240);
        let near = |pair: (&i16, &i16)| (pair.0 - pair.1).abs() <= 40;
        let fits = |window: &[i16]| {
            let alike = |count: usize| {
                let pairs = window.iter().zip(probe).take(count);
                pairs.filter(|&pair| near(pair)).count()
            };
            alike(8) > 5 && alike(240) > 200
        };
        let mut starts = self.heard.windows(probe.len()).enumerate();
        let (start, _) = starts.find(|(_, window)| fits(window))?;
        let whole = self.heard.get(start + 240..start + 48_000)?;
        let same = whole.iter().zip(rest).filter(|&pair| near(pair)).count();
        (same > rest.len() * 9 / 10).then_some(start)
    }

    /// Panics unless every second of noise was recorded, as far from the first as it was played.
    fn holds(&self, all: &[&Played]) {
        let mut first = None;
        for played in all {
            let found = self.find(played);
            let start = found.unwrap_or_else(|| panic!("a second is missing: {}", self.told));
            let start = Duration::from_micros(start as u64 * 1_000 / 48);
            let (begun, at) = *first.get_or_insert((start, played.at));
            let off = (start - begun).abs_diff(played.at - at);
            assert!(off < LATE, "{off:?} off its place: {}", self.told);
        }
    }

    fn causes(&self) -> Vec<&str> {
        let gaps = array(&self.told["gaps"]);
        gaps.map(|gap| gap["cause"].as_str().expect("a cause"))
            .collect()
    }

    fn lost(&self, cause: &str) -> Duration {
        let gaps = array(&self.told["gaps"]).filter(|gap| gap["cause"] == cause);
        let samples: u64 = gaps
            .map(|gap| gap["samples"].as_u64().expect("samples"))
            .sum();
        Duration::from_micros(samples * 1_000 / 48)
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
    call.server.unload(SPEAKERS);
    call.wait_for_losses(1);
    // The microphone's sound is the only one there is: it must not become the other side's.
    let alone = call.play("micsink");
    call.server.load(SPEAKERS_MONO);
    call.wait_for("device.changed", 1);
    call.play("speakers");
    call.server.unload("source_name=mic");
    call.wait_for_losses(2);
    call.server.load(MIC);
    call.wait_for("device.changed", 2);
    let again = call.play("micsink");
    let ended = call.end();
    let (mic, system) = (&ended.mic, &ended.system);
    assert_eq!(mic.causes(), ["device_lost"], "{}", mic.told);
    assert_eq!(system.causes(), ["device_lost"], "{}", system.told);
    mic.holds(&[&near, &alone, &again]);
    system.holds(&[&far]);
    for stray in [&near, &alone, &again] {
        assert_eq!(system.find(stray), None, "the microphone as system audio");
    }
    let change = &system.told["device_changes"][0];
    assert_eq!(change["native_channels"], 1, "{change}");
    assert_eq!(change["reason"], "returned", "{change}");
    // It came back with one channel at 16 kHz, and is heard.
    let back = change["start_sample"].as_u64().expect("a sample") as usize;
    let is_loud = |s: &i16| s.unsigned_abs() > 1_000;
    assert!(system.heard[back..].iter().any(is_loud));
}

#[test]
fn servers_that_hang_sleep_or_die_are_gaps() {
    let mut call = Call::begin(&[]);
    let first = call.play("micsink");
    call.server.signal(Signal::STOP);
    sleep(Duration::from_secs(3));
    call.server.signal(Signal::CONT);
    let second = call.play("micsink");
    call.server.pactl(&["suspend-source", "mic", "1"]);
    call.server.pactl(&["suspend-sink", "speakers", "1"]);
    sleep(Duration::from_secs(3));
    call.server.pactl(&["suspend-source", "mic", "0"]);
    call.server.pactl(&["suspend-sink", "speakers", "0"]);
    let third = call.play("micsink");
    call.server.signal(Signal::KILL);
    call.wait_for_losses(2);
    sleep(Duration::from_secs(2));
    call.server.restart();
    call.wait_for("device.changed", 2);
    let fourth = call.play("micsink");
    let far = call.play("speakers");
    let ended = call.end();
    ended.mic.holds(&[&first, &second, &third, &fourth]);
    ended.system.holds(&[&far]);
    for track in [&ended.mic, &ended.system] {
        let lost = (track.lost("clock_hole"), track.lost("device_lost"));
        assert!(lost.0 > Duration::from_secs(2), "{}", track.told);
        assert!(lost.1 > Duration::from_secs(2), "{}", track.told);
    }
}

#[test]
fn a_recorder_that_was_stopped_by_its_terminal_goes_on() {
    let mut call = Call::begin(&["--mic", "mic", "--system", "speakers"]);
    let before = call.play("micsink");
    call.recorder.signal("STOP");
    sleep(Duration::from_secs(4));
    call.recorder.signal("CONT");
    sleep(Duration::from_secs(1));
    let after = call.play("micsink");
    let far = call.play("speakers");
    // It was the recorder that stood still, not its devices.
    let told = events(&call.session);
    let mut states = told.iter().filter(|e| e["type"] == "track.health");
    assert!(states.all(|e| e["data"]["state"] != "stalled"), "{told:?}");
    let ended = call.end();
    // Whatever the server kept of the time was recorded; the rest is told.
    ended.mic.holds(&[&before, &after]);
    ended.system.holds(&[&far]);
}

#[test]
fn other_defaults_are_followed_while_the_call_goes_on() {
    let mut call = Call::begin(&[]);
    let far = call.play("speakers");
    let near = call.play("micsink");
    call.server.load(HEADSET);
    call.server.load(BOOM);
    call.server.pactl(&["set-default-sink", "headset"]);
    call.wait_for("device.changed", 1);
    let far_in_headset = call.play("headset");
    call.server.pactl(&["set-default-source", "boom"]);
    call.wait_for("device.changed", 2);
    let both = call.play("headset");
    // The server chooses what is the default when the headset goes.
    call.server.unload("source_name=boom");
    call.server.unload("sink_name=headset");
    call.wait_for("device.changed", 4);
    let far_again = call.play("speakers");
    let near_again = call.play("micsink");
    let ended = call.end();
    let (mic, system) = (&ended.mic, &ended.system);
    system.holds(&[&far, &far_in_headset, &both, &far_again]);
    mic.holds(&[&near, &both, &near_again]);
    for (track, id) in [(mic, "pulse:boom"), (system, "pulse:headset.monitor")] {
        let changes: Vec<&Value> = array(&track.told["device_changes"]).collect();
        assert_eq!(changes.len(), 2, "{changes:?}");
        let told = changes.iter().map(|change| change["device"]["id"] == id);
        assert!(told.eq([true, false]), "{changes:?}");
        assert_eq!(changes[0]["reason"], "default_changed");
    }
}

#[test]
fn a_pause_lets_go_of_the_devices_where_that_is_wanted() {
    let mut call = Call::begin(&["--release-on-pause"]);
    let before = call.play("micsink");
    assert_eq!(call.server.streams().len(), 2);
    call.ask("pause");
    wait_for("the devices to be free", HAPPENED, || {
        call.server.streams().is_empty().then_some(())
    });
    let unheard = call.play("micsink");
    sleep(Duration::from_secs(2));
    assert_eq!(call.server.streams(), [""; 0]);
    call.ask("resume");
    call.wait_for("device.changed", 2);
    let after = call.play("micsink");
    let far = call.play("speakers");
    let ended = call.end();
    let (mic, system) = (&ended.mic, &ended.system);
    mic.holds(&[&before, &after]);
    system.holds(&[&far]);
    assert_eq!(mic.find(&unheard), None);
    for track in [mic, system] {
        let change = &track.told["device_changes"][0];
        assert_eq!(change["reason"], "reopened", "{change}");
        assert!(!track.causes().contains(&"device_lost"), "{}", track.told);
        assert!(
            track.lost("paused") > Duration::from_secs(3),
            "{}",
            track.told
        );
        assert!(track.lost("clock_hole") < LATE, "{}", track.told);
    }
}

#[test]
fn a_device_that_is_gone_when_a_pause_ends_is_looked_for() {
    let mut call = Call::begin(&["--release-on-pause", "--mic", "mic", "--system", "speakers"]);
    let before = call.play("micsink");
    call.ask("pause");
    wait_for("the devices to be free", HAPPENED, || {
        call.server.streams().is_empty().then_some(())
    });
    call.server.unload("source_name=mic");
    call.ask("resume");
    call.wait_for_losses(1);
    call.wait_for("device.changed", 1);
    let far = call.play("speakers");
    sleep(Duration::from_secs(2));
    call.server.load(MIC);
    call.wait_for("device.changed", 2);
    let after = call.play("micsink");
    let ended = call.end();
    let (mic, system) = (&ended.mic, &ended.system);
    mic.holds(&[&before, &after]);
    system.holds(&[&far]);
    assert_eq!(mic.causes(), ["paused", "device_lost"], "{}", mic.told);
    let lost = mic.lost("device_lost");
    assert!(lost > Duration::from_secs(2), "{}", mic.told);
    assert_eq!(mic.told["device_changes"][0]["reason"], "returned");
    assert_eq!(system.told["device_changes"][0]["reason"], "reopened");
}

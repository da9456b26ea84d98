//! A hundred recordings from real (virtual) devices, each killed at another moment: the recorder, its
//! recogniser, or both. Every session opens, loses a second at most, and is made whole.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use support::audio_server::AudioServer;
use support::measure::array;
use support::process::{Recorder, is_alive, signal};
use support::program::{
    events, expect_code, json, run, sessions, stderr, stdout, verbatim, wait_for, wav,
};

/// Recordings at a time, and how often.
const AT_ONCE: usize = 10;
const WAVES: usize = 10;

/// Latest kill after the recorders' start.
const LATEST_MS: usize = 2_500;

/// Sound that a kill may lose: a second in the program, and what the server still holds.
const MOST_LOST: f64 = 1.0 + 0.35;

const PATIENCE: Duration = Duration::from_secs(60);

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Recorder,
    Recogniser,
    Both,
}

/// Deterministic random numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// A recording that was killed: where it kept its sessions, and when it died.
struct Killed {
    dir: PathBuf,
    victim: Victim,
    died: SystemTime,
}

#[test]
fn a_hundred_kills_lose_a_second_each_at_most() {
    let home = tempfile::tempdir().expect("a folder");
    let server = AudioServer::start();
    let mut playing = [
        server.paplay("micsink", &noise(home.path(), "mic")),
        server.paplay("speakers", &noise(home.path(), "system")),
    ];
    let mut players: Vec<_> = playing
        .iter_mut()
        .map(|player| player.spawn().expect("paplay starts"))
        .collect();
    let mut dice = Dice(0x5eed_cafe);
    let mut killed = Vec::new();
    for wave in 0..WAVES {
        let running: Vec<(Killed, Recorder)> = (0..AT_ONCE)
            .map(|n| {
                // A recogniser costs a second of a processor to start: one in ten has one.
                let victim = match (n, wave % 2) {
                    (0, 0) => Victim::Recogniser,
                    (0, _) => Victim::Both,
                    _ => Victim::Recorder,
                };
                begin(&server, &home.path().join(format!("{wave}-{n}")), victim)
            })
            .collect();
        let begun = Instant::now();
        let mut due: Vec<(Duration, (Killed, Recorder))> = running
            .into_iter()
            .map(|one| (Duration::from_millis(dice.below(LATEST_MS) as u64), one))
            .collect();
        due.sort_by_key(|(at, _)| *at);
        for (at, (mut one, recorder)) in due {
            thread::sleep(at.saturating_sub(begun.elapsed()));
            end(&mut one, recorder);
            killed.push(one);
        }
    }
    for player in &mut players {
        player.kill().expect("a player ends");
        player.wait().expect("a player is reaped");
    }
    let losses: Vec<f64> = killed.iter().filter_map(check_lost).collect();
    let held = losses.len();
    let most = losses.iter().copied().fold(0.0, f64::max);
    println!("{held} of them held sound, and lost {most:.2} s at most");
    assert!(
        held >= AT_ONCE * WAVES / 3,
        "only {held} of them held sound"
    );
    for one in &killed {
        check_finished(one);
    }
}

fn begin(server: &AudioServer, dir: &Path, victim: Victim) -> (Killed, Recorder) {
    fs::create_dir(dir).expect("a folder");
    let mut command = verbatim(dir);
    server.serve(&mut command);
    command.args(["record", "--mic", "mic", "--system", "speakers"]);
    command.args(["--vad", "webrtc", "--consent", "a test"]);
    if victim == Victim::Recorder {
        command.arg("--no-live");
    }
    let killed = Killed {
        dir: dir.to_owned(),
        victim,
        died: SystemTime::UNIX_EPOCH,
    };
    (killed, Recorder::start(command, dir))
}

fn end(one: &mut Killed, mut recorder: Recorder) {
    match one.victim {
        Victim::Recorder => recorder.signal("KILL"),
        Victim::Recogniser => {
            signal(recorder.recogniser(), "KILL");
            thread::sleep(Duration::from_millis(300));
            assert!(is_alive(recorder.child.id()), "the recording goes on");
            recorder.signal("KILL");
        }
        Victim::Both => {
            let recogniser = recorder.recogniser();
            recorder.signal("KILL");
            if is_alive(recogniser) {
                signal_if_alive(recogniser);
            }
        }
    }
    one.died = SystemTime::now();
    recorder.wait();
}

/// A recogniser follows its recorder by itself, perhaps just now.
fn signal_if_alive(pid: u32) {
    std::process::Command::new("kill")
        .args(["-KILL", &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status()
        .expect("kill runs");
}

/// A minute of noise that no detector takes for speech, so that nothing waits for a model.
fn noise(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(format!("{name}.wav"));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
    let mut dice = Dice(7);
    for _ in 0..48_000 * 90 {
        writer
            .write_sample(dice.below(41) as i16 - 20)
            .expect("a sample");
    }
    writer.finalize().expect("a file");
    path
}

/// What a killed session that holds sound lost, in seconds; panics where it is more than it may be.
fn check_lost(one: &Killed) -> Option<f64> {
    let session = sessions(&one.dir).pop()?;
    let told = events(&session);
    let (mut held, mut lost) = (false, 0.0_f64);
    for event in told.iter().filter(|e| e["type"] == "track.started") {
        let track = event["data"]["track"].as_str().expect("a track");
        let rate = 48_000.0;
        let path = session.join(format!("audio/{track}.wav"));
        let bytes = fs::metadata(&path).map_or(0, |file| file.len());
        let seconds = bytes.saturating_sub(44) as f64 / 2.0 / rate;
        // The log tells at which moment of the session it was which time of the day.
        let at = time(event["at"].as_str().expect("a time"));
        let begun = at - Duration::from_millis(event["t_ms"].as_u64().expect("a time"));
        let lasted = one
            .died
            .duration_since(begun)
            .map_or(0.0, |d| d.as_secs_f64());
        assert!(
            seconds + MOST_LOST >= lasted,
            "{:?} {track}: {seconds:.2} of {lasted:.2} s in {}",
            one.victim,
            session.display()
        );
        held |= seconds > 0.0;
        lost = lost.max(lasted - seconds);
    }
    held.then_some(lost)
}

fn time(rfc3339: &str) -> SystemTime {
    let time: jiff::Timestamp = rfc3339.parse().expect("a time");
    let ms = time.as_millisecond().try_into().expect("after 1970");
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
}

/// The session is listed, can be completed, and is whole then.
fn check_finished(one: &Killed) {
    let Some(session) = sessions(&one.dir).pop() else {
        return;
    };
    let log = session.join("events.ndjson");
    let began = fs::read_to_string(&log).is_ok_and(|log| log.contains('\n'));
    let listed = run(verbatim(&one.dir).arg("list"));
    expect_code(&listed, 0);
    if !began {
        let said = stdout(&listed);
        assert!(said.contains("empty") || said.contains("damaged"), "{said}");
        return;
    }
    assert!(stdout(&listed).contains("cut-off"), "{}", stdout(&listed));
    assert!(stderr(&listed).contains("verbatim finish --all"));
    let before: Vec<Vec<u8>> = ["mic", "system"].map(|track| sound(&session, track)).into();
    let finished = run(verbatim(&one.dir).args(["finish", "--all"]));
    expect_code(&finished, 0);
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["status"], "recovered");
    for (track, before) in ["mic", "system"].into_iter().zip(before) {
        let (_, samples) = wav(&session.join(format!("audio/{track}.wav")));
        assert_eq!(
            Some(samples.len() as u64),
            manifest["duration_samples"].as_u64()
        );
        let now = sound(&session, track);
        assert!(now.starts_with(&before), "samples were changed");
        // What finishing added is a gap, and the gap has a cause.
        let added = (now.len() - before.len()) as u64 / 2;
        let gaps: u64 = array(&manifest["tracks"])
            .filter(|told| told["track"] == track)
            .flat_map(|told| array(&told["gaps"]).collect::<Vec<_>>())
            .filter(|gap| gap["cause"] == "crash")
            .map(|gap| gap["samples"].as_u64().expect("a length"))
            .sum();
        assert_eq!(added, gaps, "{track} of {}", session.display());
    }
    let listed = run(verbatim(&one.dir).arg("list"));
    assert!(stdout(&listed).contains("recovered"), "{}", stdout(&listed));
}

/// The sample bytes of a track, whole samples only.
fn sound(session: &Path, track: &str) -> Vec<u8> {
    let bytes = fs::read(session.join(format!("audio/{track}.wav"))).unwrap_or_default();
    let sound = bytes.get(44..).unwrap_or_default();
    sound[..sound.len() / 2 * 2].to_vec()
}

/// Two processes that complete one session at the same time: one does it, the other is refused or
/// finds nothing left to do, and the session is whole.
#[test]
fn two_finishers_do_not_get_in_each_others_way() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut recorder = Recorder::of_files(dir.path(), &["--no-live"]);
    let session = recorder.session();
    wait_for("some sound", PATIENCE, || {
        let bytes = fs::metadata(session.join("audio/mic.wav")).map_or(0, |file| file.len());
        (bytes > 400_000).then_some(())
    });
    recorder.signal("KILL");
    recorder.wait();
    let finish = || {
        let mut command = verbatim(dir.path());
        command.arg("finish").arg(&session);
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        command.spawn().expect("the program starts")
    };
    let codes = [finish(), finish(), finish()].map(|mut child| {
        let code = child.wait().expect("a finisher ends").code();
        assert!(matches!(code, Some(0 | 1)), "{code:?}");
        code
    });
    assert!(codes.contains(&Some(0)), "{codes:?}");
    let recovered = events(&session)
        .iter()
        .filter(|event| event["type"] == "session.recovered")
        .count();
    assert_eq!(recovered, 1);
    let numbers: Vec<u64> = events(&session)
        .iter()
        .map(|event| event["seq"].as_u64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let before = fs::read(session.join("turns.json")).expect("a document");
    expect_code(&run(verbatim(dir.path()).arg("rebuild").arg(&session)), 0);
    assert_eq!(
        before,
        fs::read(session.join("turns.json")).expect("a document")
    );
}

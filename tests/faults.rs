//! Scripted calls through the whole recorder, on a clock of their own: every fault of devices and
//! servers, alone and mixed at random.

#[path = "support/loud.rs"]
mod loud;
#[path = "faults/play.rs"]
mod play;
#[path = "faults/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use play::{Played, play, play_each};
use serde_json::Value;
use verbatim::audio::Track;
use verbatim::capture::devices::{Device, Role};
use verbatim::capture::keeper::{OnLoss, Wish};
use verbatim::capture::script::{Fault, Script};
use verbatim::document::common::{Gap, GapCause};
use world::{Fate, actor, calm, device, fate, seconds, window};

/// Scripts of the campaign.
const SCRIPTS: u64 = 200;

/// Length of a call of the campaign in seconds.
const LENGTH: f64 = 18.0;

fn follow(_: Device, role: Role) -> Wish {
    Wish::Default(role)
}

fn wait(device: Device, role: Role) -> Wish {
    Wish::Pinned(Box::new(device), role, OnLoss::Wait)
}

fn stand_in(device: Device, role: Role) -> Wish {
    Wish::Pinned(Box::new(device), role, OnLoss::Default)
}

/// A call whose system audio has a script of its own, while the microphone's is calm.
fn system_of(length: f64, change: impl FnOnce(&mut Script)) -> (Script, Script) {
    let base = Instant::now();
    let mut system = calm(Role::SystemAudio, length, base);
    change(&mut system);
    (calm(Role::Microphone, length, base), system)
}

fn checked(played: &Played) {
    played.check(0);
    for track in [Track::Mic, Track::System] {
        played.beats(0, track, &[]);
    }
    assert_eq!(played.track(Track::Mic).lost_samples, 0);
}

/// What the manifest says of the system track's devices.
fn changes(played: &Played) -> Vec<(String, Value)> {
    let told = played.of("device.changed").into_iter();
    told.map(|c| {
        (
            c["device"]["id"].as_str().unwrap_or("").into(),
            c["reason"].clone(),
        )
    })
    .collect()
}

fn lost_ms(played: &Played) -> u64 {
    let gaps = played.track(Track::System).gaps.iter();
    // A script ends in the middle of a block.
    let lost = gaps.filter(|gap| gap.cause != GapCause::SourceEnded);
    lost.map(|gap| gap.samples / 48).sum()
}

#[test]
fn the_campaign() {
    let next = AtomicU64::new(1);
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > SCRIPTS {
                return;
            }
            campaign_call(seed);
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism()
            .map_or(2, usize::from)
            .min(4);
        for _ in 0..workers {
            scope.spawn(worker);
        }
    });
}

/// What the two tracks of a call of the campaign meet.
fn fates(seed: u64, base: Instant) -> [Fate; 2] {
    let roles = [Role::Microphone, Role::SystemAudio];
    [0, 1].map(|n| fate(seed * 2 + n, roles[n as usize], LENGTH, base))
}

#[test]
fn the_campaign_meets_everything_and_mixes_it() {
    let base = Instant::now();
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    let mut mixed = 0;
    for fate in (1..=SCRIPTS).flat_map(|seed| fates(seed, base)) {
        let incidents = fate.incidents();
        let kinds: BTreeSet<&str> = incidents.iter().copied().collect();
        mixed += u64::from(kinds.len() > 1);
        for name in incidents {
            *times.entry(name).or_default() += 1;
        }
    }
    assert_eq!(times.len(), 10, "{times:?}");
    assert!(times.values().all(|&times| times >= 40), "{times:?}");
    assert!(mixed > SCRIPTS, "{mixed} tracks meet more than one kind");
}

/// A call in which both tracks meet a random fate.
fn campaign_call(seed: u64) {
    let base = Instant::now();
    let [mic, system] = fates(seed, base);
    let most_lost = [mic.most_lost_ms(), system.most_lost_ms()];
    let scripts = [mic.script.clone(), system.script.clone()];
    let played = play_each([(mic.script, mic.wish), (system.script, system.wish)]);
    played.check(seed);
    for (n, (script, track)) in scripts.iter().zip([Track::Mic, Track::System]).enumerate() {
        let gaps = &played.track(track).gaps;
        let lost = gaps.iter().filter(|gap| gap.cause != GapCause::SourceEnded);
        let lost: u64 = lost.map(|gap| gap.samples / 48).sum();
        let most = most_lost[n];
        assert!(
            lost <= most,
            "seed {seed}, {track}: {lost} of {most} ms, {gaps:?}"
        );
        let mut deaf = Vec::new();
        let mut overrun = false;
        for fault in script.actors.iter().flat_map(|actor| &actor.faults) {
            match fault {
                Fault::Zeros(w) => deaf.push((w.from.as_secs_f64(), w.until.as_secs_f64())),
                Fault::Overrun(_) => overrun = true,
                _ => {}
            }
        }
        played.beats(seed, track, &deaf);
        let away = played.of("track.health").into_iter();
        let away = away.filter(|h| h["track"] == track.to_string() && h["state"] == "gone");
        if away.count() > 0 {
            assert!(played.has_gap(track, "device_lost"), "seed {seed}, {track}");
        }
        if overrun && script.down.is_empty() && script.actors.len() == 2 {
            assert!(played.has_gap(track, "overrun"), "seed {seed}, {track}");
        }
    }
}

#[test]
fn an_hour_of_skew_leaves_the_tracks_together() {
    let base = Instant::now();
    let script = |role, ppm| {
        let mut script = calm(role, 3_600.0, base);
        script.actors[0].ppm = ppm;
        script.jitter = Duration::from_millis(8);
        script
    };
    let played = play(
        script(Role::Microphone, 100.0),
        script(Role::SystemAudio, -100.0),
        follow,
    );
    played.check(0);
    let mic = played.beats(0, Track::Mic, &[]);
    let system = played.beats(0, Track::System, &[]);
    assert!(mic.len() == system.len() && mic.len() > 3_590);
    let apart = |(a, b): (&(u64, i64), &(u64, i64))| (a.1 - b.1).unsigned_abs();
    let settled = 60;
    let pairs = mic.iter().zip(&system).skip(settled);
    let worst = pairs.map(apart).max().expect("beats");
    assert!(worst <= 96, "{worst} samples apart, more than 2 ms");
    for (track, ppm) in [(Track::Mic, 100.0), (Track::System, -100.0)] {
        let told = played.track(track);
        let skew = told.skew_ppm.expect("a skew");
        assert!((skew - ppm).abs() < 1.0, "{track}: {skew}");
        let corrected = -ppm * 1e-6 * 3_600.0 * 48_000.0;
        let off = told.corrected_samples as f64 - corrected;
        assert!(
            off.abs() < 600.0,
            "{track}: {} corrected",
            told.corrected_samples
        );
        // Both end at the same moment, as far as their clocks are known.
        let ends = |gap: &Gap| gap.cause == GapCause::SourceEnded;
        assert!(told.gaps.iter().all(ends), "{:?}", told.gaps);
        assert!(told.lost_samples <= 96, "{}", told.lost_samples);
    }
    println!("worst {worst} samples apart");
}

#[test]
fn the_cut_into_blocks_changes_no_event() {
    let told = |block: (u32, u32), seed: u64| {
        let base = Instant::now();
        let script = |role| {
            let mut script = calm(role, 20.0, base);
            script.block = block;
            script.seed = seed;
            script.actors[0].faults = vec![
                Fault::Burst(window(4.0, 5.5)),
                Fault::Burst(window(9.0, 9.4)),
            ];
            script
        };
        let played = play(script(Role::Microphone), script(Role::SystemAudio), follow);
        played.check(seed);
        let mut told: Vec<String> = played
            .events
            .iter()
            .filter(|e| {
                let kind = e["type"].as_str().unwrap_or("");
                let kinds = ["speech", "turn", "silence", "track.gap", "track.started"];
                // The last block of a script is cut off with it.
                let whole = e["data"]["end_ms"].as_u64().unwrap_or(0) < 19_000;
                whole && kinds.iter().any(|k| kind.starts_with(k))
            })
            .map(|e| format!("{} {}", e["type"], e["data"]))
            .collect();
        told.sort();
        told
    };
    let whole = told((960, 960), 1);
    assert!(whole.iter().any(|line| line.contains("speech.end")));
    for (n, block) in [(1, 9), (64, 64), (100, 3_000), (4_800, 4_800)]
        .into_iter()
        .enumerate()
    {
        assert_eq!(told(block, n as u64 + 2), whole, "{block:?}");
    }
}

#[test]
fn another_default_is_followed_without_losing_a_sample() {
    let (mic, system) = system_of(20.0, |script| {
        let headset = device("headset", Role::SystemAudio, 16_000, 1);
        script.actors.push(actor(headset, 20.0));
        script.defaults.push((seconds(8.0), "headset".into()));
    });
    let played = play(mic, system, follow);
    checked(&played);
    assert_eq!(lost_ms(&played), 0);
    assert_eq!(
        changes(&played),
        [("headset".into(), "default_changed".into())]
    );
    let change = &played.track(Track::System).device_changes[0];
    assert_eq!((change.native_rate, change.native_channels), (16_000, 1));
    assert!((8_000..10_000).contains(&change.start_ms), "{change:?}");
}

#[test]
fn a_moment_without_devices_or_with_another_default_is_not_believed() {
    let (mic, system) = system_of(20.0, |script| {
        script
            .actors
            .push(actor(device("other", Role::SystemAudio, 48_000, 2), 20.0));
        script.blind.push(window(5.0, 8.0));
        script.defaults.push((seconds(12.0), "other".into()));
        script.defaults.push((seconds(12.3), "own".into()));
    });
    let played = play(mic, system, follow);
    checked(&played);
    assert_eq!(lost_ms(&played), 0);
    assert_eq!(changes(&played), []);
}

/// The own device is gone from 5 to 9 s, while another one is the default.
fn unplugged(wish: fn(Device, Role) -> Wish) -> Played {
    let (mic, system) = system_of(20.0, |script| {
        script.actors[0].there = vec![window(0.0, 5.0), window(9.0, 100.0)];
        script
            .actors
            .push(actor(device("other", Role::SystemAudio, 44_100, 2), 20.0));
        script.defaults = vec![(Duration::ZERO, "other".into())];
    });
    let played = play(mic, system, wish);
    checked(&played);
    assert!(played.has_gap(Track::System, "device_lost"));
    played
}

#[test]
fn a_named_device_is_waited_for() {
    let played = unplugged(wait);
    assert_eq!(changes(&played), [("own".into(), "returned".into())]);
    let lost = lost_ms(&played);
    assert!((4_000..6_500).contains(&lost), "{lost} ms");
}

#[test]
fn the_default_stands_in_for_a_named_device_when_the_user_says_so() {
    let played = unplugged(stand_in);
    let told = [
        ("other".into(), "stand_in".into()),
        ("own".into(), "returned".into()),
    ];
    assert_eq!(changes(&played), told);
    let lost = lost_ms(&played);
    assert!((300..2_500).contains(&lost), "{lost} ms");
}

#[test]
fn a_microphone_never_stands_in_for_system_audio() {
    let (mic, system) = system_of(20.0, |script| {
        script.actors[0].there = vec![window(0.0, 5.0)];
        script
            .actors
            .push(actor(device("room", Role::Microphone, 48_000, 1), 20.0));
        script.defaults = vec![(Duration::ZERO, "room".into())];
    });
    let played = play(mic, system, stand_in);
    checked(&played);
    assert_eq!(changes(&played), []);
    assert!(lost_ms(&played) > 14_000);
}

#[test]
fn a_headset_that_changes_its_profile_goes_on_under_another_id_and_format() {
    let (mic, system) = system_of(20.0, |script| {
        script.actors[0].there = vec![window(0.0, 6.0)];
        let mut headset = device("own.headset-profile", Role::SystemAudio, 16_000, 1);
        headset.name = script.actors[0].device.name.clone();
        let mut headset = actor(headset, 20.0);
        headset.there = vec![window(7.0, 100.0)];
        script.actors.push(headset);
    });
    let played = play(mic, system, wait);
    checked(&played);
    assert_eq!(
        changes(&played),
        [("own.headset-profile".into(), "returned".into())]
    );
    let lost = lost_ms(&played);
    assert!((1_000..3_500).contains(&lost), "{lost} ms");
}

#[test]
fn a_server_that_is_away_for_minutes_is_one_gap_and_both_tracks_go_on() {
    let base = Instant::now();
    let script = |role| {
        let mut script = calm(role, 200.0, base);
        script.down = vec![window(10.0, 170.0)];
        script
    };
    let played = play(script(Role::Microphone), script(Role::SystemAudio), follow);
    played.check(0);
    for track in [Track::Mic, Track::System] {
        played.beats(0, track, &[]);
        let gaps = &played.track(track).gaps;
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert!(
            (160_000..164_000).contains(&(gaps[0].samples / 48)),
            "{gaps:?}"
        );
    }
}

#[test]
fn a_device_that_falls_silent_for_long_is_opened_anew_and_the_hole_is_told() {
    let (mic, system) = system_of(60.0, |script| {
        script.actors[0]
            .faults
            .push(Fault::Hole(window(10.0, 40.0)));
    });
    let played = play(mic, system, follow);
    checked(&played);
    let gaps = &played.track(Track::System).gaps;
    assert!(played.has_gap(Track::System, "clock_hole"), "{gaps:?}");
    let lost = lost_ms(&played).abs_diff(30_000);
    assert!(lost <= 40, "{gaps:?}");
}

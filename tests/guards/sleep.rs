//! A machine that sleeps while it records. The sleep is told to the session, not slept.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use verbatim::audio::{Format, Track};
use verbatim::capture::paced::{Pace, PacedSource};
use verbatim::engine::webrtc::WebRtc;
use verbatim::session::{Guards, Options, Session, TrackInput};
use verbatim::voice::DetectorMaker;

use super::support::measure::array;
use super::support::program::json;

const SLEEP_S: u64 = 90;

fn input(track: Track) -> TrackInput {
    let format = Format::new(48_000, 1).expect("a format");
    assert_eq!(format.channels, NonZeroU16::MIN);
    let mut n = 0_u64;
    let supply = move |frames: usize, out: &mut Vec<f32>| {
        out.extend((0..frames as u64).map(|k| ((n + k) as f32 / 40.0).sin() * 0.1));
        n += frames as u64;
        Ok(frames)
    };
    TrackInput {
        track,
        device: None,
        file: None,
        source: Box::new(PacedSource::new(format, Pace::RealTime, Box::new(supply))),
    }
}

#[test]
fn a_sleep_is_a_gap_of_its_own_kind_on_every_track() {
    let dir = tempfile::tempdir().expect("a folder");
    let asleep = Arc::new(AtomicU64::new(12));
    let told = Arc::clone(&asleep);
    let detector: DetectorMaker = Arc::new(|| Ok(Box::new(WebRtc::new())));
    let options = Options {
        guards: Guards {
            asleep: Box::new(move || Duration::from_secs(told.load(Ordering::Relaxed))),
            ..Guards::default()
        },
        ..Options::new(dir.path().to_owned(), "test", detector)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let summary = runtime.block_on(async {
        let (updates, mut shown) = mpsc::channel(1_024);
        let (stop, stopped) = mpsc::channel(1);
        let tracks = vec![input(Track::Mic), input(Track::System)];
        let session = Session::begin(options, tracks, updates).expect("a session");
        let user = async move {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            asleep.store(12 + SLEEP_S, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            stop.send(()).await.expect("a session that listens");
            // The channel stays open: a closed one ends nothing.
            stop.closed().await;
        };
        let view = async move { while shown.recv().await.is_some() {} };
        let (summary, (), ()) = tokio::join!(session.run(stopped), user, view);
        summary.expect("a session")
    });
    assert_eq!(summary.lost_samples, 2 * SLEEP_S * 48_000);
    let manifest = json(&summary.folder.join("session.json"));
    let end = manifest["duration_samples"].as_u64().expect("samples");
    assert!(end > (SLEEP_S + 2) * 48_000, "{end}");
    for track in array(&manifest["tracks"]) {
        assert_eq!(track["samples"], end);
        let gap = &track["gaps"][0];
        assert_eq!(gap["cause"], "slept", "{track}");
        assert_eq!(gap["samples"], SLEEP_S * 48_000);
        let start = gap["start_sample"].as_u64().expect("a sample");
        assert!((48_000..4 * 48_000).contains(&start), "{start}");
    }
}

//! A scripted call through the whole recorder, and what it left on the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::loud::Loud;
use serde_json::Value;
use tokio::sync::mpsc;
use verbatim::audio::Track;
use verbatim::capture::devices::{Device, Role};
use verbatim::capture::keeper::Wish;
use verbatim::capture::script::{Script, keep};
use verbatim::document::manifest::{Manifest, TrackManifest};
use verbatim::session::{Options, Session, TrackInput};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::voice::DetectorMaker;

use crate::world::{BEAT_S, beat};

/// Samples by which a beat may be misplaced: 10 ms, so that two tracks are within 20 ms.
pub const NEAR: u64 = 480;

/// A track's script, and what its user said.
pub type Fated = (Script, fn(Device, Role) -> Wish);

/// What a call left.
pub struct Played {
    _dir: tempfile::TempDir,
    pub folder: SessionFolder,
    pub manifest: Manifest,
    pub events: Vec<Value>,
}

/// Plays two scripts as microphone and system audio.
pub fn play(mic: Script, system: Script, wish: fn(Device, Role) -> Wish) -> Played {
    play_each([(mic, wish), (system, wish)])
}

/// The same with a wish for each.
pub fn play_each(scripts: [Fated; 2]) -> Played {
    let dir = tempfile::tempdir().expect("a folder");
    let roles = [
        (Track::Mic, Role::Microphone),
        (Track::System, Role::SystemAudio),
    ];
    let inputs = scripts
        .into_iter()
        .zip(roles)
        .map(|((script, wish), (track, role))| {
            let keeper = keep(script, "own", |device| wish(device, role)).expect("a device");
            TrackInput {
                track,
                device: None,
                file: None,
                source: Box::new(keeper),
            }
        });
    let detector: DetectorMaker = Arc::new(|| Ok(Box::new(Loud)));
    let options = Options::new(dir.path().to_owned(), "verbatim test", detector);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let summary = runtime.block_on(async {
        let (updates, _shown) = mpsc::channel(1);
        let (_stop, stopped) = mpsc::channel(1);
        let session = Session::begin(options, inputs.collect(), updates).expect("a session");
        session.run(stopped).await.expect("a recording")
    });
    let folder = SessionFolder::open(&summary.folder).expect("the session");
    let log = std::fs::read_to_string(folder.events()).expect("the log");
    Played {
        manifest: documents::read(&folder.manifest()).expect("the manifest"),
        events: log
            .lines()
            .map(|line| serde_json::from_str(line).expect("an event"))
            .collect(),
        folder,
        _dir: dir,
    }
}

impl Played {
    pub fn track(&self, track: Track) -> &TrackManifest {
        let mut tracks = self.manifest.tracks.iter();
        tracks.find(|t| t.track == track).expect("the track")
    }

    /// The archive of a track.
    pub fn samples(&self, track: Track) -> Vec<i16> {
        let path = self.folder.track(track, 1);
        let mut reader = hound::WavReader::open(&path).expect("an archive");
        reader
            .samples::<i16>()
            .map(|s| s.expect("a sample"))
            .collect()
    }

    /// Data of the events of a type.
    pub fn of(&self, kind: &str) -> Vec<&Value> {
        let of_kind = self.events.iter().filter(|e| e["type"] == kind);
        of_kind.map(|e| &e["data"]).collect()
    }

    /// Whether a gap has this cause.
    pub fn has_gap(&self, track: Track, cause: &str) -> bool {
        let gaps = self.of("track.gap").into_iter();
        gaps.filter(|gap| gap["track"] == track.to_string())
            .any(|gap| gap["cause"] == cause)
    }

    /// Lengths agree to the sample, gaps are disjoint and silent, and the documents are the log's.
    pub fn check(&self, seed: u64) {
        let whole = self.manifest.duration_samples;
        for track in &self.manifest.tracks {
            let samples = self.samples(track.track);
            let name = format!("seed {seed}, {}", track.track);
            assert_eq!(samples.len() as u64, whole, "{name}: the file's length");
            assert_eq!(track.samples, whole, "{name}: the track's length");
            let lost: u64 = track.gaps.iter().map(|gap| gap.samples).sum();
            assert_eq!(lost, track.lost_samples, "{name}");
            assert_eq!(
                self.by_cause(track),
                self.told_by_cause(track.track),
                "{name}"
            );
            let mut before = 0;
            for gap in &track.gaps {
                assert!(gap.start_sample >= before, "{name}: {:?}", track.gaps);
                before = gap.start_sample + gap.samples;
                let hole = &samples[gap.start_sample as usize..before as usize];
                assert!(hole.iter().all(|&s| s == 0), "{name}: sound in {gap:?}");
            }
        }
        self.check_rebuild(seed);
    }

    /// What a track lost by each cause, as its manifest has it.
    fn by_cause(&self, track: &TrackManifest) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for gap in &track.gaps {
            let cause = serde_json::to_value(gap.cause).expect("a cause");
            let cause = cause.as_str().expect("a name").to_owned();
            *sums.entry(cause).or_default() += gap.samples;
        }
        sums
    }

    /// The same, as its events tell.
    fn told_by_cause(&self, track: Track) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        let gaps = self.of("track.gap").into_iter();
        for gap in gaps.filter(|gap| gap["track"] == track.to_string()) {
            let cause = gap["cause"].as_str().expect("a cause").to_owned();
            *sums.entry(cause).or_default() += gap["samples"].as_u64().expect("a length");
        }
        sums
    }

    fn check_rebuild(&self, seed: u64) {
        let folder = &self.folder;
        let entries = std::fs::read_dir(folder.path()).expect("the session");
        let entries = entries.map(|entry| entry.expect("an entry").path());
        let files: Vec<_> = entries
            .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
            .collect();
        assert!(files.len() >= 4, "{files:?}");
        let read = |path: &Path| std::fs::read(path).expect("a document");
        let before: Vec<Vec<u8>> = files.iter().map(|path| read(path)).collect();
        for path in &files {
            std::fs::remove_file(path).expect("a document goes away");
        }
        documents::write(folder).expect("the documents");
        let after: Vec<Vec<u8>> = files.iter().map(|path| read(path)).collect();
        assert!(
            before == after,
            "seed {seed}: rebuild gives other documents"
        );
    }

    /// Where every beat is that was captured, against where it should be; panics when one is missing
    /// or out of place by more than [`NEAR`]. `deaf` are times in which nothing is heard although
    /// nothing is lost, in seconds.
    pub fn beats(&self, seed: u64, track: Track, deaf: &[(f64, f64)]) -> Vec<(u64, i64)> {
        let samples = self.samples(track);
        let gaps = &self.track(track).gaps;
        let mut found = Vec::new();
        for second in 0..samples.len() as u64 / 48_000 {
            let at = beat(second);
            let (from, until) = (at - 0.06, at + BEAT_S + 0.06);
            let hidden = gaps.iter().any(|gap| {
                let start = gap.start_sample as f64 / 48_000.0;
                let end = start + gap.samples as f64 / 48_000.0;
                start < until && from < end
            });
            let deaf = deaf.iter().any(|&(start, end)| start < until && from < end);
            let place = (at * 48_000.0) as u64;
            if hidden || deaf || place + 12_000 > samples.len() as u64 {
                continue;
            }
            let near = place.saturating_sub(2_400)..place + 2_400;
            let onset = near
                .clone()
                .find(|&n| samples[n as usize].unsigned_abs() > 3_000);
            let onset = onset.unwrap_or_else(|| {
                panic!("seed {seed}, {track}: no beat at {at:.3} s, gaps {gaps:?}")
            });
            let off = onset as i64 - place as i64;
            assert!(
                off.unsigned_abs() <= NEAR,
                "seed {seed}, {track}: the beat at {at:.3} s is {off} samples off, gaps {gaps:?}"
            );
            found.push((second, off));
        }
        found
    }
}

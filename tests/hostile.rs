//! Devices that tell nonsense, through the whole recorder: absurd times, losses and lengths, values that
//! are no numbers, formats that change at any moment, storms of losses and changes, ends out of order.
//! Whatever they say, the call ends with documents that agree, in bounded time and room.

#[path = "support/loud.rs"]
mod loud;
#[path = "hostile/source.rs"]
mod source;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use loud::Loud;
use source::{Hostile, Said, Saying, says};
use tokio::sync::mpsc;
use verbatim::audio::Track;
use verbatim::document::manifest::Manifest;
use verbatim::mark::kinds::Kinds;
use verbatim::session::{InPause, Options, Session, TrackInput};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::store::wav::{ArchiveReader, PART_SAMPLES};
use verbatim::time::{Span, Tick};
use verbatim::voice::utterance::UtteranceOptions;

/// Calls of the campaign.
const CALLS: u64 = 60;

/// Within this a call has ended on a busy machine too; it takes a fraction of a second.
const ENDED: Duration = Duration::from_secs(60);

/// Seconds that a track may be longer than the time that passed: sound that was captured before the
/// recording began, what an audio system may have kept and lost by then, and how far ahead of the session
/// a loss may be told.
const BEFORE_S: u64 = 60 + 15 + 15;

/// Records two hostile devices, and checks what they left.
fn call(name: &str, sources: [Hostile; 2]) {
    let said = sources.each_ref().map(|source| Arc::clone(&source.said));
    let (done, over) = std_mpsc::channel();
    thread::spawn(move || {
        let dir = tempfile::tempdir().expect("a folder");
        let kept = record(dir.path(), sources);
        // A test that has given up waiting needs no answer.
        done.send((dir, kept)).unwrap_or_default();
    });
    let ended = over.recv_timeout(ENDED);
    let (_dir, folder) = ended.unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let Some(folder) = folder else {
        // Neither device delivered a single sample.
        return;
    };
    let manifest: Manifest = documents::read(&folder.manifest()).expect("the manifest");
    let whole = manifest.duration_samples;
    let longest = longest(&said);
    assert!(
        whole <= longest,
        "{name}: {whole} samples of {longest} at most"
    );
    for track in &manifest.tracks {
        let name = format!("{name}, {}", track.track);
        assert_eq!(track.samples, whole, "{name}");
        let mut archive = ArchiveReader::open(&folder, track.track).expect("an archive");
        assert_eq!(archive.samples(), whole, "{name}");
        let mut before = 0;
        for gap in &track.gaps {
            assert!(gap.start_sample >= before, "{name}: {:?}", track.gaps);
            before = gap.start_sample + gap.samples;
            let hole = archive.read(Span::new(Tick(gap.start_sample), Tick(before)));
            let is_silent = hole.expect("samples").iter().all(|s| *s == 0);
            assert!(is_silent, "{name}: sound in {gap:?}");
        }
        assert!(before <= whole, "{name}: {:?}", track.gaps);
        let lost: u64 = track.gaps.iter().map(|gap| gap.samples).sum();
        assert_eq!(lost, track.lost_samples + track.paused_samples, "{name}");
    }
    let read = |path: &Path| std::fs::read(path).expect("a document");
    let files = [folder.manifest(), folder.turns(), folder.stats()];
    let first = files.each_ref().map(|path| read(path));
    documents::write(&folder).expect("the documents");
    let again = files.each_ref().map(|path| read(path));
    assert!(first == again, "{name}: rebuild gives other documents");
}

/// Samples that a track can have at most: the time that passed, and what was delivered beyond it. One
/// that delivers more than a second in a second seems to have begun earlier.
fn longest(said: &[Arc<Said>; 2]) -> u64 {
    let passed = said
        .iter()
        .map(|said| said.passed_ms.load(Ordering::Relaxed));
    let delivered = said
        .iter()
        .map(|said| said.delivered_samples.load(Ordering::Relaxed));
    (passed.max().unwrap_or(0) + BEFORE_S * 1_000) * 48 + delivered.sum::<u64>()
}

fn record(dir: &Path, sources: [Hostile; 2]) -> Option<SessionFolder> {
    let tracks = [Track::Mic, Track::System].into_iter().zip(sources);
    let inputs = tracks.map(|(track, source)| TrackInput {
        track,
        device: None,
        file: None,
        source: Box::new(source),
    });
    let options = Options {
        dir: dir.to_owned(),
        title: None,
        goal: None,
        consent: None,
        kinds: Kinds::default(),
        program: "verbatim test".into(),
        planned: None,
        detector: Arc::new(|| Ok(Box::new(Loud))),
        utterance: UtteranceOptions::default(),
        captions: None,
        part_samples: PART_SAMPLES,
        guards: Default::default(),
        no_audio: None,
        in_pause: InPause::Release,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let summary = runtime.block_on(async {
        let (updates, _shown) = mpsc::channel(1);
        let (_stop, stopped) = mpsc::channel(1);
        let session = Session::begin(options, inputs.collect(), updates).expect("a session");
        session.run(stopped).await
    });
    match summary {
        Ok(summary) => Some(SessionFolder::open(&summary.folder).expect("the session")),
        Err(error) if error.kind() == verbatim::ErrorKind::NoDevice => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn nonsense_ends_in_documents_that_agree() {
    let next = AtomicU64::new(1);
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > CALLS {
                return;
            }
            let sources = [seed * 2, seed * 2 + 1].map(Hostile::new);
            call(&format!("seed {seed}"), sources);
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(worker);
        }
    });
}

/// A call of one device that says the same thing for a second, twice, between seconds of sound.
fn case(name: &str, saying: Vec<Saying>) {
    let sound = vec![says::sound(960); 50];
    let mut script = sound.clone();
    script.extend(&saying);
    script.extend(&sound);
    script.extend(saying);
    script.extend(sound);
    let calm = vec![says::sound(960); 200];
    call(name, [Hostile::playing(script), Hostile::playing(calm)]);
}

#[test]
fn a_stamp_of_another_year_is_not_hours_of_silence() {
    case("the future", vec![says::at(960, 1_000_000_000)]);
    case("the past", vec![says::at(960, -1_000_000_000)]);
    case("no time", vec![says::untimed(960); 300]);
    case("a clock that stands still", vec![says::at(960, -5); 200]);
}

#[test]
fn a_loss_of_ages_is_not_ages_of_silence() {
    case("all that can be counted", vec![says::lost(960, u64::MAX)]);
    case("again and again", vec![says::lost(10, 1 << 40); 50]);
}

#[test]
fn values_that_are_no_numbers_spoil_nothing_around_them() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        case("no number", vec![says::value(960, value)]);
        case(
            "no number at another rate",
            vec![says::changed(44_100, 2), says::value(960, value)],
        );
    }
}

#[test]
fn formats_that_cannot_be_recorded_lose_their_track_alone() {
    for (rate, channels) in [(1, 1), (3_999, 2), (384_001, 1), (u32::MAX, 1)] {
        case("a rate", vec![says::changed(rate, channels)]);
    }
    case(
        "a crowd",
        vec![says::changed(4_000, u16::MAX), says::sound(70_000)],
    );
    case(
        "incomplete frames",
        vec![says::changed(48_000, 7), says::sound(1_000)],
    );
}

#[test]
fn storms_end() {
    case("losses", vec![says::away(); 300]);
    case("changes", vec![says::changed(48_000, 1); 300]);
    case("nothing", vec![says::sound(0); 10_000]);
    let both = [says::away(), says::changed(16_000, 2), says::sound(1)];
    case("losses and returns", both.repeat(100));
}

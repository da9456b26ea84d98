//! Documents as files, and as a function of the log.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};
use verbatim::audio::Track;
use verbatim::document::common::{GapCause, Untranscribed, UntranscribedReason};
use verbatim::document::manifest::Manifest;
use verbatim::document::turns::TurnsDocument;
use verbatim::error::ErrorKind;
use verbatim::event::*;
use verbatim::store::documents;
use verbatim::store::fold::{Documents, fold};
use verbatim::store::folder::{SessionFolder, list};

use super::{events, folder, log, script};

/// The documents of a log that lacks one event.
pub fn without(events: &[Envelope], missing: usize) -> Documents {
    let mut events = events.to_vec();
    events.remove(missing);
    fold(events, &|_| Vec::new()).expect("documents")
}

/// Names and contents of the documents, and of whatever else lies beside them.
fn files(folder: &SessionFolder) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder.path()).expect("the folder");
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_same_log_gives_the_same_bytes_and_nothing_else_is_left() {
    let (_dir, folder) = folder();
    log(&folder, &script());
    let first = documents::write(&folder).expect("documents");
    let once = files(&folder);
    let second = documents::write(&folder).expect("documents");
    assert_eq!(first, second);
    assert_eq!(files(&folder), once);
    let names: Vec<&str> = once.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = [
        "clips.json",
        "corrections.json",
        "events.ndjson",
        "markers.json",
        "redactions.json",
        "review.json",
        "session.json",
        "stats.json",
        "transcript.json",
        "turns.json",
    ];
    assert_eq!(names, wanted);
    let manifest: Manifest = documents::read(&folder.manifest()).expect("a manifest");
    let turns: TurnsDocument = documents::read(&folder.turns()).expect("turns");
    assert_eq!(manifest, first.manifest);
    assert_eq!(turns, first.turns);
}

/// Puts a change into a written manifest and reads it again.
fn manifest_with(
    folder: &SessionFolder,
    change: impl Fn(&mut Value),
) -> verbatim::Result<Manifest> {
    documents::write(folder).expect("documents");
    let bytes = fs::read(folder.manifest()).expect("a manifest");
    let mut value: Value = serde_json::from_slice(&bytes).expect("JSON");
    change(&mut value);
    fs::write(folder.manifest(), value.to_string()).expect("a manifest");
    documents::read(&folder.manifest())
}

#[test]
fn a_later_major_version_is_refused_and_a_later_minor_one_is_read() {
    let (_dir, folder) = folder();
    log(&folder, &script());
    for version in ["2.0", "2", "10.3"] {
        let read = manifest_with(&folder, |m| m["schema_version"] = json!(version));
        let error = read.expect_err("a later version");
        assert_eq!(error.kind(), ErrorKind::Session);
        let line = error.to_string();
        assert!(
            line.contains("session.json") && line.contains(version),
            "{line}"
        );
        assert!(
            error
                .hint_text()
                .is_some_and(|hint| hint.contains("version")),
            "{line}"
        );
        // A list of sessions shows the one that cannot be read, with the reason.
        let listed = list(folder.path().parent().expect("a folder")).expect("sessions");
        assert!(listed[0].manifest.is_err());
    }
    for version in ["1.0", "1.7"] {
        manifest_with(&folder, |m| m["schema_version"] = json!(version)).expect(version);
    }
}

#[test]
fn unknown_fields_are_ignored_at_every_depth() {
    let (_dir, folder) = folder();
    log(&folder, &script());
    let plain = documents::write(&folder).expect("documents").manifest;
    let read = manifest_with(&folder, |m| {
        m["colour"] = json!("red");
        m["tracks"][0]["mood"] = json!({"deep": [1, null]});
        m["tracks"][0]["gaps"][0]["blame"] = json!(true);
    });
    assert_eq!(read.expect("a manifest"), plain);
}

#[test]
fn a_document_that_is_missing_or_damaged_is_an_error_that_names_it() {
    let (_dir, folder) = folder();
    log(&folder, &script());
    documents::write(&folder).expect("documents");
    let whole = fs::read(folder.manifest()).expect("a manifest");
    let half = &whole[..whole.len() / 2];
    let damages: [&[u8]; 7] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{\"schema_version\":1}",
        b"\xff",
        half,
    ];
    for damage in damages {
        fs::write(folder.manifest(), damage).expect("a manifest");
        let error = documents::read::<Manifest>(&folder.manifest()).expect_err("damage");
        assert_eq!(error.kind(), ErrorKind::Session);
        assert!(error.to_string().contains("session.json"), "{error}");
    }
    fs::remove_file(folder.manifest()).expect("a manifest");
    let error = documents::read::<Manifest>(&folder.manifest()).expect_err("nothing there");
    assert_eq!(error.kind(), ErrorKind::Session);
    // The log decides what a session is: the documents can be made again.
    let again = SessionFolder::open(folder.path()).expect("a session");
    documents::write(&again).expect("documents");
    assert_eq!(fs::read(folder.manifest()).expect("a manifest"), whole);
}

#[test]
fn a_log_without_a_start_is_no_session() {
    for events in [Vec::new(), script().split_off(1)] {
        let error = fold(events, &|_| Vec::new()).expect_err("no start");
        assert_eq!(error.kind(), ErrorKind::Session);
        assert!(error.hint_text().is_some());
    }
}

/// What one track's lane logs: stretches of speech, each with text or put off, and holes.
fn lane(track: Track) -> impl Strategy<Value = Vec<Event>> {
    let piece = (1..4_000_u64, 1..9_000_u64, 0..4_u8, events::reason());
    proptest::collection::vec(piece, 0..8).prop_map(move |pieces| {
        let (offset_samples, rate) = (480, 44_100);
        let started = TrackStarted {
            track,
            offset_samples,
            rate,
            channels: 1,
        };
        let mut events = vec![Event::TrackStarted(started)];
        let mut at = 0;
        for (n, (pause, length, kind, reason)) in pieces.into_iter().enumerate() {
            let (start_ms, end_ms) = (at + pause, at + pause + length);
            at = end_ms;
            piece_of(track, n, (start_ms, end_ms), kind, reason, &mut events);
        }
        events.push(Event::TrackEnded(TrackEnded {
            track,
            samples: 120_000 * 48,
            peak: 20_000,
            clipped_samples: 1,
            zero_samples: 4_321,
            skew_ppm: Some(3.25),
            corrected_samples: -7,
            missing_samples: 0,
        }));
        events
    })
}

fn piece_of(
    track: Track,
    n: usize,
    (start_ms, end_ms): (u64, u64),
    kind: u8,
    reason: UntranscribedReason,
    events: &mut Vec<Event>,
) {
    if kind == 0 {
        let (start_sample, samples) = (start_ms * 48, (end_ms - start_ms) * 48);
        let cause = GapCause::Overrun;
        events.push(Event::TrackGap(TrackGap {
            track,
            start_sample,
            samples,
            cause,
        }));
        return;
    }
    events.push(Event::SpeechStart(SpeechStart { track, start_ms }));
    events.push(Event::SpeechEnd(SpeechEnd {
        track,
        start_ms,
        end_ms,
    }));
    if kind == 1 {
        let put_off = Untranscribed {
            track,
            start_ms,
            end_ms,
            reason,
        };
        events.push(Event::TranscriptDeferred(TranscriptDeferred {
            utterance: None,
            speech: put_off,
        }));
        return;
    }
    let id = |letter: char| format!("{letter}{track}{n:04}");
    let segment = json!({
        "id": id('s'), "track": track, "speaker": "", "start_ms": start_ms, "end_ms": end_ms,
        "text": "words", "utterance": id('u'), "pass": "p1", "avg_logprob": -0.5,
        "no_speech_prob": 0.25, "words": [],
    });
    events.push(Event::TranscriptFinal(TranscriptFinal {
        utterance: id('u'),
        track,
        pass: "p1".into(),
        start_ms,
        end_ms,
        segments: vec![serde_json::from_value(segment).expect("a segment")],
        untranscribed: Vec::new(),
    }));
}

/// Two lanes' events in one log, the order among each lane's own kept.
fn woven(lanes: [&[Event]; 2], order: &[bool]) -> Vec<Envelope> {
    let script = script();
    let pass = |e: &&Envelope| matches!(e.event, Event::PassStarted(_));
    let stop = |e: &&Envelope| matches!(e.event, Event::SessionStopped(_));
    let mut events = vec![script[0].event.clone()];
    events.push(script.iter().find(pass).expect("a pass").event.clone());
    let [mut first, mut second] = lanes.map(|lane| lane.iter());
    for &other in order {
        let next = if other { second.next() } else { first.next() };
        events.extend(next.cloned());
    }
    events.extend(first.cloned());
    events.extend(second.cloned());
    let mut stopped = script.iter().find(stop).expect("a stop").event.clone();
    if let Event::SessionStopped(stopped) = &mut stopped {
        stopped.duration_samples = 120_000 * 48;
    }
    events.push(stopped);
    let number = |(n, event): (usize, Event)| Envelope {
        seq: n as u64 + 1,
        t_ms: n as u64,
        event,
        ..script[0].clone()
    };
    events.into_iter().enumerate().map(number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Lanes and recogniser are threads of their own: which of them writes first is chance, and
    /// must not show in the documents.
    #[test]
    fn documents_do_not_depend_on_which_track_logged_first(
        mic in lane(Track::Mic),
        system in lane(Track::System),
        order in proptest::collection::vec(any::<bool>(), 0..80),
    ) {
        let one_by_one = fold(woven([&mic, &system], &[]), &|_| Vec::new()).expect("documents");
        let other_first = fold(woven([&system, &mic], &[]), &|_| Vec::new()).expect("documents");
        let mixed = fold(woven([&mic, &system], &order), &|_| Vec::new()).expect("documents");
        prop_assert_eq!(&other_first, &one_by_one);
        prop_assert_eq!(&mixed, &one_by_one);
        for coverage in &mixed.transcript.coverage {
            let without = mixed.transcript.untranscribed.iter().filter(|u| u.track == coverage.track);
            let without: u64 = without.map(|u| u.end_ms - u.start_ms).sum();
            prop_assert_eq!(coverage.covered_ms + without, coverage.voiced_ms);
        }
    }
}

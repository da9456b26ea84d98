//! `events.ndjson` as a crash, a damaged disk and a later version leave it.

use std::fs;

use proptest::prelude::*;
use verbatim::error::ErrorKind;
use verbatim::event::{Envelope, Event, Heartbeat};
use verbatim::store::journal::{self, Journal};

use super::{START, documents, events, folder, log, script};
use verbatim::store::folder::SessionFolder;

fn heartbeat() -> Event {
    Event::Heartbeat(Heartbeat { samples: vec![1] })
}

fn good(folder: &SessionFolder) -> Vec<Envelope> {
    journal::read(folder)
        .expect("a log")
        .filter_map(Result::ok)
        .collect()
}

/// Kinds and lines of what the reader complains about.
fn faults(folder: &SessionFolder) -> Vec<String> {
    let errors = journal::read(folder)
        .expect("a log")
        .filter_map(Result::err);
    errors
        .map(|error| {
            assert_eq!(error.kind(), ErrorKind::Session);
            let line = error.to_string();
            assert!(!line.contains('\n'), "{line}");
            line.split(" of ").next().expect("a first part").to_owned()
        })
        .collect()
}

/// What a recorder that is killed inside a write leaves behind, for every place of the cut.
#[test]
fn a_log_cut_anywhere_keeps_what_came_before_and_goes_on_without_holes() {
    let (_dir, folder) = folder();
    // Text outside ASCII, escapes, fractions, negative numbers: a cut meets all of them.
    let chosen = |e: &Envelope| {
        matches!(
            e.event,
            Event::SessionStarted(_) | Event::ConsentRecorded(_) | Event::TrackEnded(_)
        )
    };
    let mut events: Vec<Envelope> = script().into_iter().filter(chosen).collect();
    if let Event::ConsentRecorded(consent) = &mut events[1].event {
        consent.text = "Zoë said: \"ja\"\n\u{7}🎙".into();
    }
    let events = log(&folder, &events);
    let whole = fs::read(folder.events()).expect("the log");
    for cut in 0..=whole.len() {
        let kept = &whole[..cut];
        fs::write(folder.events(), kept).expect("a cut log");
        let ends = kept.iter().filter(|&&byte| byte == b'\n').count();
        // The last line's own line end is no part of what it says: an event is complete without it.
        let complete = ends + usize::from(whole.get(cut) == Some(&b'\n'));
        assert_eq!(good(&folder), events[..complete], "cut at {cut}");
        assert_eq!(faults(&folder), [""; 0], "cut at {cut}");

        let mut journal = Journal::reopen(&folder).expect("a log");
        let next = journal.append(heartbeat(), 1, START).expect("a log");
        assert_eq!(next.seq, complete as u64 + 1, "cut at {cut}");
        let mut wanted = events[..complete].to_vec();
        wanted.push(next);
        assert_eq!(good(&folder), wanted, "reopened after a cut at {cut}");
        // The torn line was ended, not taken away, and is no damage to speak of.
        assert!(
            fs::read(folder.events())
                .expect("the log")
                .starts_with(kept)
        );
        assert_eq!(faults(&folder), [""; 0], "reopened after a cut at {cut}");
    }
}

#[test]
fn a_damaged_line_is_reported_with_its_number_and_left_out_of_the_documents() {
    let (_dir, folder) = folder();
    let events = log(&folder, &script());
    let whole = fs::read_to_string(folder.events()).expect("the log");
    let expected = documents::without(&events, 4);
    let damages: [&[u8]; 6] = [
        b"",
        b"no JSON at all",
        b"{\"v\":1,\"seq\":5} and more",
        b"[1,2,3]",
        b"\xff\xfe\x00\x00",
        &[0; 300],
    ];
    for damage in damages {
        let mut lines: Vec<&[u8]> = whole.lines().map(str::as_bytes).collect();
        lines[4] = damage;
        let mut bytes = lines.join(&b'\n');
        bytes.push(b'\n');
        fs::write(folder.events(), bytes).expect("a damaged log");
        assert_eq!(faults(&folder), ["line 5"], "{damage:?}");
        assert_eq!(good(&folder).len(), events.len() - 1, "{damage:?}");
        let made = verbatim::store::documents::write(&folder).expect("documents");
        assert_eq!(made, expected, "{damage:?}");
    }
}

#[test]
fn a_line_without_an_end_in_sight_is_passed_over_and_not_kept_in_memory() {
    let (_dir, folder) = folder();
    let events = log(&folder, &script());
    let mut bytes = fs::read(folder.events()).expect("the log");
    let mut long = vec![b'x'; 9 << 20];
    long.push(b'\n');
    let first = bytes
        .iter()
        .position(|&byte| byte == b'\n')
        .expect("a line")
        + 1;
    bytes.splice(first..first, long);
    fs::write(folder.events(), bytes).expect("a log");
    assert_eq!(good(&folder), events);
    assert_eq!(faults(&folder), ["line 2"]);
}

#[test]
fn an_event_type_of_a_later_version_is_skipped_and_its_number_is_not_used_again() {
    let (_dir, folder) = folder();
    let events = log(&folder, &script()[..3]);
    let mut text = fs::read_to_string(folder.events()).expect("the log");
    let session = folder.id();
    text += &format!(
        "{{\"v\":1,\"seq\":4,\"session\":\"{session}\",\"t_ms\":1,\"at\":\"{START}\",\
         \"type\":\"marker.added\",\"data\":{{\"kind\":\"quote\"}}}}\n"
    );
    fs::write(folder.events(), &text).expect("a log");
    assert_eq!(good(&folder), events);
    assert_eq!(faults(&folder), [""; 0]);
    let mut journal = Journal::reopen(&folder).expect("a log");
    let next = journal.append(heartbeat(), 1, START).expect("a log");
    assert_eq!(next.seq, 5, "two events have one number");
}

#[test]
fn fields_of_a_later_version_are_ignored() {
    let (_dir, folder) = folder();
    let events = log(&folder, &script());
    let text = fs::read_to_string(folder.events()).expect("the log");
    let text = text.replace("\"t_ms\":", "\"mood\":[1],\"t_ms\":");
    let text = text.replace("\"data\":{", "\"data\":{\"colour\":\"red\",");
    fs::write(folder.events(), text).expect("a log");
    assert_eq!(good(&folder), events);
    assert_eq!(faults(&folder), [""; 0]);
}

/// A disk that cannot be read gives one error, not the same error for ever.
#[cfg(unix)]
#[test]
fn a_log_that_cannot_be_read_ends_with_its_error() {
    let (_dir, folder) = folder();
    fs::remove_file(folder.events()).expect("the log");
    fs::create_dir(folder.events()).expect("a folder that opens and cannot be read");
    let read: Vec<_> = journal::read(&folder)
        .expect("an open log")
        .take(9)
        .collect();
    assert_eq!(read.len(), 1);
    let error = read[0].as_ref().expect_err("no event");
    assert_eq!(error.kind(), ErrorKind::Disk);
    assert!(error.to_string().contains("events.ndjson"), "{error}");
    // Documents of half a log would take the place of whole ones.
    let error = verbatim::store::documents::write(&folder).expect_err("no documents");
    assert_eq!(error.kind(), ErrorKind::Disk);
}

#[test]
fn a_log_that_is_missing_is_an_error_that_names_it() {
    let (_dir, folder) = folder();
    fs::remove_file(folder.events()).expect("the log");
    for error in [
        journal::read(&folder).map(drop).expect_err("no log"),
        Journal::reopen(&folder).map(drop).expect_err("no log"),
    ] {
        assert!(error.to_string().contains("events.ndjson"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(
        list in proptest::collection::vec((events::event(), any::<u64>(), any::<String>()), 1..12),
        reopen_at in 0..12_usize,
    ) {
        let (_dir, folder) = folder();
        let mut journal = Journal::create(&folder).expect("a log");
        let mut written = Vec::new();
        for (n, (event, t_ms, at)) in list.into_iter().enumerate() {
            if n == reopen_at {
                journal = Journal::reopen(&folder).expect("a log");
            }
            written.push(journal.append(event, t_ms, &at).expect("a log"));
        }
        let numbers: Vec<u64> = written.iter().map(|e| e.seq).collect();
        prop_assert_eq!(numbers, (1..=written.len() as u64).collect::<Vec<_>>());
        let read: Vec<Envelope> =
            journal::read(&folder).expect("a log").collect::<Result<_, _>>().expect("events");
        prop_assert_eq!(read, written);
    }
}

/// The hint at a damaged line promises that the session can be finished without it.
#[cfg(feature = "session")]
#[test]
fn a_session_with_a_damaged_line_is_recovered() {
    use std::sync::Arc;
    use verbatim::audio::Track;
    use verbatim::batch::finish::{Recovery, recover};
    use verbatim::store::wav::WavArchive;
    use verbatim::voice::{Detector, DetectorMaker};

    struct Deaf;
    impl Detector for Deaf {
        fn frame_samples(&self) -> usize {
            320
        }
        fn speech(&mut self, _: &[i16]) -> f32 {
            0.0
        }
        fn name(&self) -> &'static str {
            "deaf"
        }
    }
    let (_dir, folder) = folder();
    log(&folder, &script()[..5]);
    let text = fs::read_to_string(folder.events()).expect("the log");
    let damaged = text.replacen("\"type\":\"consent.recorded\"", "\"type\":consent", 1);
    fs::write(folder.events(), damaged).expect("a damaged log");
    for track in [Track::Mic, Track::System] {
        let mut archive = WavArchive::create(&folder, track).expect("a file");
        archive.append(&[100; 4_800]).expect("a disk with room");
        archive.finish().expect("a disk with room");
    }
    let detector: DetectorMaker = Arc::new(|| Ok(Box::new(Deaf)));
    let recovered = recover(&folder, &detector, &mut Quiet).expect("a whole session");
    assert_eq!(recovered, Recovery::Recovered);
    assert_eq!(faults(&folder), ["line 2"]);
    let last = good(&folder).pop().expect("an event");
    assert!(matches!(last.event, Event::SessionRecovered(_)));
    let again = recover(&folder, &detector, &mut Quiet).expect("a whole session");
    assert_eq!(again, Recovery::NotNeeded);
}

#[cfg(feature = "session")]
struct Quiet;

#[cfg(feature = "session")]
impl verbatim::batch::Watch for Quiet {
    fn event(&mut self, _: &Envelope) {}

    fn progress(&mut self, _: verbatim::batch::Step, _: u64, _: u64) {}
}

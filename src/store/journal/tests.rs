//! The log as crashes, full disks and other versions leave it.

use std::fs;

use super::*;
use crate::document::transcript::Segment;
use crate::event::{Backlog, ConsentRecorded, SpeechEnd, TranscriptFinal};
use crate::store::testing::folder;

const AT: &str = "2026-11-22T14:05:33.120+01:00";

fn backlog(n: u64) -> Event {
    Event::Backlog(Backlog {
        utterances: 1,
        waiting_ms: n,
    })
}

fn consent(text: &str) -> Event {
    Event::ConsentRecorded(ConsentRecorded { text: text.into() })
}

fn all(folder: &SessionFolder) -> Vec<Envelope> {
    read(folder).unwrap().map(|event| event.unwrap()).collect()
}

/// A log of three events, one with text of several bytes a character, and its lines.
fn small_log(folder: &SessionFolder) -> (Vec<u8>, Vec<Envelope>) {
    let mut journal = Journal::create(folder).unwrap();
    for event in [
        backlog(1),
        consent("\"Ja\", sagt Żółw\u{1F422}\n"),
        backlog(3),
    ] {
        journal.append(event, 5, AT).unwrap();
    }
    (fs::read(folder.events()).unwrap(), all(folder))
}

#[test]
fn a_log_cut_at_any_byte_keeps_its_whole_lines_and_goes_on_without_a_hole() {
    let (_dir, folder) = folder();
    let (bytes, events) = small_log(&folder);
    for cut in 0..=bytes.len() {
        fs::write(folder.events(), &bytes[..cut]).unwrap();
        let whole = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count();
        // A line that lacks its end only is whole as well.
        let whole = whole + usize::from(cut < bytes.len() && bytes[cut] == b'\n');
        let held = all(&folder);
        assert_eq!(held, events[..whole], "cut at {cut}");

        let mut journal = Journal::reopen(&folder).unwrap();
        let next = journal.append(backlog(9), 6, AT).unwrap();
        assert_eq!(next.seq, whole as u64 + 1, "cut at {cut}");
        let mut again = read(&folder).unwrap();
        let seqs: Vec<u64> = again.by_ref().map(|event| event.unwrap().seq).collect();
        assert_eq!(seqs, (1..=next.seq).collect::<Vec<_>>(), "cut at {cut}");
        assert!(again.damaged().is_empty(), "cut at {cut}");
    }
}

#[test]
fn a_log_cut_twice_still_has_no_hole() {
    let (_dir, folder) = folder();
    small_log(&folder);
    for _ in 0..3 {
        let mut bytes = fs::read(folder.events()).unwrap();
        bytes.truncate(bytes.len() - 7);
        fs::write(folder.events(), &bytes).unwrap();
        Journal::reopen(&folder).unwrap();
    }
    let mut journal = Journal::reopen(&folder).unwrap();
    assert_eq!(journal.append(backlog(9), 6, AT).unwrap().seq, 3);
    assert_eq!(all(&folder).len(), 3);
}

#[test]
fn a_line_that_a_full_disk_tore_is_ended_before_the_next() {
    let (_dir, folder) = folder();
    let (bytes, events) = small_log(&folder);
    let mut journal = Journal::reopen(&folder).unwrap();
    // What a failed write leaves: the beginning of a line, and a journal that knows of it.
    fs::write(folder.events(), [&bytes[..], b"{\"v\":1,\"se"].concat()).unwrap();
    journal.torn = true;
    assert_eq!(journal.append(backlog(4), 6, AT).unwrap().seq, 4);
    let held = all(&folder);
    assert_eq!(held[..3], events);
    assert_eq!(held.len(), 4);
}

#[test]
fn damage_is_named_by_line_and_the_rest_is_read() {
    let (_dir, folder) = folder();
    let (bytes, events) = small_log(&folder);
    let text = String::from_utf8(bytes).unwrap();
    let mut lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    lines[1][20] ^= 0x80;
    lines.insert(0, b"\0\0\0\0\0\0".to_vec());
    lines.push(br#"{"v":1,"seq":5,"type":"backlog","data":{"utterances":"many"}}"#.to_vec());
    lines.push(vec![b'x'; LONGEST_LINE + 100_000]);
    lines.push(br#"[1,2]"#.to_vec());
    lines.push(b"garbage without an end".to_vec());
    fs::write(folder.events(), lines.join(&b'\n')).unwrap();
    let mut read = read(&folder).unwrap();
    let held: Vec<Envelope> = read.by_ref().map(|event| event.unwrap()).collect();
    assert_eq!(held, [events[0].clone(), events[2].clone()]);
    assert_eq!(read.damaged(), [1, 3, 5, 6, 7]);
}

#[test]
fn unknown_types_are_counted_and_unknown_fields_ignored() {
    let (_dir, folder) = folder();
    let later = br#"{"v":1,"seq":1,"session":"s","t_ms":0,"at":"x","type":"marker.added","data":{}}
{"v":1,"seq":2,"session":"s","t_ms":0,"at":"x","mood":"calm","type":"speech.end","data":{"track":"mic","start_ms":1,"end_ms":2,"loud":true}}
"#;
    fs::write(folder.events(), later).unwrap();
    let mut read = read(&folder).unwrap();
    let held: Vec<Event> = read.by_ref().map(|event| event.unwrap().event).collect();
    let speech = SpeechEnd {
        track: crate::audio::Track::Mic,
        start_ms: 1,
        end_ms: 2,
    };
    assert_eq!(held, [Event::SpeechEnd(speech)]);
    assert_eq!(read.later(), 1);
    assert!(read.damaged().is_empty());
}

#[test]
fn a_later_version_is_refused_rather_than_misread() {
    let (_dir, folder) = folder();
    fs::write(folder.events(), br#"{"v":2,"seq":1,"type":"speech.end"}"#).unwrap();
    let mut read = read(&folder).unwrap();
    let error = read.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Session);
    assert!(error.to_string().contains("later version"), "{error}");
    assert!(read.next().is_none());
    assert!(Journal::reopen(&folder).is_err());
}

#[test]
fn an_event_that_cannot_be_read_back_is_not_written() {
    let (_dir, folder) = folder();
    let mut journal = Journal::create(&folder).unwrap();
    let segment = Segment {
        id: "s0001".into(),
        track: crate::audio::Track::Mic,
        speaker: "sp1".into(),
        start_ms: 0,
        end_ms: 1,
        text: "a".into(),
        utterance: "u0001".into(),
        pass: "p1".into(),
        avg_logprob: f64::NAN,
        no_speech_prob: 0.0,
        words: Vec::new(),
    };
    let text = TranscriptFinal {
        utterance: "u0001".into(),
        track: crate::audio::Track::Mic,
        pass: "p1".into(),
        start_ms: 0,
        end_ms: 1,
        segments: vec![segment],
        untranscribed: Vec::new(),
    };
    let refused = journal.append(Event::TranscriptFinal(text), 0, AT);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Session);
    assert_eq!(journal.append(backlog(1), 0, AT).unwrap().seq, 1);
    let long = consent(&"x".repeat(LONGEST_LINE));
    assert!(journal.append(long, 0, AT).is_err());
    assert_eq!(all(&folder).len(), 1);
}

#[test]
fn every_type_of_the_contract_is_known() {
    let schema = crate::store::schema::schema("event").unwrap();
    let named: Vec<&str> = schema["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["properties"]["type"]["const"].as_str().unwrap())
        .collect();
    assert_eq!(named, EVENT_TYPES);
}

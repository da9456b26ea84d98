//! Clients that are well-behaved, slow, or say what is no request, whatever the system.

use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lines::CLIENTS;
use super::system::listen_in;
use super::system::tests::{FILE, connect, recorder};
use super::*;

/// Id of a session.
pub(super) const ID: &str = "019aabcd-0000-7000-8000-0123456789ab";

/// Id of another one.
pub(super) const OTHER: &str = "019aabcd-0000-7000-8000-ffffffffffff";

/// A session that is seven milliseconds old, tells so, and refuses everything else.
pub(super) fn answer() -> Arc<Answer> {
    Arc::new(|ask| Reply {
        v: VERSION,
        ok: ask == Ask::Query(Query::Status),
        session: ID.into(),
        folder: String::new(),
        t_ms: 7,
        marker: None,
        status: None,
        markers: None,
        error: None,
    })
}

pub(super) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_recorder_answers_while_it_listens_and_leaves_nothing_behind() {
    let dir = folder();
    let listening = listen_in(dir.path(), ID, answer()).unwrap();
    assert!(dir.path().join(FILE).exists());
    let recorder = recorder(dir.path());
    assert_eq!(recorder.ask(&Ask::Query(Query::Status)).unwrap().t_ms, 7);
    assert!(recorder.ask(&Ask::Query(Query::Markers)).is_err());
    drop(listening);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert_eq!(
        recorder.ask(&Ask::Query(Query::Status)).unwrap_err().kind(),
        ErrorKind::Session
    );
}

#[test]
fn what_is_not_a_request_is_told_so_and_the_line_is_closed() {
    let dir = folder();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    for wrong in ["{}\n", "nonsense\n", "{\"op\":\"explode\"}\n", "\u{0}\n"] {
        let mut stream = connect(&recorder(dir.path())).unwrap();
        stream.write_all(wrong.as_bytes()).unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        let reply: Reply = serde_json::from_str(&told).unwrap();
        assert!(
            !reply.ok && reply.accepted().unwrap_err().kind() == ErrorKind::Usage,
            "{told}"
        );
    }
}

#[test]
fn slow_clients_keep_nobody_waiting() {
    let dir = folder();
    let listening = listen_in(dir.path(), ID, answer()).unwrap();
    let recorder = recorder(dir.path());
    let mut slow = Vec::new();
    while slow.len() < CLIENTS - 2 {
        // A pipe has an instance more only once the last client was taken in.
        match connect(&recorder) {
            Ok(stream) => slow.push(stream),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    for stream in &mut slow {
        stream.write_all(b"{\"op\":").unwrap();
    }
    let begun = Instant::now();
    assert_eq!(recorder.ask(&Ask::Query(Query::Status)).unwrap().t_ms, 7);
    // Stopping does not wait for them either.
    drop(listening);
    assert!(begun.elapsed() < lines::PATIENCE, "{:?}", begun.elapsed());
}

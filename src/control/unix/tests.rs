//! Clients that are well-behaved, slow, loud, or gone.

use std::io::{Read, Write};
use std::time::Instant;

use super::super::{Query, VERSION};
use super::*;

const ID: &str = "019aabcd-0000-7000-8000-0123456789ab";

fn answer() -> Arc<Answer> {
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

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn recorder(dir: &Path) -> Recorder {
    Recorder {
        path: dir.join("0123456789ab.sock"),
    }
}

#[test]
fn a_socket_is_its_owners_alone_and_goes_away() {
    let dir = folder();
    let listening = listen_in(dir.path(), ID, answer()).unwrap();
    let recorder = recorder(dir.path());
    let mode = fs::metadata(&recorder.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
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
fn the_socket_of_a_dead_recorder_is_taken_away_and_a_live_one_stays() {
    let dir = folder();
    drop(UnixListener::bind(dir.path().join("dead.sock")).unwrap());
    let other = "019aabcd-0000-7000-8000-ffffffffffff";
    let _live = listen_in(dir.path(), other, answer()).unwrap();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    let names = sockets(dir.path());
    assert_eq!(
        names,
        [
            dir.path().join("0123456789ab.sock"),
            dir.path().join("ffffffffffff.sock")
        ]
    );
}

#[test]
fn what_is_not_a_request_is_told_so_and_the_line_is_closed() {
    let dir = folder();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    for wrong in ["{}\n", "nonsense\n", "{\"op\":\"explode\"}\n", "\u{0}\n"] {
        let mut stream = UnixStream::connect(recorder(dir.path()).path).unwrap();
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
fn slow_and_loud_clients_keep_nobody_waiting() {
    let dir = folder();
    let listening = listen_in(dir.path(), ID, answer()).unwrap();
    let recorder = recorder(dir.path());
    let connect = || UnixStream::connect(&recorder.path).unwrap();
    let mut slow: Vec<UnixStream> = (0..CLIENTS - 2).map(|_| connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"{\"op\":").unwrap();
    }
    // More than a line may hold, without an end: the recorder hangs up.
    let mut loud = connect();
    let block = [b'x'; 4_096];
    let hung_up = (0..100).any(|_| loud.write_all(&block).is_err());
    let mut rest = Vec::new();
    assert!(hung_up || matches!(loud.read_to_end(&mut rest), Ok(0) | Err(_)));
    let begun = Instant::now();
    assert_eq!(recorder.ask(&Ask::Query(Query::Status)).unwrap().t_ms, 7);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    // Stopping does not wait for them either.
    drop(listening);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_folder_that_others_may_enter_is_no_place_for_a_socket() {
    let dir = folder();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(place::is_ours(dir.path()).unwrap());
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path(), &link).unwrap();
    assert!(!place::is_ours(&link).unwrap());
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(!place::is_ours(dir.path()).unwrap());
}

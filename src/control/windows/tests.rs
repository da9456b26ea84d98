//! Clients that are well-behaved, slow, loud, or gone.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

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

fn recorder(dir: &Path) -> Recorder {
    let [path] = &files(dir)[..] else {
        panic!("one recorder")
    };
    Recorder {
        pipe: told(path).unwrap(),
    }
}

fn open(recorder: &Recorder) -> io::Result<fs::File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(&recorder.pipe)
}

#[test]
fn a_pipe_has_a_name_that_nobody_can_foresee_and_goes_away() {
    let dir = tempfile::tempdir().unwrap();
    let listening = listen_in(dir.path(), ID, answer()).unwrap();
    assert_eq!(files(dir.path()), [dir.path().join("0123456789ab.pipe")]);
    let recorder = recorder(dir.path());
    assert!(!recorder.pipe.contains("0123456789ab"));
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
fn the_file_of_a_dead_recorder_is_taken_away_and_a_live_one_stays() {
    let dir = tempfile::tempdir().unwrap();
    let dead = format!("{PREFIX}{}", Uuid::now_v7().simple());
    fs::write(dir.path().join("dead.pipe"), dead).unwrap();
    fs::write(dir.path().join("other.pipe"), r"\\.\pipe\of-somebody").unwrap();
    let other = "019aabcd-0000-7000-8000-ffffffffffff";
    let _live = listen_in(dir.path(), other, answer()).unwrap();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    let names = ["0123456789ab.pipe", "ffffffffffff.pipe"];
    assert_eq!(files(dir.path()), names.map(|name| dir.path().join(name)));
}

#[test]
fn what_is_not_a_request_is_told_so_and_the_line_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    for wrong in ["{}\n", "nonsense\n", "{\"op\":\"explode\"}\n", "\u{0}\n"] {
        let mut stream = open(&recorder(dir.path())).unwrap();
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
    let dir = tempfile::tempdir().unwrap();
    let listening = listen_in(dir.path(), ID, answer()).unwrap();
    let recorder = recorder(dir.path());
    let mut slow: Vec<fs::File> = Vec::new();
    while slow.len() < CLIENTS - 2 {
        // A pipe has an instance more only once the last client was taken in.
        match open(&recorder) {
            Ok(stream) => slow.push(stream),
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    for stream in &mut slow {
        stream.write_all(b"{\"op\":").unwrap();
    }
    let begun = Instant::now();
    assert_eq!(recorder.ask(&Ask::Query(Query::Status)).unwrap().t_ms, 7);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    // Stopping does not wait for them either.
    drop(listening);
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn clients_that_are_gone_at_once_leave_the_door_open() {
    let dir = tempfile::tempdir().unwrap();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    for _ in 0..200 {
        drop(open(&recorder(dir.path())));
    }
    let begun = Instant::now();
    let answered = || recorder(dir.path()).ask(&Ask::Query(Query::Status));
    while answered().is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the door is shut"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

//! Pipes: their names, and clients that are gone at once.

use std::thread;
use std::time::{Duration, Instant};

use super::super::Query;
use super::super::tests::{ID, OTHER, answer, folder};
use super::*;

/// The file of the session [`ID`].
pub(in crate::control) const FILE: &str = "0123456789ab.pipe";

/// The recorder of that session.
pub(in crate::control) fn recorder(dir: &Path) -> Recorder {
    Recorder {
        pipe: told(&dir.join(FILE)).unwrap(),
    }
}

pub(in crate::control) fn connect(recorder: &Recorder) -> io::Result<fs::File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(&recorder.pipe)
}

#[test]
fn a_pipe_has_a_name_that_nobody_can_foresee() {
    let dir = folder();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    assert!(!recorder(dir.path()).pipe.contains("0123456789ab"));
}

#[test]
fn the_file_of_a_dead_recorder_is_taken_away_and_a_live_one_stays() {
    let dir = folder();
    let dead = format!("{PREFIX}{}", Uuid::now_v7().simple());
    fs::write(dir.path().join("dead.pipe"), dead).unwrap();
    fs::write(dir.path().join("other.pipe"), r"\\.\pipe\of-somebody").unwrap();
    let _live = listen_in(dir.path(), OTHER, answer()).unwrap();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    let names = [FILE, "ffffffffffff.pipe"];
    assert_eq!(
        open::files(dir.path(), SUFFIX),
        names.map(|name| dir.path().join(name))
    );
}

#[test]
fn clients_that_are_gone_at_once_leave_the_door_open() {
    let dir = folder();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    for _ in 0..200 {
        drop(connect(&recorder(dir.path())));
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

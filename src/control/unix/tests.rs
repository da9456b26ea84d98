//! Sockets: whose they are, and clients that are loud or long gone.

use std::io::{Read, Write};

use super::super::Query;
use super::super::tests::{ID, OTHER, answer, folder};
use super::*;

/// The file of the session [`ID`].
pub(in crate::control) const FILE: &str = "0123456789ab.sock";

/// The recorder of that session.
pub(in crate::control) fn recorder(dir: &Path) -> Recorder {
    Recorder {
        path: dir.join(FILE),
    }
}

pub(in crate::control) fn connect(recorder: &Recorder) -> io::Result<UnixStream> {
    UnixStream::connect(&recorder.path)
}

#[test]
fn a_socket_is_its_owners_alone() {
    let dir = folder();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn the_socket_of_a_dead_recorder_is_taken_away_and_a_live_one_stays() {
    let dir = folder();
    drop(UnixListener::bind(dir.path().join("dead.sock")).unwrap());
    let _live = listen_in(dir.path(), OTHER, answer()).unwrap();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    let names = [FILE, "ffffffffffff.sock"];
    assert_eq!(
        open::files(dir.path(), SUFFIX),
        names.map(|name| dir.path().join(name))
    );
}

#[test]
fn loud_clients_are_hung_up_on() {
    let dir = folder();
    let _listening = listen_in(dir.path(), ID, answer()).unwrap();
    let recorder = recorder(dir.path());
    // More than a line may hold, without an end.
    let mut loud = connect(&recorder).unwrap();
    let block = [b'x'; 4_096];
    let hung_up = (0..100).any(|_| loud.write_all(&block).is_err());
    let mut rest = Vec::new();
    assert!(hung_up || matches!(loud.read_to_end(&mut rest), Ok(0) | Err(_)));
    assert_eq!(recorder.ask(&Ask::Query(Query::Status)).unwrap().t_ms, 7);
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

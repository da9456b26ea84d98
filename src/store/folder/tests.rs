//! Names, numbers and locks of folders.

use super::*;

const START: &str = "2026-11-22T14:05:33.120+01:00";

#[test]
fn a_folder_is_named_by_local_time_and_title() {
    assert_eq!(
        folder_name(Some("Acme: Onboarding, part 2!"), START),
        "2026-11-22-1405-acme-onboarding-part-2"
    );
    assert_eq!(folder_name(None, START), "2026-11-22-1405");
    assert_eq!(folder_name(Some("../../etc"), START), "2026-11-22-1405-etc");
    assert_eq!(slug("Żółw 日本"), "żółw-日本");
}

#[test]
fn a_taken_name_gets_a_number() {
    let dir = tempfile::tempdir().unwrap();
    let first = SessionFolder::create(dir.path(), Some("a"), START).unwrap();
    let second = SessionFolder::create(dir.path(), Some("a"), START).unwrap();
    assert!(first.path().ends_with("2026-11-22-1405-a"));
    assert!(second.path().ends_with("2026-11-22-1405-a-2"));
    assert_ne!(first.id(), second.id());
}

#[test]
fn a_second_writer_is_kept_out_until_the_first_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let folder = SessionFolder::create(dir.path(), None, START).unwrap();
    let lock = folder.lock().unwrap();
    assert_eq!(folder.lock().unwrap_err().kind(), ErrorKind::Session);
    drop(lock);
    folder.lock().unwrap();
}

#[test]
fn a_folder_without_a_log_is_no_session() {
    let dir = tempfile::tempdir().unwrap();
    let error = SessionFolder::open(dir.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Session);
    assert!(list(dir.path()).unwrap().is_empty());
    assert!(list(&dir.path().join("none")).unwrap().is_empty());
}

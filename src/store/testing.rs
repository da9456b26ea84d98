//! A session folder to test with.

use super::folder::SessionFolder;

/// A fresh session in a folder that goes away with the first value.
pub(crate) fn folder() -> (tempfile::TempDir, SessionFolder) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = SessionFolder::create(dir.path(), Some("test"), "2026-11-22T14:05:33.120+01:00")
        .expect("a session folder");
    (dir, folder)
}

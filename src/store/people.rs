//! `people.json` beside the sessions: the key to pseudonyms, for its owner alone.

use std::path::{Path, PathBuf};

use super::folder::SessionFolder;
use super::{documents, files};
use crate::document::SCHEMA_VERSION;
use crate::document::people::{PeopleDocument, SCHEMA};
use crate::error::Result;

/// Where the key for a session lies: beside it, with the other sessions of its folder.
pub fn path(session: &SessionFolder) -> PathBuf {
    let beside = session.path().parent().unwrap_or(Path::new(""));
    beside.join("people.json")
}

/// The key; an empty one where there is none yet.
///
/// # Errors
///
/// As [`documents::read`] when it is there and damaged: pseudonyms that were given are not given again
/// to others.
pub fn read(session: &SessionFolder) -> Result<PeopleDocument> {
    let path = path(session);
    if path.exists() {
        return documents::read(&path);
    }
    Ok(PeopleDocument {
        schema: SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        people: Vec::new(),
        others: Vec::new(),
    })
}

/// Replaces the key, for its owner alone.
///
/// # Errors
///
/// As [`files::replace`].
pub fn write(session: &SessionFolder, people: &PeopleDocument) -> Result<()> {
    files::replace(&path(session), &documents::bytes(people)?)
}

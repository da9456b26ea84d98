//! Sessions that are not complete: what a crash left, and what waits for its text.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{self, Listed, SessionFolder};
use super::journal;
use crate::document::manifest::Status;
use crate::error::Result;
use crate::event::{Envelope, Event};

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A program writes to it right now.
    Running,
    /// Its recorder died; `finish` makes it whole.
    CutOff,
    /// Speech waits for its text.
    Waiting,
    /// Nothing was written before its recorder died; there is nothing to complete.
    Empty,
    /// Complete, or as complete as it can be.
    Done,
}

/// How a listed session stands.
///
/// # Errors
///
/// As [`Error::io`](crate::Error::io) when its files cannot be looked at.
pub fn standing(listed: &Listed) -> Result<Standing> {
    if is_running(&listed.path)? {
        return Ok(Standing::Running);
    }
    match &listed.manifest {
        Ok(manifest) => Ok(match manifest.status {
            Status::Recording => Standing::CutOff,
            Status::Stopped => Standing::Waiting,
            Status::Complete | Status::Recovered => Standing::Done,
        }),
        Err(_) => by_log(&listed.path),
    }
}

/// How a session stands whose recorder died before it wrote a manifest, or whose manifest is damaged.
fn by_log(session: &Path) -> Result<Standing> {
    let log = session.join("events.ndjson");
    let length = fs::metadata(&log).map_err(|e| crate::Error::io("look at", &log, e))?;
    if length.len() == 0 {
        return Ok(Standing::Empty);
    }
    // What cannot be opened cannot be completed either, such as a session of a later version.
    let Ok(folder) = SessionFolder::open(session) else {
        return Ok(Standing::Done);
    };
    let over = |envelope: &Envelope| {
        matches!(
            envelope.event,
            Event::SessionStopped(_) | Event::SessionRecovered(_)
        )
    };
    Ok(match journal::read_undamaged(&folder)?.iter().any(over) {
        true => Standing::Done,
        false => Standing::CutOff,
    })
}

/// The sessions in `dir` that `finish` can complete, oldest first.
///
/// # Errors
///
/// As [`folder::list`] and [`standing`].
pub fn unfinished(dir: &Path) -> Result<Vec<(PathBuf, Standing)>> {
    let mut found = Vec::new();
    for listed in folder::list(dir)? {
        let standing = standing(&listed)?;
        if matches!(standing, Standing::CutOff | Standing::Waiting) {
            found.push((listed.path, standing));
        }
    }
    Ok(found)
}

/// Whether a program has the right to write to a session. Asking takes the right for an instant;
/// whoever wants it then waits that long.
fn is_running(session: &Path) -> Result<bool> {
    let path = session.join(".lock");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(crate::Error::io("open", &path, e)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(crate::Error::io("lock", &path, e)),
    }
}

//! Sessions that are not complete: what a crash left, and what waits for its text.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{self, Listed};
use crate::document::manifest::Status;
use crate::error::Result;

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
    let log = listed.path.join("events.ndjson");
    let length = fs::metadata(&log).map_err(|e| crate::Error::io("look at", &log, e))?;
    Ok(match &listed.manifest {
        Ok(manifest) => match manifest.status {
            Status::Recording => Standing::CutOff,
            Status::Stopped => Standing::Waiting,
            Status::Complete | Status::Recovered => Standing::Done,
        },
        Err(_) if length.len() == 0 => Standing::Empty,
        // The recorder died before it wrote a manifest, or the manifest is damaged.
        Err(_) => Standing::CutOff,
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

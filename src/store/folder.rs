//! A session's folder: its name, the names in it, and who may write to it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::fmt::strtime::BrokenDownTime;
use uuid::Uuid;

use super::{documents, files};
use crate::audio::Track;
use crate::document::manifest::Manifest;
use crate::error::{Error, ErrorKind, Result};

/// Longest part of a folder's name that comes from the title.
const SLUG_CHARS: usize = 40;

/// How often, and how far apart, a lock is tried that somebody may hold just to look.
const LOOKS: u32 = 10;
const LOOK: Duration = Duration::from_millis(10);

/// An existing session folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFolder {
    path: PathBuf,
    id: String,
}

/// The right to write to a session; it ends with this value or with the process.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

/// A session as [`list`] finds it.
#[derive(Debug)]
pub struct Listed {
    /// Its folder.
    pub path: PathBuf,
    /// Its manifest, or what is wrong with it.
    pub manifest: Result<Manifest>,
}

impl SessionFolder {
    /// Makes `<dir>/<YYYY-MM-DD-HHMM>-<slug>` with its `audio` folder and an empty event log.
    /// `started_at` is RFC 3339 local time. A name that is taken gets a number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] or [`ErrorKind::PermissionDenied`] when it cannot be written.
    pub fn create(dir: &Path, title: Option<&str>, started_at: &str) -> Result<SessionFolder> {
        files::create_folders(dir)?;
        let path = create_numbered(dir, &folder_name(title, started_at))?;
        let folder = SessionFolder {
            path,
            id: Uuid::now_v7().to_string(),
        };
        let made = files::create_folder(&folder.audio())
            .and_then(|()| files::create_file(&folder.events()).map(drop))
            .and_then(|()| files::sync_folder(&folder.path))
            .and_then(|()| files::sync_folder(dir));
        match made {
            Ok(()) => Ok(folder),
            Err(fault) => match folder.discard() {
                Ok(()) => Err(fault),
                Err(left) => Err(fault.hint(format!("and {left}"))),
            },
        }
    }

    /// Opens a session by its folder. The log decides what it is; a missing or damaged
    /// `session.json` is no fault.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when the folder holds no session, or one of a later version.
    pub fn open(path: &Path) -> Result<SessionFolder> {
        let not_one = |what: &str| {
            Error::new(ErrorKind::Session, format!("{} {what}", path.display())).hint(
                "a session is a folder with events.ndjson and audio; verbatim list shows yours",
            )
        };
        let mut folder = SessionFolder {
            path: path.to_path_buf(),
            id: String::new(),
        };
        match fs::metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(not_one("does not exist"));
            }
            Err(e) => return Err(Error::io("open", path, e)),
            Ok(_) if !folder.events().is_file() => return Err(not_one("is not a session")),
            Ok(_) => {}
        }
        documents::refuse_later(&folder.manifest())?;
        folder.id = match super::journal::read(&folder)?.next() {
            Some(first) => first?.session,
            None => return Err(not_one("has no event in its log that can be read")),
        };
        Ok(folder)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Session id (UUID version 7).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `events.ndjson`.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.ndjson")
    }

    /// `session.json`.
    pub fn manifest(&self) -> PathBuf {
        self.path.join("session.json")
    }

    /// `turns.json`.
    pub fn turns(&self) -> PathBuf {
        self.path.join("turns.json")
    }

    /// `transcript.json`.
    pub fn transcript(&self) -> PathBuf {
        self.path.join("transcript.json")
    }

    /// `stats.json`.
    pub fn stats(&self) -> PathBuf {
        self.path.join("stats.json")
    }

    /// `review.json`.
    pub fn review(&self) -> PathBuf {
        self.path.join("review.json")
    }

    /// `rules.toml`: rules of the session's own; a session that is reviewed by those of the program
    /// does not have it.
    pub fn rules(&self) -> PathBuf {
        self.path.join("rules.toml")
    }

    /// `markers.json`; a session without markers does not have it.
    pub fn markers(&self) -> PathBuf {
        self.path.join("markers.json")
    }

    /// `clips.json`; a session without clips does not have it.
    pub fn clips_list(&self) -> PathBuf {
        self.path.join("clips.json")
    }

    /// `corrections.json`; a session that was never corrected does not have it.
    pub fn corrections(&self) -> PathBuf {
        self.path.join("corrections.json")
    }

    /// `redactions.json`; a session that was never redacted does not have it.
    pub fn redactions(&self) -> PathBuf {
        self.path.join("redactions.json")
    }

    /// `clips`: clips and the JSON beside each.
    pub fn clips(&self) -> PathBuf {
        self.path.join("clips")
    }

    /// `exports`: what can be made again at any time.
    pub fn exports(&self) -> PathBuf {
        self.path.join("exports")
    }

    /// `audio`.
    pub fn audio(&self) -> PathBuf {
        self.path.join("audio")
    }

    /// Archive file of a track; parts count from 1.
    pub fn track(&self, track: Track, part: u32) -> PathBuf {
        self.path.join(track_file(track, part))
    }

    /// Archive files of a track that exist, in order: WAV, or FLAC where there is no WAV.
    pub fn track_parts(&self, track: Track) -> Vec<PathBuf> {
        (1..)
            .map_while(|part| {
                let wav = self.track(track, part);
                let flac = wav.with_extension("flac");
                [wav, flac].into_iter().find(|path| path.exists())
            })
            .collect()
    }

    /// Takes the sole right to write to this session. It is a lock on a file of its own, for some
    /// systems keep everybody else from reading a locked file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when another process writes to it.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.path.join(".lock");
        let file = files::open_lock(&path)?;
        // Whoever looks whether a session is written to holds its lock for an instant.
        for attempt in 1.. {
            match file.try_lock() {
                Ok(()) => break,
                Err(fs::TryLockError::WouldBlock) if attempt < LOOKS => {
                    std::thread::sleep(LOOK);
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(Error::new(
                        ErrorKind::Session,
                        format!("another verbatim writes to {}", self.path.display()),
                    )
                    .hint("wait until it has ended"));
                }
                Err(fs::TryLockError::Error(e)) => return Err(Error::io("lock", &path, e)),
            }
        }
        Ok(Lock(file))
    }

    /// Takes the folder away again. Only for a session that never held a captured sample.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn discard(&self) -> Result<()> {
        fs::remove_dir_all(&self.path).map_err(|e| Error::io("remove", &self.path, e))
    }
}

/// Archive file of a track relative to the session folder.
pub fn track_file(track: Track, part: u32) -> String {
    match part {
        0 | 1 => format!("audio/{track}.wav"),
        part => format!("audio/{track}.{part:03}.wav"),
    }
}

/// The sessions in `dir`, oldest first; damaged ones are listed with their fault. A folder that does
/// not exist holds none.
///
/// # Errors
///
/// As [`Error::io`] when `dir` exists and cannot be read.
pub fn list(dir: &Path) -> Result<Vec<Listed>> {
    let mut listed: Vec<Listed> = session_paths(dir)?
        .into_iter()
        .map(|path| {
            let manifest = documents::read(&path.join("session.json"));
            Listed { path, manifest }
        })
        .collect();
    listed.sort_by_cached_key(|listed| (id_of(listed), listed.path.clone()));
    Ok(listed)
}

/// The session folders in `dir`, sorted by name. A folder that does not exist holds none.
///
/// # Errors
///
/// As [`Error::io`] when `dir` exists and cannot be read.
pub fn session_paths(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("read the folder", dir, e)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|e| Error::io("read the folder", dir, e))?
            .path();
        if path.join("events.ndjson").is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// A session's id, which sorts by time: from its manifest, or from its log when that is damaged.
/// Without either there is none, which sorts first.
fn id_of(listed: &Listed) -> Option<String> {
    match &listed.manifest {
        Ok(manifest) => Some(manifest.id.clone()),
        Err(_) => SessionFolder::open(&listed.path)
            .ok()
            .map(|folder| folder.id),
    }
}

/// Makes `dir/name`, or `dir/name-2` and so on when that is taken.
fn create_numbered(dir: &Path, name: &str) -> Result<PathBuf> {
    let mut path = dir.join(name);
    let mut number = 1;
    loop {
        // Asking first would leave a moment in which another recorder takes the name.
        match files::create_folder(&path) {
            Err(_) if path.symlink_metadata().is_ok() => number += 1,
            made => return made.map(|()| path),
        }
        path = dir.join(format!("{name}-{number}"));
    }
}

/// Checks that sessions can be made in `dir`; returns the free space in bytes.
///
/// # Errors
///
/// [`ErrorKind::Disk`] or [`ErrorKind::PermissionDenied`] when they cannot.
pub fn check_writable(dir: &Path) -> Result<u64> {
    files::create_folders(dir)?;
    tempfile::tempfile_in(dir).map_err(|e| Error::io("write to", dir, e))?;
    free_bytes(dir)
}

/// Free space of the disk that holds `dir`, in bytes.
///
/// # Errors
///
/// As [`Error::io`].
#[cfg(unix)]
pub fn free_bytes(dir: &Path) -> Result<u64> {
    let stat = rustix::fs::statvfs(dir).map_err(|e| Error::io("look at", dir, e.into()))?;
    Ok(stat.f_bavail * stat.f_frsize)
}

/// Without a limit: the standard library does not tell free space here.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn free_bytes(_: &Path) -> Result<u64> {
    // The archive reports a full disk when it comes to that.
    Ok(u64::MAX)
}

fn folder_name(title: Option<&str>, started_at: &str) -> String {
    let stamp = BrokenDownTime::parse("%Y-%m-%dT%H:%M:%S%.f%:z", started_at)
        .ok()
        .and_then(|time| time.to_datetime().ok())
        .map_or_else(
            || "session".into(),
            |time| time.strftime("%Y-%m-%d-%H%M").to_string(),
        );
    match slug(title.unwrap_or_default()) {
        slug if slug.is_empty() => stamp,
        slug => format!("{stamp}-{slug}"),
    }
}

/// The title in small letters and digits of any script, joined by hyphens.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if slug.chars().count() >= SLUG_CHARS {
            break;
        }
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests;

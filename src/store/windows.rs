//! What a recogniser heard in each window, kept while a pass runs: a pass that is cut off goes on
//! where it stopped.
//!
//! `.windows.ndjson` in the session's folder begins with a line that names the pass. Each line after
//! it holds the SHA-256 of a window's sound, what was asked of it and what was heard in it, and is on
//! the disk itself before the next window begins. It is a working file: it goes when its pass is complete.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files;
use super::folder::SessionFolder;
use crate::document::transcript::Pass;
use crate::error::{Error, ErrorKind, Result};
use crate::text::RawSegment;
use crate::text::language::Chance;

/// Longest line that is read, in bytes: far above what half a minute of speech takes.
const LONGEST_LINE: u64 = 4 << 20;

/// The windows of a pass that have been heard.
#[derive(Debug)]
pub struct Windows {
    path: PathBuf,
    file: File,
    end: u64,
    /// Where the line of a sound lies, and how long it is.
    places: HashMap<String, (u64, usize)>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    pass: Pass,
}

#[derive(Serialize, Deserialize)]
struct Line {
    window: String,
    heard: Heard,
}

/// What was heard in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Its text.
    Text(Vec<RawSegment>),
    /// The languages that it may be in.
    Languages(Vec<Chance>),
}

/// What is asked of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// Its text in a language.
    Text(&'a str),
    /// The languages that it may be in.
    Languages,
}

/// What a line is found by.
fn key(sound: &[i16], about: About<'_>) -> String {
    match about {
        About::Text(language) => format!("{} {language}", sum(sound)),
        About::Languages => format!("{} languages", sum(sound)),
    }
}

fn path(folder: &SessionFolder) -> PathBuf {
    folder.path().join(".windows.ndjson")
}

/// The pass that a session's windows are kept for, if one was cut off.
///
/// # Errors
///
/// As [`Error::io`].
pub fn begun(folder: &SessionFolder) -> Result<Option<Pass>> {
    let path = path(folder);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io("open", &path, e)),
    };
    let mut line = Vec::new();
    BufReader::new(file)
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
        .map_err(|e| Error::io("read", &path, e))?;
    let head: Option<Head> = serde_json::from_slice(&line).ok();
    Ok(head.map(|head| head.pass))
}

impl Windows {
    /// The windows of `pass`: those that were heard before it was cut off, or none yet. Windows of
    /// another pass are given up. A torn last line, left by a crash, is taken away.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn open(folder: &SessionFolder, pass: &Pass) -> Result<Windows> {
        let path = path(folder);
        let same = begun(folder)?.as_ref() == Some(pass);
        let mut windows = Windows {
            file: files::open_lock(&path)?,
            path,
            end: 0,
            places: HashMap::new(),
        };
        if same {
            windows.read_places()?;
        }
        let end = windows.end;
        let cut = windows.file.set_len(end);
        cut.map_err(|e| windows.failed("cut", e))?;
        if end == 0 {
            windows.append(&Head { pass: pass.clone() })?;
            files::sync_folder(folder.path())?;
        }
        Ok(windows)
    }

    /// Notes where every whole line lies.
    fn read_places(&mut self) -> Result<()> {
        let file = File::open(&self.path).map_err(|e| self.failed("open", e))?;
        let mut reader = BufReader::new(file);
        loop {
            let mut line = Vec::new();
            let read = (&mut reader)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line)
                .map_err(|e| self.failed("read", e))?;
            if line.last() != Some(&b'\n') {
                return Ok(());
            }
            if self.end > 0 {
                let Ok(heard) = serde_json::from_slice::<Line>(&line) else {
                    return Ok(());
                };
                self.places.insert(heard.window, (self.end, read));
            }
            self.end += read as u64;
        }
    }

    /// Whether this was heard before in a window of this sound.
    pub fn knows(&self, sound: &[i16], about: About<'_>) -> bool {
        self.places.contains_key(&key(sound, about))
    }

    /// What was heard in a window of this sound, if it was heard before.
    ///
    /// # Errors
    ///
    /// As [`Error::io`]; [`ErrorKind::Session`] when the file was changed meanwhile.
    pub fn recall(&mut self, sound: &[i16], about: About<'_>) -> Result<Option<Heard>> {
        let Some(&(start, length)) = self.places.get(&key(sound, about)) else {
            return Ok(None);
        };
        let mut line = vec![0; length];
        let read = self
            .file
            .seek(SeekFrom::Start(start))
            .and_then(|_| self.file.read_exact(&mut line));
        read.map_err(|e| self.failed("read", e))?;
        let line: Line = serde_json::from_slice(&line).map_err(|e| {
            Error::new(
                ErrorKind::Session,
                format!("{} was changed while it was in use", self.path.display()),
            )
            .because(e)
            .hint("remove it and begin again; the session is not affected")
        })?;
        Ok(Some(line.heard))
    }

    /// Keeps what was heard in a window; it is on the disk itself when this returns.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn keep(&mut self, sound: &[i16], about: About<'_>, heard: Heard) -> Result<()> {
        self.append(&Line {
            window: key(sound, about),
            heard,
        })
    }

    fn append<T: Serialize>(&mut self, line: &T) -> Result<()> {
        let mut bytes = serde_json::to_vec(line).map_err(|e| {
            Error::new(ErrorKind::Session, "cannot write a window as JSON").because(e)
        })?;
        bytes.push(b'\n');
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&bytes))
            .and_then(|()| self.file.sync_data());
        written.map_err(|e| self.failed("write", e))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Takes the file away: its pass is complete.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn remove(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(|e| self.failed("remove", e))
    }

    fn failed(&self, action: &str, error: std::io::Error) -> Error {
        Error::io(action, &self.path, error)
    }
}

/// SHA-256 of samples in lower-case hex.
fn sum(sound: &[i16]) -> String {
    let mut hasher = Sha256::new();
    let mut bytes = Vec::with_capacity(8_192);
    for block in sound.chunks(4_096) {
        bytes.clear();
        bytes.extend(block.iter().flat_map(|sample| sample.to_le_bytes()));
        hasher.update(&bytes);
    }
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use crate::document::transcript::{PassMode, PassScope, TimingMethod};

    /// A pass of a model.
    pub(crate) fn pass(model: &str) -> Pass {
        Pass {
            id: "p1".into(),
            mode: PassMode::Batch,
            engine: "none".into(),
            model: model.into(),
            model_sha256: String::new(),
            language: "en".into(),
            settings: String::new(),
            timing_method: TimingMethod::Letters,
            scope: PassScope::Missing,
            languages: Vec::new(),
        }
    }

    /// An empty session.
    pub(crate) fn folder() -> (tempfile::TempDir, SessionFolder) {
        let dir = tempfile::tempdir().unwrap();
        let start = "2026-11-22T14:05:33.120+01:00";
        let folder = SessionFolder::create(dir.path(), None, start).unwrap();
        (dir, folder)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{folder, pass};
    use super::*;

    const EN: About<'static> = About::Text("en");

    fn nothing() -> Heard {
        Heard::Text(Vec::new())
    }

    #[test]
    fn windows_survive_a_torn_tail_and_no_other_pass_takes_them() {
        let (_dir, folder) = folder();
        assert_eq!(begun(&folder).unwrap(), None);
        let mut windows = Windows::open(&folder, &pass("a")).unwrap();
        windows.keep(&[1, 2], EN, nothing()).unwrap();
        windows.keep(&[3], EN, nothing()).unwrap();
        drop(windows);
        let place = path(&folder);
        let whole = fs::read(&place).unwrap();
        fs::write(&place, &whole[..whole.len() - 5]).unwrap();
        let mut windows = Windows::open(&folder, &pass("a")).unwrap();
        assert_eq!(windows.recall(&[1, 2], EN).unwrap(), Some(nothing()));
        assert_eq!(windows.recall(&[3], EN).unwrap(), None);
        let others = [About::Text("de"), About::Languages];
        assert!(others.iter().all(|&about| !windows.knows(&[1, 2], about)));
        windows.keep(&[3], EN, nothing()).unwrap();
        drop(windows);
        assert_eq!(fs::read(&place).unwrap(), whole);
        assert_eq!(begun(&folder).unwrap(), Some(pass("a")));
        let mut windows = Windows::open(&folder, &pass("b")).unwrap();
        assert_eq!(windows.recall(&[1, 2], EN).unwrap(), None);
        windows.remove().unwrap();
        assert_eq!(begun(&folder).unwrap(), None);
    }
}

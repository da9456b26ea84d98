//! The file that a fetch grows, and the lock that keeps fetches of one model apart.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind as IoErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::super::install::{Step, disk};
use crate::error::Result;

/// A lock over one model name in one folder, held between processes.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock, waiting for whoever holds it. The system frees it when a process dies.
    pub fn acquire(folder: &Path, name: &str, progress: &mut dyn FnMut(Step)) -> Result<Lock> {
        let path = folder.join(format!("{name}.lock"));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|cause| disk("open", &path, cause))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress(Step::Waiting);
                file.lock().map_err(|cause| disk("lock", &path, cause))?;
            }
            Err(TryLockError::Error(cause)) => return Err(disk("lock", &path, cause)),
        }
        Ok(Lock { file, path })
    }

    /// Gives the lock back once the model is whole. The lock's file goes too: whoever waits on it
    /// or makes another finds the whole model and has nothing left to write.
    pub fn release(self) -> Result<()> {
        remove_if_there(&self.path)?;
        self.file
            .unlock()
            .map_err(|cause| disk("unlock", &self.path, cause))
    }
}

/// The bytes that have arrived, in `NAME.part`, and the validator of the file that they belong to, in
/// `NAME.part.etag`.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    etag_path: PathBuf,
    file: File,
    len: u64,
    etag: Option<String>,
}

impl Part {
    /// Opens what an earlier fetch left, or begins.
    pub fn open(folder: &Path, name: &str) -> Result<Part> {
        let path = folder.join(format!("{name}.part"));
        let etag_path = folder.join(format!("{name}.part.etag"));
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|cause| disk("open", &path, cause))?;
        let len = file
            .seek(SeekFrom::End(0))
            .map_err(|cause| disk("open", &path, cause))?;
        // A validator that cannot be read only means that the server cannot be asked about it; the
        // check of the whole file decides in the end.
        let etag = fs::read_to_string(&etag_path)
            .ok()
            .map(|etag| etag.trim().to_owned())
            .filter(|etag| len > 0 && !etag.is_empty() && etag.chars().all(|c| !c.is_control()));
        Ok(Part {
            path,
            etag_path,
            file,
            len,
            etag,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that have arrived.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Validator of the file that the bytes belong to.
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Notes the validator of the file whose bytes follow.
    pub fn set_etag(&mut self, etag: Option<&str>) -> Result<()> {
        if self.etag.as_deref() == etag {
            return Ok(());
        }
        self.etag = etag.map(str::to_owned);
        match etag {
            Some(etag) => fs::write(&self.etag_path, format!("{etag}\n"))
                .map_err(|cause| disk("write", &self.etag_path, cause)),
            None => remove_if_there(&self.etag_path),
        }
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(|cause| disk("write", &self.path, cause))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Forgets what has arrived.
    pub fn clear(&mut self) -> Result<()> {
        self.set_etag(None)?;
        remove_if_there(&self.etag_path)?;
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .map_err(|cause| disk("write", &self.path, cause))?;
        self.len = 0;
        Ok(())
    }

    /// Makes what has arrived survive a power cut.
    pub fn sync(&self) -> Result<()> {
        self.file
            .sync_all()
            .map_err(|cause| disk("write", &self.path, cause))
    }

    /// Gives the file its final name, in place of whatever had it.
    pub fn publish(&mut self, target: &Path) -> Result<()> {
        fs::rename(&self.path, target).map_err(|cause| disk("rename to", target, cause))?;
        remove_if_there(&self.etag_path)
    }

    /// Deletes the file if nothing has arrived.
    pub fn remove_if_empty(&mut self) -> Result<()> {
        if self.len == 0 { self.remove() } else { Ok(()) }
    }

    /// Deletes what has arrived.
    pub fn remove(&mut self) -> Result<()> {
        self.clear()?;
        remove_if_there(&self.path)
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != IoErrorKind::NotFound => Err(disk("delete", path, cause)),
        _ => Ok(()),
    }
}

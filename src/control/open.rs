//! A recorder's ear while it is open: a thread that listens, and the file by which clients find it.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::lines;
use super::system::{Open, wake};
use crate::error::{Error, ErrorKind, Result};

/// A recorder's open ear. It closes, and its file goes away, with this value.
#[derive(Debug)]
pub struct Listening {
    path: PathBuf,
    open: Option<Open>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Listens on a thread until `open` is dropped. `path` is the file that tells of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Engine`] when no thread can be started.
    pub(super) fn start(
        path: PathBuf,
        open: Open,
        listen: impl FnOnce() + Send + 'static,
    ) -> Result<Listening> {
        let thread = thread::Builder::new()
            .name("control".into())
            .spawn(listen)
            .map_err(|e| Error::new(ErrorKind::Engine, "cannot start a thread").because(e))?;
        Ok(Listening {
            path,
            open: Some(open),
            thread: Some(thread),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.open.take());
        if let Some(thread) = self.thread.take()
            && wake(&self.path)
        {
            // A listener that panicked has nothing left to close.
            thread.join().unwrap_or_default();
        }
        // A file that stays is stale, and the next recorder takes it away.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}

/// The file that tells of a session's recorder.
pub(super) fn file(dir: &Path, id: &str, suffix: &str) -> PathBuf {
    dir.join(format!("{}.{suffix}", lines::tail(id)))
}

/// The files in a folder that tell of recorders, in the order of their names.
pub(super) fn files(dir: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == suffix))
        .collect();
    found.sort();
    found
}

/// Takes away the files of recorders that died.
pub(super) fn clean(dir: &Path, suffix: &str, is_dead: impl Fn(&Path) -> bool) {
    for path in files(dir, suffix) {
        if is_dead(&path) {
            fs::remove_file(&path).unwrap_or_default();
        }
    }
}

//! Markers of a session that nobody records any more.

use std::time::{Duration, Instant};

use crate::clock::wall_clock;
use crate::document::marker::Marker;
use crate::error::{ErrorKind, Result};
use crate::event::{Event, MarkerAdded};
use crate::mark::board::{Board, Clock};
use crate::mark::kinds::Kinds;
use crate::mark::request::Request;
use crate::store::documents;
use crate::store::folder::{Lock, SessionFolder};
use crate::store::journal::{self, Journal};

/// How long to wait for another who writes to the session.
const PATIENCE: Duration = Duration::from_secs(3);

/// The sole right to change a session's markers, and what they are.
#[derive(Debug)]
pub struct Afterwards {
    folder: SessionFolder,
    journal: Journal,
    board: Board,
    clock: Clock,
    _lock: Lock,
}

impl Afterwards {
    /// Takes the right to write to the session. Markers that came from elsewhere, in a `markers.json`
    /// that the log knows nothing of, are taken into the log.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`](crate::ErrorKind::Session) when another process writes to it or its log
    /// is damaged from the start, otherwise as [`Error::io`](crate::Error::io).
    pub fn open(folder: &SessionFolder) -> Result<Afterwards> {
        let lock = lock(folder)?;
        let mut board = Board::default();
        for envelope in journal::read_undamaged(folder)? {
            board.take(&envelope.event);
        }
        let turns = documents::fold_folder(folder)?.turns;
        let mut afterwards = Afterwards {
            folder: folder.clone(),
            journal: Journal::reopen(folder)?,
            clock: Clock {
                now_ms: None,
                end_ms: Some(turns.duration_ms),
            },
            board,
            _lock: lock,
        };
        if !afterwards.board.is_used() {
            for marker in documents::read_markers(folder)? {
                afterwards.record(Event::MarkerAdded(MarkerAdded(marker)))?;
            }
        }
        Ok(afterwards)
    }

    /// Does what a request asks for; returns the marker that it is about. `markers.json` says so too
    /// when this returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when the request cannot be met,
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the session cannot be written.
    pub fn ask(&mut self, request: &Request, kinds: &Kinds) -> Result<Marker> {
        let mut markers = self.ask_all(std::slice::from_ref(request), kinds)?;
        Ok(markers.remove(0))
    }

    /// The same for several requests, of which all are done or, where one cannot be met, none.
    ///
    /// # Errors
    ///
    /// As [`Afterwards::ask`].
    pub fn ask_all(&mut self, requests: &[Request], kinds: &Kinds) -> Result<Vec<Marker>> {
        let mut board = self.board.clone();
        let mut planned = Vec::new();
        for request in requests {
            let (event, marker) = board.plan(request, kinds, self.clock)?;
            board.take(&event);
            planned.push((event, marker));
        }
        let mut markers = Vec::new();
        for (event, marker) in planned {
            self.record(event)?;
            markers.push(marker);
        }
        documents::write_marks(&self.folder, &documents::fold_folder(&self.folder)?)?;
        Ok(markers)
    }

    fn record(&mut self, event: Event) -> Result<()> {
        let t_ms = self.clock.end_ms.unwrap_or_default();
        let envelope = self.journal.append(event, t_ms, &wall_clock())?;
        self.board.take(&envelope.event);
        Ok(())
    }
}

/// Takes the session's lock, and waits a little for somebody who sets a marker just now.
pub(super) fn lock(folder: &SessionFolder) -> Result<Lock> {
    let begun = Instant::now();
    loop {
        match folder.lock() {
            Err(e) if e.kind() == ErrorKind::Session && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            lock => return lock,
        }
    }
}

/// The markers of a session, whoever writes to it: by its log, or by its `markers.json` where the log
/// knows of none.
///
/// # Errors
///
/// As [`documents::fold_folder`] and [`documents::read_markers`].
pub fn markers(folder: &SessionFolder) -> Result<Vec<Marker>> {
    match documents::fold_folder(folder)?.markers {
        Some(document) => Ok(document.markers),
        None => documents::read_markers(folder),
    }
}

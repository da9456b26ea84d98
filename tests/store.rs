//! The session folder: the log under every cut, documents, the archive while it is written, and
//! disks that are full or may not be written to.

#[path = "store/disk.rs"]
mod disk;
#[path = "store/documents.rs"]
mod documents;
#[path = "store/echo.rs"]
mod echo;
#[path = "store/events.rs"]
mod events;
#[path = "store/fuzz.rs"]
mod fuzz;
#[path = "store/journal.rs"]
mod journal;
#[path = "store/wav.rs"]
mod wav;

use std::path::Path;

use verbatim::event::Envelope;
use verbatim::store::folder::SessionFolder;
use verbatim::store::journal::Journal;

const START: &str = "2026-11-22T14:05:33.120+01:00";

/// A log that holds every event type, a line each.
const LOG: &str = include_str!("schema/every-event.ndjson");

/// A fresh session in a folder that goes away with the first value.
fn folder() -> (tempfile::TempDir, SessionFolder) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = session_in(dir.path());
    (dir, folder)
}

fn session_in(dir: &Path) -> SessionFolder {
    SessionFolder::create(dir, Some("test"), START).expect("a session folder")
}

/// The script's events.
fn script() -> Vec<Envelope> {
    let parse = |line| serde_json::from_str(line).expect("a line of the script");
    LOG.lines().map(parse).collect()
}

/// Writes events through a journal; returns them as they were written.
fn log(folder: &SessionFolder, events: &[Envelope]) -> Vec<Envelope> {
    let mut journal = Journal::create(folder).expect("a log");
    let append = |e: &Envelope| journal.append(e.event.clone(), e.t_ms, &e.at);
    events
        .iter()
        .map(append)
        .collect::<Result<_, _>>()
        .expect("a log that can be written")
}

/// Samples that tell where they stand.
fn ramp(from: u64, count: u64) -> Vec<i16> {
    (from..from + count).map(|n| (n % 30_011) as i16).collect()
}

//! `events.ndjson`: appended line by line, flushed line by line, never rewritten.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use super::folder::SessionFolder;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{EVENT_VERSION, Envelope, Event};

/// Longest line that is read, in bytes. The longest event is a half-minute's transcript, far below.
const LONGEST_LINE: u64 = 4 << 20;

/// Appends events to a session's log.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    session: String,
    seq: u64,
}

impl Journal {
    /// The log of a session that has just been created.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn create(folder: &SessionFolder) -> Result<Journal> {
        Journal::open(folder, 0)
    }

    /// The log of an existing session. A torn last line is ended, so that the next event begins on a
    /// line of its own.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn reopen(folder: &SessionFolder) -> Result<Journal> {
        let seq = read(folder)?
            .filter_map(|envelope| envelope.ok().map(|envelope| envelope.seq))
            .max()
            .unwrap_or(0);
        let mut journal = Journal::open(folder, seq)?;
        if journal.ends_torn()? {
            journal.write(b"\n")?;
        }
        Ok(journal)
    }

    fn open(folder: &SessionFolder, seq: u64) -> Result<Journal> {
        let path = folder.events();
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .map_err(|e| Error::io("open", &path, e))?;
        Ok(Journal {
            file,
            path,
            session: folder.id().to_owned(),
            seq,
        })
    }

    fn ends_torn(&mut self) -> Result<bool> {
        let mut last = [b'\n'];
        let length = self.file.seek(SeekFrom::End(0));
        length
            .and_then(|length| {
                if length > 0 {
                    self.file.seek(SeekFrom::End(-1))?;
                    self.file.read_exact(&mut last)?;
                }
                Ok(last != [b'\n'])
            })
            .map_err(|e| Error::io("read", &self.path, e))
    }

    /// Appends one event, written at session time `t_ms` and local time `at`; returns its line.
    /// Events about the session as a whole also reach the disk itself before this returns.
    ///
    /// # Errors
    ///
    /// As [`Error::io`]. The event's number is then used again, and the torn line is ended first.
    pub fn append(&mut self, event: Event, t_ms: u64, at: &str) -> Result<Envelope> {
        let envelope = Envelope {
            v: EVENT_VERSION,
            seq: self.seq + 1,
            session: self.session.clone(),
            t_ms,
            at: at.to_owned(),
            event,
        };
        let mut line = serde_json::to_vec(&envelope).map_err(|e| {
            Error::new(ErrorKind::Session, "cannot write an event as JSON").because(e)
        })?;
        line.push(b'\n');
        self.write(&line)?;
        self.seq += 1;
        if is_landmark(&envelope.event) {
            self.file
                .sync_data()
                .map_err(|e| Error::io("sync", &self.path, e))?;
        }
        Ok(envelope)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(|e| Error::io("write", &self.path, e))
    }
}

fn is_landmark(event: &Event) -> bool {
    matches!(
        event,
        Event::SessionStarted(_)
            | Event::SessionStopped(_)
            | Event::SessionRecovered(_)
            | Event::ConsentRecorded(_)
            | Event::TrackEnded(_)
    )
}

/// Reads a session's log from its start.
///
/// # Errors
///
/// As [`Error::io`] when the log cannot be opened.
pub fn read(folder: &SessionFolder) -> Result<Events> {
    let path = folder.events();
    let file = File::open(&path).map_err(|e| Error::io("open", &path, e))?;
    Ok(Events {
        reader: BufReader::new(file),
        path,
        line: 0,
    })
}

/// The events of a log in order.
///
/// An event of an unknown type, from a later version, is skipped, and so is a last line without an
/// end, torn by a crash. A line that is damaged otherwise is an error that names it; reading can go
/// on after it. A torn line that was ended on reopening counts as damaged only if it says nothing
/// that looks like an event's start.
#[derive(Debug)]
pub struct Events {
    reader: BufReader<File>,
    path: PathBuf,
    line: u64,
}

impl Iterator for Events {
    type Item = Result<Envelope>;

    fn next(&mut self) -> Option<Result<Envelope>> {
        loop {
            let mut bytes = Vec::new();
            let mut limited = (&mut self.reader).take(LONGEST_LINE);
            match limited.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(e) => return Some(Err(Error::io("read", &self.path, e))),
            }
            if bytes.last() != Some(&b'\n') {
                if bytes.len() as u64 == LONGEST_LINE {
                    if let Err(e) = self.skip_line() {
                        return Some(Err(Error::io("read", &self.path, e)));
                    }
                    return Some(Err(self.damaged("is too long")));
                }
                // A line without an end is the last one, torn when the writer died.
                return None;
            }
            match parse(&bytes) {
                Line::Event(envelope) => return Some(Ok(*envelope)),
                Line::Later | Line::Torn => {}
                Line::Damaged => return Some(Err(self.damaged("is damaged"))),
            }
        }
    }
}

impl Events {
    /// Reads past the rest of a line that is too long, a piece at a time.
    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            if let Some(at) = available.iter().position(|&byte| byte == b'\n') {
                self.reader.consume(at + 1);
                return Ok(());
            }
            let all = available.len();
            self.reader.consume(all);
        }
    }

    fn damaged(&self, how: &str) -> Error {
        Error::new(
            ErrorKind::Session,
            format!("line {} of {} {how}", self.line, self.path.display()),
        )
        .hint("the audio is not affected; verbatim finish and rebuild go on without that line")
    }
}

enum Line {
    Event(Box<Envelope>),
    /// An event of a type that this version does not know.
    Later,
    /// The beginning of an event, cut off by a crash and ended when the log was opened again.
    Torn,
    Damaged,
}

fn parse(bytes: &[u8]) -> Line {
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) {
        return Line::Event(Box::new(envelope));
    }
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value) if value["v"].is_u64() && value["seq"].is_u64() && value["type"].is_string() => {
            Line::Later
        }
        Ok(_) => Line::Damaged,
        Err(error) if error.is_eof() => Line::Torn,
        Err(_) => Line::Damaged,
    }
}

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
        let mut events = read(folder)?;
        events.by_ref().for_each(drop);
        let mut journal = Journal::open(folder, events.seq)?;
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
    /// Events about the session as a whole, what people did, and with each heartbeat everything before it
    /// also reach the disk itself before this returns: a power cut loses as much of the log as of the sound.
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
            | Event::SessionPaused(_)
            | Event::SessionResumed(_)
            | Event::SessionStopped(_)
            | Event::SessionRecovered(_)
            | Event::Heartbeat(_)
            | Event::ConsentRecorded(_)
            | Event::ConsentWithdrawn(_)
            | Event::TrackEnded(_)
            | Event::MarkerAdded(_)
            | Event::MarkerChanged(_)
            | Event::MarkerRemoved(_)
            | Event::ClipCreated(_)
            | Event::GuideLoaded(_)
            | Event::GuideTicked(_)
            | Event::GuideUnticked(_)
            | Event::ConsentOverridden(_)
            | Event::SpeakerChanged(_)
            | Event::TextCorrected(_)
            | Event::TextRestored(_)
            | Event::RedactionSet(_)
            | Event::ArchiveConverted(_)
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
        seq: 0,
        failed: false,
    })
}

/// Every event of a session's log that can be read; damaged lines are left out.
///
/// # Errors
///
/// As [`Error::io`] when the log cannot be opened or read to its end.
pub fn read_undamaged(folder: &SessionFolder) -> Result<Vec<Envelope>> {
    read(folder)?
        .filter(|event| !matches!(event, Err(e) if e.kind() == ErrorKind::Session))
        .collect()
}

/// The events of a log in order.
///
/// An event of an unknown type, from a later version, is skipped, and so is a last line without an
/// end, torn by a crash; if nothing but the line's end is missing, its event counts, as it will once
/// the log is reopened. A line that is damaged otherwise is an error that names it; reading can go
/// on after it. A torn line that was ended on reopening counts as damaged only if it says nothing
/// that looks like an event's start. A log that cannot be read ends with that error.
#[derive(Debug)]
pub struct Events {
    reader: BufReader<File>,
    path: PathBuf,
    line: u64,
    /// Highest number seen, also of events that are skipped.
    seq: u64,
    /// Reading failed, and would fail for ever.
    failed: bool,
}

impl Iterator for Events {
    type Item = Result<Envelope>;

    fn next(&mut self) -> Option<Result<Envelope>> {
        if self.failed {
            return None;
        }
        let next = self.next_event().transpose();
        next.map(|event| {
            event.map_err(|fault| match fault {
                Fault::Line(how) => self.damaged(how),
                Fault::Read(e) => {
                    self.failed = true;
                    Error::io("read", &self.path, e)
                }
            })
        })
    }
}

/// Why there is no event.
enum Fault {
    Line(&'static str),
    Read(std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::Read(error)
    }
}

impl Events {
    fn next_event(&mut self) -> Result<Option<Envelope>, Fault> {
        loop {
            let mut bytes = Vec::new();
            let mut limited = (&mut self.reader).take(LONGEST_LINE);
            if limited.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            let ended = bytes.pop_if(|last| *last == b'\n').is_some();
            if !ended && bytes.len() as u64 == LONGEST_LINE {
                self.skip_line()?;
                return Err(Fault::Line("is too long"));
            }
            match parse(&bytes) {
                Line::Event(envelope) => {
                    self.seq = self.seq.max(envelope.seq);
                    return Ok(Some(*envelope));
                }
                Line::Later { seq } => self.seq = self.seq.max(seq),
                Line::Torn => {}
                // A line without an end is the last one, torn when the writer died.
                Line::Damaged if !ended => return Ok(None),
                Line::Damaged => return Err(Fault::Line("is damaged")),
            }
        }
    }

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

    fn damaged(&self, how: &'static str) -> Error {
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
    Later {
        seq: u64,
    },
    /// The beginning of an event, cut off by a crash and ended when the log was opened again.
    Torn,
    Damaged,
}

/// Tells what a line is, given without its end: the end would be a control character inside of what
/// a torn line began to quote.
fn parse(bytes: &[u8]) -> Line {
    if let Ok(envelope) = serde_json::from_slice::<Envelope>(bytes) {
        return Line::Event(Box::new(envelope));
    }
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value) if value["v"].is_u64() && value["type"].is_string() => {
            match value["seq"].as_u64() {
                Some(seq) => Line::Later { seq },
                None => Line::Damaged,
            }
        }
        Ok(_) => Line::Damaged,
        Err(error) if error.is_eof() && !bytes.is_empty() => Line::Torn,
        Err(_) => Line::Damaged,
    }
}

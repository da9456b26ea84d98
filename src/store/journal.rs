//! `events.ndjson`: appended line by line, flushed line by line, never rewritten.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde::Deserialize;

use super::folder::SessionFolder;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{EVENT_TYPES, EVENT_VERSION, Envelope, Event};

/// Longest line in bytes, its end included. The longest event is the transcript of a portion of
/// minutes, far below.
const LONGEST_LINE: usize = 4 << 20;

/// Appends events to a session's log.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    session: String,
    seq: u64,
    /// Whether the last line in the file lacks its end.
    torn: bool,
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
    /// As [`read`] and [`Events`].
    pub fn reopen(folder: &SessionFolder) -> Result<Journal> {
        let mut seq = 0;
        for envelope in read(folder)? {
            seq = seq.max(envelope?.seq);
        }
        let mut journal = Journal::open(folder, seq)?;
        if journal.torn {
            journal.write(Vec::new())?;
        }
        Ok(journal)
    }

    fn open(folder: &SessionFolder, seq: u64) -> Result<Journal> {
        let path = folder.events();
        let opened = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| {
                let torn = ends_torn(&mut file)?;
                Ok((file, torn))
            });
        let (file, torn) = opened.map_err(|e| Error::io("open", &path, e))?;
        Ok(Journal {
            file,
            path,
            session: folder.id().to_owned(),
            seq,
            torn,
        })
    }

    /// Appends one event, written at session time `t_ms` and local time `at`; returns its line.
    /// Events about the session as a whole also reach the disk itself before this returns.
    ///
    /// # Errors
    ///
    /// As [`Error::io`]; [`ErrorKind::Session`] for an event that could not be read back. The
    /// event's number is then used again, and a line that was torn is ended before the next one.
    pub fn append(&mut self, event: Event, t_ms: u64, at: &str) -> Result<Envelope> {
        let envelope = Envelope {
            v: EVENT_VERSION,
            seq: self.seq + 1,
            session: self.session.clone(),
            t_ms,
            at: at.to_owned(),
            event,
        };
        self.write(line_of(&envelope)?)?;
        self.seq += 1;
        if is_landmark(&envelope.event) {
            self.file
                .sync_data()
                .map_err(|e| Error::io("sync", &self.path, e))?;
        }
        Ok(envelope)
    }

    /// Writes `line` in one piece, after the end that a torn line still lacks.
    fn write(&mut self, mut line: Vec<u8>) -> Result<()> {
        if self.torn {
            line.insert(0, b'\n');
        }
        self.torn = true;
        self.file
            .write_all(&line)
            .map_err(|e| Error::io("write", &self.path, e))?;
        self.torn = false;
        Ok(())
    }
}

/// The line of an event, with its end. It is read back once: JSON turns a number that is none into
/// `null`, and a log that nobody can read is worse than an error now.
fn line_of(envelope: &Envelope) -> Result<Vec<u8>> {
    let fault = |e: serde_json::Error| {
        let what = format!("event {} cannot be kept as JSON", envelope.seq);
        Error::new(ErrorKind::Session, what).because(e)
    };
    let mut line = serde_json::to_vec(envelope).map_err(fault)?;
    serde_json::from_slice::<Envelope>(&line).map_err(fault)?;
    line.push(b'\n');
    if line.len() > LONGEST_LINE {
        return Err(Error::new(
            ErrorKind::Session,
            format!("event {} is too long for the log", envelope.seq),
        ));
    }
    Ok(line)
}

fn ends_torn(file: &mut File) -> io::Result<bool> {
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok(last != [b'\n'])
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
        bytes: Vec::new(),
        line: 0,
        later: 0,
        damaged: Vec::new(),
        over: false,
    })
}

/// The events of a log in order, a line in memory at a time.
///
/// Skipped are: an event of a type that this version does not know ([`Events::later`] counts them);
/// a line that was cut off, whether it is the last one or was ended when the log was opened again;
/// and a line that is damaged otherwise ([`Events::damaged`] lists them).
///
/// An item is an error, and the last one, when the file cannot be read ([`Error::io`]) or a line
/// carries a later version of the contract ([`ErrorKind::Session`]).
#[derive(Debug)]
pub struct Events {
    reader: BufReader<File>,
    path: PathBuf,
    bytes: Vec<u8>,
    line: u64,
    later: u64,
    damaged: Vec<u64>,
    over: bool,
}

impl Iterator for Events {
    type Item = Result<Envelope>;

    fn next(&mut self) -> Option<Result<Envelope>> {
        while !self.over {
            let ended = match self.next_line() {
                Ok(Some(ended)) => ended,
                Ok(None) => break,
                Err(e) => return self.fail(Error::io("read", &self.path, e)),
            };
            match parse(&self.bytes) {
                Line::Event(envelope) => return Some(Ok(*envelope)),
                Line::LaterVersion => return self.fail(self.later_version()),
                Line::LaterType => self.later += 1,
                // What follows the last line's end is not written yet, or never will be.
                _ if ended == Ended::No => {}
                Line::Torn => {}
                Line::Damaged => self.damaged.push(self.line),
            }
        }
        self.over = true;
        None
    }
}

/// Whether a line has its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Yes,
    No,
}

impl Events {
    /// Events so far whose type this version does not know.
    pub fn later(&self) -> u64 {
        self.later
    }

    /// Numbers, from 1, of the lines so far that are damaged.
    pub fn damaged(&self) -> &[u64] {
        &self.damaged
    }

    /// Reads the next line without its end; `None` at the end of the file. A line that is too long
    /// keeps its beginning only, which makes it a damaged one.
    fn next_line(&mut self) -> io::Result<Option<Ended>> {
        self.bytes.clear();
        let mut ended = Ended::No;
        let mut any = false;
        while ended == Ended::No {
            let available = self.reader.fill_buf()?;
            if available.is_empty() {
                break;
            }
            any = true;
            let end = available.iter().position(|&byte| byte == b'\n');
            let piece = &available[..end.unwrap_or(available.len())];
            let room = LONGEST_LINE - self.bytes.len();
            self.bytes.extend(&piece[..piece.len().min(room)]);
            let consumed = piece.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            if end.is_some() {
                ended = Ended::Yes;
            }
        }
        self.line += u64::from(any);
        Ok(any.then_some(ended))
    }

    fn fail(&mut self, error: Error) -> Option<Result<Envelope>> {
        self.over = true;
        Some(Err(error))
    }

    fn later_version(&self) -> Error {
        Error::new(
            ErrorKind::Session,
            format!(
                "line {} of {} was written by a later version of verbatim",
                self.line,
                self.path.display()
            ),
        )
        .hint("use the version that wrote it, or a later one")
    }
}

enum Line {
    Event(Box<Envelope>),
    /// A line of a later version of the contract.
    LaterVersion,
    /// An event of a type that this version does not know.
    LaterType,
    /// The beginning of an event, or nothing.
    Torn,
    Damaged,
}

/// What every version's line has.
#[derive(Deserialize)]
struct Head {
    v: u32,
    #[serde(rename = "seq")]
    _seq: u64,
    r#type: String,
}

fn parse(bytes: &[u8]) -> Line {
    if bytes.len() >= LONGEST_LINE {
        return Line::Damaged;
    }
    match serde_json::from_slice::<Head>(bytes) {
        Ok(head) if head.v > EVENT_VERSION => Line::LaterVersion,
        Ok(head) if !EVENT_TYPES.contains(&head.r#type.as_str()) => Line::LaterType,
        Ok(_) => match serde_json::from_slice::<Envelope>(bytes) {
            Ok(envelope) => Line::Event(Box::new(envelope)),
            Err(_) => Line::Damaged,
        },
        // Text that was cut off ends too early; everything else is a fault inside it.
        Err(error) if error.is_eof() => Line::Torn,
        Err(_) => Line::Damaged,
    }
}

#[cfg(test)]
mod tests;

//! The protocol: a line of JSON for each request and one for each reply, with a bound on its length.

use std::io;
use std::time::Duration;

use super::{Answer, Ask, Reply};
use crate::error::{Error, ErrorKind, Result};

/// Longest line of a client, in bytes: a note of full length in the widest spelling of JSON.
pub(super) const LONGEST_LINE: usize = 64 << 10;

/// How long the other side may take for a line.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Clients that are served at a time; more are turned away at once.
pub(super) const CLIENTS: usize = 16;

/// How long a listener rests when it cannot take a client in, for want of handles.
pub(super) const REST: Duration = Duration::from_millis(100);

/// Bytes as they are read, taken out line by line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Takes in what was read.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next line without its end; `None` when more has to be read.
    ///
    /// # Errors
    ///
    /// When the line is longer than any request.
    pub(super) fn take(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(end) = self.held.iter().position(|&byte| byte == b'\n') {
            let rest = self.held.split_off(end + 1);
            let mut line = std::mem::replace(&mut self.held, rest);
            line.pop();
            return Ok(Some(line));
        }
        match self.held.len() > LONGEST_LINE {
            true => Err(io::Error::new(io::ErrorKind::InvalidData, "line too long")),
            false => Ok(None),
        }
    }

    /// What the end of the stream means: fine between two lines, and a broken line otherwise.
    pub(super) fn end(&self) -> io::Result<()> {
        match self.held.is_empty() {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// The reply to a line, with its end, and whether the client may go on: one that does not speak the
/// protocol is told so, once.
pub(super) fn reply_to(line: &[u8], answer: &Answer) -> io::Result<(Vec<u8>, bool)> {
    let asked = serde_json::from_slice::<Ask>(line);
    let understood = asked.is_ok();
    let reply = match asked {
        Ok(ask) => answer(ask),
        Err(e) => {
            Reply::refused(&Error::new(ErrorKind::Usage, "the request cannot be read").because(e))
        }
    };
    let mut bytes = serde_json::to_vec(&reply)?;
    bytes.push(b'\n');
    Ok((bytes, understood))
}

/// What a client writes.
pub(super) fn request(ask: &Ask) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    Ok(line)
}

/// What a client was answered; `line` is absent when the recorder hung up.
pub(super) fn reply(line: io::Result<Option<Vec<u8>>>) -> Result<Reply> {
    let line = line
        .and_then(|line| line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
        .map_err(silent)?;
    let reply: Reply = serde_json::from_slice(&line).map_err(|e| silent(e.into()))?;
    reply.accepted()
}

/// The recorder did not answer.
pub(super) fn silent(error: io::Error) -> Error {
    Error::new(ErrorKind::Session, "the recorder does not answer").because(error)
}

/// A short name that no other session has: the random end of its id.
pub(super) fn tail(id: &str) -> String {
    let letters: Vec<char> = id.chars().filter(char::is_ascii_alphanumeric).collect();
    letters[letters.len().saturating_sub(12)..].iter().collect()
}

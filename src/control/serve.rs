//! One client, line by line, with a bound on everything it may take.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::{Answer, Ask, Reply};
use crate::error::{Error, ErrorKind};

/// Longest line of a client, in bytes: a note of full length in the widest spelling of JSON.
pub(super) const LONGEST_LINE: usize = 64 << 10;

/// How long a client may take for a line.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A stream whose reads end in time.
pub(super) trait Timed: Read + Write {
    /// Lets the next read fail after `limit`, which is not zero.
    fn limit_read(&self, limit: Duration) -> io::Result<()>;
}

/// Answers a client until it goes away, takes too long, or says what is not JSON.
pub(super) fn serve(stream: &mut dyn Timed, answer: &Answer) -> io::Result<()> {
    let mut lines = Lines::default();
    while let Some(line) = lines.next(stream)? {
        let asked = serde_json::from_slice::<Ask>(&line);
        let understood = asked.is_ok();
        let reply = match asked {
            Ok(ask) => answer(ask),
            Err(e) => Reply::refused(
                &Error::new(ErrorKind::Usage, "the request cannot be read").because(e),
            ),
        };
        let mut bytes = serde_json::to_vec(&reply)?;
        bytes.push(b'\n');
        stream.write_all(&bytes)?;
        if !understood {
            break;
        }
    }
    Ok(())
}

/// Lines out of a stream, each within its length and its time.
#[derive(Default)]
pub(super) struct Lines {
    /// What was read beyond the last line.
    held: Vec<u8>,
}

impl Lines {
    /// The next line without its end; `None` when the stream ends between two lines.
    pub(super) fn next(&mut self, stream: &mut dyn Timed) -> io::Result<Option<Vec<u8>>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(end) = self.held.iter().position(|&byte| byte == b'\n') {
                let rest = self.held.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.held, rest);
                line.pop();
                return Ok(Some(line));
            }
            if self.held.len() > LONGEST_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            stream.limit_read(left)?;
            let mut block = [0; 4_096];
            match stream.read(&mut block) {
                Ok(0) if self.held.is_empty() => return Ok(None),
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.held.extend_from_slice(&block[..count]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

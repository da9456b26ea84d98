//! One client of a stream that blocks, line by line, with a bound on everything it may take.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use super::Answer;
use super::lines::{Lines, PATIENCE, reply_to};

/// A stream whose reads end in time.
pub(super) trait Timed: Read + Write {
    /// Lets the next read fail after `limit`, which is not zero.
    fn limit_read(&self, limit: Duration) -> io::Result<()>;
}

/// Answers a client until it goes away, takes too long, or says what is not JSON.
pub(super) fn serve(stream: &mut dyn Timed, answer: &Answer) -> io::Result<()> {
    let mut lines = Lines::default();
    while let Some(line) = next(stream, &mut lines)? {
        let (bytes, goes_on) = reply_to(&line, answer)?;
        stream.write_all(&bytes)?;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// The next line without its end; `None` when the stream ends between two lines.
pub(super) fn next(stream: &mut dyn Timed, lines: &mut Lines) -> io::Result<Option<Vec<u8>>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(line) = lines.take()? {
            return Ok(Some(line));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.limit_read(left)?;
        let mut block = [0; 4_096];
        match stream.read(&mut block) {
            Ok(0) => return lines.end().map(|()| None),
            Ok(count) => lines.push(&block[..count]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

//! Events for programs: one JSON object a line on standard output, and nothing else there.

use std::io::{self, Write};

use serde::Serialize;

/// Writes one event, or another thing worth a line, as a line and flushes it, so that a reader sees it while it is fresh.
///
/// # Errors
///
/// When standard output is closed or fails.
pub fn print<T: Serialize>(thing: &T) -> io::Result<()> {
    let mut line = serde_json::to_string(thing).map_err(io::Error::other)?;
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}

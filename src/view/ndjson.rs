//! Events for programs: one JSON object a line on standard output, and nothing else there.

use std::io::{self, Write};

use verbatim::event::Envelope;

/// Writes one event as a line and flushes it, so that a reader sees it while it is fresh.
///
/// # Errors
///
/// When standard output is closed or fails.
pub fn print(envelope: &Envelope) -> io::Result<()> {
    let mut line = serde_json::to_string(envelope).map_err(io::Error::other)?;
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()
}

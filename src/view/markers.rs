//! Markers as people and programs read them.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use verbatim::document::marker::Marker;
use verbatim::mark::kinds::Kinds;
use verbatim::mark::when::clock;
use verbatim::{Error, ErrorKind, Result};

use super::ink::Line;
use super::text::{plain, wrapped};
use super::tty;

/// A marker on one line: id, moment, kind, and what its author said.
pub fn line(marker: &Marker, kinds: &Kinds) -> String {
    let at = clock(marker.t_ms / 1_000 * 1_000);
    format!("{}  {at:>8}  {}", marker.id, about(marker, kinds))
}

/// What a marker is and what its author said, without when.
pub fn about(marker: &Marker, kinds: &Kinds) -> String {
    let emoji = kinds.get(&marker.kind).map_or("📌", |kind| &kind.emoji);
    let mut line = format!("{emoji} {}", marker.kind);
    if let Some(severity) = marker.severity {
        line.push_str(&format!(" {}", "!".repeat(usize::from(severity))));
    }
    if let Some(emotion) = &marker.emotion {
        line.push_str(&format!(" ({})", one_line(emotion)));
    }
    if let Some(note) = &marker.note {
        line.push_str(&format!("  {}", one_line(note)));
    }
    for tag in &marker.tags {
        line.push_str(&format!("  #{}", one_line(tag).replace(' ', "-")));
    }
    if let Some(author) = &marker.author {
        line.push_str(&format!("  by {}", one_line(author)));
    }
    line
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Cells by which a line that goes on below stands in.
const HANGING: usize = 4;

/// Prints something as JSON.
///
/// # Errors
///
/// As [`print_line`].
pub fn print_json<T: Serialize>(thing: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(thing)
        .map_err(|e| Error::new(ErrorKind::Session, "cannot write JSON").because(e))?;
    print_text(&text)
}

/// Prints a line, on a terminal broken between words where it is longer than the terminal is wide; a
/// reader that has seen enough is no failure.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when standard output fails.
pub fn print_line(text: &str) -> Result<()> {
    match tty::can_pin() {
        true => print_text(&wrapped(text, tty::size().0)),
        false => print_text(text),
    }
}

/// Prints lines as they are, but for what would move a terminal's cursor or turn its lines around.
///
/// # Errors
///
/// As [`print_line`].
pub fn print_text(text: &str) -> Result<()> {
    match io::stdout().is_terminal() {
        true => put(&text.split('\n').map(plain).collect::<Vec<_>>().join("\n")),
        false => put(text),
    }
}

fn put(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(e))
        }
        _ => Ok(()),
    }
}

/// Prints a line with what its pieces mean on a terminal, broken as by [`print_line`], and as plain text
/// elsewhere.
///
/// # Errors
///
/// As [`print_line`].
pub fn print_ink(line: &Line) -> Result<()> {
    if !io::stdout().is_terminal() {
        return print_text(&line.text());
    }
    let lines = match tty::can_pin() {
        true => {
            let text = line.text();
            let leading = text.len() - text.trim_start().len();
            line.fold(tty::size().0, leading + HANGING)
        }
        false => vec![line.clone()],
    };
    for line in lines {
        let mut bytes = Vec::new();
        line.write(&mut bytes, tty::is_coloured())
            .map_err(|e| Error::new(ErrorKind::Disk, "cannot write to the terminal").because(e))?;
        put(&String::from_utf8_lossy(&bytes))?;
    }
    Ok(())
}

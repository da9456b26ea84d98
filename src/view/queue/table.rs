//! What became of many recordings, a row each.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;
use verbatim::batch::queue::{Call, Ended};
use verbatim::event::FileState;

use super::{name, word};
use crate::view::text::clock;

/// Widest name of a file in the table.
const NAME_COLUMNS: usize = 36;

/// Writes what became of every call: a row each, and why what failed did.
///
/// # Errors
///
/// When `out` fails.
pub fn table(results: &[(Call, Ended)], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 6]> = results
        .iter()
        .map(|(call, ended)| row(call, ended))
        .collect();
    let head = ["file", "length", "x real time", "words", "state", "session"].map(String::from);
    let rows: Vec<[String; 6]> = [head].into_iter().chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].width())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    for row in &rows {
        let pad = |column: usize| " ".repeat(widths[column] - row[column].width());
        writeln!(
            out,
            "{}{}  {}{}  {}{}  {}{}  {}{}  {}",
            row[0],
            pad(0),
            pad(1),
            row[1],
            pad(2),
            row[2],
            pad(3),
            row[3],
            row[4],
            pad(4),
            row[5]
        )?;
    }
    for (call, ended) in results {
        if let Some(reason) = &ended.reason {
            writeln!(out, "{}: {reason}", name(call))?;
        }
    }
    Ok(())
}

fn row(call: &Call, ended: &Ended) -> [String; 6] {
    let worked = matches!(ended.state, FileState::Done | FileState::Incomplete);
    let speed = ended.audio_ms as f64 / ended.took_ms.max(1) as f64;
    let session = ended.session.as_ref();
    [
        shortened(&name(call)),
        clock(ended.audio_ms),
        if worked {
            format!("{speed:.1}")
        } else {
            "-".into()
        },
        if worked {
            ended.words.to_string()
        } else {
            "-".into()
        },
        word(ended.state).into(),
        session.map_or("-".into(), |path| path.display().to_string()),
    ]
}

/// A name that fits its column; what tells names apart is mostly at their ends.
fn shortened(name: &str) -> String {
    if name.width() <= NAME_COLUMNS {
        return name.to_owned();
    }
    let mut tail = String::new();
    for c in name.chars().rev() {
        let longer = format!("{c}{tail}");
        if longer.width() >= NAME_COLUMNS {
            break;
        }
        tail = longer;
    }
    format!("…{tail}")
}

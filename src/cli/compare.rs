//! `verbatim compare`: how far two transcripts agree.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use verbatim::document::transcript::TranscriptDocument;
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::text::compare::{Comparison, Counts, Difference, Passage, compare, passages};
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::text::{clock, speaker};

/// Differences that are listed unless all are asked for.
const LISTED: usize = 40;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim compare truth.txt last
  verbatim compare 2026-11-22-1405-acme-onboarding other-tool.srt
  verbatim compare --json truth.json last | jq .counts

Each side is a session, or a file: JSON of verbatim, whisper.cpp, WhisperX, OpenAI, AssemblyAI or
Deepgram, SRT, WebVTT, or plain text without names and times. Words are compared without case and
punctuation; a number in digits and the same in letters differ. The word error rate is replaced,
missing and added words for each word of REFERENCE. --json prints counts, error_rate and differences.")]
pub struct CompareArgs {
    /// What was said: a session or a file
    reference: PathBuf,

    /// What is held against it: a session or a file
    other: PathBuf,

    /// List every difference, not only the first 40
    #[arg(long)]
    all: bool,

    /// Print counts and differences as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'a str,
    schema_version: &'a str,
    /// Rounded to 4 places; `null` where the reference has no word.
    error_rate: Option<f64>,
    counts: Counts,
    differences: &'a [Difference],
}

/// Compares two transcripts.
///
/// # Errors
///
/// [`ErrorKind::Session`] for a session without a transcript, [`ErrorKind::Usage`] for a file that is
/// none, [`ErrorKind::Disk`] for one that cannot be read.
pub fn run(args: CompareArgs) -> Result<Outcome> {
    let read = |side: &Path| transcript(side, &args.sessions.dir);
    let found = compare(&read(&args.reference)?, &read(&args.other)?);
    let mut out = Vec::new();
    match args.json {
        true => json(&found, &mut out),
        false => table(&found, args.all, &mut out),
    }
    .and_then(|()| io::stdout().write_all(&out))
    .map_or_else(
        |e| match e.kind() {
            // A reader that has seen enough is no failure.
            io::ErrorKind::BrokenPipe => Ok(Outcome::Done),
            _ => Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(e)),
        },
        |()| Ok(Outcome::Done),
    )
}

/// The passages of a session or a file.
fn transcript(side: &Path, dir: &Path) -> Result<Vec<Passage>> {
    if !side.is_file() {
        let folder = SessionFolder::open(&session_folder(side, dir)?)?;
        let document: TranscriptDocument = documents::read(&folder.transcript())?;
        let passages = document.segments.into_iter().map(|segment| Passage {
            track: Some(segment.track),
            start_ms: Some(segment.start_ms),
            text: segment.text,
        });
        return Ok(passages.collect());
    }
    let bytes = fs::read(side).map_err(|e| Error::io("read", side, e))?;
    let not = |e: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Usage,
            format!("{} is no transcript: {e}", side.display()),
        )
        .hint("give a session, or a file of JSON, SRT, WebVTT or plain text")
    };
    let text = String::from_utf8(bytes).map_err(|_| not(&"it is not UTF-8"))?;
    passages(&text).map_err(|e| not(&e))
}

fn json(found: &Comparison, out: &mut Vec<u8>) -> io::Result<()> {
    let report = Report {
        schema: "verbatim.comparison",
        schema_version: verbatim::document::SCHEMA_VERSION,
        error_rate: found
            .counts
            .error_rate()
            .map(|rate| (rate * 1e4).round() / 1e4),
        counts: found.counts,
        differences: &found.differences,
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn table(found: &Comparison, all: bool, out: &mut Vec<u8>) -> io::Result<()> {
    let counts = &found.counts;
    let rate = match counts.error_rate() {
        Some(rate) => format!("{:.1} %", rate * 100.0),
        None => "none, since the reference has no words".into(),
    };
    writeln!(out, "Word error rate  {rate}")?;
    writeln!(
        out,
        "Words            {} in the reference: {} right, {} replaced, {} missing; {} added",
        counts.reference, counts.right, counts.replaced, counts.missing, counts.added
    )?;
    let shown = match all {
        true => found.differences.len(),
        false => found.differences.len().min(LISTED),
    };
    if shown > 0 {
        writeln!(out)?;
    }
    for place in &found.differences[..shown] {
        writeln!(out, "{}", line(place))?;
    }
    if shown < found.differences.len() {
        let more = found.differences.len() - shown;
        writeln!(out, "... and {more} more places; --all lists them")?;
    }
    Ok(())
}

/// A difference in a line, such as `[00:23] Participant: ... I open [four -> for]`.
fn line(place: &Difference) -> String {
    let mut line = String::new();
    if let Some(ms) = place.near_ms {
        line += &format!("[{}] ", clock(ms));
    }
    if let Some(track) = place.track {
        line += &format!("{}: ", speaker(track));
    }
    if !place.after.is_empty() {
        line += &format!("... {} ", place.after);
    }
    let change = match (place.reference.as_str(), place.other.as_str()) {
        (said, "") => format!("[missing: {said}]"),
        ("", heard) => format!("[added: {heard}]"),
        (said, heard) => format!("[{said} -> {heard}]"),
    };
    line + &change
}

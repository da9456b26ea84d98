//! `verbatim show`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use verbatim::document::manifest::{Manifest, Status};
use verbatim::document::review::ReviewDocument;
use verbatim::document::stats::StatsDocument;
use verbatim::document::transcript::{Segment, TranscriptDocument};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, kinds, session_folder};
use super::exit::Outcome;
use crate::view::figures::Figures;
use crate::view::summary::{self, Shape, Shown};
use crate::view::text::{Names, clock, plain, speaker, wrapped};
use crate::view::{review, tty};

/// Width of what is written where there is no terminal.
const COLUMNS: usize = 80;

/// Arguments of `show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim show last
  verbatim show 2026-11-22-1405-acme-onboarding --summary")]
pub struct ShowArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Leave the transcript out
    #[arg(long)]
    summary: bool,

    /// The text as it was when this pass was complete, such as p1 before `verbatim finish --model`
    #[arg(long, value_name = "PASS", conflicts_with = "summary")]
    pass: Option<String>,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Prints who talked how much, draws when, and prints the transcript.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the folder holds no session or a document is damaged.
pub fn run(args: ShowArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let mut out = Vec::new();
    print(&folder, Shape::Drawn, &mut out)?;
    let transcript = transcript(&folder, args.pass.as_deref())?;
    draw(&folder, &mut out)?;
    if !args.summary {
        text(&transcript, &mut out).map_err(terminal)?;
    }
    say(out)?;
    Ok(Outcome::Done)
}

/// Prints the summary of a session; returns its transcript.
///
/// # Errors
///
/// [`ErrorKind::Session`] when a document is missing or damaged.
pub fn tell(folder: &SessionFolder, shape: Shape) -> Result<TranscriptDocument> {
    let mut out = Vec::new();
    let transcript = print(folder, shape, &mut out)?;
    match shape {
        Shape::Drawn => say(out)?,
        Shape::Plain => io::stdout().write_all(&out).map_err(terminal)?,
    }
    Ok(transcript)
}

/// Prints text, on a terminal broken between words. Nobody needs to read it to the end.
fn say(text: Vec<u8>) -> Result<()> {
    let text = match tty::can_pin() {
        true => wrapped(&String::from_utf8_lossy(&text), tty::size().0).into_bytes(),
        false => text,
    };
    match io::stdout().write_all(&text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(terminal(error)),
        _ => Ok(()),
    }
}

/// A session's transcript with its corrections: as it stands, or as it was after a pass.
///
/// # Errors
///
/// [`ErrorKind::Session`] when a document is missing or damaged, [`ErrorKind::Usage`] when there is no
/// such pass.
pub fn transcript(folder: &SessionFolder, pass: Option<&str>) -> Result<TranscriptDocument> {
    match pass {
        Some(pass) => Ok(documents::fold_pass(folder, pass)?.shown_transcript()),
        None => documents::read_shown(folder.path()),
    }
}

/// Draws the figures, as wide as the terminal; without one, as plain text of 80 columns.
fn draw(folder: &SessionFolder, out: &mut Vec<u8>) -> Result<()> {
    let markers = documents::read_markers(folder)?;
    let names = Names::of(&documents::read_speakers(folder.path())?);
    let figures = Figures {
        turns: &documents::read(&folder.turns())?,
        stats: &documents::read(&folder.stats())?,
        markers: &markers,
        kinds: &kinds()?,
        names: &names,
    };
    let width = match tty::can_pin() {
        true => tty::size().0,
        false => COLUMNS,
    };
    writeln!(out).map_err(terminal)?;
    for line in figures.lines(width) {
        match tty::can_pin() {
            true => line.write(out, tty::is_coloured()),
            false => write!(out, "{}", line.text().trim_end()),
        }
        .and_then(|()| writeln!(out))
        .map_err(terminal)?;
    }
    if folder.review().exists() {
        let found: ReviewDocument = documents::read(&folder.review())?;
        writeln!(out).map_err(terminal)?;
        review::top(&found, &names, out).map_err(terminal)?;
    }
    Ok(())
}

fn print(folder: &SessionFolder, shape: Shape, out: &mut dyn Write) -> Result<TranscriptDocument> {
    let manifest: Manifest = documents::read(&folder.manifest())?;
    if manifest.status == Status::Recording {
        return Err(Error::new(
            ErrorKind::Session,
            format!(
                "{} is still being recorded, or its recorder died",
                folder.path().display()
            ),
        )
        .hint("when no recorder runs, verbatim finish completes it"));
    }
    let stats: StatsDocument = documents::read(&folder.stats())?;
    let transcript = documents::read_shown(folder.path())?;
    summary::write(
        &Shown {
            folder: folder.path(),
            manifest: &manifest,
            stats: &stats,
            transcript: &transcript,
        },
        shape,
        out,
    )
    .map_err(terminal)?;
    Ok(transcript)
}

fn text(transcript: &TranscriptDocument, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    for segment in &transcript.segments {
        writeln!(
            out,
            "[{}] {}: {}",
            clock(segment.start_ms),
            plain(&label(transcript, segment)),
            plain(&segment.text)
        )?;
    }
    Ok(())
}

fn label(transcript: &TranscriptDocument, segment: &Segment) -> String {
    let speakers = &transcript.speakers;
    let row = speakers.iter().find(|row| row.id == segment.speaker);
    row.map_or_else(|| speaker(segment.track), |row| row.label.clone())
}

fn terminal(error: io::Error) -> Error {
    Error::new(ErrorKind::Disk, "cannot write to standard output").because(error)
}

//! `verbatim finish` and `verbatim rebuild`.

use std::io;
use std::path::PathBuf;

use clap::Args;
use verbatim::Result;
use verbatim::batch::finish::{Recovery, recover};
use verbatim::batch::text::{transcribe_waiting, waiting};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::store::journal;
use verbatim::store::unfinished::unfinished;

use super::archive::{ArchiveArg, keep_as};
use super::args::{ModelArgs, SessionsDir, session_folder};
use super::exit::Outcome;
use super::turns::VadArg;
use super::{recogniser, show};
use crate::view::progress::Progress;

/// Arguments of `finish`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim finish last
  verbatim finish 2026-11-22-1405-acme-onboarding --model small.en
  verbatim finish --all        every session that a crash cut off or that waits for its text

Safe to run again: what is complete stays as it is. Sessions that are being recorded are left alone.")]
pub struct FinishArgs {
    /// Session: its folder, the folder's name, or `last`
    #[arg(required_unless_present = "all")]
    session: Option<PathBuf>,

    /// Complete every session that can be completed, oldest first
    #[arg(long, conflicts_with = "session")]
    all: bool,

    /// Print events as NDJSON on standard output, and nothing else there
    #[arg(long)]
    json: bool,

    /// Form to keep the sound in once everything is done; FLAC is compared sample by sample before
    /// the WAV goes
    #[arg(long, value_enum, value_name = "FORM")]
    archive: Option<ArchiveArg>,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Completes sessions.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the folder holds no session or a recorder still runs on it,
/// [`ErrorKind::Model`] when text is missing and the model is too, [`ErrorKind::Disk`] when the
/// session cannot be written.
pub fn run(args: FinishArgs) -> Result<Outcome> {
    match &args.session {
        Some(session) => {
            let folder = SessionFolder::open(&session_folder(session, &args.sessions.dir)?)?;
            one(&folder, &args)
        }
        None => all(&args),
    }
}

/// Completes one session after the other. One that cannot be completed keeps no other from it; the
/// first error is what all of it ends with.
fn all(args: &FinishArgs) -> Result<Outcome> {
    let unfinished = unfinished(&args.sessions.dir)?;
    if unfinished.is_empty() {
        eprintln!(
            "every session in {} is complete",
            args.sessions.dir.display()
        );
    }
    let (mut outcome, mut fault) = (Outcome::Done, None);
    for (path, _) in unfinished {
        match SessionFolder::open(&path).and_then(|folder| one(&folder, args)) {
            Ok(Outcome::Done) => {}
            Ok(other) => outcome = other,
            Err(error) => {
                eprintln!("verbatim: {}: {error}", path.display());
                fault.get_or_insert(error);
            }
        }
    }
    fault.map_or(Ok(outcome), Err)
}

fn one(folder: &SessionFolder, args: &FinishArgs) -> Result<Outcome> {
    let lock = folder.lock()?;
    let mut progress = Progress::new(args.json);
    let detector = VadArg::default().maker();
    if recover(folder, &detector, &mut progress)? == Recovery::Recovered {
        progress.note("the recorder had ended without closing the session; its audio is whole now");
    }
    for damage in damage(folder)? {
        progress.note(&damage);
    }
    let mut transcript = documents::fold_folder(folder)?.transcript;
    if !waiting(&transcript).is_empty() {
        let mut recogniser = match recogniser::load(&args.model) {
            Ok(recogniser) => recogniser,
            Err(error) => {
                // The audio that was made whole is worth its documents, with or without text.
                documents::write(folder)?;
                return Err(error);
            }
        };
        transcript = transcribe_waiting(folder, &mut recogniser, &mut progress)?;
    }
    documents::write(folder)?;
    progress.close();
    drop(lock);
    keep_as(folder, args.archive, &mut progress)?;
    if !args.json {
        show::print(folder, &mut io::stdout().lock())?;
    }
    let incomplete = !waiting(&transcript).is_empty();
    Ok(match incomplete {
        false => Outcome::Done,
        true => Outcome::Incomplete,
    })
}

/// What is damaged in a session's log, a line of text each.
fn damage(folder: &SessionFolder) -> Result<Vec<String>> {
    let damaged = journal::read(folder)?.filter_map(|event| event.err());
    Ok(damaged
        .map(|error| format!("{error}; it is left out, everything else is used"))
        .collect())
}

/// Arguments of `rebuild`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  verbatim rebuild last")]
pub struct RebuildArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Makes the documents again from the event log.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the folder holds no session or a recorder still runs on it.
pub fn rebuild(args: RebuildArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let _lock = folder.lock()?;
    documents::write(&folder)?;
    for damage in damage(&folder)? {
        eprintln!("verbatim: {damage}");
    }
    println!("{}", folder.path().display());
    Ok(Outcome::Done)
}

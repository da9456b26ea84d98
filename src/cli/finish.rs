//! `verbatim finish` and `verbatim rebuild`.

use std::io;
use std::path::PathBuf;

use clap::Args;
use verbatim::Result;
use verbatim::batch::finish::{Recovery, recover};
use verbatim::batch::text::{transcribe_waiting, waiting};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;

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

Safe to run again: what is complete stays as it is.")]
pub struct FinishArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Print events as NDJSON on standard output, and nothing else there
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Completes a session.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the folder holds no session or a recorder still runs on it,
/// [`ErrorKind::Model`] when text is missing and the model is too, [`ErrorKind::Disk`] when the
/// session cannot be written.
pub fn run(args: FinishArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let lock = folder.lock()?;
    let mut progress = Progress::new(args.json);
    let detector = VadArg::default().maker();
    if recover(&folder, &detector, &mut progress)? == Recovery::Recovered {
        progress.note("the recorder had ended without closing the session; its audio is whole now");
    }
    let mut transcript = documents::fold_folder(&folder)?.transcript;
    if !waiting(&transcript).is_empty() {
        let mut recogniser = recogniser::load(&args.model)?;
        transcript = transcribe_waiting(&folder, &mut recogniser, &mut progress)?;
    }
    documents::write(&folder)?;
    progress.close();
    drop(lock);
    if !args.json {
        show::print(&folder, &mut io::stdout().lock())?;
    }
    let incomplete = !waiting(&transcript).is_empty();
    Ok(match incomplete {
        false => Outcome::Done,
        true => Outcome::Incomplete,
    })
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
    println!("{}", folder.path().display());
    Ok(Outcome::Done)
}

//! `verbatim archive`, and the same at the end of other commands.

use std::path::PathBuf;

use clap::Args;
use verbatim::Result;
use verbatim::batch::archive::archive;
use verbatim::store::archive::Form;
use verbatim::store::folder::SessionFolder;

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::progress::Progress;

/// Form of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ArchiveArg {
    /// WAV: what is recorded
    Wav,
    /// FLAC: the same samples in about half the room
    Flac,
}

impl From<ArchiveArg> for Form {
    fn from(arg: ArchiveArg) -> Form {
        match arg {
            ArchiveArg::Wav => Form::Wav,
            ArchiveArg::Flac => Form::Flac,
        }
    }
}

/// Arguments of `archive`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim archive last --as flac
  verbatim archive 2026-11-22-1405-acme-onboarding --as wav

The other form is written first, read back and compared sample by sample; only then the first one is
removed. Everything else reads both.")]
pub struct ArchiveArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Form to keep the sound in
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: ArchiveArg,

    /// Print events as NDJSON on standard output, and nothing else there
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Converts a session's archive.
///
/// # Errors
///
/// [`ErrorKind::Session`](verbatim::ErrorKind::Session) when the recording is not over or somebody
/// writes to it, [`ErrorKind::Disk`](verbatim::ErrorKind::Disk) when there is no room.
pub fn run(args: ArchiveArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    keep_as(&folder, Some(args.form), &mut Progress::new(args.json))?;
    if !args.json {
        println!("{}", folder.path().display());
    }
    Ok(Outcome::Done)
}

/// Keeps the archive of a session in the form that was asked for, if one was.
///
/// # Errors
///
/// As [`run`].
pub fn keep_as(
    folder: &SessionFolder,
    form: Option<ArchiveArg>,
    progress: &mut Progress,
) -> Result<()> {
    let Some(form) = form else {
        return Ok(());
    };
    let _lock = folder.lock()?;
    archive(folder, form.into(), progress)?;
    progress.close();
    Ok(())
}

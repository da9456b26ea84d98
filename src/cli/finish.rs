//! `verbatim finish` and `verbatim rebuild`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use verbatim::Result;
use verbatim::batch::again::{is_by, transcribe_again};
use verbatim::batch::finish::{Recovery, recover};
use verbatim::batch::text::{transcribe_waiting, waiting};
use verbatim::document::transcript::TranscriptDocument;
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
use crate::view::summary::Shape;

/// Arguments of `finish`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim finish last
  verbatim finish 2026-11-22-1405-acme-onboarding --model small.en
  verbatim finish --all        every session that a crash cut off or that waits for its text
  verbatim finish last --model large-v3-turbo        a second pass over what a smaller model wrote

Safe to run again: what is complete stays as it is, unless --model names another model than the one
that wrote the text. Its text then takes the place of the older one where it listened, once all of it
is done; stopped before, it goes on with the same command, and until then nothing has changed. What
you corrected stays. verbatim show and export read the older text with --pass p1.

Sessions that are being recorded are left alone.")]
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

    /// Windows of speech to decode at the same time, which share the threads [default: what verbatim
    /// bench found fastest here, else one for each core as far as memory goes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sessions: SessionsDir,

    /// Where the model's name comes from.
    #[arg(skip)]
    pub(super) named: Named,
}

/// Where the name of the model comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Named {
    /// It is the usual one.
    #[default]
    Usual,
    /// It was typed: text that another model wrote is to be written anew.
    Typed,
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
    let transcript = text(folder, args, &mut progress)?;
    documents::write(folder)?;
    progress.close();
    drop(lock);
    keep_as(folder, args.archive, &mut progress)?;
    if !args.json {
        show::tell(folder, Shape::Drawn)?;
    }
    let incomplete = !waiting(&transcript).is_empty();
    Ok(match incomplete {
        false => Outcome::Done,
        true => Outcome::Incomplete,
    })
}

/// Writes the text that waits, and the text of a second pass where one was asked for. Returns the
/// transcript.
fn text(
    folder: &SessionFolder,
    args: &FinishArgs,
    progress: &mut Progress,
) -> Result<TranscriptDocument> {
    let mut transcript = documents::fold_folder(folder)?.transcript;
    let waits = !waiting(&transcript).is_empty();
    if !waits && args.named == Named::Usual {
        return Ok(transcript);
    }
    let mut recogniser = match recogniser::load_with(&args.model, args.workers) {
        Ok(recogniser) => recogniser,
        Err(error) => {
            // The audio that was made whole is worth its documents, with or without text.
            documents::write(folder)?;
            return Err(error);
        }
    };
    if waits {
        transcript = transcribe_waiting(folder, &mut recogniser, progress)?;
    }
    let again = args.named == Named::Typed && !is_by(&transcript, &recogniser.pass.model_sha256);
    if again {
        let models: BTreeSet<&str> = transcript.passes.iter().map(|p| p.model.as_str()).collect();
        let models = models.into_iter().collect::<Vec<_>>().join(", ");
        let what = "takes the place of its text once this is done";
        progress.note(&format!(
            "{models} wrote it; {} {what}",
            recogniser.pass.model
        ));
        transcript = transcribe_again(folder, &mut recogniser, progress)?;
    }
    Ok(transcript)
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

//! `verbatim transcribe`.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use verbatim::batch::import::{ImportOptions, import_session};
use verbatim::batch::intake::{self, Channels, SourcePlan};
use verbatim::batch::text::{transcribe_waiting, waiting};
use verbatim::document::transcript::PassMode;
use verbatim::{Error, Result};

use super::archive::{ArchiveArg, keep_as};
use super::args::{ModelArgs, SessionsDir};
use super::exit::Outcome;
use super::turns::{ChannelsArg, VadArg};
use super::{recogniser, show};
use crate::view::progress::Progress;

/// Mono files whose lengths differ by less than this are the tracks of one call, in milliseconds.
const SAME_LENGTH_MS: u64 = 1_000;

/// Arguments of `transcribe`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim transcribe call.wav                 stereo: left is the interviewer, right the other side
  verbatim transcribe mic.wav system.wav       one file for each side of the same call
  verbatim transcribe --each monday.wav tuesday.wav

Mono files of the same length given together are the tracks of one call; other files become a
session each. --together and --each decide it for you.")]
pub struct TranscribeArgs {
    /// Recordings (WAV or FLAC)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// All files are the tracks of one call
    #[arg(long, conflicts_with = "each", visible_alias = "session")]
    together: bool,

    /// Every file is a call of its own
    #[arg(long)]
    each: bool,

    /// What the channels of a file mean
    #[arg(long, value_enum, default_value_t = ChannelsArg::Split)]
    channels: ChannelsArg,

    /// Title of the session [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// Folder for the new sessions [default: --dir]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Print events as NDJSON on standard output, and nothing else there
    #[arg(long)]
    json: bool,

    /// Voice activity detector
    #[arg(long, value_enum, default_value_t)]
    vad: VadArg,

    /// Form to keep the sound in once everything is done; FLAC is compared sample by sample before
    /// the WAV goes
    #[arg(long, value_enum, value_name = "FORM")]
    archive: Option<ArchiveArg>,

    #[command(flatten)]
    model: ModelArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Transcribes recordings.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when a file cannot be read, [`ErrorKind::Model`] when the model is missing
/// or damaged, [`ErrorKind::Disk`] when a session cannot be written. With several calls the others
/// are done first.
pub fn run(args: TranscribeArgs) -> Result<Outcome> {
    let calls = calls(&args)?;
    let mut outcome = Outcome::Done;
    let mut fault = None;
    let several = calls.len() > 1;
    for plans in calls {
        match plans.and_then(|plans| call(&args, &plans)) {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Incomplete) => outcome = Outcome::Incomplete,
            Err(error) if several => {
                eprintln!("verbatim: {error}");
                fault = Some(error.kind());
            }
            Err(error) => return Err(error),
        }
    }
    match fault {
        None => Ok(outcome),
        Some(kind) => Err(Error::new(kind, "not every file could be transcribed")),
    }
}

/// The files of each call.
fn calls(args: &TranscribeArgs) -> Result<Vec<Result<Vec<SourcePlan>>>> {
    let channels = Channels::from(args.channels);
    let one_call = match (args.together, args.each, args.files.len()) {
        (true, _, _) | (_, _, 1) => true,
        (_, true, _) => false,
        _ => are_tracks(&args.files),
    };
    if one_call {
        let plans = intake::arrange(&args.files, channels)?;
        if args.files.len() > 1 && !args.json {
            let tracks: Vec<String> = plans
                .iter()
                .map(|plan| format!("{} is {}", plan.path.display(), plan.tracks[0].track))
                .collect();
            eprintln!(
                "one call: {} (--each transcribes them apart)",
                tracks.join(", ")
            );
        }
        return Ok(vec![Ok(plans)]);
    }
    Ok(args
        .files
        .iter()
        .map(|file| intake::arrange(std::slice::from_ref(file), channels))
        .collect())
}

/// Whether these files look like the tracks of one call: all mono, all of one length.
fn are_tracks(files: &[PathBuf]) -> bool {
    let lengths: Option<Vec<u64>> = files.iter().map(|file| mono_length_ms(file)).collect();
    lengths.is_some_and(|lengths| {
        let longest = lengths.iter().max().copied().unwrap_or(0);
        let shortest = lengths.iter().min().copied().unwrap_or(0);
        longest > 0 && longest - shortest < SAME_LENGTH_MS
    })
}

fn mono_length_ms(file: &Path) -> Option<u64> {
    let recording = verbatim::import::open(file).ok()?;
    let format = recording.format();
    let frames = recording.frames()?;
    (format.channels.get() == 1).then(|| frames * 1_000 / u64::from(format.rate.get()))
}

/// Transcribes one call.
fn call(args: &TranscribeArgs, plans: &[SourcePlan]) -> Result<Outcome> {
    // The model is looked for first: a long import is not wasted on a name that is misspelt.
    let recogniser = recogniser::plan(&args.model, PassMode::Batch)?;
    let mut progress = Progress::new(args.json);
    let detector = args.vad.maker();
    let options = ImportOptions {
        dir: args
            .out
            .clone()
            .unwrap_or_else(|| args.sessions.dir.clone()),
        title: args.title.clone().or_else(|| title(plans)),
        goal: None,
        program: super::PROGRAM.into(),
    };
    let imported = import_session(plans, &options, &detector, &mut progress)?;
    for note in &imported.notes {
        progress.note(note);
    }
    let transcript = (recogniser.maker)()
        .and_then(|recogniser| transcribe_waiting(&imported.folder, recogniser, &mut progress))
        .map_err(|error| keep(error, imported.folder.path()))?;
    progress.close();
    keep_as(&imported.folder, args.archive, &mut progress)?;
    if !args.json {
        show::print(&imported.folder, &mut io::stdout().lock())?;
    }
    Ok(match waiting(&transcript).is_empty() {
        true => Outcome::Done,
        false => Outcome::Incomplete,
    })
}

/// Tells that what was imported is not lost.
fn keep(error: Error, folder: &Path) -> Error {
    let kind = error.kind();
    Error::new(kind, format!("no text for {}", folder.display()))
        .because(error)
        .hint("its audio and turns are complete; verbatim finish writes the text")
}

fn title(plans: &[SourcePlan]) -> Option<String> {
    let stem = plans.first()?.path.file_stem()?;
    Some(stem.to_string_lossy().into_owned())
}

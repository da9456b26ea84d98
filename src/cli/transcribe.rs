//! `verbatim transcribe`.

mod interop;
mod preview;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use verbatim::batch::Permit;
use verbatim::batch::arrivals::Arrivals;
use verbatim::batch::gather::gather;
use verbatim::batch::import::{ImportOptions, Sources};
use verbatim::batch::intake::Layout;
use verbatim::batch::queue::{self, Call, Completed, Ended, QueueOptions};
use verbatim::document::transcript::PassMode;
use verbatim::event::FileState;
use verbatim::store::folder::SessionFolder;
use verbatim::text::Recogniser;
use verbatim::{Error, ErrorKind, Result};

use super::archive::ArchiveArg;
use super::args::{ModelArgs, SessionsDir, parse_length};
use super::exit::Outcome;
use super::turns::{ChannelsArg, VadArg};
use super::{recogniser, show, stop};
use crate::view::queue::{Board, Onlooker, table};
use crate::view::summary::Shape;

/// Mono files whose lengths differ by less than this are the tracks of one call, in milliseconds.
const SAME_LENGTH_MS: u64 = 1_000;

/// Arguments of `transcribe`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim transcribe call.wav                 stereo: left is the interviewer, right the other side
  verbatim transcribe mic.wav system.wav       one file for each side of the same call
  verbatim transcribe recordings/              every recording in a folder; again: only what is missing
  verbatim transcribe --streams 2,3 obs.mkv    the second and third stream of sound
  verbatim transcribe --watch inbox/           whatever arrives, until Ctrl-C
  verbatim transcribe --as srt call.m4a > call.srt

Mono files of the same length given together are the tracks of one call; other files become a
session each. --together and --each decide it for you.

Ctrl-C finishes what is being decoded and stops; so does a crash, less the windows it was in. The
same command then goes on where it stopped, and leaves alone what is done: the same sound, model and
settings.")]
pub struct TranscribeArgs {
    /// Recordings, and folders of them
    #[arg(required = true, value_name = "PATH")]
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

    /// Streams of sound to take of a file of several, counted from 1: interviewer, participant, others
    /// [default: all]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    streams: Vec<u16>,

    /// Title of the session [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// Folder for the new sessions [default: --dir]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Keep a copy of each recording in the session's folder, compared with what was read
    #[arg(long)]
    copy: bool,

    /// Print the text in this format on standard output, and keep no session unless --out is given
    #[arg(long = "as", value_name = "FORMAT", value_parser = interop::names(), conflicts_with_all = ["json", "watch", "dry_run"])]
    format: Option<String>,

    /// Recordings to work on at the same time: while one is decoded, the next ones are read
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,

    /// Transcribe recordings that arrive in these folders, until Ctrl-C
    #[arg(long)]
    watch: bool,

    /// With --watch: a file is finished when it has not changed for this long
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_length)]
    settle: Duration,

    /// Make another session of what is done already
    #[arg(long)]
    again: bool,

    /// How often to try again what failed for a reason that may pass
    #[arg(long, value_name = "N", default_value_t = 2)]
    retries: u32,

    /// Only tell what would be done
    #[arg(long, conflicts_with_all = ["json", "watch"])]
    dry_run: bool,

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

    /// Windows of speech to decode at the same time, which share the threads [default: what verbatim
    /// bench found fastest here, else one for each core as far as memory goes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,

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
    // The model is looked for first: a long import is not wasted on a name that is misspelt.
    let _found = recogniser::plan(&args.model, PassMode::Batch)?;
    if args.watch {
        return watch(&args);
    }
    let calls = calls(&args)?;
    if args.dry_run {
        return preview::run(&args, &calls);
    }
    if let Some(format) = &args.format {
        return interop::run(&args, calls, format);
    }
    let single = calls.len() == 1;
    let onlooker = match (args.json, single) {
        (true, _) => Onlooker::Program,
        (false, true) => Onlooker::Reader,
        (false, false) => Onlooker::Waiting,
    };
    let lengths = calls.iter().map(length_ms).collect();
    let board = Board::new(onlooker, lengths);
    let options = options(&args);
    let results = work(
        calls.into_iter(),
        &args,
        &options,
        (&board, &stop::permit(board.announcer())?),
    )?;
    match (args.json, single) {
        (true, _) => {}
        (false, true) => shown(&results, &board)?,
        (false, false) => print_table(&results)?,
    }
    outcome(results)
}

/// Works off calls.
fn work(
    calls: impl Iterator<Item = Call> + Send,
    args: &TranscribeArgs,
    options: &QueueOptions,
    (board, permit): (&Board, &Permit),
) -> Result<Vec<(Call, Ended)>> {
    let results = queue::run(
        calls,
        options,
        &mut || load(args),
        (
            &|index, call, report| board.tell(index, call, report),
            permit,
        ),
    );
    board.close();
    results
}

fn options(args: &TranscribeArgs) -> QueueOptions {
    QueueOptions {
        import: ImportOptions {
            dir: args
                .out
                .clone()
                .unwrap_or_else(|| args.sessions.dir.clone()),
            title: args.title.clone(),
            goal: None,
            program: super::PROGRAM.into(),
            sources: match args.copy {
                true => Sources::Copied,
                false => Sources::Referenced,
            },
        },
        layout: Layout {
            channels: args.channels.into(),
            streams: args.streams.iter().map(|stream| stream - 1).collect(),
        },
        detector: args.vad.maker(),
        jobs: usize::from(args.jobs),
        retries: args.retries,
        completed: match args.again {
            true => Completed::Again,
            false => Completed::Skip,
        },
        archive: args.archive.map(Into::into),
    }
}

/// The files of each call.
fn calls(args: &TranscribeArgs) -> Result<Vec<Call>> {
    let files = gather(&args.files)?;
    let found = args.files.iter().any(|path| path.is_dir());
    let one_call = match (args.together, args.each || found, files.len()) {
        (true, _, _) | (_, _, 1) => true,
        (_, true, _) => false,
        _ => are_tracks(&files),
    };
    if !one_call {
        let each = files.into_iter().map(|file| Call { files: vec![file] });
        return Ok(each.collect());
    }
    if files.len() > 1 && !args.json {
        let names: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        eprintln!(
            "one call of several tracks: {} (--each transcribes them apart)",
            names.join(", ")
        );
    }
    Ok(vec![Call { files }])
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

/// Length of a call by its files' headers, in milliseconds; 0 where they do not tell.
fn length_ms(call: &Call) -> u64 {
    let length = |file: &PathBuf| {
        let recording = verbatim::import::open(file).ok()?;
        let rate = u64::from(recording.format().rate.get());
        recording.frames().map(|frames| frames * 1_000 / rate)
    };
    call.files.iter().filter_map(length).max().unwrap_or(0)
}

/// Transcribes what arrives in folders.
fn watch(args: &TranscribeArgs) -> Result<Outcome> {
    if let Some(other) = args.files.iter().find(|path| !path.is_dir()) {
        let what = format!("{} is no folder", other.display());
        return Err(Error::new(ErrorKind::Usage, what).hint("--watch takes folders"));
    }
    let onlooker = match args.json {
        true => Onlooker::Program,
        false => Onlooker::Waiting,
    };
    let board = Board::new(onlooker, Vec::new());
    let permit = stop::permit(board.announcer())?;
    let arrivals = Arrivals::of(args.files.clone(), args.settle, permit.clone());
    let folders: Vec<String> = args
        .files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    board.say(&format!("watching {}; Ctrl-C stops", folders.join(", ")));
    let mut results = work(arrivals, args, &options(args), (&board, &permit))?;
    // A file that was taken away is nobody's fault.
    results.retain(|(call, ended)| {
        ended.state != FileState::Failed || call.files.iter().all(|file| file.exists())
    });
    if !args.json {
        print_table(&results)?;
    }
    outcome(results)
}

/// Shows the session of a single call.
fn shown(results: &[(Call, Ended)], board: &Board) -> Result<()> {
    let Some((_, ended)) = results.first() else {
        return Ok(());
    };
    let Some(session) = &ended.session else {
        return Ok(());
    };
    match ended.state {
        FileState::Failed | FileState::Stopped => return Ok(()),
        FileState::Skipped => board.say("done before; --again makes another session"),
        FileState::Done | FileState::Incomplete => {}
    }
    show::tell(&SessionFolder::open(session)?, Shape::Drawn).map(drop)
}

fn print_table(results: &[(Call, Ended)]) -> Result<()> {
    let mut text = Vec::new();
    let written = table(results, &mut text);
    written.map_err(|e| Error::new(ErrorKind::Disk, "cannot write the table").because(e))?;
    super::export::print(&text)
}

/// How the command ends: what stopped or failed decides.
fn outcome(results: Vec<(Call, Ended)>) -> Result<Outcome> {
    let several = results.len() > 1;
    let has = |state| results.iter().any(|(_, ended)| ended.state == state);
    let (failed, stopped) = (has(FileState::Failed), has(FileState::Stopped));
    if failed && several {
        return Err(
            Error::new(ErrorKind::BadAudio, "not every file could be transcribed")
                .hint("the same command tries those again"),
        );
    }
    if !failed && !stopped {
        let lost = results.iter().any(|(_, ended)| ended.lost_ms > 0);
        return Ok(match lost || has(FileState::Incomplete) {
            false => Outcome::Done,
            true => Outcome::Incomplete,
        });
    }
    let worst = match failed {
        true => FileState::Failed,
        false => FileState::Stopped,
    };
    let reason = results.into_iter().find(|(_, ended)| ended.state == worst);
    match reason.and_then(|(_, ended)| ended.reason) {
        Some(reason) => Err(reason),
        None => Ok(Outcome::Incomplete),
    }
}

/// The recogniser of these arguments, ready.
fn load(args: &TranscribeArgs) -> Result<Recogniser> {
    recogniser::load_with(&args.model, args.workers)
}

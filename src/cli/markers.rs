//! `verbatim markers`: the markers of a session, listed, changed, removed and imported.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use verbatim::batch::mark::{self, Afterwards};
use verbatim::control::{Ask, Query};
use verbatim::document::SCHEMA_VERSION;
use verbatim::document::manifest::Manifest;
use verbatim::document::marker::{Marker, MarkersDocument, SCHEMA};
use verbatim::mark::import::{self, Format, FrameRate, Imported};
use verbatim::mark::request::{Change, Request, Which};
use verbatim::mark::when;
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, kinds, session_folder};
use super::exit::Outcome;
use super::mark::{About, Marked, recorder_of};
use crate::view::markers::{line, print_json, print_line};

/// Arguments of `markers`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim markers last
  verbatim markers last list --kind pain --kind quote --json
  verbatim markers last edit m0003 --note \"copies by hand\" --at 12:01
  verbatim markers last remove m0003
  verbatim markers last import labels.txt --kind idea")]
pub struct MarkersArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    list: ListArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List markers
    List(ListArgs),
    /// Change a marker
    Edit(EditArgs),
    /// Take markers back
    Remove(RemoveArgs),
    /// Take in the markers of another program
    Import(ImportArgs),
}

/// Which markers to list.
#[derive(Debug, Clone, Args)]
struct ListArgs {
    /// Only of this kind; may be given more than once
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,

    /// Only by this author
    #[arg(long, value_name = "NAME")]
    author: Option<String>,

    /// Only with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,

    /// Only from this time on
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    from: Option<u64>,

    /// Only before this time
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    to: Option<u64>,

    /// Print them as markers.json
    #[arg(long)]
    json: bool,
}

/// What to change of a marker.
#[derive(Debug, Args)]
struct EditArgs {
    /// Id of the marker, such as m0003
    id: String,

    /// Its kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,

    /// Its moment; the stretch moves along
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    at: Option<u64>,

    /// Where its stretch begins
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    start: Option<u64>,

    /// Where its stretch ends
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    end: Option<u64>,

    /// Its note; an empty one takes the note away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    about: About,
}

/// Which markers to take back.
#[derive(Debug, Args)]
struct RemoveArgs {
    /// Ids of the markers
    #[arg(required = true)]
    ids: Vec<String>,
}

/// What to take in.
#[derive(Debug, Args)]
struct ImportArgs {
    /// Audacity labels, a marker table of Premiere, Resolve or OBS (Local Stream Marker), a marker EDL,
    /// or FFmpeg chapters
    file: PathBuf,

    /// What the file is [default: its content decides]
    #[arg(long, value_enum)]
    format: Option<FormatArg>,

    /// Kind of those whose label names none
    #[arg(long, value_name = "KIND", default_value = "quote")]
    kind: String,

    /// Who set them
    #[arg(long, value_name = "NAME", env = "VERBATIM_AUTHOR")]
    author: Option<String>,

    /// Frames a second of timecodes
    #[arg(long, value_name = "N", default_value = "25")]
    fps: FrameRate,

    /// The file's time at which the session begins; Resolve's timelines begin at 1:00:00
    #[arg(long, value_name = "TIME", value_parser = when::time, default_value = "0")]
    start: u64,
}

/// What a file of markers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FormatArg {
    /// Audacity label track
    Audacity,
    /// Table with a header, as Premiere, Resolve and the OBS script Local Stream Marker write it
    Table,
    /// Markers in an EDL, as Resolve writes it
    Edl,
    /// FFmpeg metadata with chapters
    Ffmetadata,
}

impl From<FormatArg> for Format {
    fn from(arg: FormatArg) -> Format {
        match arg {
            FormatArg::Audacity => Format::Audacity,
            FormatArg::Table => Format::Table,
            FormatArg::Edl => Format::Edl,
            FormatArg::Ffmetadata => Format::Ffmetadata,
        }
    }
}

/// Lists or changes the markers of a session.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the folder holds no session or another process writes to it,
/// [`ErrorKind::Usage`] when there is no such marker or the file cannot be read.
pub fn run(args: MarkersArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    match args.action {
        None => list(&folder, &args.list),
        Some(Action::List(filter)) => list(&folder, &filter),
        Some(Action::Edit(edit)) => {
            let change = Change {
                kind: edit.kind,
                t_ms: edit.at,
                start_ms: edit.start,
                end_ms: edit.end,
                note: edit.note,
                ..edit.about.change()
            };
            let marker = Which::Id(edit.id);
            change_all(&folder, "", &[Request::Change { marker, change }])
        }
        Some(Action::Remove(remove)) => {
            let ids = remove.ids.into_iter();
            let requests = ids.map(|id| Request::Remove {
                marker: Which::Id(id),
            });
            change_all(&folder, "removed ", &requests.collect::<Vec<_>>())
        }
        Some(Action::Import(args)) => take_in(&folder, &args),
    }
}

fn list(folder: &SessionFolder, filter: &ListArgs) -> Result<Outcome> {
    let kinds = kinds()?;
    let mut markers = match recorder_of(folder) {
        Some(recorder) => {
            let reply = recorder.ask(&Ask::Query(Query::Markers))?;
            reply.markers.unwrap_or_default()
        }
        None => mark::markers(folder)?,
    };
    markers.retain(|marker| filter.wants(marker));
    if filter.json {
        print_json(&MarkersDocument {
            schema: SCHEMA.into(),
            schema_version: SCHEMA_VERSION.into(),
            session: folder.id().to_owned(),
            markers,
        })?;
        return Ok(Outcome::Done);
    }
    for marker in &markers {
        print_line(&line(marker, &kinds))?;
    }
    if markers.is_empty() {
        eprintln!("no markers");
    }
    Ok(Outcome::Done)
}

impl ListArgs {
    fn wants(&self, marker: &Marker) -> bool {
        (self.kind.is_empty() || self.kind.contains(&marker.kind))
            && (self.author.is_none() || self.author == marker.author)
            && self
                .tag
                .as_ref()
                .is_none_or(|tag| marker.tags.contains(tag))
            && self.from.is_none_or(|from| marker.t_ms >= from)
            && self.to.is_none_or(|to| marker.t_ms < to)
    }
}

fn change_all(folder: &SessionFolder, what: &str, requests: &[Request]) -> Result<Outcome> {
    let kinds = kinds()?;
    let markers = match recorder_of(folder) {
        Some(recorder) => {
            let mut running = Marked::Running(recorder);
            let asked = requests.iter().map(|request| running.ask(request, &kinds));
            asked.collect::<Result<Vec<_>>>()?
        }
        None => Afterwards::open(folder)?.ask_all(requests, &kinds)?,
    };
    for marker in &markers {
        print_line(&format!("{what}{}", line(marker, &kinds)))?;
    }
    Ok(Outcome::Done)
}

fn take_in(folder: &SessionFolder, args: &ImportArgs) -> Result<Outcome> {
    let kinds = kinds()?;
    kinds.expect(&args.kind)?;
    let bytes = read(&args.file)?;
    let found = import::read(&bytes, args.format.map(Format::from), args.fps).map_err(|e| {
        Error::new(e.kind(), format!("cannot read {}", args.file.display())).because(e)
    })?;
    let manifest: Manifest = documents::read(&folder.manifest())?;
    let sources = manifest.tracks.iter().filter_map(|t| t.source.as_ref());
    let sources: Vec<&str> = sources.map(|source| source.name.as_str()).collect();
    let found = import::of_recording(found, &sources).map_err(|e| {
        Error::new(e.kind(), format!("cannot take in {}", args.file.display())).because(e)
    })?;
    let requests = found
        .into_iter()
        .map(|marker| {
            let shifted = shifted(marker, args.start)?;
            let author = args.author.as_deref();
            Ok(Request::Mark(import::draft(
                &shifted, &kinds, &args.kind, author,
            )))
        })
        .collect::<Result<Vec<_>>>()?;
    change_all(folder, "", &requests)
}

fn shifted(marker: Imported, start: u64) -> Result<Imported> {
    let early = || {
        let at = when::clock(marker.start_ms);
        Error::new(
            ErrorKind::Usage,
            format!("a marker at {at} lies before --start"),
        )
    };
    Ok(Imported {
        start_ms: marker.start_ms.checked_sub(start).ok_or_else(early)?,
        end_ms: marker.end_ms.saturating_sub(start),
        ..marker
    })
}

/// Reads a list of markers, which is never as long as this.
fn read(path: &Path) -> Result<Vec<u8>> {
    const LONGEST: u64 = 64 << 20;
    let length = std::fs::metadata(path)
        .map_err(|e| Error::io("read", path, e))?
        .len();
    if length > LONGEST {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("{} is too long for a list of markers", path.display()),
        ));
    }
    std::fs::read(path).map_err(|e| Error::io("read", path, e))
}

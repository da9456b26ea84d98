//! `verbatim mark`, `note` and `undo`: pointing at moments, also of a running session.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use verbatim::batch::mark::Afterwards;
use verbatim::control::{self, Ask, Query, Recorder};
use verbatim::document::marker::Marker;
use verbatim::mark::kinds::Kinds;
use verbatim::mark::request::{Change, Draft, Moment, Request, Which};
use verbatim::mark::when;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, kinds, session_folder};
use super::exit::Outcome;
use crate::view::markers::{line, print_json, print_line};

/// Kind of a marker when none is named.
const USUAL_KIND: &str = "quote";

/// Whose marker, and of which session.
#[derive(Debug, Clone, Args)]
pub struct Whose {
    /// Who sets the marker; nobody is the person who records
    #[arg(long, value_name = "NAME", env = "VERBATIM_AUTHOR")]
    pub author: Option<String>,

    /// Print the marker as JSON
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub sessions: SessionsDir,
}

/// What may be said about a moment.
#[derive(Debug, Clone, Args)]
pub struct About {
    /// How much it matters: 1 little to 3 much
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=3))]
    pub severity: Option<u8>,

    /// A tag; may be given more than once
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,

    /// What the speaker felt
    #[arg(long, value_name = "WORD")]
    pub emotion: Option<String>,
}

/// Arguments of `mark`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim mark                            a quote, now, in the session that is being recorded
  verbatim mark pain --at -15s --note \"copies by hand\" --severity 3
  verbatim mark last --at 12:03            in a session that is over
  verbatim mark last idea --at 12:03

Kinds: quote, pain, delight, idea, number, follow-up, question, task, surprise, off-guide, and your \
own from verbatim/kinds.toml in your configuration folder. A recorder that runs is reached over a \
socket that only you can use; the marker is on the disk when this returns.")]
pub struct MarkArgs {
    /// Kind of the moment, by default a quote; before it, a session
    #[arg(value_name = "[SESSION] [KIND]", num_args = 0..=2)]
    words: Vec<PathBuf>,

    /// When: -15s is that long ago, 12:03 since the session began [default: now]
    #[arg(long, value_name = "TIME", value_parser = when::moment, allow_hyphen_values = true)]
    at: Option<Moment>,

    /// A note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    /// Session: its folder, the folder's name, or `last` [default: the one that is being recorded]
    #[arg(long, value_name = "SESSION")]
    session: Option<PathBuf>,

    #[command(flatten)]
    about: About,

    #[command(flatten)]
    whose: Whose,
}

/// Sets a marker.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no such kind or moment, [`ErrorKind::Session`] when no session is
/// being recorded or several are and none is named, [`ErrorKind::Disk`] when it cannot be written.
pub fn mark(args: MarkArgs) -> Result<Outcome> {
    let pressed = Instant::now();
    let kinds = kinds()?;
    let dir = &args.whose.sessions.dir;
    let (session, kind) = words(&args.words, args.session.as_deref(), dir, &kinds)?;
    let mut marked = Marked::find(session.as_deref(), dir)?;
    let at = match args.at {
        Some(at) => at,
        None if matches!(marked, Marked::Running(_)) => Moment::AgoMs(0),
        None => {
            return Err(
                Error::new(ErrorKind::Usage, "a session that is over has no now")
                    .hint("name the moment, as in --at 12:03"),
            );
        }
    };
    // The moment is when the key was pressed, whatever it took to come this far.
    let at = match at {
        Moment::AgoMs(ago) => Moment::AgoMs(ago + pressed.elapsed().as_millis() as u64),
        at => at,
    };
    let request = Request::Mark(Draft {
        note: args.note,
        severity: args.about.severity,
        tags: args.about.tags,
        emotion: args.about.emotion,
        author: args.whose.author,
        ..Draft::new(kind, at)
    });
    tell("", &marked.ask(&request, &kinds)?, &kinds, args.whose.json)
}

/// Which session and kind the words before the options name. A single word is a kind if there is one
/// of that name, and a session otherwise.
fn words(
    words: &[PathBuf],
    session: Option<&Path>,
    dir: &Path,
    kinds: &Kinds,
) -> Result<(Option<PathBuf>, String)> {
    let kind = |word: &Path| word.to_string_lossy().into_owned();
    let is_kind = |word: &Path| kinds.get(&kind(word)).is_some();
    let (first, kind) = match words {
        [] => (None, USUAL_KIND.to_owned()),
        [word] if is_kind(word) || session.is_some() => (None, kind(word)),
        [word] => match session_folder(word, dir) {
            Ok(_) => (Some(word.as_path()), USUAL_KIND.to_owned()),
            Err(_) => {
                let known = kinds.expect(&kind(word)).map(|_| ());
                return Err(known
                    .err()
                    .unwrap_or_else(|| Error::new(ErrorKind::Usage, "that is no kind of marker")));
            }
        },
        [first, word, ..] => (Some(first.as_path()), kind(word)),
    };
    if first.is_some() && session.is_some() {
        return Err(Error::new(ErrorKind::Usage, "two sessions are named"));
    }
    Ok((first.or(session).map(Path::to_path_buf), kind))
}

/// Arguments of `note`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim note \"copies the numbers by hand\"
  verbatim note \"ask Ben\" --marker m0003 --severity 2

The note goes to the marker that you set last; its time stays.")]
pub struct NoteArgs {
    /// The note
    text: String,

    /// Id of the marker [default: the one that you set last]
    #[arg(long, value_name = "ID")]
    marker: Option<String>,

    /// Session: its folder, the folder's name, or `last` [default: the one that is being recorded]
    #[arg(long, value_name = "SESSION")]
    session: Option<PathBuf>,

    #[command(flatten)]
    about: About,

    #[command(flatten)]
    whose: Whose,
}

/// Writes a note to a marker.
///
/// # Errors
///
/// As [`mark`].
pub fn note(args: NoteArgs) -> Result<Outcome> {
    let kinds = kinds()?;
    let mut marked = Marked::find(args.session.as_deref(), &args.whose.sessions.dir)?;
    let request = Request::Change {
        marker: which(args.marker, args.whose.author),
        change: Change {
            note: Some(args.text),
            ..args.about.change()
        },
    };
    tell("", &marked.ask(&request, &kinds)?, &kinds, args.whose.json)
}

impl About {
    /// What changes of a marker; what is not named stays.
    pub fn change(self) -> Change {
        Change {
            severity: self.severity,
            tags: (!self.tags.is_empty()).then_some(self.tags),
            emotion: self.emotion,
            ..Change::default()
        }
    }
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  verbatim undo")]
pub struct UndoArgs {
    /// Session: its folder, the folder's name, or `last` [default: the one that is being recorded]
    #[arg(long, value_name = "SESSION")]
    session: Option<PathBuf>,

    #[command(flatten)]
    whose: Whose,
}

/// Takes back the marker that was set last.
///
/// # Errors
///
/// As [`mark`].
pub fn undo(args: UndoArgs) -> Result<Outcome> {
    let kinds = kinds()?;
    let mut marked = Marked::find(args.session.as_deref(), &args.whose.sessions.dir)?;
    let request = Request::Remove {
        marker: which(None, args.whose.author),
    };
    let removed = marked.ask(&request, &kinds)?;
    tell("removed ", &removed, &kinds, args.whose.json)
}

fn which(id: Option<String>, author: Option<String>) -> Which {
    id.map_or(Which::LastOf(author), Which::Id)
}

fn tell(what: &str, marker: &Marker, kinds: &Kinds, json: bool) -> Result<Outcome> {
    match json {
        true => print_json(marker)?,
        false => print_line(&format!("{what}{}", line(marker, kinds)))?,
    }
    Ok(Outcome::Done)
}

/// A session whose markers can be changed.
pub enum Marked {
    /// It is being recorded, and its recorder writes to it.
    Running(Recorder),
    /// It is over.
    Over(Box<Afterwards>),
}

impl Marked {
    /// The session of a name; the one that is being recorded when none is named.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when there is none, or more than one runs and none is named.
    pub fn find(session: Option<&Path>, dir: &Path) -> Result<Marked> {
        match session {
            None => running().map(Marked::Running),
            Some(session) => {
                let folder = SessionFolder::open(&session_folder(session, dir)?)?;
                match recorder_of(&folder) {
                    Some(recorder) => Ok(Marked::Running(recorder)),
                    None => Ok(Marked::Over(Box::new(Afterwards::open(&folder)?))),
                }
            }
        }
    }

    /// Does what a request asks for.
    ///
    /// # Errors
    ///
    /// What the recorder or the session refuses.
    pub fn ask(&mut self, request: &Request, kinds: &Kinds) -> Result<Marker> {
        match self {
            Marked::Over(afterwards) => afterwards.ask(request, kinds),
            Marked::Running(recorder) => {
                let reply = recorder.ask(&Ask::Request(request.clone()))?;
                reply.marker.ok_or_else(|| {
                    Error::new(
                        ErrorKind::Session,
                        "the recorder names no marker in its answer",
                    )
                })
            }
        }
    }
}

/// The recorder of a session, if it runs.
pub fn recorder_of(folder: &SessionFolder) -> Option<Recorder> {
    control::recorders().into_iter().find(|recorder| {
        let status = recorder.ask(&Ask::Query(Query::Status));
        status.is_ok_and(|status| status.session == folder.id())
    })
}

/// The recorder of a session, or the one that runs.
///
/// # Errors
///
/// [`ErrorKind::Session`] when there is none, or more than one runs and none is named.
pub fn recorder(session: Option<&Path>, dir: &Path) -> Result<Recorder> {
    match Marked::find(session, dir)? {
        Marked::Running(recorder) => Ok(recorder),
        Marked::Over(_) => Err(Error::new(
            ErrorKind::Session,
            "that session is not being recorded",
        )),
    }
}

/// The one recorder that runs.
fn running() -> Result<Recorder> {
    let mut found = Vec::new();
    for recorder in control::recorders() {
        if let Ok(status) = recorder.ask(&Ask::Query(Query::Status)) {
            found.push((recorder, status.folder));
        }
    }
    if found.len() > 1 {
        let folders: Vec<&str> = found.iter().map(|(_, folder)| folder.as_str()).collect();
        return Err(Error::new(
            ErrorKind::Session,
            format!("{} sessions are being recorded", found.len()),
        )
        .hint(format!("name one with --session: {}", folders.join(", "))));
    }
    found.pop().map(|(recorder, _)| recorder).ok_or_else(|| {
        Error::new(ErrorKind::Session, "no session is being recorded").hint(
            "start one with verbatim record, or name one that is over: verbatim mark last --at 12:03",
        )
    })
}

//! `verbatim list`: the sessions of a folder.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use verbatim::Result;
use verbatim::document::manifest::Status;
use verbatim::document::transcript::{Role, Speaker};
use verbatim::library::fold::fold;
use verbatim::library::passage::is_speaker;
use verbatim::store::documents;
use verbatim::store::folder::{self, Listed};
use verbatim::store::unfinished::{Standing, standing};

use super::args::{SessionsDir, day};
use super::exit::Outcome;
use super::leftovers::cut_off_note;
use crate::view::ink::{Ink, Line};
use crate::view::markers::{print_ink, print_json};
use crate::view::text::{clock, minute};

/// Cells that a name may take where names stand below each other; a longer one moves its line.
const NAME: usize = 44;

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim list
  verbatim list --since 2026-11 --state stopped
  verbatim list acme --json")]
pub struct ListArgs {
    /// Only sessions with this in their folder's name, title or goal
    text: Option<String>,

    /// Only sessions of this day or later, as in 2026-11-22 or 2026-11
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<String>,

    /// Only sessions of this day or earlier
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<String>,

    /// Only sessions with this speaker: a part of the name
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,

    /// Only sessions that have come this far; may be given more than once
    #[arg(long, value_name = "STATE", value_enum)]
    state: Vec<State>,

    /// Print the list as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum State {
    /// Sound still comes
    Recording,
    /// The recorder died; verbatim finish completes it
    CutOff,
    /// The sound is complete, text is missing
    Stopped,
    /// Sound and text are complete
    Complete,
    /// Complete after a crash
    Recovered,
    /// session.json cannot be read
    Damaged,
    /// The recorder died before anything was captured
    Empty,
}

impl State {
    fn of(listed: &Listed) -> State {
        let status = listed.manifest.as_ref().map(|manifest| manifest.status);
        // What cannot be looked at is as its manifest says.
        let standing = standing(listed).unwrap_or(Standing::Done);
        match (status, standing) {
            (Ok(Status::Recording) | Err(_), Standing::CutOff) => State::CutOff,
            (Ok(Status::Recording), _) | (Err(_), Standing::Running) => State::Recording,
            (Ok(Status::Stopped), _) => State::Stopped,
            (Ok(Status::Complete), _) => State::Complete,
            (Ok(Status::Recovered), _) => State::Recovered,
            (Err(_), Standing::Empty) => State::Empty,
            (Err(_), _) => State::Damaged,
        }
    }

    fn name(self) -> &'static str {
        match self {
            State::Recording => "recording",
            State::CutOff => "cut-off",
            State::Empty => "empty",
            State::Stopped => "stopped",
            State::Complete => "complete",
            State::Recovered => "recovered",
            State::Damaged => "damaged",
        }
    }
}

/// A session with the speakers of its transcript.
struct Row {
    listed: Listed,
    speakers: Vec<Speaker>,
}

/// Prints the sessions of a folder, oldest first.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn run(args: ListArgs) -> Result<Outcome> {
    let rows = folder::list(&args.sessions.dir)?.into_iter().map(|listed| {
        // A session without a transcript has no speakers yet; what else is wrong, show tells.
        let speakers = documents::read_speakers(&listed.path).unwrap_or_default();
        Row { listed, speakers }
    });
    let rows: Vec<Row> = rows.filter(|row| is_wanted(row, &args)).collect();
    if args.json {
        let rows: Vec<Value> = rows.iter().map(in_json).collect();
        print_json(&rows)?;
        return Ok(Outcome::Done);
    }
    let longest = rows.iter().map(|row| named(row).width()).max();
    let cells = longest.unwrap_or(0).min(NAME) + 2;
    for row in &rows {
        print_ink(&line(row, cells))?;
    }
    let cut_off = rows
        .iter()
        .filter(|row| State::of(&row.listed) == State::CutOff);
    let cut_off: Vec<PathBuf> = cut_off.map(|row| row.listed.path.clone()).collect();
    if let Some(note) = cut_off_note(&cut_off) {
        eprintln!(
            "{note} the next recording makes it whole, or verbatim finish --all with its text"
        );
    }
    if rows.is_empty() {
        eprintln!("no such sessions in {}", args.sessions.dir.display());
    }
    Ok(Outcome::Done)
}

fn is_wanted(row: &Row, args: &ListArgs) -> bool {
    if !args.state.is_empty() && !args.state.contains(&State::of(&row.listed)) {
        return false;
    }
    let is_here = |typed: &String| {
        let mut speakers = row.speakers.iter();
        speakers.any(|s| is_speaker(typed, &s.label, s.role))
    };
    if !args.speaker.as_ref().is_none_or(is_here) {
        return false;
    }
    let manifest = row.listed.manifest.as_ref().ok();
    let day = manifest.map_or("", |manifest| manifest.started_at.as_str());
    let early = args.since.as_deref().is_some_and(|since| day < since);
    let late = |until: &str| day.get(..until.len()).is_none_or(|day| day > until);
    if early || args.until.as_deref().is_some_and(late) {
        return false;
    }
    args.text.as_ref().is_none_or(|typed| {
        let typed = fold(typed);
        let texts = [
            Some(name(row)),
            manifest.and_then(|m| m.title.clone()),
            manifest.and_then(|m| m.goal.clone()),
        ];
        let mut texts = texts.into_iter().flatten();
        texts.any(|text| fold(&text).contains(typed.trim()))
    })
}

fn name(row: &Row) -> String {
    let name = row.listed.path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn named(row: &Row) -> Line {
    Line::default().add(Ink::Strong, name(row))
}

/// The speakers who were given a name; the others are what their track says.
fn who(row: &Row) -> String {
    let labels: Vec<&str> = row.speakers.iter().map(|s| s.label.as_str()).collect();
    match labels[..] {
        ["Interviewer", "Participant"] => String::new(),
        _ => labels.join(", "),
    }
}

/// A session in one line, its name in so many cells.
fn line(row: &Row, cells: usize) -> Line {
    let state = State::of(&row.listed);
    let head = named(row).to(cells);
    let manifest = match &row.listed.manifest {
        Ok(manifest) => manifest,
        Err(error) => {
            let why = match state {
                State::Empty => "its recorder died before anything was captured".to_owned(),
                State::CutOff | State::Recording => String::new(),
                _ => error.to_string(),
            };
            return head
                .add(Ink::Bad, format!("{}  ", state.name()))
                .add(Ink::Plain, why);
        }
    };
    let ink = match state {
        State::Complete | State::Recovered => Ink::Faint,
        _ => Ink::Plain,
    };
    let mut line = head
        .add(Ink::Plain, format!("{}  ", minute(&manifest.started_at)))
        .add(Ink::Plain, format!("{:>8}  ", clock(manifest.duration_ms)))
        .add(ink, format!("{:<10}", state.name()));
    for text in [manifest.title.clone().unwrap_or_default(), who(row)] {
        if !text.is_empty() {
            line = line.add(Ink::Plain, format!("  {text}"));
        }
    }
    line
}

fn in_json(row: &Row) -> Value {
    let path = row.listed.path.display().to_string();
    let state = State::of(&row.listed).name();
    let manifest = match &row.listed.manifest {
        Ok(manifest) => manifest,
        Err(error) => {
            return json!({ "folder": path, "status": state, "error": error.to_string() });
        }
    };
    let participants = row.speakers.iter().filter(|s| s.role == Role::Participant);
    json!({
        "session": manifest.id,
        "folder": path,
        "status": state,
        "origin": manifest.origin,
        "title": manifest.title,
        "goal": manifest.goal,
        "started_at": manifest.started_at,
        "duration_ms": manifest.duration_ms,
        "speakers": row.speakers,
        "participants": participants.map(|s| &s.label).collect::<Vec<_>>(),
    })
}

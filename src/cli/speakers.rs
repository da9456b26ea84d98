//! `verbatim speakers`: who speaks in a session.

use std::path::PathBuf;

use clap::Args;
use verbatim::batch::edit::{Editor, speaker};
use verbatim::document::transcript::{Role, Speaker};
use verbatim::event::SpeakerChanged;
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::ink::{Ink, Line};
use crate::view::markers::{print_ink, print_json};

/// Arguments of `speakers`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim speakers last
  verbatim speakers last --rename participant=\"Anna Kovács\" --participant sp2=auto
  verbatim speakers last --role sp3=observer
  verbatim speakers last --merge sp3=sp2

A speaker is named by id, by name, by track or by role. auto gives the person the id that people.json \
beside the sessions knows her by, or the next one: the same person is P01 in every session.")]
pub struct SpeakersArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Give a speaker a name; an empty one gives the first name back
    #[arg(long, value_name = "WHO=NAME", value_parser = pair)]
    rename: Vec<Pair>,

    /// Say what a speaker does: interviewer, participant, observer or unknown
    #[arg(long, value_name = "WHO=ROLE", value_parser = pair)]
    role: Vec<Pair>,

    /// Say who a speaker is in other sessions: an id such as P01, auto, or nothing to take it away
    #[arg(long, value_name = "WHO=ID", value_parser = pair)]
    participant: Vec<Pair>,

    /// Say that two speakers are the same person; the second remains
    #[arg(long, value_name = "WHO=WHO", value_parser = pair)]
    merge: Vec<Pair>,

    /// Set a speaker apart again, by id
    #[arg(long, value_name = "ID")]
    split: Vec<String>,

    /// Print the speaker table as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Two words around an equals sign.
type Pair = (String, String);

fn pair(text: &str) -> std::result::Result<Pair, PairError> {
    let (who, what) = text.split_once('=').ok_or(PairError)?;
    match who.trim() {
        "" => Err(PairError),
        who => Ok((who.to_owned(), what.trim().to_owned())),
    }
}

/// A change that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a speaker and what it becomes, such as sp2=Anna")]
struct PairError;

/// Lists the speakers of a session, after changing what is asked for.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no such speaker or role, [`ErrorKind::Session`] when the session
/// is still being recorded, [`ErrorKind::Disk`] when it cannot be written.
pub fn run(args: SpeakersArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let changes = [&args.rename, &args.role, &args.participant, &args.merge];
    let speakers = match changes.iter().all(|c| c.is_empty()) && args.split.is_empty() {
        true => documents::read_speakers(folder.path())?,
        false => {
            let mut editor = Editor::open(&folder)?;
            let changes = self::changes(&args, &editor)?;
            editor.speakers(changes)?;
            editor.documents().transcript.speakers.clone()
        }
    };
    if args.json {
        print_json(&speakers)?;
        return Ok(Outcome::Done);
    }
    for speaker in &speakers {
        print_ink(&line(speaker))?;
    }
    Ok(Outcome::Done)
}

fn changes(args: &SpeakersArgs, editor: &Editor) -> Result<Vec<SpeakerChanged>> {
    let table = &editor.documents().transcript.speakers;
    let mut changes = Vec::new();
    // A name that is given in the same breath is the name that auto goes by.
    let mut named: Vec<(String, String)> = Vec::new();
    for (who, name) in &args.rename {
        let id = speaker(table, who)?.id.clone();
        named.push((id.clone(), name.clone()));
        changes.push(SpeakerChanged {
            id,
            label: Some(name.clone()),
            ..SpeakerChanged::default()
        });
    }
    for (who, name) in &args.role {
        changes.push(SpeakerChanged {
            id: speaker(table, who)?.id.clone(),
            role: Some(role(name)?),
            ..SpeakerChanged::default()
        });
    }
    for (who, id) in &args.participant {
        let row = speaker(table, who)?;
        let given = named.iter().find(|(id, _)| *id == row.id);
        let label = given.map_or(&row.label, |(_, name)| name);
        let participant = match id.as_str() {
            "auto" => editor.participant(label)?,
            id => id.to_owned(),
        };
        changes.push(SpeakerChanged {
            id: row.id.clone(),
            participant: Some(participant),
            ..SpeakerChanged::default()
        });
    }
    for (who, other) in &args.merge {
        changes.push(SpeakerChanged {
            id: speaker(table, who)?.id.clone(),
            same_as: Some(speaker(table, other)?.id.clone()),
            ..SpeakerChanged::default()
        });
    }
    for id in &args.split {
        changes.push(SpeakerChanged {
            id: id.clone(),
            same_as: Some(String::new()),
            ..SpeakerChanged::default()
        });
    }
    Ok(changes)
}

fn role(name: &str) -> Result<Role> {
    Ok(match name.to_lowercase().as_str() {
        "interviewer" => Role::Interviewer,
        "participant" => Role::Participant,
        "observer" => Role::Observer,
        "unknown" => Role::Unknown,
        _ => {
            return Err(
                Error::new(ErrorKind::Usage, format!("there is no role {name}"))
                    .hint("roles are interviewer, participant, observer and unknown"),
            );
        }
    })
}

fn line(speaker: &Speaker) -> Line {
    let role = match speaker.role {
        Role::Interviewer => "interviewer",
        Role::Participant => "participant",
        Role::Observer => "observer",
        Role::Unknown => "unknown",
    };
    let tracks: Vec<String> = std::iter::once(&speaker.track)
        .chain(&speaker.also)
        .map(ToString::to_string)
        .collect();
    Line::default()
        .add(Ink::Plain, format!("{:<5}", speaker.id))
        .add(Ink::Strong, &speaker.label)
        .to(30)
        .add(
            Ink::Plain,
            format!(
                "  {role:<12}  {:<5}",
                speaker.participant.as_deref().unwrap_or("")
            ),
        )
        .add(Ink::Faint, format!("  {}", tracks.join(", ")))
}

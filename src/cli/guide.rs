//! `verbatim guide`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use verbatim::batch::guide;
use verbatim::document::guide::{Guide, GuideCoverage};
use verbatim::insight::guide::{items, parse};
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::markers::print_line;

/// Arguments of `guide`.
#[derive(Debug, Args)]
#[command(after_help = "\
A guide is a TOML file:

  goal = \"Why they left\"

  [[phase]]
  title = \"Warm-up\"
  minutes = 5

  [[phase.question]]
  ask = \"Tell me about the last time you made the weekly report.\"
  follow_ups = [\"How often does that happen?\", \"Why was that important to you?\"]

Without phases, questions are [[question]] tables. verbatim record --guide FILE shows while the call goes \
on which questions were asked: t ticks one, g shows the list, and a question that sounds asked is marked \
with ~.")]
pub struct GuideArgs {
    #[command(subcommand)]
    command: GuideCommand,
}

#[derive(Debug, Subcommand)]
enum GuideCommand {
    /// Check a guide and print what it holds
    Check {
        /// The file
        file: PathBuf,
    },
    /// Hold a guide against a session that is over; its documents then tell what was covered
    #[command(after_help = "Example:\n  verbatim guide apply last guide.toml")]
    Apply {
        /// Session: its folder, the folder's name, or `last`
        session: PathBuf,

        /// The file
        file: PathBuf,

        #[command(flatten)]
        sessions: SessionsDir,
    },
}

/// Checks guides and holds them against sessions.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for a guide with a mistake, [`ErrorKind::Session`] when the folder holds no
/// session or a recorder still runs on it, [`ErrorKind::Disk`] when it cannot be written.
pub fn run(args: GuideArgs) -> Result<Outcome> {
    match args.command {
        GuideCommand::Check { file } => print(&read(&file)?)?,
        GuideCommand::Apply {
            session,
            file,
            sessions,
        } => {
            let guide = read(&file)?;
            let folder = SessionFolder::open(&session_folder(&session, &sessions.dir)?)?;
            let covered = guide::apply(&folder, guide)?;
            let asked = covered.map_or_else(String::new, |covered| sound_asked(&covered));
            print_line(&format!("{}: {asked}", folder.path().display()))?;
        }
    }
    Ok(Outcome::Done)
}

/// How much of a guide sounds asked.
fn sound_asked(covered: &GuideCoverage) -> String {
    let counted = |follow_ups: bool, what: &str| {
        let items = covered.items.iter();
        let items: Vec<_> = items
            .filter(|i| i.follows.is_some() == follow_ups)
            .collect();
        let asked = items
            .iter()
            .filter(|i| i.ticked_ms.is_none() && i.hint.is_some());
        let plural = if items.len() == 1 { "" } else { "s" };
        (!items.is_empty()).then(|| format!("{} of {} {what}{plural}", asked.count(), items.len()))
    };
    let parts = [counted(false, "question"), counted(true, "follow-up")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{} sound asked", parts.join(" and "))
}

/// Reads a guide.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no such file, or with the line of the mistake.
pub fn read(path: &Path) -> Result<Guide> {
    let text = fs::read_to_string(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::InvalidData => {
            Error::new(ErrorKind::Usage, format!("cannot read {}", path.display())).because(e)
        }
        _ => Error::io("read", path, e),
    })?;
    parse(&text).map_err(|e| {
        Error::new(ErrorKind::Usage, format!("{} is no guide", path.display()))
            .because(e)
            .hint("verbatim guide --help shows one")
    })
}

fn print(guide: &Guide) -> Result<()> {
    if let Some(goal) = &guide.goal {
        print_line(&format!("Goal: {goal}"))?;
    }
    let mut phase = None;
    for item in items(guide) {
        if phase != Some(item.phase_number) && !item.phase.title.is_empty() {
            let minutes = item.phase.minutes.map(|n| format!(" ({n} min)"));
            print_line(&format!(
                "{}{}",
                item.phase.title,
                minutes.unwrap_or_default()
            ))?;
        }
        phase = Some(item.phase_number);
        let indent = if item.follows.is_some() { "    " } else { "  " };
        print_line(&format!("{indent}{:<5} {}", item.id, item.ask))?;
    }
    Ok(())
}

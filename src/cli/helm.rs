//! `verbatim pause`, `resume`, `stop` and `status`: the session that is being recorded.

use std::path::PathBuf;

use clap::Args;
use verbatim::control::{Ask, Command, Doing, Query, Reply, Status, TrackStatus};
use verbatim::{Error, ErrorKind, Result};

use super::args::SessionsDir;
use super::exit::Outcome;
use super::mark;
use crate::view::markers::{print_json, print_line};
use crate::view::text::{clock, seconds};

/// Arguments of `pause`, `resume`, `stop` and `status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim pause       nothing is recorded, and the session's time goes on
  verbatim resume
  verbatim status --json
  verbatim stop        as Ctrl-C does in the recorder's own window

A recorder is reached over a socket that only you can use. What is so already is no fault.")]
pub struct HelmArgs {
    /// Session: its folder, the folder's name, or `last` [default: the one that is being recorded]
    #[arg(long, value_name = "SESSION")]
    session: Option<PathBuf>,

    /// Print the recorder's answer as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Pauses, resumes or stops the session that is being recorded.
///
/// # Errors
///
/// [`ErrorKind::Session`] when none is being recorded, or several are and none is named.
pub fn command(args: &HelmArgs, command: Command) -> Result<Outcome> {
    ask(args, &Ask::Command(command), |reply, status| {
        let now = clock(reply.t_ms);
        let folder = &reply.folder;
        match status.state {
            Doing::Paused => {
                let since = clock(status.paused_since_ms.unwrap_or(reply.t_ms));
                format!("paused at {since}: nothing is recorded until verbatim resume")
            }
            Doing::Stopping => format!("stopped at {now}; the rest is written to {folder}"),
            Doing::Starting => format!("waiting for sound: {folder}"),
            Doing::Recording => format!("recording, {now}: {folder}"),
        }
    })
}

/// Tells how the session that is being recorded does.
///
/// # Errors
///
/// As [`command`].
pub fn status(args: &HelmArgs) -> Result<Outcome> {
    ask(args, &Ask::Query(Query::Status), told)
}

fn ask(args: &HelmArgs, ask: &Ask, tell: impl Fn(&Reply, &Status) -> String) -> Result<Outcome> {
    let recorder = mark::recorder(args.session.as_deref(), &args.sessions.dir)?;
    let reply = recorder.ask(ask)?;
    let Some(status) = &reply.status else {
        return Err(Error::new(
            ErrorKind::Session,
            "the recorder is of an earlier version and does not tell how it does",
        ));
    };
    match args.json {
        true => print_json(&reply)?,
        false => print_line(&tell(&reply, status))?,
    }
    Ok(Outcome::Done)
}

fn told(reply: &Reply, status: &Status) -> String {
    let what = match (status.state, status.paused_since_ms) {
        (Doing::Paused, Some(since)) => format!("PAUSED since {}", clock(since)),
        (Doing::Paused, None) => "PAUSED".into(),
        (Doing::Starting, _) => "waiting for sound".into(),
        (Doing::Recording, _) => "recording".into(),
        (Doing::Stopping, _) => "stopped; the last text is being written".into(),
    };
    let planned = status
        .planned_ms
        .map(|planned| format!(" of {}", clock(planned)));
    let now = clock(reply.t_ms);
    let mut lines = vec![format!(
        "{what}, {now}{}: {}",
        planned.unwrap_or_default(),
        reply.folder
    )];
    lines.extend(status.tracks.iter().map(track));
    lines.extend(status.alarms.iter().map(|alarm| format!("!! {alarm}")));
    lines.join("\n")
}

fn track(track: &TrackStatus) -> String {
    let name = track.track.to_string();
    let level = match track.level_db {
        Some(level) => format!("{level:>4} dB"),
        None => "   - dB".into(),
    };
    let lost = match track.lost_ms {
        0 => String::new(),
        lost => format!(", {} lost", seconds(lost)),
    };
    format!("{name:<7} {level}  {}{lost}", track.state.message())
}

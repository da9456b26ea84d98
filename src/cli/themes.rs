//! `verbatim themes`: what keeps coming up in many sessions.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use verbatim::document::manifest::Manifest;
use verbatim::document::marker::Marker;
use verbatim::export::call::Call;
use verbatim::export::quote::{link, quote};
use verbatim::library::themes::{self, By, Theme, has};
use verbatim::mark::when::clock;
use verbatim::store::{documents, folder};
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, day, kinds};
use super::exit::Outcome;
use crate::view::ink::{Ink, Line};
use crate::view::markers::{print_ink, print_json, print_text};
use crate::view::text::bar;

/// Arguments of `themes`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim themes                              tags, by the number of sessions that have them
  verbatim themes --kind pain --csv > pains.csv
  verbatim themes pricing                      the moments and quotes behind a tag
  verbatim themes --by kind --since 2026-11

Tags are set with `verbatim mark --tag` or with # while recording.")]
pub struct ThemesArgs {
    /// Show the moments and quotes behind this tag
    theme: Option<String>,

    /// Count markers by their tags or by their kind
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = ByArg::Tag)]
    by: ByArg,

    /// Only markers of this kind; may be given more than once
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,

    /// Only sessions of this day or later, as in 2026-11-22 or 2026-11
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<String>,

    /// Only sessions of this day or earlier
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<String>,

    /// Print a table with a column for each session
    #[arg(long, conflicts_with_all = ["json", "theme"])]
    csv: bool,

    /// Print as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// What markers are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ByArg {
    /// Their tags
    Tag,
    /// Their kind
    Kind,
}

impl From<ByArg> for By {
    fn from(arg: ByArg) -> By {
        match arg {
            ByArg::Tag => By::Tag,
            ByArg::Kind => By::Kind,
        }
    }
}

/// A session with the markers that count.
struct Session {
    path: PathBuf,
    manifest: Manifest,
    markers: Vec<Marker>,
}

/// Counts tags over sessions, or shows what is behind one.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no such kind, [`ErrorKind::Session`] when no marker has such a
/// theme, otherwise when the folder cannot be read.
pub fn run(args: ThemesArgs) -> Result<Outcome> {
    let known = kinds()?;
    for kind in &args.kind {
        known.expect(kind)?;
    }
    let sessions = sessions(&args)?;
    let by = By::from(args.by);
    if let Some(theme) = &args.theme {
        return behind(&sessions, theme, by, args.json);
    }
    let markers: Vec<Vec<Marker>> = sessions.iter().map(|s| s.markers.clone()).collect();
    let found = themes::themes(&markers, by);
    let names: Vec<String> = sessions.iter().map(|session| name(&session.path)).collect();
    if args.csv {
        print_text(themes::table(&found, &names, by).into_text().trim_end())?;
    } else if args.json {
        let rows: Vec<Value> = found.iter().map(|theme| in_json(theme, &names)).collect();
        print_json(&rows)?;
    } else {
        for theme in &found {
            print_ink(&line(theme, sessions.len()))?;
        }
    }
    if found.is_empty() {
        eprintln!(
            "no markers with tags in {}; verbatim mark --tag sets one",
            args.sessions.dir.display()
        );
    }
    Ok(Outcome::Done)
}

/// The sessions that are asked for, oldest first. One that cannot be read is told and left out.
fn sessions(args: &ThemesArgs) -> Result<Vec<Session>> {
    let mut sessions = Vec::new();
    for listed in folder::list(&args.sessions.dir)? {
        let read = listed.manifest.and_then(|manifest| {
            documents::read_markers_in(&listed.path).map(|markers| (manifest, markers))
        });
        let (manifest, mut markers) = match read {
            Ok(read) => read,
            Err(error) => {
                eprintln!("verbatim: {error}");
                continue;
            }
        };
        let day = manifest.started_at.as_str();
        let early = args.since.as_deref().is_some_and(|since| day < since);
        let late = |until: &str| day.get(..until.len()).is_none_or(|day| day > until);
        if early || args.until.as_deref().is_some_and(late) {
            continue;
        }
        markers.retain(|m| args.kind.is_empty() || args.kind.contains(&m.kind));
        sessions.push(Session {
            path: listed.path,
            manifest,
            markers,
        });
    }
    Ok(sessions)
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

fn line(theme: &Theme, sessions: usize) -> Line {
    let share = theme.sessions as f64 / sessions.max(1) as f64;
    let severity = theme
        .severity
        .map(|severity| "!".repeat(usize::from(severity)));
    Line::default()
        .add(Ink::Strong, &theme.name)
        .to(28)
        .add(Ink::Plain, format!("  {}  ", bar(share, 12)))
        .add(
            Ink::Plain,
            format!("{} of {}", theme.sessions, counted(sessions, "session")),
        )
        .add(Ink::Faint, format!(", {}", counted(theme.total, "marker")))
        .add(
            Ink::Plain,
            severity.map_or_else(String::new, |severity| format!("  {severity}")),
        )
}

fn in_json(theme: &Theme, names: &[String]) -> Value {
    let counts = names
        .iter()
        .zip(&theme.counts)
        .filter(|(_, count)| **count > 0);
    let sessions: Vec<Value> = counts
        .map(|(folder, count)| json!({ "folder": folder, "markers": count }))
        .collect();
    json!({
        "theme": theme.name,
        "markers": theme.total,
        "sessions": sessions,
        "severity": theme.severity,
    })
}

/// The markers behind a theme, with the words that they are about.
fn behind(sessions: &[Session], theme: &str, by: By, json: bool) -> Result<Outcome> {
    let mut rows = Vec::new();
    let mut shown = 0;
    for session in sessions {
        let markers: Vec<&Marker> = session
            .markers
            .iter()
            .filter(|m| has(m, theme, by))
            .collect();
        if markers.is_empty() {
            continue;
        }
        shown += markers.len();
        let call = call(session)?;
        if !json {
            let day = session.manifest.started_at.get(..10).unwrap_or_default();
            let head = Line::default()
                .add(Ink::Strong, format!("{day}  {}", call.title()))
                .add(Ink::Faint, format!("  {}", session.path.display()));
            print_ink(&head)?;
        }
        for marker in markers {
            let quoted = quote(&call, marker);
            if json {
                let range = |q: &verbatim::export::quote::Quote| (q.start_ms, q.end_ms);
                rows.push(json!({
                    "session": session.manifest.id,
                    "folder": name(&session.path),
                    "marker": marker,
                    "speaker": quoted.as_ref().map(|q| &call.voices[q.voice].label),
                    "quote": quoted.as_ref().map(|q| &q.text),
                    "link": quoted.as_ref().map(|q| link(&call, q.track, range(q))),
                }));
                continue;
            }
            let at = clock(marker.t_ms / 1_000 * 1_000);
            let note = marker.note.clone().unwrap_or_default();
            print_ink(
                &Line::default()
                    .add(Ink::Plain, format!("  {at:>8}  {}  ", marker.kind))
                    .add(Ink::Plain, note),
            )?;
            if let Some(quoted) = quoted {
                let who = &call.voices[quoted.voice].label;
                print_ink(
                    &Line::default()
                        .add(Ink::Faint, format!("            {who}: “{}”", quoted.text)),
                )?;
            }
        }
    }
    if json {
        print_json(&rows)?;
    }
    match shown {
        0 => Err(
            Error::new(ErrorKind::Session, format!("no marker has {theme}"))
                .hint("verbatim themes lists what there is"),
        ),
        _ => Ok(Outcome::Done),
    }
}

fn call(session: &Session) -> Result<Call> {
    Ok(Call::new(
        session.manifest.clone(),
        documents::read(&session.path.join("turns.json"))?,
        documents::read_shown(&session.path)?,
        session.markers.clone(),
    ))
}

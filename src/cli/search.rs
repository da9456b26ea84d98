//! `verbatim search`: words in all sessions.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};
use verbatim::batch::library::{Indexing, Library};
use verbatim::document::manifest::{Manifest, TrackManifest};
use verbatim::library::passage::PassageKind;
use verbatim::library::query::Query;
use verbatim::library::search::{Found, Hit, Wanted, link};
use verbatim::mark::when::clock;
use verbatim::store::documents;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, day, kinds};
use super::exit::Outcome;
use crate::view::ink::{Ink, Line};
use crate::view::markers::{print_ink, print_json, print_line};

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim search spreadsheet hours              both words, in any order
  verbatim search \"thirteen hours\"               a phrase
  verbatim search copy* --speaker participant    words that begin with copy
  verbatim search price --kind pain --since 2026-10
  verbatim search hours --json | jq -r '.hits[].link'

Looked through are what was said, the notes of markers and the quotes of clips. Case and accents do not \
count. What one speaker says on end is one place: all words have to be in it. The index is kept in the \
sessions' folder as .search-index, for you alone; it may be removed at any time.")]
pub struct SearchArgs {
    /// Words, \"phrases\" and beginnings*; all have to be there
    #[arg(required = true)]
    words: Vec<String>,

    /// Only what this speaker says: a part of the name, or interviewer, participant, observer
    #[arg(long, value_name = "NAME")]
    speaker: Option<String>,

    /// Only in the stretch of a marker of this kind; may be given more than once
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,

    /// Only in the stretch of a marker with this tag; may be given more than once
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,

    /// Only in sessions of this day or later, as in 2026-11-22 or 2026-11
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<String>,

    /// Only in sessions of this day or earlier
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<String>,

    /// Only in sessions with this in their folder's name or title
    #[arg(long, value_name = "TEXT")]
    session: Option<String>,

    /// Show at most so many places; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// Read every document instead of the index
    #[arg(long)]
    no_index: bool,

    /// Print what is found as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Looks for words in all sessions of a folder.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no word to look for or no such kind, [`ErrorKind::Session`] when
/// nothing is found, otherwise when the folder cannot be read.
pub fn run(args: SearchArgs) -> Result<Outcome> {
    let known = kinds()?;
    for kind in &args.kind {
        known.expect(kind)?;
    }
    let wanted = Wanted {
        query: Query::parse(&args.words)?,
        speaker: args.speaker,
        kinds: args.kind,
        tags: args.tag,
        since: args.since,
        until: args.until,
        session: args.session,
        limit: match args.limit {
            0 => usize::MAX,
            limit => limit,
        },
    };
    let indexing = match args.no_index {
        true => Indexing::Without,
        false => Indexing::Used,
    };
    let dir = &args.sessions.dir;
    let library = Library::open(dir, indexing)?;
    for trouble in &library.troubles {
        eprintln!("verbatim: {trouble}");
    }
    let found = library.search(&wanted)?;
    if args.json {
        let hits = in_json(&found.hits, dir);
        print_json(&json!({ "total": found.total, "hits": hits }))?;
    } else {
        print(&found, dir)?;
    }
    match found.total {
        0 => Err(Error::new(
            ErrorKind::Session,
            format!("nothing like that is said in {}", dir.display()),
        )
        .hint("a star finds words by their beginning, as in spread*")),
        _ => Ok(Outcome::Done),
    }
}

fn print(found: &Found, dir: &Path) -> Result<()> {
    let mut folder = None;
    for hit in &found.hits {
        if folder != Some(&hit.folder) {
            let day = hit.started_at.get(..10).unwrap_or(&hit.started_at);
            let name = dir.join(&hit.folder);
            let head = Line::default()
                .add(Ink::Strong, format!("{day}  {}", hit.title))
                .add(Ink::Faint, format!("  {}", name.display()));
            if folder.is_some() {
                print_line("")?;
            }
            print_ink(&head)?;
            folder = Some(&hit.folder);
        }
        let clips = clips(hit, &found.hits);
        // The words of a clip stand where they are said, with the clip's id.
        if hit.passage.kind == PassageKind::Clip && !clips.is_empty() {
            continue;
        }
        let line = line(hit);
        print_ink(&match clips.is_empty() {
            true => line,
            false => line.add(Ink::Faint, format!("  ({})", clips.join(", "))),
        })?;
    }
    if found.total > found.hits.len() {
        eprintln!(
            "verbatim: {} of {} places; --limit 0 shows all",
            found.hits.len(),
            found.total
        );
    }
    Ok(())
}

/// The clips in which the words of a hit are heard, if they are found where they are said, too.
fn clips<'a>(hit: &Hit, hits: &'a [Hit]) -> Vec<&'a str> {
    let here = |other: &&Hit| {
        (&other.folder, other.at_ms, other.passage.track)
            == (&hit.folder, hit.at_ms, hit.passage.track)
    };
    let of = |kind| {
        let here = hits.iter().filter(here);
        here.filter(move |other| other.passage.kind == kind)
    };
    match of(PassageKind::Said).next() {
        Some(_) => of(PassageKind::Clip)
            .map(|clip| clip.passage.id.as_str())
            .collect(),
        None => Vec::new(),
    }
}

/// A hit in one line: when, who, what, with the words that were looked for.
fn line(hit: &Hit) -> Line {
    let at = clock(hit.at_ms / 1_000 * 1_000);
    let passage = &hit.passage;
    let by = |what: &str| match passage.speaker.as_str() {
        "" => format!("{what} {}", passage.id),
        name => format!("{what} {} by {name}", passage.id),
    };
    let who = match passage.kind {
        PassageKind::Said => passage.speaker.clone(),
        PassageKind::Note => by("note to"),
        PassageKind::Clip => format!("clip {} of {}", passage.id, passage.speaker),
    };
    let mut line = Line::default()
        .add(Ink::Plain, format!("  {at:>8}  "))
        .add(Ink::Faint, format!("{who}: "));
    let mut from = 0;
    for &(start, end) in &hit.marks {
        line = line
            .add(Ink::Plain, &hit.snippet[from..start])
            .add(Ink::Strong, &hit.snippet[start..end]);
        from = end;
    }
    line.add(Ink::Plain, &hit.snippet[from..])
}

/// Hits for programs, each with a link into the sound.
fn in_json(hits: &[Hit], dir: &Path) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut session: Option<(&str, Vec<TrackManifest>)> = None;
    for hit in hits {
        // Hits of a session follow each other, and so its manifest is read once.
        if session
            .as_ref()
            .is_none_or(|(known, _)| *known != hit.folder)
        {
            let path = dir.join(&hit.folder).join("session.json");
            // What a session without a readable manifest says is found all the same.
            let tracks = documents::read::<Manifest>(&path).map(|manifest| manifest.tracks);
            session = Some((&hit.folder, tracks.unwrap_or_default()));
        }
        let tracks = session.as_ref().map_or(&[][..], |(_, tracks)| tracks);
        rows.push(row(hit, tracks, &dir.join(&hit.folder)));
    }
    rows
}

fn row(hit: &Hit, tracks: &[TrackManifest], folder: &Path) -> Value {
    // Programs count characters, not bytes.
    let characters = |at: usize| hit.snippet[..at].chars().count();
    let marks: Vec<[usize; 2]> = hit
        .marks
        .iter()
        .map(|&(from, to)| [characters(from), characters(to)])
        .collect();
    let passage = &hit.passage;
    json!({
        "session": hit.session,
        "folder": folder.display().to_string(),
        "title": hit.title,
        "started_at": hit.started_at,
        "kind": match passage.kind {
            PassageKind::Said => "said",
            PassageKind::Note => "note",
            PassageKind::Clip => "clip",
        },
        "id": passage.id,
        "speaker": passage.speaker,
        "role": passage.role,
        "track": passage.track,
        "at_ms": hit.at_ms,
        "start_ms": passage.start_ms,
        "end_ms": passage.end_ms,
        "snippet": hit.snippet,
        "marks": marks,
        "text": passage.text,
        "link": link(hit, tracks).map(|link| format!("{}/{link}", folder.display())),
    })
}

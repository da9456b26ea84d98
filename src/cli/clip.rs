//! `verbatim clip` and `verbatim clips`: sound, quote and JSON, cut out of a session.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde_json::json;
use verbatim::audio::Track;
use verbatim::batch::clip::{ClipOptions, Cutter, Edges, Found, Hides, Stretch};
use verbatim::clip::find::is_clear;
use verbatim::clip::page::page;
use verbatim::document::clip::{Clip, ClipDocument};
use verbatim::export::call::{Call, Said};
use verbatim::mark::when::{self, clock};
use verbatim::store::clip::Format;
use verbatim::store::folder::SessionFolder;
use verbatim::store::{documents, files};
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, kinds, session_folder};
use super::consent::{PublicArgs, settle};
use super::exit::Outcome;
use crate::view::markers::{print_json, print_line};
use crate::view::text::{Names, plain, wrapped};
use crate::view::tty;

/// Length of a fade unless one is asked for, in milliseconds.
const FADE_MS: u64 = 10;

/// How clips are made.
#[derive(Debug, Clone, Args)]
struct How {
    /// Hear this track alone: mic or system [default: both, mixed]
    #[arg(long, value_name = "TRACK")]
    track: Vec<Track>,

    /// How the sound is written
    #[arg(long, value_enum, default_value_t = FormatArg::Wav)]
    format: FormatArg,

    /// Length of the fade at each end, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = FADE_MS, value_parser = clap::value_parser!(u64).range(0..=5_000))]
    fade: u64,

    /// Leave out what `verbatim redact` names: its text is replaced, and a tone stands in its place
    #[arg(long)]
    redacted: bool,

    #[command(flatten)]
    public: PublicArgs,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// How the sound of a clip is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FormatArg {
    /// WAV, 48 kHz, 16 bit
    Wav,
    /// FLAC: the same samples, about half as long
    Flac,
    /// Opus: sounds alike, a fifteenth as long, for mail and chat
    Opus,
}

impl How {
    fn options(&self) -> ClipOptions {
        ClipOptions {
            tracks: self.track.clone(),
            format: match self.format {
                FormatArg::Wav => Format::Wav,
                FormatArg::Flac => Format::Flac,
                FormatArg::Opus => Format::Opus,
            },
            fade_ms: self.fade,
            hides: match self.redacted {
                true => Hides::Redacted,
                false => Hides::Nothing,
            },
        }
    }
}

/// Arguments of `clip`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("what").required(true),
    after_help = "\
Examples:
  verbatim clip last --quote \"thirteen hours every week\"
  verbatim clip last --marker m0003 --track system
  verbatim clip last --from 12:03 --to 12:40 --format flac --out ~/research
  verbatim clip last --turn 7

The clip goes into the session's folder clips with a JSON beside it: times, words, speaker, marker, \
consent, hash, and a W3C Web Annotation. Its edges are moved to the edges of words and to the quietest \
place near them."
)]
pub struct ClipArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// The stretch of a marker
    #[arg(long, value_name = "ID", group = "what")]
    marker: Option<String>,

    /// Words as you remember them
    #[arg(long, value_name = "TEXT", group = "what")]
    quote: Option<String>,

    /// Which of the places where a quote may be said, from 1
    #[arg(long, value_name = "N", requires = "quote")]
    pick: Option<usize>,

    /// Where the clip begins
    #[arg(long, value_name = "TIME", value_parser = when::time, group = "what", requires = "to")]
    from: Option<u64>,

    /// Where the clip ends
    #[arg(long, value_name = "TIME", value_parser = when::time, requires = "from")]
    to: Option<u64>,

    /// A turn, by its id or number in turns.json
    #[arg(long, value_name = "N", group = "what")]
    turn: Option<String>,

    /// Cut at the very times of --from and --to
    #[arg(long, requires = "from")]
    exact: bool,

    /// Also copy the clip and its JSON into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Print the clip's JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    how: How,
}

/// Cuts a clip.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is no such place, or several are as likely,
/// [`ErrorKind::PermissionDenied`] when consent does not cover what it is for,
/// [`ErrorKind::Disk`] when it cannot be written.
pub fn clip(args: ClipArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.how.sessions.dir)?)?;
    let mut cutter = Cutter::open(&folder)?;
    let lacks = args.how.public.check(&cutter.call().manifest)?;
    let stretch = stretch(&args, &cutter)?;
    let document = cutter.cut(&stretch, &args.how.options())?;
    settle(lacks, &mut cutter, std::slice::from_ref(&document))?;
    let folder = match &args.out {
        Some(out) => {
            copy(&folder, &document, out)?;
            out.clone()
        }
        None => folder.clips(),
    };
    if args.json {
        print_json(&document)?;
    } else {
        print_line(&folder.join(&document.clip.media.file).display().to_string())?;
        print_line(&shown(&document))?;
    }
    Ok(Outcome::Done)
}

fn stretch(args: &ClipArgs, cutter: &Cutter) -> Result<Stretch> {
    if let Some(id) = &args.marker {
        return cutter.marker(id);
    }
    if let Some(turn) = &args.turn {
        return cutter.turn(turn);
    }
    if let Some(quote) = &args.quote {
        let found = picked(cutter.find(quote), args, cutter.call())?;
        return Ok(Stretch {
            start_ms: found.start_ms,
            end_ms: found.end_ms,
            edges: Edges::Snapped,
            marker: None,
        });
    }
    Ok(Stretch {
        start_ms: args.from.unwrap_or_default(),
        end_ms: args.to.unwrap_or_default(),
        edges: if args.exact {
            Edges::Exact
        } else {
            Edges::Snapped
        },
        marker: None,
    })
}

/// The place that is meant; shows what there is to choose from where that is not clear.
fn picked(mut found: Vec<Found>, args: &ClipArgs, call: &Call) -> Result<Found> {
    let scores: Vec<f64> = found.iter().map(|found| found.score).collect();
    match args.pick {
        Some(n) if (1..=found.len()).contains(&n) => return Ok(found.swap_remove(n - 1)),
        None if is_clear(&scores) => return Ok(found.swap_remove(0)),
        _ => {}
    }
    if found.is_empty() {
        return Err(
            Error::new(ErrorKind::Usage, "nobody says anything like that")
                .hint("verbatim show prints the text as it was recognised"),
        );
    }
    if args.json {
        let rows = found.iter().map(|f| {
            json!({
                "track": f.track, "start_ms": f.start_ms, "end_ms": f.end_ms, "text": f.text,
                "score": (f.score * 1e4).round() / 1e4,
            })
        });
        print_json(&json!({ "candidates": rows.collect::<Vec<_>>() }))?;
    }
    let names = Names::of(&call.transcript.speakers);
    for (n, found) in found.iter().enumerate() {
        let line = format!(
            "{:>3}  {:>3.0} %  {:>8}  {}: {}",
            n + 1,
            found.score * 100.0,
            clock(found.start_ms / 1_000 * 1_000),
            names.get(found.track),
            around(found, call)
        );
        let line = plain(&line);
        eprintln!(
            "{}",
            match tty::can_pin() {
                true => wrapped(&line, tty::size().0),
                false => line,
            }
        );
    }
    Err(Error::new(
        ErrorKind::Usage,
        format!("the quote may be said in {} places", found.len()),
    )
    .hint("choose one with --pick"))
}

/// A quote in quotation marks, among the words of its segment: a word alone is nothing to choose by.
fn around(found: &Found, call: &Call) -> String {
    let here = |said: &&Said| {
        said.track == found.track && (said.start_ms..said.end_ms).contains(&found.start_ms)
    };
    let quoted = format!("\"{}\"", found.text);
    let said = call.said.iter().find(here);
    let inside = said.and_then(|said| {
        let first = said
            .words
            .iter()
            .position(|w| w.start_ms >= found.start_ms)?;
        let count = found.text.split_whitespace().count();
        let texts: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
        let (before, rest) = texts.split_at(first);
        let (quote, after) = rest.split_at_checked(count)?;
        let same = quote.join(" ") == found.text;
        same.then(|| format!("{} {quoted} {}", before.join(" "), after.join(" ")))
    });
    inside.map_or(quoted, |text| text.trim().to_owned())
}

/// Arguments of `clips`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim clips last                                     list the clips of a session
  verbatim clips last --all-markers --out acme-clips      a clip of each marker, and index.html
  verbatim clips last --all-markers --kind pain --out pains --public")]
pub struct ClipsArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Cut a clip of each marker
    #[arg(long, requires = "out")]
    all_markers: bool,

    /// Only of markers of this kind; may be given more than once
    #[arg(long, value_name = "KIND", requires = "all_markers")]
    kind: Vec<String>,

    /// Folder for clips, JSON and index.html, which plays them without a network
    #[arg(long, value_name = "DIR", requires = "all_markers")]
    out: Option<PathBuf>,

    /// Print the clips as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    how: How,
}

/// Lists clips, or makes a pack of them.
///
/// # Errors
///
/// As [`clip`].
pub fn clips(args: ClipsArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.how.sessions.dir)?)?;
    let Some(out) = args.out.as_deref().filter(|_| args.all_markers) else {
        return list(&documents::read_clips(folder.path())?, args.json);
    };
    let mut cutter = Cutter::open(&folder)?;
    let lacks = args.how.public.check(&cutter.call().manifest)?;
    let wanted = |kind: &String| args.kind.is_empty() || args.kind.contains(kind);
    let markers = cutter.call().markers.iter().filter(|m| wanted(&m.kind));
    let ids: Vec<String> = markers.map(|marker| marker.id.clone()).collect();
    if ids.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "there are no such markers")
            .hint("set some with verbatim mark SESSION --at TIME"));
    }
    let mut made = Vec::new();
    for id in &ids {
        let stretch = cutter.marker(id)?;
        let document = cutter.cut(&stretch, &args.how.options())?;
        copy(&folder, &document, out)?;
        made.push(document);
    }
    settle(lacks, &mut cutter, &made)?;
    let index = out.join("index.html");
    let title = cutter.told(args.how.options().hides)?.title();
    files::replace(&index, page(&title, &made, &kinds()?).as_bytes())?;
    if args.json {
        print_json(&made)?;
    } else {
        for document in &made {
            print_line(&shown(document))?;
        }
        print_line(&index.display().to_string())?;
    }
    Ok(Outcome::Done)
}

fn list(clips: &[Clip], json: bool) -> Result<Outcome> {
    if json {
        print_json(&clips)?;
        return Ok(Outcome::Done);
    }
    for clip in clips {
        let text = clip.said.first().map_or("", |quote| &quote.text);
        let at = clock(clip.start_ms / 1_000 * 1_000);
        print_line(&format!(
            "{}  {at:>8}  {}  {text}",
            clip.id, clip.media.file
        ))?;
    }
    if clips.is_empty() {
        eprintln!("no clips");
    }
    Ok(Outcome::Done)
}

/// Copies a clip and its JSON out of the session.
fn copy(folder: &SessionFolder, document: &ClipDocument, out: &Path) -> Result<()> {
    files::create_folders(out)?;
    let names = [
        document.clip.media.file.clone(),
        format!("{}.json", document.clip.id),
    ];
    for name in names {
        let from = folder.clips().join(&name);
        let bytes = std::fs::read(&from).map_err(|e| Error::io("read", &from, e))?;
        files::replace(&out.join(&name), &bytes)?;
    }
    Ok(())
}

/// A clip in one line.
fn shown(document: &ClipDocument) -> String {
    let clip = &document.clip;
    let said = clip
        .said
        .iter()
        .map(|q| format!("{}: \"{}\"", q.label, q.text));
    format!(
        "{}  {} to {}  {}",
        clip.id,
        clock(clip.start_ms),
        clock(clip.end_ms),
        said.collect::<Vec<_>>().join("  ")
    )
}

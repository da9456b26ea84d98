//! `verbatim redact`: what must not leave a session.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use verbatim::batch::edit::Editor;
use verbatim::batch::redact::{Plan, Wish, plan};
use verbatim::document::redaction::{RedactionKind, RedactionSource};
use verbatim::mark::when::clock;
use verbatim::redact::people::forms;
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::ink::{Ink, Line};
use crate::view::markers::{print_ink, print_json};

/// Arguments of `redact`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim redact last --preview
  verbatim redact last --name \"Anna Kovács, Annie\" --name Acme
  verbatim redact last --kinds names,emails,phones,numbers --names people.txt
  verbatim export last --redacted --as docx
  verbatim clips last --all-markers --redacted --out pack

Names are those that you give, those of the speakers, and those that are announced (\"my name is\", \
\"thank you, Eva\"); a name that nothing announces has to be given. The same person is P01 in every \
session: people.json beside the sessions is the key, for you alone. Nothing in the session is changed; \
exports and clips made with --redacted have other words, and a tone in the place of the sound.")]
pub struct RedactArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// Kinds of thing to replace [default: those of the last time, or names,emails,phones]
    #[arg(long, value_name = "KINDS", value_enum, value_delimiter = ',')]
    kinds: Vec<KindArg>,

    /// A name, and others of the same person after commas; may be given more than once
    #[arg(long, value_name = "NAME[,NAME]")]
    name: Vec<String>,

    /// A file of names, a person a line
    #[arg(long, value_name = "FILE")]
    names: Option<PathBuf>,

    /// A word that stays; may be given more than once
    #[arg(long, value_name = "WORD")]
    keep: Vec<String>,

    /// Only show what would be replaced
    #[arg(long)]
    preview: bool,

    /// Print rules and places as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// A kind of thing that is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum KindArg {
    /// Names of people, and what you give as a name
    Names,
    /// E-mail addresses, written or read out
    Emails,
    /// Telephone numbers
    Phones,
    /// Numbers, in digits and English words
    Numbers,
}

impl From<KindArg> for RedactionKind {
    fn from(arg: KindArg) -> RedactionKind {
        match arg {
            KindArg::Names => RedactionKind::Name,
            KindArg::Emails => RedactionKind::Email,
            KindArg::Phones => RedactionKind::Phone,
            KindArg::Numbers => RedactionKind::Number,
        }
    }
}

/// Says what must not leave a session, and shows it.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the session is still being recorded, [`ErrorKind::Disk`] when it cannot
/// be written.
pub fn run(args: RedactArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let mut given = args.name.clone();
    if let Some(file) = &args.names {
        given.extend(lines(file)?);
    }
    let wish = Wish {
        kinds: args.kinds.iter().map(|kind| (*kind).into()).collect(),
        people: given
            .iter()
            .map(|line| person(line))
            .collect::<Result<_>>()?,
        keep: args.keep,
    };
    // Who only looks needs no right to write, and waits for nobody who has it.
    let mut editor = match args.preview {
        true => None,
        false => Some(Editor::open(&folder)?),
    };
    let plan = match &editor {
        Some(editor) => plan(&folder, editor.documents(), &wish)?,
        None => plan(&folder, &documents::fold_folder(&folder)?, &wish)?,
    };
    if args.json {
        print_json(&json!({
            "kinds": plan.rules.kinds, "rules": plan.rules.rules, "keep": plan.rules.keep,
            "found": plan.found,
        }))?;
    } else {
        print(&plan)?;
    }
    match &mut editor {
        Some(editor) => editor.redact(plan)?,
        None => {
            eprintln!(
                "nothing was written; without --preview this holds for exports with --redacted"
            );
        }
    }
    Ok(Outcome::Done)
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    let lines = text.lines().map(str::trim);
    let named = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(named.map(str::to_owned).collect())
}

/// Every name of a person: the first in full and in parts, and the others.
fn person(line: &str) -> Result<Vec<String>> {
    let names: Vec<&str> = line
        .split(',')
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .collect();
    let Some((first, others)) = names.split_first() else {
        return Err(Error::new(ErrorKind::Usage, "a name is empty")
            .hint("as in --name \"Anna Kovács, Annie\""));
    };
    let mut all = forms(first);
    all.extend(others.iter().map(|name| (*name).to_owned()));
    Ok(all)
}

/// A line for each text that is replaced: how often, by what, and where first.
fn print(plan: &Plan) -> Result<()> {
    let mut places: BTreeMap<(RedactionKind, &str, String), Vec<u64>> = BTreeMap::new();
    for found in &plan.found {
        let key = (
            found.kind,
            found.instead.as_str(),
            found.text.to_lowercase(),
        );
        places.entry(key).or_default().push(found.start_ms);
    }
    for ((kind, instead, text), times) in &places {
        let first = clock(times[0] / 1_000 * 1_000);
        let line = Line::default()
            .add(Ink::Plain, format!("{:<7}", name(*kind)))
            .add(Ink::Strong, text)
            .to(36)
            .add(Ink::Plain, format!("  {instead:<12}"))
            .add(Ink::Faint, format!("  {} x, first at {first}", times.len()));
        print_ink(&line)?;
    }
    let silent = plan.rules.rules.iter().filter(|rule| {
        plan.rules.kinds.contains(&rule.kind)
            && rule.source != RedactionSource::Detected
            && !plan.found.iter().any(|found| found.instead == rule.instead)
    });
    for rule in silent {
        let line = Line::default()
            .add(Ink::Plain, format!("{:<7}", name(rule.kind)))
            .add(Ink::Faint, &rule.text)
            .to(36)
            .add(Ink::Faint, format!("  {:<12}  never said", rule.instead));
        print_ink(&line)?;
    }
    if plan.found.is_empty() {
        eprintln!("nothing that is said would be replaced");
    }
    Ok(())
}

fn name(kind: RedactionKind) -> &'static str {
    match kind {
        RedactionKind::Name => "name",
        RedactionKind::Email => "e-mail",
        RedactionKind::Phone => "phone",
        RedactionKind::Number => "number",
    }
}

//! What the people in a call agreed to, and what is made all the same.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};
use verbatim::batch::clip::Cutter;
use verbatim::batch::edit::Editor;
use verbatim::clip::describe::consent;
use verbatim::document::clip::ClipDocument;
use verbatim::document::common::ConsentScope;
use verbatim::document::manifest::Manifest;
use verbatim::event::{ConsentRecorded, ConsentWithdrawn};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::markers::{print_json, print_line};
use crate::view::text::minute;

/// What a recording may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ScopeArg {
    /// The sound may be recorded
    Record,
    /// It may be written down
    Transcribe,
    /// It may be quoted among those who do the research
    QuoteInternally,
    /// It may be quoted to anybody
    QuotePublicly,
}

impl From<ScopeArg> for ConsentScope {
    fn from(arg: ScopeArg) -> ConsentScope {
        match arg {
            ScopeArg::Record => ConsentScope::Record,
            ScopeArg::Transcribe => ConsentScope::Transcribe,
            ScopeArg::QuoteInternally => ConsentScope::QuoteInternally,
            ScopeArg::QuotePublicly => ConsentScope::QuotePublicly,
        }
    }
}

impl ScopeArg {
    fn name(scope: ConsentScope) -> &'static str {
        match scope {
            ConsentScope::Record => "record",
            ConsentScope::Transcribe => "transcribe",
            ConsentScope::QuoteInternally => "quote-internally",
            ConsentScope::QuotePublicly => "quote-publicly",
        }
    }
}

/// Arguments of `consent`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  verbatim consent last                          what was noted
  verbatim consent last \"by mail: may be quoted with her name\" --scope quote-publicly
  verbatim consent last \"by mail, 3 December\" --withdraw
  verbatim consent last --withdraw --scope quote-publicly

For what is agreed after the call, and for recordings that were made elsewhere; during a call it is \
verbatim record --consent. Every note stays, and what any of them covers is covered, until it is \
withdrawn: then nothing is written down any more, and exports and clips are refused. What was made \
before is where it was put; the program deletes nothing.")]
pub struct ConsentArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// What was agreed, in your words
    text: Option<String>,

    /// What the recording may be used for, separated by commas; each covers those before it
    #[arg(long, value_name = "SCOPES", value_enum, value_delimiter = ',')]
    scope: Vec<ScopeArg>,

    /// They take it back: all of it, or what --scope names and whatever is built on it
    #[arg(long)]
    withdraw: bool,

    /// Print the notes as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Keeps what was agreed after a call, or taken back, and tells what was noted.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when the note is empty, [`ErrorKind::Session`] when the session is still being
/// recorded, [`ErrorKind::Disk`] when it cannot be written.
pub fn run(args: ConsentArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    let named = args.scope.iter().map(|&scope| ConsentScope::from(scope));
    let all = ScopeArg::value_variants().iter().map(|&scope| scope.into());
    if args.withdraw {
        // Who may not be written down may not be quoted either.
        let least: Option<ConsentScope> = named.min();
        let scopes = all.filter(|scope: &ConsentScope| least.is_none_or(|least| *scope >= least));
        Editor::open(&folder)?.withdraw(ConsentWithdrawn {
            scopes: scopes.collect(),
            text: args.text.unwrap_or_default(),
        })?;
    } else if args.text.is_some() || !args.scope.is_empty() {
        // Who may be quoted may be recorded and written down.
        let most: Option<ConsentScope> = named.max();
        let scopes = all.filter(|scope: &ConsentScope| Some(*scope) <= most);
        Editor::open(&folder)?.consent(ConsentRecorded {
            scopes: scopes.collect(),
            text: args.text.unwrap_or_default(),
        })?;
    }
    let manifest: Manifest = documents::read(&folder.manifest())?;
    if args.json {
        print_json(&in_json(&manifest))?;
        return Ok(Outcome::Done);
    }
    for note in &manifest.consent {
        print_line(&line(&note.at, &note.text, "covers", &note.scopes))?;
    }
    for note in &manifest.withdrawn {
        let text = format!("withdrawn {}", note.text);
        print_line(&line(&note.at, &text, "covers no longer", &note.scopes))?;
    }
    if manifest.consent.is_empty() && manifest.withdrawn.is_empty() {
        eprintln!("no consent was noted");
    }
    Ok(Outcome::Done)
}

/// The notes, and after them the withdrawals, which tell their scopes as `withdrawn`.
fn in_json(manifest: &Manifest) -> Vec<Value> {
    let notes = manifest.consent.iter().map(|note| json!(note));
    let withdrawn = manifest
        .withdrawn
        .iter()
        .map(|note| json!({ "text": note.text, "at": note.at, "withdrawn": note.scopes }));
    notes.chain(withdrawn).collect()
}

fn line(at: &str, text: &str, what: &str, scopes: &[ConsentScope]) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = format!("{}  {}", minute(at), words.join(" "));
    let scopes: Vec<&str> = scopes.iter().map(|&scope| ScopeArg::name(scope)).collect();
    if !scopes.is_empty() {
        let gap = if words.is_empty() { "" } else { "  " };
        line.push_str(&format!("{gap}{what}: {}", scopes.join(", ")));
    }
    line
}

/// For whom something is made.
#[derive(Debug, Clone, clap::Args)]
pub struct PublicArgs {
    /// It is for anybody to see or hear: refuse what consent does not cover
    #[arg(long)]
    pub public: bool,

    /// Make it although consent does not cover it, or was withdrawn; the session keeps a note of that
    #[arg(long)]
    pub force: bool,
}

impl PublicArgs {
    /// What would be needed and is not covered: publishing what nobody said may be published, and any
    /// use that was withdrawn.
    fn lacks(&self, manifest: &Manifest) -> Option<ConsentScope> {
        if manifest.refuses(ConsentScope::QuoteInternally) {
            return Some(ConsentScope::QuoteInternally);
        }
        let public = self.public && !consent(manifest).contains(&ConsentScope::QuotePublicly);
        public.then_some(ConsentScope::QuotePublicly)
    }

    /// Refuses what is not covered, unless forced; tells what has to be noted then.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PermissionDenied`].
    pub fn check(&self, manifest: &Manifest) -> Result<Option<ConsentScope>> {
        let lacks = self.lacks(manifest);
        let what = match lacks {
            None => return Ok(None),
            Some(_) if self.force => return Ok(lacks),
            Some(ConsentScope::QuotePublicly) if manifest.refuses(ConsentScope::QuotePublicly) => {
                "the consent to be quoted publicly was withdrawn, so nothing is made public"
            }
            Some(ConsentScope::QuotePublicly) if manifest.consent.is_empty() => {
                "no consent was noted, so nothing is made public"
            }
            Some(ConsentScope::QuotePublicly) => {
                "the consent that was noted does not say that it may be quoted publicly, so nothing is \
                 made public"
            }
            Some(_) => "the consent was withdrawn, so nothing of this session is handed on",
        };
        let agree = match lacks {
            Some(scope) => ScopeArg::name(scope),
            None => "",
        };
        Err(Error::new(ErrorKind::PermissionDenied, what).hint(format!(
            "verbatim consent SESSION --scope {agree} notes that they agreed; --force makes it all the \
             same, and the session keeps a note of that"
        )))
    }
}

/// Keeps a note in the session that clips were made although consent does not cover them.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when the log cannot be written.
pub fn settle(
    lacks: Option<ConsentScope>,
    cutter: &mut Cutter,
    made: &[ClipDocument],
) -> Result<()> {
    let ids = made.iter().map(|document| document.clip.id.clone());
    match lacks {
        Some(scope) => cutter.override_consent(scope, ids.collect()),
        None => Ok(()),
    }
}

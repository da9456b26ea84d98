//! What the people in a call agreed to, and what is made all the same.

use std::path::PathBuf;

use clap::ValueEnum;
use verbatim::batch::clip::Cutter;
use verbatim::batch::edit::Editor;
use verbatim::clip::describe::consent;
use verbatim::document::clip::ClipDocument;
use verbatim::document::common::ConsentScope;
use verbatim::document::manifest::{Consent, Manifest};
use verbatim::event::ConsentRecorded;
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::{Error, ErrorKind, Result};

use super::args::{SessionsDir, session_folder};
use super::exit::Outcome;
use crate::view::markers::{print_json, print_line};

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
  verbatim consent last \"by mail, 27 November: may be quoted with her name\" --scope quote-publicly

For what is agreed after the call, and for recordings that were made elsewhere; during a call it is
verbatim record --consent. Every note stays, and what any of them covers is covered.")]
pub struct ConsentArgs {
    /// Session: its folder, the folder's name, or `last`
    session: PathBuf,

    /// What was agreed, in your words
    text: Option<String>,

    /// What the recording may be used for, separated by commas; each covers those before it
    #[arg(long, value_name = "SCOPES", value_enum, value_delimiter = ',')]
    scope: Vec<ScopeArg>,

    /// Print the notes as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    sessions: SessionsDir,
}

/// Keeps what was agreed after a call, and tells what was noted.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when the note is empty, [`ErrorKind::Session`] when the session is still being
/// recorded, [`ErrorKind::Disk`] when it cannot be written.
pub fn run(args: ConsentArgs) -> Result<Outcome> {
    let folder = SessionFolder::open(&session_folder(&args.session, &args.sessions.dir)?)?;
    if args.text.is_some() || !args.scope.is_empty() {
        // Who may be quoted may be recorded and written down.
        let most: Option<ConsentScope> = args.scope.iter().map(|&scope| scope.into()).max();
        let all = ScopeArg::value_variants().iter().map(|&scope| scope.into());
        let scopes = all
            .filter(|scope: &ConsentScope| Some(*scope) <= most)
            .collect();
        let text = args.text.unwrap_or_default();
        Editor::open(&folder)?.consent(ConsentRecorded { text, scopes })?;
    }
    let manifest: Manifest = documents::read(&folder.manifest())?;
    if args.json {
        print_json(&manifest.consent)?;
        return Ok(Outcome::Done);
    }
    for consent in &manifest.consent {
        print_line(&line(consent))?;
    }
    if manifest.consent.is_empty() {
        eprintln!("no consent was noted");
    }
    Ok(Outcome::Done)
}

fn line(consent: &Consent) -> String {
    let words: Vec<&str> = consent.text.split_whitespace().collect();
    let scopes: Vec<&str> = consent.scopes.iter().map(|&s| ScopeArg::name(s)).collect();
    let parts = [words.join(" "), scopes.join(", ")];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}  {}", consent.at, parts.join("  covers: ").trim())
}

/// For whom something is made.
#[derive(Debug, Clone, clap::Args)]
pub struct PublicArgs {
    /// It is for anybody to see or hear: refuse what consent does not cover
    #[arg(long)]
    pub public: bool,

    /// Make it all the same; the session keeps a note of that
    #[arg(long, requires = "public")]
    pub force: bool,
}

impl PublicArgs {
    /// Refuses what is for the public and not covered, unless forced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PermissionDenied`].
    pub fn check(&self, manifest: &Manifest) -> Result<()> {
        if !self.public || self.force || covers(manifest) {
            return Ok(());
        }
        let noted = match manifest.consent.is_empty() {
            true => "no consent was noted",
            false => "the consent that was noted does not say that it may be quoted publicly",
        };
        Err(Error::new(
            ErrorKind::PermissionDenied,
            format!("{noted}, so nothing is made public"),
        )
        .hint(
            "verbatim consent SESSION --scope quote-publicly notes that they agreed; --force makes it all \
             the same, and the session keeps a note of that",
        ))
    }

    /// Keeps a note in the session if something was forced.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the log cannot be written.
    pub fn settle(&self, cutter: &mut Cutter, made: &[ClipDocument]) -> Result<()> {
        if !self.public || covers(&cutter.call().manifest) {
            return Ok(());
        }
        let ids = made.iter().map(|document| document.clip.id.clone());
        cutter.override_consent(ConsentScope::QuotePublicly, ids.collect())
    }
}

fn covers(manifest: &Manifest) -> bool {
    consent(manifest).contains(&ConsentScope::QuotePublicly)
}

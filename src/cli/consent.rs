//! What the people in a call agreed to, and what is made all the same.

use verbatim::batch::clip::Cutter;
use verbatim::clip::describe::consent;
use verbatim::document::clip::ClipDocument;
use verbatim::document::common::ConsentScope;
use verbatim::document::manifest::Manifest;
use verbatim::{Error, ErrorKind, Result};

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
            "record with --consent-scope record,transcribe,quote-publicly; --force makes it all the \
             same, and the session keeps a note of that",
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

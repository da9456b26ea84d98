//! What the people in a call agreed to, and what is made all the same.

use verbatim::document::common::ConsentScope;

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

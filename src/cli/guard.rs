//! What `record` watches over, and what it may keep.

use std::time::Duration;

use clap::Args;
use verbatim::document::common::ConsentScope;
use verbatim::event::{ConsentRecorded, NoAudio};
use verbatim::session::Guards;
use verbatim::{Error, ErrorKind, Result};

use super::args::{LengthError, parse_length};

/// Guards of `record`.
#[derive(Debug, Args)]
pub struct GuardArgs {
    /// Length that the call is planned to have, such as 45m: shown beside the time, and told when it is
    /// over. `--for` stops
    #[arg(long = "planned", value_name = "LENGTH", value_parser = parse_length)]
    expected: Option<Duration>,

    /// Stop when nobody has spoken for this long, such as 20m, and say so at half of it; `off` says
    /// nothing either [default: say so after 10m, and go on]
    #[arg(long, value_name = "LENGTH", value_parser = parse_limit)]
    stop_after_silence: Option<Limit>,

    /// Stop when the disk has room for less than this, such as 1m, so that everything is complete; `off`
    /// goes on until it is full
    #[arg(long, value_name = "LENGTH", value_parser = parse_limit, default_value = "1m")]
    keep_free: Limit,

    /// Keep no audio and no text, for a call that may not be recorded: only markers and notes, or with
    /// `timing` also when each side speaks
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "markers",
        conflicts_with = "cpu"
    )]
    no_audio: Option<NoAudioArg>,

    /// Refuse to start without --consent or --consent-scope
    #[arg(long, env = "VERBATIM_REQUIRE_CONSENT", value_parser = clap::builder::FalseyValueParser::new())]
    require_consent: bool,
}

/// What a session without audio keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum NoAudioArg {
    /// Markers and notes; no device is opened
    Markers,
    /// Those, and when each side speaks
    Timing,
}

/// A length, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    After(Duration),
    Off,
}

impl Limit {
    fn length(self) -> Option<Duration> {
        match self {
            Limit::After(length) => Some(length),
            Limit::Off => None,
        }
    }
}

fn parse_limit(text: &str) -> std::result::Result<Limit, LengthError> {
    match text {
        "off" => Ok(Limit::Off),
        length => parse_length(length).map(Limit::After),
    }
}

impl GuardArgs {
    /// What the session watches over.
    pub fn guards(&self) -> Guards {
        let usual = Guards::default();
        let (nudge, stop_after_silence) = match self.stop_after_silence {
            None => (usual.nudge, None),
            Some(Limit::Off) => (None, None),
            Some(Limit::After(length)) => (Some(length / 2), Some(length)),
        };
        Guards {
            expected: self.expected,
            nudge,
            stop_after_silence,
            keep_free: self.keep_free.length(),
            ..usual
        }
    }

    /// The planned length.
    pub fn planned(&self) -> Option<Duration> {
        self.expected
    }

    /// What is kept where no audio may be.
    pub fn no_audio(&self) -> Option<NoAudio> {
        self.no_audio.map(|what| match what {
            NoAudioArg::Markers => NoAudio::Markers,
            NoAudioArg::Timing => NoAudio::Timing,
        })
    }

    /// Refuses to listen to people who have not agreed, where that is required. Markers and notes alone
    /// need nobody's consent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`], with what to type.
    pub fn check(&self, consent: Option<&ConsentRecorded>) -> Result<()> {
        if !self.require_consent || self.no_audio == Some(NoAudioArg::Markers) {
            return Ok(());
        }
        let fault = match consent {
            None => "consent is required and none is noted",
            Some(consent)
                if self.no_audio.is_none() && !ConsentScope::Record.is_within(&consent.scopes) =>
            {
                "consent is required and what is noted does not cover a recording"
            }
            Some(_) => return Ok(()),
        };
        Err(Error::new(ErrorKind::Usage, fault).hint(
            "ask, and type what was agreed: --consent \"Anna agreed, 14:02\" --consent-scope \
             record,transcribe; without a yes, --no-audio keeps markers and notes",
        ))
    }
}

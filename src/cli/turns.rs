//! `verbatim turns`: who spoke when, by voice activity alone.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use verbatim::batch::intake::{self, Channels, Layout};
use verbatim::batch::listen;
use verbatim::engine;
use verbatim::voice::DetectorMaker;
use verbatim::{Error, ErrorKind, Result};

use super::exit::Outcome;
use crate::view::progress::Progress;

/// Arguments of `turns`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim turns call.wav                      stereo: left is mic, right is system
  verbatim turns interviewer.wav customer.wav | jq '.tracks[] | {track, talk_share}'
  verbatim turns call.wav | jq '.silences[] | select(.end_ms - .start_ms >= 2000)'

Needs no model. The document's schema: verbatim schema turns")]
pub struct TurnsArgs {
    /// One file with a channel for each speaker, or one file for each speaker (WAV or FLAC)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// What the channels of a single file mean
    #[arg(long, value_enum, default_value_t = ChannelsArg::Split)]
    channels: ChannelsArg,

    /// Voice activity detector
    #[arg(long, value_enum, default_value_t)]
    vad: VadArg,
}

/// What the channels of a file mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ChannelsArg {
    /// A speaker each
    Split,
    /// All of them together are one track
    Mix,
}

impl From<ChannelsArg> for Channels {
    fn from(arg: ChannelsArg) -> Channels {
        match arg {
            ChannelsArg::Split => Channels::Split,
            ChannelsArg::Mix => Channels::Mix,
        }
    }
}

/// Voice activity detectors that this build has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum VadArg {
    /// Silero's network: hardly fooled by noise
    #[default]
    Neural,
    /// WebRTC's detector: the lightest, calls music and some noise speech
    #[cfg(feature = "webrtc")]
    Webrtc,
}

impl VadArg {
    /// What makes this detector.
    pub fn maker(self) -> DetectorMaker {
        match self {
            VadArg::Neural => Arc::new(|| Ok(Box::new(engine::neural::Neural::new()?))),
            #[cfg(feature = "webrtc")]
            VadArg::Webrtc => Arc::new(|| Ok(Box::new(engine::webrtc::WebRtc::new()))),
        }
    }
}

/// Prints turns.json for loose files.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when a file cannot be read.
pub fn run(args: TurnsArgs) -> Result<Outcome> {
    let plans = intake::arrange(
        &args.files,
        &Layout {
            channels: args.channels.into(),
            streams: Vec::new(),
        },
    )?;
    let mut progress = Progress::new(false);
    let (document, notes) = listen::turns_of(&plans, &args.vad.maker(), &mut progress)?;
    for note in notes {
        progress.note(&note);
    }
    progress.close();
    let text = serde_json::to_string_pretty(&document)
        .map_err(|e| Error::new(ErrorKind::Session, "cannot write the document").because(e))?;
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(error))
        }
        _ => Ok(Outcome::Done),
    }
}

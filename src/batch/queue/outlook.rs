//! What a queue would do.

use std::path::PathBuf;

use super::known::{Known, Standing};
use super::{Call, Completed, QueueOptions, title};
use crate::audio::Track;
use crate::batch::import::planned;
use crate::batch::intake;
use crate::batch::listen::length_ms;
use crate::document::transcript::Pass;
use crate::error::Result;

/// What would be done with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// A session would be made.
    New,
    /// This session would be gone on with.
    GoesOn(PathBuf),
    /// Nothing: this session is complete.
    Complete(PathBuf),
}

/// What is known of a call before work on it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prospect {
    /// What would be done.
    pub outlook: Outlook,
    /// Length by the files' headers in milliseconds; 0 where they do not tell.
    pub audio_ms: u64,
    /// The tracks of the session.
    pub tracks: Vec<Track>,
}

/// Looks at calls without doing anything; hashes their files.
///
/// # Errors
///
/// When the sessions cannot be listed. What is wrong with a call stands in its place.
pub fn look(calls: &[Call], options: &QueueOptions, pass: &Pass) -> Result<Vec<Result<Prospect>>> {
    let known = Known::of(&options.import.dir)?;
    let prospects = calls.iter().map(|call| {
        let plans = intake::arrange(&call.files, &options.layout)?;
        let mut import = options.import.clone();
        import.title = import.title.or_else(|| title(&call.files));
        let started = planned(&plans, &import, &options.detector)?;
        let outlook = match options.completed {
            Completed::Again => Outlook::New,
            Completed::Skip => match known.standing(&started, pass)? {
                Standing::None => Outlook::New,
                Standing::Begun(folder) => Outlook::GoesOn(folder.path().to_owned()),
                Standing::Complete(path) => Outlook::Complete(path),
            },
        };
        Ok(Prospect {
            outlook,
            audio_ms: plans.iter().map(length_ms).max().unwrap_or(0),
            tracks: started.tracks.iter().map(|planned| planned.track).collect(),
        })
    });
    Ok(prospects.collect())
}

//! What has been done already: the sessions of a folder by what they were made of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::audio::Track;
use crate::document::manifest::{Manifest, Status};
use crate::document::transcript::{Pass, TranscriptDocument};
use crate::error::Result;
use crate::event::{Event, Origin, SessionStarted};
use crate::store::folder::{self, SessionFolder};
use crate::store::{documents, journal, windows};

/// Recordings by their content and by which part of them is which track.
type Key = Vec<(Track, String, Option<u16>, Option<u16>)>;

/// The sessions of a folder that were made from recordings.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Key, Vec<PathBuf>>);

/// How far the session of some recordings is.
#[derive(Debug)]
pub(super) enum Standing {
    /// There is none.
    None,
    /// There is one that was cut off, or has no text yet.
    Begun(SessionFolder),
    /// There is one that is complete.
    Complete(PathBuf),
}

impl Known {
    /// Reads how the sessions in `dir` began. One that cannot be read is none that could be gone on
    /// with.
    ///
    /// # Errors
    ///
    /// As [`folder::session_paths`].
    pub(super) fn of(dir: &Path) -> Result<Known> {
        let mut known = Known::default();
        for path in folder::session_paths(dir)? {
            if let Some(started) = started(&path) {
                known.add(&started, path);
            }
        }
        Ok(known)
    }

    /// Takes a session that was made meanwhile.
    pub(super) fn add(&mut self, started: &SessionStarted, path: PathBuf) {
        let paths = self.0.entry(key(started)).or_default();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }

    /// How far a session of the same recordings is that the same detector and recogniser made.
    ///
    /// # Errors
    ///
    /// As [`windows::begun`].
    pub(super) fn standing(&self, planned: &SessionStarted, pass: &Pass) -> Result<Standing> {
        let paths = self.0.get(&key(planned));
        for path in paths.into_iter().flatten().rev() {
            let same = |found: &SessionStarted| {
                found.detector == planned.detector && found.program == planned.program
            };
            let (Some(found), Ok(folder)) = (started(path), SessionFolder::open(path)) else {
                continue;
            };
            let manifest: Option<Manifest> = documents::read(&folder.manifest()).ok();
            let transcript: Option<TranscriptDocument> = documents::read(&folder.transcript()).ok();
            let passes = transcript.map_or(Vec::new(), |transcript| transcript.passes);
            let begun = windows::begun(&folder)?;
            let mine = passes.iter().chain(&begun).all(|done| is_same(done, pass));
            let status = manifest.map_or(Status::Recording, |manifest| manifest.status);
            match status {
                Status::Recording if mine && same(&found) => return Ok(Standing::Begun(folder)),
                Status::Stopped if mine => return Ok(Standing::Begun(folder)),
                Status::Complete | Status::Recovered if mine && begun.is_some() => {
                    return Ok(Standing::Begun(folder));
                }
                Status::Complete | Status::Recovered
                    if passes.is_empty() || passes.iter().any(|done| is_same(done, pass)) =>
                {
                    return Ok(Standing::Complete(path.clone()));
                }
                _ => {}
            }
        }
        Ok(Standing::None)
    }
}

/// Whether two passes are of the same recogniser: what they hear of the same sound is the same.
fn is_same(done: &Pass, pass: &Pass) -> bool {
    done.model_sha256 == pass.model_sha256
        && done.language == pass.language
        && done.settings == pass.settings
        && done.timing_method == pass.timing_method
}

fn started(path: &Path) -> Option<SessionStarted> {
    let folder = SessionFolder::open(path).ok()?;
    match journal::read(&folder).ok()?.next()?.ok()?.event {
        Event::SessionStarted(started) if started.origin == Origin::Import => Some(started),
        _ => None,
    }
}

fn key(started: &SessionStarted) -> Key {
    let tracks = started.tracks.iter();
    let key = tracks.filter_map(|planned| {
        let source = planned.source.as_ref()?;
        let sum = source.sha256.clone();
        Some((planned.track, sum, source.stream, source.channel))
    });
    key.collect()
}

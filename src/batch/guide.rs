//! A guide that is held against a call afterwards.

use crate::clock::wall_clock;
use crate::document::guide::{Guide, GuideCoverage};
use crate::error::Result;
use crate::event::{Event, GuideLoaded};
use crate::store::documents;
use crate::store::folder::SessionFolder;
use crate::store::journal::Journal;

/// Gives a session that is over a guide, in the place of one that it may have; returns what it covered
/// of it.
///
/// # Errors
///
/// [`ErrorKind::Session`](crate::ErrorKind::Session) when another process writes to the session or its
/// log is damaged from the start, otherwise as [`Error::io`](crate::Error::io).
pub fn apply(folder: &SessionFolder, guide: Guide) -> Result<Option<GuideCoverage>> {
    let _lock = folder.lock()?;
    let t_ms = documents::fold_folder(folder)?.turns.duration_ms;
    let mut journal = Journal::reopen(folder)?;
    journal.append(Event::GuideLoaded(GuideLoaded(guide)), t_ms, &wall_clock())?;
    drop(journal);
    Ok(documents::write(folder)?.review.guide)
}

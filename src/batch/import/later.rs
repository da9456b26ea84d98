//! Copies of recordings for a session that was made without them.

use std::fs;

use super::super::copy::{self, Copied, Names};
use super::super::intake::SourcePlan;
use super::super::log::{BatchLog, Watch};
use crate::error::Result;
use crate::event::{Event, SourceCopied};
use crate::store::documents;
use crate::store::folder::SessionFolder;
use crate::store::journal::Journal;
use crate::time::Tick;

/// Keeps a copy of each recording that a session refers to only; tells how many tracks have one that
/// had none. Every other file and text of the session stays as it is. The caller holds the session's
/// lock.
///
/// # Errors
///
/// As a copy that is made with its session: [`ErrorKind::Disk`](crate::ErrorKind::Disk) without room or
/// where it cannot be written, of which nothing half is left, and
/// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) once the watch's permit is over.
pub fn copy_later(
    folder: &SessionFolder,
    plans: &[SourcePlan],
    watch: &mut dyn Watch,
) -> Result<usize> {
    let manifest = documents::fold_folder(folder)?.manifest;
    let mut names = Names::default();
    let mut missing = Vec::new();
    for plan in plans {
        let name = names.of(&plan.path);
        for planned in &plan.tracks {
            let tracks = &manifest.tracks;
            let known = tracks.iter().find(|known| known.track == planned.track);
            let source = known.and_then(|known| known.source.as_ref());
            if let Some(source) = source.filter(|source| source.copy.is_none()) {
                let copied = Copied::new(&plan.path, &name, &source.sha256);
                missing.push((planned.track, name.clone(), copied));
            }
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    let permit = watch.permit();
    let mut log = BatchLog::new(Journal::reopen(folder)?, watch);
    let end = Tick(manifest.duration_samples);
    for (track, copy, copied) in &missing {
        if let Err(error) = copy::keep(folder, copied, &permit) {
            // A folder in which something is, a copy that is whole or one to go on with, stays.
            fs::remove_dir(folder.path().join(copy::FOLDER)).unwrap_or_default();
            return Err(error);
        }
        let (track, copy) = (*track, copy.clone());
        log.record(end, Event::SourceCopied(SourceCopied { track, copy }))?;
    }
    documents::write(folder)?;
    Ok(missing.len())
}

//! The archive of a session that is complete in another form.

use super::log::{BatchLog, Step, Watch};
use crate::audio::Track;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{ArchiveConverted, Event};
use crate::store::archive::Form;
use crate::store::archive::{convert, drop_spare};
use crate::store::documents;
use crate::store::folder::SessionFolder;
use crate::store::journal::Journal;
use crate::time::Tick;

/// Keeps the archive of a session in `format` from now on. Each track is converted and compared
/// sample by sample before the log tells of it, and only then the files in the other form go. What is
/// in that form already stays as it is.
///
/// The caller holds the session's lock.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the recording is not over, or a file does not hold what it was made
/// of; [`ErrorKind::Disk`] when there is no room. Every sample is still there then.
pub fn archive(folder: &SessionFolder, format: Form, watch: &mut dyn Watch) -> Result<()> {
    let manifest = documents::fold_folder(folder)?.manifest;
    if manifest.duration_samples == 0 {
        return Err(Error::new(
            ErrorKind::Session,
            format!(
                "{} holds no recording that is over",
                folder.path().display()
            ),
        )
        .hint("verbatim finish completes what a crash cut off"));
    }
    let tracks: Vec<Track> = manifest.tracks.iter().map(|track| track.track).collect();
    let length_ms = manifest.duration_ms;
    let end = Tick(manifest.duration_samples);
    let mut log = BatchLog::new(Journal::reopen(folder)?, watch);
    for (index, &track) in (0..).zip(&tracks) {
        let all_ms = length_ms * tracks.len() as u64;
        let converted = convert(folder, track, format, &mut |samples| {
            let done_ms = length_ms * index + Tick(samples).ms();
            log.progress(Step::Archiving, done_ms, all_ms);
        })?;
        if converted.spare.is_empty() {
            continue;
        }
        let files = converted.files.clone();
        log.record(
            end,
            Event::ArchiveConverted(ArchiveConverted { track, files }),
        )?;
        drop_spare(folder, &converted)?;
    }
    documents::write(folder).map(drop)
}

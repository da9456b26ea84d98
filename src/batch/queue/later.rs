//! What a command asks for of a session that was complete before: its text stays as it is.

use std::path::Path;

use super::QueueOptions;
use super::watch::CallWatch;
use crate::batch::archive::archive;
use crate::batch::import::{Sources, copy_later};
use crate::batch::intake::SourcePlan;
use crate::error::Result;
use crate::store::folder::SessionFolder;

/// Copies the recordings of a complete session, and brings its sound into another form, where that is
/// asked for and was not done before.
///
/// # Errors
///
/// As [`copy_later`] and [`archive`]; [`ErrorKind::Session`](crate::ErrorKind::Session) when another
/// process writes to the session.
pub(super) fn catch_up(
    session: &Path,
    plans: &[SourcePlan],
    options: &QueueOptions,
    watch: &mut CallWatch<'_>,
) -> Result<()> {
    if options.import.sources == Sources::Referenced && options.archive.is_none() {
        return Ok(());
    }
    let folder = SessionFolder::open(session)?;
    let _lock = folder.lock()?;
    if options.import.sources == Sources::Copied && copy_later(&folder, plans, watch)? > 0 {
        watch.note("done before; its recordings are copied now");
    }
    match options.archive {
        Some(form) => archive(&folder, form, watch),
        None => Ok(()),
    }
}

//! Putting a whole, checked model file under its final name.

use std::fs::{self, File};
use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::catalogue::{Catalogue, Entry};
use super::verify;
use crate::error::{Error, ErrorKind, Result};

/// Space that is left free beside the model itself, in bytes.
const SPACE_MARGIN: u64 = 16 << 20;

/// Bytes copied at a time.
const COPY_BLOCK: usize = 1 << 18;

/// What goes on while a model is fetched or imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Another process fetches the same model; this one waits for it.
    Waiting,
    /// Bytes that are on disk, of how many.
    Transfer {
        /// Bytes on disk.
        done: u64,
        /// Bytes of the whole file.
        total: u64,
    },
    /// What had arrived cannot be continued; the file is fetched from its beginning.
    StartOver {
        /// Why.
        cause: &'a str,
    },
    /// The connection failed and will be tried again.
    Retry {
        /// Failures so far without progress.
        failures: u32,
        /// Failures after which the fetch gives up.
        attempts: u32,
        /// Wait before the next attempt.
        wait: Duration,
        /// What failed.
        cause: &'a str,
    },
    /// Bytes whose content has been checked, of how many.
    Checking {
        /// Bytes checked.
        done: u64,
        /// Bytes of the whole file.
        total: u64,
    },
}

/// What fetching or importing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file was put in place.
    Installed,
    /// The whole file was there already.
    AlreadyThere,
}

/// A model file under its final name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The file.
    pub path: PathBuf,
    /// What it is.
    pub entry: Entry,
    /// Whether anything had to be done.
    pub outcome: Outcome,
}

/// Copies the model at `file` into `folder` under its catalogue name. What it is follows from its
/// SHA-256; `name` says what it is meant to be.
///
/// # Errors
///
/// [`ErrorKind::Model`] when the file is not in the catalogue, is not `name`, or is damaged;
/// [`ErrorKind::Disk`] or [`ErrorKind::PermissionDenied`] when it cannot be read or written. `folder`
/// then holds what it held before.
pub fn import(
    file: &Path,
    name: Option<&str>,
    folder: &Path,
    progress: &mut dyn FnMut(Step),
) -> Result<Installation> {
    let catalogue = Catalogue::builtin()?;
    verify::read_header(file)?;
    if let Some(name) = name {
        verify::check_size(file, catalogue.require(name)?)?;
    }
    let total = verify::size(&verify::open(file)?, file)?;
    if !catalogue.knows_size(total) {
        return Err(unknown(file, &format!("no known model has {total} bytes")));
    }
    let found = verify::sha256_file(file, &mut |done, total| {
        progress(Step::Checking { done, total });
    })?;
    let entry = catalogue.find_sha256(&found).ok_or_else(|| {
        let what = format!("no known model has the SHA-256 {found}");
        unknown(file, &what)
    })?;
    if let Some(name) = name.filter(|name| entry.name != *name && entry.file != *name) {
        return Err(Error::new(
            ErrorKind::Model,
            format!("{} is {}, not {name}", file.display(), entry.name),
        )
        .hint(format!(
            "import it with --name {}, or without --name",
            entry.name
        )));
    }
    let path = folder.join(&entry.file);
    let outcome = if is_same_file(file, &path) || is_whole(&path, entry, progress)? {
        Outcome::AlreadyThere
    } else {
        copy_checked(file, &path, entry, progress)?;
        Outcome::Installed
    };
    Ok(Installation {
        path,
        entry: entry.clone(),
        outcome,
    })
}

fn unknown(file: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Model,
        format!("{} is not in the model table: {what}", file.display()),
    )
    .hint(format!(
        "fetch it again if it should be a published model, or use it as it is with --model {}",
        file.display()
    ))
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Whether `path` holds `entry` already. A missing or different file is simply not whole.
pub(super) fn is_whole(path: &Path, entry: &Entry, progress: &mut dyn FnMut(Step)) -> Result<bool> {
    let checked = verify::check_size(path, entry).and_then(|()| {
        verify::sha256_file(path, &mut |done, total| {
            progress(Step::Checking { done, total });
        })
    });
    match checked {
        Ok(sha256) => Ok(sha256 == entry.sha256),
        Err(error) if error.kind() == ErrorKind::Model => Ok(false),
        Err(error) => Err(error),
    }
}

/// Copies by way of a file beside `target`, checks that file on disk, and renames it.
fn copy_checked(
    from: &Path,
    target: &Path,
    entry: &Entry,
    progress: &mut dyn FnMut(Step),
) -> Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    ensure_space(folder, entry.bytes)?;
    let copy = temporary(folder).map_err(|cause| disk("create a file in", folder, cause))?;
    let mut source = verify::open(from)?;
    let mut block = vec![0_u8; COPY_BLOCK];
    let mut done = 0;
    loop {
        let read = match source.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(cause) if cause.kind() == IoErrorKind::Interrupted => continue,
            Err(cause) => return Err(Error::io("read", from, cause)),
        };
        copy.as_file()
            .write_all(&block[..read])
            .map_err(|cause| disk("write", copy.path(), cause))?;
        done += read as u64;
        progress(Step::Transfer {
            done,
            total: entry.bytes,
        });
    }
    copy.as_file()
        .sync_all()
        .map_err(|cause| disk("write", copy.path(), cause))?;
    verify::verify(copy.path(), entry, &mut |done, total| {
        progress(Step::Checking { done, total });
    })?;
    copy.persist(target)
        .map_err(|failed| disk("rename to", target, failed.error))?;
    sync_folder(folder)
}

/// A file that vanishes unless it is kept, readable by whom other files of the user are.
fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".import-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
        builder.tempfile_in(folder)
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

pub(super) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|cause| disk("create the folder", folder, cause))
}

/// Makes a rename in `folder` survive a power cut, where the system offers it.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|dir| dir.sync_all())
            .map_err(|cause| disk("write", folder, cause))?;
    }
    Ok(())
}

/// Refuses to begin what cannot fit.
pub(super) fn ensure_space(folder: &Path, needed: u64) -> Result<()> {
    let Some(free) = free_space(folder)? else {
        return Ok(());
    };
    if free >= needed.saturating_add(SPACE_MARGIN) {
        return Ok(());
    }
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    Err(Error::new(
        ErrorKind::Disk,
        format!(
            "{} has {} MB free and the model takes {} MB",
            folder.display(),
            free / 1_000_000,
            megabytes(needed)
        ),
    )
    .hint("free some space, or put models elsewhere with VERBATIM_MODELS"))
}

#[cfg(unix)]
fn free_space(folder: &Path) -> Result<Option<u64>> {
    let space = rustix::fs::statvfs(folder)
        .map_err(|cause| disk("ask for the free space of", folder, cause.into()))?;
    Ok(Some(space.f_bavail.saturating_mul(space.f_frsize)))
}

#[cfg(not(unix))]
fn free_space(_folder: &Path) -> Result<Option<u64>> {
    Ok(None)
}

/// [`Error::io`] with the next step for the models folder.
pub(super) fn disk(action: &str, path: &Path, cause: std::io::Error) -> Error {
    let full = matches!(
        cause.kind(),
        IoErrorKind::StorageFull | IoErrorKind::QuotaExceeded | IoErrorKind::ReadOnlyFilesystem
    );
    let error = Error::io(action, path, cause);
    if full {
        error.hint("free some space, or put models elsewhere with VERBATIM_MODELS")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starter() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q8_0.bin")
    }

    #[test]
    fn a_known_file_under_any_name_lands_under_its_own_once() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("download (1).bin");
        fs::copy(starter(), &other).unwrap();
        let folder = dir.path().join("a/b");
        let mut checked = 0;
        let mut progress = |step: Step| {
            if let Step::Checking { done, .. } = step {
                checked = done;
            }
        };
        let first = import(&other, None, &folder, &mut progress).unwrap();
        assert_eq!(first.outcome, Outcome::Installed);
        assert_eq!(first.path, folder.join("ggml-starter-q8_0.bin"));
        assert_eq!(fs::read(&first.path).unwrap(), fs::read(starter()).unwrap());
        let again = import(&first.path, Some("starter"), &folder, &mut progress).unwrap();
        assert_eq!(again.outcome, Outcome::AlreadyThere);
        let again = import(&other, Some("starter"), &folder, &mut progress).unwrap();
        assert_eq!(again.outcome, Outcome::AlreadyThere);
        assert_eq!(checked, first.entry.bytes);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_or_misnamed_file_leaves_the_folder_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("models");
        let refused = |file: &Path, name: Option<&str>| {
            let error = import(file, name, &folder, &mut |_| {}).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Model, "{error}");
            assert!(!folder.exists());
            error.to_string()
        };
        let line = refused(&starter(), Some("tiny.en"));
        assert!(line.contains("incomplete"), "{line}");

        let mut bytes = fs::read(starter()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let damaged = dir.path().join("ggml-starter-q8_0.bin");
        fs::write(&damaged, &bytes).unwrap();
        assert!(refused(&damaged, None).contains("no known model has the SHA-256"));
        bytes.truncate(middle);
        fs::write(&damaged, &bytes).unwrap();
        assert!(refused(&damaged, None).contains("12568306 bytes"));
        assert!(refused(&dir.path().join("gone.bin"), None).contains("no model file"));
    }

    #[test]
    fn more_than_the_disk_holds_is_refused_before_the_first_byte() {
        let dir = tempfile::tempdir().unwrap();
        let error = ensure_space(dir.path(), u64::MAX / 2);
        if cfg!(unix) {
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Disk);
        }
    }
}

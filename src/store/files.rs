//! Files and folders that only their owner can read, and replacement that is never half done.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

/// Mode of every folder of a session.
#[cfg(unix)]
const FOLDER_MODE: u32 = 0o700;

/// Mode of every file of a session.
#[cfg(unix)]
const FILE_MODE: u32 = 0o600;

/// Makes a folder for its owner alone. Fails when it exists.
///
/// # Errors
///
/// As [`Error::io`].
pub fn create_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(false);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
    builder
        .create(path)
        .map_err(|e| Error::io("create the folder", path, e))
}

/// Makes a folder that sessions are kept in, and those above it, as far as they are missing; what is
/// made is for its owner alone.
///
/// # Errors
///
/// As [`Error::io`].
pub fn create_folders(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, FOLDER_MODE);
    builder
        .create(path)
        .map_err(|e| Error::io("create the folder", path, e))
}

/// Opens a file to be locked, for its owner alone; makes it when it is missing. What it holds is
/// left as it is.
///
/// # Errors
///
/// As [`Error::io`].
pub fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    options.open(path).map_err(|e| Error::io("open", path, e))
}

/// Makes a file for its owner alone. Fails when it exists.
///
/// # Errors
///
/// As [`Error::io`].
pub fn create_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
    options.open(path).map_err(|e| Error::io("create", path, e))
}

/// Replaces a file by `bytes` in one step: a reader sees the old file or the whole of the next one.
///
/// # Errors
///
/// As [`Error::io`]; the old file is then still in place.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    // The parent of a bare name is empty and means the current folder.
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(FILE_MODE));
    let written = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|e| e.error)
    });
    written.map_err(|e| Error::io("write", path, e))?;
    sync_folder(folder)
}

/// Makes the names in a folder survive a power cut.
///
/// # Errors
///
/// As [`Error::io`].
pub fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| Error::io("sync the folder", path, e))?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_and_folders_are_their_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("session");
        create_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        create_file(&folder.join("a")).unwrap();
        assert_eq!(mode(&folder.join("a")), 0o600);
        replace(&folder.join("b"), b"one").unwrap();
        replace(&folder.join("b"), b"two").unwrap();
        assert_eq!(mode(&folder.join("b")), 0o600);
        assert_eq!(fs::read(folder.join("b")).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }
}

//! Where sockets are.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// Names a folder of one's own for sockets.
const OWN: &str = "VERBATIM_RUNTIME_DIR";

/// Longest path of a socket in bytes that every system takes (macOS: 104 with the end of the string).
const LONGEST_PATH: usize = 100;

/// The folders that may hold sockets of this user, the best one first. A recorder started from a
/// desktop and a shortcut run by another service need not share an environment, so a client looks into
/// all of them.
pub(super) fn folders() -> Vec<PathBuf> {
    if let Some(own) = std::env::var_os(OWN).filter(|own| !own.is_empty()) {
        return vec![own.into()];
    }
    let uid = rustix::process::getuid().as_raw();
    let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let usual = PathBuf::from(format!("/run/user/{uid}"));
    let mut folders: Vec<PathBuf> = [named, Some(usual)]
        .into_iter()
        .flatten()
        .filter(|dir| dir.is_absolute() && dir.is_dir())
        .map(|dir| dir.join("verbatim"))
        .collect();
    let own = format!("verbatim-{uid}");
    folders.push(std::env::temp_dir().join(&own));
    folders.push(Path::new("/tmp").join(&own));
    let mut seen = Vec::new();
    folders.retain(|dir| match seen.contains(dir) {
        true => false,
        false => {
            seen.push(dir.clone());
            true
        }
    });
    folders
}

/// The first folder that can be made safe and in which `name` has a path that is short enough.
///
/// # Errors
///
/// [`ErrorKind::PermissionDenied`] when there is none.
pub(super) fn safe_folder(name: &str) -> Result<PathBuf> {
    let mut refused = Vec::new();
    for dir in folders() {
        if dir.join(name).as_os_str().len() > LONGEST_PATH {
            refused.push(format!("{} is too long", dir.display()));
        } else if let Err(e) = secure(&dir) {
            refused.push(format!("{}: {e}", dir.display()));
        } else {
            return Ok(dir);
        }
    }
    Err(Error::new(
        ErrorKind::PermissionDenied,
        format!("no folder for the control socket ({})", refused.join("; ")),
    )
    .hint(format!("name a short one of your own in {OWN}")))
}

/// Makes the folder for its owner alone, or finds it so.
fn secure(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    match is_ours(dir)? {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "others may enter it",
        )),
    }
}

/// Whether a path is a folder, no link, that this user alone may enter.
pub(super) fn is_ours(dir: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(dir)?;
    let uid = rustix::process::getuid().as_raw();
    Ok(found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0)
}

//! Copies of the recordings that a session is made from.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::log::Permit;
use crate::error::{Error, ErrorKind, Result};
use crate::import;
use crate::store::files;
use crate::store::folder::{SessionFolder, free_bytes};

/// Folder of the copies in a session's folder.
pub(super) const FOLDER: &str = "source";

/// Name of a copy that is not complete.
const HALF: &str = ".copying";

/// Bytes copied at a time.
const BLOCK: usize = 1 << 20;

/// Longest name of a copy in bytes; file systems take 255.
const LONGEST_NAME: usize = 200;

/// Room that a copy leaves on the disk, in bytes: the archive and the documents need some.
const SPARE: u64 = 64 << 20;

/// A copy that a session is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copied {
    from: PathBuf,
    /// Relative to the session's folder.
    to: String,
    sha256: String,
}

impl Copied {
    pub(super) fn new(from: &Path, to: &str, sha256: &str) -> Copied {
        Copied {
            from: from.to_owned(),
            to: to.to_owned(),
            sha256: sha256.to_owned(),
        }
    }
}

/// Names for copies: those of the files; of several files with one name, each gets a number.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<PathBuf, String>);

impl Names {
    /// Where the copy of a file goes, relative to the session's folder.
    pub(super) fn of(&mut self, file: &Path) -> String {
        if let Some(name) = self.0.get(file) {
            return name.clone();
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let mut name = name.into_owned();
        while name.len() > LONGEST_NAME {
            // What tells the format is at the end.
            name.remove(0);
        }
        let numbered = |n: usize| match n {
            1 => format!("{FOLDER}/{name}"),
            n => format!("{FOLDER}/{n}-{name}"),
        };
        let free = |name: &String| !self.0.values().any(|taken| taken == name);
        let name = (1..).map(numbered).find(free).unwrap_or_default();
        self.0.insert(file.to_owned(), name.clone());
        name
    }
}

/// Makes a copy, goes on with one that was cut off, or leaves one that is there and whole. What was
/// written is read back and held against the hash of the file.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when there is no room for it, which is asked before anything is written, when
/// it cannot be written, or when what was written reads otherwise; [`ErrorKind::BadAudio`] when the
/// file has changed since it was hashed; [`ErrorKind::Interrupted`] once the permit is over.
pub(super) fn keep(folder: &SessionFolder, copied: &Copied, permit: &Permit) -> Result<()> {
    let to = folder.path().join(&copied.to);
    if to.is_file() && import::sha256(&to)? == copied.sha256 {
        return Ok(());
    }
    let dir = folder.path().join(FOLDER);
    if !dir.is_dir() {
        files::create_folder(&dir)?;
    }
    let half = dir.join(HALF);
    let room = room(copied, &half)?;
    let free = free_bytes(&dir)?;
    if free < room.saturating_add(SPARE) {
        let what = format!(
            "no room for a copy of {}: it takes {} MB and {} MB are free",
            copied.from.display(),
            room >> 20,
            free >> 20
        );
        return Err(Error::new(ErrorKind::Disk, what)
            .hint("free some space, choose another folder with --out, or leave out --copy"));
    }
    match copy(&copied.from, &half, permit) {
        Err(error) if error.kind() == ErrorKind::Disk => {
            // A full disk is not left full.
            fs::remove_file(&half).map_err(|e| Error::io("remove", &half, e))?;
            return Err(error);
        }
        copied => copied?,
    }
    if import::sha256(&half)? != copied.sha256 {
        fs::remove_file(&half).map_err(|e| Error::io("remove", &half, e))?;
        return Err(match import::sha256(&copied.from)? == copied.sha256 {
            true => Error::new(
                ErrorKind::Disk,
                format!("the copy of {} reads otherwise", copied.from.display()),
            )
            .hint("the disk may be failing"),
            false => Error::new(
                ErrorKind::BadAudio,
                format!("{} has changed while it was read", copied.from.display()),
            )
            .hint("wait until the program that writes it is done"),
        });
    }
    fs::rename(&half, &to).map_err(|e| Error::io("name", &to, e))?;
    files::sync_folder(&dir)
}

/// Bytes that are still to be copied.
fn room(copied: &Copied, half: &Path) -> Result<u64> {
    let length = |path: &Path| fs::metadata(path).map(|metadata| metadata.len());
    let all = length(&copied.from).map_err(|e| Error::io("read", &copied.from, e))?;
    Ok(all.saturating_sub(length(half).unwrap_or(0)))
}

/// Writes the rest of a copy: what is there already is compared, and cut where it differs.
fn copy(from: &Path, half: &Path, permit: &Permit) -> Result<()> {
    let reading = |e| Error::io("read", from, e);
    let writing = |e| Error::io("write", half, e);
    let mut source = File::open(from).map_err(reading)?;
    let mut copy = files::open_lock(half)?;
    let mut at = 0;
    let mut writes = false;
    loop {
        permit.check()?;
        let block = block(&mut source).map_err(reading)?;
        if !writes {
            let known = self::block(&mut copy).map_err(writing)?;
            writes = known != block;
            if writes {
                copy.set_len(at).map_err(writing)?;
                copy.seek(SeekFrom::Start(at)).map_err(writing)?;
            }
        }
        if block.is_empty() {
            break;
        }
        if writes {
            copy.write_all(&block).map_err(writing)?;
        }
        at += block.len() as u64;
    }
    copy.sync_all().map_err(writing)
}

fn block(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut block = Vec::new();
    Read::take(file, BLOCK as u64).read_to_end(&mut block)?;
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::log::Warrant;

    fn place() -> (tempfile::TempDir, SessionFolder, Copied, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let folder =
            SessionFolder::create(dir.path(), None, "2026-11-22T14:05:33.120+01:00").unwrap();
        let from = dir.path().join("call.m4a");
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n / 7 % 251) as u8).collect();
        fs::write(&from, &bytes).unwrap();
        let copied = Copied::new(&from, "source/call.m4a", &import::sha256(&from).unwrap());
        (dir, folder, copied, bytes)
    }

    #[test]
    fn a_copy_that_was_cut_off_or_went_wrong_becomes_whole() {
        let (_dir, folder, copied, bytes) = place();
        let to = folder.path().join("source/call.m4a");
        let half = folder.path().join("source/.copying");
        fs::create_dir(folder.path().join("source")).unwrap();
        let mut wrong = bytes.clone();
        wrong[1_500_000] ^= 1;
        let longer = [&bytes[..], b"more"].concat();
        for begun in [&bytes[..1_200_000], &wrong[..2_000_000], &longer, &[]] {
            fs::write(&half, begun).unwrap();
            keep(&folder, &copied, &Permit::for_ever()).unwrap();
            assert!(fs::read(&to).unwrap() == bytes);
            assert!(!half.exists());
            fs::remove_file(&to).unwrap();
        }
        // One that is there is believed by its hash alone.
        fs::write(&to, &wrong).unwrap();
        keep(&folder, &copied, &Permit::for_ever()).unwrap();
        assert!(fs::read(&to).unwrap() == bytes);
    }

    #[test]
    fn a_stop_keeps_the_half_and_a_file_that_changed_is_told() {
        let (_dir, folder, copied, _) = place();
        let over = Warrant::default().permit();
        let error = keep(&folder, &copied, &over).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        fs::write(&copied.from, b"another recording").unwrap();
        let error = keep(&folder, &copied, &Permit::for_ever()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadAudio);
        assert!(error.to_string().contains("has changed"), "{error}");
        let left = fs::read_dir(folder.path().join("source")).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn files_of_one_name_get_names_of_their_own() {
        let mut names = Names::default();
        assert_eq!(names.of(Path::new("a/call.wav")), "source/call.wav");
        assert_eq!(names.of(Path::new("b/call.wav")), "source/2-call.wav");
        assert_eq!(names.of(Path::new("a/call.wav")), "source/call.wav");
        let long = format!("{}.wav", "x".repeat(250));
        let name = names.of(Path::new(&long));
        assert!(name.len() <= 210 && name.ends_with(".wav"));
    }
}

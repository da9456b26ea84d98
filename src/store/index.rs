//! The search index of a folder of sessions: a cache beside them that may be thrown away at any time.
//!
//! The file holds the sections of [`crate::library::section`], one behind the other, after a mark and
//! a sum over everything that follows. What does not fit its sum is as good as no index.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::files;
use crate::error::{Error, Result};

/// First bytes of the file; another version of the format has another mark.
const MARK: &[u8; 8] = b"vbsearc1";

/// How long after its last change a file may change once more without another stamp: file systems
/// count time in ticks of some milliseconds, some of them in seconds.
const UNSETTLED: Duration = Duration::from_secs(2);

/// Where the index of the sessions in `dir` is kept: beside them, so that it goes where they go.
pub fn path(dir: &Path) -> PathBuf {
    dir.join(".search-index")
}

/// An index as it was read.
#[derive(Debug, Default)]
pub struct Index {
    bytes: Vec<u8>,
    sections: Vec<Range<usize>>,
}

impl Index {
    /// Where each section lies.
    pub fn places(&self) -> &[Range<usize>] {
        &self.sections
    }

    /// The section that lies there.
    pub fn section(&self, place: &Range<usize>) -> &[u8] {
        &self.bytes[place.clone()]
    }
}

/// Reads an index; it has no section when there is none or it is damaged.
///
/// # Errors
///
/// As [`Error::io`] when it is there and cannot be read.
pub fn read(dir: &Path) -> Result<Index> {
    let path = path(dir);
    match fs::read(&path) {
        Ok(bytes) => {
            let sections = sections(&bytes).unwrap_or_default();
            Ok(Index { bytes, sections })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Index::default()),
        Err(e) => Err(Error::io("read", &path, e)),
    }
}

/// Replaces the index, for its owner alone.
///
/// # Errors
///
/// As [`Error::io`]; the old one is then still in place.
pub fn write(dir: &Path, sections: &[&[u8]]) -> Result<()> {
    let mut body = Vec::new();
    for section in sections {
        body.extend((section.len() as u64).to_le_bytes());
        body.extend(*section);
    }
    let mut bytes = Vec::with_capacity(body.len() + 16);
    bytes.extend(MARK);
    bytes.extend(sum(&body).to_le_bytes());
    bytes.extend(&body);
    files::replace(&path(dir), &bytes)
}

fn sections(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let body = bytes.strip_prefix(MARK)?;
    let (expected, body) = body.split_at_checked(8)?;
    if expected != sum(body).to_le_bytes() {
        return None;
    }
    let mut sections = Vec::new();
    let mut at = MARK.len() + 8;
    while at < bytes.len() {
        let length = bytes.get(at..at + 8)?.try_into().ok()?;
        let start = at + 8;
        at = start.checked_add(usize::try_from(u64::from_le_bytes(length)).ok()?)?;
        sections.push(start..at);
        if at > bytes.len() {
            return None;
        }
    }
    Some(sections)
}

/// A sum that any damage changes: FNV-1a over eight bytes at a time, and the length.
fn sum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut sum = 0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64;
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        sum = (sum ^ word).wrapping_mul(PRIME);
        sum ^= sum >> 32;
    }
    for byte in words.remainder() {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
    }
    sum
}

/// What files look like from outside: length and time of change of each, or that it is not there.
/// `None` when one of them changed so lately that it may change again unseen.
pub fn stamp(files: &[PathBuf]) -> Option<Vec<u8>> {
    let now = SystemTime::now();
    let mut stamp = Vec::with_capacity(files.len() * 16);
    for file in files {
        let Ok(metadata) = fs::metadata(file) else {
            stamp.extend([0xff; 16]);
            continue;
        };
        let changed = metadata.modified().unwrap_or(now);
        // A time to come is as good as now.
        if now.duration_since(changed).unwrap_or_default() < UNSETTLED {
            return None;
        }
        let since = changed.duration_since(UNIX_EPOCH).unwrap_or_default();
        stamp.extend(metadata.len().to_le_bytes());
        stamp.extend((since.as_nanos() as u64).to_le_bytes());
    }
    Some(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_as_it_was_written_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let held = || {
            let index = read(dir.path()).unwrap();
            let sections = index.places().iter().map(|p| index.section(p).to_vec());
            sections.collect::<Vec<_>>()
        };
        assert!(held().is_empty());
        let sections: [&[u8]; 3] = [b"one", b"", &[7; 100]];
        write(dir.path(), &sections).unwrap();
        assert_eq!(held(), sections);
        let whole = fs::read(path(dir.path())).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(path(dir.path()), &damaged).unwrap();
            assert!(held().is_empty(), "byte {at}");
            fs::write(path(dir.path()), &whole[..at]).unwrap();
            assert!(held().is_empty(), "cut at {at}");
        }
    }

    #[test]
    fn a_file_that_has_just_changed_has_no_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        assert_eq!(stamp(std::slice::from_ref(&file)), Some(vec![0xff; 16]));
        fs::write(&file, "text").unwrap();
        assert_eq!(stamp(std::slice::from_ref(&file)), None);
        let past = SystemTime::now() - Duration::from_secs(60);
        fs::File::options()
            .append(true)
            .open(&file)
            .and_then(|file| file.set_modified(past))
            .unwrap();
        let stamped = stamp(std::slice::from_ref(&file)).unwrap();
        assert_eq!(stamped[..8], 4_u64.to_le_bytes());
    }
}

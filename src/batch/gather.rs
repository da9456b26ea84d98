//! Recordings in folders.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::import;

/// Extensions of recordings, in small letters.
const RECORDINGS: &[&str] = &[
    "3gp", "aac", "aif", "aifc", "aiff", "caf", "flac", "m4a", "m4b", "m4v", "mka", "mkv", "mov",
    "mp3", "mp4", "oga", "ogg", "opus", "rf64", "w64", "wav", "wave", "webm",
];

/// Extensions of files that are not complete yet, in small letters.
const UNFINISHED: &[&str] = &[
    "crdownload",
    "download",
    "filepart",
    "opdownload",
    "part",
    "partial",
    "swp",
    "temp",
    "tmp",
    "!ut",
];

/// What a file's name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// A recording.
    Recording,
    /// Nothing about what it holds.
    Unknown,
    /// To be left alone: hidden, or still being written by the program that names it so.
    Ignored,
}

/// What the name of a file tells.
pub fn name(path: &Path) -> Name {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let extension = extension.to_lowercase();
    if name.starts_with(['.', '~']) || name.ends_with('~') || UNFINISHED.contains(&&*extension) {
        Name::Ignored
    } else if RECORDINGS.contains(&&*extension) {
        Name::Recording
    } else {
        Name::Unknown
    }
}

/// The recordings that `paths` stand for: files as they are named, and what folders hold, sorted.
///
/// # Errors
///
/// As [`Error::io`] when a folder cannot be read; [`ErrorKind::BadAudio`] when it holds no recording.
pub fn gather(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let real = |file: &Path| file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    // A file that is named, or lies in two folders that are named, is one file.
    let named = paths.iter().filter(|path| !path.is_dir());
    let mut seen: BTreeSet<PathBuf> = named.map(|path| real(path)).collect();
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found = walk(path)?;
        found.retain(|file| is_recording(file));
        if found.is_empty() {
            let what = format!("{} is a folder without recordings", path.display());
            return Err(Error::new(ErrorKind::BadAudio, what)
                .hint("name the audio files, or a folder that holds some"));
        }
        found.retain(|file| seen.insert(real(file)));
        files.append(&mut found);
    }
    Ok(files)
}

/// Whether a file of a folder is a recording, by its name or, where that tells nothing, its beginning.
pub fn is_recording(file: &Path) -> bool {
    match name(file) {
        Name::Recording => true,
        Name::Unknown => import::looks_like_recording(file),
        Name::Ignored => false,
    }
}

/// The files below a folder, sorted. Sessions and hidden folders are left out, and a folder that is
/// reached twice counts once.
///
/// # Errors
///
/// As [`Error::io`] when `dir` itself cannot be read. Folders below it that cannot be are left out.
pub fn walk(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entered = BTreeSet::new();
    let mut queue = vec![dir.to_path_buf()];
    while let Some(folder) = queue.pop() {
        let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        if !entered.insert(real) || folder.join("events.ndjson").is_file() {
            continue;
        }
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if folder == dir => return Err(Error::io("read the folder", dir, e)),
            Err(_) => continue,
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if name(&path) == Name::Ignored {
                continue;
            }
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => queue.push(path),
                Ok(metadata) if metadata.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_recordings_by_name_or_content_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        put("b.MP3", b"whatever");
        put("a/c.wav", b"whatever");
        put("a/no-extension", b"fLaC\0\0\0\x22");
        put("a/utf16.txt", b"\xff\xfe\0\0");
        put("notes.txt", b"Dear diary");
        put("d.m4a.part", b"\0\0\0\x20ftypM4A ");
        put("e.wav~", b"RIFF");
        put("._b.MP3", b"whatever");
        put(".hidden/f.wav", b"whatever");
        put("session/events.ndjson", b"{}");
        put("session/audio/mic.wav", b"RIFF");
        let found = gather(&[dir.path().to_path_buf(), dir.path().join("b.MP3")]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["a/c.wav", "a/no-extension", "b.MP3"],
            "the named file comes once"
        );
        let empty = gather(&[dir.path().join("session")]).unwrap_err();
        assert_eq!(empty.kind(), ErrorKind::BadAudio);
    }
}

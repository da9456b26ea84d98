//! Recordings that arrive in a folder.
//!
//! The folder is looked at again and again: network drives tell of no changes, and a look at a
//! thousand names costs a few milliseconds.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::gather::{is_recording, walk};
use super::log::Permit;
use super::queue::Call;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The recordings in folders, each as a call once it is finished: its size and time have not changed
/// for a while, and nobody holds it open for writing. Comes to its end when its permit is over.
#[derive(Debug)]
pub struct Arrivals {
    folders: Vec<PathBuf>,
    settle: Duration,
    permit: Permit,
    seen: HashMap<PathBuf, Seen>,
    ready: VecDeque<PathBuf>,
}

/// A file as it was found.
#[derive(Debug)]
struct Seen {
    shape: Shape,
    since: Instant,
    handed: bool,
}

/// What changes while a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    size: u64,
    changed: Option<SystemTime>,
}

impl Arrivals {
    /// What arrives in `folders`, and in the folders in them, and is not changed for `settle`.
    pub fn of(folders: Vec<PathBuf>, settle: Duration, permit: Permit) -> Arrivals {
        Arrivals {
            folders,
            settle,
            permit,
            seen: HashMap::new(),
            ready: VecDeque::new(),
        }
    }

    /// Looks at the folders once, at this time. A folder that cannot be read at the moment is as it was.
    fn look(&mut self, now: Instant) {
        for folder in self.folders.clone() {
            let Ok(files) = walk(&folder) else { continue };
            self.seen
                .retain(|path, _| !path.starts_with(&folder) || files.binary_search(path).is_ok());
            for path in files {
                let Some(shape) = shape(&path) else { continue };
                let seen = self.seen.entry(path.clone()).or_insert(Seen {
                    shape,
                    since: now,
                    handed: false,
                });
                if seen.shape != shape {
                    *seen = Seen {
                        shape,
                        since: now,
                        handed: false,
                    };
                }
                let still = now.duration_since(seen.since) >= self.settle;
                if seen.handed || !still || shape.size == 0 || is_being_written(&path) {
                    continue;
                }
                seen.handed = true;
                if is_recording(&path) {
                    self.ready.push_back(path);
                }
            }
        }
    }
}

impl Iterator for Arrivals {
    type Item = Call;

    fn next(&mut self) -> Option<Call> {
        loop {
            if self.permit.is_over() {
                return None;
            }
            match self.ready.pop_front() {
                // What was taken away before its turn is not missed.
                Some(path) if !path.exists() => {}
                Some(path) => return Some(Call { files: vec![path] }),
                None => {
                    self.look(Instant::now());
                    if self.ready.is_empty() {
                        thread::sleep(LOOK_EVERY);
                    }
                }
            }
        }
    }
}

fn shape(path: &Path) -> Option<Shape> {
    let metadata = fs::metadata(path).ok()?;
    Some(Shape {
        size: metadata.len(),
        changed: metadata.modified().ok(),
    })
}

/// Whether a process that this user may look at holds the file open for writing.
#[cfg(target_os = "linux")]
fn is_being_written(path: &Path) -> bool {
    let Ok(real) = path.canonicalize() else {
        return false;
    };
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    entries(Path::new("/proc")).any(|process| {
        let process = process.path();
        entries(&process.join("fd")).any(|open| {
            let same = fs::read_link(open.path()).is_ok_and(|target| target == real);
            same && is_for_writing(&process.join("fdinfo").join(open.file_name()))
        })
    })
}

/// Whether the flags of an open file say that it can be written to: their last two bits.
#[cfg(target_os = "linux")]
fn is_for_writing(info: &Path) -> bool {
    let text = fs::read_to_string(info).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 0b11 != 0)
}

#[cfg(not(target_os = "linux"))]
fn is_being_written(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(5);

    struct Place(tempfile::TempDir, Arrivals, Instant);

    impl Place {
        fn new() -> Place {
            let dir = tempfile::tempdir().unwrap();
            let arrivals = Arrivals::of(vec![dir.path().to_path_buf()], SETTLE, Permit::for_ever());
            Place(dir, arrivals, Instant::now())
        }

        fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        }

        /// What is ready after a look some seconds later.
        fn after(&mut self, seconds: u64) -> Vec<String> {
            self.2 += Duration::from_secs(seconds);
            self.1.look(self.2);
            let names = self.1.ready.drain(..);
            names
                .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
                .collect()
        }
    }

    #[test]
    fn a_file_that_grows_waits_until_it_is_still() {
        let mut place = Place::new();
        place.put("a.wav", b"RIFF");
        assert!(place.after(0).is_empty());
        place.put("a.wav", b"RIFFmore");
        assert!(place.after(6).is_empty(), "it has grown");
        assert!(place.after(4).is_empty(), "not still for long enough");
        assert_eq!(place.after(2), ["a.wav"]);
        assert!(place.after(60).is_empty(), "once");
        place.put("a.wav", b"RIFFmore and more");
        assert!(place.after(1).is_empty());
        assert_eq!(place.after(6), ["a.wav"], "it was changed");
    }

    #[test]
    fn partial_files_count_once_they_have_their_name() {
        let mut place = Place::new();
        let part = place.put("in/b.m4a.crdownload", b"\0\0\0\x20ftypM4A ");
        place.put("empty.mp3", b"");
        place.put("notes.txt", b"no recording");
        assert!(place.after(0).is_empty());
        assert!(place.after(60).is_empty());
        fs::rename(&part, place.0.path().join("in/b.m4a")).unwrap();
        assert!(place.after(1).is_empty());
        assert_eq!(place.after(6), ["b.m4a"]);
    }

    #[test]
    fn what_is_gone_is_forgotten_and_a_folder_that_is_gone_is_waited_for() {
        let mut place = Place::new();
        let path = place.put("c.wav", b"RIFF");
        place.after(0);
        fs::remove_file(&path).unwrap();
        assert!(place.after(6).is_empty());
        place.put("c.wav", b"RIFF");
        assert!(
            place.after(6).is_empty(),
            "another file, which has to be still itself"
        );
        let away = place.0.path().with_extension("away");
        fs::rename(place.0.path(), &away).unwrap();
        assert!(place.after(6).is_empty());
        fs::rename(&away, place.0.path()).unwrap();
        assert_eq!(place.after(1), ["c.wav"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_open_for_writing_waits() {
        let mut place = Place::new();
        let path = place.put("d.wav", b"RIFF");
        let writer = fs::File::options().append(true).open(&path).unwrap();
        place.after(0);
        assert!(place.after(60).is_empty());
        drop(writer);
        let reader = fs::File::open(&path).unwrap();
        assert_eq!(place.after(1), ["d.wav"]);
        drop(reader);
    }
}

//! Disks that are full or may not be written to, and who may read what was written.
//!
//! A test here runs itself again in a process of its own, under a shell that first brings about the
//! state: a small disk in a mount namespace that ends with the process, a file size limit, a mask.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use verbatim::audio::Track;
use verbatim::error::{Error, ErrorKind};
use verbatim::event::{Event, Heartbeat};
use verbatim::store::documents;
use verbatim::store::folder::{SessionFolder, check_writable};
use verbatim::store::journal::{self, Journal};
use verbatim::store::wav::{ArchiveReader, WavArchive, repair};
use verbatim::time::{Span, Tick};

use super::{START, log, ramp, script, session_in};

/// Names the folder to work in, in the process that a test starts.
const INSIDE: &str = "VERBATIM_TEST_DISK";

/// Bytes on the small disk.
const DISK_BYTES: u64 = 98_304;

/// The folder, where this process is the one that a test started.
fn inside() -> Option<PathBuf> {
    std::env::var_os(INSIDE).map(PathBuf::from)
}

/// Runs a test of this program again under a shell script that ends in `exec "$@"`; `$DISK` is the
/// folder to work in. `launcher` stands before the shell. Returns whether the test passed, or `None`
/// where the script refused with status 77 or the launcher is missing.
fn again(test: &str, launcher: &[&str], script: &str, dir: &Path) -> Option<bool> {
    let this = std::env::current_exe().expect("this program");
    let mut words = launcher.to_vec();
    words.extend(["sh", "-c", script, "sh"]);
    let output = Command::new(words[0])
        .args(&words[1..])
        .arg(this)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, dir)
        .env("DISK", dir)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if said.contains("running 1 test") {
        print!("{said}{}", String::from_utf8_lossy(&output.stderr));
        return Some(output.status.success());
    }
    println!(
        "{launcher:?} refused: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    None
}

/// The same on a small disk, by whichever way this machine allows one to be mounted.
fn on_small_disk(test: &str, dir: &Path) -> Option<bool> {
    let script = format!(
        "mount -t tmpfs -o size={DISK_BYTES},mode=700 none \"$DISK\" || exit 77; exec \"$@\""
    );
    let launchers: [&[&str]; 2] = [
        &["unshare", "--mount"],
        &["unshare", "--user", "--map-root-user", "--mount"],
    ];
    launchers
        .iter()
        .find_map(|launcher| again(test, launcher, &script, dir))
}

fn names(error: &Error, path: &str) {
    let line = error.to_string();
    assert!(line.contains(path), "{line}");
    assert!(!line.contains('\n'), "{line}");
}

/// Appends a tenth of a second at a time until the disk refuses; returns what had been made readable.
fn fill(archive: &mut WavArchive) -> (u64, Error) {
    for tenth in 0..10_000 {
        let written = archive.append(&ramp(tenth * 4_800, 4_800));
        if let Err(error) = written.and_then(|()| archive.flush()) {
            return (tenth * 4_800, error);
        }
    }
    panic!("the disk never filled up");
}

/// What must hold when the archive can grow no more, whatever the reason.
fn check_full(folder: &SessionFolder, at_least: u64) -> Error {
    let mut archive = WavArchive::create(folder, Track::Mic).expect("room for a header");
    let (flushed, error) = fill(&mut archive);
    assert_eq!(error.kind(), ErrorKind::Disk, "{error}");
    names(&error, "audio/mic.wav");
    assert!(flushed >= at_least, "only {flushed} samples fitted");
    let again = archive.append(&ramp(0, 48_000)).expect_err("still full");
    assert_eq!(again.kind(), ErrorKind::Disk);
    drop(archive);

    let mut reader = ArchiveReader::open(folder, Track::Mic).expect("an archive");
    let held = reader.samples();
    assert!(held >= flushed, "{held} of {flushed} samples are left");
    let read = reader
        .read(Span::new(Tick(0), Tick(flushed)))
        .expect("samples");
    assert_eq!(read, ramp(0, flushed));
    let wav = hound::WavReader::open(folder.track(Track::Mic, 1)).expect("a WAV file");
    assert!(
        u64::from(wav.len()) >= flushed,
        "the header tells of {} samples",
        wav.len()
    );
    error
}

#[test]
fn a_full_disk_ends_the_archive_and_keeps_what_it_holds() {
    if let Some(dir) = inside() {
        return small_disk(&dir);
    }
    let name = "disk::a_full_disk_ends_the_archive_and_keeps_what_it_holds";
    let dir = tempfile::tempdir().expect("a folder");
    if let Some(passed) = on_small_disk(name, dir.path()) {
        return assert!(passed, "on a full disk");
    }
    // Where nothing may be mounted, a limit on the length of files refuses the same writes; the
    // shell leaves the signal ignored, so that the write fails instead of ending the process.
    let script = "trap '' XFSZ; ulimit -f 60 || exit 77; exec \"$@\"";
    let passed = again(name, &[], script, dir.path()).expect("a shell");
    assert!(passed, "under a file size limit");
}

/// On the small disk, or under the limit where that was refused.
fn small_disk(dir: &Path) {
    let folder = session_in(dir);
    let error = check_full(&folder, 9_600);
    let mounted = check_writable(dir).expect("free space") < DISK_BYTES;
    if !mounted {
        return;
    }
    assert!(error.to_string().contains("free some space"), "{error}");
    // A document does not replace its old version by half a new one.
    log_on_full_disk(&folder);

    // With room again, the archive is repaired and goes on at its last whole sample.
    fs::remove_file(dir.join("ballast")).expect("the ballast");
    repair(&folder, Track::Mic).expect("a repaired track");
    let mut archive = WavArchive::reopen(&folder, Track::Mic).expect("an archive");
    let held = archive.samples();
    archive.append(&ramp(held, 100)).expect("a disk with room");
    archive.finish().expect("a disk with room");
    let mut reader = ArchiveReader::open(&folder, Track::Mic).expect("an archive");
    let all = reader
        .read(Span::new(Tick(0), Tick(held + 100)))
        .expect("samples");
    assert_eq!(all, ramp(0, held + 100));
}

fn log_on_full_disk(folder: &SessionFolder) {
    let dir = folder.path().parent().expect("a folder");
    let wav = folder.track(Track::Mic, 1);
    // Room for a log and one set of documents, then for nothing.
    let length = fs::metadata(&wav).expect("the archive").len();
    let file = fs::File::options()
        .write(true)
        .open(&wav)
        .expect("the archive");
    file.set_len(length - 72_000).expect("a shorter archive");
    log(folder, &script());
    documents::write(folder).expect("room for documents");
    let before = fs::read(folder.manifest()).expect("a manifest");
    let ballast = fs::write(dir.join("ballast"), vec![1; 120_000]);
    assert_eq!(
        ballast.expect_err("a full disk").kind(),
        std::io::ErrorKind::StorageFull
    );
    let error = documents::write(folder).expect_err("no room");
    assert_eq!(error.kind(), ErrorKind::Disk);
    names(&error, ".json");
    assert_eq!(fs::read(folder.manifest()).expect("a manifest"), before);

    let mut journal = Journal::reopen(folder).expect("a log");
    let beat = || {
        Event::Heartbeat(Heartbeat {
            samples: vec![0; 500],
        })
    };
    let mut errors = (0..20).filter_map(|_| journal.append(beat(), 1, START).err());
    let error = errors.next().expect("a log that does not fit");
    assert_eq!(error.kind(), ErrorKind::Disk);
    names(&error, "events.ndjson");
    drop(errors);
    let read = journal::read(folder)
        .expect("a log")
        .collect::<Result<Vec<_>, _>>();
    assert!(read.expect("events").len() >= script().len());
}

/// The device that is always full stands in for the log's file: no right to mount is needed.
#[test]
fn a_log_on_a_full_disk_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = session_in(dir.path());
    fs::remove_file(folder.events()).expect("the log");
    std::os::unix::fs::symlink("/dev/full", folder.events()).expect("a link");
    let mut journal = Journal::create(&folder).expect("a log");
    let beat = Event::Heartbeat(Heartbeat { samples: vec![1] });
    let error = journal.append(beat, 1, START).expect_err("no room");
    assert_eq!(error.kind(), ErrorKind::Disk);
    names(&error, "events.ndjson");
    assert!(
        error
            .hint_text()
            .is_some_and(|hint| hint.contains("free some space"))
    );
}

#[test]
fn a_read_only_disk_refuses_every_writer_and_still_reads() {
    if let Some(dir) = inside() {
        return read_only_disk(&dir);
    }
    let dir = tempfile::tempdir().expect("a folder");
    let name = "disk::a_read_only_disk_refuses_every_writer_and_still_reads";
    if let Some(passed) = on_small_disk(name, dir.path()) {
        return assert!(passed, "on a read-only disk");
    }
    // Nothing may be mounted here: a folder that refuses files to everybody, root included.
    for place in ["/proc", "/sys"] {
        let error = SessionFolder::create(Path::new(place), None, START).expect_err(place);
        assert!(
            matches!(error.kind(), ErrorKind::Disk | ErrorKind::PermissionDenied),
            "{error}"
        );
        names(&error, place);
        check_writable(Path::new(place)).expect_err(place);
    }
}

fn read_only_disk(dir: &Path) {
    let folder = session_in(dir);
    log(&folder, &script());
    documents::write(&folder).expect("documents");
    let mut archive = WavArchive::create(&folder, Track::Mic).expect("a file");
    archive.append(&ramp(0, 1_000)).expect("a disk with room");
    archive.finish().expect("a disk with room");
    let remount = Command::new("mount")
        .args(["-o", "remount,bind,ro"])
        .arg(dir)
        .status();
    assert!(remount.expect("mount").success());

    let errors = [
        SessionFolder::create(dir, None, START)
            .map(drop)
            .expect_err("a folder"),
        check_writable(dir).map(drop).expect_err("a check"),
        WavArchive::create(&folder, Track::System)
            .map(drop)
            .expect_err("an archive"),
        WavArchive::reopen(&folder, Track::Mic)
            .map(drop)
            .expect_err("an archive"),
        repair(&folder, Track::System).expect_err("a repair"),
        Journal::reopen(&folder).map(drop).expect_err("a log"),
        folder.lock().map(drop).expect_err("a lock"),
        documents::write(&folder).map(drop).expect_err("documents"),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Disk, "{error}");
        names(&error, &dir.display().to_string());
        assert!(error.hint_text().is_some(), "{error}");
    }
    let held = SessionFolder::open(folder.path()).expect("a session");
    let reader = ArchiveReader::open(&held, Track::Mic).expect("an archive");
    assert_eq!(reader.samples(), 1_000);
    assert_eq!(journal::read(&held).expect("a log").count(), script().len());
    repair(&held, Track::Mic).expect_err("repair opens the file for writing");
}

/// With a mask that takes nothing away, modes are what the program asks for.
#[test]
fn everything_is_its_owners_alone_whatever_the_mask() {
    if let Some(dir) = inside() {
        return modes_of_a_session(&dir);
    }
    let dir = tempfile::tempdir().expect("a folder");
    let name = "disk::everything_is_its_owners_alone_whatever_the_mask";
    let passed = again(name, &[], "umask 0; exec \"$@\"", dir.path()).expect("a shell");
    assert!(passed, "without a mask");
}

fn modes_of_a_session(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).expect("a mode").permissions().mode() & 0o777;
    fs::write(dir.join("plain"), "").expect("a file");
    assert_eq!(
        mode(&dir.join("plain")),
        0o666,
        "the mask is not off, nothing would be proven"
    );

    let folder = session_in(dir);
    log(&folder, &script());
    let mut archive = WavArchive::create_with_parts(&folder, Track::Mic, 50).expect("a file");
    archive.append(&ramp(0, 120)).expect("a disk with room");
    archive.finish().expect("a disk with room");
    repair(&folder, Track::System).expect("an empty track");
    documents::write(&folder).expect("documents");
    documents::write(&folder).expect("documents");
    let mut places = vec![folder.path().to_owned(), folder.audio()];
    let mut files = 0;
    for place in [folder.path(), &folder.audio()] {
        for entry in fs::read_dir(place).expect("a folder") {
            places.push(entry.expect("an entry").path());
        }
    }
    for path in places {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        files += usize::from(path.is_file());
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
    // The log, nine documents, three parts and an empty track.
    assert_eq!(files, 14);
    // The folder itself, not only its name, is what other users cannot pass.
    let mut log = String::new();
    let mut file = fs::File::open(folder.events()).expect("its owner may");
    file.read_to_string(&mut log).expect("its owner may");
    assert_eq!(log.lines().count(), script().len());
}

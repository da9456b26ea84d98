//! What a session is read from, changed at random: whatever comes of it, it comes soon, in bounded
//! memory, and without a panic. Seeds are fixed, so a failure comes again. Containers of recordings
//! have a harness of their own, `tests/import/fuzz.rs`.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use verbatim::audio::Track;
use verbatim::document::clip::{ClipDocument, ClipsDocument};
use verbatim::document::manifest::Manifest;
use verbatim::document::marker::MarkersDocument;
use verbatim::document::stats::StatsDocument;
use verbatim::document::transcript::TranscriptDocument;
use verbatim::document::turns::TurnsDocument;
use verbatim::engine::protocol;
use verbatim::error::{Error, ErrorKind};
use verbatim::mark::request::Request;
use verbatim::store::folder::SessionFolder;
use verbatim::store::wav::{ArchiveReader, WavArchive, repair};
use verbatim::store::{documents, journal};
use verbatim::time::{Span, Tick};

use super::{LOG, folder, ramp};

/// A run takes seconds; what takes this long hangs.
const LONGEST: Duration = Duration::from_secs(120);

/// Memory that a run may ask for on top of what it has, in bytes.
const MOST_MEMORY: u64 = 256 << 20;

/// Deterministic random numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn of(case: u64) -> Dice {
        Dice((case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

/// Words that mean something to the readers.
const WORDS: [&[u8]; 14] = [
    b"{",
    b"}",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"\"",
    b"\n",
    b"\0\0\0\0",
    b"18446744073709551615",
    b"-1",
    b"1e999",
    b"null",
    b"\\ud800",
    b"\xff\xfe",
    b"\"schema_version\":\"99.0\"",
    b"\xff\xff\xff\xff",
];

/// Changes a few places: bits and bytes, pieces taken out, doubled, moved or replaced, the end cut off.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(5) {
        if bytes.is_empty() {
            return;
        }
        let at = dice.below(bytes.len());
        let end = (at + 1 + dice.below(40)).min(bytes.len());
        match dice.below(7) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = dice.below(256) as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            _ => {
                let word = WORDS[dice.below(WORDS.len())];
                let over = match dice.below(2) {
                    0 => at..at,
                    _ => at..end,
                };
                drop(bytes.splice(over, word.iter().copied()));
            }
        }
    }
}

/// Runs `work` on a thread of its own; fails when it panics, hangs or asks for much memory.
fn bounded(work: impl FnOnce() + Send + 'static) {
    let before = peak_memory();
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        sender.send(()).expect("somebody waits");
    });
    match receiver.recv_timeout(LONGEST) {
        Ok(()) => {}
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("reading hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(
            after - before < MOST_MEMORY,
            "{} bytes more",
            after - before
        );
    }
}

/// The most memory that this process has held, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// What went wrong is told in one line, by a kind that is no accident.
fn is_told(error: &Error, case: u64) {
    assert!(
        matches!(error.kind(), ErrorKind::Session | ErrorKind::Disk),
        "case {case}: {error}"
    );
    assert!(!error.to_string().contains('\n'), "case {case}: {error}");
}

#[test]
fn a_log_of_any_bytes_is_read() {
    bounded(|| {
        let (_dir, folder) = folder();
        for case in 0..1_500 {
            let mut bytes = LOG.as_bytes().to_vec();
            mutate(&mut bytes, &mut Dice::of(case));
            read_log(&folder, &bytes, case);
        }
    });
}

fn read_log(folder: &SessionFolder, bytes: &[u8], case: u64) {
    fs::write(folder.events(), bytes).expect("a log");
    let mut events = 0;
    for event in journal::read(folder).expect("a log that is there") {
        events += 1;
        if let Err(error) = event {
            is_told(&error, case);
        }
    }
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
    assert!(
        events <= lines + 1,
        "case {case}: {events} of {lines} lines"
    );
    match SessionFolder::open(folder.path()).and_then(|open| documents::fold_folder(&open)) {
        Ok(folded) => {
            // Whatever the log says, the documents can be written, and are the same again.
            let turns = documents::bytes(&folded.turns).expect("JSON");
            let again = documents::fold_folder(folder).expect("the same log");
            assert_eq!(turns, documents::bytes(&again.turns).expect("JSON"));
        }
        Err(error) => is_told(&error, case),
    }
}

#[test]
fn documents_of_any_bytes_are_read_or_refused() {
    bounded(|| {
        let (_dir, folder) = folder();
        fs::write(folder.events(), LOG).expect("a log");
        let whole = documents::write(&folder).expect("documents");
        let markers = whole.markers.expect("the log sets markers");
        let clips = whole.clips.expect("the log cuts clips");
        fs::write(folder.markers(), documents::bytes(&markers).expect("JSON")).expect("a file");
        fs::write(folder.clips_list(), documents::bytes(&clips).expect("JSON")).expect("a file");
        let clip = folder.path().join("clip.json");
        fs::write(&clip, include_bytes!("../schema/clip.json")).expect("a file");
        type Read = fn(&Path) -> Result<(), Error>;
        let readers: [(std::path::PathBuf, Read); 7] = [
            (folder.manifest(), |p| {
                documents::read::<Manifest>(p).map(drop)
            }),
            (folder.turns(), |p| {
                documents::read::<TurnsDocument>(p).map(drop)
            }),
            (folder.transcript(), |p| {
                documents::read::<TranscriptDocument>(p).map(drop)
            }),
            (folder.stats(), |p| {
                documents::read::<StatsDocument>(p).map(drop)
            }),
            (folder.markers(), |p| {
                documents::read::<MarkersDocument>(p).map(drop)
            }),
            (folder.clips_list(), |p| {
                documents::read::<ClipsDocument>(p).map(drop)
            }),
            (clip, |p| documents::read::<ClipDocument>(p).map(drop)),
        ];
        for (path, read) in readers {
            let seed = fs::read(&path).expect("a document");
            read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            for case in 0..250 {
                let mut bytes = seed.clone();
                mutate(&mut bytes, &mut Dice::of(case));
                fs::write(&path, bytes).expect("a document");
                if let Err(error) = read(&path) {
                    is_told(&error, case);
                }
            }
        }
    });
}

#[test]
fn an_archive_of_any_bytes_is_mended_or_left_alone() {
    bounded(|| {
        let (_dir, folder) = folder();
        let path = folder.track(Track::Mic, 1);
        let mut archive = WavArchive::create(&folder, Track::Mic).expect("a file");
        archive.append(&ramp(0, 3_000)).expect("samples");
        archive.finish().expect("a file");
        let seed = fs::read(&path).expect("a file");
        let mut mended = 0;
        for case in 0..1_500 {
            let mut dice = Dice::of(case);
            let mut bytes = seed.clone();
            // Half of the changes are in the header, which is a hundredth of the file.
            match dice.below(2) {
                0 => mutate(&mut bytes, &mut dice),
                _ => {
                    let mut header = bytes[..44].to_vec();
                    mutate(&mut header, &mut dice);
                    drop(bytes.splice(..44, header));
                }
            }
            fs::write(&path, &bytes).expect("a file");
            match repair(&folder, Track::Mic) {
                Ok(()) => {
                    mended += 1;
                    let mut reader = ArchiveReader::open(&folder, Track::Mic).expect("mended");
                    let held = bytes.len().saturating_sub(44) as u64 / 2;
                    assert_eq!(reader.samples(), held, "case {case}");
                    let all = Span::new(Tick(0), Tick(held + 1_000));
                    assert_eq!(reader.read(all).expect("samples").len() as u64, held);
                    let length = hound::WavReader::open(&path).expect("a WAV file").len();
                    assert_eq!(u64::from(length), held, "case {case}");
                }
                Err(error) => {
                    is_told(&error, case);
                    assert_eq!(fs::read(&path).expect("a file"), bytes, "case {case}");
                }
            }
        }
        assert!(mended > 200, "{mended}");
    });
}

/// What other processes send: the recogniser its answers, other programs their wishes.
#[test]
fn messages_of_any_bytes_are_read_or_refused() {
    bounded(|| {
        let seeds: [&[u8]; 3] = [
            br#"{"op":"mark","kind":"pain","at":{"ago_ms":1500},"note":"copies by hand","tags":["a"]}
"#,
            br#"{"op":"change","marker":{"last_of":null},"change":{"note":"x"}}
{"op":"remove","marker":{"id":"m0001"}}
"#,
            b"{\"samples\":4000,\"language\":\"en\"}\n\x01\x02\x03",
        ];
        for case in 0..3_000 {
            let mut dice = Dice::of(case);
            let mut bytes = seeds[dice.below(seeds.len())].to_vec();
            mutate(&mut bytes, &mut dice);
            let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
            let mut input = Cursor::new(&bytes);
            let mut read = 0;
            while let Ok(Some(_)) = protocol::receive::<Request>(&mut input) {
                read += 1;
                assert!(read <= lines + 1, "case {case}");
            }
            // A length that the sender made up is no reason to take that much memory.
            let count = [4_000, 1 << 40, usize::MAX / 4][dice.below(3)];
            let samples = protocol::read_samples(&mut Cursor::new(&bytes), count);
            assert!(samples.is_err(), "case {case}");
        }
    });
}

/// Cases that a run once found, or that could be found.
#[test]
fn found_cases_stay_mended() {
    let (_dir, folder) = folder();
    let deep = "[".repeat(100_000);
    let cases: [Vec<u8>; 6] = [
        Vec::new(),
        b"\n\n\n".to_vec(),
        deep.clone().into_bytes(),
        format!("{{\"v\":1,\"seq\":1,\"type\":{deep}").into_bytes(),
        vec![0; 100_000],
        vec![b'x'; 9 << 20],
    ];
    for (case, bytes) in (0..).zip(&cases) {
        read_log(&folder, bytes, case);
        let path = folder.manifest();
        fs::write(&path, bytes).expect("a file");
        is_told(
            &documents::read::<Manifest>(&path).expect_err("no manifest"),
            case,
        );
    }
}

//! Headers changed at random: whatever comes of it, it comes soon, in bounded memory, and without a
//! panic. The seed is fixed, so a failure comes again.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use verbatim::error::ErrorKind;

use super::wav_file::{FLOAT, PCM, Wav, chunk};
use super::{Place, flac};

const CASES: u64 = 2_000;

/// A run takes about a second; what takes this long hangs.
const LONGEST: Duration = Duration::from_secs(120);

/// Deterministic random numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Changes a few bytes near the start: bits flipped, values that stand for extremes, pieces taken
/// out or doubled, the end cut off.
fn mutate(bytes: &mut Vec<u8>, header: usize, dice: &mut Dice) {
    const EXTREMES: [u32; 8] = [
        0,
        1,
        0x7f,
        0x8000,
        0xffff,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
    ];
    for _ in 0..=dice.below(4) {
        if bytes.len() < 8 {
            return;
        }
        let at = dice.below(header.min(bytes.len() - 4));
        match dice.below(6) {
            0 | 1 => bytes[at] ^= 1 << dice.below(8),
            2 => bytes[at] = dice.below(256) as u8,
            3 => bytes[at..at + 4].copy_from_slice(&EXTREMES[dice.below(8)].to_le_bytes()),
            4 => bytes.truncate(1 + dice.below(bytes.len())),
            _ => {
                let end = (at + 1 + dice.below(12)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                match dice.below(2) {
                    0 => drop(bytes.drain(at..end)),
                    _ => drop(bytes.splice(at..at, piece)),
                }
            }
        }
    }
}

/// Runs `work` on a thread of its own; fails when it panics or does not come to its end.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || sender.send(work()).expect("somebody waits"));
    match receiver.recv_timeout(LONGEST) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("reading a file hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => match worker.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => panic!("the work ended without a result"),
        },
    }
}

/// The most memory that this process has asked for, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmPeak:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// Reads mutations of `seeds`; returns how many could be opened.
fn fuzz(seeds: Vec<(Vec<u8>, usize)>, cases: u64) -> u64 {
    let before = peak_memory();
    let opened = in_time(move || {
        let place = Place::new();
        let mut opened = 0;
        for case in 0..cases {
            let mut dice = Dice((case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (mut bytes, header) = seeds[dice.below(seeds.len())].clone();
            let is_wav = bytes.starts_with(b"RIFF");
            mutate(&mut bytes, header, &mut dice);
            match place.hear(&bytes) {
                Ok(heard) => {
                    opened += 1;
                    let no_more = bytes.len();
                    // A sample takes a byte at least, whatever the header says.
                    let many = heard.samples.len();
                    assert!(!is_wav || many <= no_more, "case {case}: {many} samples");
                    let sound = heard.samples.iter().all(|sample| sample.is_finite());
                    assert!(sound, "case {case}: samples that are no numbers");
                    assert!(heard.rate > 0 && heard.channels > 0, "case {case}");
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::BadAudio, "case {case}: {error}");
                    assert!(!error.to_string().contains('\n'), "case {case}: {error}");
                }
            }
        }
        opened
    });
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        let grown = (after - before) >> 20;
        assert!(
            grown < 1_024,
            "{grown} MiB were asked for to read small files"
        );
    }
    opened
}

#[test]
fn wav_headers_changed_at_random() {
    let data: Vec<u8> = (0..4_800_u32).map(|n| (n * 37 % 251) as u8).collect();
    let mut listed = Wav::new(PCM, 2, 44_100, 24, data.clone()).extensible(24);
    listed.before = chunk(b"LIST", b"INFOISFT\x04\0\0\0abc\0");
    listed.after = chunk(b"id3 ", b"odd");
    let mut killed = Wav::new(FLOAT, 1, 48_000, 32, data.clone());
    killed.declared = Some(0);
    let wavs = [
        Wav::new(PCM, 1, 48_000, 16, data.clone()),
        Wav::new(PCM, 1, 8_000, 8, data.clone()),
        Wav::new(PCM, 8, 192_000, 32, data),
        listed,
        killed,
    ];
    let seeds = wavs.iter().map(|wav| (wav.bytes(), wav.header())).collect();
    let opened = fuzz(seeds, CASES);
    // If nearly all were refused at the door, or none, nothing behind it would be met.
    assert!(
        (CASES / 10..CASES * 9 / 10).contains(&opened),
        "{opened} of {CASES} opened"
    );
}

#[test]
fn flac_headers_changed_at_random() {
    let mut whole = flac();
    whole.truncate(30_000);
    let opened = fuzz(vec![(whole.clone(), 300), (whole, 20_000)], 600);
    assert!((60..590).contains(&opened), "{opened} opened");
}

/// Every container, changed anywhere: cut, flipped, doubled, with zeros behind.
#[test]
fn containers_changed_at_random() {
    let corpus = super::forms::Corpus::of_a_sweep();
    let forms: [(&str, &[&str]); 14] = [
        ("x.mp3", &["-c:a", "libmp3lame"]),
        ("x.m4a", &["-c:a", "aac"]),
        ("x.aac", &["-c:a", "aac"]),
        ("fast.mp4", &["-c:a", "aac", "-movflags", "+faststart"]),
        (
            "frag.mp4",
            &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
        ),
        ("alac.m4a", &["-c:a", "alac"]),
        ("v.ogg", &["-c:a", "libvorbis"]),
        ("o.opus", &["-c:a", "libopus"]),
        (
            "o.webm",
            &["-c:a", "libopus", "-application", "voip", "-b:a", "16k"],
        ),
        ("v.mkv", &["-c:a", "libvorbis"]),
        ("f.flac", &["-c:a", "flac"]),
        ("a.aiff", &["-c:a", "pcm_s16be"]),
        ("c.caf", &["-c:a", "pcm_s16be"]),
        ("w.w64", &["-c:a", "pcm_s16le"]),
    ];
    let seeds: Vec<Vec<u8>> = forms
        .iter()
        .map(|(name, args)| {
            let mut short = vec!["-t", "2", "-ar", "16000"];
            short.extend(*args);
            std::fs::read(corpus.make(name, &short)).expect("a file")
        })
        .collect();
    let (opened, damaged) = in_time(move || {
        let place = Place::new();
        let (mut opened, mut damaged) = (0, 0);
        for case in 0..60 * seeds.len() as u64 {
            let mut dice = Dice((case + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut bytes = seeds[case as usize % seeds.len()].clone();
            let whole = bytes.len();
            match dice.below(4) {
                0 => bytes.truncate(1 + dice.below(whole)),
                1 => bytes.resize(whole + 1 + dice.below(100_000), 0),
                2 => mutate(&mut bytes, 600, &mut dice),
                _ => mutate(&mut bytes, whole, &mut dice),
            }
            let path = place.file(&bytes);
            let begun = std::time::Instant::now();
            match verbatim::import::open(&path) {
                Ok(mut recording) => {
                    opened += 1;
                    let mut block = Vec::new();
                    while recording.read(4_096, &mut block).expect("no error") > 0 {
                        assert!(block.iter().all(|x| x.is_finite()), "case {case}");
                        block.clear();
                    }
                    damaged += u64::from(!recording.warnings().is_empty());
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::BadAudio, "case {case}: {error}");
                    assert!(!error.to_string().contains('\n'), "case {case}: {error}");
                }
            }
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(20), "case {case} took {took:?}");
        }
        (opened, damaged)
    });
    assert!(
        opened > 300 && damaged > 50,
        "{opened} opened, {damaged} damaged"
    );
}

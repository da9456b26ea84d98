//! Files that were cut, headers that lie, and what is no recording: as many right samples as there
//! are, or one line that says what is wrong.

use std::fs;
use std::path::Path;

use verbatim::error::{Error, ErrorKind};
use verbatim::import;

use super::wav_file::{FLOAT, PCM, Wav, chunk};
use super::{Heard, Place, flac, hear};

/// Checks an error's form and kind; returns its line.
fn line(error: &Error, path: &Path) -> String {
    assert_eq!(error.kind(), ErrorKind::BadAudio, "{error}");
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    assert!(line.contains(&path.display().to_string()), "{line}");
    assert!(error.hint_text().is_some(), "{line}");
    line
}

fn refused(place: &Place, bytes: &[u8]) -> String {
    let path = place.file(bytes);
    line(&import::open(&path).expect_err("no recording"), &path)
}

fn samples(heard: &Heard) -> Vec<i16> {
    heard
        .samples
        .iter()
        .map(|&s| (s * 32_768.0) as i16)
        .collect()
}

fn ramp(count: i16) -> Vec<i16> {
    (1..=count).collect()
}

/// What a recorder leaves that was killed before it could say how much it wrote.
#[test]
fn sizes_of_a_killed_recorder_are_replaced_by_the_files_length() {
    let place = Place::new();
    for declared in [
        0,
        u32::MAX,
        u32::MAX - 1,
        u32::MAX - 36,
        0x8000_0000,
        2_001,
        4_000,
    ] {
        let mut wav = Wav::plain(&ramp(1_000));
        wav.declared = Some(declared);
        let mut bytes = wav.bytes();
        for riff in [0, u32::MAX, 36] {
            bytes[4..8].copy_from_slice(&riff.to_le_bytes());
            let heard = place.hear(&bytes).expect("a recording");
            assert_eq!(samples(&heard), ramp(1_000), "{declared}");
            assert_eq!(heard.told, Some(1_000));
            assert_eq!(heard.warnings.len(), 1, "{declared}: the user is told");
        }
    }
}

#[test]
fn a_wav_cut_anywhere_gives_its_whole_frames_or_one_line() {
    let place = Place::new();
    let mut wav = Wav::plain(&ramp(40)).extensible(16);
    wav.channels = 2;
    wav.before = chunk(b"LIST", b"odd");
    let (whole, header) = (wav.bytes(), wav.header());
    for cut in 0..whole.len() {
        let path = place.file(&whole[..cut]);
        match hear(&path) {
            Ok(heard) => {
                assert!(cut >= header, "a recording from {cut} bytes of a header");
                let frames = (cut - header) / 4;
                assert_eq!(samples(&heard), ramp(40)[..frames * 2], "cut at {cut}");
                assert_eq!(heard.warnings.len(), 1, "cut at {cut}");
            }
            Err(error) => {
                assert!(cut < header, "cut at {cut}: {error}");
                line(&error, &path);
            }
        }
    }
}

#[test]
fn no_samples_are_no_samples() {
    let place = Place::new();
    let mut wav = Wav::plain(&[]);
    for after in [
        Vec::new(),
        chunk(b"LIST", b"INFOISFT\x04\0\0\0abc\0"),
        chunk(b"id3 ", b"odd"),
    ] {
        wav.after = after;
        let heard = place.hear(&wav.bytes()).expect("an empty recording");
        assert_eq!(
            (heard.samples.len(), heard.told),
            (0, Some(0)),
            "metadata is no sound"
        );
        assert!(heard.warnings.is_empty(), "{:?}", heard.warnings);
    }
}

#[test]
fn what_is_no_recording_is_named() {
    let place = Place::new();
    let mut avi = Wav::plain(&ramp(9)).bytes();
    avi[8..12].copy_from_slice(b"AVI ");
    let w64 = [
        0x72, 0x69, 0x66, 0x66, 0x2e, 0x91, 0xcf, 0x11, 0xa5, 0xd6, 0x28, 0xdb,
    ];
    let cases: [(&[u8], &str); 15] = [
        (b"", "is empty"),
        (b"RIF", "is in no"),
        (b"fLa", "is in no"),
        (b"RIFF", "cannot be read"),
        (b"fLaC", "cannot be read"),
        (b"Dear diary,\nthis is not a recording.\n", "is in no"),
        (&avi, "is in no"),
        (b"ID3\x04\0\0\0\0\0\0TSSE", "cannot be read"),
        (&[0xff, 0xfb, 0x90, 0x64, 0, 0], "cannot be read"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "cannot be read"),
        (&w64, "cannot be read"),
        (b"OggS\0\x02\0\0\0\0\0\0", "cannot be read"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "cannot be read"),
        (&[0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42], "cannot be read"),
        (b"%PDF-1.7 and so on and on", "is in no"),
    ];
    for (bytes, wanted) in cases {
        let line = refused(&place, bytes);
        assert!(line.contains(wanted), "{line}");
    }
}

#[test]
fn layouts_that_are_not_read_are_refused_before_anything_is_recorded() {
    let place = Place::new();
    let data = vec![0; 960];
    let mut adpcm = Wav::new(2, 1, 8_000, 4, data.clone());
    adpcm.extension = vec![0; 34];
    let mut no_rate = Wav::new(PCM, 1, 0, 16, data.clone());
    no_rate.rate = 0;
    let mut torn = Wav::new(PCM, 2, 8_000, 16, data.clone()).bytes();
    torn[32..34].copy_from_slice(&5_u16.to_le_bytes());
    let mut wrong_order = Wav::plain(&ramp(10)).bytes();
    wrong_order[12..16].copy_from_slice(b"fmtx");
    let files = [
        adpcm.bytes(),
        Wav::new(0x31, 1, 8_000, 8, data.clone()).bytes(),
        Wav::new(FLOAT, 1, 8_000, 16, data.clone()).bytes(),
        Wav::new(PCM, 1, 8_000, 64, data.clone()).bytes(),
        Wav::new(PCM, 1, 8_000, 0, data.clone()).bytes(),
        Wav::new(PCM, 0, 8_000, 16, data).bytes(),
        no_rate.bytes(),
        torn,
        wrong_order,
    ];
    for bytes in files {
        let line = refused(&place, &bytes);
        assert!(line.contains("cannot be read as audio"), "{line}");
    }
}

#[test]
fn places_that_are_no_files_are_named() {
    let place = Place::new();
    let folder = place.0.path();
    let said = line(&import::open(folder).expect_err("a folder"), folder);
    assert!(said.contains("is a folder"), "{said}");
    let missing = folder.join("missing.wav");
    let said = line(&import::open(&missing).expect_err("nothing"), &missing);
    assert!(said.contains("does not exist"), "{said}");
    import::sha256(&missing).expect_err("nothing to hash");
    // Nobody writes to this pipe: opening it would wait for ever.
    let pipe = folder.join("pipe.wav");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    let said = line(&import::open(&pipe).expect_err("a pipe"), &pipe);
    assert!(said.contains("no regular file"), "{said}");
}

#[test]
fn a_file_that_shrinks_while_it_is_read_ends_with_a_warning() {
    let place = Place::new();
    let path = place.file(&Wav::plain(&[9; 60_000]).bytes());
    let mut recording = import::open(&path).expect("a recording");
    let mut samples = Vec::new();
    assert_eq!(recording.read(100, &mut samples).expect("samples"), 100);
    let file = fs::File::options()
        .write(true)
        .open(&path)
        .expect("the file");
    file.set_len(44 + 2 * 50_000 + 1).expect("a shorter file");
    let mut frames = 100;
    while let more @ 1.. = recording.read(4_096, &mut samples).expect("samples") {
        frames += more;
    }
    assert_eq!((frames, samples.len()), (50_000, 50_000));
    assert_eq!(recording.warnings().len(), 1);
}

/// A WAV header cannot count beyond 4 GiB: a recorder that went on leaves a full size, and everything
/// there is is read. The file takes no room.
#[test]
fn more_than_a_header_can_count_is_read() {
    let place = Place::new();
    for declared in [0, u32::MAX] {
        let mut wav = Wav::plain(&ramp(10));
        wav.declared = Some(declared);
        let path = place.file(&wav.bytes());
        let file = fs::File::options()
            .write(true)
            .open(&path)
            .expect("the file");
        if file.set_len(5 << 30).is_err() {
            // A disk without sparse files; nothing can be shown on it.
            eprintln!("no sparse files here");
            return;
        }
        let mut recording = import::open(&path).expect("a recording");
        assert_eq!(recording.frames(), Some(((5 << 30) - 44) / 2));
        assert_eq!(recording.warnings().len(), 1);
        let mut samples = Vec::new();
        assert_eq!(recording.read(20, &mut samples).expect("samples"), 20);
        assert_eq!(samples[9], 10.0 / 32_768.0);
    }
}

#[test]
fn a_flac_cut_anywhere_gives_what_is_whole_and_says_so() {
    let place = Place::new();
    let whole = flac();
    let all = place.hear(&whole).expect("the sample call").samples;
    // Block starts are where a cut looks most like an end; the others are spread over the start,
    // where the header is, and the rest of the file.
    let starts = whole
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w[0] == 0xff && w[1] & 0xfe == 0xf8);
    let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    let spread = (0..20).map(|n| 10_000 + n * 7_777);
    let mut cut_between_blocks = 0;
    for cut in (4..120).chain(starts.into_iter().take(25)).chain(spread) {
        let path = place.file(&whole[..cut]);
        match hear(&path) {
            Ok(heard) => {
                let held = heard.samples.len();
                assert!(held < all.len(), "cut at {cut}");
                assert!(heard.samples == all[..held], "cut at {cut}: other samples");
                assert_eq!(
                    heard.warnings.len(),
                    1,
                    "cut at {cut}: {held} samples and no word"
                );
                cut_between_blocks += usize::from(heard.warnings[0].contains("too early"));
            }
            Err(error) => drop(line(&error, &path)),
        }
    }
    assert!(cut_between_blocks > 2, "no cut met the end of a block");
}

//! The archive while it is written, and speech cut out of it.

use std::thread;

use proptest::prelude::*;
use verbatim::audio::Track;
use verbatim::error::ErrorKind;
use verbatim::store::speech::SpeechReader;
use verbatim::store::wav::{ArchiveReader, WavArchive, repair};
use verbatim::time::{Span, Tick};

use super::{folder, ramp};

const EVERYTHING: Span = Span {
    start: Tick(0),
    end: Tick(1 << 40),
};

#[test]
fn a_reader_beside_the_writer_sees_a_growing_prefix() {
    let (_dir, folder) = folder();
    let total = 400_000;
    // Small parts, so that the reader also meets a part that has just begun.
    let mut archive = WavArchive::create_with_parts(&folder, Track::Mic, 70_000).expect("a file");
    let writer = thread::spawn(move || {
        let mut at = 0;
        for block in (1..).map(|n| 480 + n * 7919 % 5_000) {
            let block = block.min(total - at);
            if block == 0 {
                break;
            }
            archive.append(&ramp(at, block)).expect("a disk with room");
            at += block;
        }
        archive.finish().expect("a disk with room");
    });
    let mut longest = 0;
    loop {
        let done = writer.is_finished();
        let mut reader = ArchiveReader::open(&folder, Track::Mic).expect("an archive");
        let samples = reader.samples();
        let read = reader.read(EVERYTHING).expect("samples");
        assert_eq!(read.len() as u64, samples, "the reader holds what it says");
        assert_eq!(read, ramp(0, samples), "after {longest}");
        assert!(samples >= longest, "{samples} after {longest}");
        longest = samples;
        if done {
            break;
        }
    }
    writer.join().expect("a writer that ends well");
    assert_eq!(longest, total);
}

/// Other programs believe the header: it has to be true at every moment that a kill can come.
#[test]
fn a_foreign_reader_can_open_the_file_between_any_two_appends() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create(&folder, Track::System).expect("a file");
    let mut written = 0;
    for block in [0, 1, 4_799, 43_200, 48_001, 1, 100_000, 30_000] {
        archive
            .append(&ramp(written, block))
            .expect("a disk with room");
        written += block;
        assert_eq!(archive.samples(), written);
        let path = folder.track(Track::System, 1);
        let reader = hound::WavReader::open(path).expect("a WAV file");
        let read: Vec<i16> = reader
            .into_samples()
            .collect::<Result<_, _>>()
            .expect("samples");
        assert_eq!(read, ramp(0, read.len() as u64));
        let missing = written - read.len() as u64;
        assert!(
            missing < 48_000,
            "{missing} samples would be lost after {written}"
        );
    }
}

#[test]
fn a_span_beyond_the_end_or_across_parts_gives_what_there_is() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create_with_parts(&folder, Track::Mic, 1_000).expect("a file");
    archive.append(&ramp(0, 3_456)).expect("a disk with room");
    archive.finish().expect("a disk with room");
    let mut reader = ArchiveReader::open(&folder, Track::Mic).expect("an archive");
    for (from, to) in [
        (0, 0),
        (0, 1),
        (999, 1_001),
        (0, 3_456),
        (3_455, 9_999),
        (3_456, 4_000),
    ] {
        let end = to.min(3_456);
        let read = reader
            .read(Span::new(Tick(from), Tick(to)))
            .expect("samples");
        assert_eq!(read, ramp(from, end - from.min(end)), "{from}..{to}");
    }
}

#[test]
fn a_track_without_a_file_is_an_error_that_names_it() {
    let (_dir, folder) = folder();
    let error = ArchiveReader::open(&folder, Track::Mic).expect_err("no file");
    assert_eq!(error.kind(), ErrorKind::Session);
    assert!(error.to_string().contains("audio/mic.wav"), "{error}");
    let mut speech = SpeechReader::open(&folder);
    let error = speech.read(Track::Mic, EVERYTHING).expect_err("no file");
    assert_eq!(error.kind(), ErrorKind::Session);
    // A recorder that died before its first sample leaves no file; repair makes an empty one.
    repair(&folder, Track::Mic).expect("a repaired track");
    let reader = ArchiveReader::open(&folder, Track::Mic).expect("an archive");
    assert_eq!(reader.samples(), 0);
}

/// A file is never made over another: a second recorder in one folder does not end the first one's.
#[test]
fn an_archive_that_exists_is_not_begun_again() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create(&folder, Track::Mic).expect("a file");
    archive.append(&ramp(0, 48_000)).expect("a disk with room");
    let error = WavArchive::create(&folder, Track::Mic).expect_err("a second writer");
    assert_eq!(error.kind(), ErrorKind::Disk);
    archive.finish().expect("a disk with room");
    let reader = ArchiveReader::open(&folder, Track::Mic).expect("an archive");
    assert_eq!(reader.samples(), 48_000);
}

/// Multiples of 3 in `from..to`: the analysis samples that begin there.
fn analysis_samples(from: u64, to: u64) -> usize {
    (from..to.max(from)).filter(|tick| tick % 3 == 0).count()
}

#[test]
fn speech_can_be_read_of_a_track_that_still_grows() {
    let (_dir, folder) = folder();
    let mut speech = SpeechReader::open(&folder);
    let mut archive = WavArchive::create(&folder, Track::Mic).expect("a file");
    let span = Span::new(Tick(3_000), Tick(9_000));
    for (block, wanted) in [
        (0, 0),
        (3_000, 0),
        (3_000, 1_000),
        (1_500, 1_500),
        (9_000, 2_000),
    ] {
        archive
            .append(&vec![7_000; block])
            .expect("a disk with room");
        archive.flush().expect("a disk with room");
        let read = speech.read(Track::Mic, span).expect("speech");
        assert_eq!(
            read.len(),
            wanted,
            "of {} archive samples",
            archive.samples()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn speech_has_one_sample_for_every_three_ticks(
        held in 0..9_000_u64,
        from in 0..10_000_u64,
        length in 0..6_000_u64,
    ) {
        let (_dir, folder) = folder();
        let mut archive = WavArchive::create_with_parts(&folder, Track::Mic, 4_000).expect("a file");
        let tone = |n: u64| ((n as f64 * 0.05).sin() * 12_000.0) as i16;
        archive.append(&(0..held).map(tone).collect::<Vec<_>>()).expect("a disk with room");
        archive.finish().expect("a disk with room");
        let mut speech = SpeechReader::open(&folder);
        let span = Span::new(Tick(from), Tick(from + length));
        let read = speech.read(Track::Mic, span).expect("speech");
        prop_assert_eq!(read.len(), analysis_samples(from, (from + length).min(held)));
        // A cut is the same sound as the same place in the whole: analysis sample n is tick 3 n.
        let whole = speech.read(Track::Mic, EVERYTHING).expect("speech");
        prop_assert_eq!(whole.len(), analysis_samples(0, held));
        let start = (from.div_ceil(3) as usize).min(whole.len());
        // Transforms that begin elsewhere round otherwise, by a step at most.
        for (n, (cut, all)) in read.iter().zip(&whole[start..]).enumerate() {
            prop_assert!(cut.abs_diff(*all) <= 1, "{} for {} at {}", cut, all, start + n);
        }
    }
}

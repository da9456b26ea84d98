//! The archive against an independent WAV reader.

use std::fs;

use hound::{SampleFormat, WavReader, WavSpec};

use super::*;
use crate::error::ErrorKind;
use crate::store::testing::folder;
use crate::time::{Span, Tick};

const SPEC: WavSpec = WavSpec {
    channels: 1,
    sample_rate: 48_000,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

fn ramp(from: u64, count: u64) -> Vec<i16> {
    (from..from + count).map(|n| (n % 30_000) as i16).collect()
}

fn samples(path: &Path) -> Vec<i16> {
    let mut reader = WavReader::open(path).unwrap();
    assert_eq!(reader.spec(), SPEC);
    reader.samples().map(|sample| sample.unwrap()).collect()
}

#[test]
fn parts_are_one_line_of_samples() {
    for block in [1, 7, 999, 1_000, 1_001, 5_000] {
        let (_dir, folder) = folder();
        let mut archive = WavArchive::create_with_parts(&folder, Track::Mic, 1_000).unwrap();
        for piece in ramp(0, 2_500).chunks(block) {
            archive.append(piece).unwrap();
        }
        assert_eq!(archive.samples(), 2_500);
        archive.finish().unwrap();
        let parts = folder.track_parts(Track::Mic);
        assert!(parts[1].ends_with("audio/mic.002.wav"));
        let lengths: Vec<usize> = parts.iter().map(|path| samples(path).len()).collect();
        assert_eq!(lengths, [1_000, 1_000, 500]);
        let mut reader = WavArchiveReader::open(&folder, Track::Mic).unwrap();
        assert_eq!(reader.samples(), 2_500);
        let span = Span::new(Tick(900), Tick(2_100));
        assert_eq!(reader.read(span).unwrap(), ramp(900, 1_200));
        let beyond = Span::new(Tick(2_400), Tick(9_000));
        assert_eq!(reader.read(beyond).unwrap(), ramp(2_400, 100));
    }
}

#[test]
fn a_running_archive_is_a_valid_file_at_every_second() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
    for second in 0..3 {
        archive.append(&ramp(second * 48_000, 48_000)).unwrap();
        let held = samples(&folder.track(Track::Mic, 1));
        assert_eq!(held.len() as u64, (second + 1) * 48_000);
    }
}

#[test]
fn what_was_appended_can_be_read_at_once() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
    for count in 1..200 {
        archive.append(&ramp(count - 1, 1)).unwrap();
        let mut reader = WavArchiveReader::open(&folder, Track::Mic).unwrap();
        assert_eq!(reader.samples(), count);
        let all = Span::new(Tick(0), Tick(count));
        assert_eq!(reader.read(all).unwrap(), ramp(0, count));
    }
}

#[test]
fn a_file_cut_anywhere_is_repaired_to_what_it_holds() {
    let (_dir, folder) = folder();
    let path = folder.track(Track::Mic, 1);
    let declared = [0, 500, 2_000, u64::from(u32::MAX)];
    for (length, declared) in (0..60)
        .chain([1_000, 1_001, 4_043, 4_044])
        .flat_map(|length| declared.map(|declared| (length, declared)))
    {
        let mut bytes = header_for(declared).to_vec();
        bytes.extend(ramp(0, 2_000).iter().flat_map(|s| s.to_le_bytes()));
        bytes.truncate(length);
        fs::write(&path, &bytes).unwrap();
        repair(&folder, Track::Mic).unwrap();
        let held = (length as u64).saturating_sub(44) / 2;
        assert_eq!(samples(&path), ramp(0, held), "cut at {length}");
        assert_eq!(fs::metadata(&path).unwrap().len(), 44 + 2 * held);
    }
}

#[test]
fn a_sound_file_is_not_written_by_a_repair() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
    archive.append(&ramp(0, 100)).unwrap();
    archive.finish().unwrap();
    let path = folder.track(Track::Mic, 1);
    let mut tagged = fs::read(&path).unwrap();
    tagged.extend(b"LIST\x04\x00\x00\x00INFO");
    let riff = (tagged.len() as u32 - 8).to_le_bytes();
    tagged[4..8].copy_from_slice(&riff);
    for sound in [fs::read(&path).unwrap(), tagged] {
        fs::write(&path, &sound).unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        repair(&folder, Track::Mic).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert_eq!(fs::read(&path).unwrap(), sound);
        let reader = WavArchiveReader::open(&folder, Track::Mic).unwrap();
        assert_eq!(reader.samples(), 100);
    }
}

#[test]
fn a_file_that_was_not_recorded_here_is_left_alone() {
    let (_dir, folder) = folder();
    let path = folder.track(Track::Mic, 1);
    let spec = WavSpec {
        sample_rate: 16_000,
        channels: 2,
        ..SPEC
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for sample in ramp(0, 400) {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
    let before = fs::read(&path).unwrap();
    let refused = repair(&folder, Track::Mic).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Session);
    assert!(WavArchiveReader::open(&folder, Track::Mic).is_err());
    assert!(WavArchive::reopen(&folder, Track::Mic).is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn an_archive_goes_on_where_it_ended() {
    let (_dir, folder) = folder();
    let mut archive = WavArchive::create(&folder, Track::System).unwrap();
    archive.append(&ramp(0, 700)).unwrap();
    archive.finish().unwrap();
    // Half a sample that a crash left is overwritten.
    let path = folder.track(Track::System, 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes.push(9);
    fs::write(&path, &bytes).unwrap();
    let mut archive = WavArchive::reopen(&folder, Track::System).unwrap();
    assert_eq!(archive.samples(), 700);
    archive.append(&ramp(700, 300)).unwrap();
    archive.finish().unwrap();
    assert_eq!(samples(&path), ramp(0, 1_000));
}

#[test]
fn a_track_without_a_file_is_repaired_to_an_empty_one() {
    let (_dir, folder) = folder();
    assert!(WavArchiveReader::open(&folder, Track::Mic).is_err());
    repair(&folder, Track::Mic).unwrap();
    assert!(samples(&folder.track(Track::Mic, 1)).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_with_the_file() {
    let mut part = Part {
        path: PathBuf::from("audio/mic.wav"),
        file: OpenOptions::new().write(true).open("/dev/full").unwrap(),
        samples: 0,
        bytes: Vec::new(),
    };
    let error = part.write(&[1, 2, 3]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disk);
    assert!(error.to_string().contains("audio/mic.wav"), "{error}");
    assert_eq!(part.samples, 0);
}

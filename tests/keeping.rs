//! What is recorded stays: sessions cut off at any place, archives in several files and in another
//! form, and conversions that do not come to their end.

#[path = "support/hearing.rs"]
mod hearing;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearing::Dice;
use verbatim::audio::Track;
use verbatim::batch::archive::archive;
use verbatim::batch::finish::{Recovery, recover};
use verbatim::batch::import::{ImportOptions, Sources, import_session};
use verbatim::batch::intake::{Layout, arrange};
use verbatim::batch::{Step, Watch};
use verbatim::document::manifest::{Manifest, Status};
use verbatim::engine::webrtc::WebRtc;
use verbatim::error::ErrorKind;
use verbatim::event::Envelope;
use verbatim::store::archive::Form;
use verbatim::store::archive::{convert, drop_spare};
use verbatim::store::documents;
use verbatim::store::folder::SessionFolder;
use verbatim::store::speech::SpeechReader;
use verbatim::store::wav::{ArchiveReader, WavArchive};
use verbatim::time::{Span, Tick};
use verbatim::voice::DetectorMaker;

const TRACKS: [Track; 2] = [Track::Mic, Track::System];

/// Nobody watches.
struct Alone;

impl Watch for Alone {
    fn event(&mut self, _: &Envelope) {}
    fn progress(&mut self, _: Step, _: u64, _: u64) {}
}

fn detector() -> DetectorMaker {
    Arc::new(|| Ok(Box::new(WebRtc::new())))
}

/// A session of a few seconds of the sample call.
fn session(dir: &Path, seconds: usize) -> SessionFolder {
    let files = TRACKS.map(|track| {
        let path = dir.join(format!("{track}.wav"));
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
        for &sample in hearing::track(track).iter().take(seconds * 16_000) {
            writer.write_sample(sample).expect("a sample");
        }
        writer.finalize().expect("a file");
        path
    });
    let plans = arrange(&files, &Layout::default()).expect("two tracks");
    let options = ImportOptions {
        sources: Sources::Referenced,
        dir: dir.join("sessions"),
        title: None,
        goal: None,
        program: "test".into(),
    };
    let made = import_session(&plans, &options, &detector(), &mut Alone);
    let folder = made.expect("a session").folder;
    // Only what devices delivered is made whole; recordings are read again instead.
    let log = fs::read_to_string(folder.events()).expect("the log");
    let live = log.replacen("\"origin\":\"import\"", "\"origin\":\"live\"", 1);
    fs::write(folder.events(), live).expect("a log");
    documents::write(&folder).expect("documents");
    folder
}

fn sound(folder: &SessionFolder, track: Track) -> Vec<i16> {
    let mut reader = ArchiveReader::open(folder, track).expect("an archive");
    let all = Span::new(Tick(0), Tick(reader.samples()));
    reader.read(all).expect("samples")
}

fn manifest(folder: &SessionFolder) -> Manifest {
    documents::read(&folder.manifest()).expect("a manifest")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &name),
            false => drop(fs::copy(&path, name).expect("a copy")),
        }
    }
}

/// What a power cut may leave: the log ends anywhere after its first line, which was brought to the
/// disk; every file of sound ends anywhere; headers and documents may be gone. Ten seconds is what the
/// recorder brings to the disk at a time, and the session is shorter: everything can be lost but the
/// names.
#[test]
fn a_session_cut_off_anywhere_opens_and_becomes_whole() {
    let home = tempfile::tempdir().expect("a folder");
    let whole = session(home.path(), 4);
    let log = fs::read(whole.events()).expect("the log");
    let first = log.iter().position(|&b| b == b'\n').expect("a line") + 1;
    let sounds = TRACKS.map(|track| sound(&whole, track));
    let mut dice = Dice(0x000b_1ac1);
    for case in 0..60 {
        let path = home.path().join(format!("cut-{case}"));
        copy(whole.path(), &path);
        // The last event says that the recording is over; it is always lost here.
        let last = log[..log.len() - 1]
            .iter()
            .rposition(|&b| b == b'\n')
            .expect("a line");
        let cut = match case {
            0 => first,
            1 => last,
            _ => first + dice.below(last - first),
        };
        fs::write(path.join("events.ndjson"), &log[..cut]).expect("a cut log");
        for track in TRACKS {
            let file = path.join(format!("audio/{track}.wav"));
            let mut bytes = fs::read(&file).expect("a file");
            bytes.truncate(dice.below(bytes.len() + 1));
            if dice.below(4) == 0 {
                let header = bytes.len().min(44);
                bytes[..header].fill(0);
            }
            match dice.below(10) {
                0 => fs::remove_file(&file).expect("a file less"),
                _ => fs::write(&file, bytes).expect("a cut file"),
            }
        }
        for name in ["session.json", "turns.json", "stats.json"] {
            match dice.below(3) {
                0 => fs::remove_file(path.join(name)).expect("a document less"),
                1 => fs::write(path.join(name), b"{\"sch").expect("a torn document"),
                _ => {}
            }
        }
        let folder = SessionFolder::open(&path)
            .unwrap_or_else(|e| panic!("case {case}, log cut at {cut}: {e}"));
        let held = TRACKS.map(|track| match folder.track(track, 1).exists() {
            true => sound(&folder, track),
            false => Vec::new(),
        });
        let recovered = recover(&folder, &detector(), &mut Alone)
            .unwrap_or_else(|e| panic!("case {case}, log cut at {cut}: {e}"));
        assert_eq!(recovered, Recovery::Recovered, "case {case}");
        check_whole(&folder, &held, &sounds, case);
        let before = fs::read(folder.turns()).expect("turns");
        documents::write(&folder).expect("documents");
        assert_eq!(
            before,
            fs::read(folder.turns()).expect("turns"),
            "case {case}"
        );
        let again = recover(&folder, &detector(), &mut Alone).expect("nothing to do");
        assert_eq!(again, Recovery::NotNeeded, "case {case}");
    }
}

fn check_whole(folder: &SessionFolder, held: &[Vec<i16>; 2], sounds: &[Vec<i16>; 2], case: usize) {
    let manifest = manifest(folder);
    assert!(
        matches!(manifest.status, Status::Recovered | Status::Stopped),
        "case {case}: {:?}",
        manifest.status
    );
    for (n, track) in TRACKS.into_iter().enumerate() {
        let now = sound(folder, track);
        assert_eq!(now.len() as u64, manifest.duration_samples, "case {case}");
        assert!(now.starts_with(&held[n]), "case {case}: samples changed");
        assert!(sounds[n].starts_with(&held[n]), "case {case}");
        let told = &manifest.tracks[n];
        let gaps: u64 = told.gaps.iter().map(|gap| gap.samples).sum();
        assert_eq!(
            gaps,
            (now.len() - held[n].len()) as u64,
            "case {case} {track}"
        );
    }
}

/// A recovery that dies between its two steps leaves no zeros that pass for silence.
#[test]
fn a_recovery_that_is_cut_off_is_done_again() {
    let home = tempfile::tempdir().expect("a folder");
    let whole = session(home.path(), 3);
    let log = fs::read_to_string(whole.events()).expect("the log");
    let kept: Vec<&str> = log
        .lines()
        .take_while(|line| !line.contains("track.ended"))
        .collect();
    fs::write(whole.events(), kept.join("\n") + "\n").expect("a cut log");
    let file = whole.track(Track::Mic, 1);
    let bytes = fs::read(&file).expect("a file");
    fs::write(&file, &bytes[..44 + 96_000]).expect("a cut file");
    recover(&whole, &detector(), &mut Alone).expect("a session");
    let after = fs::read_to_string(whole.events()).expect("the log");
    let until_gap: String = after
        .split_inclusive('\n')
        .scan(false, |seen, line| {
            let before = !*seen;
            *seen |= line.contains("\"cause\":\"crash\"");
            before.then_some(line)
        })
        .collect();
    assert!(until_gap.contains("crash"));
    // Killed right after the gap was told: not a zero is written, or some.
    for zeros in [0, 20_000] {
        fs::write(whole.events(), &until_gap).expect("a cut log");
        let kept = (44 + 96_000 + zeros).min(bytes.len());
        let file_now = fs::read(&file).expect("a file");
        fs::write(&file, &file_now[..kept]).expect("a cut file");
        recover(&whole, &detector(), &mut Alone).expect("a session");
        let manifest = manifest(&whole);
        let gap = &manifest.tracks[0].gaps;
        assert_eq!(gap.len(), 1, "{gap:?}");
        assert_eq!((gap[0].start_sample, gap[0].samples), (48_000, 96_000));
    }
}

#[test]
fn an_archive_keeps_every_sample_in_either_form() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = session(home.path(), 20);
    let before = TRACKS.map(|track| sound(&folder, track));
    let bytes = |folder: &SessionFolder| -> u64 {
        let files = fs::read_dir(folder.audio()).expect("a folder");
        files
            .map(|f| f.expect("a file").metadata().expect("a size").len())
            .sum()
    };
    let large = bytes(&folder);
    let speech = |folder: &SessionFolder| {
        let mut reader = SpeechReader::open(folder);
        [(7_000, 8_000), (1_000, 2_500), (19_000, 40_000)].map(|(from, to)| {
            reader
                .read(Track::System, Span::from_ms(from, to))
                .expect("speech")
        })
    };
    let heard = speech(&folder);
    archive(&folder, Form::Flac, &mut Alone).expect("an archive");
    assert!(
        bytes(&folder) < large * 7 / 10,
        "{} of {large}",
        bytes(&folder)
    );
    let told = manifest(&folder);
    assert_eq!(told.tracks[0].files, ["audio/mic.flac"]);
    assert_eq!(told.tracks[0].converted[0].media_type, "audio/flac");
    assert!(!folder.track(Track::Mic, 1).exists());
    assert!(TRACKS.map(|track| sound(&folder, track)) == before);
    assert!(speech(&folder) == heard);
    // Again is nothing to do, and the log stays as it is.
    let log = fs::read(folder.events()).expect("the log");
    archive(&folder, Form::Flac, &mut Alone).expect("an archive");
    assert_eq!(log, fs::read(folder.events()).expect("the log"));
    archive(&folder, Form::Wav, &mut Alone).expect("an archive");
    let told = manifest(&folder);
    assert_eq!(told.tracks[0].files, ["audio/mic.wav"]);
    assert_eq!(bytes(&folder), large);
    assert!(TRACKS.map(|track| sound(&folder, track)) == before);
}

/// A conversion that ends at any of its steps leaves a session whose sound is all there.
#[test]
fn a_conversion_that_is_cut_off_loses_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = session(home.path(), 6);
    let before = TRACKS.map(|track| sound(&folder, track));
    let check = |step: &str| {
        let open = SessionFolder::open(folder.path()).expect("a session");
        assert!(TRACKS.map(|track| sound(&open, track)) == before, "{step}");
        documents::write(&open).expect("documents");
    };
    // Killed while it wrote.
    fs::write(folder.audio().join(".writing-abc"), b"fLaC and half of it").expect("a file");
    check("a file that is half written");
    // Killed before the log tells of it.
    let converted = convert(&folder, Track::Mic, Form::Flac, &mut |_| {}).expect("a file");
    assert!(folder.audio().join("mic.flac").exists() && folder.track(Track::Mic, 1).exists());
    check("both forms, nothing told");
    // Whatever stands in the other form's place then is written again.
    fs::write(folder.audio().join("mic.flac"), b"fLaC torn").expect("a file");
    check("both forms, one torn");
    archive(&folder, Form::Flac, &mut Alone).expect("an archive");
    check("converted");
    assert!(
        drop_spare(&folder, &converted).is_err(),
        "it is gone already"
    );
    check("dropped twice");
    // A FLAC that is damaged later is told by its name, and is not taken for silence.
    let flac = folder.audio().join("mic.flac");
    let mut bytes = fs::read(&flac).expect("a file");
    let middle = bytes.len() / 2;
    bytes.truncate(middle);
    fs::write(&flac, bytes).expect("a file");
    let mut reader = ArchiveReader::open(&folder, Track::Mic).expect("a head");
    let all = Span::new(Tick(0), Tick(reader.samples()));
    let error = reader.read(all).expect_err("it is torn");
    assert_eq!(error.kind(), ErrorKind::Session);
    assert!(error.to_string().contains("mic.flac"), "{error}");
}

#[test]
fn an_archive_in_several_files_is_one_line_of_sound() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = session(home.path(), 8);
    let before = TRACKS.map(|track| sound(&folder, track));
    for (track, sound) in TRACKS.into_iter().zip(&before) {
        fs::remove_file(folder.track(track, 1)).expect("a file");
        let mut parts = WavArchive::create_with_parts(&folder, track, 100_003).expect("a file");
        parts.append(sound).expect("samples");
        parts.finish().expect("a file");
    }
    documents::write(&folder).expect("documents");
    let names: Vec<PathBuf> = folder.track_parts(Track::Mic);
    assert_eq!(names.len(), 4);
    archive(&folder, Form::Flac, &mut Alone).expect("an archive");
    assert_eq!(
        manifest(&folder).tracks[0].files,
        [
            "audio/mic.flac",
            "audio/mic.002.flac",
            "audio/mic.003.flac",
            "audio/mic.004.flac"
        ]
    );
    assert!(TRACKS.map(|track| sound(&folder, track)) == before);
    let mut speech = SpeechReader::open(&folder);
    let across = speech
        .read(Track::Mic, Span::from_ms(2_000, 2_200))
        .expect("speech");
    assert_eq!(across.len(), 3_200);
}

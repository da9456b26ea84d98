//! What a whole track costs, from captured frames to the archive on disk and to speech: throughput is
//! in samples of audio a second of one core, so the rate over 48,000 is the multiple of real time.

use std::path::Path;

use divan::Bencher;
use divan::counter::ItemsCount;
use verbatim::audio::{Format, Track};
use verbatim::engine::neural::Neural;
use verbatim::import;
use verbatim::session::track::TrackPath;
use verbatim::store::folder::SessionFolder;
use verbatim::store::wav::WavArchive;
use verbatim::voice::analysis::Analyzer;

/// Frames of a block: 20 ms at 48 kHz, as devices deliver them.
const BLOCK: usize = 960;

fn main() {
    divan::main();
}

/// The participant's side of the sample call as stereo at 48 kHz: every sample three times. What the
/// lane does costs the same whatever is heard.
fn frames() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample-call/system.flac");
    let mut recording = import::open(&path).expect("the sample call");
    let mut narrow = Vec::new();
    while recording.read(1 << 16, &mut narrow).expect("samples") > 0 {}
    narrow.iter().flat_map(|&sample| [sample; 6]).collect()
}

#[divan::bench(sample_count = 10)]
fn lane_stereo_48_khz_to_disk_and_speech(bencher: Bencher) {
    let frames = frames();
    let dir = tempfile::tempdir().expect("a folder");
    bencher
        .counter(ItemsCount::new(frames.len() / 2))
        .bench_local(|| {
            let folder = SessionFolder::create(dir.path(), None, "2026-11-22T14:05:33.120+01:00")
                .expect("a session");
            let archive = WavArchive::create(&folder, Track::System).expect("an archive");
            let detector = Box::new(Neural::new().expect("the network's weights"));
            let analyzer = Analyzer::suited(Track::System, detector);
            let format = Format::new(48_000, 2).expect("a format");
            let mut path = TrackPath::new(Track::System, format, Some(archive), analyzer)
                .expect("a track's path");
            let mut heard = Vec::new();
            for block in frames.chunks(BLOCK * 2) {
                path.push(block, &mut heard).expect("a block is written");
            }
            path.finish(&mut heard).expect("the track ends").samples
        });
}

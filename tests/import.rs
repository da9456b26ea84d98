//! Existing recordings as they are found in the wild: every layout of samples, headers that lie,
//! files that were cut, and what is no recording at all.

#[path = "import/broken.rs"]
mod broken;
#[path = "import/corpus.rs"]
mod corpus;
#[path = "import/formats.rs"]
mod formats;
#[path = "support/forms.rs"]
#[allow(dead_code, reason = "other tests use another part of it")]
mod forms;
#[path = "import/fuzz.rs"]
mod fuzz;
#[path = "import/wav_file.rs"]
mod wav_file;

use std::path::{Path, PathBuf};

use verbatim::import;

/// What a recording holds.
#[derive(Debug)]
struct Heard {
    rate: u32,
    channels: u16,
    /// Length that the file told before it was read.
    told: Option<u64>,
    samples: Vec<f32>,
    warnings: Vec<String>,
}

/// Reads a recording to its end, `block` frames at a time.
fn hear_by(path: &Path, block: usize) -> verbatim::Result<Heard> {
    let mut recording = import::open(path)?;
    let (format, told) = (recording.format(), recording.frames());
    let channels = usize::from(format.channels.get());
    let mut samples = Vec::new();
    loop {
        let before = samples.len();
        let frames = recording.read(block, &mut samples)?;
        assert!(frames <= block, "{frames} frames where {block} were wanted");
        assert_eq!(
            samples.len() - before,
            frames * channels,
            "frames are whole"
        );
        if frames == 0 {
            break;
        }
    }
    // The end is the end, however often it is asked for.
    assert_eq!(recording.read(block, &mut samples)?, 0);
    Ok(Heard {
        rate: format.rate.get(),
        channels: format.channels.get(),
        told,
        samples,
        warnings: recording.warnings().to_vec(),
    })
}

fn hear(path: &Path) -> verbatim::Result<Heard> {
    hear_by(path, 4_096)
}

/// A folder to put files in.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a temporary folder"))
    }

    fn file(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("call.wav");
        // Some file systems bring a file that is written over to the disk first; a new one is quick.
        if path.exists() {
            std::fs::remove_file(&path).expect("the file before");
        }
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    fn hear(&self, bytes: &[u8]) -> verbatim::Result<Heard> {
        hear(&self.file(bytes))
    }
}

/// The sample call's microphone.
fn flac() -> Vec<u8> {
    let path = "tests/fixtures/sample-call/mic.flac";
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the sample call")
}

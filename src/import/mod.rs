//! Existing recordings, streamed: WAV and FLAC.

mod flac;
mod wav;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::audio::Format;
use crate::error::{Error, ErrorKind, Result};

/// An open recording. Holds one block of samples at a time, whatever the length of the file.
pub struct Recording {
    decoder: Box<dyn Decode + Send>,
    format: Format,
    frames: Option<u64>,
    warnings: Vec<String>,
}

/// A file format.
trait Decode {
    /// Appends at most `max_frames` interleaved frames; returns how many. What was appended before an
    /// error is good.
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped>;
}

/// Why decoding cannot go on.
struct Stopped(Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({:?}, {:?} frames)", self.format, self.frames)
    }
}

/// Opens a recording; its content decides what it is, not its name.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when it is missing, a folder, empty, or no WAV or FLAC that can be read;
/// [`ErrorKind::PermissionDenied`] when it may not be read.
pub fn open(path: &Path) -> Result<Recording> {
    let bad = |what: &str| Error::new(ErrorKind::BadAudio, format!("{} {what}", path.display()));
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(bad("does not exist").hint("check the name"));
        }
        Err(e) => return Err(Error::io("read", path, e)),
    };
    let metadata = file.metadata().map_err(|e| Error::io("read", path, e))?;
    if metadata.is_dir() {
        return Err(bad("is a folder").hint("name the audio files in it"));
    }
    let mut magic = Vec::new();
    (&mut file)
        .take(12)
        .read_to_end(&mut magic)
        .map_err(|e| Error::io("read", path, e))?;
    if magic.is_empty() {
        return Err(bad("is empty").hint("the program that made it did not finish"));
    }
    let opened = match &magic[..] {
        [b'R', b'I', b'F', b'F', ..] if magic.len() < 12 || magic[8..12] == *b"WAVE" => {
            wav::open(path)
        }
        [b'f', b'L', b'a', b'C', ..] => flac::open(path),
        other => return Err(bad(foreign(other)).hint(CONVERT)),
    };
    opened.map_err(|stopped| {
        bad("cannot be read as audio").because(stopped.0).hint(
            "check that it plays elsewhere; a program that was killed may have left half a file",
        )
    })
}

/// What to do with a format that is not read.
const CONVERT: &str = "convert it to WAV or FLAC first, for example: ffmpeg -i IN out.wav";

/// Names a format that is known but not read.
fn foreign(magic: &[u8]) -> &'static str {
    match magic {
        [b'R', b'F', b'6', b'4', ..] => "is an RF64 file, which is not read yet",
        [b'r', b'i', b'f', b'f', ..] => "is a W64 file, which is not read yet",
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => "is an MP3 file, which is not read yet",
        [b'O', b'g', b'g', b'S', ..] => "is an Ogg file, which is not read yet",
        [0x1a, 0x45, 0xdf, 0xa3, ..] => "is a WebM or Matroska file, which is not read yet",
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => "is an MP4 or M4A file, which is not read yet",
        _ => "is neither WAV nor FLAC",
    }
}

impl Recording {
    /// Rate and channels.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Length in frames, where the file tells.
    pub fn frames(&self) -> Option<u64> {
        self.frames
    }

    /// What the user should know about this file, such as that it was cut short. Grows while reading.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Appends at most `max_frames` interleaved frames, full scale at 1.0; returns how many, 0 at the
    /// end. A 16-bit sample `x` becomes exactly `x / 32768`. Where the file is damaged the recording
    /// ends, and [`Recording::warnings`] says so.
    ///
    /// # Errors
    ///
    /// None for damage; the result leaves room for formats that can fail otherwise.
    pub fn read(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize> {
        let before = out.len();
        match self.decoder.decode(max_frames, out) {
            Ok(frames) => Ok(frames),
            Err(stopped) => {
                let channels = usize::from(self.format.channels.get());
                let frames = (out.len() - before) / channels;
                out.truncate(before + frames * channels);
                self.warnings
                    .push(format!("damaged; the rest is left out ({})", stopped.0));
                self.decoder = Box::new(Ended);
                Ok(frames)
            }
        }
    }
}

/// The decoder of a recording that is over.
struct Ended;

impl Decode for Ended {
    fn decode(&mut self, _: usize, _: &mut Vec<f32>) -> Result<usize, Stopped> {
        Ok(0)
    }
}

/// SHA-256 of a file in lower-case hex, streamed.
///
/// # Errors
///
/// As [`Error::io`].
pub fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        let count = file
            .read(&mut block)
            .map_err(|e| Error::io("read", path, e))?;
        if count == 0 {
            break;
        }
        hasher.update(&block[..count]);
    }
    let digest = hasher.finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

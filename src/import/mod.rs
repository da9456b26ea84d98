//! Existing recordings, streamed: WAV and FLAC.

mod flac;
mod wav;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::audio::Format;
use crate::error::{Error, ErrorKind, Result};

/// An open recording. Holds one block of samples at a time, whatever the length of the file.
pub struct Recording {
    opened: Opened,
    /// Frames that were read.
    read: u64,
}

/// A file whose format is understood.
struct Opened {
    decoder: Box<dyn Decode + Send>,
    format: Format,
    frames: Option<u64>,
    warnings: Vec<String>,
}

/// A file format.
trait Decode {
    /// Appends at most `max_frames` interleaved frames; returns how many. On an error nothing was
    /// appended.
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped>;
}

/// Why decoding cannot go on.
struct Stopped(Box<dyn std::error::Error + Send + Sync>);

impl Stopped {
    fn new(why: impl Into<String>) -> Stopped {
        Stopped(why.into().into())
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped(error.into())
    }
}

impl From<claxon::Error> for Stopped {
    fn from(error: claxon::Error) -> Stopped {
        match error {
            claxon::Error::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Stopped::new("it ends too early")
            }
            error => Stopped(error.into()),
        }
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Opened { format, frames, .. } = &self.opened;
        write!(f, "Recording({format:?}, {frames:?} frames)")
    }
}

/// Opens a recording; its content decides what it is, not its name.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when it is missing, a folder or device, empty, without sound, or no WAV
/// or FLAC that can be read; [`ErrorKind::PermissionDenied`] when it may not be read.
pub fn open(path: &Path) -> Result<Recording> {
    let bad = |what: &str| Error::new(ErrorKind::BadAudio, format!("{} {what}", path.display()));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(bad("does not exist").hint("check the name"));
        }
        Err(e) => return Err(Error::io("read", path, e)),
    };
    if metadata.is_dir() {
        return Err(bad("is a folder").hint("name the audio files in it"));
    }
    // Opening a pipe would wait for its writer, and a device may never end.
    if !metadata.is_file() {
        return Err(bad("is not a file").hint("save the sound as a file first"));
    }
    if metadata.len() == 0 {
        return Err(bad("is empty").hint("the program that made it did not finish"));
    }
    let mut file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let mut magic = Vec::new();
    (&mut file)
        .take(12)
        .read_to_end(&mut magic)
        .map_err(|e| Error::io("read", path, e))?;
    let opened = match &magic[..] {
        [b'R', b'I', b'F', b'F', rest @ ..] | [b'R' | b'B', b'F' | b'W', b'6', b'4', rest @ ..]
            if rest.len() < 8 || rest[4..8] == *b"WAVE" =>
        {
            wav::open(file)
        }
        [b'f', b'L', b'a', b'C', ..] => flac::open(file, 0),
        other => match tagged_flac(&mut file, other) {
            Some(start) => flac::open(file, start),
            None => return Err(bad(foreign(other)).hint(CONVERT)),
        },
    };
    let opened = opened.map_err(|stopped| {
        bad("cannot be read as audio").because(stopped.0).hint(
            "check that it plays elsewhere; a program that was killed may have left half a file",
        )
    })?;
    Ok(Recording { opened, read: 0 })
}

/// Where a FLAC stream begins behind an ID3 tag, which some taggers put before it.
fn tagged_flac(file: &mut File, magic: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', _, _, flags, size @ ..] = magic else {
        return None;
    };
    // Sizes in ID3 have seven bits a byte. A tag may have a footer as long as its header.
    let size = size
        .get(..4)?
        .iter()
        .fold(0, |size, &byte| size << 7 | u64::from(byte & 0x7f));
    let start = 10 + size + if flags & 0x10 != 0 { 10 } else { 0 };
    let mut marker = [0; 4];
    file.seek(SeekFrom::Start(start)).ok()?;
    file.read_exact(&mut marker).ok()?;
    (marker == *b"fLaC").then_some(start)
}

/// What to do with a format that is not read.
const CONVERT: &str = "convert it to WAV or FLAC first, for example: ffmpeg -i IN out.wav";

/// Names a format that is known but not read.
fn foreign(magic: &[u8]) -> &'static str {
    match magic {
        [b'r', b'i', b'f', b'f', ..] => "is a W64 file, which is not read yet",
        [b'R', b'I', b'F', b'X', ..] => "is a big-endian WAV file, which is not read yet",
        [b'F', b'O', b'R', b'M', ..] => "is an AIFF file, which is not read yet",
        [b'c', b'a', b'f', b'f', ..] => "is a CAF file, which is not read yet",
        // The layer bits of MPEG audio are zero in a raw AAC stream only.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "is an AAC file, which is not read yet",
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
        self.opened.format
    }

    /// Length in frames, where the file tells.
    pub fn frames(&self) -> Option<u64> {
        self.opened.frames
    }

    /// What the user should know about this file, such as that it was cut short. Grows while reading.
    pub fn warnings(&self) -> &[String] {
        &self.opened.warnings
    }

    /// Appends at most `max_frames` interleaved frames, full scale at 1.0; returns how many, 0 at the
    /// end. A 16-bit sample `x` becomes exactly `x / 32768`. Where the file is damaged the recording
    /// ends, and [`Recording::warnings`] says so.
    ///
    /// # Errors
    ///
    /// None for damage; the result leaves room for formats that can fail otherwise.
    pub fn read(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize> {
        match self.opened.decoder.decode(max_frames, out) {
            Ok(frames) => {
                self.read += frames as u64;
                Ok(frames)
            }
            Err(stopped) => {
                let at = self.read as f64 / f64::from(self.opened.format.rate.get());
                self.opened.warnings.push(format!(
                    "is damaged from {at:.1} s on, the rest is left out ({})",
                    stopped.0
                ));
                self.opened.decoder = Box::new(Ended);
                Ok(0)
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

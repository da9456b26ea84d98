//! Existing recordings, streamed: WAV, FLAC, MP3, AAC, MP4, Ogg, WebM, Matroska, AIFF, CAF.

mod media;
mod mp4;
mod opus;
mod wav;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::audio::Format;
use crate::error::{Error, ErrorKind, Result};

/// An open recording: one stream of sound of a file. Holds one block of samples at a time, whatever
/// the length of the file.
pub struct Recording {
    decoder: Box<dyn Decode + Send>,
    format: Format,
    frames: Option<u64>,
    warnings: Vec<String>,
    losses: Vec<Loss>,
    metadata: Metadata,
    streams: u16,
}

/// What a file tells about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Title.
    pub title: Option<String>,
    /// When it was recorded, as the file writes it: mostly RFC 3339, or less of a date.
    pub created_at: Option<String>,
}

/// A stretch of a recording that holds no sound although it should. It is read as silence, so that
/// what follows stays in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// First frame, counted from the start of the recording.
    pub start: u64,
    /// Length in frames.
    pub frames: u64,
    /// Why.
    pub cause: LossCause,
}

/// Why a stretch holds no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// What is stored there cannot be decoded, or the file ends before the length that it tells.
    Damaged,
    /// The file's own times leave a hole.
    Hole,
}

/// A file format.
trait Decode {
    /// Appends at most `max_frames` interleaved frames; returns how many. What was appended before an
    /// error is good.
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped>;

    /// Takes the losses found since the last call.
    fn losses(&mut self) -> Vec<Loss> {
        Vec::new()
    }
}

/// Why decoding cannot go on.
#[derive(Debug)]
struct Stopped(Box<dyn std::error::Error + Send + Sync>);

fn stopped(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Stopped {
    Stopped(error.into())
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({:?}, {:?} frames)", self.format, self.frames)
    }
}

/// Opens the first stream of sound of a recording; its content decides what it is, not its name.
///
/// # Errors
///
/// As [`open_stream`].
pub fn open(path: &Path) -> Result<Recording> {
    open_stream(path, 0)
}

/// Opens a stream of sound of a recording, counted from 0; a file may hold several.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when the file is missing, no regular file, empty, holds no sound that can
/// be read, or has fewer streams; [`ErrorKind::PermissionDenied`] when it may not be read.
pub fn open_stream(path: &Path, stream: u16) -> Result<Recording> {
    let bad = |what: &str| Error::new(ErrorKind::BadAudio, format!("{} {what}", path.display()));
    // Opening a pipe would wait for its writer, so what it is must be known before.
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(bad("does not exist").hint("check the name"));
        }
        Err(e) => return Err(Error::io("read", path, e)),
    };
    if metadata.is_dir() {
        return Err(bad("is a folder").hint("name the audio files in it"));
    }
    if !metadata.is_file() {
        return Err(bad("is no regular file").hint("save the recording to a file first"));
    }
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let mut magic = Vec::new();
    file.take(12)
        .read_to_end(&mut magic)
        .map_err(|e| Error::io("read", path, e))?;
    if magic.is_empty() {
        return Err(bad("is empty").hint("the program that made it did not finish"));
    }
    let opened = match kind(&magic) {
        Some(Kind::Wav(head)) if stream == 0 => wav::open(path, head),
        Some(Kind::Wav(_)) => Err(Stopped("it holds one stream of sound".into())),
        Some(Kind::Media) => media::open(path, stream),
        None => return Err(bad("is in no audio or video format that is read").hint(CONVERT)),
    };
    opened.map_err(|stopped| {
        bad("cannot be read as audio").because(stopped.0).hint(
            "check that it plays elsewhere; a program that was killed may have left half a file",
        )
    })
}

/// Whether a file that nobody has named begins like a recording. What could begin like MP3 by chance
/// does not count.
pub fn looks_like_recording(path: &Path) -> bool {
    let mut magic = Vec::new();
    let regular = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let read =
        regular.then(|| File::open(path).and_then(|file| file.take(12).read_to_end(&mut magic)));
    matches!(read, Some(Ok(_))) && magic.first() != Some(&0xff) && kind(&magic).is_some()
}

/// What to do with a format that is not read.
const CONVERT: &str = "convert it to WAV or FLAC first, for example: ffmpeg -i IN out.wav";

/// Who reads a file.
enum Kind {
    Wav(wav::Head),
    Media,
}

/// Tells a file by its first bytes. A file that begins otherwise is not searched for sound: in a
/// megabyte of anything there is something that looks like MP3.
fn kind(magic: &[u8]) -> Option<Kind> {
    match magic {
        [b'R', b'I', b'F', b'F' | b'X', ..] | [b'R' | b'B', b'F' | b'W', b'6', b'4', ..]
            if magic.len() < 12 || magic[8..12] == *b"WAVE" =>
        {
            Some(Kind::Wav(wav::Head::Riff))
        }
        [b'r', b'i', b'f', b'f', 0x2e, 0x91, 0xcf, 0x11, ..] => Some(Kind::Wav(wav::Head::W64)),
        [b'f', b'L', b'a', b'C', ..]
        | [b'O', b'g', b'g', b'S', ..]
        | [b'I', b'D', b'3', ..]
        | [0xff, 0xe0..=0xff, ..]
        | [0x1a, 0x45, 0xdf, 0xa3, ..]
        | [b'c', b'a', b'f', b'f', ..]
        | [
            b'F',
            b'O',
            b'R',
            b'M',
            _,
            _,
            _,
            _,
            b'A',
            b'I',
            b'F',
            b'F' | b'C',
        ] => Some(Kind::Media),
        [_, _, _, _, name @ ..]
            if [*b"ftyp", *b"moov", *b"mdat", *b"wide", *b"free", *b"skip"]
                .iter()
                .any(|known| name.starts_with(known)) =>
        {
            Some(Kind::Media)
        }
        _ => None,
    }
}

impl Recording {
    fn new(format: Format, frames: Option<u64>, decoder: Box<dyn Decode + Send>) -> Recording {
        Recording {
            decoder,
            format,
            frames,
            warnings: Vec::new(),
            losses: Vec::new(),
            metadata: Metadata::default(),
            streams: 1,
        }
    }

    /// Rate and channels.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Length in frames, where the file tells.
    pub fn frames(&self) -> Option<u64> {
        self.frames
    }

    /// Streams of sound in the file; a screen recorder may write one for each source.
    pub fn streams(&self) -> u16 {
        self.streams
    }

    /// What the file tells about itself.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Takes the stretches without sound that were found since the last call, in order. They lie
    /// within what was read, except that a file that was cut short ends with one that was not.
    pub fn take_losses(&mut self) -> Vec<Loss> {
        let mut losses = std::mem::take(&mut self.losses);
        losses.extend(self.decoder.losses());
        losses
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
                self.losses.extend(self.decoder.losses());
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

//! Clips as files: read from the archive in blocks, and never half there.

mod opus;

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};
use sha2::{Digest, Sha256};

use super::archive::fault_of;
use super::files;
use super::flac::{Fault, FlacWriter};
use super::folder::SessionFolder;
use super::wav::ArchiveReader;
use crate::audio::{ARCHIVE_RATE, Track};
use crate::clip::mix;
use crate::document::clip::Media;
use crate::error::{Error, ErrorKind, Result};
use crate::time::{Span, TICKS_PER_MS, TICKS_PER_SECOND, Tick};

/// Samples read from each track at a time: a second.
const BLOCK: u64 = TICKS_PER_SECOND;

/// How a clip's sound is written: 48 kHz and mono in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// WAV.
    Wav,
    /// FLAC, which is about half as long and holds the same samples.
    Flac,
    /// Opus in Ogg, which is an eighth as long and sounds alike.
    Opus,
}

impl Format {
    /// What file names end with.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Wav => "wav",
            Format::Flac => "flac",
            Format::Opus => "opus",
        }
    }

    /// Media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Wav => "audio/wav",
            Format::Flac => "audio/flac",
            Format::Opus => "audio/ogg",
        }
    }
}

/// Reads what is heard on some tracks, mixed and faded, block by block.
pub struct Sound {
    tracks: Vec<ArchiveReader>,
    span: Span,
    fade: u64,
    hidden: Vec<Span>,
    at: Tick,
}

impl Sound {
    /// The sound of `span`, which lies in the archive, with fades of `fade_ms` at its ends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when a track's archive is missing, otherwise as [`Error::io`].
    pub fn open(
        folder: &SessionFolder,
        tracks: &[Track],
        span: Span,
        fade_ms: u64,
    ) -> Result<Sound> {
        let tracks = tracks
            .iter()
            .map(|&track| ArchiveReader::open(folder, track))
            .collect::<Result<Vec<_>>>()?;
        Ok(Sound {
            tracks,
            span,
            fade: fade_ms * TICKS_PER_MS,
            hidden: Vec::new(),
            at: span.start,
        })
    }

    /// The same with a tone in the place of what is heard in these stretches of the session.
    pub fn hiding(mut self, stretches: Vec<Span>) -> Sound {
        self.hidden = stretches;
        self
    }

    /// The next block; empty at the end.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn next_block(&mut self) -> Result<Vec<i16>> {
        let block = Span::new(self.at, self.at.after(BLOCK).min(self.span.end));
        let mut mixed = Vec::new();
        for track in &mut self.tracks {
            mix::add(&mut mixed, &track.read(block)?);
        }
        // Where the archive ends sooner than the clip, there is silence.
        mixed.resize(block.ticks() as usize, 0);
        mix::beep(&mut mixed, block.start, &self.hidden);
        let from = block.start.0 - self.span.start.0;
        mix::fade(&mut mixed, from, self.span.ticks(), self.fade);
        self.at = block.end;
        Ok(mixed)
    }
}

/// Writes a clip to `path`, in place of what may be there, for its owner alone.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when it cannot be written; what was there is then still in place.
pub fn write(mut sound: Sound, format: Format, path: &Path) -> Result<Media> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    let file = builder
        .tempfile_in(folder)
        .map_err(|e| Error::io("write", path, e))?;
    match format {
        Format::Wav => wav(&mut sound, &file, path)?,
        Format::Opus => opus::write(&mut sound, &file, path)?,
        Format::Flac => {
            let copy = file.reopen().map_err(|e| Error::io("write", path, e))?;
            flac(&mut sound, copy).map_err(|fault| fault_of("write", path, fault))?;
        }
    }
    let written = file
        .as_file()
        .sync_all()
        .and_then(|()| file.persist(path).map_err(|e| e.error));
    written.map_err(|e| Error::io("write", path, e))?;
    files::sync_folder(folder)?;
    describe(path, format)
}

fn flac(sound: &mut Sound, file: File) -> Result<(), Fault> {
    let mut writer = FlacWriter::new(file)?;
    loop {
        let block = sound.next_block()?;
        if block.is_empty() {
            return writer.finish();
        }
        writer.push(&block)?;
    }
}

fn wav(sound: &mut Sound, file: &tempfile::NamedTempFile, path: &Path) -> Result<()> {
    let failed = |e: hound::Error| match e {
        hound::Error::IoError(e) => Error::io("write", path, e),
        other => {
            Error::new(ErrorKind::Disk, format!("cannot write {}", path.display())).because(other)
        }
    };
    let spec = WavSpec {
        channels: 1,
        sample_rate: ARCHIVE_RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let file = file.reopen().map_err(|e| Error::io("write", path, e))?;
    let mut writer = WavWriter::new(BufWriter::new(file), spec).map_err(failed)?;
    loop {
        let block = sound.next_block()?;
        if block.is_empty() {
            return writer.finalize().map_err(failed);
        }
        for sample in block {
            writer.write_sample(sample).map_err(failed)?;
        }
    }
}

/// Name, size and hash of a clip's file.
///
/// # Errors
///
/// As [`Error::io`].
pub fn describe(path: &Path, format: Format) -> Result<Media> {
    let read = |e| Error::io("read", path, e);
    let mut file = File::open(path).map_err(read)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut block = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut block).map_err(read)?;
        if count == 0 {
            break;
        }
        hash.update(&block[..count]);
        bytes += count as u64;
    }
    let sha256 = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = path.file_name().unwrap_or_default();
    Ok(Media {
        file: name.to_string_lossy().into_owned(),
        media_type: format.media_type().into(),
        bytes,
        sha256,
    })
}

//! Reading a track back, also while it is being written.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{BYTES_PER_SAMPLE, HEADER_BYTES};
use crate::audio::Track;
use crate::error::{Error, ErrorKind, Result};
use crate::store::archive::Form;
use crate::store::archive::fault_of;
use crate::store::flac::FlacReader;
use crate::store::folder::SessionFolder;
use crate::time::{Span, Tick};

/// Reads one track as a single line of samples over its parts, WAV or FLAC, also while it is being
/// written: the length of a WAV file counts, not its header.
#[derive(Debug)]
pub struct ArchiveReader {
    parts: Vec<Part>,
}

struct Part {
    path: PathBuf,
    samples: u64,
    /// None for WAV, of which any place is found without a look at the file.
    flac: Option<FlacReader>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({}, {} samples)", self.path.display(), self.samples)
    }
}

impl ArchiveReader {
    /// Opens a track's archive as far as it reaches now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when the track has no file or one that is damaged, otherwise as
    /// [`Error::io`].
    pub fn open(folder: &SessionFolder, track: Track) -> Result<ArchiveReader> {
        let paths = folder.track_parts(track);
        if paths.is_empty() {
            return Err(Error::new(
                ErrorKind::Session,
                format!("{} is missing", folder.track(track, 1).display()),
            )
            .hint("put the file back; nothing else holds this track's sound"));
        }
        let parts = paths.iter().map(|path| Part::open(path, form(path)));
        Ok(ArchiveReader {
            parts: parts.collect::<Result<Vec<_>>>()?,
        })
    }

    /// Opens one file of an archive.
    ///
    /// # Errors
    ///
    /// As [`ArchiveReader::open`].
    pub fn part(path: &Path) -> Result<ArchiveReader> {
        ArchiveReader::part_as(path, form(path))
    }

    /// The same, whatever the file's name says.
    ///
    /// # Errors
    ///
    /// As [`ArchiveReader::open`].
    pub fn part_as(path: &Path, format: Form) -> Result<ArchiveReader> {
        Ok(ArchiveReader {
            parts: vec![Part::open(path, format)?],
        })
    }

    /// Samples in all parts.
    pub fn samples(&self) -> u64 {
        self.parts.iter().map(|part| part.samples).sum()
    }

    /// The samples of a span, as far as the archive reaches.
    ///
    /// # Errors
    ///
    /// As [`Error::io`]; [`ErrorKind::Session`] when a file is damaged.
    pub fn read(&mut self, span: Span) -> Result<Vec<i16>> {
        let mut out = Vec::new();
        let mut part_start = Tick::ZERO;
        for part in &mut self.parts {
            let reach = Span::new(part_start, part_start.after(part.samples));
            if let Some(inside) = reach.intersect(span) {
                let from = inside.start.0 - part_start.0;
                part.read(from, inside.ticks(), &mut out)?;
            }
            part_start = reach.end;
        }
        Ok(out)
    }
}

impl Part {
    fn open(path: &Path, format: Form) -> Result<Part> {
        let (samples, flac) = match format {
            Form::Wav => {
                let file = std::fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
                let bytes = file.len().saturating_sub(HEADER_BYTES);
                (bytes / BYTES_PER_SAMPLE, None)
            }
            Form::Flac => {
                let flac = FlacReader::open(path).map_err(|e| fault_of("read", path, e))?;
                (flac.samples(), Some(flac))
            }
        };
        Ok(Part {
            path: path.to_path_buf(),
            samples,
            flac,
        })
    }

    fn read(&mut self, from: u64, count: u64, out: &mut Vec<i16>) -> Result<()> {
        let path = &self.path;
        match &mut self.flac {
            None => read_samples(path, from, count, out).map_err(|e| Error::io("read", path, e)),
            Some(flac) => flac
                .read(from, count, out)
                .map_err(|e| fault_of("read", path, e)),
        }
    }
}

fn form(path: &Path) -> Form {
    match path
        .extension()
        .is_some_and(|e| e == Form::Flac.extension())
    {
        true => Form::Flac,
        false => Form::Wav,
    }
}

fn read_samples(path: &Path, from: u64, count: u64, out: &mut Vec<i16>) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(HEADER_BYTES + from * BYTES_PER_SAMPLE))?;
    let mut bytes = Vec::new();
    file.take(count * BYTES_PER_SAMPLE)
        .read_to_end(&mut bytes)?;
    out.extend(
        bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]])),
    );
    Ok(())
}

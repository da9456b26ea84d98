//! Reading an archive, also while it is being written.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::header::{HEADER_BYTES, Held, SAMPLE_BYTES, held};
use crate::audio::Track;
use crate::error::{Error, ErrorKind, Result};
use crate::store::folder::SessionFolder;
use crate::time::{Span, Tick};

/// Reads one track as a single line of samples over its parts, also while it is being written: the
/// length of the files counts, not their headers.
#[derive(Debug)]
pub struct WavArchiveReader {
    parts: Vec<(PathBuf, u64)>,
}

impl WavArchiveReader {
    /// Opens a track's archive as far as it reaches now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when the track has no file or its file is not the recorded one,
    /// otherwise as [`Error::io`].
    pub fn open(folder: &SessionFolder, track: Track) -> Result<WavArchiveReader> {
        let paths = folder.track_parts(track);
        if paths.is_empty() {
            return Err(Error::new(
                ErrorKind::Session,
                format!("{} is missing", folder.track(track, 1).display()),
            )
            .hint("put the file back; nothing else holds this track's sound"));
        }
        let parts = paths
            .into_iter()
            .map(|path| {
                let file = File::open(&path).map_err(|e| Error::io("read", &path, e))?;
                let samples = samples_in(&file, &path)?;
                Ok((path, samples))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(WavArchiveReader { parts })
    }

    /// Samples in all parts when the archive was opened.
    pub fn samples(&self) -> u64 {
        self.parts.iter().map(|(_, samples)| samples).sum()
    }

    /// The samples of a span, as far as the archive reached when it was opened.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn read(&mut self, span: Span) -> Result<Vec<i16>> {
        let mut out = Vec::new();
        let mut part_start = Tick::ZERO;
        for (path, samples) in &self.parts {
            let part = Span::new(part_start, part_start.after(*samples));
            if let Some(inside) = part.intersect(span) {
                let from = inside.start.0 - part_start.0;
                read_samples(path, from, inside.ticks(), &mut out)
                    .map_err(|e| Error::io("read", path, e))?;
            }
            part_start = part.end;
        }
        Ok(out)
    }
}

/// Whole samples in an archive file.
pub(super) fn samples_in(mut file: &File, path: &Path) -> Result<u64> {
    let found = file.metadata().and_then(|metadata| {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.take(HEADER_BYTES).read_to_end(&mut head)?;
        Ok(held(&head, metadata.len()))
    });
    match found.map_err(|e| Error::io("read", path, e))? {
        Held::Samples(samples) => Ok(samples),
        Held::Foreign => Err(Error::new(
            ErrorKind::Session,
            format!(
                "{} is not the file that was recorded: it is not 48 kHz mono 16 bit WAV",
                path.display()
            ),
        )
        .hint("put the recorded file back; verbatim transcribe reads other recordings")),
    }
}

fn read_samples(path: &Path, from: u64, count: u64, out: &mut Vec<i16>) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(HEADER_BYTES + from * SAMPLE_BYTES))?;
    let mut bytes = Vec::new();
    file.take(count * SAMPLE_BYTES).read_to_end(&mut bytes)?;
    out.extend(
        bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]])),
    );
    Ok(())
}

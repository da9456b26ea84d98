//! Archive files whose writer died.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{BYTES_PER_SAMPLE, HEADER_BYTES, SPEC, WavArchive};
use crate::audio::{ARCHIVE_RATE, Track};
use crate::error::{Error, Result};
use crate::store::folder::SessionFolder;

/// Makes the headers of a track's parts tell the length that the files have, after a crash. Samples
/// are not touched; half a sample at the end is dropped.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the track has no file, otherwise as [`Error::io`].
pub fn repair(folder: &SessionFolder, track: Track) -> Result<()> {
    let parts = folder.track_parts(track);
    if parts.is_empty() {
        // The recorder died before it made the file: the track is there and has no sample yet.
        return WavArchive::create(folder, track)?.finish();
    }
    for path in parts {
        repair_part(&path).map_err(|e| Error::io("repair", &path, e))?;
    }
    Ok(())
}

fn repair_part(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let data = length.saturating_sub(HEADER_BYTES) / BYTES_PER_SAMPLE * BYTES_PER_SAMPLE;
    let mut header = Vec::new();
    (&mut file).take(HEADER_BYTES).read_to_end(&mut header)?;
    let wanted = header_for(data);
    if header == wanted && length == HEADER_BYTES + data {
        return Ok(());
    }
    file.set_len(HEADER_BYTES + data)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&wanted)?;
    file.sync_all()
}

/// The header of an archive file with `data` bytes of samples.
pub(super) fn header_for(data: u64) -> Vec<u8> {
    let data = u32::try_from(data).unwrap_or(u32::MAX);
    let byte_rate = ARCHIVE_RATE * BYTES_PER_SAMPLE as u32;
    let mut header = Vec::with_capacity(HEADER_BYTES as usize);
    header.extend_from_slice(b"RIFF");
    header.extend_from_slice(&data.saturating_add(HEADER_BYTES as u32 - 8).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&16_u32.to_le_bytes());
    header.extend_from_slice(&1_u16.to_le_bytes());
    header.extend_from_slice(&SPEC.channels.to_le_bytes());
    header.extend_from_slice(&ARCHIVE_RATE.to_le_bytes());
    header.extend_from_slice(&byte_rate.to_le_bytes());
    header.extend_from_slice(&(BYTES_PER_SAMPLE as u16).to_le_bytes());
    header.extend_from_slice(&SPEC.bits_per_sample.to_le_bytes());
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data.to_le_bytes());
    header
}

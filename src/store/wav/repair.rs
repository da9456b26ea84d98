//! Archive files whose writer died.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{BYTES_PER_SAMPLE, HEADER_BYTES, SPEC, WavArchive};
use crate::audio::{ARCHIVE_RATE, Track};
use crate::error::{Error, ErrorKind, Result};
use crate::store::folder::SessionFolder;

/// Makes the headers of a track's parts tell the length that the files have, after a crash. Samples
/// are not touched; half a sample at the end is dropped.
///
/// # Errors
///
/// [`ErrorKind::Session`] when a file is not what a recorder leaves, which is then not touched;
/// otherwise as [`Error::io`].
pub fn repair(folder: &SessionFolder, track: Track) -> Result<()> {
    let parts = folder.track_parts(track);
    if parts.is_empty() {
        // The recorder died before it made the file: the track is there and has no sample yet.
        return WavArchive::create(folder, track)?.finish();
    }
    for path in parts {
        if !is_ours(&path).map_err(|e| Error::io("read", &path, e))? {
            return Err(Error::new(
                ErrorKind::Session,
                format!("{} is not a recording of this program", path.display()),
            )
            .hint(
                "it was left as it is; move it away, or put the recorded file back, and try again",
            ));
        }
        repair_part(&path).map_err(|e| Error::io("repair", &path, e))?;
    }
    Ok(())
}

/// Whether a file begins as an archive does, as far as it goes. Lengths may be anything, and a power
/// cut may leave zeros where the header was never written.
fn is_ours(path: &Path) -> std::io::Result<bool> {
    let mut header = Vec::new();
    std::fs::File::open(path)?
        .take(HEADER_BYTES)
        .read_to_end(&mut header)?;
    let lost = header.iter().all(|byte| *byte == 0);
    let same = header
        .iter()
        .zip(header_for(0))
        .enumerate()
        .all(|(at, (found, wanted))| LENGTHS.iter().any(|l| l.contains(&at)) || *found == wanted);
    Ok(lost || same)
}

/// Where a header tells lengths.
const LENGTHS: [std::ops::Range<usize>; 2] = [4..8, 40..44];

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

//! A track's archive: 48 kHz mono 16 bit WAV, readable up to the last sample at any moment.
//!
//! The writer speaks to the file itself: a sample that was appended has left the program, so that
//! neither a crash nor a reader beside it finds less. The fixed header and its repair are written
//! out here rather than left to a WAV library, because after a full disk or a crash they must fit
//! what the file holds, not what was handed to a buffer.

mod header;
mod reader;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use self::reader::WavArchiveReader;

use self::header::{HEADER_BYTES, SAMPLE_BYTES, header_for};
use self::reader::samples_in;
use super::files;
use super::folder::SessionFolder;
use crate::audio::Track;
use crate::error::{Error, Result};
use crate::time::TICKS_PER_SECOND;

/// The header is made valid after this many samples, so that any program can open the file.
const FLUSH_SAMPLES: u64 = TICKS_PER_SECOND;

/// The file is brought to the disk itself this often: a power cut loses at most as much. Time
/// counts, not samples, because an import writes hours of sound in a minute.
const SYNC_EVERY: Duration = Duration::from_secs(10);

/// Samples in a part: 12 hours, below the 4 GiB that a WAV header can count.
pub const PART_SAMPLES: u64 = 12 * 3_600 * TICKS_PER_SECOND;

/// Writes one track.
#[derive(Debug)]
pub struct WavArchive {
    folder: SessionFolder,
    track: Track,
    part_limit: u64,
    part: Part,
    number: u32,
    /// Samples in the parts before this one.
    before: u64,
    unflushed: u64,
    synced: Instant,
}

/// One file of an archive.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    /// Samples that are in the file.
    samples: u64,
    bytes: Vec<u8>,
}

impl WavArchive {
    /// The archive of a track that has no file yet.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn create(folder: &SessionFolder, track: Track) -> Result<WavArchive> {
        WavArchive::create_with_parts(folder, track, PART_SAMPLES)
    }

    /// The same, with parts of at most `part_samples` samples.
    ///
    /// # Errors
    ///
    /// As [`Error::io`].
    pub fn create_with_parts(
        folder: &SessionFolder,
        track: Track,
        part_samples: u64,
    ) -> Result<WavArchive> {
        let part = Part::create(folder.track(track, 1))?;
        files::sync_folder(&folder.audio())?;
        Ok(WavArchive {
            folder: folder.clone(),
            track,
            part_limit: part_samples.clamp(1, PART_SAMPLES),
            part,
            number: 1,
            before: 0,
            unflushed: 0,
            synced: Instant::now(),
        })
    }

    /// Goes on at the end of an archive, also of one that a crash left behind.
    ///
    /// # Errors
    ///
    /// As [`WavArchiveReader::open`].
    pub fn reopen(folder: &SessionFolder, track: Track) -> Result<WavArchive> {
        let samples = WavArchiveReader::open(folder, track)?.samples();
        let number = folder.track_parts(track).len().max(1) as u32;
        let part = Part::open(folder.track(track, number))?;
        Ok(WavArchive {
            folder: folder.clone(),
            track,
            part_limit: PART_SAMPLES,
            before: samples - part.samples,
            part,
            number,
            unflushed: 0,
            synced: Instant::now(),
        })
    }

    /// Samples in the files so far, over all parts; true also after an error.
    pub fn samples(&self) -> u64 {
        self.before + self.part.samples
    }

    /// Appends samples. They can be read when this returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the disk is full or fails. Samples up to
    /// [`WavArchive::samples`] are then in the file, and appending can go on from there once there
    /// is room.
    pub fn append(&mut self, mut samples: &[i16]) -> Result<()> {
        while !samples.is_empty() {
            if self.part.samples >= self.part_limit {
                self.next_part()?;
            }
            let room = self.part_limit - self.part.samples;
            let count = samples
                .len()
                .min(usize::try_from(room).unwrap_or(usize::MAX));
            let (now, later) = samples.split_at(count);
            self.part.write(now)?;
            self.unflushed += count as u64;
            samples = later;
        }
        if self.unflushed >= FLUSH_SAMPLES {
            self.flush()?;
        }
        if self.synced.elapsed() >= SYNC_EVERY {
            self.part.sync()?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Makes the header count everything appended so far.
    ///
    /// # Errors
    ///
    /// As [`WavArchive::append`].
    pub fn flush(&mut self) -> Result<()> {
        self.part.write_header()?;
        self.unflushed = 0;
        Ok(())
    }

    /// Ends the archive; everything is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// As [`WavArchive::append`].
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.part.end()
    }

    fn next_part(&mut self) -> Result<()> {
        self.flush()?;
        self.part.end()?;
        let next = Part::create(self.folder.track(self.track, self.number + 1))?;
        files::sync_folder(&self.folder.audio())?;
        self.before += self.part.samples;
        self.number += 1;
        self.part = next;
        Ok(())
    }
}

impl Part {
    fn create(path: PathBuf) -> Result<Part> {
        let file = files::create_file(&path)?;
        let mut part = Part {
            path,
            file,
            samples: 0,
            bytes: Vec::new(),
        };
        part.write_header()?;
        Ok(part)
    }

    fn open(path: PathBuf) -> Result<Part> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| Error::io("write", &path, e))?;
        let samples = samples_in(&file, &path)?;
        Ok(Part {
            path,
            file,
            samples,
            bytes: Vec::new(),
        })
    }

    fn write(&mut self, samples: &[i16]) -> Result<()> {
        self.bytes.clear();
        self.bytes
            .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        // The place is told each time, so that nothing that went wrong before can shift a sample.
        let place = SeekFrom::Start(self.bytes_held());
        let written = self
            .file
            .seek(place)
            .and_then(|_| self.file.write_all(&self.bytes));
        match written {
            Ok(()) => {
                self.samples += samples.len() as u64;
                Ok(())
            }
            Err(e) => {
                // A disk that became full has taken a part of the block: that part is kept.
                if let Ok(metadata) = self.file.metadata() {
                    let whole = metadata.len().saturating_sub(HEADER_BYTES) / SAMPLE_BYTES;
                    self.samples = whole.clamp(self.samples, self.samples + samples.len() as u64);
                }
                Err(Error::io("write", &self.path, e))
            }
        }
    }

    fn write_header(&mut self) -> Result<()> {
        let header = header_for(self.samples);
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(&header))
            .map_err(|e| Error::io("write", &self.path, e))
    }

    fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|e| Error::io("sync", &self.path, e))
    }

    /// Drops what a failed write left behind the last whole sample, and brings the file to the disk.
    fn end(&self) -> Result<()> {
        trim(&self.file, self.bytes_held()).map_err(|e| Error::io("write", &self.path, e))?;
        self.sync()
    }

    fn bytes_held(&self) -> u64 {
        HEADER_BYTES + self.samples * SAMPLE_BYTES
    }
}

fn trim(file: &File, length: u64) -> io::Result<()> {
    if file.metadata()?.len() > length {
        file.set_len(length)?;
    }
    Ok(())
}

/// Makes the headers of a track's parts tell the length that the files have, after a crash. Samples
/// are not touched; half a sample at the end is dropped. A file that needs nothing is not written.
///
/// # Errors
///
/// [`ErrorKind::Session`](crate::ErrorKind::Session) when a file is not the one that was recorded,
/// otherwise as [`Error::io`].
pub fn repair(folder: &SessionFolder, track: Track) -> Result<()> {
    let parts = folder.track_parts(track);
    if parts.is_empty() {
        // The recorder died before it made the file: the track is there and has no sample yet.
        return WavArchive::create(folder, track)?.finish();
    }
    for path in parts {
        repair_part(&path)?;
    }
    Ok(())
}

fn repair_part(path: &Path) -> Result<()> {
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let samples = samples_in(&file, path)?;
    let sound = is_sound(&file, samples).map_err(|e| Error::io("read", path, e))?;
    drop(file);
    if sound {
        return Ok(());
    }
    let mut part = Part::open(path.to_path_buf())?;
    part.write_header()?;
    part.end()
}

/// Whether the header counts `samples` and the file ends with them or with chunks that it counts.
fn is_sound(mut file: &File, samples: u64) -> io::Result<bool> {
    let mut header = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    io::Read::read_to_end(&mut io::Read::take(file, HEADER_BYTES), &mut header)?;
    let wanted = header_for(samples);
    let length = file.metadata()?.len();
    let ends = length == HEADER_BYTES + samples * SAMPLE_BYTES;
    let tagged = header.get(4..8) == Some(&((length as u32).wrapping_sub(8)).to_le_bytes()[..])
        && header.get(8..) == wanted.get(8..);
    Ok((header == wanted && ends) || tagged)
}

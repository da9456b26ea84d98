//! A track's archive: 48 kHz mono 16 bit WAV, readable up to the last second at any moment.

mod reader;
mod repair;

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::files;
use super::folder::SessionFolder;
use crate::audio::{ARCHIVE_RATE, Track};
use crate::error::{Error, ErrorKind, Result};
use crate::time::TICKS_PER_SECOND;

pub use reader::ArchiveReader;
pub use repair::repair;

/// The header is made valid after this many samples: a crash loses at most one second.
const FLUSH_SAMPLES: u64 = TICKS_PER_SECOND;

/// The file is brought to the disk itself after this many samples: a power cut loses at most this.
const SYNC_SAMPLES: u64 = 10 * TICKS_PER_SECOND;

/// Samples in a part: 12 hours, below the 4 GiB that a WAV header can count.
pub const PART_SAMPLES: u64 = 12 * 3_600 * TICKS_PER_SECOND;

/// Length in bytes of the header that is written.
const HEADER_BYTES: u64 = 44;

const BYTES_PER_SAMPLE: u64 = 2;

const SPEC: WavSpec = WavSpec {
    channels: 1,
    sample_rate: ARCHIVE_RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// Writes one track.
pub struct WavArchive {
    folder: SessionFolder,
    track: Track,
    part_limit: u64,
    part: Part,
    number: u32,
    samples: u64,
    unflushed: u64,
    unsynced: u64,
}

struct Part {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
    file: File,
    samples: u64,
}

impl std::fmt::Debug for WavArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WavArchive({}, {} samples)", self.track, self.samples)
    }
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
        Ok(WavArchive {
            folder: folder.clone(),
            track,
            part_limit: part_samples.clamp(1, PART_SAMPLES),
            part: Part::create(folder.track(track, 1))?,
            number: 1,
            samples: 0,
            unflushed: 0,
            unsynced: 0,
        })
    }

    /// Goes on at the end of a repaired archive.
    ///
    /// # Errors
    ///
    /// As [`Error::io`]; [`ErrorKind::Session`] when the file is no archive.
    pub fn reopen(folder: &SessionFolder, track: Track) -> Result<WavArchive> {
        let samples = ArchiveReader::open(folder, track)?.samples();
        let paths = folder.track_parts(track);
        let number = paths.len().max(1) as u32;
        Ok(WavArchive {
            folder: folder.clone(),
            track,
            part_limit: PART_SAMPLES,
            part: Part::append(folder.track(track, number))?,
            number,
            samples,
            unflushed: 0,
            unsynced: 0,
        })
    }

    /// Samples written so far, over all parts.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Appends samples.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the disk is full or fails; what was written before stays readable.
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
            self.samples += count as u64;
            self.unflushed += count as u64;
            self.unsynced += count as u64;
            samples = later;
        }
        if self.unflushed >= FLUSH_SAMPLES {
            self.flush()?;
        }
        if self.unsynced >= SYNC_SAMPLES {
            self.part.sync()?;
            self.unsynced = 0;
        }
        Ok(())
    }

    /// Makes everything appended so far readable.
    ///
    /// # Errors
    ///
    /// As [`WavArchive::append`].
    pub fn flush(&mut self) -> Result<()> {
        self.unflushed = 0;
        self.part.flush()
    }

    /// Ends the archive; everything is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// As [`WavArchive::append`].
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.part.sync()
    }

    fn next_part(&mut self) -> Result<()> {
        self.part.flush()?;
        self.part.sync()?;
        self.number += 1;
        self.part = Part::create(self.folder.track(self.track, self.number))?;
        // The name of the next part must survive a power cut as its samples do.
        files::sync_folder(&self.folder.audio())
    }
}

impl Part {
    fn create(path: PathBuf) -> Result<Part> {
        Part::new(files::create_file(&path)?, path)
    }

    fn new(file: File, path: PathBuf) -> Result<Part> {
        let copy = file.try_clone().map_err(|e| Error::io("write", &path, e))?;
        let writer = WavWriter::new(BufWriter::new(file), SPEC);
        let mut part = Part {
            writer: writer.map_err(|e| fault("write", &path, e))?,
            file: copy,
            path,
            samples: 0,
        };
        part.flush()?;
        Ok(part)
    }

    fn append(path: PathBuf) -> Result<Part> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| Error::io("write", &path, e))?;
        let writer = WavWriter::append(&path).map_err(|e| fault("go on with", &path, e))?;
        let samples = u64::from(writer.duration());
        Ok(Part {
            path,
            writer,
            file,
            samples,
        })
    }

    fn write(&mut self, samples: &[i16]) -> Result<()> {
        for &sample in samples {
            self.writer
                .write_sample(sample)
                .map_err(|e| fault("write", &self.path, e))?;
        }
        self.samples += samples.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.writer
            .flush()
            .map_err(|e| fault("write", &self.path, e))
    }

    fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .map_err(|e| Error::io("sync", &self.path, e))
    }
}

/// Writes a whole part from another form of it.
pub(super) struct WavPartWriter(Part);

impl WavPartWriter {
    /// A part into `file`, which gets the name `path`.
    pub(super) fn new(file: File, path: &Path) -> Result<WavPartWriter> {
        Part::new(file, path.to_path_buf()).map(WavPartWriter)
    }

    pub(super) fn push(&mut self, samples: &[i16]) -> Result<()> {
        self.0.write(samples)
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.0.flush()
    }
}

fn fault(action: &str, path: &Path, error: hound::Error) -> Error {
    match error {
        hound::Error::IoError(e) => Error::io(action, path, e),
        other => Error::new(
            ErrorKind::Session,
            format!("cannot {action} {}", path.display()),
        )
        .because(other),
    }
}

#[cfg(test)]
mod tests {
    use super::repair::header_for;
    use super::*;
    use crate::store::testing::folder;
    use crate::time::{Span, Tick};

    fn ramp(from: u64, count: u64) -> Vec<i16> {
        (from..from + count).map(|n| (n % 30_000) as i16).collect()
    }

    #[test]
    fn parts_are_one_line_of_samples() {
        let (_dir, folder) = folder();
        let mut archive = WavArchive::create_with_parts(&folder, Track::Mic, 1_000).unwrap();
        archive.append(&ramp(0, 2_500)).unwrap();
        archive.finish().unwrap();
        assert_eq!(folder.track_parts(Track::Mic).len(), 3);
        let mut reader = ArchiveReader::open(&folder, Track::Mic).unwrap();
        assert_eq!(reader.samples(), 2_500);
        let span = Span::new(Tick(900), Tick(2_100));
        assert_eq!(reader.read(span).unwrap(), ramp(900, 1_200));
        for path in folder.track_parts(Track::Mic) {
            hound::WavReader::open(path).unwrap();
        }
    }

    #[test]
    fn a_running_archive_is_a_valid_file_at_every_second() {
        let (_dir, folder) = folder();
        let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
        for second in 0..3 {
            archive.append(&ramp(second * 48_000, 48_000)).unwrap();
            let length = hound::WavReader::open(folder.track(Track::Mic, 1))
                .unwrap()
                .len();
            assert_eq!(u64::from(length), (second + 1) * 48_000);
        }
        archive.append(&ramp(0, 100)).unwrap();
        archive.flush().unwrap();
        let reader = ArchiveReader::open(&folder, Track::Mic).unwrap();
        assert_eq!(reader.samples(), 3 * 48_000 + 100);
    }

    #[test]
    fn a_file_cut_anywhere_is_repaired_to_what_it_holds() {
        let (_dir, folder) = folder();
        let path = folder.track(Track::Mic, 1);
        for length in (0..60).chain([1_000, 1_001]) {
            let mut bytes = header_for(0);
            bytes.extend(ramp(0, 2_000).iter().flat_map(|s| s.to_le_bytes()));
            bytes.truncate(length);
            std::fs::write(&path, &bytes).unwrap();
            repair(&folder, Track::Mic).unwrap();
            let held = (length as u64).saturating_sub(44) / 2;
            let mut reader = hound::WavReader::open(&path).unwrap();
            assert_eq!(reader.spec(), SPEC);
            let samples: Vec<i16> = reader.samples().map(|s| s.unwrap()).collect();
            assert_eq!(samples, ramp(0, held), "cut at {length}");
        }
    }

    #[test]
    fn what_is_no_archive_is_left_as_it_is() {
        let (_dir, folder) = folder();
        let path = folder.track(Track::Mic, 1);
        let mut other = header_for(8);
        // A stereo file, as another program may put it there.
        other[22] = 2;
        other.extend([1, 2, 3, 4, 5, 6, 7, 8]);
        for foreign in [b"fLaC and more".to_vec(), other] {
            std::fs::write(&path, &foreign).unwrap();
            let error = repair(&folder, Track::Mic).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Session);
            assert_eq!(std::fs::read(&path).unwrap(), foreign);
        }
        // A power cut can lose the header's page and keep what came after it.
        let mut lost = vec![0; 44];
        lost.extend([5, 0, 6, 0]);
        std::fs::write(&path, &lost).unwrap();
        repair(&folder, Track::Mic).unwrap();
        assert_eq!(hound::WavReader::open(&path).unwrap().len(), 2);
    }

    #[test]
    fn a_repaired_archive_goes_on_where_it_ended() {
        let (_dir, folder) = folder();
        let mut archive = WavArchive::create(&folder, Track::System).unwrap();
        archive.append(&ramp(0, 700)).unwrap();
        archive.finish().unwrap();
        let mut archive = WavArchive::reopen(&folder, Track::System).unwrap();
        archive.append(&ramp(700, 300)).unwrap();
        archive.finish().unwrap();
        let mut reader = ArchiveReader::open(&folder, Track::System).unwrap();
        assert_eq!(
            reader.read(Span::new(Tick(0), Tick(5_000))).unwrap(),
            ramp(0, 1_000)
        );
    }
}

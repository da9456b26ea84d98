//! A track's archive as FLAC, 48 kHz mono 16 bit: written block by block, read from anywhere.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flacenc::bitsink::ByteSink;
use flacenc::component::{BitRepr, Stream, StreamInfo};
use flacenc::config;
use flacenc::error::{Verified, Verify};
use flacenc::source::{Context, Fill, FrameBuf};
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Unread;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::units::Timestamp;

use crate::audio::ARCHIVE_RATE;

/// Samples of a block.
const BLOCK: usize = 4_096;

/// Why FLAC cannot be written or read.
pub(super) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Writes a FLAC file; nothing but one block is held in memory.
pub(super) struct FlacWriter {
    config: Verified<config::Encoder>,
    out: BufWriter<File>,
    info: StreamInfo,
    hashed: Context,
    block: FrameBuf,
    waiting: Vec<i32>,
    blocks: usize,
}

impl FlacWriter {
    /// Begins a file at its start.
    pub(super) fn new(file: File) -> Result<FlacWriter, Fault> {
        let config = config::Encoder::default()
            .into_verified()
            .map_err(|(_, e)| e)?;
        let mut writer = FlacWriter {
            config,
            out: BufWriter::new(file),
            info: StreamInfo::new(ARCHIVE_RATE as usize, 1, 16)?,
            hashed: Context::new(16, 1),
            block: FrameBuf::with_size(1, BLOCK)?,
            waiting: Vec::with_capacity(BLOCK),
            blocks: 0,
        };
        writer.head()?;
        Ok(writer)
    }

    /// Appends samples.
    pub(super) fn push(&mut self, samples: &[i16]) -> Result<(), Fault> {
        for &sample in samples {
            self.waiting.push(i32::from(sample));
            if self.waiting.len() == BLOCK {
                self.block()?;
            }
        }
        Ok(())
    }

    /// Ends the file: what its head tells of lengths and of the sound's hash is known only now.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        if !self.waiting.is_empty() {
            self.block()?;
        }
        self.info.set_total_samples(self.hashed.total_samples());
        self.info.set_md5_digest(&self.hashed.md5_digest());
        self.out.seek(SeekFrom::Start(0))?;
        self.head()?;
        self.out.flush()?;
        Ok(())
    }

    fn head(&mut self) -> Result<(), Fault> {
        // The encoder counts the short last block as the smallest there is, and readers then take
        // the stream for one of blocks of several lengths and refuse it.
        self.info.set_block_sizes(BLOCK, BLOCK)?;
        let mut sink = ByteSink::new();
        Stream::with_stream_info(self.info.clone())
            .write(&mut sink)
            .map_err(|e| e.to_string())?;
        self.out.write_all(sink.as_slice())?;
        Ok(())
    }

    fn block(&mut self) -> Result<(), Fault> {
        self.hashed
            .fill_interleaved(&self.waiting)
            .map_err(|e| e.to_string())?;
        self.block
            .fill_interleaved(&self.waiting)
            .map_err(|e| e.to_string())?;
        let frame =
            flacenc::encode_fixed_size_frame(&self.config, &self.block, self.blocks, &self.info)
                .map_err(|e| e.to_string())?;
        self.info.update_frame_info(&frame);
        let mut sink = ByteSink::new();
        frame.write(&mut sink).map_err(|e| e.to_string())?;
        self.out.write_all(sink.as_slice())?;
        self.waiting.clear();
        self.blocks += 1;
        Ok(())
    }
}

/// Reads a FLAC file from anywhere.
pub(super) struct FlacReader {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    samples: u64,
    /// Sound that was decoded last, and where it begins.
    held: Vec<i16>,
    from: u64,
}

impl FlacReader {
    /// Opens a file of 48 kHz mono.
    pub(super) fn open(path: &Path) -> Result<FlacReader, Fault> {
        let stream = MediaSourceStream::new(Box::new(File::open(path)?), Default::default());
        let format = symphonia::default::get_probe().probe(
            Hint::new().with_extension("flac"),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or("it holds no sound")?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|codec| codec.audio())
            .ok_or("it holds no sound")?;
        if parameters.sample_rate != Some(ARCHIVE_RATE) {
            return Err("its rate is not 48 kHz".into());
        }
        let samples = track.num_frames.ok_or("its length is not known")?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())?;
        let track = track.id;
        Ok(FlacReader {
            path: path.to_path_buf(),
            format,
            decoder,
            track,
            samples,
            held: Vec::new(),
            from: 0,
        })
    }

    /// Samples in the file.
    pub(super) fn samples(&self) -> u64 {
        self.samples
    }

    /// Appends `count` samples from `from` on, as far as the file reaches.
    pub(super) fn read(&mut self, from: u64, count: u64, out: &mut Vec<i16>) -> Result<(), Fault> {
        let (mut at, end) = (from, (from + count).min(self.samples));
        while at < end {
            let held = self.from..self.from + self.held.len() as u64;
            if held.contains(&at) {
                let until = end.min(held.end);
                let inside = (at - held.start) as usize..(until - held.start) as usize;
                out.extend_from_slice(&self.held[inside]);
                at = until;
                continue;
            }
            // The next block is read on; everything else is looked for.
            let next = match self.held.is_empty() {
                true => at == 0,
                false => at == held.end,
            };
            if !(next && self.decode_to(at)?) {
                self.look_for(at)?;
            }
        }
        Ok(())
    }

    /// Decodes the block that holds the sample `at`. Near the end of a file the library's search runs
    /// out of file, and a reader that did so finds nothing any more: it is then opened anew and looks
    /// from further before, at last from the start.
    fn look_for(&mut self, at: u64) -> Result<(), Fault> {
        for blocks in [0, 1, 8, 64] {
            let from = at.saturating_sub(blocks * BLOCK as u64);
            if from > 0 && self.seek(from)? && self.decode_to(at)? {
                return Ok(());
            }
            *self = FlacReader::open(&self.path)?;
        }
        match self.decode_to(at)? {
            true => Ok(()),
            false => Err("it ends before its told length".into()),
        }
    }

    /// Goes to the block of a sample; false when the file ended before it was found.
    fn seek(&mut self, at: u64) -> Result<bool, Fault> {
        let to = SeekTo::Timestamp {
            ts: Timestamp::new(i64::try_from(at)?),
            track_id: self.track,
        };
        let found = within(self.format.seek(SeekMode::Accurate, to))?.is_some();
        self.decoder.reset();
        self.held.clear();
        Ok(found)
    }

    /// Decodes blocks until one holds the sample `at`; false when none of those that follow does.
    fn decode_to(&mut self, at: u64) -> Result<bool, Fault> {
        loop {
            let Some(packet) = within(self.format.next_packet())?.flatten() else {
                return Ok(false);
            };
            self.from = u64::try_from(packet.pts.get())?;
            let decoded = self.decoder.decode(&packet)?;
            self.held.clear();
            append(&decoded, &mut self.held)?;
            if self.from + self.held.len() as u64 > at {
                return Ok(self.from <= at);
            }
        }
    }
}

/// What was read, or `None` where the file came to its end.
fn within<T>(read: Result<T, Unread>) -> Result<Option<T>, Unread> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Unread::IoError(e)) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e),
    }
}

fn append(decoded: &GenericAudioBufferRef<'_>, out: &mut Vec<i16>) -> Result<(), Fault> {
    if decoded.spec().channels().count() != 1 {
        return Err("it has more than one channel".into());
    }
    let from = out.len();
    out.resize(from + decoded.frames(), 0);
    decoded.copy_to_slice_interleaved(&mut out[from..]);
    Ok(())
}

/// The fault as an error of input and output, where it is one.
pub(super) fn io_of(fault: Fault) -> Result<io::Error, Fault> {
    fault.downcast::<io::Error>().map(|error| *error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Track;
    use crate::store::archive::Form;
    use crate::store::clip::{Sound, write};
    use crate::store::testing::folder;
    use crate::store::wav::WavArchive;
    use crate::time::{Span, Tick};

    #[test]
    fn both_formats_hold_the_samples_of_the_archive() {
        let (_dir, folder) = folder();
        let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 20) as i16;
        let samples: Vec<i16> = (0..150_000).map(noise).collect();
        let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
        archive.append(&samples).unwrap();
        archive.finish().unwrap();
        let span = Span::new(Tick(1_001), Tick(131_072));
        for format in [Form::Wav, Form::Flac] {
            let path = folder
                .path()
                .join("clip")
                .with_extension(format.extension());
            let sound = Sound::open(&folder, &[Track::Mic], span, 0).unwrap();
            let media = write(sound, format.into(), &path).unwrap();
            assert_eq!(media.bytes, std::fs::metadata(&path).unwrap().len());
            let held: Vec<i16> = match format {
                Form::Wav => {
                    let mut reader = hound::WavReader::open(&path).unwrap();
                    reader.samples::<i16>().map(Result::unwrap).collect()
                }
                Form::Flac => {
                    let mut reader = claxon::FlacReader::open(&path).unwrap();
                    assert_eq!(reader.streaminfo().sample_rate, 48_000);
                    reader.samples().map(|s| s.unwrap() as i16).collect()
                }
            };
            assert!(held == samples[1_001..131_072], "{format:?}");
        }
    }

    #[test]
    fn any_stretch_of_a_file_is_read_and_every_reader_takes_it() {
        let dir = tempfile::tempdir().unwrap();
        // The last block is full, short, or the only one.
        for length in [1_u32, 4_095, 4_096, 4_097, 40_000] {
            let path = dir.path().join(format!("{length}.flac"));
            let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 18) as i16;
            let samples: Vec<i16> = (0..length).map(noise).collect();
            let mut writer = FlacWriter::new(File::create(&path).unwrap()).unwrap();
            for piece in samples.chunks(1_000) {
                writer.push(piece).unwrap();
            }
            writer.finish().unwrap();
            let mut by_claxon = claxon::FlacReader::open(&path).unwrap();
            assert_eq!(by_claxon.samples().count(), length as usize);
            let mut reader = FlacReader::open(&path).unwrap();
            assert_eq!(reader.samples(), u64::from(length));
            for (from, count) in [(0, 50_000), (30_000, 10), (4_090, 12), (5, 4), (39_999, 9)] {
                let mut out = Vec::new();
                let read = reader.read(from, count, &mut out);
                assert!(read.is_ok(), "{length}: {from} and {count}: {read:?}");
                let end = (from + count).min(u64::from(length)) as usize;
                let wanted = samples.get(from as usize..end).unwrap_or_default();
                assert!(out == wanted, "{length}: {from} and {count} more");
            }
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("whole.flac");
        let samples: Vec<i16> = (0..20_000).map(|n| (n * 7 % 3_001) as i16).collect();
        let mut writer = FlacWriter::new(File::create(&path).unwrap()).unwrap();
        writer.push(&samples).unwrap();
        writer.finish().unwrap();
        let whole = std::fs::read(&path).unwrap();
        let mut state = 9_u64;
        for _ in 0..300 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let at = (state >> 33) as usize % whole.len();
            let mut bytes = whole.clone();
            match state >> 60 {
                0..8 => bytes.truncate(at),
                _ => bytes[at] ^= 1 << (state >> 30 & 7),
            }
            std::fs::write(&path, bytes).unwrap();
            let mut out = Vec::new();
            let read = FlacReader::open(&path).and_then(|mut r| r.read(0, 30_000, &mut out));
            assert!(read.is_err() || out.len() <= 1 << 20);
        }
    }
}

//! WAV, also as a killed recorder leaves it.

use std::fs::File;
use std::io::{BufReader, Chain, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::{Decode, Recording, Stopped};
use crate::audio::Format;

/// Pieces before the samples that are walked through; more than any program writes.
const MOST_CHUNKS: usize = 1_000;

/// Bytes of a format chunk that are looked at.
const LONGEST_FORMAT: u32 = 40;

/// Length in bytes of the header that the decoder is given.
const HEADER_BYTES: u32 = 44;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;

/// A WAV file whose header tells the truth.
type Repaired = Chain<Cursor<Vec<u8>>, BufReader<File>>;

struct Wav {
    reader: WavReader<Repaired>,
    channels: usize,
    sample: Sample,
}

/// How a stored sample becomes full scale at 1.0.
enum Sample {
    Float,
    Integer { scale: f32 },
}

pub(super) fn open(path: &Path) -> Result<Recording, Stopped> {
    let (reader, cut) = repaired(path)?;
    let reader = WavReader::new(reader).map_err(stopped)?;
    let spec = reader.spec();
    let format = Format::new(spec.sample_rate, spec.channels)
        .ok_or_else(|| Stopped("the header says no channels or no sample rate".into()))?;
    let sample = match spec.sample_format {
        SampleFormat::Float => Sample::Float,
        SampleFormat::Int => Sample::Integer {
            scale: 2.0_f32.powi(1 - i32::from(spec.bits_per_sample)),
        },
    };
    let warnings = match cut {
        Cut::Short => vec!["was cut short; what it holds is read".to_owned()],
        Cut::Long => vec!["is longer than a WAV file can say; the end is left out".to_owned()],
        Cut::Whole => Vec::new(),
    };
    Ok(Recording {
        frames: Some(u64::from(reader.duration())),
        format,
        warnings,
        decoder: Box::new(Wav {
            reader,
            channels: usize::from(spec.channels),
            sample,
        }),
    })
}

impl Decode for Wav {
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped> {
        let before = out.len();
        let wanted = max_frames * self.channels;
        match self.sample {
            Sample::Float => {
                for sample in self.reader.samples::<f32>().take(wanted) {
                    let sample = sample.map_err(stopped)?;
                    out.push(if sample.is_finite() { sample } else { 0.0 });
                }
            }
            Sample::Integer { scale } => {
                for sample in self.reader.samples::<i32>().take(wanted) {
                    out.push(sample.map_err(stopped)? as f32 * scale);
                }
            }
        }
        let frames = (out.len() - before) / self.channels;
        out.truncate(before + frames * self.channels);
        Ok(frames)
    }
}

/// Whether the file holds all that its header promises.
enum Cut {
    Whole,
    Short,
    /// There is more than a WAV header can count.
    Long,
}

/// Opens a file with a plain header whose sizes fit the file's length: a recorder that was killed
/// leaves zero, the largest number, or more than is there. What stands before the samples besides
/// the format is left out, because the decoder trips over odd lengths and long format chunks.
fn repaired(path: &Path) -> Result<(Repaired, Cut), Stopped> {
    let mut file = File::open(path).map_err(stopped)?;
    let length = file.metadata().map_err(stopped)?.len();
    let (layout, data, declared) = find_data(&mut file)?;
    let available = length.saturating_sub(data);
    let most = u64::from(u32::MAX - HEADER_BYTES);
    let (held, cut) = match u64::from(declared) {
        // A streaming writer that never came back leaves 0 or the largest number.
        0 if is_chunks(&mut file, data, length) => (0, Cut::Whole),
        0 | 0xffff_ffff if available > most => (most, Cut::Long),
        0 => (available, Cut::Short),
        declared if declared > available => (available, Cut::Short),
        declared => (declared.min(most), Cut::Whole),
    };
    let held = held - held % u64::from(layout.align);
    file.seek(SeekFrom::Start(data)).map_err(stopped)?;
    let head = Cursor::new(layout.header(held as u32));
    Ok((head.chain(BufReader::new(file)), cut))
}

/// How samples are laid out.
struct Layout {
    tag: u16,
    channels: u16,
    rate: u32,
    /// Bytes in a frame.
    align: u16,
    bits: u16,
}

impl Layout {
    /// Reads the body of a format chunk.
    fn parse(body: &[u8]) -> Result<Layout, Stopped> {
        if body.len() < 16 {
            return Err(Stopped("its format is cut off".into()));
        }
        // The long form names the format by a longer id that begins with the short one. How many of
        // a sample's bits are valid does not matter: they are the upper ones.
        let tag = match u16_at(body, 0) {
            EXTENSIBLE if body.len() >= 26 => u16_at(body, 24),
            tag => tag,
        };
        let layout = Layout {
            tag,
            channels: u16_at(body, 2),
            rate: u32_at(body, 4),
            align: u16_at(body, 12),
            bits: u16_at(body, 14),
        };
        if layout.channels == 0 || layout.rate == 0 {
            return Err(Stopped(
                "the header says no channels or no sample rate".into(),
            ));
        }
        let bytes = layout.align / layout.channels;
        match (layout.tag, bytes, layout.bits) {
            _ if !layout.align.is_multiple_of(layout.channels) => {}
            (PCM, 1, 8) | (PCM, 2, 16) | (PCM, 3 | 4, 24) | (PCM | FLOAT, 4, 32) => {
                return Ok(layout);
            }
            _ => {}
        }
        Err(Stopped(
            format!(
                "samples of format {:#06x} with {} bits are not read",
                layout.tag, layout.bits
            )
            .into(),
        ))
    }

    /// A whole header for `data` bytes of samples.
    fn header(&self, data: u32) -> Vec<u8> {
        let byte_rate = self.rate.wrapping_mul(u32::from(self.align));
        let mut head = Vec::with_capacity(HEADER_BYTES as usize);
        head.extend_from_slice(b"RIFF");
        head.extend_from_slice(&(data + HEADER_BYTES - 8).to_le_bytes());
        head.extend_from_slice(b"WAVEfmt ");
        head.extend_from_slice(&16_u32.to_le_bytes());
        head.extend_from_slice(&self.tag.to_le_bytes());
        head.extend_from_slice(&self.channels.to_le_bytes());
        head.extend_from_slice(&self.rate.to_le_bytes());
        head.extend_from_slice(&byte_rate.to_le_bytes());
        head.extend_from_slice(&self.align.to_le_bytes());
        head.extend_from_slice(&self.bits.to_le_bytes());
        head.extend_from_slice(b"data");
        head.extend_from_slice(&data.to_le_bytes());
        head
    }
}

/// The samples' layout, the offset of the first one, and how many bytes of them the header tells.
fn find_data(file: &mut File) -> Result<(Layout, u64, u32), Stopped> {
    let mut layout = None;
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let Some((id, size)) = chunk_at(file, at).map_err(stopped)? else {
            return Err(Stopped("the header is cut off before the samples".into()));
        };
        let body = at + 8;
        if id == *b"data" {
            let layout = layout
                .ok_or_else(|| Stopped("its format is not told before its samples".into()))?;
            return Ok((layout, body, size));
        }
        if id == *b"fmt " {
            let mut format = Vec::new();
            let told = u64::from(size.min(LONGEST_FORMAT));
            Read::take(&mut *file, told)
                .read_to_end(&mut format)
                .map_err(stopped)?;
            layout = Some(Layout::parse(&format)?);
        }
        at = after(body, size);
    }
    Err(Stopped("the header has no end".into()))
}

/// Whether nothing but further chunks lies from `at` to the end of the file.
fn is_chunks(file: &mut File, mut at: u64, length: u64) -> bool {
    for _ in 0..MOST_CHUNKS {
        if at == length {
            return true;
        }
        match chunk_at(file, at) {
            Ok(Some((id, size))) if id.iter().all(|byte| (b' '..=b'~').contains(byte)) => {
                at = after(at + 8, size);
            }
            _ => return false,
        }
    }
    false
}

/// Name and size of the chunk at `at`; `None` where the file ends before it tells both.
fn chunk_at(file: &mut File, at: u64) -> std::io::Result<Option<([u8; 4], u32)>> {
    file.seek(SeekFrom::Start(at))?;
    let mut header = Vec::new();
    Read::take(&mut *file, 8).read_to_end(&mut header)?;
    Ok(header
        .first_chunk::<4>()
        .filter(|_| header.len() == 8)
        .map(|id| (*id, u32_at(&header, 4))))
}

/// Where the next chunk begins: chunks of odd length are followed by a byte of padding.
fn after(body: u64, size: u32) -> u64 {
    body + u64::from(size) + u64::from(size % 2)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn stopped(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Stopped {
    Stopped(error.into())
}

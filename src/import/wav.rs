//! WAV, also beyond 4 GiB (RF64, BW64, W64) and as a killed recorder leaves it.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

use super::{Decode, Loss, LossCause, Recording, Stopped, stopped};
use crate::audio::Format;

/// Pieces before the samples that are walked through; more than any program writes.
const MOST_CHUNKS: usize = 1_000;

/// Bytes of a format chunk that are looked at.
const LONGEST_FORMAT: u64 = 40;

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const EXTENSIBLE: u16 = 0xfffe;

/// What every chunk id of a W64 file ends with; its own name and that of the whole file differ.
const W64_CHUNK: [u8; 12] = [
    0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0x00, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a,
];

struct Wav {
    reader: Take<BufReader<File>>,
    layout: Layout,
    bytes: Vec<u8>,
    /// Bytes of samples that are still promised.
    left: u64,
}

/// Which family of headers a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// RIFF with 32-bit sizes; `RF64` and `BW64` keep the long ones in a chunk of their own.
    Riff,
    /// Sony's form: ids of 16 bytes, sizes of 64 bits that count their own header.
    W64,
}

pub(super) fn open(path: &Path, head: Head) -> Result<Recording, Stopped> {
    let mut file = File::open(path).map_err(stopped)?;
    let length = file.metadata().map_err(stopped)?.len();
    let (layout, data, declared) = find_data(&mut file, head)?;
    let available = length.saturating_sub(data);
    let (held, cut) = match declared {
        // A streaming writer that never came back leaves 0 or the largest number.
        0 if head == Head::Riff && is_chunks(&mut file, data, length) => (0, Cut::Whole),
        0 => (available, Cut::Short),
        declared if declared == u64::from(u32::MAX) => (available, Cut::Short),
        declared if declared > available => (available, Cut::Short),
        declared => (declared, Cut::Whole),
    };
    let held = held - held % u64::from(layout.align);
    file.seek(SeekFrom::Start(data)).map_err(stopped)?;
    let format = Format::new(layout.rate, layout.channels)
        .ok_or_else(|| Stopped("the header says no channels or no sample rate".into()))?;
    let warnings = match cut {
        Cut::Short => vec!["was cut short; what it holds is read".to_owned()],
        Cut::Whole => Vec::new(),
    };
    let align = u64::from(layout.align);
    let frames = Some(held / align);
    let wav = Wav {
        reader: BufReader::new(file).take(held),
        layout,
        bytes: Vec::new(),
        left: held,
    };
    let mut recording = Recording::new(format, frames, Box::new(wav));
    recording.warnings = warnings;
    if believed(declared) {
        recording.losses = lost(held / align, declared / align);
    }
    Ok(recording)
}

/// Whether a size in a header was measured: programs that stream write nothing, or a number near the
/// largest that they know, and never come back to it.
fn believed(declared: u64) -> bool {
    let largest = [i32::MAX as u64, u64::from(u32::MAX), i64::MAX as u64];
    let near = |largest: u64| declared <= largest && largest - declared < 1 << 16;
    !largest.into_iter().any(near) && declared != 1 << 31 && declared < 1 << 48
}

/// What is missing after `held` frames of a file that tells of `told`.
fn lost(held: u64, told: u64) -> Vec<Loss> {
    let missing = told.saturating_sub(held);
    let loss = Loss {
        start: held,
        frames: missing,
        cause: LossCause::Damaged,
    };
    (missing > 0).then_some(loss).into_iter().collect()
}

impl Decode for Wav {
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped> {
        let align = usize::from(self.layout.align);
        let wanted = (max_frames as u64)
            .saturating_mul(align as u64)
            .min(self.left);
        self.bytes.clear();
        let got = Read::by_ref(&mut self.reader)
            .take(wanted)
            .read_to_end(&mut self.bytes)
            .map_err(stopped)?;
        let frames = got / align;
        let whole = &self.bytes[..frames * align];
        append(whole, self.layout.sample, out);
        self.left -= got as u64;
        match got as u64 == wanted {
            true => Ok(frames),
            false => Err(Stopped("the file became shorter".into())),
        }
    }
}

/// How one sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    U8,
    S16,
    S24,
    S32,
    F32,
    F64,
    ALaw,
    MuLaw,
}

/// Appends stored samples with full scale at 1.0; what is no number becomes silence.
fn append(bytes: &[u8], sample: Sample, out: &mut Vec<f32>) {
    let finite = |x: f32| if x.is_finite() { x } else { 0.0 };
    match sample {
        Sample::U8 => out.extend(bytes.iter().map(|&b| (f32::from(b) - 128.0) / 128.0)),
        Sample::ALaw => out.extend(bytes.iter().map(|&b| f32::from(a_law(b)) / 32_768.0)),
        Sample::MuLaw => out.extend(bytes.iter().map(|&b| f32::from(mu_law(b)) / 32_768.0)),
        Sample::S16 => {
            out.extend(arrays::<2>(bytes).map(|b| f32::from(i16::from_le_bytes(b)) / 32_768.0))
        }
        // The three bytes are the upper ones of four.
        Sample::S24 => out.extend(
            arrays::<3>(bytes)
                .map(|[a, b, c]| i32::from_le_bytes([0, a, b, c]) as f32 / 2_147_483_648.0),
        ),
        Sample::S32 => {
            out.extend(arrays::<4>(bytes).map(|b| i32::from_le_bytes(b) as f32 / 2_147_483_648.0))
        }
        Sample::F32 => out.extend(arrays::<4>(bytes).map(|b| finite(f32::from_le_bytes(b)))),
        Sample::F64 => {
            out.extend(arrays::<8>(bytes).map(|b| finite(f64::from_le_bytes(b) as f32)));
        }
    }
}

fn arrays<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

/// The 16-bit value of a G.711 A-law byte.
fn a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let mantissa = i16::from(byte & 0x0f) << 4;
    let value = match (byte >> 4) & 0x07 {
        0 => mantissa + 8,
        exponent => (mantissa + 0x108) << (exponent - 1),
    };
    if byte & 0x80 == 0 { -value } else { value }
}

/// The 16-bit value of a G.711 mu-law byte.
fn mu_law(byte: u8) -> i16 {
    let byte = !byte;
    let exponent = (byte >> 4) & 0x07;
    let value = (((i16::from(byte & 0x0f) << 3) + 0x84) << exponent) - 0x84;
    if byte & 0x80 == 0 { value } else { -value }
}

/// Whether the file holds all that its header promises.
enum Cut {
    Whole,
    Short,
}

/// How samples are laid out.
struct Layout {
    sample: Sample,
    channels: u16,
    rate: u32,
    /// Bytes in a frame.
    align: u16,
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
        let (channels, rate) = (u16_at(body, 2), u32_at(body, 4));
        let (align, bits) = (u16_at(body, 12), u16_at(body, 14));
        if channels == 0 || rate == 0 {
            return Err(Stopped(
                "the header says no channels or no sample rate".into(),
            ));
        }
        let bytes = align / channels;
        let sample = match (tag, bytes, bits) {
            _ if !align.is_multiple_of(channels) => None,
            (PCM, 1, 1..=8) => Some(Sample::U8),
            (PCM, 2, 9..=16) => Some(Sample::S16),
            (PCM, 3, 17..=24) => Some(Sample::S24),
            (PCM, 4, 17..=32) => Some(Sample::S32),
            (FLOAT, 4, 32) => Some(Sample::F32),
            (FLOAT, 8, 64) => Some(Sample::F64),
            (A_LAW, 1, 8) => Some(Sample::ALaw),
            (MU_LAW, 1, 8) => Some(Sample::MuLaw),
            _ => None,
        };
        let sample = sample.ok_or_else(|| {
            Stopped(format!("samples of format {tag:#06x} with {bits} bits are not read").into())
        })?;
        Ok(Layout {
            sample,
            channels,
            rate,
            align,
        })
    }
}

/// The samples' layout, the offset of the first one, and how many bytes of them the header tells.
fn find_data(file: &mut File, head: Head) -> Result<(Layout, u64, u64), Stopped> {
    let mut layout = None;
    // Where a 32-bit size is full, the one that the chunk `ds64` tells counts.
    let mut long = None;
    let mut at = match head {
        Head::Riff => 12,
        Head::W64 => 40,
    };
    for _ in 0..MOST_CHUNKS {
        let found = match head {
            Head::Riff => chunk_at(file, at)
                .map(|found| found.map(|(id, size)| (id, at + 8, u64::from(size)))),
            Head::W64 => w64_chunk_at(file, at),
        };
        let Some((id, body, size)) = found.map_err(stopped)? else {
            return Err(Stopped("the header is cut off before the samples".into()));
        };
        if id == *b"data" {
            let layout = layout
                .ok_or_else(|| Stopped("its format is not told before its samples".into()))?;
            let size = match long {
                Some(long) if size == u64::from(u32::MAX) => long,
                _ => size,
            };
            return Ok((layout, body, size));
        }
        if id == *b"fmt " {
            layout = Some(Layout::parse(&body_of(file, size)?)?);
        }
        if id == *b"ds64" {
            let sizes = body_of(file, size)?;
            long = sizes
                .get(8..16)
                .and_then(|bytes| bytes.first_chunk())
                .map(|bytes| u64::from_le_bytes(*bytes));
        }
        at = match head {
            Head::Riff => body.saturating_add(size + size % 2),
            Head::W64 => body.saturating_add(size).next_multiple_of(8),
        };
    }
    Err(Stopped("the header has no end".into()))
}

/// The beginning of the body of a chunk whose head was just read.
fn body_of(file: &mut File, size: u64) -> Result<Vec<u8>, Stopped> {
    let mut body = Vec::new();
    Read::take(file, size.min(LONGEST_FORMAT))
        .read_to_end(&mut body)
        .map_err(stopped)?;
    Ok(body)
}

/// Name, start of the body and size of the body of the W64 chunk at `at`.
fn w64_chunk_at(file: &mut File, at: u64) -> std::io::Result<Option<([u8; 4], u64, u64)>> {
    file.seek(SeekFrom::Start(at))?;
    let mut header = Vec::new();
    Read::take(&mut *file, 24).read_to_end(&mut header)?;
    let (Some(id), Some(size)) = (header.first_chunk::<4>(), header.last_chunk::<8>()) else {
        return Ok(None);
    };
    if header.len() != 24 || at > u64::MAX / 2 {
        return Ok(None);
    }
    // A chunk of another maker is skipped by its size all the same.
    let id = match header[4..16] == W64_CHUNK {
        true => *id,
        false => *b"????",
    };
    let size = u64::from_le_bytes(*size)
        .saturating_sub(24)
        .min(u64::MAX / 4);
    Ok(Some((id, at + 24, size)))
}

/// Whether nothing but further chunks lies from `at` to the end of the file.
fn is_chunks(file: &mut File, mut at: u64, length: u64) -> bool {
    for _ in 0..MOST_CHUNKS {
        if at == length {
            return true;
        }
        match chunk_at(file, at) {
            Ok(Some((id, size))) if id.iter().all(|byte| (b' '..=b'~').contains(byte)) => {
                at += 8 + u64::from(size) + u64::from(size % 2);
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

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

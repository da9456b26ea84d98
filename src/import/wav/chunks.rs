//! The chunks of a WAV or RF64 file: where the samples are, how many, and how they are stored.

use std::io::{self, Read, Seek, SeekFrom};

use super::Stopped;
use crate::audio::Format;

/// Rates that a recording of people can have, in hertz; a header that says otherwise is damaged.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Channels that a session has names for.
const MAX_CHANNELS: u16 = 255;

/// Format tags.
const PCM: u16 = 1;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const EXTENSIBLE: u16 = 0xfffe;

/// The size that a streaming writer leaves, and that RF64 puts where 32 bits are too few.
const TO_THE_END: u64 = u32::MAX as u64;

/// What the header of a file comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) format: Format,
    pub(super) sample: Sample,
    pub(super) frame_bytes: usize,
    /// Offset of the first frame in bytes.
    pub(super) data_start: u64,
    /// Whole frames that are in the file.
    pub(super) frames: u64,
    pub(super) cut: Cut,
}

/// Whether the file holds what its header promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    No,
    /// The sizes in the header were never filled in.
    Unfinished,
    /// So many frames are missing at the end.
    Short {
        missing: u64,
    },
}

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sample {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
    ALaw,
    MuLaw,
}

/// The `fmt ` chunk.
struct Fmt {
    format: Format,
    sample: Sample,
    frame_bytes: usize,
}

/// Walks the chunks up to the samples.
pub(super) fn read(file: &mut (impl Read + Seek)) -> Result<Layout, Stopped> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut riff = [0; 12];
    fill(file, &mut riff)?;
    let declared_length = u64::from(u32_at(&riff, 4)) + 8;
    let mut fmt = None;
    let mut long_data = None;
    loop {
        let mut head = [0; 8];
        fill(file, &mut head)?;
        let (id, size) = ([head[0], head[1], head[2], head[3]], u32_at(&head, 4));
        let body = file.stream_position()?;
        match &id {
            b"fmt " => fmt = Some(read_fmt(file, size)?),
            b"ds64" => long_data = read_ds64(file)?,
            b"data" => {
                let fmt = fmt.ok_or_else(|| Stopped::new("its format is not told"))?;
                let size = match (u64::from(size), long_data) {
                    (TO_THE_END, Some(long)) => long,
                    (size, _) => size,
                };
                let complete = declared_length == length;
                return layout(fmt, body, size, length - body, complete);
            }
            id if id.iter().all(|byte| matches!(byte, b' '..=b'~')) => {}
            _ => return Err(Stopped::new("its header is damaged")),
        }
        // A chunk of odd length is followed by a byte of padding.
        let next = body + u64::from(size) + u64::from(size % 2);
        if next > length {
            return Err(Stopped::new("it ends before its samples"));
        }
        file.seek(SeekFrom::Start(next))?;
    }
}

fn layout(
    fmt: Fmt,
    data_start: u64,
    declared: u64,
    there: u64,
    complete: bool,
) -> Result<Layout, Stopped> {
    let (bytes, unfinished) = match declared {
        // Nothing was recorded, and what follows are other chunks.
        0 if complete => (0, false),
        // A program that died before it came back to the header leaves one of these.
        0 | TO_THE_END => (there, there > 0),
        declared => (declared.min(there), false),
    };
    let frame_bytes = fmt.frame_bytes as u64;
    let frames = bytes / frame_bytes;
    let cut = match (declared / frame_bytes).saturating_sub(frames) {
        _ if unfinished => Cut::Unfinished,
        0 => Cut::No,
        missing => Cut::Short { missing },
    };
    if frames == 0 {
        return Err(Stopped::new("it holds no sound"));
    }
    Ok(Layout {
        format: fmt.format,
        sample: fmt.sample,
        frame_bytes: fmt.frame_bytes,
        data_start,
        frames,
        cut,
    })
}

fn read_fmt(file: &mut impl Read, size: u32) -> Result<Fmt, Stopped> {
    let mut fmt = Vec::new();
    file.take(u64::from(size).min(40)).read_to_end(&mut fmt)?;
    if fmt.len() < 16 {
        return Err(Stopped::new("its header is cut off"));
    }
    let (channels, rate) = (u16_at(&fmt, 2), u32_at(&fmt, 4));
    let (align, bits) = (u16_at(&fmt, 12), u16_at(&fmt, 14));
    // The extensible form tells the kind in the first two bytes of a longer name.
    let tag = match u16_at(&fmt, 0) {
        EXTENSIBLE if fmt.len() >= 26 => u16_at(&fmt, 24),
        tag => tag,
    };
    let format = Format::new(rate, channels)
        .filter(|_| RATES.contains(&rate) && channels <= MAX_CHANNELS)
        .ok_or_else(|| Stopped::new(format!("its header says {channels} channels at {rate} Hz")))?;
    // Samples stand at the upper end of whole bytes; 20 bits may take three bytes or four.
    let needed = usize::from(bits.div_ceil(8));
    let sample_bytes = match usize::from(align / channels) {
        told if told >= needed && align % channels == 0 && told > 0 => told,
        _ => needed,
    };
    let sample = match (tag, sample_bytes) {
        (PCM, 1) => Sample::U8,
        (PCM, 2) => Sample::I16,
        (PCM, 3) => Sample::I24,
        (PCM, 4) => Sample::I32,
        (FLOAT, 4) => Sample::F32,
        (FLOAT, 8) => Sample::F64,
        (A_LAW, 1) => Sample::ALaw,
        (MU_LAW, 1) => Sample::MuLaw,
        (PCM | FLOAT, _) => {
            return Err(Stopped::new(format!(
                "its samples of {bits} bits are not understood"
            )));
        }
        (tag, _) => {
            return Err(Stopped::new(format!(
                "its sound is compressed (format {tag:#06x})"
            )));
        }
    };
    Ok(Fmt {
        format,
        sample,
        frame_bytes: sample_bytes * usize::from(channels),
    })
}

/// Length of the samples in an RF64 file.
fn read_ds64(file: &mut impl Read) -> Result<Option<u64>, Stopped> {
    let mut sizes = [0; 16];
    fill(file, &mut sizes)?;
    let data = u64::from(u32_at(&sizes, 8)) | u64::from(u32_at(&sizes, 12)) << 32;
    Ok((data > 0).then_some(data))
}

fn fill(file: &mut impl Read, bytes: &mut [u8]) -> Result<(), Stopped> {
    file.read_exact(bytes).map_err(|e| match e.kind() {
        io::ErrorKind::UnexpectedEof => Stopped::new("it ends before its samples"),
        _ => e.into(),
    })
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

impl Sample {
    /// Appends the samples in `bytes`, full scale at 1.0. A float that is no number becomes silence.
    pub(super) fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Sample::U8 => out.extend(bytes.iter().map(|&b| (f32::from(b) - 128.0) / 128.0)),
            Sample::I16 => out.extend(
                bytes
                    .chunks_exact(2)
                    .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0),
            ),
            Sample::I24 => out.extend(bytes.chunks_exact(3).map(|b| {
                // Eight zero bits below keep the sign where it belongs.
                i32::from_le_bytes([0, b[0], b[1], b[2]]) as f32 / 2_147_483_648.0
            })),
            Sample::I32 => out.extend(
                bytes
                    .chunks_exact(4)
                    .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0),
            ),
            Sample::F32 => out.extend(
                bytes
                    .chunks_exact(4)
                    .map(|b| finite(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))),
            ),
            Sample::F64 => out.extend(bytes.chunks_exact(8).map(|b| {
                let bits = [b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]];
                finite(f64::from_le_bytes(bits) as f32)
            })),
            Sample::ALaw => out.extend(bytes.iter().map(|&b| f32::from(a_law(b)) / 32_768.0)),
            Sample::MuLaw => out.extend(bytes.iter().map(|&b| f32::from(mu_law(b)) / 32_768.0)),
        }
    }
}

fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

/// A byte of ITU-T G.711 A-law, as a 16-bit sample.
fn a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = ((byte >> 4) & 7, i16::from(byte & 15));
    let magnitude = match exponent {
        0 => mantissa * 16 + 8,
        exponent => (mantissa * 16 + 264) << (exponent - 1),
    };
    if byte & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// A byte of ITU-T G.711 mu-law, as a 16-bit sample.
fn mu_law(byte: u8) -> i16 {
    let byte = !byte;
    let (exponent, mantissa) = ((byte >> 4) & 7, i16::from(byte & 15));
    let magnitude = ((mantissa * 8 + 132) << exponent) - 132;
    if byte & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_samples_follow_g711() {
        // The ends and the middle of both laws, from the tables of the recommendation.
        assert_eq!(
            [0xd5, 0x55, 0xaa, 0x2a].map(a_law),
            [8, -8, 32_256, -32_256]
        );
        assert_eq!(
            [0xff, 0x7f, 0x80, 0x00].map(mu_law),
            [0, 0, 32_124, -32_124]
        );
        assert_eq!([0xf0, 0xe0].map(mu_law), [120, 372]);
    }

    #[test]
    fn every_16_bit_sample_comes_back() {
        for sample in i16::MIN..=i16::MAX {
            let mut out = Vec::new();
            Sample::I16.decode(&sample.to_le_bytes(), &mut out);
            assert_eq!((out[0] * 32_768.0) as i16, sample);
        }
    }
}

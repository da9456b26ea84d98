//! WAV, also as a killed recorder leaves it.

use std::fs::File;
use std::io::{BufReader, Chain, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use hound::{SampleFormat, WavReader};

use super::{Decode, Recording, Stopped};
use crate::audio::Format;

/// Headers longer than this are not searched for the samples.
const LONGEST_HEADER: u64 = 1 << 20;

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
}

/// Opens a file with a header whose sizes fit the file's length: a recorder that was killed leaves
/// zero, the largest number, or more than is there.
fn repaired(path: &Path) -> Result<(Repaired, Cut), Stopped> {
    let mut file = File::open(path).map_err(stopped)?;
    let length = file.metadata().map_err(stopped)?.len();
    let mut head = Vec::new();
    (&mut file)
        .take(LONGEST_HEADER.min(length))
        .read_to_end(&mut head)
        .map_err(stopped)?;
    let (data, align) = find_data(&head)?;
    let declared = u64::from(u32_at(&head, data - 4));
    let available = length - data as u64;
    let held = match declared {
        // A streaming writer that never came back leaves 0 or the largest number.
        0 => available,
        declared => declared.min(available),
    };
    let held = held - held % align;
    let held = held.min(u64::from(u32::MAX) - data as u64);
    let cut = match declared {
        declared if declared == held || (declared == 0 && available == 0) => Cut::Whole,
        // An odd last byte is padding that some writers count.
        declared if declared > available || declared == 0 => Cut::Short,
        _ => Cut::Whole,
    };
    head.truncate(data);
    head[data - 4..].copy_from_slice(&(held as u32).to_le_bytes());
    head[4..8].copy_from_slice(&(held as u32 + data as u32 - 8).to_le_bytes());
    file.seek(SeekFrom::Start(data as u64)).map_err(stopped)?;
    Ok((Cursor::new(head).chain(BufReader::new(file)), cut))
}

/// Offset of the first sample and bytes in a frame.
fn find_data(head: &[u8]) -> Result<(usize, u64), Stopped> {
    let mut align = None;
    let mut at = 12;
    while at + 8 <= head.len() {
        let (id, size) = (&head[at..at + 4], u32_at(head, at + 4) as usize);
        let body = at + 8;
        if id == b"fmt " && body + 16 <= head.len() {
            align = Some(u64::from(u16::from_le_bytes([
                head[body + 12],
                head[body + 13],
            ])));
        }
        if id == b"data" {
            return match align {
                Some(align) if align > 0 => Ok((body, align)),
                _ => Err(Stopped("its format is not told before its samples".into())),
            };
        }
        at = body.saturating_add(size).saturating_add(size % 2);
    }
    Err(Stopped("the header is cut off before the samples".into()))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn stopped(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Stopped {
    Stopped(error.into())
}

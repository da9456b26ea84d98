//! FLAC.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read, Seek, SeekFrom};

use claxon::{Block, FlacReader};

use super::{Decode, Opened, Stopped};
use crate::audio::Format;

/// The stream's marker and its one block that matters, marked as the last; then the frames.
type Bare = Chain<Cursor<Vec<u8>>, BufReader<File>>;

/// Bytes of the block that describes the stream.
const STREAM_INFO_BYTES: u32 = 34;

struct Flac {
    reader: FlacReader<Bare>,
    block: Option<Block>,
    /// Frames of the block that were given out.
    given: u32,
    /// Frames that were given out in all.
    total: u64,
    /// Frames that the header promises.
    promised: Option<u64>,
    channels: u32,
    scale: f32,
    /// Damage that was met after frames that are still good.
    fault: Option<Stopped>,
}

/// Opens a stream that begins `start` bytes into the file.
pub(super) fn open(file: File, start: u64) -> Result<Opened, Stopped> {
    let reader = FlacReader::new(bare(file, start)?)?;
    let info = reader.streaminfo();
    let format = u16::try_from(info.channels)
        .ok()
        .and_then(|channels| Format::new(info.sample_rate, channels))
        .ok_or_else(|| Stopped::new("its header says no channels or no sample rate"))?;
    let mut flac = Flac {
        channels: info.channels,
        scale: 2.0_f32.powi(1 - info.bits_per_sample as i32),
        reader,
        block: None,
        given: 0,
        total: 0,
        promised: info.samples.filter(|&samples| samples > 0),
        fault: None,
    };
    let first = flac.next_block(None)?;
    flac.block = Some(first.ok_or_else(|| Stopped::new("it holds no sound"))?);
    Ok(Opened {
        format,
        frames: flac.promised,
        warnings: Vec::new(),
        decoder: Box::new(flac),
    })
}

/// Leaves out the blocks of tags and pictures, in which a fault would hide sound that is good.
fn bare(file: File, start: u64) -> Result<Bare, Stopped> {
    let mut file = BufReader::new(file);
    file.seek(SeekFrom::Start(start + 4))?;
    let mut head = b"fLaC".to_vec();
    loop {
        let mut block = [0; 4];
        file.read_exact(&mut block).map_err(header)?;
        let (is_last, kind) = (block[0] & 0x80 != 0, block[0] & 0x7f);
        let size = u32::from_be_bytes([0, block[1], block[2], block[3]]);
        if kind == 0 && size == STREAM_INFO_BYTES && head.len() == 4 {
            let mut info = [0; STREAM_INFO_BYTES as usize];
            file.read_exact(&mut info).map_err(header)?;
            head.extend([0x80, block[1], block[2], block[3]]);
            head.extend(info);
        } else {
            file.seek_relative(i64::from(size))?;
        }
        if is_last {
            break;
        }
    }
    if head.len() == 4 {
        return Err(Stopped::new("its header does not describe its sound"));
    }
    Ok(Cursor::new(head).chain(file))
}

fn header(error: io::Error) -> Stopped {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Stopped::new("its header is cut off"),
        _ => error.into(),
    }
}

impl Flac {
    /// The next block, or `None` where the stream ends as its header says.
    fn next_block(&mut self, spent: Option<Block>) -> Result<Option<Block>, Stopped> {
        let buffer = spent.map_or_else(Vec::new, Block::into_buffer);
        match self.reader.blocks().read_next_or_eof(buffer)? {
            Some(block) if block.channels() != self.channels => {
                Err(Stopped::new("its number of channels changes in the middle"))
            }
            None if self.promised.is_some_and(|promised| self.total < promised) => {
                Err(Stopped::new("it ends too early"))
            }
            block => Ok(block),
        }
    }
}

impl Decode for Flac {
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let mut frames = 0;
        while frames < max_frames {
            let block = match self.block.take() {
                Some(block) if self.given < block.duration() => block,
                spent => {
                    self.given = 0;
                    match self.next_block(spent) {
                        Ok(Some(block)) => block,
                        Ok(None) => break,
                        Err(fault) if frames > 0 => {
                            self.fault = Some(fault);
                            break;
                        }
                        Err(fault) => return Err(fault),
                    }
                }
            };
            let room = u32::try_from(max_frames - frames).unwrap_or(u32::MAX);
            let count = (block.duration() - self.given).min(room);
            for frame in self.given..self.given + count {
                for channel in 0..self.channels {
                    out.push(block.sample(channel, frame) as f32 * self.scale);
                }
            }
            self.given += count;
            self.total += u64::from(count);
            frames += count as usize;
            self.block = Some(block);
        }
        Ok(frames)
    }
}

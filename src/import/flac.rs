//! FLAC.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use claxon::{Block, FlacReader};

use super::{Decode, Recording, Stopped};
use crate::audio::Format;

struct Flac {
    reader: FlacReader<BufReader<File>>,
    block: Option<Block>,
    /// Frames of the block that were given out.
    given: u32,
    channels: u32,
    scale: f32,
    /// Frames that the header promises and that have not come yet, where it tells.
    missing: Option<u64>,
}

pub(super) fn open(path: &Path) -> Result<Recording, Stopped> {
    let file = File::open(path).map_err(|e| Stopped(e.into()))?;
    let reader = FlacReader::new(BufReader::new(file)).map_err(|e| Stopped(e.into()))?;
    let info = reader.streaminfo();
    let format = u16::try_from(info.channels)
        .ok()
        .and_then(|channels| Format::new(info.sample_rate, channels))
        .ok_or_else(|| Stopped("the header says no channels or no sample rate".into()))?;
    Ok(Recording {
        format,
        frames: info.samples,
        warnings: Vec::new(),
        decoder: Box::new(Flac {
            channels: info.channels,
            scale: 2.0_f32.powi(1 - info.bits_per_sample as i32),
            missing: info.samples,
            reader,
            block: None,
            given: 0,
        }),
    })
}

impl Decode for Flac {
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped> {
        let mut frames = 0;
        while frames < max_frames {
            let block = match self.block.take() {
                Some(block) if self.given < block.duration() => block,
                spent => {
                    self.given = 0;
                    let buffer = spent.map_or_else(Vec::new, Block::into_buffer);
                    let next = self.reader.blocks().read_next_or_eof(buffer);
                    match next.map_err(|e| Stopped(e.into()))? {
                        Some(block) => block,
                        // A cut between two blocks looks like an end.
                        None if self.missing.is_some_and(|frames| frames > 0) => {
                            return Err(Stopped("the file ends too early".into()));
                        }
                        None => break,
                    }
                }
            };
            let count = (block.duration() - self.given).min((max_frames - frames) as u32);
            for frame in self.given..self.given + count {
                for channel in 0..self.channels {
                    out.push(block.sample(channel, frame) as f32 * self.scale);
                }
            }
            self.given += count;
            self.missing = self.missing.map(|left| left.saturating_sub(count.into()));
            frames += count as usize;
            self.block = Some(block);
        }
        Ok(frames)
    }
}

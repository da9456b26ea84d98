//! WAV, also as killed recorders, streaming writers and careless programs leave it.
//!
//! The chunks are walked here and the samples taken straight from the bytes: a WAV library checks
//! what its header says, and these are the files whose header is wrong.

mod chunks;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use self::chunks::{Cut, Layout, Sample};
use super::{Decode, Opened, Stopped};

/// Bytes decoded at a time.
const BLOCK_BYTES: usize = 1 << 16;

struct Wav {
    reader: BufReader<File>,
    sample: Sample,
    frame_bytes: usize,
    left: u64,
    bytes: Vec<u8>,
}

pub(super) fn open(file: File) -> Result<Opened, Stopped> {
    let mut reader = BufReader::new(file);
    let Layout {
        format,
        sample,
        frame_bytes,
        data_start,
        frames,
        cut,
    } = chunks::read(&mut reader)?;
    reader.seek(SeekFrom::Start(data_start))?;
    let warning = match cut {
        Cut::No => None,
        Cut::Unfinished => Some(
            "was not closed by the program that wrote it; all that it holds is read".to_owned(),
        ),
        Cut::Short { missing } => Some(format!(
            "was cut short: {:.1} s of {:.1} s are there",
            seconds(frames, format.rate.get()),
            seconds(frames + missing, format.rate.get()),
        )),
    };
    Ok(Opened {
        format,
        frames: Some(frames),
        warnings: warning.into_iter().collect(),
        decoder: Box::new(Wav {
            reader,
            sample,
            frame_bytes,
            left: frames,
            bytes: Vec::new(),
        }),
    })
}

fn seconds(frames: u64, rate: u32) -> f64 {
    frames as f64 / f64::from(rate)
}

impl Decode for Wav {
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped> {
        let wanted = (max_frames as u64).min(self.left) as usize;
        let per_block = (BLOCK_BYTES / self.frame_bytes).max(1);
        let mut frames = 0;
        while frames < wanted {
            let count = per_block.min(wanted - frames);
            self.bytes.resize(count * self.frame_bytes, 0);
            match self.reader.read_exact(&mut self.bytes) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof && frames == 0 => {
                    return Err(Stopped::new("it became shorter while it was read"));
                }
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(e) => return Err(e.into()),
            }
            self.sample.decode(&self.bytes, out);
            frames += count;
        }
        self.left -= frames as u64;
        Ok(frames)
    }
}

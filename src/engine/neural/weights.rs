//! The network's weights, read from the file that is built in.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};

/// A safetensors file: the length of a JSON header in eight bytes, the header, and the numbers.
static FILE: &[u8] = include_bytes!("../../../models/silero-vad-16k.safetensors");

/// Tensors by name.
#[derive(Debug)]
pub(super) struct Weights {
    tensors: BTreeMap<String, Entry>,
    numbers: &'static [u8],
}

/// What the header tells of a tensor.
#[derive(Debug, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [usize; 2],
}

impl Weights {
    /// The weights that are built in.
    pub(super) fn built_in() -> Result<Weights> {
        let wrong = || damaged("the header");
        let (length, rest) = FILE.split_first_chunk::<8>().ok_or_else(wrong)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| wrong())?;
        let (header, numbers) = rest.split_at_checked(length).ok_or_else(wrong)?;
        let tensors = serde_json::from_slice(header).map_err(|e| wrong().because(e))?;
        Ok(Weights { tensors, numbers })
    }

    /// The numbers of a tensor, whose shape must be `shape`.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let entry = self.tensors.get(name).ok_or_else(|| damaged(name))?;
        let [from, to] = entry.data_offsets;
        let bytes = self.numbers.get(from..to).ok_or_else(|| damaged(name))?;
        let length: usize = shape.iter().product();
        if entry.dtype != "F32" || entry.shape != shape || bytes.len() != length * 4 {
            return Err(damaged(name));
        }
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(numbers
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect())
    }
}

fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::Engine,
        format!("the voice detector's weights are not what they should be: {what}"),
    )
    .hint("this build is damaged; install the program again, or use --vad webrtc")
}

//! What the recogniser's process and its parent say to each other.
//!
//! The parent writes [`Settings`] as one JSON line; the child answers with [`Hello`]. Then for each
//! window the parent writes a [`Request`] line followed by the samples as signed 16 bit little
//! endian, and the child answers with a [`Reply`] line. Windows may be sent before those in front of
//! them have their reply; replies come in the order in which windows are done. The child ends when its
//! input does.

use std::io::{self, BufRead, Read, Write};
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::text::RawSegment;
use crate::text::glossary::Glossary;
use crate::text::language::Chance;

/// Version of this protocol. Parent and child are the same program, so they always agree; the check
/// catches a program that was replaced while it ran.
pub const VERSION: u32 = 5;

/// Longest line in bytes. The longest is a reply of 30 s of dense speech, far below.
const LONGEST_LINE: u64 = 1 << 20;

/// Most samples in a window: 60 s at 16 kHz, twice what any model takes.
pub const MOST_SAMPLES: usize = 60 * 16_000;

/// What the child is to load and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// [`VERSION`].
    pub version: u32,
    /// The model file.
    pub model: PathBuf,
    /// Whisper's code of the language spoken, or [`AUTO`](crate::text::language::AUTO) where each window
    /// names its own.
    pub language: String,
    /// Threads that compute each window.
    pub threads: u16,
    /// Windows that are decoded at a time, each with working memory of its own and all with the same
    /// weights; at least 1.
    pub workers: u16,
    /// Whether the model was trained for audio contexts shorter than 30 s.
    pub audio_context: AudioContext,
    /// Longest window in seconds in which the model keeps its place.
    pub window_s: u32,
    /// How the times of words inside a segment are found.
    pub word_times: WordTimes,
    /// Names and terms that the call is about.
    pub glossary: Glossary,
}

/// How the times of words inside a segment are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordTimes {
    /// Words share their segment's sound by their letters and stops. Costs nothing.
    Letters,
    /// By the attention heads that whisper.cpp knows for a model of this name, such as `base.en`.
    Preset(String),
    /// By these attention heads: pairs of decoder layer and head, both counted from 0.
    Heads(Vec<[u32; 2]>),
}

/// How much sound the encoder looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudioContext {
    /// Always 30 s, or hardly less: the only safe choice for Whisper's own weights.
    Full,
    /// As much as the window is long: for models trained so.
    Fitted,
}

/// The child's first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hello {
    /// The model is loaded.
    Ready {
        /// Engine and version, such as `whisper.cpp 1.8.3`.
        engine: String,
    },
    /// It cannot be.
    Failed {
        /// Why, in a line.
        message: String,
    },
}

/// Announces a window; its samples follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Number of the window.
    pub id: u64,
    /// Samples that follow.
    pub samples: usize,
    /// When it is to be decoded.
    pub turn: Turn,
    /// What is asked of it.
    pub question: Question,
}

/// What is asked of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Its text, in the language of this code.
    Text(String),
    /// The languages that it may be in.
    Languages,
}

/// When a window is to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// By the first worker that is free: somebody waits for it.
    Now,
    /// After the windows that were sent before it.
    InOrder,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// Number of the window.
    pub id: u64,
    /// What became of it.
    pub answer: Answer,
    /// Processor time that the child has used since its last reply, in microseconds.
    pub cpu_us: u64,
}

/// What became of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Its text.
    Text(Vec<RawSegment>),
    /// The languages that it may be in.
    Languages(Vec<Chance>),
    /// It could not be decoded.
    Failed {
        /// Why, in a line.
        message: String,
    },
}

/// Writes a message as one line.
///
/// # Errors
///
/// When the pipe is closed.
pub fn send<T: Serialize>(out: &mut dyn Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    out.write_all(&line)?;
    out.flush()
}

/// Reads a message; `None` at the end of the pipe.
///
/// # Errors
///
/// `InvalidData` for a line that is too long or no such message.
pub fn receive<T: DeserializeOwned>(input: &mut dyn BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    input.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a line without end",
        ));
    }
    serde_json::from_slice(&line)
        .map(Some)
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// Samples as they go over the pipe.
pub fn encode(samples: &[i16]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect()
}

/// Reads the samples that a [`Request`] announces.
///
/// # Errors
///
/// `InvalidData` when they are more than a window can hold; otherwise when the pipe ends early.
pub fn read_samples(input: &mut dyn Read, count: usize) -> io::Result<Vec<i16>> {
    if count > MOST_SAMPLES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a window that is too long",
        ));
    }
    let mut bytes = vec![0; count * 2];
    input.read_exact(&mut bytes)?;
    Ok(bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_samples_come_back() {
        let mut pipe = Vec::new();
        let request = Request {
            id: 7,
            samples: 3,
            turn: Turn::Now,
            question: Question::Text("de".into()),
        };
        send(&mut pipe, &request).unwrap();
        pipe.extend(encode(&[1, -2, i16::MIN]));
        let mut input = &pipe[..];
        assert_eq!(receive::<Request>(&mut input).unwrap(), Some(request));
        assert_eq!(read_samples(&mut input, 3).unwrap(), [1, -2, i16::MIN]);
        assert_eq!(receive::<Request>(&mut input).unwrap(), None);
    }

    #[test]
    fn garbage_is_an_error_and_asks_for_no_memory() {
        let mut garbage = &b"\x00\x01 not a message\n"[..];
        assert!(receive::<Request>(&mut garbage).is_err());
        assert!(read_samples(&mut &b""[..], usize::MAX).is_err());
        let endless = vec![b'x'; 2 << 20];
        assert!(receive::<Request>(&mut &endless[..]).is_err());
    }
}

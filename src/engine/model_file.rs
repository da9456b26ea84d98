//! Looks through a model file before the library does: whisper.cpp trusts the lengths it reads, and a
//! damaged file ends the process that loads it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// First number of a ggml model file: `ggml`.
const MAGIC: u32 = 0x6767_6d6c;

/// Largest number that a sound header holds: more than the vocabulary of the largest model.
const MOST: u32 = 100_000;

/// Longest name of a token or tensor in bytes.
const LONGEST_NAME: u32 = 1_024;

/// Block length and bytes of a block, by number of the storage type.
const STORAGE: &[(u32, u64, u64)] = &[
    (0, 1, 4),
    (1, 1, 2),
    (2, 32, 18),
    (3, 32, 20),
    (6, 32, 22),
    (7, 32, 24),
    (8, 32, 34),
    (10, 256, 84),
    (11, 256, 110),
    (12, 256, 144),
    (13, 256, 176),
    (14, 256, 210),
    (20, 32, 18),
    (30, 1, 2),
];

/// Walks over every part of a model file without reading its weights.
///
/// # Errors
///
/// [`ErrorKind::Model`] when it is missing, no model, cut short or has a length that cannot be.
pub fn check(path: &Path) -> Result<()> {
    let wrong = |what: String| {
        Error::new(ErrorKind::Model, format!("{} {what}", path.display()))
            .hint("verbatim models verify tells which models are whole")
    };
    let file = File::open(path).map_err(|e| wrong("cannot be read".into()).because(e))?;
    let length = file
        .metadata()
        .map_err(|e| wrong("cannot be read".into()).because(e))?
        .len();
    let mut walk = Walk {
        input: BufReader::new(file),
        at: 0,
        length,
    };
    walk.model().map_err(|flaw| match flaw {
        Flaw::Read(e) => wrong("cannot be read".into()).because(e),
        Flaw::NoModel => wrong("is not a Whisper model in ggml form".into()),
        Flaw::Short => wrong(format!("is cut short after {length} bytes")),
        Flaw::Damaged => wrong(format!("is damaged near byte {}", walk.at)),
    })
}

enum Flaw {
    Read(io::Error),
    NoModel,
    Short,
    Damaged,
}

struct Walk {
    input: BufReader<File>,
    at: u64,
    length: u64,
}

impl Walk {
    fn model(&mut self) -> Result<(), Flaw> {
        if self.length < 4 || self.number()? != MAGIC {
            return Err(Flaw::NoModel);
        }
        let header: [u32; 11] = self.numbers()?;
        let [
            _,
            _,
            state,
            heads,
            audio_layers,
            _,
            text_state,
            _,
            text_layers,
            mels,
            _,
        ] = header;
        let possible = header.iter().all(|&n| n > 0 && n < MOST || n == header[10])
            && state == text_state
            && state % heads == 0
            && audio_layers.max(text_layers) <= 64
            && mels <= 256;
        if !possible {
            return Err(Flaw::Damaged);
        }
        let [rows, columns] = self.numbers()?;
        self.skip(4 * u64::from(self.sound(rows)?) * u64::from(self.sound(columns)?))?;
        let tokens = self.number()?;
        for _ in 0..self.sound(tokens)? {
            let name = self.number()?;
            self.name(name)?;
        }
        let mut tensors = 0;
        while self.at < self.length {
            self.tensor()?;
            tensors += 1;
        }
        // Cut exactly between two tensors, a file ends as a whole one does.
        match tensors == 11 + 15 * audio_layers + 24 * text_layers {
            true => Ok(()),
            false => Err(Flaw::Short),
        }
    }

    fn tensor(&mut self) -> Result<(), Flaw> {
        let [dimensions, name, storage] = self.numbers()?;
        if !(1..=4).contains(&dimensions) {
            return Err(Flaw::Damaged);
        }
        let mut elements = 1_u64;
        for _ in 0..dimensions {
            let size = self.number()?;
            elements *= u64::from(self.sound(size)?);
            if elements > 1 << 36 {
                return Err(Flaw::Damaged);
            }
        }
        self.name(name)?;
        let (_, block, bytes) = STORAGE
            .iter()
            .find(|(number, ..)| *number == storage)
            .ok_or(Flaw::Damaged)?;
        self.skip(elements / block * bytes)
    }

    fn sound(&self, number: u32) -> Result<u32, Flaw> {
        match number < MOST {
            true => Ok(number),
            false => Err(Flaw::Damaged),
        }
    }

    fn name(&mut self, length: u32) -> Result<(), Flaw> {
        match length <= LONGEST_NAME {
            true => self.skip(u64::from(length)),
            false => Err(Flaw::Damaged),
        }
    }

    fn numbers<const N: usize>(&mut self) -> Result<[u32; N], Flaw> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.number()?;
        }
        Ok(numbers)
    }

    fn number(&mut self) -> Result<u32, Flaw> {
        if self.at + 4 > self.length {
            return Err(Flaw::Short);
        }
        let mut bytes = [0; 4];
        self.input.read_exact(&mut bytes).map_err(Flaw::Read)?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Flaw> {
        if bytes > self.length - self.at {
            return Err(Flaw::Short);
        }
        let step = i64::try_from(bytes).map_err(|_| Flaw::Damaged)?;
        if step < 1 << 16 {
            self.input.seek_relative(step).map_err(Flaw::Read)?;
        } else {
            self.input
                .seek(SeekFrom::Current(step))
                .map_err(Flaw::Read)?;
        }
        self.at += bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn starter() -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q8_0.bin");
        fs::read(path).unwrap()
    }

    fn verdict(bytes: &[u8]) -> Result<()> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.bin");
        fs::write(&path, bytes).unwrap();
        check(&path)
    }

    fn refused(bytes: &[u8], why: &str) {
        let error = verdict(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
        assert!(error.to_string().contains(why), "{error}");
    }

    #[test]
    fn the_starter_is_whole() {
        verdict(&starter()).unwrap();
    }

    #[test]
    fn files_that_are_no_models_are_refused() {
        refused(b"", "not a Whisper model");
        refused(b"# Notes\nNothing to hear here.\n", "not a Whisper model");
        refused(&[0; 4_096], "not a Whisper model");
    }

    #[test]
    fn a_model_cut_anywhere_is_refused() {
        let whole = starter();
        let last = whole.len() - 1;
        for length in [5, 40, 60_000, 300_000, 1_000_000, whole.len() / 2, last] {
            refused(&whole[..length], "cut short");
        }
    }

    #[test]
    fn lengths_that_cannot_be_are_refused_before_memory_is_asked_for() {
        let whole = starter();
        // Layers, tokens' count and the length of the first token.
        let tokens = 4 * 12 + 8 + 80 * 201 * 4;
        for at in [4 * 5, tokens, tokens + 4] {
            let mut damaged = whole[..2_000_000].to_vec();
            damaged[at..at + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            refused(&damaged, "damaged");
        }
    }
}

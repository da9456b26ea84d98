//! Is this file what it claims to be: header, size and SHA-256.

use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::catalogue::Entry;
use crate::error::{Error, ErrorKind, Result};

/// First four bytes of every ggml file, as a little-endian number.
const GGML_MAGIC: u32 = 0x6767_6d6c;

/// Bytes of the magic and the eleven numbers behind it.
const HEADER_BYTES: usize = 48;

/// Quantised files carry the version of their block layout above this factor in the type field.
const QUANTISATION_VERSION_FACTOR: i32 = 1000;

/// Bytes read at a time while hashing.
const HASH_BLOCK: usize = 1 << 18;

/// The dimensions at the start of a Whisper model file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Tokens in the vocabulary.
    pub vocabulary: u32,
    /// Positions of the encoder; 50 a second.
    pub audio_context: u32,
    /// Width of the encoder.
    pub audio_state: u32,
    /// Attention heads of an encoder layer.
    pub audio_heads: u32,
    /// Layers of the encoder.
    pub audio_layers: u32,
    /// Longest text of a window in tokens.
    pub text_context: u32,
    /// Width of the decoder.
    pub text_state: u32,
    /// Attention heads of a decoder layer.
    pub text_heads: u32,
    /// Layers of the decoder.
    pub text_layers: u32,
    /// Mel bands of the input.
    pub mels: u32,
    /// ggml's number for how the weights are stored.
    pub weight_type: u32,
}

impl Header {
    /// Whether the model understands more than English: whisper.cpp tells it by the vocabulary.
    pub fn is_multilingual(&self) -> bool {
        self.vocabulary >= 51_865
    }
}

/// Reads the header of the model at `path` and checks that whisper.cpp could make sense of it.
///
/// # Errors
///
/// [`ErrorKind::Model`] when the file is missing or not a Whisper model in ggml form, naming what it
/// looks like instead; [`ErrorKind::PermissionDenied`] or [`ErrorKind::Disk`] when it cannot be read.
pub fn read_header(path: &Path) -> Result<Header> {
    let mut file = open(path)?;
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    file.by_ref()
        .take(HEADER_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::io("read", path, cause))?;
    parse_header(&bytes).map_err(|what| {
        Error::new(
            ErrorKind::Model,
            format!("{} is not a Whisper model: {}", path.display(), what.text()),
        )
        .hint(what.next_step())
    })
}

/// Why a header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotAModel {
    TooShort,
    Gguf,
    LfsPointer,
    WebPage,
    PyTorch,
    OtherMagic,
    OddDimensions,
}

impl NotAModel {
    fn text(self) -> &'static str {
        match self {
            NotAModel::TooShort => "it ends inside the header",
            NotAModel::Gguf => "it is a GGUF file, and whisper.cpp reads ggml files",
            NotAModel::LfsPointer => "it is a Git LFS pointer in place of the file",
            NotAModel::WebPage => "it is a web page",
            NotAModel::PyTorch => "it is a PyTorch or zip archive",
            NotAModel::OtherMagic => "it does not begin like a ggml file",
            NotAModel::OddDimensions => {
                "it is a ggml file with other dimensions than speech models"
            }
        }
    }

    fn next_step(self) -> &'static str {
        match self {
            NotAModel::LfsPointer => {
                "run `git lfs pull`, or fetch a model with `verbatim models fetch base.en`"
            }
            _ => "fetch a model with `verbatim models fetch base.en`",
        }
    }
}

fn parse_header(bytes: &[u8]) -> std::result::Result<Header, NotAModel> {
    let text = bytes.trim_ascii_start();
    if bytes.starts_with(b"GGUF") {
        return Err(NotAModel::Gguf);
    }
    if bytes.starts_with(b"version https://git-lfs") {
        return Err(NotAModel::LfsPointer);
    }
    if text.starts_with(b"<!") || text.starts_with(b"<html") || text.starts_with(b"<HTML") {
        return Err(NotAModel::WebPage);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(NotAModel::PyTorch);
    }
    let mut numbers = bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|chunk| i32::from_le_bytes(*chunk));
    match numbers.next() {
        Some(magic) if magic.cast_unsigned() == GGML_MAGIC => {}
        Some(_) => return Err(NotAModel::OtherMagic),
        None => return Err(NotAModel::TooShort),
    }
    let mut next = || match numbers.next() {
        Some(number) => u32::try_from(number).map_err(|_| NotAModel::OddDimensions),
        None => Err(NotAModel::TooShort),
    };
    let header = Header {
        vocabulary: next()?,
        audio_context: next()?,
        audio_state: next()?,
        audio_heads: next()?,
        audio_layers: next()?,
        text_context: next()?,
        text_state: next()?,
        text_heads: next()?,
        text_layers: next()?,
        mels: next()?,
        weight_type: next()? % QUANTISATION_VERSION_FACTOR.cast_unsigned(),
    };
    if is_plausible(&header) {
        Ok(header)
    } else {
        Err(NotAModel::OddDimensions)
    }
}

/// Wide bounds around every Whisper that was ever published, distilled or pruned; what lies outside
/// would make whisper.cpp allocate nonsense or end the process.
fn is_plausible(header: &Header) -> bool {
    let divides = |width: u32, heads: u32| heads > 0 && width.is_multiple_of(heads);
    (1_000..=300_000).contains(&header.vocabulary)
        && (1..=6_000).contains(&header.audio_context)
        && (16..=8_192).contains(&header.audio_state)
        && (1..=128).contains(&header.audio_layers)
        && (1..=8_192).contains(&header.text_context)
        && (16..=8_192).contains(&header.text_state)
        && (1..=128).contains(&header.text_layers)
        && (8..=512).contains(&header.mels)
        && header.weight_type <= 64
        && divides(header.audio_state, header.audio_heads)
        && divides(header.text_state, header.text_heads)
}

/// SHA-256 of the file at `path` as lower-case hex. `progress` is told the bytes read so far and the
/// size of the file.
///
/// # Errors
///
/// [`ErrorKind::Model`] when the file is missing; [`ErrorKind::PermissionDenied`] or
/// [`ErrorKind::Disk`] when it cannot be read.
pub fn sha256_file(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<String> {
    let mut file = open(path)?;
    let total = size(&file, path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0_u8; HASH_BLOCK];
    let mut done = 0_u64;
    progress(0, total);
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(cause) if cause.kind() == IoErrorKind::Interrupted => continue,
            Err(cause) => return Err(Error::io("read", path, cause)),
        };
        hasher.update(&block[..read]);
        done += read as u64;
        progress(done, total);
    }
    Ok(hex(&hasher.finalize()))
}

/// Whether the file at `path` is `entry`, size first, then SHA-256.
///
/// # Errors
///
/// [`ErrorKind::Model`] when it is missing, cut short or different, with what to do next; otherwise
/// as [`sha256_file`].
pub fn verify(path: &Path, entry: &Entry, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    check_size(path, entry)?;
    let found = sha256_file(path, progress)?;
    if found == entry.sha256 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Model,
        format!(
            "{} is damaged: its SHA-256 is {found}, and {} has {}",
            path.display(),
            entry.name,
            entry.sha256
        ),
    )
    .hint(replace_hint(entry)))
}

/// Whether the file at `path` has the size of `entry`.
///
/// # Errors
///
/// [`ErrorKind::Model`] when it has not or is missing.
pub fn check_size(path: &Path, entry: &Entry) -> Result<()> {
    let found = size(&open(path)?, path)?;
    let what = match found.cmp(&entry.bytes) {
        std::cmp::Ordering::Equal => return Ok(()),
        std::cmp::Ordering::Less => "is incomplete",
        std::cmp::Ordering::Greater => "is not the published file",
    };
    Err(Error::new(
        ErrorKind::Model,
        format!(
            "{} {what}: {found} bytes, and {} has {}",
            path.display(),
            entry.name,
            entry.bytes
        ),
    )
    .hint(format!(
        "{}, or rename the file if it is a model of your own",
        replace_hint(entry)
    )))
}

/// How the user gets a whole copy of `entry` in place of a damaged one.
pub(super) fn replace_hint(entry: &Entry) -> String {
    if entry.is_bundled() {
        "delete it if it is a copy; the program's own comes back when it is installed again"
            .to_owned()
    } else {
        format!("run `verbatim models fetch {}`", entry.name)
    }
}

pub(super) fn open(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|cause| match cause.kind() {
        IoErrorKind::NotFound => Error::new(
            ErrorKind::Model,
            format!("there is no model file {}", path.display()),
        )
        .hint("fetch one with `verbatim models fetch base.en`"),
        _ => Error::io("open", path, cause),
    })?;
    let meta = file
        .metadata()
        .map_err(|cause| Error::io("read", path, cause))?;
    if meta.is_file() {
        Ok(file)
    } else {
        Err(Error::new(
            ErrorKind::Model,
            format!("{} is a folder, not a model file", path.display()),
        )
        .hint("give the path of a ggml .bin file, or a name from `verbatim models list`"))
    }
}

pub(super) fn size(file: &File, path: &Path) -> Result<u64> {
    let meta = file.metadata();
    Ok(meta.map_err(|cause| Error::io("read", path, cause))?.len())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_bytes(numbers: [i32; 11]) -> Vec<u8> {
        let mut bytes = GGML_MAGIC.to_le_bytes().to_vec();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    const TINY_EN: [i32; 11] = [51_864, 1_500, 384, 6, 4, 448, 384, 6, 4, 80, 2_007];

    #[test]
    fn a_whisper_header_is_read_field_by_field() {
        let header = parse_header(&header_bytes(TINY_EN)).unwrap();
        assert_eq!((header.vocabulary, header.audio_state), (51_864, 384));
        assert_eq!((header.mels, header.weight_type), (80, 7));
        assert!(!header.is_multilingual());
        let large = [51_866, 1_500, 1_280, 20, 32, 448, 1_280, 20, 4, 128, 1];
        let header = parse_header(&header_bytes(large)).unwrap();
        assert!(header.is_multilingual());
        assert_eq!(header.text_layers, 4);
    }

    #[test]
    fn other_files_are_called_by_their_names() {
        let refused = |bytes: &[u8]| parse_header(bytes).unwrap_err();
        assert_eq!(refused(b"GGUF\x03\0\0\0"), NotAModel::Gguf);
        assert_eq!(refused(b"\n<!DOCTYPE html><html>"), NotAModel::WebPage);
        assert_eq!(refused(b"PK\x03\x04rest"), NotAModel::PyTorch);
        assert_eq!(
            refused(b"version https://git-lfs.github.com/spec/v1"),
            NotAModel::LfsPointer
        );
        assert_eq!(refused(b"RIFF....WAVE"), NotAModel::OtherMagic);
        assert_eq!(refused(b""), NotAModel::TooShort);
        assert_eq!(refused(&header_bytes(TINY_EN)[..47]), NotAModel::TooShort);
    }

    #[test]
    fn dimensions_that_would_end_the_process_are_refused() {
        let change = |at: usize, value: i32| {
            let mut numbers = TINY_EN;
            numbers[at] = value;
            parse_header(&header_bytes(numbers))
        };
        for (at, value) in [
            (0, -1),
            (0, 10),
            (2, 385),
            (3, 0),
            (4, 0),
            (9, 0),
            (8, 9_999),
        ] {
            assert_eq!(change(at, value), Err(NotAModel::OddDimensions), "{at}");
        }
        // The voice detector of whisper.cpp is a ggml file too; its header begins with a string.
        let mut silero = GGML_MAGIC.to_le_bytes().to_vec();
        silero.extend(10_u32.to_le_bytes());
        silero.extend(b"silero-16k");
        silero.resize(64, 0);
        assert_eq!(parse_header(&silero), Err(NotAModel::OddDimensions));
    }

    #[test]
    fn the_hash_of_known_bytes_is_the_published_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        std::fs::write(&path, b"abc").unwrap();
        let mut last = (0, 0);
        let found = sha256_file(&path, &mut |done, total| last = (done, total)).unwrap();
        assert_eq!(
            found,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(last, (3, 3));
    }
}

//! The archive of a session that is complete, kept as FLAC instead of WAV, and back.
//!
//! At every moment one whole copy of the sound is there: the other form is written beside it under
//! another name, brought to the disk, read back and held against the first sample by sample; then it
//! gets its name, and only then the first one goes. Where both are there, a conversion was cut off
//! before that; the WAV counts, and the next conversion begins again.

use std::fs;
use std::path::{Path, PathBuf};

use super::clip::{self, describe};
use super::files;
use super::flac::{Fault, FlacWriter};
use super::folder::SessionFolder;
use super::wav::{ArchiveReader, WavPartWriter};
use crate::audio::Track;
use crate::document::clip::Media;
use crate::error::{Error, ErrorKind, Result};
use crate::time::{Span, TICKS_PER_SECOND, Tick};

/// The forms in which an archive is kept: each holds every sample as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// WAV.
    Wav,
    /// FLAC, which is about half as long.
    Flac,
}

impl From<Form> for clip::Format {
    fn from(form: Form) -> clip::Format {
        match form {
            Form::Wav => clip::Format::Wav,
            Form::Flac => clip::Format::Flac,
        }
    }
}

impl Form {
    /// What file names end with.
    pub fn extension(self) -> &'static str {
        clip::Format::from(self).extension()
    }
}

/// Samples compared at a time: ten seconds.
const BLOCK: u64 = 10 * TICKS_PER_SECOND;

/// A track's files before and after a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The files in the form that was asked for, in order, with their hashes.
    pub files: Vec<Media>,
    /// The files in the other form, which are not needed any more.
    pub spare: Vec<PathBuf>,
}

/// Writes a track in `format` beside what is there and compares them sample by sample. Nothing is
/// taken away; files that are in that form already stay as they are. Tells `progress` how many samples
/// are done.
///
/// # Errors
///
/// [`ErrorKind::Session`] when what was written is not what was read, [`ErrorKind::Disk`] when it
/// cannot be written; the track is then as it was.
pub fn convert(
    folder: &SessionFolder,
    track: Track,
    format: Form,
    progress: &mut dyn FnMut(u64),
) -> Result<Converted> {
    let mut converted = Converted {
        files: Vec::new(),
        spare: Vec::new(),
    };
    let mut start = Tick::ZERO;
    for (part, from) in (1..).zip(folder.track_parts(track)) {
        let wav = folder.track(track, part);
        let flac = wav.with_extension(Form::Flac.extension());
        let samples = ArchiveReader::part(&from)?.samples();
        let (to, form) = match format {
            // FLAC without a block has no meaning to its readers.
            Form::Flac if samples > 0 => (flac.clone(), Form::Flac),
            Form::Flac | Form::Wav => (wav, Form::Wav),
        };
        if from != to {
            write(&from, &to, form, &mut |done| progress(start.0 + done))?;
            converted.spare.push(from);
        } else if form == Form::Wav && flac.exists() {
            converted.spare.push(flac);
        }
        let mut media = describe(&to, form.into())?;
        media.file = format!("audio/{}", media.file);
        converted.files.push(media);
        start = start.after(samples);
    }
    Ok(converted)
}

/// Takes away what a conversion made spare. Call it when the log tells of the conversion.
///
/// # Errors
///
/// As [`Error::io`].
pub fn drop_spare(folder: &SessionFolder, converted: &Converted) -> Result<()> {
    for path in &converted.spare {
        fs::remove_file(path).map_err(|e| Error::io("remove", path, e))?;
    }
    files::sync_folder(&folder.audio())
}

/// Writes one file in another form; it has its name only when it holds the same samples.
fn write(from: &Path, to: &Path, format: Form, progress: &mut dyn FnMut(u64)) -> Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    let file = builder
        .tempfile_in(folder)
        .map_err(|e| Error::io("write", to, e))?;
    let copy = file.reopen().map_err(|e| Error::io("write", to, e))?;
    let mut reader = ArchiveReader::part(from)?;
    match format {
        Form::Flac => {
            let failed = |fault| fault_of("write", to, fault);
            let mut writer = FlacWriter::new(copy).map_err(failed)?;
            each_block(&mut reader, &mut |at, block| {
                writer.push(block).map_err(failed)?;
                progress(at);
                Ok(())
            })?;
            writer.finish().map_err(failed)?;
        }
        Form::Wav => {
            let mut writer = WavPartWriter::new(copy, to)?;
            each_block(&mut reader, &mut |at, block| {
                progress(at);
                writer.push(block)
            })?;
            writer.finish()?;
        }
    }
    let synced: std::io::Result<()> = file.as_file().sync_all();
    synced.map_err(|e| Error::io("write", to, e))?;
    compare(&mut reader, file.path(), to, format)?;
    file.persist(to)
        .map_err(|e| Error::io("write", to, e.error))?;
    files::sync_folder(folder)
}

/// Holds a file that was written against what it was made of.
fn compare(reader: &mut ArchiveReader, written: &Path, name: &Path, format: Form) -> Result<()> {
    let mut again = ArchiveReader::part_as(written, format)?;
    let same_length = again.samples() == reader.samples();
    let mut same = same_length;
    each_block(reader, &mut |end, block| {
        let span = Span::new(Tick(end - block.len() as u64), Tick(end));
        same = same && again.read(span)? == block;
        Ok(())
    })?;
    match same {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::Session,
            format!(
                "{} does not hold the samples it was made of",
                name.display()
            ),
        )
        .hint("the archive is as it was; please report this with the file")),
    }
}

fn each_block(
    reader: &mut ArchiveReader,
    each: &mut dyn FnMut(u64, &[i16]) -> Result<()>,
) -> Result<()> {
    let end = reader.samples();
    let mut at = 0;
    while at < end {
        let until = end.min(at + BLOCK);
        let block = reader.read(Span::new(Tick(at), Tick(until)))?;
        each(until, &block)?;
        at = until;
    }
    Ok(())
}

/// What goes wrong in a FLAC file, as an error that names it.
pub(super) fn fault_of(action: &str, path: &Path, fault: Fault) -> Error {
    match super::flac::io_of(fault) {
        Ok(error) => Error::io(action, path, error),
        Err(fault) => Error::new(
            ErrorKind::Session,
            format!("cannot {action} {}: {fault}", path.display()),
        ),
    }
}

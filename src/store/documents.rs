//! The documents of a session as files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fold::{Documents, fold_by};
use super::folder::SessionFolder;
use super::wav::ArchiveReader;
use super::{files, journal, rules};
use crate::document::SCHEMA_VERSION;
use crate::document::clip::{Clip, ClipsDocument};
use crate::document::correction::CorrectionsDocument;
use crate::document::marker::{Marker, MarkersDocument};
use crate::document::transcript::{Speaker, TranscriptDocument};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Envelope, Event};
use crate::text::correct;

/// Folds a session's log into its documents. Damaged lines of the log are left out.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the log does not begin with `session.started`, otherwise as
/// [`Error::io`].
pub fn fold_folder(folder: &SessionFolder) -> Result<Documents> {
    fold_events(folder, journal::read_undamaged(folder)?)
}

/// Folds some of a session's events into its documents.
///
/// # Errors
///
/// As [`fold_folder`].
pub fn fold_events(folder: &SessionFolder, events: Vec<Envelope>) -> Result<Documents> {
    let files = |track| {
        let parts = folder.track_parts(track).into_iter();
        parts
            .filter_map(|path| Some(format!("audio/{}", path.file_name()?.to_str()?)))
            .collect()
    };
    let mut documents = fold_by(events, &files, &|language| rules::of(folder, language))?;
    for track in &mut documents.manifest.tracks {
        if track.files.len() > 1 {
            let parts = folder.track_parts(track.track).into_iter();
            // A file that cannot be read has no length, and is told of where it is read.
            let samples = |path: PathBuf| ArchiveReader::part(&path).map_or(0, |r| r.samples());
            track.file_samples = parts.map(samples).collect();
        }
    }
    Ok(documents)
}

/// The documents as they were when a pass was complete: what later ones wrote is left out.
///
/// # Errors
///
/// As [`fold_folder`]; [`ErrorKind::Usage`] when the session has no such pass.
pub fn fold_pass(folder: &SessionFolder, pass: &str) -> Result<Documents> {
    let mut events = journal::read_undamaged(folder)?;
    let passes = fold_events(folder, events.clone())?.transcript.passes;
    let Some(at) = passes.iter().position(|known| known.id == pass) else {
        let known = passes.iter().map(|p| format!("{} ({})", p.id, p.model));
        let what = format!("{} has no pass {pass}", folder.path().display());
        return Err(match known.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => Error::new(ErrorKind::Usage, what),
            known => Error::new(ErrorKind::Usage, what).hint(format!("it has {known}")),
        });
    };
    let kept = &passes[..=at];
    events.retain(|envelope| {
        let pass = match &envelope.event {
            Event::PassStarted(pass) => &pass.id,
            Event::PassEnded(ended) => &ended.pass,
            Event::LanguageDetected(found) => &found.pass,
            Event::TranscriptFinal(text) => &text.pass,
            _ => return true,
        };
        kept.iter().any(|known| known.id == *pass)
    });
    fold_events(folder, events)
}

/// Makes every document from the session's log and replaces the files. The same log gives the same
/// bytes.
///
/// # Errors
///
/// As [`fold_folder`]; [`ErrorKind::Disk`] when a file cannot be written, the old one is then still
/// in place.
pub fn write(folder: &SessionFolder) -> Result<Documents> {
    let documents = fold_folder(folder)?;
    files::replace(&folder.turns(), &bytes(&documents.turns)?)?;
    files::replace(&folder.transcript(), &bytes(&documents.transcript)?)?;
    files::replace(&folder.stats(), &bytes(&documents.stats)?)?;
    files::replace(&folder.review(), &bytes(&documents.review)?)?;
    write_marks(folder, &documents)?;
    // The manifest comes last: whoever reads its status finds the other documents in place.
    files::replace(&folder.manifest(), &bytes(&documents.manifest)?)?;
    Ok(documents)
}

/// Writes what people made of a session that has any: markers, clips, corrections, redactions. Where
/// the log has none, a file that is there came from elsewhere, and stays.
///
/// # Errors
///
/// As [`write`].
pub fn write_marks(folder: &SessionFolder, documents: &Documents) -> Result<()> {
    if let Some(markers) = &documents.markers {
        files::replace(&folder.markers(), &bytes(markers)?)?;
    }
    if let Some(clips) = &documents.clips {
        files::replace(&folder.clips_list(), &bytes(clips)?)?;
    }
    if let Some(corrections) = &documents.corrections {
        files::replace(&folder.corrections(), &bytes(corrections)?)?;
    }
    if let Some(redactions) = &documents.redactions {
        files::replace(&folder.redactions(), &bytes(redactions)?)?;
    }
    Ok(())
}

/// Makes the manifest alone, at the start of a recording.
///
/// # Errors
///
/// As [`write`].
pub fn write_manifest(folder: &SessionFolder) -> Result<()> {
    let documents = fold_folder(folder)?;
    files::replace(&folder.manifest(), &bytes(&documents.manifest)?)
}

/// A document as it stands in its file: two spaces, LF, a newline at the end.
///
/// # Errors
///
/// [`ErrorKind::Session`] when it cannot be written as JSON.
pub fn bytes<T: Serialize>(document: &T) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document).map_err(|e| {
        Error::new(ErrorKind::Session, "cannot write a document as JSON").because(e)
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a document. Fields that this version does not know are ignored.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the file is missing or damaged, or written by a later major version.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read(path).map_err(|e| {
        Error::new(
            ErrorKind::Session,
            format!("cannot read {}", path.display()),
        )
        .because(e)
        .hint("verbatim rebuild makes the documents again from the event log")
    })?;
    let damaged = |e: serde_json::Error| {
        Error::new(ErrorKind::Session, format!("{} is damaged", path.display()))
            .because(e)
            .hint("verbatim rebuild makes the documents again from the event log")
    };
    let value: Value = serde_json::from_slice(&text).map_err(damaged)?;
    check_version(path, &value)?;
    serde_json::from_value(value).map_err(damaged)
}

/// Reads a session's markers; one without `markers.json` has none.
///
/// # Errors
///
/// As [`read`] for a file that is there.
pub fn read_markers(folder: &SessionFolder) -> Result<Vec<Marker>> {
    read_markers_in(folder.path())
}

/// The same of the session in a folder that is not opened.
///
/// # Errors
///
/// As [`read_markers`].
pub fn read_markers_in(session: &Path) -> Result<Vec<Marker>> {
    let path = session.join("markers.json");
    match path.try_exists() {
        Ok(false) => Ok(Vec::new()),
        _ => read::<MarkersDocument>(&path).map(|document| document.markers),
    }
}

/// The clips that were cut of a session; one without `clips.json` has none.
///
/// # Errors
///
/// As [`read`] for a file that is there.
pub fn read_clips(session: &Path) -> Result<Vec<Clip>> {
    let path = session.join("clips.json");
    match path.try_exists() {
        Ok(false) => Ok(Vec::new()),
        _ => read::<ClipsDocument>(&path).map(|document| document.clips),
    }
}

/// A session's transcript with its corrections laid over it: what is shown, searched and exported.
///
/// # Errors
///
/// As [`read`].
pub fn read_shown(session: &Path) -> Result<TranscriptDocument> {
    let mut transcript: TranscriptDocument = read(&session.join("transcript.json"))?;
    let path = session.join("corrections.json");
    if path.exists() {
        let document: CorrectionsDocument = read(&path)?;
        correct::apply(&mut transcript, &document.corrections);
    }
    Ok(transcript)
}

/// The speaker table of a session's transcript, and nothing else of it.
///
/// # Errors
///
/// As [`read`].
pub fn read_speakers(session: &Path) -> Result<Vec<Speaker>> {
    #[derive(Deserialize)]
    struct Table {
        speakers: Vec<Speaker>,
    }
    read::<Table>(&session.join("transcript.json")).map(|table| table.speakers)
}

/// Refuses a document of a later major version; one that is missing or damaged passes.
///
/// # Errors
///
/// [`ErrorKind::Session`] with the next step.
pub(super) fn refuse_later(path: &Path) -> Result<()> {
    let value = fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    value.map_or(Ok(()), |value| check_version(path, &value))
}

fn check_version(path: &Path, document: &Value) -> Result<()> {
    let version = document["schema_version"].as_str().unwrap_or_default();
    let major = |version: &str| {
        version
            .split('.')
            .next()
            .and_then(|n| n.parse::<u32>().ok())
    };
    match (major(version), major(SCHEMA_VERSION)) {
        (Some(theirs), Some(ours)) if theirs > ours => Err(Error::new(
            ErrorKind::Session,
            format!(
                "{} has schema version {version}, later than {SCHEMA_VERSION}",
                path.display()
            ),
        )
        .hint("use the version of verbatim that wrote it, or a later one")),
        _ => Ok(()),
    }
}

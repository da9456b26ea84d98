//! Markers as other programs write them: Audacity label tracks, marker tables of video editors
//! (Premiere, Resolve), the table of the OBS script Local Stream Marker, Resolve's marker EDL, and
//! chapters in FFmpeg's metadata format, by which chapters come out of OBS recordings
//! (`ffmpeg -i call.mp4 -f ffmetadata chapters.txt`).

pub mod table;
mod timecode;

use super::kinds::Kinds;
use super::request::{Draft, Moment};
use crate::error::{Error, ErrorKind, Result};

pub use timecode::FrameRate;

/// What a file of markers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Audacity label track: `start<TAB>end<TAB>label`, seconds.
    Audacity,
    /// A table with a header, as Premiere exports markers, Resolve its edit index, and Local Stream Marker
    /// its marks of an OBS recording.
    Table,
    /// Resolve's "timeline markers to EDL".
    Edl,
    /// FFmpeg metadata with `[CHAPTER]` sections.
    Ffmetadata,
}

/// A marker of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Where it begins.
    pub start_ms: u64,
    /// Where it ends; equal to the start for a point.
    pub end_ms: u64,
    /// Its label.
    pub label: String,
    /// A longer text.
    pub note: String,
    /// Name of the recording that it belongs to; empty where the file tells of one only.
    pub recording: String,
}

/// Reads a file of markers; without a format its content decides. Text is UTF-8, or UTF-16 with a byte
/// order mark.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when it is none of these, naming the first line that cannot be read.
pub fn read(bytes: &[u8], format: Option<Format>, rate: FrameRate) -> Result<Vec<Imported>> {
    let text = decoded(bytes)?;
    let found = match format.or_else(|| recognised(&text)) {
        Some(Format::Audacity) => audacity(&text),
        Some(Format::Table) => table::read(&text, rate),
        Some(Format::Edl) => edl(&text, rate),
        Some(Format::Ffmetadata) => ffmetadata(&text),
        None => Err(wrong("is no list of markers that is known", 1)),
    }?;
    match found.is_empty() {
        true => Err(wrong("holds no marker", 1)),
        false => Ok(found),
    }
}

/// A marker to set. A label that is the name of a kind, alone or before a colon, gives its kind; others
/// are of the kind `usual`.
pub fn draft(imported: &Imported, kinds: &Kinds, usual: &str, author: Option<&str>) -> Draft {
    let label = imported.label.trim();
    let (first, rest) = label.split_once(':').unwrap_or((label, ""));
    let named = kinds.get(&first.trim().to_lowercase());
    let (kind, label) = match named {
        Some(kind) => (kind.name.as_str(), rest.trim()),
        None => (usual, label),
    };
    let texts = [label, imported.note.trim()];
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    let range = imported.end_ms > imported.start_ms;
    Draft {
        stretch: range.then_some((imported.start_ms, imported.end_ms)),
        note: (!texts.is_empty()).then(|| texts.join("\n")),
        author: author.map(str::to_owned),
        ..Draft::new(kind, Moment::AtMs(imported.start_ms))
    }
}

/// The markers of one recording out of a file that may tell of several: of the one that a session was
/// made from, by the names of its `sources`, or of the only one.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when it tells of several, and of none of the sources.
pub fn of_recording(found: Vec<Imported>, sources: &[&str]) -> Result<Vec<Imported>> {
    let is_source = |marker: &Imported| sources.contains(&marker.recording.as_str());
    if found.iter().any(is_source) {
        return Ok(found.into_iter().filter(is_source).collect());
    }
    let mut names: Vec<&str> = found.iter().map(|m| m.recording.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 | 1 => Ok(found),
        _ => Err(Error::new(
            ErrorKind::Usage,
            format!("it tells of several recordings: {}", names.join(", ")),
        )
        .hint("keep the rows of one; rows of the file that a session was made from are known")),
    }
}

fn decoded(bytes: &[u8]) -> Result<String> {
    let wide = |unit: fn([u8; 2]) -> u16| -> Vec<u16> {
        let pairs = bytes[2..].chunks_exact(2);
        pairs.map(|pair| unit([pair[0], pair[1]])).collect()
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => String::from_utf16(&wide(u16::from_le_bytes)).ok(),
        [0xfe, 0xff, ..] => String::from_utf16(&wide(u16::from_be_bytes)).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    let text = text.ok_or_else(|| wrong("is not text", 1))?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

fn recognised(text: &str) -> Option<Format> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    if first.starts_with(";FFMETADATA") {
        return Some(Format::Ffmetadata);
    }
    if text.lines().any(|line| line.contains("|M:")) {
        return Some(Format::Edl);
    }
    if label(first).is_some() {
        return Some(Format::Audacity);
    }
    table::is_header(first).then_some(Format::Table)
}

fn audacity(text: &str) -> Result<Vec<Imported>> {
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        // A line that begins with a backslash holds the frequencies of the label before it.
        if line.trim().is_empty() || line.starts_with('\\') {
            continue;
        }
        found.push(label(line).ok_or_else(|| wrong("is no Audacity label", n + 1))?);
    }
    Ok(found)
}

fn label(line: &str) -> Option<Imported> {
    let mut fields = line.splitn(3, '\t');
    let mut time = || {
        let seconds: f64 = fields.next()?.trim().replace(',', ".").parse().ok()?;
        ms(seconds)
    };
    let (start_ms, end_ms) = (time()?, time()?);
    Some(Imported {
        start_ms,
        end_ms: end_ms.max(start_ms),
        label: fields.next().unwrap_or_default().trim().to_owned(),
        note: String::new(),
        recording: String::new(),
    })
}

/// Seconds from 0 to a year as milliseconds.
fn ms(seconds: f64) -> Option<u64> {
    (0.0..3.2e7)
        .contains(&seconds)
        .then(|| (seconds * 1_000.0).round() as u64)
}

/// Events of an EDL, each followed by a line such as ` |C:ResolveColorBlue |M:Name |D:24`.
fn edl(text: &str, rate: FrameRate) -> Result<Vec<Imported>> {
    let mut found: Vec<Imported> = Vec::new();
    let mut at = None;
    let mut notes: Vec<&str> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let event = words
            .first()
            .is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit()));
        if let Some((_, after)) = line.split_once("|M:") {
            let (name, frames) = after.split_once("|D:").unwrap_or((after, "1"));
            let start_ms = at
                .take()
                .ok_or_else(|| wrong("names a marker without a time", n + 1))?;
            let length: u64 = frames.trim().parse().unwrap_or(1);
            // A marker of a single frame is a point.
            let end_ms = match length {
                0 | 1 => start_ms,
                length => start_ms + rate.frames_ms(length),
            };
            found.push(Imported {
                start_ms,
                end_ms,
                label: name.trim().to_owned(),
                note: std::mem::take(&mut notes).join("\n"),
                recording: String::new(),
            });
        } else if event && words.len() >= 8 {
            let record_in = words[words.len() - 2];
            let time = rate.parse(record_in);
            at = Some(time.ok_or_else(|| wrong("has no timecode that can be read", n + 1))?);
            notes.clear();
        } else if at.is_some() && !line.trim().is_empty() {
            notes.push(line.trim());
        }
    }
    Ok(found)
}

fn ffmetadata(text: &str) -> Result<Vec<Imported>> {
    let mut found = Vec::new();
    let mut chapter: Option<Chapter> = None;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            found.extend(chapter.take().map(Chapter::done));
            chapter = line
                .eq_ignore_ascii_case("[chapter]")
                .then(Chapter::default);
        } else if let (Some(chapter), Some((key, value))) = (&mut chapter, line.split_once('=')) {
            let read = chapter.read(key.trim(), value.trim());
            read.ok_or_else(|| wrong("is no chapter's line", n + 1))?;
        }
    }
    found.extend(chapter.map(Chapter::done));
    Ok(found)
}

struct Chapter {
    /// Ticks are this share of a second long; FFmpeg's own default is a nanosecond.
    base: (u64, u64),
    start: u64,
    title: String,
}

impl Default for Chapter {
    fn default() -> Chapter {
        Chapter {
            base: (1, 1_000_000_000),
            start: 0,
            title: String::new(),
        }
    }
}

impl Chapter {
    fn read(&mut self, key: &str, value: &str) -> Option<()> {
        match key.to_ascii_lowercase().as_str() {
            "timebase" => {
                let (num, den) = value.split_once('/')?;
                self.base = (num.parse().ok()?, den.parse().ok().filter(|den| *den > 0)?);
            }
            "start" => self.start = value.parse().ok()?,
            "title" => self.title = unescaped(value),
            _ => {}
        }
        Some(())
    }

    /// A chapter as the point where it begins: what it is named after happens there, and its end is the
    /// next one's beginning.
    fn done(self) -> Imported {
        let (num, den) = self.base;
        let ms = u128::from(self.start) * u128::from(num) * 1_000 / u128::from(den);
        let start_ms = u64::try_from(ms).unwrap_or(u64::MAX);
        Imported {
            start_ms,
            end_ms: start_ms,
            label: self.title,
            note: String::new(),
            recording: String::new(),
        }
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    plain
}

fn wrong(what: &str, line: usize) -> Error {
    Error::new(ErrorKind::Usage, format!("line {line} of the file {what}")).hint(
        "labels of Audacity, marker tables of Premiere, Resolve and OBS, marker EDLs and FFmpeg \
         chapters are read; --format names which one it is",
    )
}

#[cfg(test)]
mod tests;

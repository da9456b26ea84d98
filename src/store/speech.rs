//! Speech out of the archive, as the recogniser wants it.

mod cancel;

use std::collections::BTreeMap;

use self::cancel::Cancelling;
use super::folder::SessionFolder;
use super::wav::ArchiveReader;
use crate::audio::Track;
use crate::dsp::resample::Decimator;
use crate::error::Result;
use crate::text::Hearing;
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, Tick};

/// Archive samples read around a span so that the filter settles before it begins: 20 ms.
const MARGIN: u64 = 960;

/// Reads spans of the archive at 16 kHz, also while it is being written.
#[derive(Debug)]
pub struct SpeechReader {
    archive: Archive,
    cancelling: Option<Cancelling>,
}

/// The archive as it was recorded.
#[derive(Debug)]
struct Archive {
    folder: SessionFolder,
    tracks: BTreeMap<Track, ArchiveReader>,
}

impl SpeechReader {
    /// A reader over a session's archive, as it was recorded.
    pub fn open(folder: &SessionFolder) -> SpeechReader {
        SpeechReader::hearing(folder, Hearing::AsRecorded)
    }

    /// A reader over a session's archive. Without the echo, the microphone is read as if the
    /// loudspeakers had been silent, but for the last fifth of a second of the archive, of which it is
    /// not known yet what they play. What is read of a place is always the same, whatever was read
    /// before.
    pub fn hearing(folder: &SessionFolder, hearing: Hearing) -> SpeechReader {
        SpeechReader {
            archive: Archive {
                folder: folder.clone(),
                tracks: BTreeMap::new(),
            },
            cancelling: match hearing {
                Hearing::AsRecorded => None,
                Hearing::WithoutEcho => Some(Cancelling::default()),
            },
        }
    }

    /// The samples of `span` on `track` at 16 kHz: one for every three ticks that begin inside it,
    /// as far as the archive reaches.
    ///
    /// # Errors
    ///
    /// As [`ArchiveReader::open`] and [`ArchiveReader::read`].
    pub fn read(&mut self, track: Track, span: Span) -> Result<Vec<i16>> {
        let mut samples = self.archive.read(track, span)?;
        if let Some(cancelling) = self.cancelling.as_mut().filter(|_| track == Track::Mic) {
            cancelling.clean(&mut self.archive, span, &mut samples)?;
        }
        Ok(samples)
    }
}

impl Archive {
    /// The track, as far as `end` if its archive has come so far.
    fn track(&mut self, track: Track, end: Tick) -> Result<&mut ArchiveReader> {
        let reader = match self.tracks.remove(&track) {
            Some(reader) if reader.samples() >= end.0 => reader,
            _ => ArchiveReader::open(&self.folder, track)?,
        };
        Ok(self.tracks.entry(track).or_insert(reader))
    }

    /// Whether the session has such a track.
    fn has(&self, track: Track) -> bool {
        !self.folder.track_parts(track).is_empty()
    }

    fn read(&mut self, track: Track, span: Span) -> Result<Vec<i16>> {
        let start = span.start.0.div_ceil(TICKS_PER_ANALYSIS_SAMPLE) * TICKS_PER_ANALYSIS_SAMPLE;
        let from = Tick(start).before(MARGIN);
        let reader = self.track(track, span.end)?;
        let mut archive = reader.read(Span::new(from, span.end.after(MARGIN)))?;
        let held = archive.len() as u64;
        // A third of the length is rounded; the sample that begins at the very last tick counts too.
        archive.resize(
            archive
                .len()
                .next_multiple_of(TICKS_PER_ANALYSIS_SAMPLE as usize),
            0,
        );
        let mut narrow = Vec::new();
        let mut decimator = Decimator::new();
        decimator.push(&archive, &mut narrow);
        decimator.finish(&mut narrow);
        let lead = ((start - from.0) / TICKS_PER_ANALYSIS_SAMPLE) as usize;
        let end = span.end.0.min(from.0 + held);
        let count = end
            .saturating_sub(start)
            .div_ceil(TICKS_PER_ANALYSIS_SAMPLE) as usize;
        Ok(narrow.into_iter().skip(lead).take(count).collect())
    }
}

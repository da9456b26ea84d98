//! Speech out of the archive, as the recogniser wants it.

use std::collections::BTreeMap;

use super::folder::SessionFolder;
use super::wav::WavArchiveReader;
use crate::audio::Track;
use crate::dsp::resample::Decimator;
use crate::error::Result;
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, Tick};

/// Archive samples read around a span so that the filter settles before it begins: 20 ms.
const MARGIN: u64 = 960;

/// Reads spans of the archive at 16 kHz, also while it is being written.
#[derive(Debug)]
pub struct SpeechReader {
    folder: SessionFolder,
    tracks: BTreeMap<Track, WavArchiveReader>,
}

impl SpeechReader {
    /// A reader over a session's archive.
    pub fn open(folder: &SessionFolder) -> SpeechReader {
        SpeechReader {
            folder: folder.clone(),
            tracks: BTreeMap::new(),
        }
    }

    /// The samples of `span` on `track` at 16 kHz: one for every three ticks that begin inside it,
    /// as far as the archive reaches.
    ///
    /// # Errors
    ///
    /// As [`WavArchiveReader::open`] and [`WavArchiveReader::read`].
    pub fn read(&mut self, track: Track, span: Span) -> Result<Vec<i16>> {
        let reader = match self.tracks.remove(&track) {
            Some(reader) if reader.samples() >= span.end.0 => reader,
            _ => WavArchiveReader::open(&self.folder, track)?,
        };
        let reader = self.tracks.entry(track).or_insert(reader);
        let start = span.start.0.div_ceil(TICKS_PER_ANALYSIS_SAMPLE) * TICKS_PER_ANALYSIS_SAMPLE;
        let from = Tick(start).before(MARGIN);
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

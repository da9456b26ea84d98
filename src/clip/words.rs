//! The words of a transcript in one line for each track.

use crate::audio::Track;
use crate::document::transcript::{Segment, TranscriptDocument, Word};

/// A word and the segment that it stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed<'a> {
    /// The word.
    pub word: &'a Word,
    /// Its segment.
    pub segment: &'a Segment,
}

impl Placed<'_> {
    /// Half-way between its ends, in milliseconds.
    pub fn middle_ms(&self) -> u64 {
        let (start, end) = (self.word.start_ms, self.word.end_ms.max(self.word.start_ms));
        start + (end - start) / 2
    }
}

/// The words that are heard on a track, in the order in which they are said.
pub fn on_track(transcript: &TranscriptDocument, track: Track) -> Vec<Placed<'_>> {
    let mut segments: Vec<&Segment> = transcript
        .segments
        .iter()
        .filter(|segment| segment.track == track)
        .collect();
    segments.sort_by(|a, b| (a.start_ms, &a.id).cmp(&(b.start_ms, &b.id)));
    segments
        .into_iter()
        .flat_map(|segment| {
            let words = segment.words.iter();
            words.map(move |word| Placed { word, segment })
        })
        .collect()
}

/// Words as they are read: with a space between each two.
pub fn text(words: &[Placed<'_>]) -> String {
    let texts: Vec<&str> = words
        .iter()
        .map(|placed| placed.word.text.as_str())
        .collect();
    texts.join(" ")
}

//! What can be found in a session: what a speaker says on end, notes of markers, quotes of clips.

use super::fold::fold;
use crate::audio::Track;
use crate::document::clip::{Clip, Quote};
use crate::document::marker::Marker;
use crate::document::transcript::{Role, Segment, Speaker, TranscriptDocument};

/// Longest text of a passage in bytes; what somebody says on end beyond it is another passage.
const LONGEST: usize = 2_000;

/// What a passage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassageKind {
    /// Said in the call.
    Said,
    /// Written to a marker.
    Note,
    /// Quoted by a clip.
    Clip,
}

/// A piece of text that is found as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// What it is.
    pub kind: PassageKind,
    /// Id of its first segment, of its marker or of its clip.
    pub id: String,
    /// Who says or writes it; empty for a marker of the person who records.
    pub speaker: String,
    /// What the speaker does in the call.
    pub role: Role,
    /// The track that it is heard on; none for a note.
    pub track: Option<Track>,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// The text.
    pub text: String,
    /// Where in `text` words begin, in bytes, and when they are said, in milliseconds; in order.
    pub times: Vec<(usize, u64)>,
}

impl Passage {
    /// When the word at a place of the text is said.
    pub fn time_at(&self, place: usize) -> u64 {
        let after = self.times.partition_point(|(at, _)| *at <= place);
        after
            .checked_sub(1)
            .map_or(self.start_ms, |n| self.times[n].1)
    }
}

/// Everything in a session that can be found, sorted by its start.
pub fn passages(
    transcript: &TranscriptDocument,
    markers: &[Marker],
    clips: &[Clip],
) -> Vec<Passage> {
    let mut found = said(transcript);
    found.extend(markers.iter().filter_map(note));
    found.extend(clips.iter().flat_map(|clip| quotes(clip, transcript)));
    found.sort_by(|a, b| (a.start_ms, a.track, &a.id).cmp(&(b.start_ms, b.track, &b.id)));
    found
}

/// What is said, each speaker's segments on end as one.
fn said(transcript: &TranscriptDocument) -> Vec<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    let mut before: Option<&Segment> = None;
    for segment in &transcript.segments {
        let same = before.is_some_and(|before| {
            before.speaker == segment.speaker && before.track == segment.track
        });
        match found.last_mut() {
            Some(last) if same && last.text.len() + segment.text.len() < LONGEST => {
                append(last, segment);
            }
            _ => {
                let mut passage = begin(segment, &transcript.speakers);
                append(&mut passage, segment);
                found.push(passage);
            }
        }
        before = Some(segment);
    }
    found
}

fn begin(segment: &Segment, speakers: &[Speaker]) -> Passage {
    let speaker = speakers.iter().find(|s| s.id == segment.speaker);
    Passage {
        kind: PassageKind::Said,
        id: segment.id.clone(),
        speaker: speaker.map_or_else(|| segment.track.to_string(), |s| s.label.clone()),
        role: speaker.map_or(Role::Unknown, |s| s.role),
        track: Some(segment.track),
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        text: String::new(),
        times: Vec::new(),
    }
}

fn append(passage: &mut Passage, segment: &Segment) {
    if !passage.text.is_empty() {
        passage.text.push(' ');
    }
    let base = passage.text.len();
    passage.text.push_str(&segment.text);
    passage.end_ms = passage.end_ms.max(segment.end_ms);
    passage.times.push((base, segment.start_ms));
    let mut from = 0;
    for word in &segment.words {
        // A word that the text does not have where it should be has no place.
        if let Some(at) = segment.text[from..].find(&word.text) {
            from += at + word.text.len();
            let place = base + from - word.text.len();
            if place > base {
                passage.times.push((place, word.start_ms));
            }
        }
    }
}

/// A marker's note, tags and emotion; its kind alone is nothing to be found.
fn note(marker: &Marker) -> Option<Passage> {
    let tags = marker.tags.iter().map(|tag| format!("#{tag}"));
    let emotion = marker.emotion.iter().map(|emotion| format!("({emotion})"));
    let parts: Vec<String> = marker
        .note
        .iter()
        .cloned()
        .chain(emotion)
        .chain(tags)
        .collect();
    (!parts.is_empty()).then(|| Passage {
        kind: PassageKind::Note,
        id: marker.id.clone(),
        speaker: marker.author.clone().unwrap_or_default(),
        role: Role::Unknown,
        track: None,
        start_ms: marker.start_ms,
        end_ms: marker.end_ms,
        text: parts.join(" "),
        times: vec![(0, marker.t_ms)],
    })
}

fn quotes(clip: &Clip, transcript: &TranscriptDocument) -> impl Iterator<Item = Passage> {
    // A speaker may have been given another name since the clip was cut.
    let label = |quote: &Quote| {
        let row = transcript.speakers.iter().find(|s| s.id == quote.speaker);
        row.map_or(&quote.label, |row| &row.label).clone()
    };
    clip.said.iter().map(move |quote| Passage {
        kind: PassageKind::Clip,
        id: clip.id.clone(),
        speaker: label(quote),
        role: quote.role,
        track: Some(quote.track),
        start_ms: quote
            .words
            .first()
            .map_or(clip.start_ms, |word| word.start_ms),
        end_ms: quote.words.last().map_or(clip.end_ms, |word| word.end_ms),
        text: quote.text.clone(),
        times: times(quote),
    })
}

fn times(quote: &Quote) -> Vec<(usize, u64)> {
    let mut from = 0;
    let mut times = Vec::new();
    for word in &quote.words {
        if let Some(at) = quote.text[from..].find(&word.text) {
            times.push((from + at, word.start_ms));
            from += at + word.text.len();
        }
    }
    times
}

/// Whether a name that was typed stands for a speaker: a part of the name, or what the speaker does.
pub fn is_speaker(typed: &str, label: &str, role: Role) -> bool {
    let typed = fold(typed);
    let typed = typed.trim();
    let does = match role {
        Role::Interviewer => "interviewer",
        Role::Participant => "participant",
        Role::Observer => "observer",
        Role::Unknown => "unknown",
    };
    !typed.is_empty() && (typed == does || fold(label).contains(typed))
}

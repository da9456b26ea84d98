//! A whole call without what must not leave it.

use std::ops::Range;

use super::find::{matches, redacted};
use crate::audio::Track;
use crate::document::common::Range as Stretch;
use crate::document::marker::Marker;
use crate::document::redaction::{Redacted, Rules};
use crate::document::transcript::Word;
use crate::export::call::{Call, Piece};

/// Milliseconds of sound before and after redacted words that go with them. Word times are estimates,
/// a third of a second off in bad places.
pub const MARGIN_MS: u64 = 350;

/// A call with everything replaced that rules name.
#[derive(Clone, Debug)]
pub struct RedactedCall {
    /// The call as others may have it.
    pub call: Call,
    /// What was replaced in what is said, sorted by start and track.
    pub found: Vec<Redacted>,
}

impl RedactedCall {
    /// Where the sound must not be heard, with margins: sorted and disjoint. What one side says may be
    /// heard on the other's track, so that this holds for all tracks.
    pub fn stretches(&self) -> Vec<Stretch> {
        stretches(&self.found)
    }
}

/// Where the sound of redacted places must not be heard, with margins: sorted and disjoint.
pub fn stretches(found: &[Redacted]) -> Vec<Stretch> {
    let mut wide: Vec<Stretch> = found
        .iter()
        .map(|found| Stretch {
            start_ms: found.start_ms.saturating_sub(MARGIN_MS),
            end_ms: found.end_ms + MARGIN_MS,
        })
        .collect();
    wide.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::new();
    for next in wide {
        match joined.last_mut() {
            Some(last) if next.start_ms <= last.end_ms => {
                last.end_ms = last.end_ms.max(next.end_ms)
            }
            _ => joined.push(next),
        }
    }
    joined
}

/// The tracks on which something is said.
pub(super) fn tracks(call: &Call) -> Vec<Track> {
    let mut tracks: Vec<Track> = call.said.iter().map(|said| said.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    tracks
}

/// Replaces everything in a call that rules name: in what is said, in the names of speakers, in what
/// was written to the call and its markers, in its guide, and in the names of devices and files. Clips
/// in which something can be heard that was not redacted are not told of.
pub fn redact(mut call: Call, rules: &Rules) -> RedactedCall {
    let mut found = Vec::new();
    for track in tracks(&call) {
        found.extend(said_on(&mut call, track, rules));
    }
    found.sort_by_key(|found: &Redacted| (found.start_ms, found.track, found.end_ms));
    call.said.retain(|said| !said.text.is_empty());
    let hide = |text: &mut String| *text = redacted(text, rules);
    let hide_some = |text: &mut Option<String>| text.iter_mut().for_each(hide);
    for voice in &mut call.voices {
        hide(&mut voice.label);
    }
    for speaker in &mut call.transcript.speakers {
        hide(&mut speaker.label);
    }
    let manifest = &mut call.manifest;
    hide_some(&mut manifest.title);
    hide_some(&mut manifest.goal);
    for consent in &mut manifest.consent {
        hide(&mut consent.text);
    }
    for withdrawn in &mut manifest.withdrawn {
        hide(&mut withdrawn.text);
    }
    for track in &mut manifest.tracks {
        track.device.iter_mut().for_each(|device| {
            hide(&mut device.name);
            hide(&mut device.id);
        });
        track
            .source
            .iter_mut()
            .for_each(|source| hide(&mut source.name));
    }
    for marker in &mut call.markers {
        *marker = redact_marker(marker, rules);
    }
    if let Some(guide) = &mut call.guide {
        hide_some(&mut guide.goal);
        for item in &mut guide.items {
            hide(&mut item.phase);
            hide(&mut item.ask);
            item.hint.iter_mut().for_each(|hint| hide(&mut hint.text));
        }
    }
    call.clips.retain(|clip| clip.redacted.is_some());
    write_back(&mut call);
    RedactedCall { call, found }
}

/// A marker with everything replaced that rules name.
pub fn redact_marker(marker: &Marker, rules: &Rules) -> Marker {
    let hide = |text: &String| redacted(text, rules);
    Marker {
        kind: hide(&marker.kind),
        note: marker.note.as_ref().map(hide),
        emotion: marker.emotion.as_ref().map(hide),
        author: marker.author.as_ref().map(hide),
        tags: marker.tags.iter().map(hide).collect(),
        ..marker.clone()
    }
}

/// Where a word stands in the line of a track.
struct Place {
    said: usize,
    word: usize,
    bytes: Range<usize>,
}

/// Replaces in what is said on a track. A name may begin in one segment and end in the next.
fn said_on(call: &mut Call, track: Track, rules: &Rules) -> Vec<Redacted> {
    let (line, places) = line(call, track);
    let mut found = Vec::new();
    // From behind, so that what stands before keeps its place.
    for hit in matches(&line, rules).into_iter().rev() {
        let inside =
            |place: &&Place| place.bytes.start < hit.place.end && hit.place.start < place.bytes.end;
        let touched: Vec<&Place> = places.iter().filter(inside).collect();
        let (Some(first), Some(last)) = (touched.first(), touched.last()) else {
            continue;
        };
        let word = |call: &Call, place: &Place| call.said[place.said].words[place.word].clone();
        let (begins, ends) = (word(call, first), word(call, last));
        let head = &begins.text[..hit.place.start - first.bytes.start];
        let tail_at = hit.place.end - last.bytes.start;
        // The last word may have lost letters behind this hit, never before it.
        let tail = ends.text.get(tail_at..).unwrap_or_default();
        let text = format!("{head}{}{tail}", hit.instead);
        found.push(Redacted {
            kind: hit.kind,
            text: line[hit.place.clone()].to_owned(),
            instead: hit.instead.clone(),
            segment: call.said[first.said].id.clone(),
            track,
            start_ms: begins.start_ms,
            end_ms: ends.end_ms.max(begins.end_ms),
        });
        let end_ms = call.said[first.said]
            .end_ms
            .min(ends.end_ms)
            .max(begins.end_ms);
        for place in touched.iter().skip(1) {
            call.said[place.said].words[place.word].text.clear();
        }
        let kept = &mut call.said[first.said].words[first.word];
        kept.text = text;
        kept.end_ms = end_ms;
    }
    let mut touched: Vec<usize> = places.iter().map(|place| place.said).collect();
    touched.dedup();
    for n in touched {
        let said = &mut call.said[n];
        said.words.retain(|word| !word.text.is_empty());
        said.text = text(&said.words);
    }
    found.reverse();
    found
}

/// The words of a track in one line, and where each of them stands.
fn line(call: &Call, track: Track) -> (String, Vec<Place>) {
    let mut line = String::new();
    let mut places = Vec::new();
    for (n, said) in call.said.iter().enumerate() {
        if said.track != track {
            continue;
        }
        for (w, word) in said.words.iter().enumerate() {
            if (w == 0 || word.spaced) && !line.is_empty() {
                line.push(' ');
            }
            let start = line.len();
            line.push_str(&word.text);
            places.push(Place {
                said: n,
                word: w,
                bytes: start..line.len(),
            });
        }
    }
    (line, places)
}

fn text(words: &[Piece]) -> String {
    let mut text = String::new();
    for word in words {
        if word.spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}

/// The transcript of the call says what the call says.
fn write_back(call: &mut Call) {
    let said = &call.said;
    call.transcript.segments.retain_mut(|segment| {
        let Some(said) = said.iter().find(|said| said.id == segment.id) else {
            return false;
        };
        segment.text.clone_from(&said.text);
        let words = said.words.iter().enumerate().map(|(n, word)| Word {
            id: format!("{}.{}", segment.id, n + 1),
            text: word.text.clone(),
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            probability: word.probability,
        });
        segment.words = words.collect();
        true
    });
}

//! What is told about a clip: the words in it, and the same as a W3C Web Annotation.

use super::words::{Placed, on_track, text};
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::clip::{
    Annotation, CLIP_SCHEMA, Clip, ClipDocument, Media, Quote, Selector, Target,
};
use crate::document::common::ConsentScope;
use crate::document::manifest::Manifest;
use crate::document::marker::Marker;
use crate::document::transcript::{Role, TranscriptDocument};
use crate::time::Span;

/// Words before and after a quote that help to find it again.
const CONTEXT: usize = 8;

/// A piece that was cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Id of the clip.
    pub id: String,
    /// The stretch.
    pub span: Span,
    /// The tracks that are heard.
    pub tracks: Vec<Track>,
    /// Length of the fades.
    pub fade_ms: u64,
    /// The file.
    pub media: Media,
    /// The marker it is cut for.
    pub marker: Option<Marker>,
}

/// What the participants agreed to in any of the notes of a session, sorted.
pub fn consent(manifest: &Manifest) -> Vec<ConsentScope> {
    let notes = manifest.consent.iter();
    let mut scopes: Vec<ConsentScope> = notes.flat_map(|note| note.scopes.clone()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// A clip with the words that are heard in it: those of which the middle lies inside.
pub fn clip(piece: Piece, manifest: &Manifest, transcript: &TranscriptDocument) -> Clip {
    let said = said(transcript, &piece.tracks, piece.span);
    Clip {
        id: piece.id,
        start_ms: piece.span.start.ms(),
        end_ms: piece.span.end.ms(),
        start_sample: piece.span.start.0,
        samples: piece.span.ticks(),
        tracks: piece.tracks,
        fade_ms: piece.fade_ms,
        media: piece.media,
        said,
        marker: piece.marker,
        consent: consent(manifest),
        redacted: None,
    }
}

/// What is said in a stretch, in order of start: the words of one segment together.
pub fn said(transcript: &TranscriptDocument, tracks: &[Track], span: Span) -> Vec<Quote> {
    let (from, to) = (span.start.ms(), span.end.ms());
    let mut said: Vec<Quote> = Vec::new();
    for &track in tracks {
        let words = on_track(transcript, track);
        let words: Vec<Placed> = words
            .into_iter()
            .filter(|placed| (from..to).contains(&placed.middle_ms()))
            .collect();
        for words in words.chunk_by(|a, b| a.segment.id == b.segment.id) {
            said.push(quote(transcript, words));
        }
    }
    let start = |quote: &Quote| quote.words.first().map_or(0, |word| word.start_ms);
    said.sort_by_key(|quote| (start(quote), quote.track));
    // Segments are a recogniser's pieces: what one speaker says on end is one quote.
    let mut joined: Vec<Quote> = Vec::new();
    for quote in said {
        match joined.last_mut() {
            Some(before) if before.speaker == quote.speaker && before.track == quote.track => {
                before.corrected |= quote.corrected;
                before.text.push(' ');
                before.text.push_str(&quote.text);
                before.words.extend(quote.words);
            }
            _ => joined.push(quote),
        }
    }
    joined
}

fn quote(transcript: &TranscriptDocument, words: &[Placed<'_>]) -> Quote {
    let segment = words[0].segment;
    let speaker = transcript.speakers.iter().find(|s| s.id == segment.speaker);
    // The whole segment is quoted as it is written, whatever stands between words in its language.
    let text = match words.len() == segment.words.len() {
        true => segment.text.clone(),
        false => text(words),
    };
    Quote {
        speaker: segment.speaker.clone(),
        label: speaker.map_or_else(|| segment.track.to_string(), |s| s.label.clone()),
        role: speaker.map_or(Role::Unknown, |s| s.role),
        track: segment.track,
        text,
        words: words.iter().map(|placed| placed.word.clone()).collect(),
        corrected: segment.corrected,
    }
}

/// The JSON that stands beside a clip.
pub fn document(clip: Clip, manifest: &Manifest, transcript: &TranscriptDocument) -> ClipDocument {
    ClipDocument {
        schema: CLIP_SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        session: manifest.id.clone(),
        title: manifest.title.clone(),
        started_at: manifest.started_at.clone(),
        annotation: annotation(&clip, manifest, transcript),
        clip,
    }
}

fn annotation(clip: &Clip, manifest: &Manifest, transcript: &TranscriptDocument) -> Annotation {
    let places = |track: &Track| {
        let known = manifest.tracks.iter().find(|t| t.track == *track);
        known.map_or_else(Vec::new, |known| known.places(clip.start_ms, clip.end_ms))
    };
    let sound = clip.tracks.iter().flat_map(places).map(|place| Target {
        source: place.file,
        selector: Selector::FragmentSelector {
            conforms_to: "http://www.w3.org/TR/media-frags/".into(),
            value: format!("t={},{}", seconds(place.start_ms), seconds(place.end_ms)),
        },
    });
    let quotes = clip.said.iter().map(|quote| Target {
        source: "transcript.json".into(),
        selector: selector(quote, transcript),
    });
    Annotation {
        context: "http://www.w3.org/ns/anno.jsonld".into(),
        kind: "Annotation".into(),
        id: format!("urn:uuid:{}#{}", manifest.id, clip.id),
        motivation: match clip.marker {
            Some(_) => "tagging".into(),
            None => "highlighting".into(),
        },
        target: sound.chain(quotes).collect(),
    }
}

fn selector(quote: &Quote, transcript: &TranscriptDocument) -> Selector {
    let words = on_track(transcript, quote.track);
    let place = |word: Option<&crate::document::transcript::Word>| {
        word.and_then(|word| words.iter().position(|placed| placed.word.id == word.id))
    };
    let (first, last) = (place(quote.words.first()), place(quote.words.last()));
    let before = first.map_or(&words[..0], |at| &words[at.saturating_sub(CONTEXT)..at]);
    let after = last.map_or(&words[..0], |at| {
        &words[at + 1..(at + 1 + CONTEXT).min(words.len())]
    });
    Selector::TextQuoteSelector {
        exact: quote.text.clone(),
        prefix: text(before),
        suffix: text(after),
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

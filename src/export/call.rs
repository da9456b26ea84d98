//! A session's documents, made ready to be written out: who speaks, and what was said in pieces with
//! times that can be relied on.

use super::plain::{clean, clean_some};
use crate::audio::Track;
use crate::document::clip::Clip;
use crate::document::common::UntranscribedReason;
use crate::document::guide::GuideCoverage;
use crate::document::manifest::{Manifest, Place};
use crate::document::marker::Marker;
use crate::document::transcript::{Role, Segment, TranscriptDocument};
use crate::document::turns::TurnsDocument;

/// Somebody who speaks in the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Id in the speaker table.
    pub id: String,
    /// Name to show; never empty, and no two voices of a call share it.
    pub label: String,
    /// What the voice does in the call.
    pub role: Role,
    /// The track it is heard on.
    pub track: Track,
    /// Other tracks it is heard on.
    pub also: Vec<Track>,
}

impl Voice {
    /// Whether the voice is heard on a track.
    pub fn is_on(&self, track: Track) -> bool {
        self.track == track || self.also.contains(&track)
    }
}

/// A word, or a part of one, with its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The word with its punctuation; no white space around it.
    pub text: String,
    /// Whether white space stands before it.
    pub spaced: bool,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after; not before `start_ms`.
    pub end_ms: u64,
    /// Probability by the model, 0 to 1.
    pub probability: f64,
}

/// A segment of the transcript, made ready.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Id of the segment.
    pub id: String,
    /// Whose it is: an index into [`Call::voices`].
    pub voice: usize,
    /// The track it is heard on.
    pub track: Track,
    /// Somebody corrected what was recognised.
    pub corrected: bool,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after; not before `start_ms`.
    pub end_ms: u64,
    /// The text on one line; never empty.
    pub text: String,
    /// The same text in words: in order, inside the segment, each beginning no earlier than the one
    /// before.
    pub words: Vec<Piece>,
    /// Mean log probability of the tokens.
    pub avg_logprob: f64,
    /// The model's probability that nobody speaks.
    pub no_speech_prob: f64,
}

/// What an export is made of.
#[derive(Clone, Debug)]
pub struct Call {
    /// `session.json`.
    pub manifest: Manifest,
    /// `turns.json`.
    pub turns: TurnsDocument,
    /// `transcript.json`.
    pub transcript: TranscriptDocument,
    /// `markers.json`, or nothing.
    pub markers: Vec<Marker>,
    /// What the call covered of its interview guide, where it has one.
    pub guide: Option<GuideCoverage>,
    /// `clips.json`, or nothing.
    pub clips: Vec<Clip>,
    /// Who speaks, in the order of the speaker table.
    pub voices: Vec<Voice>,
    /// What was said, sorted by start, track and id; stretches without text are left out.
    pub said: Vec<Said>,
}

impl Call {
    /// Makes the documents of one session ready.
    pub fn new(
        manifest: Manifest,
        turns: TurnsDocument,
        transcript: TranscriptDocument,
        mut markers: Vec<Marker>,
    ) -> Call {
        markers.sort_by(|a, b| (a.t_ms, &a.id).cmp(&(b.t_ms, &b.id)));
        for marker in &mut markers {
            marker.end_ms = marker.end_ms.max(marker.start_ms);
        }
        let voices = voices(&transcript);
        let mut segments: Vec<&Segment> = transcript.segments.iter().collect();
        segments.sort_by_key(|s| (s.start_ms, s.track, s.id.clone()));
        let said = segments
            .into_iter()
            .filter_map(|segment| said(segment, &voices))
            .collect();
        Call {
            manifest,
            turns,
            transcript,
            markers,
            guide: None,
            clips: Vec::new(),
            voices,
            said,
        }
    }

    /// The call with what it covered of its guide.
    pub fn with_guide(mut self, guide: Option<GuideCoverage>) -> Call {
        self.guide = guide;
        self
    }

    /// The call with the clips that were cut of it.
    pub fn with_clips(mut self, clips: Vec<Clip>) -> Call {
        self.clips = clips;
        self
    }

    /// Where the clip of a marker lies, relative to the session folder: the last one that was cut, one
    /// without a tone in it before others.
    pub fn clip_file(&self, marker: &Marker) -> Option<String> {
        let of_marker = |clip: &&Clip| clip.marker.as_ref().is_some_and(|m| m.id == marker.id);
        let clips = self.clips.iter().filter(of_marker);
        let best = clips.max_by_key(|clip| clip.redacted.is_none());
        best.map(|clip| format!("clips/{}", clip.media.file))
    }

    /// The session's title, or `Call`.
    pub fn title(&self) -> String {
        clean_some(self.manifest.title.as_deref()).unwrap_or_else(|| "Call".into())
    }

    /// The voice of a stretch of text.
    pub fn voice(&self, said: &Said) -> &Voice {
        &self.voices[said.voice]
    }

    /// Length of the timeline: all that was recorded, and all that the documents speak of.
    pub fn duration_ms(&self) -> u64 {
        let text = self.said.iter().map(|s| s.end_ms).max().unwrap_or(0);
        let marked = self.markers.iter().map(|m| m.end_ms.max(m.t_ms)).max();
        self.manifest
            .duration_ms
            .max(self.turns.duration_ms)
            .max(text)
            .max(marked.unwrap_or(0))
    }

    /// Language of the text as an ISO 639-1 code, by the last pass; `und` where
    /// it is not known.
    pub fn language(&self) -> &str {
        self.transcript
            .passes
            .last()
            .map_or("en", |pass| pass.spoken())
    }

    /// File name of the model of the last pass.
    pub fn model(&self) -> &str {
        self.transcript.passes.last().map_or("", |pass| &pass.model)
    }

    /// Archive file of a track in which the call begins, relative to the session folder.
    pub fn audio_file(&self, track: Track) -> String {
        self.audio_place(track, (0, 0)).file
    }

    /// Where a stretch of a track's sound lies, or begins.
    pub fn audio_place(&self, track: Track, (start_ms, end_ms): (u64, u64)) -> Place {
        let known = self.manifest.tracks.iter().find(|t| t.track == track);
        let places = known.map(|track| track.places(start_ms, end_ms));
        let first = places.and_then(|places| places.into_iter().next());
        first.unwrap_or_else(|| Place {
            file: format!("audio/{track}.wav"),
            start_ms,
            end_ms,
        })
    }

    /// The track whose voice the call is held for: the first participant's, or the first of all.
    pub fn main_track(&self) -> Track {
        let participant = self.voices.iter().find(|v| v.role == Role::Participant);
        participant
            .or(self.voices.first())
            .map(|voice| voice.track)
            .or(self.manifest.tracks.first().map(|t| t.track))
            .unwrap_or(Track::System)
    }

    /// Whether speech is there that nobody has tried to write down yet.
    pub fn waits(&self) -> bool {
        self.transcript.untranscribed.iter().any(|item| {
            matches!(
                item.reason,
                UntranscribedReason::Deferred | UntranscribedReason::NotRequested
            )
        })
    }
}

/// The speaker table with labels that tell the voices apart, and a row for each id that only
/// segments know.
fn voices(transcript: &TranscriptDocument) -> Vec<Voice> {
    let mut voices: Vec<Voice> = Vec::new();
    let table = transcript
        .speakers
        .iter()
        .map(|s| (&s.id, Some(&s.label), s.role, s.track, s.also.clone()));
    let loose = transcript
        .segments
        .iter()
        .map(|s| (&s.speaker, None, Role::Unknown, s.track, Vec::new()));
    for (id, label, role, track, also) in table.chain(loose) {
        // A segment without a speaker belongs to whoever is heard on its track.
        let known = |v: &Voice| v.id == *id || (id.is_empty() && v.is_on(track));
        if voices.iter().any(known) {
            continue;
        }
        let name = clean_some(label.map(String::as_str))
            .or_else(|| clean_some(Some(id)))
            .unwrap_or_else(|| track.to_string());
        let mut label = name.clone();
        let mut number = 2;
        while voices.iter().any(|v| v.label == label) {
            label = format!("{name} {number}");
            number += 1;
        }
        voices.push(Voice {
            id: id.clone(),
            label,
            role,
            track,
            also,
        });
    }
    voices
}

fn said(segment: &Segment, voices: &[Voice]) -> Option<Said> {
    let text = clean(&segment.text);
    let voice = voices
        .iter()
        .position(|v| v.id == segment.speaker)
        .or_else(|| voices.iter().position(|v| v.is_on(segment.track)))?;
    let (start_ms, end_ms) = (segment.start_ms, segment.end_ms.max(segment.start_ms));
    (!text.is_empty()).then(|| Said {
        id: segment.id.clone(),
        voice,
        track: segment.track,
        corrected: segment.corrected,
        start_ms,
        end_ms,
        words: words(segment, &text, (start_ms, end_ms)),
        text,
        avg_logprob: segment.avg_logprob,
        no_speech_prob: segment.no_speech_prob,
    })
}

/// The words of a segment with their times. Where words and text disagree the text counts, and its
/// words share the time by their letters.
fn words(segment: &Segment, text: &str, (start_ms, end_ms): (u64, u64)) -> Vec<Piece> {
    let timed: Vec<(String, u64, u64, f64)> = segment
        .words
        .iter()
        .map(|w| (clean(&w.text), w.start_ms, w.end_ms, w.probability))
        .filter(|(word, ..)| !word.is_empty())
        .collect();
    let letters = |text: &str| text.replace(' ', "");
    let joined: String = timed.iter().map(|(word, ..)| letters(word)).collect();
    if joined != letters(text) {
        return spread(text, (start_ms, end_ms));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut before = start_ms;
    for (word, from, to, probability) in timed {
        let spaced = rest.starts_with(' ');
        for c in letters(&word).chars() {
            rest = rest.trim_start_matches(' ');
            rest = &rest[c.len_utf8()..];
        }
        let from = from.clamp(before, end_ms);
        before = from;
        pieces.push(Piece {
            text: word,
            spaced,
            start_ms: from,
            end_ms: to.clamp(from, end_ms),
            probability,
        });
    }
    pieces
}

/// Words that share a stretch of time by their letters.
fn spread(text: &str, (start_ms, end_ms): (u64, u64)) -> Vec<Piece> {
    let total: u64 = text.split(' ').map(|w| w.chars().count() as u64).sum();
    let at = |letters: u64| start_ms + (end_ms - start_ms) * letters / total.max(1);
    let mut letters = 0;
    text.split(' ')
        .enumerate()
        .map(|(n, word)| {
            let from = letters;
            letters += word.chars().count() as u64;
            Piece {
                text: word.to_owned(),
                spaced: n > 0,
                start_ms: at(from),
                end_ms: at(letters),
                probability: 0.0,
            }
        })
        .collect()
}

//! What people changed of a transcript: who speaks, what is really said, and what must not leave.

use std::collections::BTreeMap;

use super::Log;
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::correction::{self, Correction, CorrectionsDocument};
use crate::document::manifest::Manifest;
use crate::document::marker::MarkersDocument;
use crate::document::redaction::{self, RedactionsDocument, Rules};
use crate::document::transcript::{Role, Segment, Speaker, SpeakerBasis, TranscriptDocument};
use crate::document::turns::TurnsDocument;
use crate::event::{PlannedTrack, SpeakerChanged, TextCorrected};
use crate::export::call::Call;
use crate::redact;
use crate::text::correct;

/// What the events say of edits.
#[derive(Default)]
pub(super) struct Edits {
    speakers: Vec<SpeakerChanged>,
    /// By segment, with the time of the last correction.
    corrections: BTreeMap<String, (TextCorrected, String)>,
    corrected: bool,
    rules: Option<Rules>,
}

impl Edits {
    pub(super) fn speaker(&mut self, changed: SpeakerChanged) {
        self.speakers.push(changed);
    }

    pub(super) fn correct(&mut self, corrected: TextCorrected, at: String) {
        self.corrected = true;
        self.corrections
            .insert(corrected.segment.clone(), (corrected, at));
    }

    pub(super) fn restore(&mut self, segment: &str) {
        self.corrections.remove(segment);
    }

    pub(super) fn redact(&mut self, rules: Rules) {
        self.rules = Some(rules);
    }
}

/// The speaker table after what people said of it, and whose each track is.
pub(super) fn speakers(
    log: &Log,
    tracks: &[PlannedTrack],
) -> (Vec<Speaker>, BTreeMap<Track, String>) {
    let planned = || {
        tracks
            .iter()
            .enumerate()
            .map(|(n, track)| speaker(n, track))
    };
    let mut table: Vec<Speaker> = planned().collect();
    let mut same: BTreeMap<String, String> = BTreeMap::new();
    for changed in &log.edits.speakers {
        let Some(row) = table.iter_mut().find(|row| row.id == changed.id) else {
            continue;
        };
        if let Some(label) = &changed.label {
            let first = planned().find(|first| first.id == row.id).map(|f| f.label);
            row.label = match label.is_empty() {
                true => first.unwrap_or_default(),
                false => label.clone(),
            };
        }
        row.role = changed.role.unwrap_or(row.role);
        if let Some(participant) = &changed.participant {
            row.participant = Some(participant.clone()).filter(|id| !id.is_empty());
        }
        match changed.same_as.as_deref() {
            Some("") => drop(same.remove(&changed.id)),
            Some(other) => drop(same.insert(changed.id.clone(), other.to_owned())),
            None => {}
        }
    }
    merged(table, &same)
}

/// The table in which each speaker who is the same as another stands in that one's row.
fn merged(
    mut table: Vec<Speaker>,
    same: &BTreeMap<String, String>,
) -> (Vec<Speaker>, BTreeMap<Track, String>) {
    // A log may say that two speakers are each the other: then neither is.
    let home = |row: &Speaker| {
        let mut id = &row.id;
        for _ in 0..table.len() {
            match same.get(id) {
                Some(next) => id = next,
                None => break,
            }
        }
        let stands = !same.contains_key(id) && table.iter().any(|row| row.id == *id);
        if stands { id.clone() } else { row.id.clone() }
    };
    let homes: Vec<(String, Track, String)> = table
        .iter()
        .map(|row| (row.id.clone(), row.track, home(row)))
        .collect();
    for (_, track, home) in homes.iter().filter(|(id, _, home)| id != home) {
        if let Some(row) = table.iter_mut().find(|row| row.id == *home) {
            row.also.push(*track);
            row.also.sort_unstable();
        }
    }
    table.retain(|row| homes.iter().any(|(_, _, home)| row.id == *home));
    let by_track = homes.into_iter().map(|(_, track, home)| (track, home));
    (table, by_track.collect())
}

fn speaker(index: usize, planned: &PlannedTrack) -> Speaker {
    let (label, role) = match planned.track {
        Track::Mic => ("Interviewer".to_owned(), Role::Interviewer),
        Track::System => ("Participant".to_owned(), Role::Participant),
        Track::Imported(n) => (format!("Speaker {n}"), Role::Unknown),
    };
    Speaker {
        id: format!("sp{}", index + 1),
        label,
        role,
        track: planned.track,
        basis: SpeakerBasis::Track,
        also: Vec::new(),
        participant: None,
    }
}

/// `corrections.json` of a log that ever had a correction.
pub(super) fn corrections(log: &Log, segments: &[Segment]) -> Option<CorrectionsDocument> {
    let made = log.edits.corrections.values().map(|(corrected, at)| {
        let segment = segments.iter().find(|s| s.id == corrected.segment);
        Correction {
            segment: corrected.segment.clone(),
            raw: corrected.raw.clone(),
            text: corrected.text.clone(),
            author: corrected.author.clone(),
            at: at.clone(),
            words: segment.map_or_else(Vec::new, |s| correct::words(s, &corrected.text)),
        }
    });
    log.edits.corrected.then(|| CorrectionsDocument {
        schema: correction::SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        session: log.session.clone(),
        corrections: made.collect(),
    })
}

/// `redactions.json` of a log that ever had rules: they, and where they are met.
pub(super) fn redactions(
    log: &Log,
    (manifest, turns): (&Manifest, &TurnsDocument),
    shown: TranscriptDocument,
    markers: Option<&MarkersDocument>,
) -> Option<RedactionsDocument> {
    let rules = log.edits.rules.clone()?;
    let markers = markers.map_or_else(Vec::new, |document| document.markers.clone());
    let call = Call::new(manifest.clone(), turns.clone(), shown, markers);
    let found = redact::call::redact(call, &rules).found;
    Some(RedactionsDocument {
        schema: redaction::SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        session: log.session.clone(),
        rules,
        found,
    })
}

/// The transcript with the corrections laid over it.
pub(super) fn shown(
    transcript: &TranscriptDocument,
    corrections: Option<&CorrectionsDocument>,
) -> TranscriptDocument {
    let mut shown = transcript.clone();
    if let Some(document) = corrections {
        correct::apply(&mut shown, &document.corrections);
    }
    shown
}

//! `stats.json`: sums, counts and medians over turns, words and levels. Nothing here interprets.

mod interruptions;
mod phases;
mod silences;
mod words;

use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::manifest::TrackManifest;
use crate::document::stats::{SCHEMA, SoundStats, StatsDocument, TrackStats, TurnRef};
use crate::document::transcript::TranscriptDocument;
use crate::document::turns::{FloorState, Silence, Turn, TurnKind, TurnsDocument};
use crate::insight::guide::PhaseSpan;
use crate::time::TICKS_PER_MS;

/// How many of the longest silences are listed.
const LONGEST_SILENCES: usize = 5;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Speech, turns, silences and gaps.
    pub turns: &'a TurnsDocument,
    /// The text, if there is some; words are counted in it, and nothing is read from it.
    pub transcript: Option<&'a TranscriptDocument>,
    /// How the tracks were captured.
    pub tracks: &'a [TrackManifest],
    /// Filler words, where there is a list for the transcript's language.
    pub fillers: Option<&'a [String]>,
    /// The phases of the call, where a guide tells them.
    pub phases: &'a [PhaseSpan],
    /// What counts.
    pub options: StatsOptions,
}

impl<'a> Measured<'a> {
    /// Turns alone.
    pub fn turns(turns: &'a TurnsDocument) -> Measured<'a> {
        Measured {
            turns,
            transcript: None,
            tracks: &[],
            fillers: None,
            phases: &[],
            options: StatsOptions::default(),
        }
    }
}

/// What counts. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatsOptions {
    /// Lengths from which on silences are counted.
    pub silences_ms: [u64; 3],
    /// Shortest common speech of an interruption. In a lively conversation the next speaker begins a
    /// moment before the last word is over, and interrupts nobody.
    pub overlap_ms: u64,
}

impl Default for StatsOptions {
    fn default() -> StatsOptions {
        StatsOptions {
            silences_ms: [1_000, 2_000, 3_000],
            overlap_ms: 300,
        }
    }
}

/// Figures of a call. Uses nothing but the documents, so the same ones give the same figures.
///
/// - Turn counts and lengths are those of turns; backchannels are only counted.
/// - A response is a turn that begins where another track's turn was the last to end, not before that
///   end and without an earlier turn still going on; its wait is the time between. Speech of
///   backchannels in between, and gaps, make it no response: somebody spoke, or nobody knows.
/// - The median of an even number of values is the mean of the middle two, rounded down.
pub fn stats(call: &Measured<'_>) -> StatsDocument {
    let turns = call.turns;
    let sum = |state: FloorState| {
        let spans = turns.floor.iter().filter(|span| span.state == state);
        spans.map(|span| span.end_ms - span.start_ms).sum()
    };
    let interruptions = interruptions::interruptions(turns, call.options.overlap_ms);
    let tracks = turns.tracks.iter().map(|track| {
        let of = |by: Option<Track>| by == Some(track.track);
        let yielded = interruptions.iter().filter(|i| of(i.yielded)).count();
        let begun = interruptions.iter().filter(|i| of(Some(i.by))).count();
        TrackStats {
            speech_ms: track.speech_ms,
            talk_share: track.talk_share,
            interruptions: begun as u32,
            yielded: yielded as u32,
            ..track_stats(call, track.track)
        }
    });
    StatsDocument {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        session: turns.session.clone(),
        duration_ms: turns.duration_ms,
        tracks: tracks.collect(),
        silence_ms: sum(FloorState::Silence),
        overlap_ms: sum(FloorState::Overlap),
        gap_ms: sum(FloorState::Gap),
        longest_silences: longest(&turns.silences),
        silences: silences::counts(turns, &call.options.silences_ms),
        overlaps: turns.overlaps.len() as u32,
        phases: phases::talk(turns, call.phases),
        interruptions,
    }
}

/// The figures of a track that turns, words and levels tell alone.
fn track_stats(call: &Measured<'_>, track: Track) -> TrackStats {
    let doc = call.turns;
    let of = |kind: TurnKind| {
        doc.turns
            .iter()
            .filter(move |turn| turn.track == track && turn.kind == kind)
    };
    let length = |turn: &&Turn| turn.end_ms - turn.start_ms;
    let lengths: Vec<u64> = of(TurnKind::Turn).map(|turn| length(&turn)).collect();
    let waits: Vec<u64> = of(TurnKind::Turn)
        .filter_map(|turn| response(doc, turn))
        .collect();
    // Of equally long turns the last one is the maximum, so the search runs from the end.
    let longest = of(TurnKind::Turn).rev().max_by_key(length);
    let said = call
        .transcript
        .map(|text| words::count(text, track, call.fillers));
    let said = said.unwrap_or_default();
    let captured = call.tracks.iter().find(|known| known.track == track);
    TrackStats {
        track,
        speech_ms: 0,
        talk_share: 0.0,
        turns: lengths.len() as u32,
        backchannels: of(TurnKind::Backchannel).count() as u32,
        longest_turn_ms: longest.map_or(0, |turn| length(&turn)),
        median_turn_ms: median(lengths).unwrap_or(0),
        responses: waits.len() as u32,
        longest_response_ms: waits.iter().copied().max(),
        median_response_ms: median(waits),
        longest_turn: longest.map(|turn| TurnRef {
            id: turn.id.clone(),
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
        }),
        interruptions: 0,
        yielded: 0,
        words: said.words,
        words_per_minute: said.per_minute,
        fillers: said.fillers,
        sound: captured.map(sound),
    }
}

fn sound(track: &TrackManifest) -> SoundStats {
    let peak_db = (track.peak > 0.0).then(|| (track.peak.log10() * 200.0).round() / 10.0);
    SoundStats {
        // A track at full scale is 0 dB, and never -0.
        peak_db: peak_db.map(|db| db + 0.0),
        clipped_samples: track.clipped_samples,
        zero_share: track.zero_share,
        lost_ms: track.lost_samples / TICKS_PER_MS,
        gaps: track.gaps.len() as u32,
    }
}

/// The wait before a turn, if it is a response.
fn response(doc: &TurnsDocument, turn: &Turn) -> Option<u64> {
    // Turns are sorted by start, so whatever could end last before this one stands before it.
    let earlier = doc
        .turns
        .iter()
        .take_while(|other| other.start_ms <= turn.start_ms);
    let last = earlier
        .filter(|other| other.id != turn.id)
        .max_by_key(|other| (other.end_ms, other.track != turn.track))?;
    let answers = last.track != turn.track && last.kind == TurnKind::Turn;
    let waited = turn.start_ms.checked_sub(last.end_ms)?;
    let captured = !doc.floor.iter().any(|span| {
        span.state == FloorState::Gap && span.start_ms < turn.start_ms && last.end_ms < span.end_ms
    });
    (answers && captured).then_some(waited)
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2),
    }
}

fn longest(silences: &[Silence]) -> Vec<Silence> {
    let mut longest = silences.to_vec();
    // The sort is stable, so of equally long silences the earlier one comes first.
    longest.sort_by_key(|silence| std::cmp::Reverse(silence.end_ms - silence.start_ms));
    longest.truncate(LONGEST_SILENCES);
    longest
}

#[cfg(test)]
mod tests;

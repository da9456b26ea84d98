//! `stats.json` from `turns.json`: sums, counts and medians.

use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::stats::{SCHEMA, StatsDocument, TrackStats};
use crate::document::turns::{FloorState, Silence, Turn, TurnKind, TurnsDocument};

/// How many of the longest silences are listed.
const LONGEST_SILENCES: usize = 5;

/// Figures of a call. Uses nothing but the document, so the same turns give the same figures.
///
/// - Turn counts and lengths are those of turns; backchannels are only counted.
/// - A response is a turn that begins where another track's turn was the last to end, not before that
///   end and without an earlier turn still going on; its wait is the time between. Speech of
///   backchannels in between, and gaps, make it no response: somebody spoke, or nobody knows.
/// - The median of an even number of values is the mean of the middle two, rounded down.
pub fn stats(turns: &TurnsDocument) -> StatsDocument {
    let sum = |state: FloorState| {
        let spans = turns.floor.iter().filter(|span| span.state == state);
        spans.map(|span| span.end_ms - span.start_ms).sum()
    };
    StatsDocument {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        session: turns.session.clone(),
        duration_ms: turns.duration_ms,
        tracks: turns
            .tracks
            .iter()
            .map(|track| track_stats(turns, track.track, track.speech_ms, track.talk_share))
            .collect(),
        silence_ms: sum(FloorState::Silence),
        overlap_ms: sum(FloorState::Overlap),
        gap_ms: sum(FloorState::Gap),
        longest_silences: longest(&turns.silences),
    }
}

fn track_stats(doc: &TurnsDocument, track: Track, speech_ms: u64, talk_share: f64) -> TrackStats {
    let of = |kind: TurnKind| {
        doc.turns
            .iter()
            .filter(move |turn| turn.track == track && turn.kind == kind)
    };
    let lengths: Vec<u64> = of(TurnKind::Turn)
        .map(|turn| turn.end_ms - turn.start_ms)
        .collect();
    TrackStats {
        track,
        speech_ms,
        talk_share,
        turns: lengths.len() as u32,
        backchannels: of(TurnKind::Backchannel).count() as u32,
        longest_turn_ms: lengths.iter().copied().max().unwrap_or(0),
        median_turn_ms: median(lengths).unwrap_or(0),
        median_response_ms: median(
            of(TurnKind::Turn)
                .filter_map(|turn| response(doc, turn))
                .collect(),
        ),
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

//! Who began to speak while another was speaking, and who then gave way.

use std::cmp::Ordering;

use crate::audio::Track;
use crate::document::common::Range;
use crate::document::stats::Interruption;
use crate::document::turns::{Turn, TurnKind, TurnsDocument};

/// Every turn that begins inside another track's turn while that track makes a sound, and is then
/// spoken together with it for at least `overlap_ms`. Whoever's turn ends first yielded.
pub(super) fn interruptions(doc: &TurnsDocument, overlap_ms: u64) -> Vec<Interruption> {
    let turns: Vec<&Turn> = doc
        .turns
        .iter()
        .filter(|turn| turn.kind == TurnKind::Turn)
        .collect();
    let mut found = Vec::new();
    for (n, later) in turns.iter().enumerate() {
        // Turns are sorted by start, so whatever is going on when this one begins stands before it.
        for earlier in &turns[..n] {
            let inside = earlier.start_ms < later.start_ms && later.start_ms < earlier.end_ms;
            if earlier.track == later.track
                || !inside
                || !speaks(doc, earlier.track, later.start_ms)
            {
                continue;
            }
            let both = Range {
                start_ms: later.start_ms,
                end_ms: later.end_ms.min(earlier.end_ms),
            };
            let together = together(doc, (earlier.track, later.track), both);
            if together < overlap_ms {
                continue;
            }
            found.push(Interruption {
                start_ms: later.start_ms,
                by: later.track,
                of: earlier.track,
                turn: later.id.clone(),
                interrupted: earlier.id.clone(),
                overlap_ms: together,
                yielded: match earlier.end_ms.cmp(&later.end_ms) {
                    Ordering::Less => Some(earlier.track),
                    Ordering::Greater => Some(later.track),
                    Ordering::Equal => None,
                },
            });
        }
    }
    found
}

fn speech(doc: &TurnsDocument, track: Track) -> &[Range] {
    let found = doc.tracks.iter().find(|known| known.track == track);
    found.map_or(&[], |known| &known.speech)
}

fn speaks(doc: &TurnsDocument, track: Track, ms: u64) -> bool {
    let spans = speech(doc, track);
    let after = spans.partition_point(|span| span.end_ms <= ms);
    spans.get(after).is_some_and(|span| span.start_ms <= ms)
}

/// How long two tracks speak at once inside `window`.
fn together(doc: &TurnsDocument, tracks: (Track, Track), window: Range) -> u64 {
    let inside = |track| {
        speech(doc, track).iter().filter_map(move |span| {
            let (from, to) = (
                span.start_ms.max(window.start_ms),
                span.end_ms.min(window.end_ms),
            );
            (from < to).then_some((from, to))
        })
    };
    let mut sum = 0;
    for (from, to) in inside(tracks.0) {
        for (other_from, other_to) in inside(tracks.1) {
            sum += to.min(other_to).saturating_sub(from.max(other_from));
        }
    }
    sum
}

//! Who holds the floor at every moment, and where several speak at once.

use std::collections::BTreeMap;

use super::turns::SpokenTurn;
use crate::audio::Track;
use crate::document::turns::{FloorSpan, FloorState, Overlap, TurnKind};
use crate::time::{Span, Tick};

/// What is known about a call once it is over. All spans lie inside the call.
pub(super) struct Call<'a> {
    /// Speech spans of each track, sorted, disjoint.
    pub speech: &'a [(Track, Vec<Span>)],
    /// Stretches in which some track was not captured.
    pub gaps: &'a [Span],
    /// Turns and backchannels.
    pub turns: &'a [SpokenTurn],
    /// Length of the call.
    pub duration: Tick,
}

/// What one track does at a moment.
#[derive(Clone, Copy, Default)]
struct Now {
    speaking: bool,
    in_turn: bool,
    in_backchannel: bool,
    spoke_until: Option<Tick>,
}

#[derive(Clone, Copy)]
enum Change {
    Speech(bool),
    Turn(bool),
    Backchannel(bool),
    Gap(i32),
}

/// The floor, tiled, and the overlaps of a call.
pub(super) fn sweep(call: &Call) -> (Vec<FloorSpan>, Vec<Overlap>) {
    let mut tracks: BTreeMap<Track, Now> = BTreeMap::new();
    let (mut floor, mut overlaps) = (Vec::new(), Vec::new());
    let mut gaps = 0;
    let mut from = Tick::ZERO;
    for (at, track, change) in changes(call) {
        if at > from {
            stretch(
                Span::new(from, at),
                &tracks,
                gaps,
                &mut floor,
                &mut overlaps,
            );
            from = at;
        }
        let mut now = track.map(|track| tracks.entry(track).or_default());
        match (change, &mut now) {
            (Change::Speech(on), Some(now)) => {
                now.speaking = on;
                now.spoke_until = Some(at);
            }
            (Change::Turn(on), Some(now)) => now.in_turn = on,
            (Change::Backchannel(on), Some(now)) => now.in_backchannel = on,
            (Change::Gap(step), _) => gaps += step,
            (_, None) => {}
        }
    }
    let rest = Span::new(from, call.duration);
    stretch(rest, &tracks, gaps, &mut floor, &mut overlaps);
    (floor, overlaps)
}

/// Everything that begins or ends, in order; at one moment ends come first.
fn changes(call: &Call) -> Vec<(Tick, Option<Track>, Change)> {
    let mut changes = Vec::new();
    let mut both = |span: Span, track, on, off| {
        changes.push((span.start, true, track, on));
        changes.push((span.end, false, track, off));
    };
    for (track, spans) in call.speech {
        for &span in spans {
            both(
                span,
                Some(*track),
                Change::Speech(true),
                Change::Speech(false),
            );
        }
    }
    for turn in call.turns {
        let (on, off) = match turn.kind {
            TurnKind::Turn => (Change::Turn(true), Change::Turn(false)),
            TurnKind::Backchannel => (Change::Backchannel(true), Change::Backchannel(false)),
        };
        both(turn.span, Some(turn.track), on, off);
    }
    for &gap in call.gaps {
        both(gap, None, Change::Gap(1), Change::Gap(-1));
    }
    changes.sort_by_key(|&(at, begins, _, _)| (at, begins));
    changes
        .into_iter()
        .map(|(at, _, track, change)| (at, track, change))
        .collect()
}

/// Adds a stretch in which nothing changes, joined to the one before where nothing differs.
fn stretch(
    span: Span,
    tracks: &BTreeMap<Track, Now>,
    gaps: i32,
    floor: &mut Vec<FloorSpan>,
    overlaps: &mut Vec<Overlap>,
) {
    let (start_ms, end_ms) = (span.start.ms(), span.end.ms());
    // A stretch below a millisecond vanishes in the conversion and leaves no hole.
    if start_ms == end_ms {
        return;
    }
    let speakers: Vec<Track> = tracks
        .iter()
        .filter(|(_, now)| now.speaking)
        .map(|(track, _)| *track)
        .collect();
    let (state, track) = state(&speakers, tracks, gaps);
    match floor.last_mut() {
        Some(last) if last.state == state && last.track == track => last.end_ms = end_ms,
        _ => floor.push(FloorSpan {
            start_ms,
            end_ms,
            state,
            track,
        }),
    }
    if speakers.len() < 2 {
        return;
    }
    match overlaps.last_mut() {
        Some(last) if last.end_ms == start_ms && last.tracks == speakers => last.end_ms = end_ms,
        _ => overlaps.push(Overlap {
            start_ms,
            end_ms,
            tracks: speakers,
        }),
    }
}

fn state(
    speakers: &[Track],
    tracks: &BTreeMap<Track, Now>,
    gaps: i32,
) -> (FloorState, Option<Track>) {
    let holder = |inside: fn(&Now) -> bool| {
        tracks
            .iter()
            .filter(|(_, now)| inside(now))
            // Of several who pause at once, the one who spoke last; the first track of several.
            .max_by_key(|(track, now)| (now.spoke_until, std::cmp::Reverse(**track)))
            .map(|(track, _)| *track)
    };
    match *speakers {
        [] => match holder(|now| now.in_turn).or(holder(|now| now.in_backchannel)) {
            Some(track) => (FloorState::Turn, Some(track)),
            None if gaps > 0 => (FloorState::Gap, None),
            None => (FloorState::Silence, None),
        },
        [one] => {
            // A backchannel in the pause of another's turn does not take the floor.
            let holds = tracks.get(&one).is_some_and(|now| now.in_turn);
            let track = match holds {
                true => one,
                false => holder(|now| now.in_turn).unwrap_or(one),
            };
            (FloorState::Turn, Some(track))
        }
        _ => (FloorState::Overlap, None),
    }
}

use proptest::prelude::*;

use super::*;
use crate::document::turns::{FloorState, TurnKind};

const OPTIONS: TurnOptions = TurnOptions {
    pause_ms: 10,
    backchannel_ms: 12,
    beside_ms: 3,
};

fn spans(steps: Vec<(u64, u64)>, duration: u64) -> Vec<Span> {
    let mut at = 0;
    let mut spans = Vec::new();
    for (wait, length) in steps {
        at += wait;
        if at < duration {
            spans.push(Span::from_ms(at, (at + length).min(duration)));
        }
        at += length;
    }
    spans
}

fn call() -> impl Strategy<Value = (Vec<Heard>, u64)> {
    let steps = || prop::collection::vec((1u64..25, 1u64..30), 0..12);
    let gaps = || prop::collection::vec((10u64..200, 1u64..40), 0..3);
    (1u64..400, steps(), gaps(), steps(), gaps()).prop_map(|(duration, a, ga, b, gb)| {
        let heard = |track, speech, gaps: Vec<(u64, u64)>| Heard {
            track,
            speech: spans(speech, duration),
            echo: Vec::new(),
            gaps: spans(gaps, duration)
                .into_iter()
                .map(|span| TrackGap {
                    span,
                    cause: GapCause::ClockHole,
                })
                .collect(),
        };
        (
            // The document sorts the tracks itself.
            vec![heard(Track::System, a, ga), heard(Track::Mic, b, gb)],
            duration,
        )
    })
}

fn document(heard: &[Heard], duration: u64) -> TurnsDocument {
    let provenance = Provenance {
        session: None,
        detector: "test".to_owned(),
    };
    turns_document(provenance, heard, Tick::from_ms(duration), OPTIONS)
}

/// The floor's state at one millisecond, from the definitions.
fn expected(doc: &TurnsDocument, ms: u64) -> (FloorState, Option<Track>) {
    let inside = |start: u64, end: u64| start <= ms && ms < end;
    let speaking: Vec<Track> = doc
        .tracks
        .iter()
        .filter(|t| t.speech.iter().any(|s| inside(s.start_ms, s.end_ms)))
        .map(|t| t.track)
        .collect();
    let spoke = |track: Track| {
        let speech = &doc.tracks.iter().find(|t| t.track == track).unwrap().speech;
        speech
            .iter()
            .map(|s| s.end_ms)
            .filter(|&end| end <= ms)
            .max()
    };
    let covers = |kind: TurnKind| {
        let turns = doc.turns.iter().filter(move |t| t.kind == kind);
        let mut tracks: Vec<Track> = turns
            .filter(|t| inside(t.start_ms, t.end_ms))
            .map(|t| t.track)
            .collect();
        tracks.sort();
        tracks
    };
    let holders = covers(TurnKind::Turn);
    match speaking[..] {
        [] => {}
        [one] if holders.contains(&one) || holders.is_empty() => {
            return (FloorState::Turn, Some(one));
        }
        [_] => return (FloorState::Turn, Some(holders[0])),
        _ => return (FloorState::Overlap, None),
    }
    let latest = |tracks: Vec<Track>| tracks.into_iter().rev().max_by_key(|&t| spoke(t));
    if let Some(track) = latest(holders).or_else(|| latest(covers(TurnKind::Backchannel))) {
        return (FloorState::Turn, Some(track));
    }
    let mut gaps = doc.tracks.iter().flat_map(|t| &t.gaps);
    match gaps.any(|g| inside(g.start_ms, g.end_ms)) {
        true => (FloorState::Gap, None),
        false => (FloorState::Silence, None),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_floor_is_tiled_by_its_definition((heard, duration) in call()) {
        let doc = document(&heard, duration);
        let mut at = 0;
        for (index, entry) in doc.floor.iter().enumerate() {
            prop_assert_eq!(entry.start_ms, at);
            prop_assert!(entry.end_ms > at);
            at = entry.end_ms;
            for ms in entry.start_ms..entry.end_ms {
                prop_assert_eq!((entry.state, entry.track), expected(&doc, ms), "at {}", ms);
            }
            if let Some(next) = doc.floor.get(index + 1) {
                prop_assert_ne!((entry.state, entry.track), (next.state, next.track));
            }
        }
        prop_assert_eq!(at, duration);
    }

    #[test]
    fn silences_and_overlaps_are_those_of_the_floor((heard, duration) in call()) {
        let doc = document(&heard, duration);
        let sum = |state| -> u64 {
            let entries = doc.floor.iter().filter(|f| f.state == state);
            entries.map(|f| f.end_ms - f.start_ms).sum()
        };
        let silent: u64 = doc.silences.iter().map(|s| s.end_ms - s.start_ms).sum();
        prop_assert_eq!(silent, sum(FloorState::Silence));
        let overlapping: u64 = doc.overlaps.iter().map(|o| o.end_ms - o.start_ms).sum();
        prop_assert_eq!(overlapping, sum(FloorState::Overlap));
        prop_assert!(doc.overlaps.iter().all(|o| o.tracks == [Track::Mic, Track::System]));
    }

    #[test]
    fn turns_hold_all_speech_and_shares_add_up((heard, duration) in call()) {
        let doc = document(&heard, duration);
        let speech: u64 = doc.tracks.iter().map(|t| t.speech_ms).sum();
        prop_assert_eq!(doc.turns.iter().map(|t| t.speech_ms).sum::<u64>(), speech);
        let shares: f64 = doc.tracks.iter().map(|t| t.talk_share).sum();
        let whole = f64::from(u8::from(speech > 0));
        prop_assert!((shares - whole).abs() < 2e-4);
        for (turn, number) in doc.turns.iter().zip(1..) {
            prop_assert_eq!(&turn.id, &format!("t{number:04}"));
        }
        let mut starts = doc.turns.iter().map(|t| (t.start_ms, t.track));
        prop_assert!(starts.clone().is_sorted(), "{:?}", starts.next());
    }
}

#[test]
fn spans_are_sorted_cut_and_joined() {
    let heard = [Heard {
        track: Track::Mic,
        speech: vec![
            Span::from_ms(60, 200),
            Span::from_ms(10, 30),
            Span::from_ms(20, 40),
            Span::from_ms(150, 160),
        ],
        gaps: vec![],
        echo: Vec::new(),
    }];
    let doc = document(&heard, 100);
    let speech: Vec<(u64, u64)> = doc.tracks[0]
        .speech
        .iter()
        .map(|s| (s.start_ms, s.end_ms))
        .collect();
    assert_eq!(speech, [(10, 40), (60, 100)]);
}

#[test]
fn an_empty_call_has_an_empty_floor() {
    let doc = document(&[], 0);
    assert!(doc.floor.is_empty() && doc.silences.is_empty());
    let doc = document(&[], 50);
    assert_eq!(doc.floor.len(), 1);
    assert_eq!(doc.silences.len(), 1);
}

#[test]
fn boundaries_between_milliseconds_leave_no_hole() {
    let heard = [
        Heard {
            track: Track::Mic,
            speech: vec![
                Span::new(Tick(100), Tick(5_003)),
                Span::new(Tick(9_007), Tick(9_009)),
            ],
            gaps: vec![],
            echo: Vec::new(),
        },
        Heard {
            track: Track::System,
            speech: vec![Span::new(Tick(5_001), Tick(5_090))],
            gaps: vec![],
            echo: Vec::new(),
        },
    ];
    let doc = document(&heard, 300);
    assert!(doc.floor.windows(2).all(|w| w[0].end_ms == w[1].start_ms));
    assert_eq!(doc.floor[0].start_ms, 0);
    assert_eq!(doc.floor.last().unwrap().end_ms, 300);
}

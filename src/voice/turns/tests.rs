use proptest::prelude::*;

use super::*;

/// Small numbers, so that short random calls hold every case.
const OPTIONS: TurnOptions = TurnOptions {
    pause_ms: 10,
    backchannel_ms: 12,
    beside_ms: 3,
};

const TRACKS: [Track; 3] = [Track::Mic, Track::System, Track::Imported(1)];
const DURATION: u64 = 400;

type Speech = Vec<(Track, Vec<(u64, u64)>)>;

fn speech() -> impl Strategy<Value = Speech> {
    let spans = prop::collection::vec((1u64..25, 1u64..30), 0..14);
    prop::collection::vec(spans, 1..=3).prop_map(|tracks| {
        TRACKS
            .into_iter()
            .zip(tracks)
            .map(|(track, steps)| {
                let mut at = 0;
                let mut spans = Vec::new();
                for (wait, length) in steps {
                    let start = at + wait;
                    at = start + length;
                    if at <= DURATION {
                        spans.push((start, at));
                    }
                }
                (track, spans)
            })
            .collect()
    })
}

fn gaps() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((0u64..DURATION - 40, 1u64..40), 0..3)
        .prop_map(|gaps| gaps.into_iter().map(|(at, n)| (at, at + n)).collect())
}

fn events(speech: &Speech, gaps: &[(u64, u64)], steps: &[u64]) -> Vec<TurnEvent> {
    let tracks: Vec<Track> = speech.iter().map(|(track, _)| *track).collect();
    let mut builder = TurnBuilder::new(&tracks, OPTIONS);
    let mut out = Vec::new();
    let mut from = 0;
    for &to in steps.iter().chain([&u64::MAX]) {
        let due = |start: u64| from <= start && start < to;
        for (track, spans) in speech {
            for &(start, end) in spans.iter().filter(|span| due(span.0)) {
                builder.push_span(*track, Span::from_ms(start, end));
            }
        }
        for &(start, end) in gaps.iter().filter(|gap| due(gap.0)) {
            builder.push_gap(Span::from_ms(start, end));
        }
        if to < u64::MAX {
            builder.advance(Tick::from_ms(to), &mut out);
            from = to;
        }
    }
    builder.finish(Tick::from_ms(DURATION), &mut out);
    out
}

fn turns(events: &[TurnEvent]) -> Vec<SpokenTurn> {
    let mut turns: Vec<SpokenTurn> = events
        .iter()
        .filter_map(|event| match event {
            TurnEvent::Turn(turn) => Some(*turn),
            TurnEvent::Silence(_) => None,
        })
        .collect();
    turns.sort_by_key(|turn| (turn.span.start, turn.track));
    turns
}

fn silences(events: &[TurnEvent]) -> Vec<Quiet> {
    events
        .iter()
        .filter_map(|event| match event {
            TurnEvent::Silence(quiet) => Some(*quiet),
            TurnEvent::Turn(_) => None,
        })
        .collect()
}

/// The definitions again, by looking at everything at once.
fn expected_turns(speech: &Speech) -> Vec<(Track, u64, u64, u64, TurnKind)> {
    let mut pieces: Vec<(Track, u64, u64, u64)> = Vec::new();
    for (track, spans) in speech {
        let mut last: Option<(u64, u64, u64)> = None;
        for &(start, end) in spans {
            let joins = last.is_some_and(|(_, until, _)| {
                let taken = speech.iter().any(|(other, theirs)| {
                    other != track
                        && theirs
                            .iter()
                            .any(|&(a, b)| b - a > OPTIONS.backchannel_ms && a < start && until < b)
                });
                start - until < OPTIONS.pause_ms && !taken
            });
            last = match last {
                Some((first, _, sum)) if joins => Some((first, end, sum + end - start)),
                Some((first, until, sum)) => {
                    pieces.push((*track, first, until, sum));
                    Some((start, end, end - start))
                }
                None => Some((start, end, end - start)),
            };
        }
        pieces.extend(last.map(|(first, until, sum)| (*track, first, until, sum)));
    }
    pieces.sort_by_key(|piece| (piece.1, piece.0));
    let short = |a: u64, b: u64| b - a <= OPTIONS.backchannel_ms;
    let kind = |&(track, start, end, _): &(Track, u64, u64, u64)| {
        let beside = pieces.iter().any(|&(other, a, b, _)| {
            let goes_on = || {
                pieces.iter().any(|&(again, c, _, _)| {
                    again == other && c >= b && c <= end + OPTIONS.pause_ms
                })
            };
            other != track
                && !short(a, b)
                && ((a < end && start < b)
                    || (b <= start && start - b <= OPTIONS.beside_ms && goes_on()))
        });
        match short(start, end) && beside {
            true => TurnKind::Backchannel,
            false => TurnKind::Turn,
        }
    };
    pieces
        .iter()
        .map(|piece| (piece.0, piece.1, piece.2, piece.3, kind(piece)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn turns_follow_their_definition(speech in speech()) {
        let found: Vec<_> = turns(&events(&speech, &[], &[]))
            .into_iter()
            .map(|t| (t.track, t.span.start.ms(), t.span.end.ms(), t.speech_ms, t.kind))
            .collect();
        prop_assert_eq!(found, expected_turns(&speech));
    }

    #[test]
    fn silences_are_what_turns_and_gaps_leave(speech in speech(), gaps in gaps()) {
        let events = events(&speech, &gaps, &[]);
        let turns = turns(&events);
        let silences = silences(&events);
        for ms in 0..DURATION {
            let inside = |span: Span| span.contains(Tick::from_ms(ms));
            let covered = turns.iter().any(|turn| inside(turn.span))
                || gaps.iter().any(|&(a, b)| a <= ms && ms < b);
            let silent = silences.iter().filter(|quiet| inside(quiet.span)).count();
            prop_assert_eq!(silent, usize::from(!covered), "at {} ms", ms);
        }
        for quiet in silences {
            let after = turns
                .iter()
                .filter(|turn| turn.span.end <= quiet.span.start)
                .max_by_key(|turn| (turn.span.end, std::cmp::Reverse(turn.track)));
            prop_assert_eq!(quiet.after, after.map(|turn| turn.track));
            let before = turns.iter().find(|turn| turn.span.start == quiet.span.end);
            prop_assert_eq!(quiet.before, before.map(|turn| turn.track));
        }
    }

    #[test]
    fn the_steps_do_not_change_the_events(
        speech in speech(),
        gaps in gaps(),
        mut steps in prop::collection::vec(1u64..DURATION, 0..30),
    ) {
        steps.sort_unstable();
        prop_assert_eq!(events(&speech, &gaps, &steps), events(&speech, &gaps, &[]));
    }
}

fn ms(events: &[TurnEvent]) -> Vec<(Track, u64, u64, TurnKind)> {
    turns(events)
        .into_iter()
        .map(|t| (t.track, t.span.start.ms(), t.span.end.ms(), t.kind))
        .collect()
}

fn two(mic: &[(u64, u64)], system: &[(u64, u64)]) -> Vec<TurnEvent> {
    let speech = vec![(Track::Mic, mic.to_vec()), (Track::System, system.to_vec())];
    events(&speech, &[], &[])
}

#[test]
fn a_backchannel_in_a_pause_does_not_break_the_turn() {
    let events = two(&[(51, 56)], &[(0, 50), (58, 100)]);
    assert_eq!(
        ms(&events),
        [
            (Track::System, 0, 100, TurnKind::Turn),
            (Track::Mic, 51, 56, TurnKind::Backchannel),
        ]
    );
}

#[test]
fn a_sentence_in_a_pause_takes_the_floor() {
    let events = two(&[(51, 80)], &[(0, 50), (58, 62)]);
    assert_eq!(
        ms(&events),
        [
            (Track::System, 0, 50, TurnKind::Turn),
            (Track::Mic, 51, 80, TurnKind::Turn),
            (Track::System, 58, 62, TurnKind::Backchannel),
        ]
    );
}

#[test]
fn a_short_answer_after_a_wait_is_a_turn() {
    let events = two(&[(60, 66)], &[(0, 50), (70, 100)]);
    assert_eq!(ms(&events)[1], (Track::Mic, 60, 66, TurnKind::Turn));
}

#[test]
fn a_turn_is_told_soon_after_it_ends() {
    let mut builder = TurnBuilder::new(&[Track::Mic], OPTIONS);
    let mut out = Vec::new();
    builder.push_span(Track::Mic, Span::from_ms(5, 40));
    builder.advance(Tick::from_ms(49), &mut out);
    assert_eq!(silences(&out).len(), 1);
    assert!(turns(&out).is_empty());
    builder.advance(Tick::from_ms(51), &mut out);
    assert_eq!(turns(&out).len(), 1);
}

#[test]
fn long_calls_do_not_pile_up() {
    let mut builder = TurnBuilder::new(&[Track::Mic, Track::System], OPTIONS);
    let mut out = Vec::new();
    for n in 0..5_000u64 {
        builder.push_span(TRACKS[(n % 2) as usize], Span::from_ms(n * 20, n * 20 + 15));
        builder.push_gap(Span::from_ms(n * 20 + 16, n * 20 + 17));
        builder.advance(Tick::from_ms(n * 20 + 1), &mut out);
    }
    assert!(builder.kept() < 30, "{}", builder.kept());
    assert!(turns(&out).len() > 4_990);
}

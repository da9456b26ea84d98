mod brute;

use proptest::prelude::*;

use super::*;
use crate::document::common::GapCause;
use crate::time::{Span, Tick};
use crate::voice::document::{Heard, Provenance, TrackGap, turns_document};
use crate::voice::turns::TurnOptions;

const OPTIONS: TurnOptions = TurnOptions {
    pause_ms: 10,
    backchannel_ms: 12,
    beside_ms: 3,
};

fn document(tracks: [&[(u64, u64)]; 2], gaps: &[(u64, u64)], duration: u64) -> TurnsDocument {
    let spans =
        |ms: &[(u64, u64)]| -> Vec<Span> { ms.iter().map(|&(a, b)| Span::from_ms(a, b)).collect() };
    let heard = [Track::Mic, Track::System].map(|track| {
        let (index, gaps) = match track {
            Track::Mic => (0, spans(gaps)),
            _ => (1, Vec::new()),
        };
        Heard {
            echo: Vec::new(),
            track,
            speech: spans(tracks[index]),
            gaps: gaps
                .into_iter()
                .map(|span| TrackGap {
                    span,
                    cause: GapCause::DeviceLost,
                })
                .collect(),
        }
    });
    let provenance = Provenance {
        session: Some("s".to_owned()),
        detector: "test".to_owned(),
    };
    turns_document(provenance, &heard, Tick::from_ms(duration), OPTIONS)
}

fn spans() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((1u64..40, 1u64..40), 0..12).prop_map(|steps| {
        let mut at = 0;
        steps
            .into_iter()
            .map(|(wait, length)| {
                let start = at + wait;
                at = start + length;
                (start.min(500), at.min(500))
            })
            .filter(|(start, end)| start < end)
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sums_agree_with_counting_milliseconds(
        mic in spans(),
        system in spans(),
        gap in prop::option::of((0u64..400, 1u64..100)),
    ) {
        let gaps: Vec<(u64, u64)> = gap.map(|(at, n)| (at, at + n)).into_iter().collect();
        let doc = document([&mic, &system], &gaps, 500);
        let stats = stats(&Measured::turns(&doc));
        let (mut silence, mut overlap, mut lost, mut speech) = (0, 0, 0, [0, 0]);
        for ms in 0..500 {
            let at = |spans: &[(u64, u64)]| spans.iter().any(|&(a, b)| a <= ms && ms < b);
            let (a, b) = (at(&mic), at(&system));
            let in_turn = doc.turns.iter().any(|t| t.start_ms <= ms && ms < t.end_ms);
            speech[0] += u64::from(a);
            speech[1] += u64::from(b);
            overlap += u64::from(a && b);
            lost += u64::from(!in_turn && at(&gaps));
            silence += u64::from(!in_turn && !at(&gaps));
        }
        prop_assert_eq!(stats.silence_ms, silence);
        prop_assert_eq!(stats.overlap_ms, overlap);
        prop_assert_eq!(stats.gap_ms, lost);
        for (track, expected) in stats.tracks.iter().zip(speech) {
            prop_assert_eq!(track.speech_ms, expected);
            let turns: Vec<&Turn> = doc.turns.iter().filter(|t| t.track == track.track).collect();
            prop_assert_eq!((track.turns + track.backchannels) as usize, turns.len());
            let whole = turns.iter().filter(|t| t.kind == TurnKind::Turn);
            let longest = whole.map(|t| t.end_ms - t.start_ms).max().unwrap_or(0);
            prop_assert_eq!(track.longest_turn_ms, longest);
            prop_assert!(track.median_turn_ms <= longest);
        }
    }

    #[test]
    fn responses_agree_with_looking_back_from_every_turn(mic in spans(), system in spans()) {
        let doc = document([&mic, &system], &[], 500);
        let stats = stats(&Measured::turns(&doc));
        for track in &stats.tracks {
            let mut waits = Vec::new();
            for turn in &doc.turns {
                if turn.track != track.track || turn.kind == TurnKind::Backchannel {
                    continue;
                }
                // Walk back through silent milliseconds to the turns that end there.
                let mut at = turn.start_ms;
                let covered = |ms: u64| {
                    let others = doc.turns.iter().filter(|t| t.id != turn.id);
                    others.clone().any(|t| t.start_ms <= ms && ms < t.end_ms)
                };
                if covered(at) {
                    continue;
                }
                while at > 0 && !covered(at - 1) {
                    at -= 1;
                }
                let mut ended = doc.turns.iter().filter(|t| t.end_ms == at && t.id != turn.id);
                if ended.any(|t| t.track != turn.track && t.kind == TurnKind::Turn) {
                    waits.push(turn.start_ms - at);
                }
            }
            // Two turns that end together on both tracks are rare and decided by the other's.
            prop_assert_eq!(track.median_response_ms, median(waits));
        }
    }
}

#[test]
fn medians_are_of_the_middle() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![7]), Some(7));
    assert_eq!(median(vec![9, 1]), Some(5));
    assert_eq!(median(vec![9, 1, 2]), Some(2));
}

#[test]
fn a_question_and_its_answer() {
    let doc = document([&[(0, 50), (150, 200)], &[(78, 130)]], &[], 260);
    let stats = stats(&Measured::turns(&doc));
    assert_eq!(stats.tracks[1].median_response_ms, Some(28));
    assert_eq!(stats.tracks[0].median_response_ms, Some(20));
    assert_eq!(stats.silence_ms, 28 + 20 + 60);
    assert_eq!(stats.longest_silences.len(), 3);
    assert_eq!(stats.longest_silences[0].start_ms, 200);
    assert_eq!(stats.session.as_deref(), Some("s"));
}

#[test]
fn an_answer_after_a_gap_has_no_known_wait() {
    let doc = document([&[(0, 50)], &[(90, 130)]], &[(60, 70)], 130);
    assert_eq!(
        stats(&Measured::turns(&doc)).tracks[1].median_response_ms,
        None
    );
    assert_eq!(stats(&Measured::turns(&doc)).gap_ms, 10);
}

//! Counts against counting milliseconds and words one by one.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use super::{document, spans};
use crate::document::stats::{Broken, Interruption};
use crate::document::transcript::{Coverage, Segment, Word};

const SPEAKERS: [Track; 2] = [Track::Mic, Track::System];

fn options() -> StatsOptions {
    StatsOptions {
        silences_ms: [5, 12, 25],
        overlap_ms: 6,
    }
}

fn measured(turns: &TurnsDocument) -> StatsDocument {
    stats(&Measured {
        options: options(),
        ..Measured::turns(turns)
    })
}

fn holds(spans: &[(u64, u64)], ms: u64) -> bool {
    spans.iter().any(|&(a, b)| a <= ms && ms < b)
}

/// Every stretch of milliseconds without turn and gap, with the tracks whose turns touch it.
fn quiet(doc: &TurnsDocument, gaps: &[(u64, u64)]) -> Vec<(Track, Track, u64)> {
    let in_turn = |ms: u64| doc.turns.iter().any(|t| t.start_ms <= ms && ms < t.end_ms);
    let silent = |ms: u64| !in_turn(ms) && !holds(gaps, ms);
    let mut found = Vec::new();
    let mut at = 0;
    while at < doc.duration_ms {
        let start = at;
        while at < doc.duration_ms && silent(at) {
            at += 1;
        }
        let ended = doc.turns.iter().filter(|t| t.end_ms == start);
        let begun = doc.turns.iter().filter(|t| t.start_ms == at);
        // Where both tracks end or begin together the first one counts.
        if let (true, Some(after), Some(before)) = (
            at > start,
            ended.map(|t| t.track).min(),
            begun.map(|t| t.track).min(),
        ) {
            found.push((after, before, at - start));
        }
        at += 1;
    }
    found
}

fn by_hand(doc: &TurnsDocument, speech: [&[(u64, u64)]; 2], least: u64) -> Vec<Interruption> {
    let speaks = |track: Track, ms| {
        let n = SPEAKERS.iter().position(|&t| t == track).unwrap();
        holds(speech[n], ms)
    };
    let mut found = Vec::new();
    for b in &doc.turns {
        for a in &doc.turns {
            let whole = a.kind == TurnKind::Turn && b.kind == TurnKind::Turn;
            let into = a.start_ms < b.start_ms && b.start_ms < a.end_ms;
            if !whole || a.track == b.track || !into || !speaks(a.track, b.start_ms) {
                continue;
            }
            let end = a.end_ms.min(b.end_ms);
            let both = |ms: &u64| speaks(a.track, *ms) && speaks(b.track, *ms);
            let overlap_ms = (b.start_ms..end).filter(both).count() as u64;
            if overlap_ms >= least {
                found.push(Interruption {
                    start_ms: b.start_ms,
                    by: b.track,
                    of: a.track,
                    turn: b.id.clone(),
                    interrupted: a.id.clone(),
                    overlap_ms,
                    yielded: match (a.end_ms, b.end_ms) {
                        (a_end, b_end) if a_end < b_end => Some(a.track),
                        (a_end, b_end) if b_end < a_end => Some(b.track),
                        _ => None,
                    },
                });
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn silences_agree_with_walking_through_the_call(
        mic in spans(),
        system in spans(),
        gap in prop::option::of((0u64..400, 1u64..100)),
    ) {
        let gaps: Vec<(u64, u64)> = gap.map(|(at, n)| (at, at + n)).into_iter().collect();
        let doc = document([&mic, &system], &gaps, 500);
        let quiet = quiet(&doc, &gaps);
        for counted in measured(&doc).silences {
            let mut pairs: BTreeMap<(Track, Track), Vec<u64>> = BTreeMap::new();
            for &(after, before, ms) in quiet.iter().filter(|(_, _, ms)| *ms >= counted.at_least_ms) {
                pairs.entry((after, before)).or_default().push(ms);
            }
            let expected: Vec<Broken> = pairs
                .iter()
                .map(|(&(after, before), ms)| Broken {
                    after,
                    before,
                    count: ms.len() as u32,
                    total_ms: ms.iter().sum(),
                })
                .collect();
            prop_assert_eq!(counted.count, expected.iter().map(|b| b.count).sum::<u32>());
            prop_assert_eq!(counted.total_ms, expected.iter().map(|b| b.total_ms).sum::<u64>());
            prop_assert_eq!(counted.broken, expected);
        }
    }

    #[test]
    fn interruptions_agree_with_comparing_every_pair_of_turns(mic in spans(), system in spans()) {
        let doc = document([&mic, &system], &[], 500);
        let found = measured(&doc);
        let expected = by_hand(&doc, [&mic, &system], options().overlap_ms);
        for track in &found.tracks {
            let by = expected.iter().filter(|i| i.by == track.track).count();
            let gave_way = expected.iter().filter(|i| i.yielded == Some(track.track)).count();
            prop_assert_eq!(track.interruptions as usize, by);
            prop_assert_eq!(track.yielded as usize, gave_way);
        }
        prop_assert_eq!(found.interruptions, expected);
        let both = (0..500).map(|ms| holds(&mic, ms) && holds(&system, ms));
        let both: Vec<bool> = both.collect();
        let runs = (0..500).filter(|&ms| both[ms] && (ms == 0 || !both[ms - 1])).count();
        // Where a span ends and the next begins without a pause, one run is told as two overlaps.
        prop_assert!(found.overlaps as usize >= runs);
    }

    #[test]
    fn talk_in_phases_agrees_with_counting_milliseconds(
        mic in spans(),
        system in spans(),
        cuts in prop::collection::btree_set(1u64..500, 0..4),
    ) {
        let doc = document([&mic, &system], &[], 500);
        let cuts: Vec<u64> = [0].into_iter().chain(cuts).chain([500]).collect();
        let phases: Vec<PhaseSpan> = cuts
            .windows(2)
            .map(|cut| PhaseSpan {
                title: String::new(),
                start_ms: cut[0],
                end_ms: cut[1],
            })
            .collect();
        let figures = stats(&Measured {
            phases: &phases,
            ..Measured::turns(&doc)
        });
        for (found, phase) in figures.phases.iter().zip(&phases) {
            let counted = [&mic, &system].map(|spans| {
                (phase.start_ms..phase.end_ms).filter(|&ms| holds(spans, ms)).count() as u64
            });
            prop_assert_eq!(found.tracks.iter().map(|t| t.speech_ms).collect::<Vec<_>>(), counted);
            let all = counted[0] + counted[1];
            let share = if all == 0 { 0.0 } else { counted[0] as f64 / all as f64 };
            prop_assert!((found.tracks[0].talk_share - share).abs() <= 0.000_051);
        }
        prop_assert_eq!(figures.phases.len(), phases.len());
    }

    #[test]
    fn words_and_fillers_agree_with_reading_the_text(
        texts in prop::collection::vec((prop::bool::ANY, "((um|uh|you|know|so),? ){0,8}"), 0..6),
        covered in 0u64..4_000,
    ) {
        let doc = document([&[(0, 10)], &[(20, 30)]], &[], 40);
        let transcript = transcript(&texts, covered);
        let list: Vec<String> = ["um", "you know", "you know so", "never"].map(String::from).into();
        let figures = stats(&Measured {
            transcript: Some(&transcript),
            fillers: Some(&list),
            ..Measured::turns(&doc)
        });
        for (track, figures) in SPEAKERS.into_iter().zip(&figures.tracks) {
            let own = texts.iter().filter(|(mic, _)| *mic == (track == Track::Mic));
            let (mut words, mut counts) = (0, [0_u32; 4]);
            for (_, text) in own {
                words += text.split_whitespace().count();
                let mut rest = format!("{} ", text.replace(',', ""));
                while let Some((_, tail)) = rest.split_once(' ') {
                    let here = [2, 1, 0, 3].into_iter().find(|&n| rest.starts_with(&format!("{} ", list[n])));
                    let tail = match here {
                        Some(n) => {
                            counts[n] += 1;
                            rest[list[n].len() + 1..].to_owned()
                        }
                        None => tail.to_owned(),
                    };
                    rest = tail;
                }
            }
            prop_assert_eq!(figures.words as usize, words);
            let rate = (covered > 0).then(|| (words as f64 / (covered as f64 / 60_000.0) * 10.0).round() / 10.0);
            match (figures.words_per_minute, rate) {
                (Some(one), Some(other)) => prop_assert!((one - other).abs() < 0.11),
                (one, other) => prop_assert_eq!(one, other),
            }
            let fillers = figures.fillers.as_ref().unwrap();
            prop_assert_eq!(fillers.count, counts.iter().sum::<u32>());
            for (text, count) in list.iter().zip(counts) {
                let listed = fillers.words.iter().find(|filler| filler.text == *text);
                prop_assert_eq!(listed.map_or(0, |filler| filler.count), count);
            }
        }
    }
}

fn transcript(texts: &[(bool, String)], covered_ms: u64) -> TranscriptDocument {
    let segment = |(n, (mic, text)): (usize, &(bool, String))| Segment {
        id: format!("s{n:04}"),
        track: SPEAKERS[usize::from(!mic)],
        speaker: String::new(),
        start_ms: n as u64,
        end_ms: n as u64 + 1,
        text: text.trim().to_owned(),
        utterance: String::new(),
        pass: String::new(),
        avg_logprob: 0.0,
        no_speech_prob: 0.0,
        corrected: false,
        words: text
            .split_whitespace()
            .map(|word| Word {
                id: String::new(),
                text: word.to_owned(),
                start_ms: 0,
                end_ms: 0,
                probability: 1.0,
            })
            .collect(),
    };
    TranscriptDocument {
        schema: String::new(),
        schema_version: String::new(),
        session: String::new(),
        speakers: Vec::new(),
        passes: Vec::new(),
        segments: texts.iter().enumerate().map(segment).collect(),
        coverage: SPEAKERS
            .map(|track| Coverage {
                track,
                voiced_ms: covered_ms,
                covered_ms,
                attempted: Vec::new(),
            })
            .into(),
        untranscribed: Vec::new(),
    }
}

#[test]
fn a_short_overlap_at_the_end_interrupts_nobody() {
    let doc = document([&[(0, 100)], &[(95, 200)]], &[], 260);
    assert_eq!(measured(&doc).interruptions, []);
    let doc = document([&[(0, 100)], &[(80, 200)]], &[], 260);
    let found = measured(&doc).interruptions;
    assert_eq!(
        (found[0].by, found[0].yielded),
        (Track::System, Some(Track::Mic))
    );
    assert_eq!((found[0].overlap_ms, found.len()), (20, 1));
    // Whoever talks over a turn that goes on gives way.
    let doc = document([&[(0, 100)], &[(50, 80)]], &[], 260);
    assert_eq!(measured(&doc).interruptions[0].yielded, Some(Track::System));
}

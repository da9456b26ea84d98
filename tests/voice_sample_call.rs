//! The whole voice path over the sample call, against its truth.
#![cfg(all(feature = "neural", feature = "webrtc"))]

#[path = "support/hearing.rs"]
mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{TrueTurn, archive, median, spans_by, track, truth};
use verbatim::audio::Track;
use verbatim::document::turns::{TurnKind, TurnsDocument};
use verbatim::engine::neural::Neural;
use verbatim::engine::webrtc::WebRtc;
use verbatim::insight::stats::{Measured, stats};
use verbatim::time::{Span, Tick};
use verbatim::voice::Detector;
use verbatim::voice::document::{Heard, Provenance, turns_document};
use verbatim::voice::turns::TurnOptions;

fn detectors() -> [Box<dyn Detector>; 2] {
    [Box::new(Neural::new().unwrap()), Box::new(WebRtc::new())]
}

/// The call as each detector hears it.
fn documents() -> Vec<(TurnsDocument, Vec<TrueTurn>)> {
    (0..detectors().len()).map(document).collect()
}

fn document(which: usize) -> (TurnsDocument, Vec<TrueTurn>) {
    let (turns, duration_ms) = truth();
    let detector = || detectors().into_iter().nth(which).unwrap();
    let heard = [Track::Mic, Track::System].map(|side| Heard {
        track: side,
        speech: spans_by(detector(), &archive(&track(side))),
        gaps: Vec::new(),
        echo: Vec::new(),
    });
    let provenance = Provenance {
        session: None,
        detector: detector().name().to_owned(),
    };
    let duration = Tick::from_ms(duration_ms);
    let doc = turns_document(provenance, &heard, duration, TurnOptions::default());
    (doc, turns)
}

#[test]
fn turns_lie_where_the_sound_is() {
    for (doc, truth) in documents() {
        let (mut onsets, mut offsets, mut near) = (Vec::new(), Vec::new(), 0);
        for turn in &truth {
            let best = doc
                .turns
                .iter()
                .filter(|found| found.track == turn.track)
                .min_by_key(|found| found.start_ms.abs_diff(turn.start_ms))
                .unwrap();
            let onset = best.start_ms.abs_diff(turn.start_ms);
            let offset = best.end_ms.abs_diff(turn.end_ms);
            near += usize::from(onset <= 500 && offset <= 500);
            println!(
                "{:6} {:6}..{:6} found {:6}..{:6} {onset:4} {offset:4}",
                turn.track.to_string(),
                turn.start_ms,
                turn.end_ms,
                best.start_ms,
                best.end_ms
            );
            onsets.push(onset as f64);
            offsets.push(offset as f64);
        }
        assert_eq!(near, truth.len());
        assert!(median(&mut onsets) <= 30.0, "{onsets:?}");
        assert!(median(&mut offsets) <= 60.0, "{offsets:?}");
        assert_eq!(doc.turns.len(), truth.len());
    }
}

#[test]
fn the_talk_share_is_right() {
    for (doc, truth) in documents() {
        let talked = |side: Track| -> u64 {
            let turns = truth.iter().filter(|turn| turn.track == side);
            turns.map(|turn| turn.end_ms - turn.start_ms).sum()
        };
        let share = talked(Track::Mic) as f64 / (talked(Track::Mic) + talked(Track::System)) as f64;
        assert!((doc.tracks[0].talk_share - share).abs() < 0.01);
    }
}

#[test]
fn the_backchannel_and_the_long_silences_are_found() {
    for (doc, truth) in documents() {
        let said = truth.iter().find(|turn| turn.text == "Mm-hmm.").unwrap();
        let backchannels: Vec<_> = doc
            .turns
            .iter()
            .filter(|turn| turn.kind == TurnKind::Backchannel)
            .collect();
        assert_eq!(backchannels.len(), 1);
        assert_eq!(backchannels[0].track, said.track);
        assert!(backchannels[0].start_ms.abs_diff(said.start_ms) < 150);
        for (from, to) in [(42_772u64, 46_172u64), (97_166, 99_966)] {
            let silence = doc
                .silences
                .iter()
                .find(|silence| silence.start_ms.abs_diff(from) < 300)
                .unwrap();
            assert!(silence.end_ms.abs_diff(to) < 200, "{silence:?}");
            assert_eq!(silence.after, Some(Track::Mic));
            assert_eq!(silence.before, Some(Track::System));
        }
        let stats = stats(&Measured::turns(&doc));
        let longest = &stats.longest_silences[0];
        assert!((longest.end_ms - longest.start_ms).abs_diff(3_400) < 300);
        assert_eq!(stats.tracks[0].backchannels, 1);
    }
}

/// The call as its truth has it: one span of speech a turn.
fn true_document(truth: &[TrueTurn]) -> TurnsDocument {
    let heard = [Track::Mic, Track::System].map(|side| Heard {
        track: side,
        speech: truth
            .iter()
            .filter(|turn| turn.track == side)
            .map(|turn| Span::from_ms(turn.start_ms, turn.end_ms))
            .collect(),
        echo: Vec::new(),
        gaps: Vec::new(),
    });
    let provenance = Provenance {
        session: None,
        detector: "truth".to_owned(),
    };
    let (_, duration_ms) = support::truth();
    turns_document(
        provenance,
        &heard,
        Tick::from_ms(duration_ms),
        TurnOptions::default(),
    )
}

/// Compares a figure of the document with the true one: times by the bar, shares to a hundredth,
/// everything else exactly.
fn compare(path: &str, found: &Value, wanted: &Value, faults: &mut Vec<String>) {
    let near = match (found, wanted) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let path = format!("{path}.{name}");
                compare(&path, &found[name.as_str()], &wanted[name.as_str()], faults);
            }
            true
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (n, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}[{n}]"), one, other, faults);
            }
            true
        }
        (Value::Number(_), Value::Number(_)) if path.ends_with("_ms") => {
            let ms = |value: &Value| value.as_u64().expect("milliseconds");
            let (one, other) = (ms(found), ms(wanted));
            println!("{path}: {one} for {other}");
            one.abs_diff(other) <= (other / 100).max(50)
        }
        (Value::Number(_), Value::Number(_)) if path.ends_with("_share") => {
            let share = |value: &Value| value.as_f64().expect("a share");
            (share(found) - share(wanted)).abs() <= 0.01
        }
        _ => found == wanted,
    };
    if !near {
        faults.push(format!("{path}: {found} for {wanted}"));
    }
}

#[test]
fn every_figure_is_within_a_percent_or_fifty_milliseconds_of_the_truth() {
    // The detector that the program takes unless it is told otherwise.
    let (doc, truth) = document(0);
    let figures = |doc: &TurnsDocument| {
        serde_json::to_value(stats(&Measured::turns(doc))).expect("figures are JSON")
    };
    let (found, wanted) = (figures(&doc), figures(&true_document(&truth)));
    let mut faults = Vec::new();
    compare("stats", &found, &wanted, &mut faults);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(
        found["silences"][1]["count"], 2,
        "answers after 2.8 and 3.4 s"
    );
    assert_eq!(found["silences"][2]["count"], 1);
}

use serde_json::json;
use verbatim::insight::stats::{Measured, stats};

use super::*;

fn turns() -> TurnsDocument {
    let speech = |track: &str, spans: &[(u64, u64)]| {
        let spans: Vec<_> = spans
            .iter()
            .map(|(a, b)| json!({"start_ms": a, "end_ms": b}))
            .collect();
        json!({"track": track, "speech_ms": 0, "talk_share": 0.5, "speech": spans, "gaps": []})
    };
    let document = json!({
        "schema": "verbatim.turns", "schema_version": "1.0", "duration_ms": 100_000, "detector": "test",
        "tracks": [speech("mic", &[(0, 10_000)]), speech("system", &[(12_500, 100_000)])],
        "turns": [], "overlaps": [], "floor": [],
        "silences": [
            {"start_ms": 10_000, "end_ms": 12_500, "after": "mic", "before": "system"},
            {"start_ms": 20_000, "end_ms": 20_100, "after": "system", "before": "mic"},
        ],
    });
    serde_json::from_value(document).expect("turns")
}

fn marker(id: usize, t_ms: u64) -> Marker {
    let marker = json!({"id": format!("m{id:04}"), "kind": "pain", "t_ms": t_ms, "start_ms": 0, "end_ms": 0});
    serde_json::from_value(marker).expect("a marker")
}

fn drawn(markers: &[Marker], width: usize) -> Vec<String> {
    let turns = turns();
    let figures = Figures {
        turns: &turns,
        stats: &stats(&Measured::turns(&turns)),
        markers,
        kinds: &Kinds::default(),
        names: &Names::default(),
    };
    let lines = figures.lines(width);
    assert!(lines.iter().all(|line| line.width() <= width));
    lines.iter().map(Line::text).collect()
}

#[test]
fn the_strip_fills_the_width_and_shows_who_speaks() {
    for width in [80, 200, 40] {
        let lines = drawn(&[], width);
        let cells = width - NAME - 1;
        let strip = |n: usize| lines[n].chars().skip(NAME).collect::<Vec<char>>();
        let (mic, system) = (strip(1), strip(2));
        assert_eq!((mic.len(), system.len()), (cells, cells));
        assert_eq!((mic[0], mic[cells - 1]), ('█', ' '));
        assert_eq!((system[0], system[cells - 1]), (' ', '█'));
        assert!(lines[0].ends_with("01:40"), "{}", lines[0]);
    }
    // No strip fits into a sliver, and the rest is cut.
    assert!(drawn(&[], 20).iter().all(|line| !line.contains('█')));
}

#[test]
fn markers_stand_at_their_moment_and_are_told_below() {
    let markers: Vec<Marker> = (0..12).map(|n| marker(n, n as u64 * 7_000)).collect();
    let lines = drawn(&markers, 114);
    let row: Vec<char> = lines[3].chars().collect();
    assert_eq!((row[NAME], row[NAME + 7], row[NAME + 63]), ('a', 'b', '·'));
    assert!(
        lines[4].contains("a  00:00") && lines[4].contains("pain"),
        "{}",
        lines[4]
    );
    assert!(lines.iter().any(|line| line.contains("and 3 more")));
    // What is said of a marker is told whole, below its first line where it is long.
    let long = Marker {
        note: Some("copies numbers by hand from four spreadsheets ".repeat(3)),
        tags: vec!["reports".into()],
        ..marker(1, 50)
    };
    let lines = drawn(&[long], 80);
    let about = lines[4..8].join("\n");
    assert!(
        about.contains("#reports") && !about.contains('…'),
        "{about}"
    );
    assert_eq!(about.matches("spreadsheets").count(), 3);
    let lines = drawn(&[marker(1, 50), marker(2, 60)], 80);
    assert!(lines[3].contains('+'));
}

#[test]
fn silences_are_counted_by_length_and_by_who_broke_them() {
    let lines = drawn(&[], 80);
    let row = |name: &str| {
        lines
            .iter()
            .find(|line| line.contains(name))
            .expect("a row")
    };
    assert!(row("under 0.5 s").ends_with(" 1"));
    assert!(row("2 to 3 s").ends_with(" 1"));
    assert!(row("3 to 5 s").ends_with(" 0"));
    assert!(row("from 2 s on").contains("Participant broke it after Interviewer once"));
}

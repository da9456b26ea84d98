//! `verbatim list`, `search` and `themes` as their users meet them.
#![cfg(target_os = "linux")]

#[path = "support/shelf.rs"]
mod shelf;
mod support;

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use shelf::{Seed, session};
use support::measure::array;
use support::program::{expect_code, run, stderr, stdout, verbatim};

fn command(dir: &Path, arguments: &[&str]) -> Output {
    run(verbatim(dir).args(arguments))
}

fn printed(dir: &Path, arguments: &[&str]) -> Value {
    let output = command(dir, arguments);
    expect_code(&output, 0);
    serde_json::from_str(&stdout(&output)).expect("JSON")
}

fn shelf() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let mut seed = Seed(11);
    for number in 0..30 {
        session(dir.path(), number, 20, &mut seed);
    }
    dir
}

#[test]
fn sessions_are_listed_and_filtered() {
    let dir = shelf();
    let all = command(dir.path(), &["list"]);
    expect_code(&all, 0);
    let lines: Vec<String> = stdout(&all).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 30);
    let first = &lines[0];
    for part in [
        "2026-01-01-1405-call-0",
        "2026-01-01 14:05",
        "complete",
        "Call 0",
    ] {
        assert!(first.contains(part), "{part} is missing in {first}");
    }
    assert!(first.find("complete").is_some_and(|at| at < 60), "{first}");
    let count = |arguments: &[&str]| {
        let arguments = [&["list", "--json"], arguments].concat();
        array(&printed(dir.path(), &arguments)).count()
    };
    assert_eq!(count(&[]), 30);
    assert_eq!(count(&["--since", "2026-01-28"]), 3);
    assert_eq!(count(&["--until", "2026-01"]), 28);
    assert_eq!(count(&["CALL 7"]), 1);
    assert_eq!(count(&["--state", "stopped"]), 0);
    assert_eq!(count(&["--speaker", "participant"]), 30);
    let one = printed(dir.path(), &["list", "--json", "call 7"]);
    assert_eq!(one[0]["participants"][0], "Participant");
    assert!(one[0]["duration_ms"].as_u64().is_some_and(|ms| ms > 0));
    for wrong in ["yesterday", "2026-1", "26"] {
        expect_code(&command(dir.path(), &["list", "--since", wrong]), 2);
    }
}

#[test]
fn places_are_shown_with_session_time_and_speaker() {
    let dir = shelf();
    let found = printed(dir.path(), &["search", "--json", "by hand", "--limit", "4"]);
    let hits: Vec<&Value> = array(&found["hits"]).collect();
    assert!(hits.len() == 4 && found["total"].as_u64() > Some(4));
    for hit in &hits {
        let snippet: Vec<char> = hit["snippet"].as_str().expect("text").chars().collect();
        let mark = |n: usize| hit["marks"][0][n].as_u64().expect("a place") as usize;
        let word: String = snippet[mark(0)..mark(1)].iter().collect();
        assert_eq!(word, "by hand");
        let link = hit["link"].as_str().expect("a link");
        let (file, moment) = link.split_once("#t=").expect("a moment");
        assert!(file.ends_with(".wav") && file.starts_with(&*dir.path().to_string_lossy()));
        let at_ms = hit["at_ms"].as_u64().expect("ms") as f64;
        let (from, _) = moment.split_once(',').expect("two times");
        assert_eq!(from.parse::<f64>().expect("seconds") * 1_000.0, at_ms);
    }
    let shown = command(dir.path(), &["search", "by hand", "--limit", "4"]);
    expect_code(&shown, 0);
    assert!(stdout(&shown).contains("2026-") && stdout(&shown).contains("Participant: "));
    assert!(stderr(&shown).contains("--limit 0"), "{}", stderr(&shown));

    let nothing = command(dir.path(), &["search", "quantum"]);
    expect_code(&nothing, 1);
    assert!(stderr(&nothing).contains("nothing like that"));
    expect_code(&command(dir.path(), &["search", "--", "!?"]), 2);
    expect_code(
        &command(dir.path(), &["search", "hand", "--kind", "no-kind"]),
        2,
    );
}

#[test]
fn themes_are_counted_and_lead_back_to_quotes() {
    let dir = shelf();
    let turns = support::program::repository("tests/fixtures/session/turns.json");
    for session in support::program::sessions(dir.path()) {
        std::fs::copy(&turns, session.join("turns.json")).expect("turns");
    }
    let rows = printed(dir.path(), &["themes", "--json"]);
    let names: Vec<&str> = array(&rows)
        .filter_map(|row| row["theme"].as_str())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let total = |row: &Value| row["markers"].as_u64().expect("a number");
    assert_eq!(array(&rows).map(total).sum::<u64>(), 60);

    let table = command(dir.path(), &["themes", "--csv"]);
    expect_code(&table, 0);
    let table = stdout(&table);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(
        lines[0][..4],
        ["Tag", "Markers", "Sessions", "Highest severity"]
    );
    assert_eq!((lines.len(), lines[0].len()), (3, 34));
    for (line, row) in lines[1..].iter().zip(array(&rows)) {
        let counts = line[4..]
            .iter()
            .map(|n| n.parse::<u64>().expect("a number"));
        assert_eq!(
            (line[0], counts.sum::<u64>()),
            (row["theme"].as_str().expect("a name"), total(row))
        );
    }

    let quotes = printed(dir.path(), &["themes", "PRICING", "--json"]);
    let pricing = array(&rows)
        .find(|row| row["theme"] == "pricing")
        .expect("a theme");
    assert_eq!(array(&quotes).count() as u64, total(pricing));
    assert!(array(&quotes).any(|q| q["quote"].is_string() && q["link"].is_string()));
    let shown = command(dir.path(), &["themes", "pricing", "--kind", "pain"]);
    expect_code(&shown, 0);
    assert!(stdout(&shown).contains("  pain  ") && !stdout(&shown).contains("  idea  "));
    expect_code(&command(dir.path(), &["themes", "nothing"]), 1);
}

//! Words looked for in a thousand sessions of a hundred segments: with the index, without it, and the
//! making of the index. The bar is 100 ms with the index.

#[path = "../tests/support/shelf.rs"]
mod shelf;

use std::time::{Duration, Instant};

use shelf::{Seed, session};
use verbatim::batch::library::{Indexing, Library};
use verbatim::library::query::Query;
use verbatim::library::search::Wanted;

const SESSIONS: usize = 1_000;
const SEGMENTS: usize = 100;
const RUNS: usize = 21;

fn wanted(words: &[&str], speaker: Option<&str>) -> Wanted {
    Wanted {
        query: Query::parse(words).expect("words"),
        speaker: speaker.map(str::to_owned),
        kinds: Vec::new(),
        tags: Vec::new(),
        since: None,
        until: None,
        session: None,
        limit: 20,
    }
}

/// A search as the program does it: the folder is looked at, the index read, the words looked for.
fn search(dir: &std::path::Path, indexing: Indexing, wanted: &Wanted) -> (Duration, usize) {
    let begun = Instant::now();
    let library = Library::open(dir, indexing).expect("a library");
    let found = library.search(wanted).expect("an answer");
    (begun.elapsed(), found.total)
}

fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut seed = Seed(42);
    for number in 0..SESSIONS {
        session(dir.path(), number, SEGMENTS, &mut seed);
    }
    let rare = wanted(&["naïve export price"], None);
    let (made, _) = search(dir.path(), Indexing::Used, &rare);
    let size = std::fs::metadata(dir.path().join(".search-index")).expect("an index");
    println!("{SESSIONS} sessions, {} segments", SESSIONS * SEGMENTS);
    println!(
        "making the index       {made:>10.1?}, {:.1} MB",
        size.len() as f64 / 1e6
    );
    let queries = [
        ("a rare phrase", rare),
        ("two words", wanted(&["invoice", "sheets"], None)),
        ("a word of everywhere", wanted(&["the"], None)),
        (
            "the same, one speaker",
            wanted(&["the"], Some("participant")),
        ),
    ];
    for (name, wanted) in &queries {
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..RUNS {
            let (time, found) = search(dir.path(), Indexing::Used, wanted);
            times.push(time);
            total = found;
        }
        times.sort();
        let (median, worst) = (times[RUNS / 2], times[RUNS - 1]);
        println!("{name:<22} {median:>10.1?} median, {worst:.1?} worst, {total} places");
    }
    let (time, _) = search(dir.path(), Indexing::Without, &queries[0].1);
    println!("without the index      {time:>10.1?}");
}

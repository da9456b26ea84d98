//! Search over many sessions: the index tells what reading every document tells, whatever happens to
//! the sessions and to the index.

#[path = "support/shelf.rs"]
mod shelf;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use shelf::{Seed, age, session};
use verbatim::batch::library::{Indexing, Library};
use verbatim::library::query::Query;
use verbatim::library::search::{Found, Wanted};

fn wanted(words: &[&str]) -> Wanted {
    Wanted {
        query: Query::parse(words).expect("words"),
        speaker: None,
        kinds: Vec::new(),
        tags: Vec::new(),
        since: None,
        until: None,
        session: None,
        limit: usize::MAX,
    }
}

fn look(dir: &Path, indexing: Indexing, wanted: &Wanted) -> (Found, usize) {
    let library = Library::open(dir, indexing).expect("a library");
    assert!(library.troubles.is_empty(), "{:?}", library.troubles);
    (
        library.search(wanted).expect("an answer"),
        library.read_anew,
    )
}

/// The answer by the index, which is the same without it.
fn same(dir: &Path, wanted: &Wanted) -> Found {
    let (by_index, _) = look(dir, Indexing::Used, wanted);
    let (by_reading, _) = look(dir, Indexing::Without, wanted);
    assert_eq!(by_index, by_reading);
    by_index
}

#[test]
fn only_what_changed_is_read_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut seed = Seed(1);
    for number in 0..5 {
        session(dir.path(), number, 12, &mut seed);
    }
    let query = wanted(&["numbers"]);
    let (first, read) = look(dir.path(), Indexing::Used, &query);
    assert!(first.total > 0 && read == 5);
    assert_eq!(look(dir.path(), Indexing::Used, &query), (first.clone(), 0));

    let changed = session(dir.path(), 3, 14, &mut seed);
    fs::remove_dir_all(session(dir.path(), 0, 1, &mut seed)).expect("gone");
    let (second, read) = look(dir.path(), Indexing::Used, &query);
    assert_eq!(read, 1);
    assert_eq!(second, look(dir.path(), Indexing::Without, &query).0);

    // A file that changed this moment may change again within the same tick of its stamp.
    fs::write(changed.join("markers.json"), "[]").expect("a file");
    age(&changed.join("markers.json"), 0);
    let library = Library::open(dir.path(), Indexing::Used).expect("a library");
    assert_eq!(library.troubles.len(), 1, "the damaged session is told");
    assert!(library.search(&query).expect("an answer").total < second.total);
}

#[test]
fn an_index_that_is_damaged_or_gone_is_made_again_for_its_owner_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    session(dir.path(), 1, 30, &mut Seed(7));
    let query = wanted(&["hours"]);
    let good = same(dir.path(), &query);
    let index = dir.path().join(".search-index");
    let bytes = fs::read(&index).expect("an index");
    for damaged in [&bytes[..bytes.len() / 2], b"", b"rubbish"] {
        fs::write(&index, damaged).expect("written");
        assert_eq!(same(dir.path(), &query), good);
        assert_eq!(fs::read(&index).expect("an index"), bytes);
    }
    fs::remove_file(&index).expect("gone");
    assert_eq!(same(dir.path(), &query), good);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&index).expect("an index").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn filters_keep_what_they_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut seed = Seed(3);
    for number in 0..40 {
        session(dir.path(), number, 25, &mut seed);
    }
    let all = same(dir.path(), &wanted(&["hand"]));
    let participant = same(
        dir.path(),
        &Wanted {
            speaker: Some("participant".into()),
            ..wanted(&["hand"])
        },
    );
    assert!(participant.total > 0 && participant.total < all.total);
    assert!(
        participant
            .hits
            .iter()
            .all(|hit| hit.passage.speaker == "Participant")
    );
    let dated = same(
        dir.path(),
        &Wanted {
            since: Some("2026-01-20".into()),
            until: Some("2026-02".into()),
            ..wanted(&["hand"])
        },
    );
    assert!(dated.total > 0 && dated.total < all.total);
    for hit in &dated.hits {
        let day = &hit.started_at[..10];
        assert!(("2026-01-20".."2026-03").contains(&day), "{day}");
    }
    let pains = same(
        dir.path(),
        &Wanted {
            kinds: vec!["pain".into()],
            tags: vec!["PRICING".into()],
            ..wanted(&["hand"])
        },
    );
    assert!(pains.total > 0 && pains.total < all.total);
    let one = same(
        dir.path(),
        &Wanted {
            session: Some("call 7".into()),
            ..wanted(&["hand"])
        },
    );
    assert!(one.hits.iter().all(|hit| hit.folder.ends_with("call-7")) && one.total > 0);
    let few = Wanted {
        limit: 3,
        ..wanted(&["hand"])
    };
    let few = same(dir.path(), &few);
    assert_eq!((few.hits.len(), few.total), (3, all.total));
    assert_eq!(few.hits[..], all.hits[..3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Sessions come, change and go between searches; the index never tells anything else than the
    /// documents do, and what it tells is what the words say.
    #[test]
    fn the_index_tells_what_the_documents_tell(
        seed in 1_u64..u64::MAX,
        steps in proptest::collection::vec((0_usize..6, 0_usize..9), 1..6),
        word in proptest::sample::select(vec!["numbers", "cop*", "by hand", "会議", "CAFES", "dont", "1,200"]),
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut seed = Seed(seed);
        for (number, segments) in steps {
            let path = session(dir.path(), number, segments, &mut seed);
            if segments == 0 {
                fs::remove_dir_all(path).expect("gone");
            }
            let query = wanted(&[word]);
            let found = same(dir.path(), &query);
            prop_assert_eq!(found.total, found.hits.len());
            for hit in &found.hits {
                let places = query.query.places(&hit.passage.text);
                prop_assert!(!places.is_empty());
                let start = hit.passage.start_ms;
                prop_assert!((start..=hit.passage.end_ms.max(start)).contains(&hit.at_ms) || hit.passage.track.is_none());
            }
        }
    }
}

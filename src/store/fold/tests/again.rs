//! A second pass over speech that has its text.

use super::*;
use crate::event::PassEnded;

/// A call that a first pass wrote down in two utterances.
fn written() -> Script {
    Script::start()
        .speech(Track::Mic, 1_000, 3_000)
        .speech(Track::Mic, 5_000, 8_000)
        .pass("p1")
        .says("p1", "s0001", (1_000, 3_000))
        .says("p1", "s0002", (5_000, 8_000))
        .stop()
}

impl Script {
    /// A segment of a pass, as an utterance of its own.
    fn says(self, pass: &str, id: &str, range: (u64, u64)) -> Script {
        let utterance = format!("u{id}");
        self.and(Event::TranscriptFinal(text(
            pass,
            &utterance,
            range,
            &[segment(id, range)],
        )))
    }

    fn ended(self, pass: &str) -> Script {
        self.and(Event::PassEnded(PassEnded { pass: pass.into() }))
    }
}

fn passes(documents: &Documents) -> Vec<&str> {
    let passes = documents.transcript.passes.iter();
    passes.map(|pass| pass.id.as_str()).collect()
}

#[test]
fn until_it_is_complete_nothing_has_changed() {
    let before = written().fold();
    let begun = written()
        .pass_over("p2", PassScope::Again)
        .says("p2", "s0003", (1_000, 3_000));
    let documents = Script(begun.0.clone()).fold();
    assert_eq!(documents, before);
    let documents = begun.says("p2", "s0004", (5_000, 8_000)).ended("p2").fold();
    assert_eq!(ids(&documents), ["s0003", "s0004"]);
    assert_eq!(passes(&documents), ["p1", "p2"]);
    assert_eq!(documents.manifest.status, Status::Complete);
}

#[test]
fn what_it_did_not_hear_keeps_the_older_text() {
    let documents = written()
        .pass_over("p2", PassScope::Again)
        .says("p2", "s0003", (5_000, 8_000))
        .ended("p2")
        .fold();
    assert_eq!(ids(&documents), ["s0001", "s0003"]);
}

#[test]
fn one_that_was_given_up_leaves_nothing_to_the_next_of_its_number() {
    for scope in [PassScope::Again, PassScope::Missing] {
        let documents = written()
            .pass_over("p2", PassScope::Again)
            .says("p2", "s0003", (1_000, 3_000))
            .pass_over("p2", scope)
            .says("p2", "s0004", (5_000, 8_000))
            .ended("p2")
            .fold();
        assert_eq!(ids(&documents), ["s0001", "s0004"], "{scope:?}");
        assert_eq!(passes(&documents), ["p1", "p2"]);
    }
}

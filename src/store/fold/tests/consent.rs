//! What was agreed to, taken back, and agreed to again.

use super::*;
use crate::document::common::ConsentScope::{self, QuotePublicly, Record, Transcribe};
use crate::event::{ConsentRecorded, ConsentWithdrawn};

fn agreed(scopes: &[ConsentScope]) -> Event {
    Event::ConsentRecorded(ConsentRecorded {
        text: "agreed".into(),
        scopes: scopes.to_vec(),
    })
}

fn withdrawn(scopes: &[ConsentScope]) -> Event {
    Event::ConsentWithdrawn(ConsentWithdrawn {
        text: String::new(),
        scopes: scopes.to_vec(),
    })
}

/// Why the speech of such a session has no text, and whether its text is refused.
fn after(events: &[Event]) -> (UntranscribedReason, bool) {
    let script = Script::start()
        .speech(Track::Mic, 1_000, 2_000)
        .pass("p1")
        .and(Event::TranscriptDeferred(TranscriptDeferred {
            utterance: None,
            speech: Untranscribed {
                track: Track::Mic,
                start_ms: 1_000,
                end_ms: 2_000,
                reason: UntranscribedReason::Deferred,
            },
        }))
        .stop();
    let documents = events.iter().cloned().fold(script, Script::and).fold();
    let reason = documents.transcript.untranscribed[0].reason;
    (reason, documents.manifest.refuses(Transcribe))
}

#[test]
fn speech_that_waits_is_not_written_down_once_that_is_withdrawn() {
    let waits = (UntranscribedReason::Deferred, false);
    let refused = (UntranscribedReason::NotAllowed, true);
    let all = [Record, Transcribe, QuotePublicly];
    assert_eq!(after(&[agreed(&all)]), waits);
    assert_eq!(after(&[agreed(&all), withdrawn(&[QuotePublicly])]), waits);
    assert_eq!(after(&[agreed(&all), withdrawn(&all)]), refused);
    // Words that name no scope are taken back as well, and do not give it again.
    assert_eq!(after(&[agreed(&[]), withdrawn(&all)]), refused);
    assert_eq!(after(&[withdrawn(&all), agreed(&[])]), refused);
    assert_eq!(after(&[withdrawn(&all)]), refused);
    assert_eq!(after(&[withdrawn(&all), agreed(&all)]), waits);
}

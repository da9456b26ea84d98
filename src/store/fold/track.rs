//! Which of a track's speech has text, and why the rest has none.

use super::{Log, coverage};
use crate::audio::Track;
use crate::document::common::{ConsentScope, Range, Untranscribed, UntranscribedReason};
use crate::document::transcript::Coverage;
use crate::event::SessionStarted;

/// Why speech has no text that nobody has spoken of yet: it waits, if it may and there is a recogniser
/// to wait for.
pub(super) fn unspoken(log: &Log, started: &SessionStarted) -> UntranscribedReason {
    if started.no_audio.is_some() {
        UntranscribedReason::NoAudio
    } else if !log.agreed.allows(ConsentScope::Transcribe) {
        UntranscribedReason::NotAllowed
    } else if log.passes.is_empty() {
        UntranscribedReason::NotRequested
    } else {
        UntranscribedReason::Deferred
    }
}

pub(super) fn coverage(
    log: &Log,
    track: Track,
    unspoken: UntranscribedReason,
) -> (Coverage, Vec<Untranscribed>) {
    let attempted = log.finals.iter().filter(|text| text.track == track);
    let attempted = coverage::joined(attempted.map(coverage::span).collect());
    let heard = &log.tracks[&track];
    let mut without = heard.fates.without_text(track, &heard.speech, unspoken);
    if log.agreed.refuses(ConsentScope::Transcribe) {
        // What waited for its text waits no longer.
        let waiting = without.iter_mut().filter(|item| item.reason.waits());
        waiting.for_each(|item| item.reason = UntranscribedReason::NotAllowed);
    }
    let voiced_ms: u64 = heard.speech.iter().map(|span| span.ms()).sum();
    let without_ms: u64 = without.iter().map(|u| u.end_ms - u.start_ms).sum();
    let coverage = Coverage {
        track,
        voiced_ms,
        covered_ms: voiced_ms - without_ms,
        attempted: attempted.into_iter().map(Range::from).collect(),
    };
    (coverage, without)
}

//! A second pass: speech that has its text is heard once more by another model.
//!
//! The older text stands until the pass is complete, and stays in the log for ever.

use std::collections::BTreeMap;

use super::log::Watch;
use super::text::run_pass;
use crate::audio::Track;
use crate::document::common::{ConsentScope, UntranscribedReason};
use crate::document::transcript::{Pass, PassScope, Segment, TranscriptDocument};
use crate::error::Result;
use crate::store::fold::Documents;
use crate::store::folder::SessionFolder;
use crate::text::Recogniser;
use crate::time::{Span, Tick};

/// Transcribes all speech of a session again that another model wrote down or heard nothing in. What
/// somebody has corrected is left alone, and what the pass does not cover stays as it is. Cut off, it
/// leaves the session as it was, and the same call goes on with it.
///
/// # Errors
///
/// As [`transcribe_waiting`](super::text::transcribe_waiting).
pub fn transcribe_again(
    folder: &SessionFolder,
    recogniser: &mut Recogniser,
    watch: &mut dyn Watch,
) -> Result<TranscriptDocument> {
    run_pass(folder, recogniser, PassScope::Again, watch)
}

/// Whether a pass of this model has been over all of a session that it may work on.
pub fn is_by(transcript: &TranscriptDocument, model_sha256: &str) -> bool {
    let of_model = |pass: &Pass| pass.model_sha256 == model_sha256;
    let mut passes = transcript.passes.iter();
    passes
        .clone()
        .any(|pass| of_model(pass) && pass.scope == PassScope::Again)
        || (!transcript.passes.is_empty() && passes.all(of_model))
}

/// The speech of each track that `pass` is to hear again, in order.
pub(super) fn written(before: &Documents, pass: &Pass) -> BTreeMap<Track, Vec<Span>> {
    if before.manifest.refuses(ConsentScope::Transcribe) {
        return BTreeMap::new();
    }
    let transcript = &before.transcript;
    let own: Vec<&str> = transcript
        .passes
        .iter()
        .filter(|known| known.model_sha256 == pass.model_sha256)
        .map(|known| known.id.as_str())
        .collect();
    let is_kept = |segment: &Segment| {
        let corrections = before.corrections.iter().flat_map(|c| &c.corrections);
        own.contains(&segment.pass.as_str())
            || corrections.into_iter().any(|c| c.segment == segment.id)
    };
    let mut spans: BTreeMap<Track, Vec<Span>> = BTreeMap::new();
    for track in &before.turns.tracks {
        let kept: Vec<Tick> = transcript
            .segments
            .iter()
            .filter(|segment| segment.track == track.track && is_kept(segment))
            .map(|segment| Tick::from_ms(segment.start_ms.midpoint(segment.end_ms)))
            .collect();
        let refused: Vec<Span> = transcript
            .untranscribed
            .iter()
            .filter(|item| item.track == track.track && is_refused(item.reason))
            .map(|item| Span::from_ms(item.start_ms, item.end_ms))
            .collect();
        let speech = track.speech.iter().map(|&range| Span::from(range));
        let again = speech.filter(|span| {
            !kept.iter().any(|&middle| span.contains(middle))
                && !refused.iter().any(|other| other.intersect(*span).is_some())
        });
        let again: Vec<Span> = again.collect();
        if !again.is_empty() {
            spans.insert(track.track, again);
        }
    }
    spans
}

/// Whether speech is not to be written down, whatever the model.
fn is_refused(reason: UntranscribedReason) -> bool {
    matches!(
        reason,
        UntranscribedReason::NotAllowed | UntranscribedReason::NoAudio
    )
}

//! Talk in the phases of a guide.

use crate::document::common::Range;
use crate::document::stats::{PhaseStats, PhaseTalk};
use crate::document::turns::TurnsDocument;
use crate::insight::guide::PhaseSpan;
use crate::voice::document::share;

/// Each track's speech inside each phase.
pub(super) fn talk(doc: &TurnsDocument, phases: &[PhaseSpan]) -> Vec<PhaseStats> {
    let inside = |speech: &[Range], phase: &PhaseSpan| -> u64 {
        let cut = speech.iter().map(|span| {
            let (from, to) = (
                span.start_ms.max(phase.start_ms),
                span.end_ms.min(phase.end_ms),
            );
            to.saturating_sub(from)
        });
        cut.sum()
    };
    let phase = |phase: &PhaseSpan| {
        let spoken = doc
            .tracks
            .iter()
            .map(|t| (t.track, inside(&t.speech, phase)));
        let spoken: Vec<_> = spoken.collect();
        let all = spoken.iter().map(|(_, ms)| ms).sum();
        PhaseStats {
            title: phase.title.clone(),
            start_ms: phase.start_ms,
            end_ms: phase.end_ms,
            tracks: spoken
                .into_iter()
                .map(|(track, speech_ms)| PhaseTalk {
                    track,
                    speech_ms,
                    talk_share: share(speech_ms, all),
                })
                .collect(),
        }
    };
    phases.iter().map(phase).collect()
}

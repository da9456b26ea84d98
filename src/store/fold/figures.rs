//! What is measured in a call, and what rules read out of it: two documents that never mix.

use crate::document::manifest::Manifest;
use crate::document::review::ReviewDocument;
use crate::document::stats::StatsDocument;
use crate::document::transcript::TranscriptDocument;
use crate::document::turns::TurnsDocument;
use crate::insight::guide::{Progress, coverage};
use crate::insight::review::{self, RuleChoice};
use crate::insight::rules::Rules;
use crate::insight::stats::{self, Measured};
use crate::store::fold::RuleFinder;

/// `stats.json` and `review.json`. `own` finds rules in the place of the program's.
pub(super) fn figures(
    guide: &Progress,
    manifest: &Manifest,
    (turns, transcript): (&TurnsDocument, &TranscriptDocument),
    own: RuleFinder<'_>,
) -> (StatsDocument, ReviewDocument) {
    let rules = RuleChoice::of(transcript, own);
    let stats = stats::stats(&Measured {
        transcript: Some(transcript),
        tracks: &manifest.tracks,
        fillers: rules.rules().map(Rules::fillers),
        phases: &guide.phases(turns.duration_ms),
        ..Measured::turns(turns)
    });
    let review = ReviewDocument {
        guide: coverage(guide, transcript, turns),
        ..review::review(transcript, turns, &rules)
    };
    (stats, review)
}

//! One track of a session: how it was captured, and which of its speech has text.

use super::{Log, coverage, gaps};
use crate::audio::Track;
use crate::document::common::{ConsentScope, Gap, Range, Untranscribed, UntranscribedReason};
use crate::document::manifest::TrackManifest;
use crate::document::transcript::Coverage;
use crate::event::{PlannedTrack, SessionStarted};
use crate::store::folder::track_file;
use crate::time::TICKS_PER_MS;

/// Why speech has no text that nobody has spoken of yet: it waits, if it may and there is a recogniser
/// to wait for.
pub(super) fn unspoken(log: &Log, started: &SessionStarted) -> UntranscribedReason {
    let scopes: Vec<ConsentScope> = log.consent.iter().flat_map(|c| c.scopes.clone()).collect();
    if started.no_audio.is_some() {
        UntranscribedReason::NoAudio
    } else if !ConsentScope::Transcribe.is_within(&scopes) {
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
    let without = heard.fates.without_text(track, &heard.speech, unspoken);
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

pub(super) fn manifest(planned: PlannedTrack, log: &Log, parts: u32) -> TrackManifest {
    let track = &log.tracks[&planned.track];
    let offset = track.started.as_ref().map_or(0, |s| s.offset_samples);
    let samples = track.ended.as_ref().map_or(0, |e| e.samples);
    let gaps: Vec<Gap> = track.gaps.iter().map(gaps::shown).collect();
    let (paused, lost): (Vec<&Gap>, Vec<&Gap>) = gaps.iter().partition(|gap| gap.cause.is_wanted());
    let total = |gaps: Vec<&Gap>| gaps.iter().map(|gap| gap.samples).sum::<u64>();
    let (paused_samples, lost_samples) = (total(paused), total(lost));
    let captured = samples.saturating_sub(lost_samples + paused_samples).max(1);
    let zeros = track.ended.as_ref().map_or(0, |e| e.zero_samples);
    TrackManifest {
        track: planned.track,
        files: (1..=parts)
            .map(|part| track_file(planned.track, part))
            .collect(),
        device: planned.device,
        source: planned.source,
        native_rate: track.started.as_ref().map_or(0, |s| s.rate),
        native_channels: track.started.as_ref().map_or(0, |s| s.channels),
        offset_ms: offset / TICKS_PER_MS,
        offset_samples: offset,
        samples: if parts == 0 { 0 } else { samples },
        lost_samples,
        paused_samples,
        peak: rounded(
            track
                .ended
                .as_ref()
                .map_or(0.0, |e| f64::from(e.peak) / 32_768.0),
        ),
        clipped_samples: track.ended.as_ref().map_or(0, |e| e.clipped_samples),
        zero_share: rounded((zeros as f64 / captured as f64).min(1.0)),
        skew_ppm: track.ended.as_ref().and_then(|e| e.skew_ppm).map(rounded),
        gaps,
        device_changes: track.changes.iter().map(gaps::change).collect(),
    }
}

/// Rounds to 4 places, so that documents do not depend on the last bits of arithmetic.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

//! `session.json` out of what the events say.

use super::{Log, gaps};
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::common::{Gap, Range};
use crate::document::manifest::{self, Manifest, Status, TrackManifest};
use crate::document::transcript::TranscriptDocument;
use crate::event::{PlannedTrack, SessionStarted, SourceFile, TrackEnded};
use crate::store::folder::track_file;
use crate::time::{TICKS_PER_MS, Tick};

/// The manifest; `files` tells the archive files that a track has.
pub(super) fn manifest(
    log: &Log,
    started: SessionStarted,
    transcript: &TranscriptDocument,
    files: &dyn Fn(Track) -> Vec<String>,
) -> Manifest {
    let duration = log.duration.unwrap_or(Tick::ZERO);
    let tracks = started
        .tracks
        .into_iter()
        .map(|planned| {
            // A session without audio has no files, only lengths.
            let files = match started.no_audio {
                Some(_) => Vec::new(),
                None => archived(planned.track, files(planned.track)),
            };
            track_manifest(planned, log, files)
        })
        .collect();
    Manifest {
        schema: manifest::SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        id: log.session.clone(),
        status: status(log, transcript),
        origin: started.origin,
        title: started.title,
        goal: started.goal,
        consent: log.agreed.notes.clone(),
        withdrawn: log.agreed.withdrawn.clone(),
        started_at: started.started_at,
        duration_ms: duration.ms(),
        duration_samples: duration.0,
        stop_reason: log.stopped,
        program: started.program,
        detector: started.detector,
        no_audio: started.no_audio,
        tracks,
    }
}

fn status(log: &Log, transcript: &TranscriptDocument) -> Status {
    let waits = transcript.untranscribed.iter().any(|u| u.reason.waits());
    match (log.recovered, log.stopped) {
        (false, None) => Status::Recording,
        _ if waits => Status::Stopped,
        (true, _) => Status::Recovered,
        (false, Some(_)) => Status::Complete,
    }
}

/// The files of a track; one whose first file is not there yet is told of all the same.
fn archived(track: Track, mut files: Vec<String>) -> Vec<String> {
    if files.is_empty() {
        files.push(track_file(track, 1));
    }
    files
}

fn track_manifest(planned: PlannedTrack, log: &Log, files: Vec<String>) -> TrackManifest {
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
        converted: match &track.converted {
            // What the log tells of files that are there no more is history.
            Some(media) if media.iter().map(|m| &m.file).eq(&files) => media.clone(),
            _ => Vec::new(),
        },
        samples: if files.is_empty() { 0 } else { samples },
        file_samples: Vec::new(),
        files,
        device: planned.device,
        source: planned.source.map(|source| SourceFile {
            copy: track.copy.clone().or(source.copy.clone()),
            ..source
        }),
        native_rate: track.started.as_ref().map_or(0, |s| s.rate),
        native_channels: track.started.as_ref().map_or(0, |s| s.channels),
        offset_ms: offset / TICKS_PER_MS,
        offset_samples: offset,
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
        corrected_samples: track.ended.as_ref().map_or(0, |e| e.corrected_samples),
        gaps,
        cut_short: cut_short(track.ended.as_ref()),
        device_changes: track.changes.iter().map(gaps::change).collect(),
    }
}

/// Where the file of a track should go on, and does not.
fn cut_short(ended: Option<&TrackEnded>) -> Option<Range> {
    let ended = ended.filter(|ended| ended.missing_samples > 0)?;
    let end = Tick(ended.samples);
    Some(Range {
        start_ms: end.ms(),
        end_ms: Tick(ended.samples.saturating_add(ended.missing_samples)).ms(),
    })
}

/// Rounds to 4 places, so that documents do not depend on the last bits of arithmetic.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

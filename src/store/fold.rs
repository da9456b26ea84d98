//! Documents as a pure function of the event log.

mod coverage;
mod figures;
mod gaps;
mod marks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::coverage::Fates;
use super::folder::track_file;
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::clip::{Clip, ClipsDocument};
use crate::document::common::{Gap, Range, Untranscribed, UntranscribedReason};
use crate::document::manifest::{self, Consent, Manifest, Status, TrackManifest};
use crate::document::marker::MarkersDocument;
use crate::document::review::ReviewDocument;
use crate::document::stats::StatsDocument;
use crate::document::transcript::{
    self, Coverage, Pass, Role, Segment, Speaker, SpeakerBasis, TranscriptDocument,
};
use crate::document::turns::TurnsDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{
    DeviceChanged, Envelope, Event, PlannedTrack, SessionStarted, StopReason, TrackEnded, TrackGap,
    TrackStarted, TranscriptFinal,
};
use crate::insight::rules::Rules;
use crate::mark::board::Board;
use crate::time::{Span, TICKS_PER_MS, Tick};
use crate::voice::document::{Heard, Provenance, turns_document};
use crate::voice::turns::TurnOptions;

/// Every document of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Documents {
    /// `session.json`.
    pub manifest: Manifest,
    /// `turns.json`.
    pub turns: TurnsDocument,
    /// `transcript.json`.
    pub transcript: TranscriptDocument,
    /// `stats.json`.
    pub stats: StatsDocument,
    /// `review.json`.
    pub review: ReviewDocument,
    /// `markers.json`, when a marker was ever set.
    pub markers: Option<MarkersDocument>,
    /// `clips.json`, when a clip was ever cut.
    pub clips: Option<ClipsDocument>,
}

/// What the events say so far.
#[derive(Default)]
struct Log {
    session: String,
    started: Option<SessionStarted>,
    consent: Vec<Consent>,
    tracks: BTreeMap<Track, TrackLog>,
    passes: Vec<Pass>,
    finals: Vec<TranscriptFinal>,
    board: Board,
    clips: Vec<Clip>,
    /// How far the events reach, for a log without an end.
    reach: Tick,
    stopped: Option<StopReason>,
    duration: Option<Tick>,
    recovered: bool,
}

/// What the events say about one track.
#[derive(Default)]
struct TrackLog {
    started: Option<TrackStarted>,
    ended: Option<TrackEnded>,
    gaps: Vec<TrackGap>,
    changes: Vec<DeviceChanged>,
    speech: Vec<Span>,
    fates: Fates,
}

/// Folds a session's events, in the order of the log, into its documents, with the rules that come with
/// the program. `parts` tells how many archive files a track has.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the log does not begin with `session.started`.
pub fn fold(
    events: impl IntoIterator<Item = Envelope>,
    parts: &dyn Fn(Track) -> u32,
) -> Result<Documents> {
    fold_by(events, parts, None)
}

/// The same with the session's own rules, where it has some; what cannot be read of them is told in the
/// review.
///
/// # Errors
///
/// As [`fold`].
pub fn fold_by(
    events: impl IntoIterator<Item = Envelope>,
    parts: &dyn Fn(Track) -> u32,
    own: Option<Result<Rules>>,
) -> Result<Documents> {
    let mut log = Log::default();
    for envelope in events {
        log.take(envelope);
    }
    let Some(started) = log.started.take() else {
        return Err(Error::new(
            ErrorKind::Session,
            "the event log does not say how the session started",
        )
        .hint("its first line is damaged; the audio can be transcribed with verbatim transcribe"));
    };
    for planned in &started.tracks {
        log.track(planned.track).tidy();
    }
    let duration = log.duration.unwrap_or(log.reach);
    let turns = turns(&log, &started, duration);
    let transcript = transcript(&log, &started);
    let markers = marks::markers(&log, duration);
    let clips = marks::clips(&log);
    let manifest = manifest(&log, started, &transcript, parts);
    let (stats, review) = figures::figures(&manifest, (&turns, &transcript), own);
    Ok(Documents {
        manifest,
        turns,
        transcript,
        stats,
        review,
        markers,
        clips,
    })
}

impl Log {
    fn take(&mut self, envelope: Envelope) {
        if self.started.is_none() {
            self.session = envelope.session;
        }
        match envelope.event {
            // A session starts once.
            Event::SessionStarted(started) => {
                self.started.get_or_insert(started);
            }
            Event::ConsentRecorded(consent) => self.consent.push(Consent {
                text: consent.text,
                at: envelope.at,
                scopes: consent.scopes,
            }),
            Event::SessionStopped(stopped) => {
                self.stopped = Some(stopped.reason);
                self.duration = Some(Tick(stopped.duration_samples));
            }
            Event::SessionRecovered(recovered) => {
                self.recovered = true;
                self.duration = Some(Tick(recovered.duration_samples));
            }
            Event::TrackStarted(started) => {
                let track = started.track;
                self.track(track).started = Some(started);
            }
            Event::DeviceChanged(change) => self.track(change.track).changes.push(change),
            Event::TrackEnded(ended) => {
                self.reach(Tick(ended.samples));
                let track = ended.track;
                self.track(track).ended = Some(ended);
            }
            Event::TrackGap(gap) => {
                self.reach(Tick(gap.start_sample).after(gap.samples));
                self.track(gap.track).gaps.push(gap);
            }
            Event::SpeechEnd(speech) => {
                let span = Span::from_ms(speech.start_ms, speech.end_ms);
                self.reach(span.end);
                self.track(speech.track).speech.push(span);
            }
            Event::Heartbeat(heartbeat) => {
                let samples = heartbeat.samples.into_iter().max();
                self.reach(Tick(samples.unwrap_or_default()));
            }
            Event::PassStarted(pass) => {
                if self.passes.iter().all(|known| known.id != pass.id) {
                    self.passes.push(pass);
                }
            }
            Event::TranscriptFinal(text) => self.text(text),
            Event::TranscriptDeferred(deferred) => {
                self.track(deferred.speech.track)
                    .fates
                    .give_up(&deferred.speech);
            }
            Event::MarkerAdded(_) | Event::MarkerChanged(_) | Event::MarkerRemoved(_) => {
                self.board.take(&envelope.event);
            }
            Event::ClipCreated(clip) => self.clips.push(*clip.0),
            Event::ConsentOverridden(_)
            | Event::TrackHealth(_)
            | Event::SpeechStart(_)
            | Event::TurnEnd(_)
            | Event::SilenceEnd(_)
            | Event::Backlog(_)
            | Event::Warning(_) => {}
        }
    }

    /// Takes a text, and takes away the older one in its place.
    fn text(&mut self, text: TranscriptFinal) {
        for older in &mut self.finals {
            coverage::replace(older, &text);
        }
        self.track(text.track).fates.settle(&text);
        self.finals.push(text);
    }

    fn track(&mut self, track: Track) -> &mut TrackLog {
        self.tracks.entry(track).or_default()
    }

    fn reach(&mut self, tick: Tick) {
        self.reach = self.reach.max(tick);
    }
}

impl TrackLog {
    /// Sorts what was heard and what was lost; what was told twice counts once.
    fn tidy(&mut self) {
        self.gaps = gaps::joined(std::mem::take(&mut self.gaps));
        self.speech = coverage::joined(std::mem::take(&mut self.speech));
    }
}

fn turns(log: &Log, started: &SessionStarted, duration: Tick) -> TurnsDocument {
    let heard: Vec<Heard> = started
        .tracks
        .iter()
        .map(|planned| {
            let track = &log.tracks[&planned.track];
            Heard {
                track: planned.track,
                speech: track.speech.clone(),
                gaps: track.gaps.iter().map(gaps::heard).collect(),
            }
        })
        .collect();
    let provenance = Provenance {
        session: Some(log.session.clone()),
        detector: started.detector.clone(),
    };
    turns_document(provenance, &heard, duration, TurnOptions::default())
}

fn transcript(log: &Log, started: &SessionStarted) -> TranscriptDocument {
    let speakers: Vec<Speaker> = started
        .tracks
        .iter()
        .enumerate()
        .map(|(index, planned)| speaker(index, planned))
        .collect();
    let mut segments: Vec<Segment> = log.finals.iter().flat_map(|f| f.segments.clone()).collect();
    for segment in &mut segments {
        if let Some(speaker) = speakers.iter().find(|s| s.track == segment.track) {
            segment.speaker.clone_from(&speaker.id);
        }
    }
    segments.sort_by(|a, b| (a.start_ms, a.track, &a.id).cmp(&(b.start_ms, b.track, &b.id)));
    let mut coverage = Vec::new();
    let mut untranscribed = Vec::new();
    for planned in &started.tracks {
        let (covered, without) = track_coverage(log, planned.track);
        coverage.push(covered);
        untranscribed.extend(without);
    }
    untranscribed.sort_by_key(|u| (u.start_ms, u.track, u.end_ms));
    TranscriptDocument {
        schema: transcript::SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        session: log.session.clone(),
        speakers,
        passes: log.passes.clone(),
        segments,
        coverage,
        untranscribed,
    }
}

fn speaker(index: usize, planned: &PlannedTrack) -> Speaker {
    let (label, role) = match planned.track {
        Track::Mic => ("Interviewer".to_owned(), Role::Interviewer),
        Track::System => ("Participant".to_owned(), Role::Participant),
        Track::Imported(n) => (format!("Speaker {n}"), Role::Unknown),
    };
    Speaker {
        id: format!("sp{}", index + 1),
        label,
        role,
        track: planned.track,
        basis: SpeakerBasis::Track,
    }
}

fn track_coverage(log: &Log, track: Track) -> (Coverage, Vec<Untranscribed>) {
    let attempted = log.finals.iter().filter(|text| text.track == track);
    let attempted = coverage::joined(attempted.map(coverage::span).collect());
    // Speech that nobody has spoken of yet waits, if there is a recogniser to wait for.
    let unspoken = match log.passes.is_empty() {
        true => UntranscribedReason::NotRequested,
        false => UntranscribedReason::Deferred,
    };
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

fn manifest(
    log: &Log,
    started: SessionStarted,
    transcript: &TranscriptDocument,
    parts: &dyn Fn(Track) -> u32,
) -> Manifest {
    let duration = log.duration.unwrap_or(Tick::ZERO);
    let tracks = started
        .tracks
        .into_iter()
        .map(|planned| {
            let parts = parts(planned.track).max(1);
            track_manifest(planned, log, parts)
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
        consent: log.consent.clone(),
        started_at: started.started_at,
        duration_ms: duration.ms(),
        duration_samples: duration.0,
        stop_reason: log.stopped,
        program: started.program,
        detector: started.detector,
        tracks,
    }
}

fn status(log: &Log, transcript: &TranscriptDocument) -> Status {
    let waits = transcript.untranscribed.iter().any(|u| {
        matches!(
            u.reason,
            UntranscribedReason::Deferred | UntranscribedReason::NotRequested
        )
    });
    match (log.recovered, log.stopped) {
        (false, None) => Status::Recording,
        _ if waits => Status::Stopped,
        (true, _) => Status::Recovered,
        (false, Some(_)) => Status::Complete,
    }
}

fn track_manifest(planned: PlannedTrack, log: &Log, parts: u32) -> TrackManifest {
    let track = &log.tracks[&planned.track];
    let offset = track.started.as_ref().map_or(0, |s| s.offset_samples);
    let samples = track.ended.as_ref().map_or(0, |e| e.samples);
    let gaps: Vec<Gap> = track.gaps.iter().map(gaps::shown).collect();
    let lost_samples = gaps.iter().map(|gap| gap.samples).sum();
    let captured = samples.saturating_sub(lost_samples).max(1);
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
        samples,
        lost_samples,
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

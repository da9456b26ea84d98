//! Documents as a pure function of the event log.

mod consent;
mod coverage;
mod edits;
mod figures;
mod gaps;
mod manifest;
mod marks;
#[cfg(test)]
mod tests;
mod track;

use std::collections::BTreeMap;

use self::consent::Agreed;
use self::coverage::Fates;
use self::edits::Edits;
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::clip::{Clip, ClipsDocument, Media};
use crate::document::correction::CorrectionsDocument;
use crate::document::manifest::Manifest;
use crate::document::marker::MarkersDocument;
use crate::document::redaction::RedactionsDocument;
use crate::document::review::ReviewDocument;
use crate::document::review::RulesSource;
use crate::document::stats::StatsDocument;
use crate::document::transcript::{
    self, Pass, PassScope, Segment, TrackLanguage, TranscriptDocument,
};
use crate::document::turns::TurnsDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{
    DeviceChanged, Envelope, Event, SessionStarted, StopReason, TrackEnded, TrackGap, TrackStarted,
    TranscriptFinal,
};
use crate::insight::guide::Progress;
use crate::insight::rules::Rules;
use crate::mark::board::Board;
use crate::text::coverage::subtract;
use crate::time::{Span, Tick};
use crate::voice::document::{Heard, Provenance, TrackEcho, turns_document};
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
    /// `corrections.json`, when a text was ever corrected.
    pub corrections: Option<CorrectionsDocument>,
    /// `redactions.json`, when it was ever said what must not leave the session.
    pub redactions: Option<RedactionsDocument>,
}

impl Documents {
    /// The transcript with the corrections laid over it.
    pub fn shown_transcript(&self) -> TranscriptDocument {
        edits::shown(&self.transcript, self.corrections.as_ref())
    }
}

/// What the events say so far.
#[derive(Default)]
struct Log {
    session: String,
    started: Option<SessionStarted>,
    agreed: Agreed,
    tracks: BTreeMap<Track, TrackLog>,
    passes: Vec<Pass>,
    /// A pass over speech that has text, and its own text: it counts once the pass is complete.
    again: Option<(Pass, Vec<TranscriptFinal>)>,
    finals: Vec<TranscriptFinal>,
    board: Board,
    guide: Progress,
    clips: Vec<Clip>,
    edits: Edits,
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
    /// Speech; once tidied, without echo.
    speech: Vec<Span>,
    echo: Vec<TrackEcho>,
    converted: Option<Vec<Media>>,
    /// Where the recording was copied to once the session had begun.
    copy: Option<String>,
    fates: Fates,
}

/// Finds rules for a language, and where they come from; `None` leaves it to the program's.
pub type RuleFinder<'a> = &'a dyn Fn(&str) -> Option<(RulesSource, Result<Rules>)>;

/// Folds a session's events, in the order of the log, into its documents, with the rules that come with
/// the program. `files` tells the archive files that a track has, relative to the session's folder.
///
/// # Errors
///
/// [`ErrorKind::Session`] when the log does not begin with `session.started`.
pub fn fold(
    events: impl IntoIterator<Item = Envelope>,
    files: &dyn Fn(Track) -> Vec<String>,
) -> Result<Documents> {
    fold_by(events, files, &|_| None)
}

/// The same with rules that take the place of the program's: `rules` finds them for a language. What
/// cannot be read of them is told in the review.
///
/// # Errors
///
/// As [`fold`].
pub fn fold_by(
    events: impl IntoIterator<Item = Envelope>,
    files: &dyn Fn(Track) -> Vec<String>,
    rules: RuleFinder<'_>,
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
    let manifest = manifest::manifest(&log, started, &transcript, files);
    let corrections = edits::corrections(&log, &transcript.segments);
    let shown = edits::shown(&transcript, corrections.as_ref());
    let (stats, review) = figures::figures(&log.guide, &manifest, (&turns, &shown), rules);
    let redactions = edits::redactions(&log, (&manifest, &turns), shown, markers.as_ref());
    Ok(Documents {
        manifest,
        turns,
        transcript,
        stats,
        review,
        markers,
        clips,
        corrections,
        redactions,
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
            Event::ConsentRecorded(consent) => self.agreed.record(consent, envelope.at),
            Event::ConsentWithdrawn(consent) => self.agreed.withdraw(consent, envelope.at),
            Event::SessionStopped(stopped) => {
                self.stopped = Some(stopped.reason);
                self.duration = Some(Tick(stopped.duration_samples));
            }
            Event::SessionPaused(paused) => self.reach(Tick(paused.at_sample)),
            Event::SessionResumed(resumed) => self.reach(Tick(resumed.at_sample)),
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
            Event::SpeechEcho(echo) => {
                self.track(echo.track).echo.push(TrackEcho {
                    span: Span::from_ms(echo.start_ms, echo.end_ms),
                    of: echo.echo_of,
                });
            }
            Event::Heartbeat(heartbeat) => {
                let samples = heartbeat.samples.into_iter().max();
                self.reach(Tick(samples.unwrap_or_default()));
            }
            Event::PassStarted(pass) => self.pass(pass),
            Event::PassEnded(ended) => self.pass_ended(&ended.pass),
            Event::LanguageDetected(found) => self.language(&found.pass, found.found),
            Event::TranscriptFinal(text) => match &mut self.again {
                Some((pass, held)) if pass.id == text.pass => held.push(text),
                _ => self.text(text),
            },
            Event::TranscriptDeferred(deferred) => {
                self.track(deferred.speech.track)
                    .fates
                    .give_up(&deferred.speech);
            }
            Event::MarkerAdded(_) | Event::MarkerChanged(_) | Event::MarkerRemoved(_) => {
                self.board.take(&envelope.event);
            }
            Event::GuideLoaded(_) | Event::GuideTicked(_) | Event::GuideUnticked(_) => {
                self.guide.take(&envelope.event);
            }
            Event::ClipCreated(clip) => self.clips.push(*clip.0),
            Event::SpeakerChanged(changed) => self.edits.speaker(changed),
            Event::TextCorrected(text) => self.edits.correct(text, envelope.at),
            Event::TextRestored(text) => self.edits.restore(&text.segment),
            Event::RedactionSet(set) => self.edits.redact(set.0),
            Event::ArchiveConverted(converted) => {
                self.track(converted.track).converted = Some(converted.files);
            }
            Event::SourceCopied(copied) => self.track(copied.track).copy = Some(copied.copy),
            Event::ConsentOverridden(_)
            | Event::TrackHealth(_)
            | Event::SpeechStart(_)
            | Event::TurnEnd(_)
            | Event::SilenceEnd(_)
            | Event::Backlog(_)
            | Event::Warning(_) => {}
        }
    }

    /// Takes a pass that begins. One over speech that has text, and that never came to its end, is
    /// forgotten by then.
    fn pass(&mut self, pass: Pass) {
        self.again = None;
        if self.passes.iter().any(|known| known.id == pass.id) {
            return;
        }
        match pass.scope {
            PassScope::Missing => self.passes.push(pass),
            PassScope::Again => self.again = Some((pass, Vec::new())),
        }
    }

    /// Takes the language of a track, in the place of what the pass took it for before.
    fn language(&mut self, pass: &str, found: TrackLanguage) {
        let again = self.again.iter_mut().map(|(pass, _)| pass);
        let known = again.chain(&mut self.passes).find(|known| known.id == pass);
        if let Some(known) = known {
            known.languages.retain(|other| other.track != found.track);
            known.languages.push(found);
            known.languages.sort_by_key(|found| found.track);
        }
    }

    /// Lets the text of a pass stand that is complete.
    fn pass_ended(&mut self, id: &str) {
        if let Some((pass, held)) = self.again.take_if(|(pass, _)| pass.id == id) {
            self.passes.push(pass);
            held.into_iter().for_each(|text| self.text(text));
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
        let echo: Vec<Span> = self.echo.iter().map(|echo| echo.span).collect();
        self.speech = subtract(&coverage::joined(std::mem::take(&mut self.speech)), &echo);
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
                echo: track.echo.clone(),
            }
        })
        .collect();
    let provenance = Provenance {
        session: Some(log.session.clone()),
        detector: started.detector.clone(),
    };
    let mut document = turns_document(provenance, &heard, duration, TurnOptions::default());
    if heard.is_empty() {
        // Nobody was listened to, so there is no silence to tell of.
        document.silences.clear();
        document.floor.clear();
    }
    document
}

fn transcript(log: &Log, started: &SessionStarted) -> TranscriptDocument {
    let (speakers, homes) = edits::speakers(log, &started.tracks);
    // Text that was written before its sound was known to be an echo is nobody's.
    let repeats = |segment: &Segment| {
        let middle = Tick::from_ms(segment.start_ms.midpoint(segment.end_ms));
        let track = log.tracks.get(&segment.track);
        track.is_some_and(|t| t.echo.iter().any(|echo| echo.span.contains(middle)))
    };
    let mut segments: Vec<Segment> = log.finals.iter().flat_map(|f| f.segments.clone()).collect();
    segments.retain(|segment| !repeats(segment));
    for segment in &mut segments {
        if let Some(id) = homes.get(&segment.track) {
            segment.speaker.clone_from(id);
        }
    }
    segments.sort_by(|a, b| (a.start_ms, a.track, &a.id).cmp(&(b.start_ms, b.track, &b.id)));
    let mut coverage = Vec::new();
    let mut untranscribed = Vec::new();
    let unspoken = track::unspoken(log, started);
    for planned in &started.tracks {
        let (covered, without) = track::coverage(log, planned.track, unspoken);
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

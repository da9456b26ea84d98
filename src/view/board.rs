//! What stands below the captions while a call is recorded: words that are being spoken, the state of
//! each track, the floor, and how far behind the text is.

use std::collections::BTreeMap;

use verbatim::audio::Track;
use verbatim::document::common::{DeviceChangeReason, GapCause};
use verbatim::document::marker::Marker;
use verbatim::event::{
    Event, HealthState, Live, MarkerAdded, MarkerChanged, TranscriptFinal, TranscriptPartial,
};
use verbatim::insight::live::LiveFigures;
use verbatim::mark::kinds::Kinds;
use verbatim::session::{Meter, Update};

use super::ink::{Ink, Line};
use super::markers;
use super::text::{clock, span, speaker};
use block::HELD_MS;

mod block;
mod watch;

pub use watch::rings;

/// What is known about a session that runs.
#[derive(Debug)]
pub struct Board {
    tracks: Vec<Shown>,
    partials: BTreeMap<Track, TranscriptPartial>,
    talk: LiveFigures,
    now_ms: u64,
    planned_ms: Option<u64>,
    /// End of the newest utterance with text, and the time from there to its text.
    lag_ms: Option<(u64, u64)>,
    backlog: Waiting,
    stopped: bool,
    /// Keys set markers, which is worth telling.
    pub has_keys: bool,
    /// Words that may still change stand in brackets.
    pub brackets: bool,
    kinds: Kinds,
    markers: BTreeMap<String, Marker>,
    watch: watch::Watch,
}

#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    utterances: u32,
    behind_ms: u64,
    told_ms: u64,
}

#[derive(Debug)]
struct Shown {
    track: Track,
    state: HealthState,
    level_db: f32,
    peak: (f32, u64),
    clipped_ms: Option<u64>,
    lost_ms: u64,
    /// End of the last gap, in archive samples.
    lost_until: u64,
}

impl Board {
    /// The board of a session with `tracks` that is planned to be `planned_ms` long.
    pub fn new(tracks: &[Track], planned_ms: Option<u64>, kinds: Kinds) -> Board {
        let shown = |&track: &Track| Shown {
            track,
            state: HealthState::Waiting,
            level_db: f32::NEG_INFINITY,
            peak: (f32::NEG_INFINITY, 0),
            clipped_ms: None,
            lost_ms: 0,
            lost_until: 0,
        };
        Board {
            tracks: tracks.iter().map(shown).collect(),
            partials: BTreeMap::new(),
            talk: LiveFigures::new(tracks),
            now_ms: 0,
            planned_ms,
            lag_ms: None,
            backlog: Waiting::default(),
            stopped: false,
            has_keys: false,
            brackets: false,
            kinds,
            markers: BTreeMap::new(),
            watch: watch::Watch::default(),
        }
    }

    /// Without a track no level tells the time.
    pub fn tell_time(&mut self, now_ms: u64) {
        if self.tracks.is_empty() && !self.stopped {
            self.now_ms = now_ms;
        }
    }

    /// Takes an update. Returns the lines that are to stay.
    pub fn update(&mut self, update: &Update) -> Vec<Line> {
        match update {
            Update::Meter(meter) => {
                self.meter(*meter);
                Vec::new()
            }
            Update::Live(line) => {
                let Live::TranscriptPartial(partial) = &line.live;
                self.partials.insert(partial.track, partial.clone());
                Vec::new()
            }
            Update::Event(envelope) => self.event(envelope.t_ms, &envelope.event),
        }
    }

    fn event(&mut self, t_ms: u64, event: &Event) -> Vec<Line> {
        match event {
            Event::TranscriptFinal(text) => return self.settled(t_ms, text),
            Event::TranscriptDeferred(deferred) => {
                if let Some(id) = &deferred.utterance {
                    self.retire(id);
                }
            }
            Event::SpeechStart(speech) => self.talk.speech_started(speech.track, speech.start_ms),
            Event::SpeechEnd(speech) => {
                self.talk
                    .speech_ended(speech.track, speech.start_ms, speech.end_ms);
            }
            Event::SpeechEcho(echo) => {
                self.talk.echoed(echo.track, echo.start_ms, echo.end_ms);
                if let Some(id) = &echo.utterance {
                    self.retire(id);
                }
            }
            Event::TrackHealth(health) => {
                let from = self
                    .shown(health.track)
                    .map_or(HealthState::Waiting, |shown| {
                        std::mem::replace(&mut shown.state, health.state)
                    });
                let line = watch::health(t_ms, health.track, from, health.state);
                return line.into_iter().collect();
            }
            Event::TrackGap(gap) if gap.cause == GapCause::Paused => {}
            Event::TrackGap(gap) => {
                let lost = gap.samples / 48;
                if let Some(shown) = self.shown(gap.track) {
                    shown.lost_ms += lost;
                    // A track that stays away is told once, not every second.
                    let goes_on = shown.lost_until == gap.start_sample && gap.start_sample > 0;
                    shown.lost_until = gap.start_sample + gap.samples;
                    if goes_on || gap.cause == GapCause::SourceEnded {
                        return Vec::new();
                    }
                }
                let text = format!(
                    "{} of the {} track were not captured",
                    span(lost),
                    gap.track
                );
                return vec![notice(gap.start_sample / 48, &text)];
            }
            Event::DeviceChanged(change) => {
                let text = format!(
                    "{} track: {} {}",
                    change.track,
                    changed(change.reason),
                    change.device.name
                );
                return vec![notice(t_ms, &text)];
            }
            Event::Backlog(backlog) => {
                self.backlog = Waiting {
                    utterances: backlog.utterances,
                    behind_ms: backlog.behind_ms,
                    told_ms: t_ms,
                };
            }
            Event::MarkerAdded(MarkerAdded(marker))
            | Event::MarkerChanged(MarkerChanged(marker)) => {
                self.markers.insert(marker.id.clone(), marker.clone());
                return vec![self.marked(marker, "")];
            }
            Event::MarkerRemoved(removed) => {
                let marker = self.markers.remove(&removed.id);
                let line = marker.map(|marker| self.marked(&marker, " is taken back"));
                return line.into_iter().collect();
            }
            Event::SessionStopped(_) => self.stopped = true,
            event => return self.watch.take(t_ms, event).into_iter().collect(),
        }
        Vec::new()
    }

    /// An utterance has its text: its partials go, its lines come.
    fn settled(&mut self, t_ms: u64, text: &TranscriptFinal) -> Vec<Line> {
        self.retire(&text.utterance);
        // Text of long ago that is caught up with says nothing of the present.
        let newest = self.lag_ms.is_none_or(|(end_ms, _)| end_ms <= text.end_ms);
        if newest && !text.segments.is_empty() {
            self.lag_ms = Some((text.end_ms, t_ms.saturating_sub(text.end_ms)));
        }
        for segment in &text.segments {
            self.talk.said(text.track, segment.end_ms, &segment.text);
        }
        text.segments
            .iter()
            .map(|segment| {
                Line::default()
                    .add(Ink::Faint, format!("[{}] ", clock(segment.start_ms)))
                    .add(Ink::Strong, format!("{}:", speaker(segment.track)))
                    .add(Ink::Plain, format!(" {}", segment.text))
            })
            .collect()
    }

    /// A marker as a line that stays.
    fn marked(&self, marker: &Marker, end: &str) -> Line {
        Line::default()
            .add(Ink::Faint, format!("[{}] ", clock(marker.t_ms)))
            .add(Ink::Strong, markers::about(marker, &self.kinds))
            .add(Ink::Faint, format!("  {}{end}", marker.id))
    }

    fn retire(&mut self, utterance: &str) {
        self.partials
            .retain(|_, partial| partial.utterance != utterance);
    }

    fn meter(&mut self, meter: Meter) {
        self.now_ms = self.now_ms.max(meter.position.ms());
        self.talk.advance(self.now_ms);
        let now = self.now_ms;
        if let Some(shown) = self.shown(meter.track) {
            shown.level_db = meter.peak_db;
            if meter.peak_db >= shown.peak.0 || now >= shown.peak.1 + HELD_MS {
                shown.peak = (meter.peak_db, now);
            }
            if meter.clipped {
                shown.clipped_ms = Some(now);
            }
        }
    }

    fn shown(&mut self, track: Track) -> Option<&mut Shown> {
        self.tracks.iter_mut().find(|s| s.track == track)
    }
}

/// A line about the recording itself.
fn notice(t_ms: u64, text: &str) -> Line {
    Line::default()
        .add(Ink::Faint, format!("[{}] ", clock(t_ms)))
        .add(Ink::Strong, format!("-- {text} --"))
}

/// Why a device changed, in words before its name.
fn changed(reason: DeviceChangeReason) -> &'static str {
    match reason {
        DeviceChangeReason::DefaultChanged => "the default is now",
        DeviceChangeReason::Returned => "recording again from",
        DeviceChangeReason::StandIn => "recording meanwhile from",
        DeviceChangeReason::Reopened => "opened anew:",
    }
}

/// A track's state in words.
fn state(state: HealthState) -> &'static str {
    match state {
        HealthState::Live => "recording",
        HealthState::Waiting => "no sample yet",
        HealthState::Zeros => "exact silence",
        HealthState::Quiet => "quiet",
        HealthState::Clipping => "clipping",
        HealthState::Stalled => "no samples",
        HealthState::Gone => "device gone",
    }
}

#[cfg(test)]
mod tests;

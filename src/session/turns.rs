//! Turns and silences while the call goes on: the turn machine, fed by several lanes.

use crate::audio::Track;
use crate::document::common::Range;
use crate::event::{Event, SpeechEnd, SpeechStart, TrackGap, TurnEnd};
use crate::time::{Span, Tick};
use crate::voice::analysis::VoiceEvent;
use crate::voice::turns::{TurnBuilder, TurnEvent, TurnOptions};

/// Collects what the lanes hear and tells when a turn or silence is over.
#[derive(Debug)]
pub(super) struct TurnLog {
    builder: TurnBuilder,
    heard: Vec<(Track, Tick)>,
    told: Vec<TurnEvent>,
}

impl TurnLog {
    /// A log at tick 0 for these tracks.
    pub(super) fn new(tracks: &[Track]) -> TurnLog {
        TurnLog {
            builder: TurnBuilder::new(tracks, TurnOptions::default()),
            heard: tracks.iter().map(|&track| (track, Tick::ZERO)).collect(),
            told: Vec::new(),
        }
    }

    /// What a lane heard as an event for the log. Utterances are not for the log.
    pub(super) fn voice(&self, voice: &VoiceEvent) -> Option<Event> {
        match *voice {
            VoiceEvent::SpeechStart { track, at } => Some(Event::SpeechStart(SpeechStart {
                track,
                start_ms: at.ms(),
            })),
            VoiceEvent::SpeechEnd { track, span } => Some(Event::SpeechEnd(SpeechEnd {
                track,
                start_ms: span.start.ms(),
                end_ms: span.end.ms(),
            })),
            VoiceEvent::Pause(_) | VoiceEvent::Utterance(_) => None,
        }
    }

    /// Takes what somebody said on a track, in order.
    pub(super) fn speech(&mut self, track: Track, spans: &[Span]) {
        for &span in spans {
            self.builder.push_span(track, span);
        }
    }

    /// Takes a gap.
    pub(super) fn gap(&mut self, gap: &TrackGap) {
        let start = Tick(gap.start_sample);
        self.builder
            .push_gap(Span::new(start, start.after(gap.samples)));
    }

    /// Speech of `track` is decided up to `heard`; returns the turns and silences that are over.
    pub(super) fn advance(&mut self, track: Track, heard: Tick) -> Vec<Event> {
        if let Some(known) = self.heard.iter_mut().find(|(t, _)| *t == track) {
            known.1 = known.1.max(heard);
        }
        let watermark = self.heard.iter().map(|&(_, heard)| heard).min();
        self.builder
            .advance(watermark.unwrap_or_default(), &mut self.told);
        self.events()
    }

    /// The session is over; returns the rest.
    pub(super) fn finish(&mut self, duration: Tick) -> Vec<Event> {
        if self.heard.is_empty() {
            // Nobody was listened to, so there is no silence to tell of.
            return Vec::new();
        }
        self.builder.finish(duration, &mut self.told);
        self.events()
    }

    fn events(&mut self) -> Vec<Event> {
        self.told
            .drain(..)
            .map(|told| match told {
                TurnEvent::Turn(turn) => Event::TurnEnd(TurnEnd {
                    track: turn.track,
                    start_ms: turn.span.start.ms(),
                    end_ms: turn.span.end.ms(),
                }),
                TurnEvent::Silence(quiet) => Event::SilenceEnd(Range::from(quiet.span)),
            })
            .collect()
    }
}

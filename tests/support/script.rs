//! A scripted session: events as a recorder would log them.

use verbatim::audio::Track;
use verbatim::document::common::{DeviceInfo, GapCause, Untranscribed, UntranscribedReason};
use verbatim::document::transcript::{Pass, PassMode, Segment, TimingMethod, Word};
use verbatim::event::{
    Backlog, ConsentRecorded, EVENT_VERSION, Envelope, Event, HealthState, Heartbeat, Origin,
    PlannedTrack, SessionStarted, SessionStopped, SpeechEnd, SpeechStart, StopReason, TrackEnded,
    TrackGap, TrackHealth, TrackStarted, TranscriptFinal, TurnEnd, Warning, WarningCode,
};

pub const SESSION: &str = "0199e5a2-7c1e-7d0a-9a54-1b2c3d4e5f60";

pub fn envelopes(events: Vec<Event>) -> Vec<Envelope> {
    events
        .into_iter()
        .zip(1..)
        .map(|(event, seq)| Envelope {
            v: EVENT_VERSION,
            seq,
            session: SESSION.into(),
            t_ms: seq * 10,
            at: "2026-11-22T14:05:33.120+01:00".into(),
            event,
        })
        .collect()
}

fn planned(track: Track) -> PlannedTrack {
    PlannedTrack {
        track,
        device: Some(DeviceInfo {
            id: format!("pulse:{track}"),
            name: format!("The {track}"),
            backend: "pulse".into(),
        }),
        source: None,
    }
}

pub fn started() -> Event {
    Event::SessionStarted(SessionStarted {
        origin: Origin::Live,
        started_at: "2026-11-22T14:05:33.120+01:00".into(),
        title: Some("Acme".into()),
        goal: Some("why they left".into()),
        program: "verbatim 0.1.0".into(),
        detector: "webrtc".into(),
        tracks: vec![planned(Track::Mic), planned(Track::System)],
    })
}

pub fn speech(track: Track, start_ms: u64, end_ms: u64) -> Event {
    Event::SpeechEnd(SpeechEnd {
        track,
        start_ms,
        end_ms,
    })
}

pub fn text(number: u32, track: Track, start_ms: u64, end_ms: u64, text: &str) -> Event {
    let word = Word {
        id: format!("w{number:06}"),
        text: text.into(),
        start_ms,
        end_ms,
        probability: 0.9,
    };
    Event::TranscriptFinal(TranscriptFinal {
        utterance: format!("u{number:04}"),
        track,
        pass: "p1".into(),
        start_ms,
        end_ms,
        segments: vec![Segment {
            id: format!("s{number:04}"),
            track,
            speaker: String::new(),
            start_ms,
            end_ms,
            text: text.into(),
            utterance: format!("u{number:04}"),
            pass: "p1".into(),
            avg_logprob: -0.1054,
            no_speech_prob: 0.01,
            words: vec![word],
        }],
        untranscribed: Vec::new(),
    })
}

fn ended(track: Track) -> Event {
    Event::TrackEnded(TrackEnded {
        track,
        samples: 960_000,
        peak: 16_384,
        clipped_samples: 2,
        zero_samples: 4_800,
        skew_ppm: Some(12.345_678),
    })
}

/// A call of twenty seconds with everything that can be in a log.
pub fn whole_call() -> Vec<Event> {
    vec![
        started(),
        Event::ConsentRecorded(ConsentRecorded {
            text: "agreed".into(),
        }),
        Event::TrackHealth(TrackHealth {
            track: Track::Mic,
            state: HealthState::Live,
        }),
        Event::TrackStarted(TrackStarted {
            track: Track::Mic,
            offset_samples: 0,
            rate: 48_000,
            channels: 1,
        }),
        Event::TrackStarted(TrackStarted {
            track: Track::System,
            offset_samples: 4_800,
            rate: 44_100,
            channels: 2,
        }),
        Event::PassStarted(Pass {
            id: "p1".into(),
            mode: PassMode::Live,
            engine: "whisper.cpp 1.8.3".into(),
            model: "ggml-starter-q8_0.bin".into(),
            model_sha256: "00".repeat(32),
            language: "en".into(),
            settings: "greedy".into(),
            timing_method: TimingMethod::Letters,
        }),
        Event::SpeechStart(SpeechStart {
            track: Track::Mic,
            start_ms: 1_000,
        }),
        speech(Track::Mic, 1_000, 4_000),
        text(1, Track::Mic, 1_000, 4_000, "Hello"),
        speech(Track::System, 3_500, 8_000),
        Event::TurnEnd(TurnEnd {
            track: Track::Mic,
            start_ms: 1_000,
            end_ms: 4_000,
        }),
        Event::SilenceEnd(verbatim::document::common::Range {
            start_ms: 0,
            end_ms: 1_000,
        }),
        Event::TrackGap(TrackGap {
            track: Track::System,
            start_sample: 480_000,
            samples: 48_001,
            cause: GapCause::ClockHole,
        }),
        text(2, Track::System, 3_500, 8_000, "Yes"),
        speech(Track::Mic, 12_000, 13_000),
        speech(Track::Mic, 15_000, 16_000),
        Event::TranscriptDeferred(Untranscribed {
            track: Track::Mic,
            start_ms: 12_000,
            end_ms: 13_000,
            reason: UntranscribedReason::Deferred,
        }),
        Event::Backlog(Backlog {
            utterances: 1,
            waiting_ms: 1_000,
        }),
        Event::Warning(Warning {
            code: WarningCode::TrackLost,
            track: Some(Track::System),
            message: "the device has gone".into(),
        }),
        Event::Heartbeat(Heartbeat {
            samples: vec![960_000, 960_000],
        }),
        text(3, Track::Mic, 15_000, 16_000, "Bye"),
        ended(Track::Mic),
        ended(Track::System),
        Event::SessionStopped(SessionStopped {
            reason: StopReason::User,
            duration_samples: 960_000,
        }),
    ]
}

//! Passes over passes, logs without an end, and what two events tell twice.

mod again;
mod consent;

use super::*;
use crate::document::common::GapCause;
use crate::document::common::{Untranscribed, UntranscribedReason};
use crate::document::manifest::Status;
use crate::document::transcript::{PassMode, TimingMethod};
use crate::event::{
    Heartbeat, Origin, PlannedTrack, SessionStopped, SpeechEnd, TranscriptDeferred,
};

/// A log that numbers its events.
struct Script(Vec<Envelope>);

impl Script {
    fn start() -> Script {
        let tracks = [Track::Mic, Track::System]
            .map(|track| PlannedTrack {
                track,
                device: None,
                source: None,
            })
            .to_vec();
        Script(Vec::new()).and(Event::SessionStarted(SessionStarted {
            origin: Origin::Import,
            started_at: "2026-11-22T14:05:33.120+01:00".into(),
            title: None,
            goal: None,
            program: "verbatim".into(),
            detector: "webrtc".into(),
            no_audio: None,
            tracks,
        }))
    }

    fn and(mut self, event: Event) -> Script {
        self.0.push(Envelope {
            v: 1,
            seq: self.0.len() as u64 + 1,
            session: "s".into(),
            t_ms: 0,
            at: "2026-11-22T14:05:33.120+01:00".into(),
            event,
        });
        self
    }

    fn speech(self, track: Track, start_ms: u64, end_ms: u64) -> Script {
        self.and(Event::SpeechEnd(SpeechEnd {
            track,
            start_ms,
            end_ms,
        }))
    }

    fn pass(self, id: &str) -> Script {
        self.pass_over(id, PassScope::Missing)
    }

    fn pass_over(self, id: &str, scope: PassScope) -> Script {
        self.and(Event::PassStarted(Pass {
            id: id.into(),
            mode: PassMode::Batch,
            engine: "e".into(),
            model: "m".into(),
            model_sha256: "00".into(),
            language: "en".into(),
            settings: String::new(),
            timing_method: TimingMethod::Dtw,
            scope,
            languages: Vec::new(),
        }))
    }

    fn stop(self) -> Script {
        self.and(Event::SessionStopped(SessionStopped {
            reason: StopReason::User,
            duration_samples: 60 * 48_000,
        }))
    }

    fn fold(self) -> Documents {
        fold(self.0, &|_| Vec::new()).unwrap()
    }
}

fn segment(id: &str, range: (u64, u64)) -> Segment {
    Segment {
        id: id.into(),
        track: Track::Mic,
        speaker: String::new(),
        start_ms: range.0,
        end_ms: range.1,
        text: id.into(),
        utterance: String::new(),
        pass: String::new(),
        avg_logprob: -0.5,
        no_speech_prob: 0.0,
        words: Vec::new(),
        corrected: false,
    }
}

/// A text of `pass` for an utterance on the microphone.
fn text(pass: &str, utterance: &str, range: (u64, u64), segments: &[Segment]) -> TranscriptFinal {
    TranscriptFinal {
        utterance: utterance.into(),
        track: Track::Mic,
        pass: pass.into(),
        start_ms: range.0,
        end_ms: range.1,
        segments: segments.to_vec(),
        untranscribed: Vec::new(),
    }
}

fn gap_in(range: (u64, u64), reason: UntranscribedReason) -> Untranscribed {
    Untranscribed {
        track: Track::Mic,
        start_ms: range.0,
        end_ms: range.1,
        reason,
    }
}

fn ids(documents: &Documents) -> Vec<&str> {
    let segments = &documents.transcript.segments;
    segments.iter().map(|segment| segment.id.as_str()).collect()
}

#[test]
fn a_later_text_takes_the_place_of_an_earlier_one_of_its_utterance() {
    let documents = Script::start()
        .speech(Track::Mic, 1_000, 5_000)
        .pass("p1")
        .and(Event::TranscriptFinal(text(
            "p1",
            "u0001",
            (1_000, 5_000),
            &[
                segment("s0001", (900, 990)),
                segment("s0002", (1_000, 5_200)),
            ],
        )))
        .and(Event::TranscriptFinal(text(
            "p1",
            "u0001",
            (1_000, 5_000),
            &[segment("s0003", (1_000, 5_000))],
        )))
        .stop()
        .fold();
    assert_eq!(ids(&documents), ["s0003"]);
    assert_eq!(documents.manifest.status, Status::Complete);
}

#[test]
fn another_pass_replaces_text_only_where_it_worked() {
    let first = [
        segment("s0001", (1_000, 3_000)),
        segment("s0002", (6_000, 8_000)),
    ];
    let documents = Script::start()
        .speech(Track::Mic, 1_000, 9_000)
        .pass("p1")
        .and(Event::TranscriptFinal(text(
            "p1",
            "u0001",
            (1_000, 9_000),
            &first,
        )))
        .pass("p2")
        .and(Event::TranscriptFinal(text(
            "p2",
            "u0002",
            (5_000, 9_000),
            &[segment("s0003", (6_100, 8_100))],
        )))
        .stop()
        .fold();
    assert_eq!(ids(&documents), ["s0001", "s0003"]);
    assert_eq!(documents.transcript.coverage[0].covered_ms, 8_000);
}

#[test]
fn a_pass_that_fails_leaves_the_text_from_before() {
    let mut failed = text(
        "p2",
        "u0001",
        (1_000, 9_000),
        &[segment("s0009", (1_000, 2_000))],
    );
    failed.untranscribed = vec![gap_in((4_000, 9_000), UntranscribedReason::Rejected)];
    let documents = Script::start()
        .speech(Track::Mic, 1_000, 9_000)
        .pass("p1")
        .and(Event::TranscriptFinal(text(
            "p1",
            "u0001",
            (1_000, 9_000),
            &[
                segment("s0001", (1_000, 3_000)),
                segment("s0002", (6_000, 8_000)),
            ],
        )))
        .and(Event::TranscriptFinal(failed))
        .and(Event::TranscriptDeferred(TranscriptDeferred {
            utterance: None,
            speech: gap_in((1_000, 9_000), UntranscribedReason::Deferred),
        }))
        .stop()
        .fold();
    assert_eq!(ids(&documents), ["s0009", "s0002"]);
    assert!(documents.transcript.untranscribed.is_empty());
}

#[test]
fn failure_and_deferral_vanish_when_a_later_text_covers_them() {
    let mut failed = text("p1", "u0001", (1_000, 3_000), &[]);
    failed.untranscribed = vec![gap_in((1_000, 3_000), UntranscribedReason::Failed)];
    let script = Script::start()
        .speech(Track::Mic, 1_000, 3_000)
        .speech(Track::Mic, 4_000, 5_000)
        .speech(Track::System, 4_000, 5_000)
        .pass("p1")
        .and(Event::TranscriptFinal(failed))
        .and(Event::TranscriptDeferred(TranscriptDeferred {
            utterance: None,
            speech: gap_in((4_000, 5_000), UntranscribedReason::Deferred),
        }));
    let before = Script(script.0.clone()).stop().fold();
    let left: Vec<_> = before
        .transcript
        .untranscribed
        .iter()
        .map(|u| (u.track, u.start_ms, u.reason))
        .collect();
    assert_eq!(
        left,
        [
            (Track::Mic, 1_000, UntranscribedReason::Failed),
            (Track::Mic, 4_000, UntranscribedReason::Deferred),
            (Track::System, 4_000, UntranscribedReason::Deferred),
        ]
    );
    assert_eq!(before.manifest.status, Status::Stopped);

    // The utterance of a later run may carry a number that was used before.
    let mut other = text("p2", "u0002", (4_000, 5_000), &[]);
    other.track = Track::System;
    let after = script
        .stop()
        .pass("p2")
        .and(Event::TranscriptFinal(text(
            "p2",
            "u0001",
            (4_000, 5_000),
            &[segment("s0001", (4_000, 5_000))],
        )))
        .and(Event::TranscriptFinal(text(
            "p2",
            "u0003",
            (1_000, 3_000),
            &[segment("s0002", (1_000, 3_000))],
        )))
        .and(Event::TranscriptFinal(other))
        .fold();
    assert!(after.transcript.untranscribed.is_empty());
    assert_eq!(after.manifest.status, Status::Complete);
    assert_eq!(ids(&after), ["s0002", "s0001"]);
}

#[test]
fn voiced_time_is_text_or_listed_whatever_overlaps() {
    let mut half = text(
        "p1",
        "u0001",
        (500, 6_000),
        &[segment("s0001", (1_000, 2_000))],
    );
    half.untranscribed = vec![
        gap_in((2_000, 4_000), UntranscribedReason::NoText),
        gap_in((3_000, 20_000), UntranscribedReason::Rejected),
    ];
    let documents = Script::start()
        .speech(Track::Mic, 1_000, 5_000)
        .speech(Track::Mic, 1_000, 5_000)
        .speech(Track::Mic, 4_500, 8_000)
        .pass("p1")
        .and(Event::TranscriptFinal(half))
        .stop()
        .fold();
    let coverage = &documents.transcript.coverage[0];
    let listed: u64 = documents
        .transcript
        .untranscribed
        .iter()
        .map(|u| u.end_ms - u.start_ms)
        .sum();
    assert_eq!(coverage.voiced_ms, 7_000);
    assert_eq!(coverage.covered_ms, 1_000);
    assert_eq!(coverage.covered_ms + listed, coverage.voiced_ms);
}

#[test]
fn gaps_that_are_told_twice_count_once() {
    let gap = |start_sample, samples, cause| {
        Event::TrackGap(TrackGap {
            track: Track::Mic,
            start_sample,
            samples,
            cause,
        })
    };
    let documents = Script::start()
        .and(gap(4_800, 4_800, GapCause::Overrun))
        .and(gap(48_000, 9_600, GapCause::Crash))
        .and(gap(0, 4_800, GapCause::Overrun))
        .and(gap(48_000, 9_600, GapCause::Crash))
        .stop()
        .fold();
    let track = &documents.manifest.tracks[0];
    assert_eq!(track.lost_samples, 19_200);
    let shown: Vec<_> = track
        .gaps
        .iter()
        .map(|gap| (gap.start_ms, gap.end_ms))
        .collect();
    assert_eq!(shown, [(0, 200), (1_000, 1_200)]);
}

#[test]
fn a_log_without_an_end_reaches_as_far_as_its_events() {
    let documents = Script::start()
        .speech(Track::Mic, 1_000, 2_000)
        .and(Event::Heartbeat(Heartbeat {
            samples: vec![48_000, 480_000],
        }))
        .fold();
    assert_eq!(documents.manifest.status, Status::Recording);
    assert_eq!(documents.manifest.duration_ms, 0);
    assert_eq!(documents.turns.duration_ms, 10_000);
    assert_eq!(documents.turns.tracks[0].speech_ms, 1_000);
    assert_eq!(
        documents.transcript.untranscribed[0].reason,
        UntranscribedReason::NotRequested
    );
}

#[test]
fn a_log_without_a_start_is_refused() {
    let error = fold(Vec::new(), &|_| Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Session);
}

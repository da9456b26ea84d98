//! Random events: any text, any numbers.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use verbatim::audio::Track;
use verbatim::document::clip::{Clip, Media};
use verbatim::document::common::{
    ConsentScope, DeviceChangeReason, DeviceInfo, GapCause, Range, Untranscribed,
    UntranscribedReason,
};
use verbatim::document::marker::Marker;
use verbatim::document::transcript::{
    LanguageBasis, Pass, PassMode, PassScope, Segment, TimingMethod, TrackLanguage, Word,
};
use verbatim::event::*;

pub fn track() -> impl Strategy<Value = Track> {
    prop_oneof![
        Just(Track::Mic),
        Just(Track::System),
        (1..=255_u8).prop_map(Track::Imported)
    ]
}

/// Text with everything that JSON has to escape: any characters, line ends and quotes among them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[\\x00-\\x7f\"\\\\\n\r\u{2028}é日🎙]{0,12}"]
}

/// A figure as the program makes them: rounded to 4 places.
fn figure() -> impl Strategy<Value = f64> {
    (-10_000_000..10_000_000_i64).prop_map(|n| n as f64 / 1e4)
}

fn cause() -> impl Strategy<Value = GapCause> {
    proptest::sample::select(vec![
        GapCause::LateStart,
        GapCause::Overrun,
        GapCause::ClockHole,
        GapCause::DeviceLost,
        GapCause::DeviceChanged,
        GapCause::Crash,
        GapCause::SourceEnded,
        GapCause::Paused,
        GapCause::Slept,
    ])
}

pub fn reason() -> impl Strategy<Value = UntranscribedReason> {
    proptest::sample::select(vec![
        UntranscribedReason::NotRequested,
        UntranscribedReason::Deferred,
        UntranscribedReason::NoText,
        UntranscribedReason::Rejected,
        UntranscribedReason::Failed,
        UntranscribedReason::NotAllowed,
        UntranscribedReason::NoAudio,
    ])
}

fn device() -> impl Strategy<Value = DeviceInfo> {
    (text(), text(), text()).prop_map(|(id, name, backend)| DeviceInfo { id, name, backend })
}

fn device_changed() -> impl Strategy<Value = Event> {
    let reasons = vec![
        DeviceChangeReason::DefaultChanged,
        DeviceChangeReason::Returned,
        DeviceChangeReason::StandIn,
        DeviceChangeReason::Reopened,
    ];
    (
        track(),
        any::<u64>(),
        device(),
        any::<(u32, u16)>(),
        proptest::sample::select(reasons),
    )
        .prop_map(|(track, start_sample, device, (rate, channels), reason)| {
            Event::DeviceChanged(DeviceChanged {
                track,
                start_sample,
                device,
                rate,
                channels,
                reason,
            })
        })
}

fn planned() -> impl Strategy<Value = PlannedTrack> {
    let device = device();
    let source = (
        text(),
        text(),
        (option::of(any::<u16>()), option::of(any::<u16>())),
        (option::of(text()), option::of(text()), option::of(text())),
    )
        .prop_map(
            |(name, sha256, (stream, channel), (title, created_at, copy))| SourceFile {
                name,
                sha256,
                stream,
                channel,
                title,
                created_at,
                copy,
            },
        );
    (track(), option::of(device), option::of(source)).prop_map(|(track, device, source)| {
        PlannedTrack {
            track,
            device,
            source,
        }
    })
}

fn started() -> impl Strategy<Value = Event> {
    let origin = prop_oneof![Just(Origin::Live), Just(Origin::Import)];
    let titles = (option::of(text()), option::of(text()));
    let kept = option::of(proptest::sample::select(vec![
        NoAudio::Markers,
        NoAudio::Timing,
    ]));
    let tracks = (kept, vec(planned(), 0..3));
    (origin, text(), titles, text(), text(), tracks).prop_map(
        |(origin, started_at, (title, goal), program, detector, (no_audio, tracks))| {
            Event::SessionStarted(SessionStarted {
                origin,
                started_at,
                title,
                goal,
                program,
                detector,
                no_audio,
                tracks,
            })
        },
    )
}

fn word() -> impl Strategy<Value = Word> {
    (text(), text(), any::<u64>(), any::<u64>(), figure()).prop_map(
        |(id, text, start_ms, end_ms, probability)| Word {
            id,
            text,
            start_ms,
            end_ms,
            probability,
        },
    )
}

fn segment() -> impl Strategy<Value = Segment> {
    let ids = (text(), text(), text(), text());
    let times = (any::<u64>(), any::<u64>());
    (
        ids,
        track(),
        text(),
        times,
        (figure(), figure()),
        vec(word(), 0..3),
    )
        .prop_map(
            |((id, speaker, utterance, pass), track, text, (start_ms, end_ms), figures, words)| {
                Segment {
                    id,
                    track,
                    speaker,
                    start_ms,
                    end_ms,
                    text,
                    utterance,
                    pass,
                    avg_logprob: figures.0,
                    no_speech_prob: figures.1,
                    words,
                    corrected: false,
                }
            },
        )
}

fn untranscribed() -> impl Strategy<Value = Untranscribed> {
    (track(), any::<u64>(), any::<u64>(), reason()).prop_map(|(track, start_ms, end_ms, reason)| {
        Untranscribed {
            track,
            start_ms,
            end_ms,
            reason,
        }
    })
}

fn final_text() -> impl Strategy<Value = Event> {
    let ids = (text(), text());
    let lists = (vec(segment(), 0..3), vec(untranscribed(), 0..2));
    (ids, track(), any::<u64>(), any::<u64>(), lists).prop_map(
        |((utterance, pass), track, start_ms, end_ms, (segments, untranscribed))| {
            Event::TranscriptFinal(TranscriptFinal {
                utterance,
                track,
                pass,
                start_ms,
                end_ms,
                segments,
                untranscribed,
            })
        },
    )
}

fn pass() -> impl Strategy<Value = Event> {
    let texts = (text(), text(), text(), text(), text(), text());
    (texts, any::<bool>()).prop_map(|(texts, live)| {
        let (id, engine, model, model_sha256, language, settings) = texts;
        Event::PassStarted(Pass {
            scope: PassScope::Again,
            languages: Vec::new(),
            id,
            mode: if live {
                PassMode::Live
            } else {
                PassMode::Batch
            },
            engine,
            model,
            model_sha256,
            language,
            settings,
            timing_method: if live {
                TimingMethod::Dtw
            } else {
                TimingMethod::Letters
            },
        })
    })
}

fn language() -> impl Strategy<Value = Event> {
    let basis = proptest::sample::select(vec![
        LanguageBasis::Sure,
        LanguageBasis::Likeliest,
        LanguageBasis::Earlier,
    ]);
    (text(), track(), text(), figure(), any::<u64>(), basis).prop_map(
        |(pass, track, language, probability, heard_ms, basis)| {
            Event::LanguageDetected(LanguageDetected {
                pass,
                found: TrackLanguage {
                    track,
                    language,
                    probability,
                    heard_ms,
                    basis,
                },
            })
        },
    )
}

fn track_events() -> impl Strategy<Value = Event> {
    let states = vec![
        HealthState::Waiting,
        HealthState::Quiet,
        HealthState::Clipping,
        HealthState::Stalled,
        HealthState::Gone,
    ];
    prop_oneof![
        device_changed(),
        (track(), any::<u64>(), any::<u32>(), any::<u16>()).prop_map(
            |(track, offset_samples, rate, channels)| Event::TrackStarted(TrackStarted {
                track,
                offset_samples,
                rate,
                channels,
            })
        ),
        (track(), any::<u64>(), any::<u64>(), cause()).prop_map(
            |(track, start_sample, samples, cause)| Event::TrackGap(TrackGap {
                track,
                start_sample,
                samples,
                cause,
            })
        ),
        (
            track(),
            proptest::sample::select(states),
            option::of(text())
        )
            .prop_map(|(track, state, message)| Event::TrackHealth(TrackHealth {
                track,
                state,
                message
            })),
        any::<u64>().prop_map(|at_sample| Event::SessionPaused(SessionPaused { at_sample })),
        any::<u64>().prop_map(|at_sample| Event::SessionResumed(SessionResumed { at_sample })),
        (
            track(),
            any::<[u64; 3]>(),
            any::<u16>(),
            option::of(figure())
        )
            .prop_map(
                |(track, [samples, clipped_samples, zero_samples], peak, skew_ppm)| {
                    Event::TrackEnded(TrackEnded {
                        track,
                        samples,
                        peak,
                        clipped_samples,
                        zero_samples,
                        skew_ppm,
                        corrected_samples: samples as i64,
                        missing_samples: clipped_samples,
                    })
                }
            ),
        (track(), any::<u64>())
            .prop_map(|(track, start_ms)| Event::SpeechStart(SpeechStart { track, start_ms })),
        (track(), any::<u64>(), any::<u64>()).prop_map(|(track, start_ms, end_ms)| {
            Event::SpeechEnd(SpeechEnd {
                track,
                start_ms,
                end_ms,
            })
        }),
        (track(), any::<u64>(), any::<u64>()).prop_map(|(track, start_ms, end_ms)| {
            Event::TurnEnd(TurnEnd {
                track,
                start_ms,
                end_ms,
            })
        }),
    ]
}

fn session_events() -> impl Strategy<Value = Event> {
    let reasons = vec![StopReason::User, StopReason::Disk, StopReason::SourcesEnded];
    let codes = vec![WarningCode::RecogniserUnavailable, WarningCode::TrackLost];
    prop_oneof![
        (proptest::sample::select(reasons), any::<u64>()).prop_map(|(reason, duration_samples)| {
            Event::SessionStopped(SessionStopped {
                reason,
                duration_samples,
            })
        }),
        any::<u64>().prop_map(|duration_samples| {
            Event::SessionRecovered(SessionRecovered { duration_samples })
        }),
        (text(), scopes()).prop_map(|(text, scopes)| {
            Event::ConsentRecorded(ConsentRecorded { text, scopes })
        }),
        any::<[u64; 2]>()
            .prop_map(|[start_ms, end_ms]| { Event::SilenceEnd(Range { start_ms, end_ms }) }),
        (prop::option::of(text()), untranscribed()).prop_map(|(utterance, speech)| {
            Event::TranscriptDeferred(TranscriptDeferred { utterance, speech })
        }),
        (any::<u32>(), any::<[u64; 2]>()).prop_map(|(utterances, [waiting_ms, behind_ms])| {
            Event::Backlog(Backlog {
                utterances,
                waiting_ms,
                behind_ms,
            })
        }),
        (
            proptest::sample::select(codes),
            option::of(track()),
            option::of(proptest::sample::select(vec![
                Alarm::Raised,
                Alarm::Cleared
            ])),
            text()
        )
            .prop_map(|(code, track, alarm, message)| Event::Warning(Warning {
                code,
                track,
                alarm,
                message
            })),
        vec(any::<u64>(), 0..4).prop_map(|samples| Event::Heartbeat(Heartbeat { samples })),
    ]
}

fn scopes() -> impl Strategy<Value = Vec<ConsentScope>> {
    vec(scope(), 0..3)
}

fn scope() -> impl Strategy<Value = ConsentScope> {
    proptest::sample::select(vec![
        ConsentScope::Record,
        ConsentScope::Transcribe,
        ConsentScope::QuoteInternally,
        ConsentScope::QuotePublicly,
    ])
}

fn marker() -> impl Strategy<Value = Marker> {
    let words = (text(), option::of(text()), vec(text(), 0..3));
    let about = (option::of(1..=3_u8), option::of(text()), option::of(text()));
    (text(), words, any::<[u64; 3]>(), about).prop_map(
        |(id, (kind, note, tags), [t_ms, start_ms, end_ms], (severity, emotion, author))| Marker {
            id,
            kind,
            t_ms,
            start_ms,
            end_ms,
            note,
            severity,
            tags,
            emotion,
            author,
        },
    )
}

fn clip() -> impl Strategy<Value = Clip> {
    let media = (text(), any::<u64>());
    let about = (vec(track(), 0..3), option::of(marker()), scopes());
    (text(), any::<[u64; 5]>(), media, about).prop_map(
        |(
            id,
            [start_ms, end_ms, start_sample, samples, fade_ms],
            (file, bytes),
            (tracks, marker, consent),
        )| {
            Clip {
                id,
                start_ms,
                end_ms,
                start_sample,
                samples,
                tracks,
                fade_ms,
                media: Media {
                    file,
                    media_type: "audio/wav".to_owned(),
                    bytes,
                    sha256: "0".repeat(64),
                },
                said: Vec::new(),
                marker,
                redacted: Some(Vec::new()).filter(|_| consent.is_empty()),
                consent,
            }
        },
    )
}

fn evidence() -> impl Strategy<Value = Event> {
    prop_oneof![
        marker().prop_map(|marker| Event::MarkerAdded(MarkerAdded(marker))),
        marker().prop_map(|marker| Event::MarkerChanged(MarkerChanged(marker))),
        text().prop_map(|id| Event::MarkerRemoved(MarkerRemoved { id })),
        clip().prop_map(|clip| Event::ClipCreated(ClipCreated(Box::new(clip)))),
        (scope(), vec(text(), 0..3)).prop_map(|(scope, made)| {
            Event::ConsentOverridden(ConsentOverridden { scope, made })
        }),
        (text(), option::of(text()), option::of(text())).prop_map(|(id, label, same_as)| {
            Event::SpeakerChanged(SpeakerChanged {
                id,
                label,
                same_as,
                ..SpeakerChanged::default()
            })
        }),
        (text(), text(), option::of(text())).prop_map(|(segment, text, author)| {
            let raw = segment.clone();
            Event::TextCorrected(TextCorrected {
                segment,
                raw,
                text,
                author,
            })
        }),
        text().prop_map(|segment| Event::TextRestored(TextRestored { segment })),
    ]
}

/// Any event that can be written.
pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        started(),
        final_text(),
        pass(),
        language(),
        track_events(),
        session_events(),
        evidence()
    ]
}

//! `turns.json` from speech spans and gaps.

use super::floor::{Call, sweep};
use super::turns::{SpokenTurn, TurnBuilder, TurnEvent, TurnOptions};
use crate::audio::Track;
use crate::document::SCHEMA_VERSION;
use crate::document::common::{Gap, GapCause, Range};
use crate::document::turns::{Echo, SCHEMA, Silence, TrackSpeech, Turn, TurnsDocument};
use crate::text::coverage::subtract;
use crate::time::{Span, Tick};

/// Audio of a track that was not captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackGap {
    /// Where.
    pub span: Span,
    /// Why.
    pub cause: GapCause,
}

/// What was heard on a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which track.
    pub track: Track,
    /// Its speech spans.
    pub speech: Vec<Span>,
    /// Its gaps.
    pub gaps: Vec<TrackGap>,
    /// Parts of its speech that repeat another track.
    pub echo: Vec<TrackEcho>,
}

/// Sound of a track that repeats another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackEcho {
    /// Where.
    pub span: Span,
    /// The track that is repeated.
    pub of: Track,
}

/// What a document says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Session id; absent when made from loose files.
    pub session: Option<String>,
    /// Voice activity detector that found the speech.
    pub detector: String,
}

/// The whole document for a call of `duration`.
///
/// Spans and gaps may come in any order; they are sorted, cut to the call, and overlapping spans of
/// one track become one. What is echo is listed as such and is no speech. Talk shares are of the whole milliseconds that the document lists.
pub fn turns_document(
    provenance: Provenance,
    heard: &[Heard],
    duration: Tick,
    options: TurnOptions,
) -> TurnsDocument {
    let mut speech: Vec<(Track, Vec<Span>)> = heard
        .iter()
        .map(|heard| {
            let echo: Vec<Span> = heard.echo.iter().map(|echo| echo.span).collect();
            let speech = tidy(heard.speech.clone(), duration);
            (heard.track, subtract(&speech, &echo))
        })
        .collect();
    speech.sort_by_key(|(track, _)| *track);
    let gaps: Vec<Span> = tidy(
        heard
            .iter()
            .flat_map(|heard| heard.gaps.iter().map(|gap| gap.span))
            .collect(),
        duration,
    );
    let (turns, silences) = build(&speech, &gaps, duration, options);
    let (floor, overlaps) = sweep(&Call {
        speech: &speech,
        gaps: &gaps,
        turns: &turns,
        duration,
    });
    TurnsDocument {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        session: provenance.session,
        duration_ms: duration.ms(),
        detector: provenance.detector,
        tracks: track_speech(&speech, heard, duration),
        turns: turns.iter().zip(1..).map(numbered).collect(),
        silences,
        overlaps,
        floor,
    }
}

/// Turns sorted by start and track, and silences sorted by start, of a call that is over.
fn build(
    speech: &[(Track, Vec<Span>)],
    gaps: &[Span],
    duration: Tick,
    options: TurnOptions,
) -> (Vec<SpokenTurn>, Vec<Silence>) {
    let tracks: Vec<Track> = speech.iter().map(|(track, _)| *track).collect();
    let mut builder = TurnBuilder::new(&tracks, options);
    for (track, spans) in speech {
        for &span in spans {
            builder.push_span(*track, span);
        }
    }
    for &gap in gaps {
        builder.push_gap(gap);
    }
    let mut events = Vec::new();
    builder.finish(duration, &mut events);
    let (mut turns, mut silences) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            TurnEvent::Turn(turn) => turns.push(turn),
            TurnEvent::Silence(quiet) => silences.push(Silence {
                start_ms: quiet.span.start.ms(),
                end_ms: quiet.span.end.ms(),
                after: quiet.after,
                before: quiet.before,
            }),
        }
    }
    turns.sort_by_key(|turn| (turn.span.start, turn.track));
    silences.sort_by_key(|silence| silence.start_ms);
    (turns, silences)
}

/// Sorted, disjoint, inside the call, none without a tick; touching spans stay apart.
fn tidy(mut spans: Vec<Span>, duration: Tick) -> Vec<Span> {
    spans.sort_unstable();
    let mut tidied: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        let span = Span::new(span.start.min(duration), span.end.min(duration));
        match tidied.last_mut() {
            _ if span.is_empty() => {}
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => tidied.push(span),
        }
    }
    tidied
}

fn track_speech(
    speech: &[(Track, Vec<Span>)],
    heard: &[Heard],
    duration: Tick,
) -> Vec<TrackSpeech> {
    let sum = |spans: &[Span]| spans.iter().map(|span| span.ms()).sum::<u64>();
    let all: u64 = speech.iter().map(|(_, spans)| sum(spans)).sum();
    speech
        .iter()
        .map(|(track, spans)| TrackSpeech {
            track: *track,
            speech_ms: sum(spans),
            talk_share: share(sum(spans), all),
            speech: spans.iter().map(|&span| Range::from(span)).collect(),
            gaps: gaps_of(*track, heard),
            echo: echo_of(*track, heard, duration),
        })
        .collect()
}

/// The echoes of a track in order; those of one source that touch are one.
fn echo_of(track: Track, heard: &[Heard], duration: Tick) -> Vec<Echo> {
    let of_track = heard.iter().filter(|heard| heard.track == track);
    let echoes: Vec<TrackEcho> = of_track.flat_map(|heard| heard.echo.clone()).collect();
    let mut sources: Vec<Track> = echoes.iter().map(|echo| echo.of).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut listed: Vec<Echo> = Vec::new();
    for source in sources {
        let of_source = echoes.iter().filter(|echo| echo.of == source);
        let spans = tidy(of_source.map(|echo| echo.span).collect(), duration);
        for span in spans {
            match listed.last_mut() {
                Some(last) if last.echo_of == source && last.end_ms == span.start.ms() => {
                    last.end_ms = span.end.ms();
                }
                _ => listed.push(Echo {
                    start_ms: span.start.ms(),
                    end_ms: span.end.ms(),
                    echo_of: source,
                }),
            }
        }
    }
    listed.sort_by_key(|echo| (echo.start_ms, echo.echo_of));
    listed
}

fn gaps_of(track: Track, heard: &[Heard]) -> Vec<Gap> {
    let mut gaps: Vec<TrackGap> = heard
        .iter()
        .filter(|heard| heard.track == track)
        .flat_map(|heard| heard.gaps.iter().copied())
        .collect();
    gaps.sort_by_key(|gap| gap.span);
    gaps.iter()
        .map(|gap| Gap {
            start_ms: gap.span.start.ms(),
            end_ms: gap.span.end.ms(),
            start_sample: gap.span.start.0,
            samples: gap.span.ticks(),
            cause: gap.cause,
        })
        .collect()
}

/// Part of a whole, 0 to 1, rounded to 4 places; 0 of nothing.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        _ => (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0,
    }
}

fn numbered((turn, number): (&SpokenTurn, u32)) -> Turn {
    Turn {
        id: format!("t{number:04}"),
        track: turn.track,
        kind: turn.kind,
        start_ms: turn.span.start.ms(),
        end_ms: turn.span.end.ms(),
        speech_ms: turn.speech_ms,
    }
}

#[cfg(test)]
mod tests;

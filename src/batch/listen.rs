//! Loose recordings to a turns document: voice activity alone, no session, no model.

use super::echo::Echoes;
use super::intake::{self, SourcePlan, track_format};
use super::{Step, Watch};
use crate::audio::Track;
use crate::document::common::GapCause;
use crate::document::turns::TurnsDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::session::track::{TrackPath, archive_samples};
use crate::time::{Span, TICKS_PER_MS, Tick};
use crate::voice::analysis::{Analyzer, VoiceEvent};
use crate::voice::document::{Heard, Provenance, TrackEcho, TrackGap, turns_document};
use crate::voice::echo::EchoJudge;
use crate::voice::turns::TurnOptions;
use crate::voice::{Detector, DetectorMaker};

/// Finds speech, turns and silences in the planned files. Also returns what is worth telling the user
/// about them.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when a file cannot be read or none holds a sample.
pub fn turns_of(
    plans: &[SourcePlan],
    detector: &DetectorMaker,
    watch: &mut dyn Watch,
) -> Result<(TurnsDocument, Vec<String>)> {
    let mut paths: Vec<TrackPath> = Vec::new();
    let mut notes = Vec::new();
    let mut voices = Vec::new();
    let mut echoes = Echoes::default();
    let all_ms: u64 = plans.iter().map(length_ms).sum();
    let mut done_ms = 0;
    for plan in plans {
        let first = paths.len();
        for source in &plan.tracks {
            let format = track_format(plan, *source);
            let analyzer = analyzer(plans, source.track, detector)?;
            paths.push(TrackPath::new(source.track, format, None, analyzer)?);
        }
        let found = intake::stream(plan, &mut |track, frames| {
            if let Some(path) = paths[first..].iter_mut().find(|path| path.track() == track) {
                path.push(frames, &mut voices)?;
                echoes.sketched(track, &path.take_sketches())?;
                watch.progress(Step::Listening, done_ms + path.written().ms(), all_ms);
            }
            Ok(())
        })?;
        done_ms += length_ms(plan);
        notes.extend(
            found
                .notes
                .into_iter()
                .map(|note| format!("{}: {note}", plan.path.display())),
        );
    }
    let (heard, duration) = end(paths, voices, echoes)?;
    if duration == Tick::ZERO {
        return Err(no_samples(plans));
    }
    let provenance = Provenance {
        session: None,
        detector: detector_name(detector)?,
    };
    let document = turns_document(provenance, &heard, duration, TurnOptions::default());
    Ok((document, notes))
}

/// What listens to a track of the planned files.
pub(super) fn analyzer(
    plans: &[SourcePlan],
    track: Track,
    detector: &DetectorMaker,
) -> Result<Analyzer> {
    let analyzer = Analyzer::suited(track, detector()?);
    let tracks: usize = plans.iter().map(|plan| plan.tracks.len()).sum();
    Ok(match tracks {
        1 => analyzer.alone(),
        _ => analyzer,
    })
}

/// Ends every track; a shorter one has a gap up to the end of the longest.
fn end(
    paths: Vec<TrackPath>,
    mut voices: Vec<VoiceEvent>,
    mut echoes: Echoes,
) -> Result<(Vec<Heard>, Tick)> {
    let mut lengths = Vec::new();
    for mut path in paths {
        let track = path.track();
        path.drain(&mut voices)?;
        echoes.sketched(track, &path.take_sketches())?;
        let ended = path.finish(&mut voices)?;
        lengths.push((track, Tick(ended.samples)));
    }
    echoes.heard(&voices);
    let (hears, of) = EchoJudge::BETWEEN;
    let echoes = echoes.found()?;
    let duration = lengths
        .iter()
        .map(|&(_, end)| end)
        .max()
        .unwrap_or_default();
    let heard = lengths
        .into_iter()
        .map(|(track, end)| Heard {
            track,
            speech: spans_of(track, &voices),
            gaps: (end < duration)
                .then(|| TrackGap {
                    span: Span::new(end, duration),
                    cause: GapCause::SourceEnded,
                })
                .into_iter()
                .collect(),
            echo: match track == hears {
                true => echoes.iter().map(|&span| TrackEcho { span, of }).collect(),
                false => Vec::new(),
            },
        })
        .collect();
    Ok((heard, duration))
}

fn spans_of(wanted: Track, voices: &[VoiceEvent]) -> Vec<Span> {
    voices
        .iter()
        .filter_map(|voice| match *voice {
            VoiceEvent::SpeechEnd { track, span } if track == wanted => Some(span),
            _ => None,
        })
        .collect()
}

/// Length of a planned file as its header tells it, in milliseconds; 0 where it does not.
pub(super) fn length_ms(plan: &SourcePlan) -> u64 {
    plan.frames.map_or(0, |frames| {
        archive_samples(frames, plan.format.rate) / TICKS_PER_MS
    })
}

/// The error for files without a single sample.
pub(super) fn no_samples(plans: &[SourcePlan]) -> Error {
    let names: Vec<String> = plans.iter().map(|p| p.path.display().to_string()).collect();
    Error::new(
        ErrorKind::BadAudio,
        format!("{} holds no samples", names.join(", ")),
    )
    .hint("check that the program that made it finished the recording")
}

/// Name of the detector that `detector` makes, for documents.
pub(super) fn detector_name(detector: &DetectorMaker) -> Result<String> {
    let made: Box<dyn Detector> = detector()?;
    Ok(made.name().to_owned())
}

//! A session that ended without its last events becomes whole again.

use std::collections::HashSet;

use super::echo::Echoes;
use super::import::log_voice;
use super::log::{BatchLog, Step, Watch};
use crate::audio::Track;
use crate::document::common::GapCause;
use crate::dsp::level::LevelMeter;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, NoAudio, Origin, SessionRecovered, TrackEnded, TrackGap};
use crate::store::documents;
use crate::store::folder::SessionFolder;
use crate::store::journal::{self, Journal};
use crate::store::wav::{self, ArchiveReader, WavArchive};
use crate::time::Tick;
use crate::voice::DetectorMaker;
use crate::voice::analysis::{Analyzer, VoiceEvent};

/// Archive samples read at a time.
const BLOCK: u64 = 48_000;

/// Whether a call to [`recover`] had something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The recorder had died; the session is whole now.
    Recovered,
    /// The session had ended properly.
    NotNeeded,
}

/// What the log tells about a session that may have been cut off.
#[derive(Default)]
struct Known {
    tracks: Vec<Track>,
    ended: HashSet<Track>,
    speech: HashSet<(Track, u64)>,
    gaps: Vec<TrackGap>,
    closed: bool,
    /// Whether the session is made of recordings and not of devices.
    imported: bool,
    no_audio: Option<NoAudio>,
    /// Where a pause began that had not ended.
    paused: Option<Tick>,
    /// The latest time that an event tells of.
    reach: Tick,
}

/// Makes a session whole whose recorder died: headers are repaired, tracks brought to one length,
/// speech after the last logged event is found again by the same path that heard it live.
///
/// # Errors
///
/// [`ErrorKind::Session`] when a file at a track's place is no recording, or when the session is made
/// of recordings that were not read to their end; [`ErrorKind::Disk`] when the session cannot be
/// written.
pub fn recover(
    folder: &SessionFolder,
    detector: &DetectorMaker,
    watch: &mut dyn Watch,
) -> Result<Recovery> {
    let known = known(folder)?;
    if known.closed {
        return Ok(Recovery::NotNeeded);
    }
    if known.imported {
        return Err(half_read(folder));
    }
    if known.no_audio.is_some() {
        return without_audio(folder, &known, watch);
    }
    let mut lengths = Vec::new();
    for &track in &known.tracks {
        wav::repair(folder, track)?;
        lengths.push((track, ArchiveReader::open(folder, track)?.samples()));
    }
    let end = lengths
        .iter()
        .map(|&(_, samples)| samples)
        .max()
        .unwrap_or(0);
    let mut log = BatchLog::new(Journal::reopen(folder)?, watch);
    let mut gaps = known.gaps.clone();
    for gap in known.paused_gaps(&lengths) {
        log.record(Tick(end), Event::TrackGap(gap.clone()))?;
        gaps.push(gap);
    }
    for &(track, samples) in lengths.iter().filter(|&&(_, samples)| samples < end) {
        let gap = TrackGap {
            track,
            start_sample: samples,
            samples: end - samples,
            cause: GapCause::Crash,
        };
        // The log comes first: zeros that nothing tells of would pass for silence. What a recovery
        // that was cut off has logged is not told again.
        if !gaps.contains(&gap) {
            log.record(Tick(end), Event::TrackGap(gap.clone()))?;
            gaps.push(gap.clone());
        }
        lengthen(folder, &gap)?;
    }
    let tracks = known.tracks.len() as u64;
    let mut echoes = Echoes::default();
    for (index, &track) in known.tracks.iter().enumerate() {
        let done_ms = index as u64 * Tick(end).ms();
        let mut listener = Listener::new(track, detector, &gaps)?;
        let mut reader = ArchiveReader::open(folder, track)?;
        let mut at = 0;
        while at < end {
            let until = end.min(at + BLOCK);
            let block = reader.read(crate::time::Span::new(Tick(at), Tick(until)))?;
            listener.push(at, &block);
            echoes.sketched(track, &listener.analyzer.take_sketches())?;
            at = until;
            log.progress(
                Step::Listening,
                done_ms + Tick(at).ms(),
                tracks * Tick(end).ms(),
            );
        }
        let (mut heard, ended) = listener.finish(end);
        echoes.heard(&heard);
        heard.retain(|voice| match voice {
            VoiceEvent::SpeechStart { .. } | VoiceEvent::Pause(_) | VoiceEvent::Utterance(_) => {
                false
            }
            VoiceEvent::SpeechEnd { track, span } => {
                !known.speech.contains(&(*track, span.start.ms()))
            }
        });
        log_voice(&mut heard, &mut log)?;
        if !known.ended.contains(&track) {
            log.record(Tick(end), Event::TrackEnded(ended))?;
        }
    }
    echoes.log(&mut log)?;
    log.record(
        Tick(end),
        Event::SessionRecovered(SessionRecovered {
            duration_samples: end,
        }),
    )?;
    documents::write(folder)?;
    Ok(Recovery::Recovered)
}

/// What is here of recordings is half of what they hold, and they are still where they were: to call
/// it whole would lose the rest without a word.
fn half_read(folder: &SessionFolder) -> Error {
    let what = format!(
        "the recordings of {} were not read to their end",
        folder.path().display()
    );
    Error::new(ErrorKind::Session, what).hint(
        "verbatim transcribe with the same recordings goes on; where they are gone, it reads what is \
         in the session's folder audio",
    )
}

/// A session that keeps no audio ends where its log does.
fn without_audio(folder: &SessionFolder, known: &Known, watch: &mut dyn Watch) -> Result<Recovery> {
    let end = known.reach;
    let mut log = BatchLog::new(Journal::reopen(folder)?, watch);
    let lengths: Vec<(Track, u64)> = known.tracks.iter().map(|&track| (track, end.0)).collect();
    for gap in known.paused_gaps(&lengths) {
        log.record(end, Event::TrackGap(gap))?;
    }
    for &track in known.tracks.iter().filter(|t| !known.ended.contains(t)) {
        let ended = TrackEnded {
            track,
            samples: end.0,
            peak: 0,
            clipped_samples: 0,
            zero_samples: 0,
            skew_ppm: None,
            corrected_samples: 0,
            missing_samples: 0,
        };
        log.record(end, Event::TrackEnded(ended))?;
    }
    let recovered = SessionRecovered {
        duration_samples: end.0,
    };
    log.record(end, Event::SessionRecovered(recovered))?;
    documents::write(folder)?;
    Ok(Recovery::Recovered)
}

impl Known {
    /// What a pause took that had not ended when the recorder died, for tracks of these lengths.
    fn paused_gaps(&self, lengths: &[(Track, u64)]) -> Vec<TrackGap> {
        let Some(from) = self.paused else {
            return Vec::new();
        };
        let gap = |&(track, samples): &(Track, u64)| TrackGap {
            track,
            start_sample: from.0,
            samples: samples.saturating_sub(from.0),
            cause: GapCause::Paused,
        };
        let gaps = lengths.iter().map(gap);
        gaps.filter(|gap| gap.samples > 0).collect()
    }
}

fn known(folder: &SessionFolder) -> Result<Known> {
    let mut known = Known::default();
    for envelope in journal::read_undamaged(folder)? {
        known.reach = known.reach.max(Tick::from_ms(envelope.t_ms));
        match envelope.event {
            Event::SessionPaused(pause) => known.paused = Some(Tick(pause.at_sample)),
            Event::SessionResumed(_) => known.paused = None,
            Event::SessionStarted(started) => {
                known.imported = started.origin == Origin::Import;
                known.no_audio = started.no_audio;
                known.tracks = started.tracks.iter().map(|planned| planned.track).collect();
            }
            Event::SessionStopped(_) | Event::SessionRecovered(_) => known.closed = true,
            Event::TrackEnded(ended) => {
                known.ended.insert(ended.track);
            }
            Event::SpeechEnd(speech) => {
                known.speech.insert((speech.track, speech.start_ms));
            }
            Event::TrackGap(gap) => known.gaps.push(gap),
            _ => {}
        }
    }
    Ok(known)
}

/// Writes the zeros of a gap at the end of a track.
fn lengthen(folder: &SessionFolder, gap: &TrackGap) -> Result<()> {
    let mut archive = WavArchive::reopen(folder, gap.track)?;
    let zeros = vec![0_i16; BLOCK as usize];
    let mut left = gap.samples;
    while left > 0 {
        let count = left.min(BLOCK);
        archive.append(&zeros[..count as usize])?;
        left -= count;
    }
    archive.finish()
}

/// Hears an archive again, and measures what was captured of it.
struct Listener<'a> {
    track: Track,
    analyzer: Analyzer,
    meter: LevelMeter,
    gaps: Vec<&'a TrackGap>,
    heard: Vec<VoiceEvent>,
}

impl<'a> Listener<'a> {
    fn new(track: Track, detector: &DetectorMaker, gaps: &'a [TrackGap]) -> Result<Listener<'a>> {
        Ok(Listener {
            track,
            analyzer: Analyzer::suited(track, detector()?),
            meter: LevelMeter::new(),
            gaps: gaps.iter().filter(|gap| gap.track == track).collect(),
            heard: Vec::new(),
        })
    }

    fn push(&mut self, at: u64, block: &[i16]) {
        self.analyzer.push(block, &mut self.heard);
        // The meter skips samples that stand in for a gap, as it does while recording.
        let mut from = 0;
        for gap in &self.gaps {
            let start = gap.start_sample.saturating_sub(at).min(block.len() as u64) as usize;
            let stop = (gap.start_sample + gap.samples)
                .saturating_sub(at)
                .min(block.len() as u64) as usize;
            if start > from {
                self.meter.push(&block[from..start]);
            }
            from = from.max(stop);
        }
        self.meter.push(&block[from..]);
    }

    fn finish(mut self, end: u64) -> (Vec<VoiceEvent>, TrackEnded) {
        self.analyzer.finish(&mut self.heard);
        let whole = self.meter.whole();
        let ended = TrackEnded {
            track: self.track,
            samples: end,
            peak: whole.peak,
            clipped_samples: self.meter.clipped_samples(),
            zero_samples: whole.zero_samples,
            skew_ppm: None,
            corrected_samples: 0,
            missing_samples: 0,
        };
        (self.heard, ended)
    }
}

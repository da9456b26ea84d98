//! Existing recordings become a session.

mod later;
mod planned;

use std::fs;
use std::path::{Path, PathBuf};

pub use self::later::copy_later;
pub use self::planned::planned;
use super::copy::{self, Copied};
use super::echo::Echoes;
use super::intake::{self, SourcePlan, track_format};
use super::listen::{analyzer, length_ms, no_samples};
use super::log::{BatchLog, Step, Watch};
use super::losses;
use crate::audio::Track;
use crate::document::common::GapCause;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{
    Event, SessionStarted, SessionStopped, SpeechEnd, SpeechStart, StopReason, TrackEnded,
    TrackGap, TrackStarted,
};
use crate::session::track::TrackPath;
use crate::store::documents;
use crate::store::folder::{Lock, SessionFolder};
use crate::store::journal::{self, Journal};
use crate::store::wav::WavArchive;
use crate::time::Tick;
use crate::voice::DetectorMaker;
use crate::voice::analysis::VoiceEvent;

/// What to call the session and where to put it.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Folder that holds the sessions.
    pub dir: PathBuf,
    /// Title of the session.
    pub title: Option<String>,
    /// What the user wanted to learn from the call.
    pub goal: Option<String>,
    /// Program and version, for the manifest.
    pub program: String,
    /// Where the recordings themselves stay.
    pub sources: Sources,
}

/// What becomes of the recordings that a session is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// They stay where they are; the session names them.
    #[default]
    Referenced,
    /// The session's folder gets a copy of each.
    Copied,
}

/// A session made from recordings; its text is still to come.
#[derive(Debug)]
pub struct Imported {
    /// The session.
    pub folder: SessionFolder,
    /// The sole right to write to it.
    pub lock: Lock,
    /// Worth telling the user: files that were cut short, channels that are equal.
    pub notes: Vec<String>,
}

/// Makes a session of the recordings in `plans`: archive, speech, turns and figures.
///
/// # Errors
///
/// [`ErrorKind::BadAudio`] when a file cannot be read or holds no sound, [`ErrorKind::Disk`] when the
/// session cannot be written, [`ErrorKind::Interrupted`] when the watch's permit is over: the session
/// then stays, for [`resume_import`]. Otherwise a folder that was begun is taken away again.
pub fn import_session(
    plans: &[SourcePlan],
    options: &ImportOptions,
    detector: &DetectorMaker,
    watch: &mut dyn Watch,
) -> Result<Imported> {
    import_as(
        planned(plans, options, detector)?,
        plans,
        &options.dir,
        (detector, watch),
    )
}

/// Makes the session that [`planned`] tells of.
///
/// # Errors
///
/// As [`import_session`].
pub fn import_as(
    started: SessionStarted,
    plans: &[SourcePlan],
    dir: &Path,
    (detector, watch): (&DetectorMaker, &mut dyn Watch),
) -> Result<Imported> {
    let folder = SessionFolder::create(dir, started.title.as_deref(), &started.started_at)?;
    let lock = folder.lock()?;
    let journal = Journal::create(&folder)?;
    let mut log = BatchLog::new(journal, watch);
    let copies = planned::copies(&started, plans);
    log.record(Tick::ZERO, Event::SessionStarted(started))?;
    documents::write_manifest(&folder)?;
    let notes = take_in((plans, &copies), &folder, detector, &mut log)?;
    Ok(Imported {
        folder,
        lock,
        notes,
    })
}

/// Goes on with a session whose import was cut off. What was read is read again, which gives the same
/// session as if it had not been cut off; a session whose recordings were read to their end is left as
/// it is.
///
/// # Errors
///
/// As [`import_session`]; [`ErrorKind::Session`] when another process writes to the session.
pub fn resume_import(
    folder: SessionFolder,
    plans: &[SourcePlan],
    detector: &DetectorMaker,
    watch: &mut dyn Watch,
) -> Result<Imported> {
    let lock = folder.lock()?;
    let events: Vec<Event> = journal::read_undamaged(&folder)?
        .into_iter()
        .map(|envelope| envelope.event)
        .collect();
    let mut notes = Vec::new();
    let copies = events.iter().find_map(|event| match event {
        Event::SessionStarted(started) => Some(planned::copies(started, plans)),
        _ => None,
    });
    if !events
        .iter()
        .any(|event| matches!(event, Event::SessionStopped(_)))
    {
        for track in plans.iter().flat_map(|plan| &plan.tracks) {
            for part in folder.track_parts(track.track) {
                fs::remove_file(&part).map_err(|e| Error::io("remove", &part, e))?;
            }
        }
        let logged = events.into_iter().filter(is_heard).collect();
        let mut log = BatchLog::after(Journal::reopen(&folder)?, logged, watch);
        let copies = copies.unwrap_or_default();
        notes = take_in((plans, &copies), &folder, detector, &mut log)?;
    }
    Ok(Imported {
        folder,
        lock,
        notes,
    })
}

/// Whether an event comes from reading recordings, and not from people who work with the session.
fn is_heard(event: &Event) -> bool {
    matches!(
        event,
        Event::TrackStarted(_)
            | Event::TrackGap(_)
            | Event::TrackEnded(_)
            | Event::SpeechStart(_)
            | Event::SpeechEnd(_)
            | Event::SpeechEcho(_)
    )
}

/// Copies the recordings where that was asked for, and reads them into the session, to its last
/// document but the text.
fn take_in(
    (plans, copies): (&[SourcePlan], &[Copied]),
    folder: &SessionFolder,
    detector: &DetectorMaker,
    log: &mut BatchLog<'_>,
) -> Result<Vec<String>> {
    let mut echoes = Echoes::default();
    let permit = log.permit();
    let copied = copies
        .iter()
        .try_for_each(|copied| copy::keep(folder, copied, &permit));
    let listened = copied.and_then(|()| listen(plans, folder, detector, (log, &mut echoes)));
    let (heard, notes) = match listened {
        Ok(listened) => listened,
        Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
        Err(error) => {
            // The recordings themselves are untouched, so a folder that holds half a copy is no loss.
            folder.discard()?;
            return Err(error);
        }
    };
    end(heard, echoes, log)?;
    documents::write(folder)?;
    Ok(notes)
}

/// The tracks as they were read: their paths, and how many archive samples are missing after each.
type Read = Vec<(TrackPath, u64)>;

/// Streams every file along its tracks' paths.
fn listen(
    plans: &[SourcePlan],
    folder: &SessionFolder,
    detector: &DetectorMaker,
    (log, echoes): (&mut BatchLog<'_>, &mut Echoes),
) -> Result<(Read, Vec<String>)> {
    let all_ms: u64 = plans.iter().map(length_ms).sum();
    let mut done_ms = 0;
    let mut paths = Vec::new();
    let mut missing = Vec::new();
    let mut notes = Vec::new();
    let permit = log.permit();
    for plan in plans {
        let first = paths.len();
        for source in &plan.tracks {
            let format = track_format(plan, *source);
            let archive = WavArchive::create(folder, source.track)?;
            let analyzer = analyzer(plans, source.track, detector)?;
            paths.push(TrackPath::new(
                source.track,
                format,
                Some(archive),
                analyzer,
            )?);
            log.record(
                Tick::ZERO,
                Event::TrackStarted(TrackStarted {
                    track: source.track,
                    offset_samples: 0,
                    rate: plan.format.rate.get(),
                    channels: plan.format.channels.get(),
                }),
            )?;
        }
        let mut heard = Vec::new();
        let found = intake::stream(plan, &mut |track, frames| {
            let Some(path) = paths[first..].iter_mut().find(|path| path.track() == track) else {
                return Ok(());
            };
            permit.check()?;
            path.push(frames, &mut heard)?;
            echoes.sketched(track, &path.take_sketches())?;
            echoes.heard(&heard);
            log_voice(&mut heard, log)?;
            log.progress(Step::Listening, done_ms + path.written().ms(), all_ms);
            Ok(())
        })?;
        done_ms += length_ms(plan);
        for gap in losses::gaps(plan, &found) {
            log.record(
                Tick(gap.start_sample).after(gap.samples),
                Event::TrackGap(gap),
            )?;
        }
        let after = losses::missing(plan, &found);
        missing.extend(plan.tracks.iter().map(|_| after));
        let found = found.notes.into_iter();
        notes.extend(found.map(|note| format!("{}: {note}", plan.path.display())));
    }
    if paths.iter().all(|path| path.written() == Tick::ZERO) {
        return Err(no_samples(plans));
    }
    Ok((paths.into_iter().zip(missing).collect(), notes))
}

/// Brings all tracks to one length and ends them.
fn end(mut read: Read, mut echoes: Echoes, log: &mut BatchLog<'_>) -> Result<()> {
    let mut heard = Vec::new();
    for (path, _) in &mut read {
        path.drain(&mut heard)?;
    }
    let lengths = read.iter().map(|(path, _)| path.written());
    let end = lengths.max().unwrap_or(Tick::ZERO);
    let mut ended = Vec::new();
    for (mut path, missing) in read {
        let from = path.written();
        let samples = end.0 - from.0;
        // Of a file that was cut short, the silence at its end is what is missing, as far as it goes.
        let cut = missing.min(samples);
        path.silence(samples, &mut heard)?;
        for (from, samples, cause) in [
            (from, cut, GapCause::SourceDamaged),
            (from.after(cut), samples - cut, GapCause::SourceEnded),
        ] {
            if samples > 0 {
                log.record(end, gap(path.track(), (from, samples), cause))?;
            }
        }
        echoes.sketched(path.track(), &path.take_sketches())?;
        ended.push(TrackEnded {
            missing_samples: missing - cut,
            ..path.finish(&mut heard)?
        });
    }
    echoes.heard(&heard);
    log_voice(&mut heard, log)?;
    echoes.log(log)?;
    for track in ended {
        log.record(end, Event::TrackEnded(track))?;
    }
    log.record(
        end,
        Event::SessionStopped(SessionStopped {
            reason: StopReason::SourcesEnded,
            duration_samples: end.0,
        }),
    )
}

fn gap(track: Track, (from, samples): (Tick, u64), cause: GapCause) -> Event {
    Event::TrackGap(TrackGap {
        track,
        start_sample: from.0,
        samples,
        cause,
    })
}

/// Logs what was heard and empties the list.
pub(super) fn log_voice(heard: &mut Vec<VoiceEvent>, log: &mut BatchLog<'_>) -> Result<()> {
    for voice in heard.drain(..) {
        match voice {
            VoiceEvent::SpeechStart { track, at } => log.record(
                at,
                Event::SpeechStart(SpeechStart {
                    track,
                    start_ms: at.ms(),
                }),
            )?,
            VoiceEvent::SpeechEnd { track, span } => log.record(
                span.end,
                Event::SpeechEnd(SpeechEnd {
                    track,
                    start_ms: span.start.ms(),
                    end_ms: span.end.ms(),
                }),
            )?,
            // The text of a whole recording is made from its speech spans, packed into windows.
            VoiceEvent::Pause(_) | VoiceEvent::Utterance(_) => {}
        }
    }
    Ok(())
}

//! The session task: sole owner of the log, the tracks' fates and the documents.

use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::lane::{self, LaneMessage, LaneParts};
use super::log::{EventLog, Update};
use super::scribe::{Scribe, ScribeMessage};
use super::start::StartLine;
use super::turns::TurnLog;
use super::{Options, Summary, TrackInput};
use crate::audio::Track;
use crate::clock::wall_clock;
use crate::document::common::Untranscribed;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{
    Backlog, ConsentRecorded, Event, Heartbeat, Origin, PlannedTrack, SessionStarted,
    SessionStopped, StopReason, Warning, WarningCode,
};
use crate::store::documents;
use crate::store::folder::{Lock, SessionFolder};
use crate::store::journal::Journal;
use crate::store::wav::WavArchive;
use crate::time::{TICKS_PER_SECOND, Tick};
use crate::voice::utterance::{Cut, Utterance};

/// Messages from lanes and scribe that wait for the session task at most.
const MESSAGES: usize = 1_024;

/// Sound recorded after the request to stop, in ticks: 0.2 s. A device whose clock runs fast is ahead
/// of the session's by some milliseconds, and all tracks must still be able to end together.
const END_MARGIN: u64 = TICKS_PER_SECOND / 5;

/// How often the log says that the session is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Records until `stop` says so, every source has ended, or the planned length is reached; then
/// waits for the text. The first message on `stop` ends the recording, a second one leaves the text
/// that still waits to `finish`. A closed `stop` ends nothing.
///
/// `updates` gets everything that is worth showing; what does not fit is left out.
///
/// # Errors
///
/// [`ErrorKind::Disk`] when the archive or the log cannot be written; what was written before stays
/// and can be completed. [`ErrorKind::NoDevice`] when no track delivered a single sample.
pub async fn record(
    options: Options,
    inputs: Vec<TrackInput>,
    stop: mpsc::Receiver<()>,
    updates: mpsc::Sender<Update>,
) -> Result<Summary> {
    Session::begin(options, inputs, updates)?.run(stop).await
}

struct Session {
    folder: SessionFolder,
    _lock: Lock,
    log: EventLog,
    lanes: Vec<Lane>,
    messages: mpsc::Receiver<LaneMessage>,
    scribe: Scribe,
    turns: TurnLog,
    planned: Option<Duration>,
    start: Arc<StartLine>,
    reason: Option<StopReason>,
    fault: Option<Error>,
    lost_samples: u64,
    lost_tracks: usize,
    utterances: u32,
}

struct Lane {
    track: Track,
    written: Tick,
    stop: Option<std_mpsc::Sender<Tick>>,
}

impl Session {
    fn begin(
        options: Options,
        inputs: Vec<TrackInput>,
        updates: mpsc::Sender<Update>,
    ) -> Result<Session> {
        let started_at = wall_clock();
        let folder = SessionFolder::create(&options.dir, options.title.as_deref(), &started_at)?;
        let lock = folder.lock()?;
        let start = Arc::new(StartLine::new(inputs.len()));
        let journal = Journal::create(&folder)?;
        let mut log = EventLog::new(journal, Arc::clone(&start), updates);
        let detector = (options.detector)()?.name().to_owned();
        log.record(Event::SessionStarted(SessionStarted {
            origin: Origin::Live,
            started_at,
            title: options.title.clone(),
            goal: options.goal.clone(),
            program: options.program.clone(),
            detector,
            tracks: inputs.iter().map(planned).collect(),
        }))?;
        if let Some(text) = options.consent.clone() {
            log.record(Event::ConsentRecorded(ConsentRecorded { text }))?;
        }
        documents::write_manifest(&folder)?;

        let (to_session, messages) = mpsc::channel(MESSAGES);
        let tracks: Vec<Track> = inputs.iter().map(|input| input.track).collect();
        let mut lanes = Vec::new();
        for input in inputs {
            let archive = WavArchive::create(&folder, input.track)?;
            let (stop, stopped) = std_mpsc::channel();
            lanes.push(Lane {
                track: input.track,
                written: Tick::ZERO,
                stop: Some(stop),
            });
            lane::spawn(LaneParts {
                track: input.track,
                source: input.source,
                archive,
                detector: Arc::clone(&options.detector),
                utterance: options.utterance,
                start: Arc::clone(&start),
                stop: stopped,
                out: to_session.clone(),
            })?;
        }
        let scribe = Scribe::begin(options.recogniser, &folder)?;
        Ok(Session {
            folder,
            log,
            lanes,
            messages,
            scribe,
            turns: TurnLog::new(&tracks),
            planned: options.planned,
            start,
            reason: None,
            fault: None,
            lost_samples: 0,
            lost_tracks: 0,
            utterances: 0,
            _lock: lock,
        })
    }

    async fn run(mut self, mut stop: mpsc::Receiver<()>) -> Result<Summary> {
        self.capture(&mut stop).await?;
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        if self.start.epoch().is_none() {
            // Nothing was captured, so nothing is lost with the folder.
            self.folder.discard()?;
            return Err(
                Error::new(ErrorKind::NoDevice, "no device delivered a single sample")
                    .hint("verbatim doctor checks each device"),
            );
        }
        let duration = self.lanes.iter().map(|lane| lane.written).max();
        let duration = duration.unwrap_or(Tick::ZERO);
        for event in self.turns.finish(duration) {
            self.log.record(event)?;
        }
        let reason = self.reason.unwrap_or(StopReason::SourcesEnded);
        self.log.record(Event::SessionStopped(SessionStopped {
            reason,
            duration_samples: duration.0,
        }))?;
        documents::write(&self.folder)?;
        self.await_text(&mut stop).await?;
        documents::write(&self.folder)?;
        Ok(Summary {
            folder: self.folder.path().to_path_buf(),
            reason,
            lost_samples: self.lost_samples,
            deferred_ms: self.scribe.deferred_ms,
        })
    }

    /// From the first sample until every lane has ended.
    async fn capture(&mut self, stop: &mut mpsc::Receiver<()>) -> Result<()> {
        let mut heartbeat = ticking(HEARTBEAT);
        let mut stop_open = true;
        let mut scribe_open = true;
        loop {
            let planned_end = self.planned_end();
            tokio::select! {
                message = self.messages.recv() => match message {
                    Some(message) => self.lane_message(message)?,
                    None => return Ok(()),
                },
                message = self.scribe.messages.recv(), if scribe_open => match message {
                    Some(message) => self.scribe_message(message)?,
                    None => scribe_open = false,
                },
                request = stop.recv(), if stop_open && self.reason.is_none() => match request {
                    Some(()) => self.end_capture(StopReason::User),
                    None => stop_open = false,
                },
                () = until(planned_end), if planned_end.is_some() && self.reason.is_none() => {
                    self.end_capture(StopReason::Planned);
                }
                _ = heartbeat.tick() => {
                    let samples = self.lanes.iter().map(|lane| lane.written.0).collect();
                    self.log.record(Event::Heartbeat(Heartbeat { samples }))?;
                }
            }
        }
    }

    /// From the last sample until every utterance has its text or was given up.
    async fn await_text(&mut self, stop: &mut mpsc::Receiver<()>) -> Result<()> {
        self.scribe.close();
        let mut stop_open = true;
        loop {
            tokio::select! {
                message = self.scribe.messages.recv() => match message {
                    Some(message) => self.scribe_message(message)?,
                    None => break,
                },
                request = stop.recv(), if stop_open => match request {
                    Some(()) => break,
                    None => stop_open = false,
                },
            }
        }
        self.defer_all()
    }

    fn defer_all(&mut self) -> Result<()> {
        for utterance in self.scribe.abandon() {
            self.defer(&utterance)?;
        }
        Ok(())
    }

    fn planned_end(&self) -> Option<Instant> {
        let epoch = self.start.epoch()?;
        self.planned
            .map(|planned| Instant::from_std(epoch + planned))
    }

    /// Tells every lane the tick at which the session ends, and closes their stop channels.
    fn end_capture(&mut self, reason: StopReason) {
        self.reason = Some(reason);
        let written = self.lanes.iter().map(|lane| lane.written).max();
        let end = self
            .log
            .now()
            .max(written.unwrap_or_default())
            .after(END_MARGIN);
        for lane in &mut self.lanes {
            if let Some(stop) = lane.stop.take() {
                // A lane that has already ended has closed its side and needs no telling.
                stop.send(end).unwrap_or_default();
            }
        }
    }

    fn lane_message(&mut self, message: LaneMessage) -> Result<()> {
        match message {
            LaneMessage::Event(event) => {
                if let Event::TrackGap(gap) = &event {
                    self.lost_samples += gap.samples;
                    self.turns.gap(gap);
                }
                self.log.record(event)?;
            }
            LaneMessage::Voice(voice) => {
                if let Some(event) = self.turns.voice(&voice) {
                    self.log.record(event)?;
                }
            }
            LaneMessage::Speech(cut) => self.enqueue(cut)?,
            LaneMessage::Progress(meter, heard) => {
                if let Some(lane) = self.lanes.iter_mut().find(|l| l.track == meter.track) {
                    lane.written = meter.position;
                }
                self.log.show(Update::Meter(meter));
                for event in self.turns.advance(meter.track, heard) {
                    self.log.record(event)?;
                }
            }
            LaneMessage::Lost(track, error) => {
                let message = format!("{track} track: {error}");
                self.warn(WarningCode::TrackLost, Some(track), message)?;
                self.lost_tracks += 1;
                if self.lost_tracks == self.lanes.len() {
                    self.end_capture(StopReason::DevicesLost);
                }
            }
            LaneMessage::Ended(ended) => {
                if let Some(lane) = self.lanes.iter_mut().find(|l| l.track == ended.track) {
                    lane.written = Tick(ended.samples);
                    lane.stop = None;
                }
                self.log.record(Event::TrackEnded(ended))?;
            }
            LaneMessage::Failed(error) => {
                let reason = match error.kind() {
                    ErrorKind::Disk => StopReason::Disk,
                    _ => StopReason::DevicesLost,
                };
                self.fault.get_or_insert(error);
                self.end_capture(reason);
            }
        }
        Ok(())
    }

    fn scribe_message(&mut self, message: ScribeMessage) -> Result<()> {
        match message {
            ScribeMessage::Ready(pass) => self.log.record(Event::PassStarted(pass)),
            ScribeMessage::Unavailable(error) => {
                self.warn(
                    WarningCode::RecogniserUnavailable,
                    None,
                    format!("no live text: {error}; the recording goes on"),
                )?;
                self.defer_all()
            }
            ScribeMessage::Restarted => self.warn(
                WarningCode::WorkerRestarted,
                None,
                "the recogniser died and was started again; nothing is lost".into(),
            ),
            ScribeMessage::Final(text) => {
                self.scribe.settle(&text.utterance);
                self.log.record(Event::TranscriptFinal(text))?;
                self.backlog()
            }
            ScribeMessage::Deferred(utterance) => {
                self.scribe.settle(&utterance.id);
                self.defer(&utterance)
            }
        }
    }

    /// Names a cut and hands it to the recogniser.
    fn enqueue(&mut self, cut: Cut) -> Result<()> {
        self.utterances += 1;
        let utterance = Utterance::new(self.utterances, cut);
        match self.scribe.enqueue(utterance) {
            None => self.backlog(),
            Some(refused) => self.defer(&refused),
        }
    }

    /// Leaves an utterance to `finish`.
    fn defer(&mut self, utterance: &Utterance) -> Result<()> {
        self.scribe.deferred_ms += utterance.span.ms();
        self.log.record(Event::TranscriptDeferred(Untranscribed {
            track: utterance.track,
            start_ms: utterance.span.start.ms(),
            end_ms: utterance.span.end.ms(),
            reason: self.scribe.reason(),
        }))
    }

    fn backlog(&mut self) -> Result<()> {
        let (utterances, waiting_ms) = self.scribe.backlog();
        self.log.record(Event::Backlog(Backlog {
            utterances,
            waiting_ms,
        }))
    }

    fn warn(&mut self, code: WarningCode, track: Option<Track>, message: String) -> Result<()> {
        self.log.record(Event::Warning(Warning {
            code,
            track,
            message,
        }))
    }
}

fn planned(input: &TrackInput) -> PlannedTrack {
    PlannedTrack {
        track: input.track,
        device: input.device.clone(),
        source: input.file.clone(),
    }
}

fn ticking(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Waits until an instant; without one, for ever.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

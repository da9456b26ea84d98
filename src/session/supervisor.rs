//! The session task: sole owner of the log, the tracks' fates and the documents.

use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::captioner::Captioner;
use super::echo::EchoGate;
use super::helm::{Asked, Helm};
use super::lane::{self, LaneParts};
use super::log::{EventLog, Update};
use super::marks::{Marking, Marks};
use super::message::LaneMessage;
use super::order::Order;
use super::scribe::Scribe;
use super::start::StartLine;
use super::timing::{ticking, until};
use super::turns::TurnLog;
use super::watchman::Watchman;
use super::{Options, Summary, TrackInput};
use crate::audio::Track;
use crate::clock::wall_clock;
use crate::document::common::{ConsentScope, UntranscribedReason};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{
    Event, Heartbeat, Origin, PlannedTrack, SessionStarted, SessionStopped, StopReason,
};
use crate::store::documents;
use crate::store::folder::{Lock, SessionFolder};
use crate::store::journal::Journal;
use crate::store::wav::WavArchive;
use crate::time::{TICKS_PER_SECOND, Tick};

mod duties;
mod heard;
mod messages;

/// Messages from lanes and scribe that wait for the session task at most.
const MESSAGES: usize = 1_024;

/// Sound recorded after the request to stop, in ticks: 0.2 s. A device whose clock runs fast is ahead
/// of the session's by some milliseconds, and all tracks must still be able to end together.
const END_MARGIN: u64 = TICKS_PER_SECOND / 5;

/// How often the session looks whether something is due that no message brings.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// How often the log says that the session is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A session that has begun: its tracks are being captured.
pub struct Session {
    marking: Marking,
    folder: SessionFolder,
    _lock: Lock,
    log: EventLog,
    _updates: mpsc::Sender<Update>,
    lanes: Vec<Lane>,
    messages: mpsc::Receiver<LaneMessage>,
    scribe: Scribe,
    turns: TurnLog,
    gate: EchoGate,
    planned: Option<Duration>,
    start: Arc<StartLine>,
    reason: Option<StopReason>,
    fault: Option<Error>,
    lost_samples: u64,
    lost_tracks: usize,
    over_tracks: usize,
    captioner: Captioner,
    helm: Helm,
    commands: mpsc::Receiver<Asked>,
    watchman: Watchman,
    /// The first tick of the pause.
    paused: Option<Tick>,
    /// Keeps a session open that has no lane to end it.
    open: Option<mpsc::Sender<LaneMessage>>,
    /// Where a session without lanes ends.
    end: Tick,
    /// The captioner is told the time since this instant.
    begun: Instant,
}

struct Lane {
    track: Track,
    written: Tick,
    orders: Option<std_mpsc::Sender<Order>>,
}

impl Session {
    /// Begins to capture; as [`record`].
    ///
    /// # Errors
    ///
    /// As [`record`].
    pub fn begin(
        options: Options,
        inputs: Vec<TrackInput>,
        updates: mpsc::Sender<Update>,
    ) -> Result<Session> {
        let started_at = wall_clock();
        let folder = SessionFolder::create(&options.dir, options.title.as_deref(), &started_at)?;
        let lock = folder.lock()?;
        let start = Arc::new(StartLine::new(inputs.len()));
        let journal = Journal::create(&folder)?;
        let mut log = EventLog::new(
            folder.id().to_owned(),
            journal,
            Arc::clone(&start),
            &updates,
        );
        let detector = (options.detector)()?.name().to_owned();
        log.record(Event::SessionStarted(SessionStarted {
            origin: Origin::Live,
            started_at,
            title: options.title.clone(),
            goal: options.goal.clone(),
            program: options.program.clone(),
            detector,
            no_audio: options.no_audio,
            tracks: inputs.iter().map(planned).collect(),
        }))?;
        if let Some(consent) = options.consent.clone() {
            log.record(Event::ConsentRecorded(consent))?;
        }
        documents::write_manifest(&folder)?;

        let (to_session, messages) = mpsc::channel(MESSAGES);
        let tracks: Vec<Track> = inputs.iter().map(|input| input.track).collect();
        let mut lanes = Vec::new();
        for input in inputs {
            let archive = match options.no_audio {
                Some(_) => None,
                None => Some(WavArchive::create_with_parts(
                    &folder,
                    input.track,
                    options.part_samples,
                )?),
            };
            let (orders, ordered) = std_mpsc::channel();
            lanes.push(Lane {
                track: input.track,
                written: Tick::ZERO,
                orders: Some(orders),
            });
            lane::spawn(LaneParts {
                track: input.track,
                source: input.source,
                archive,
                detector: Arc::clone(&options.detector),
                utterance: options.utterance,
                start: Arc::clone(&start),
                orders: ordered,
                in_pause: options.in_pause,
                out: to_session.clone(),
            })?;
        }
        let open = lanes.is_empty().then(|| {
            // There is no first sample to wait for.
            start.arrive(std::time::Instant::now());
            to_session
        });
        let without = without_text(&options);
        let captions = options
            .captions
            .filter(|_| without == UntranscribedReason::NotRequested);
        let schedule = captions.as_ref().map(|captions| captions.schedule);
        let agreement = captions.as_ref().map(|captions| captions.agreement);
        let captioner = Captioner::new(schedule, agreement.unwrap_or_default(), without);
        let recogniser = captions.map(|captions| captions.recogniser);
        let scribe = Scribe::begin(recogniser, &folder)?;
        let kept: &[Track] = match options.no_audio {
            Some(_) => &[],
            None => &tracks,
        };
        let watchman = Watchman::new(options.guards, &folder, &tracks, kept);
        let (helm, commands) = Helm::new();
        Ok(Session {
            marking: Marking::begin(&mut log, options.kinds, helm.clone(), &folder)?,
            folder,
            log,
            _updates: updates,
            lanes,
            messages,
            scribe,
            turns: TurnLog::new(&tracks),
            gate: EchoGate::new(&tracks),
            planned: options.planned,
            start,
            reason: None,
            fault: None,
            lost_samples: 0,
            lost_tracks: 0,
            over_tracks: 0,
            captioner,
            helm,
            commands,
            watchman,
            paused: None,
            open,
            end: Tick::ZERO,
            begun: Instant::now(),
            _lock: lock,
        })
    }

    /// Sets and changes markers, until the session has ended.
    pub fn marks(&self) -> Marks {
        self.marking.marks.clone()
    }

    /// Goes on until the session has ended; as [`record`].
    ///
    /// # Errors
    ///
    /// As [`record`].
    pub async fn run(mut self, mut stop: mpsc::Receiver<()>) -> Result<Summary> {
        self.capture(&mut stop).await?;
        self.let_all_through()?;
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
        let duration = duration.unwrap_or(self.end);
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
        self.marking.end();
        documents::write(&self.folder)?;
        Ok(Summary {
            folder: self.folder.path().to_path_buf(),
            reason,
            lost_samples: self.lost_samples,
            deferred_ms: self.captioner.deferred_ms(),
        })
    }

    /// From the first sample until every lane has ended.
    async fn capture(&mut self, stop: &mut mpsc::Receiver<()>) -> Result<()> {
        let mut heartbeat = ticking(HEARTBEAT);
        let mut look_around = ticking(LOOK_AROUND);
        let mut stop_open = true;
        let mut scribe_open = true;
        loop {
            self.employ();
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
                Some(asked) = self.commands.recv() => self.obey(&asked)?,
                _ = look_around.tick() => {
                    self.let_through()?;
                    self.look_around()?;
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
        let mut look_around = ticking(LOOK_AROUND);
        let mut stop_open = true;
        while !self.captioner.is_done(self.begun.elapsed()) {
            self.employ();
            tokio::select! {
                message = self.scribe.messages.recv() => match message {
                    Some(message) => self.scribe_message(message)?,
                    None => break,
                },
                request = stop.recv(), if stop_open => match request {
                    Some(()) => break,
                    None => stop_open = false,
                },
                _ = look_around.tick() => {}
            }
        }
        self.scribe.close();
        for event in self.captioner.abandon() {
            self.log.record(event)?;
        }
        Ok(())
    }

    fn planned_end(&self) -> Option<Instant> {
        let epoch = self.start.epoch()?;
        self.planned
            .map(|planned| Instant::from_std(epoch + planned))
    }

    /// Tells every lane the tick at which the session ends, and closes their channels.
    fn end_capture(&mut self, reason: StopReason) {
        if self.reason.is_some() {
            return;
        }
        self.reason = Some(reason);
        let written = self.lanes.iter().map(|lane| lane.written).max();
        self.end = match reason {
            StopReason::SourcesEnded if self.lost_tracks == 0 => written.unwrap_or_default(),
            // A lost track is filled up while time passes, and is further than it has told.
            _ => self.frontier().after(END_MARGIN),
        };
        for lane in &mut self.lanes {
            if let Some(orders) = lane.orders.take() {
                // A lane that has already ended has closed its side and needs no telling.
                orders.send(Order::End(self.end)).unwrap_or_default();
            }
        }
        self.open = None;
        self.publish();
    }

    /// The session's time now, or how far the first track is if that is ahead.
    fn frontier(&self) -> Tick {
        let written = self.lanes.iter().map(|lane| lane.written).max();
        self.log.now().max(written.unwrap_or_default())
    }
}

/// Why speech has no text when no live text is made.
fn without_text(options: &Options) -> UntranscribedReason {
    let agreed = options.consent.as_ref().map(|consent| &consent.scopes[..]);
    if options.no_audio.is_some() {
        UntranscribedReason::NoAudio
    } else if ConsentScope::Transcribe.is_within(agreed.unwrap_or_default()) {
        UntranscribedReason::NotRequested
    } else {
        UntranscribedReason::NotAllowed
    }
}

fn planned(input: &TrackInput) -> PlannedTrack {
    PlannedTrack {
        track: input.track,
        device: input.device.clone(),
        source: input.file.clone(),
    }
}

//! The thread of one track: source -> clock -> archive -> voice.
//!
//! A lane never waits for anything but its source and, for an instant, the session's inbox. It ends
//! when its source does or at the tick that the session names; then its archive is complete.

mod fill;
mod place;
mod rest;
mod told;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::InPause;
use super::health::Health;
use super::message::LaneMessage;
use super::order::Order;
use super::start::StartLine;
use super::stretch::Stretch;
use super::track::TrackPath;
use crate::audio::Track;
use crate::capture::{Change, Reading, Source, Stamp};
use crate::document::common::GapCause;
use crate::error::{Error, ErrorKind, Result};
use crate::event::TrackEnded;
use crate::store::wav::WavArchive;
use crate::time::{TICKS_PER_SECOND, Tick};
use crate::voice::analysis::{AnalysisOptions, Analyzer, VoiceEvent};
use crate::voice::utterance::UtteranceOptions;
use crate::voice::{Detector, DetectorMaker};
use place::unusable;
use rest::Rest;

/// How long a lane waits for its source before it looks around.
const WAIT: Duration = Duration::from_millis(20);

/// How long a lane waits for the last samples before the tick at which the session ends. They come
/// late by the latency of the audio system, and are held back while the clock is undecided.
const GRACE: Duration = Duration::from_millis(700);

/// How often a lane reports its level and position.
const REPORT: Duration = Duration::from_millis(100);

/// A device that has delivered nothing for this long may deliver from anywhere when it goes on, and
/// its track is filled up meanwhile.
const SILENT: Duration = Duration::from_secs(5);

/// What was captured in the last moments may still come from a device that is being opened; a track
/// is not filled up beyond this long ago.
const MARGIN: Duration = Duration::from_secs(3);

/// A lane that has not looked around for this long stood still itself: its terminal stopped it, or the
/// machine had no time for it.
const STOOD_STILL: Duration = Duration::from_secs(1);

/// The first samples may have been captured before the lane began, by no more than this.
const BEFORE: Duration = Duration::from_secs(60);

/// What a lane is made of.
pub(super) struct LaneParts {
    pub(super) track: Track,
    pub(super) source: Box<dyn Source>,
    pub(super) archive: Option<WavArchive>,
    pub(super) detector: DetectorMaker,
    pub(super) utterance: UtteranceOptions,
    pub(super) start: Arc<StartLine>,
    pub(super) orders: Receiver<Order>,
    pub(super) in_pause: InPause,
    pub(super) out: mpsc::Sender<LaneMessage>,
}

/// Starts the thread of a track.
pub(super) fn spawn(parts: LaneParts) -> Result<()> {
    let name = parts.track.to_string();
    thread::Builder::new()
        .name(name.clone())
        .spawn(move || {
            let out = parts.out.clone();
            let start = Arc::clone(&parts.start);
            if let Err(error) = Lane::new(parts).and_then(Lane::run) {
                start.withdraw();
                // A session that has gone needs no telling.
                drop(out.blocking_send(LaneMessage::Failed(error)));
            }
        })
        .map_err(|e| {
            Error::new(
                ErrorKind::Engine,
                format!("cannot start the thread of {name}"),
            )
            .because(e)
        })?;
    Ok(())
}

struct Lane {
    source: Box<dyn Source>,
    path: TrackPath,
    stretch: Stretch,
    /// Before everything that the source delivers.
    origin: Instant,
    /// The device of the stretch, if it is another one than before.
    change: Option<Change>,
    /// Why audio is missing between the stretch and what lies before it.
    hole: GapCause,
    /// Whether there are no samples, so that the track is filled up instead.
    absent: bool,
    samples_at: Instant,
    /// Skew of a device before this one.
    skew_ppm: Option<f64>,
    heard: Vec<VoiceEvent>,
    start: Arc<StartLine>,
    begun: bool,
    /// The machine's sleep that is on the timeline.
    slept: Duration,
    orders: Receiver<Order>,
    end: Option<(Tick, Instant)>,
    health: Health,
    reported: Instant,
    /// When it last looked around.
    turned: Instant,
    in_pause: InPause,
    rest: Rest,
    out: mpsc::Sender<LaneMessage>,
}

/// Why the loop over a source is left.
enum Left {
    /// The source came to its end.
    Over,
    /// The session's end is reached.
    Stopped,
    /// The source is gone.
    Lost(Error),
}

impl Lane {
    fn new(parts: LaneParts) -> Result<Lane> {
        let format = parts.source.format();
        let detector: Box<dyn Detector> = (parts.detector)()?;
        let options = AnalysisOptions {
            utterance: parts.utterance,
            ..detector.analysis()
        };
        let analyzer = Analyzer::new(parts.track, detector, options);
        let now = parts.source.now();
        let origin = now.checked_sub(BEFORE).unwrap_or(now);
        Ok(Lane {
            path: TrackPath::new(parts.track, format, parts.archive, analyzer)?,
            source: parts.source,
            stretch: Stretch::new(format, origin, now),
            origin,
            change: None,
            hole: GapCause::LateStart,
            absent: false,
            samples_at: now,
            skew_ppm: None,
            heard: Vec::new(),
            start: parts.start,
            begun: false,
            slept: Duration::ZERO,
            orders: parts.orders,
            end: None,
            health: Health::waiting(now),
            reported: now,
            turned: now,
            in_pause: parts.in_pause,
            rest: Rest::Awake,
            out: parts.out,
        })
    }

    fn run(mut self) -> Result<()> {
        self.tell_health(self.health.state())?;
        let left = self.listen()?;
        self.judge_the_rest()?;
        if !self.begun {
            self.start.withdraw();
        }
        match left {
            Left::Over => self.await_the_others()?,
            Left::Stopped => self.fill_to_end(self.missing())?,
            Left::Lost(error) => {
                if let Some(state) = self.health.gone() {
                    self.tell_health(state)?;
                }
                let lost = LaneMessage::Lost(self.path.track(), self.path.written(), error);
                self.send(lost)?;
                self.wait_out()?;
            }
        }
        self.path.drain(&mut self.heard)?;
        self.tell_heard()?;
        self.tell_sketches()?;
        for muted in self.path.end_muted() {
            self.tell_gap(muted, GapCause::Paused)?;
        }
        let track = self.path.track();
        let skew_ppm = self.stretch.clock.skew_ppm().or(self.skew_ppm);
        let mut heard = Vec::new();
        let ended = self.path.finish(&mut heard)?;
        let out = self.out;
        for voice in heard {
            tell(&out, LaneMessage::of(voice))?;
        }
        tell(
            &out,
            LaneMessage::Ended(TrackEnded {
                track,
                skew_ppm,
                ..ended
            }),
        )
    }

    /// Reads the source until it ends, is lost, or the session's end is reached.
    fn listen(&mut self) -> Result<Left> {
        let mut frames = Vec::new();
        loop {
            self.hear_orders()?;
            if let Some((_, deadline)) = self.end
                && (self.path.is_full() || self.source.now() >= deadline)
            {
                return Ok(Left::Stopped);
            }
            self.rest_if_due()?;
            frames.clear();
            let read = self.source.read(WAIT, &mut frames);
            self.notice_standstill();
            match read {
                Ok(Reading::Samples(stamp)) => self.take(stamp, &frames)?,
                Ok(Reading::Idle) => self.idle()?,
                Ok(Reading::Away(why)) => self.go_away(why)?,
                Ok(Reading::Changed(change)) => {
                    if let Some(error) = unusable(self.source.format(), &change) {
                        return Ok(Left::Lost(error));
                    }
                    self.change = Some(*change);
                    let hole = match self.absent {
                        true => self.hole,
                        false => GapCause::DeviceChanged,
                    };
                    self.break_off(hole)?;
                }
                Ok(Reading::End) => return Ok(Left::Over),
                Err(error) => return Ok(Left::Lost(error)),
            }
            self.report()?;
        }
    }

    /// While the lane itself stood still, no device was silent. What the audio system did not keep of that
    /// time its clock finds out, once samples come.
    fn notice_standstill(&mut self) {
        let now = self.source.now();
        let before = std::mem::replace(&mut self.turned, now);
        if now.saturating_duration_since(before) >= STOOD_STILL && !self.absent {
            self.samples_at = now;
            self.health.resumed(now);
        }
    }

    /// Does what the session orders. A closed channel means that it ends now.
    fn hear_orders(&mut self) -> Result<()> {
        while self.end.is_none() {
            match self.orders.try_recv() {
                Ok(Order::End(end)) => self.end_at(end),
                Ok(Order::Pause(from)) => {
                    self.path.mute(from);
                    self.rest_from(from);
                }
                Ok(Order::Resume(until)) => {
                    self.path.unmute(until);
                    self.wake();
                    self.health.resumed(self.source.now());
                }
                // A track that has not begun finds the sleep in the instant of tick 0.
                Ok(Order::Slept(_)) if !self.begun => {}
                Ok(Order::Slept(in_all)) => {
                    let more = in_all.saturating_sub(std::mem::replace(&mut self.slept, in_all));
                    self.gap_samples(ticks(more), GapCause::Slept)?;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.end_at(self.path.written()),
            }
        }
        Ok(())
    }

    fn end_at(&mut self, end: Tick) {
        self.path.limit(end);
        self.end = Some((end, self.source.now() + GRACE));
    }

    fn take(&mut self, stamp: Stamp, frames: &[f32]) -> Result<()> {
        self.absent = false;
        self.samples_at = self.source.now();
        self.stretch.push(stamp, frames, self.samples_at);
        self.write_judged()?;
        if self.path.is_mute() {
            return Ok(());
        }
        match self.health.samples(self.samples_at, frames) {
            Some(state) => self.tell_health(state),
            None => Ok(()),
        }
    }

    fn idle(&mut self) -> Result<()> {
        let now = self.source.now();
        self.stretch.idle(now);
        self.write_judged()?;
        let is_gone = self.absent && self.hole == GapCause::DeviceLost;
        let is_watched = !is_gone && !self.path.is_mute();
        if is_watched && let Some(state) = self.health.idle(now) {
            self.tell_health(state)?;
        }
        if !self.absent && now.saturating_duration_since(self.samples_at) >= SILENT {
            self.break_off(match self.begun {
                true => GapCause::ClockHole,
                false => GapCause::LateStart,
            })?;
            self.absent = true;
        }
        self.doubt_rest(now);
        match self.absent {
            true => self.fill_until(now.checked_sub(MARGIN), self.hole),
            false => Ok(()),
        }
    }

    /// The device has gone, and the source looks for it.
    fn go_away(&mut self, why: String) -> Result<()> {
        self.break_off(GapCause::DeviceLost)?;
        self.absent = true;
        if let Some(state) = self.health.gone() {
            self.tell_health(state)?;
        }
        self.send(LaneMessage::Away(self.path.track(), why))
    }
}

/// A length of time in ticks.
fn ticks(length: Duration) -> u64 {
    (length.as_nanos() * u128::from(TICKS_PER_SECOND) / 1_000_000_000) as u64
}

/// Tells the session; one that has gone ends the lane.
fn tell(out: &mpsc::Sender<LaneMessage>, message: LaneMessage) -> Result<()> {
    out.blocking_send(message)
        .map_err(|_| Error::new(ErrorKind::Engine, "the session has ended"))
}

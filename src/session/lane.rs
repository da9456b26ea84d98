//! The thread of one track: source -> clock -> archive -> voice.
//!
//! A lane never waits for anything but its source and, for an instant, the session's inbox. It ends
//! when its source does or at the tick that the session names; then its archive is complete.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::health::Health;
use super::log::Meter;
use super::message::{LaneMessage, Progress};
use super::order::Order;
use super::start::StartLine;
use super::track::{TrackPath, archive_samples};
use crate::audio::Track;
use crate::capture::{Reading, Source, Stamp};
use crate::document::common::GapCause;
use crate::dsp::clock::{Arrival, ClockOptions, TrackClock, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, HealthState, TrackEnded, TrackGap, TrackHealth, TrackStarted};
use crate::store::wav::WavArchive;
use crate::time::{Span, TICKS_PER_SECOND, Tick};
use crate::voice::analysis::{AnalysisOptions, Analyzer, VoiceEvent};
use crate::voice::utterance::UtteranceOptions;
use crate::voice::{Detector, DetectorMaker};

/// How long a lane waits for its source before it looks around.
const WAIT: Duration = Duration::from_millis(20);

/// How long a lane waits for the last samples before the tick at which the session ends. They come
/// late by the latency of the audio system, and are held back while the clock is undecided.
const GRACE: Duration = Duration::from_millis(700);

/// How often a lane reports its level and position.
const REPORT: Duration = Duration::from_millis(100);

/// Archive samples of a piece in which a lost track is filled up while the others go on.
const FILL: u64 = TICKS_PER_SECOND;

/// What a lane is made of.
pub(super) struct LaneParts {
    pub(super) track: Track,
    pub(super) source: Box<dyn Source>,
    pub(super) archive: Option<WavArchive>,
    pub(super) detector: DetectorMaker,
    pub(super) utterance: UtteranceOptions,
    pub(super) start: Arc<StartLine>,
    pub(super) orders: Receiver<Order>,
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
    clock: TrackClock,
    rate: NonZeroU32,
    channels: usize,
    /// Readings that the clock has not judged yet.
    held: VecDeque<Vec<f32>>,
    verdicts: Vec<Verdict>,
    heard: Vec<VoiceEvent>,
    start: Arc<StartLine>,
    begun: bool,
    /// Instants are told to the clock as time since this one.
    origin: Instant,
    orders: Receiver<Order>,
    end: Option<(Tick, Instant)>,
    health: Health,
    reported: Instant,
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
        let now = Instant::now();
        Ok(Lane {
            path: TrackPath::new(parts.track, format, parts.archive, analyzer)?,
            source: parts.source,
            clock: TrackClock::new(format.rate, ClockOptions::default()),
            rate: format.rate,
            channels: usize::from(format.channels.get()),
            held: VecDeque::new(),
            verdicts: Vec::new(),
            heard: Vec::new(),
            start: parts.start,
            begun: false,
            origin: now,
            orders: parts.orders,
            end: None,
            health: Health::waiting(),
            reported: now,
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
            Left::Over => {}
            Left::Stopped => self.fill_to_end(GapCause::ClockHole)?,
            Left::Lost(error) => {
                if let Some(state) = self.health.gone() {
                    self.tell_health(state)?;
                }
                self.send(LaneMessage::Lost(self.path.track(), error))?;
                self.wait_out()?;
            }
        }
        for muted in self.path.end_muted() {
            self.tell_gap(muted, GapCause::Paused)?;
        }
        let track = self.path.track();
        let skew_ppm = self.clock.skew_ppm();
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
                && (self.path.is_full() || Instant::now() >= deadline)
            {
                return Ok(Left::Stopped);
            }
            frames.clear();
            match self.source.read(WAIT, &mut frames) {
                Ok(Reading::Samples(stamp)) => self.take(stamp, &frames)?,
                Ok(Reading::Idle) => self.idle()?,
                Ok(Reading::End) => return Ok(Left::Over),
                Err(error) => return Ok(Left::Lost(error)),
            }
            self.report()?;
        }
    }

    /// Does what the session orders. A closed channel means that it ends now.
    fn hear_orders(&mut self) -> Result<()> {
        while self.end.is_none() {
            match self.orders.try_recv() {
                Ok(Order::End(end)) => self.end_at(end),
                Ok(Order::Pause(from)) => self.path.mute(from),
                Ok(Order::Resume(until)) => {
                    self.path.unmute(until);
                    self.health.resumed();
                }
                // A track that has not begun finds the sleep in the instant of tick 0.
                Ok(Order::Slept(_)) if !self.begun => {}
                Ok(Order::Slept(samples)) => self.gap_samples(samples, GapCause::Slept)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => self.end_at(self.path.written()),
            }
        }
        Ok(())
    }

    fn end_at(&mut self, end: Tick) {
        self.path.limit(end);
        self.end = Some((end, Instant::now() + GRACE));
    }

    fn take(&mut self, stamp: Stamp, frames: &[f32]) -> Result<()> {
        let arrival = Arrival {
            frames: (frames.len() / self.channels) as u64,
            captured_until: stamp
                .captured_until
                .map(|until| until.saturating_duration_since(self.origin)),
            overrun_frames: stamp.overrun_frames,
        };
        self.held.push_back(frames.to_vec());
        self.clock.push(arrival, &mut self.verdicts);
        self.write_judged()?;
        if self.path.is_mute() {
            return Ok(());
        }
        match self.health.samples(frames) {
            Some(state) => self.tell_health(state),
            None => Ok(()),
        }
    }

    fn idle(&mut self) -> Result<()> {
        self.clock.idle(self.origin.elapsed(), &mut self.verdicts);
        self.write_judged()?;
        if !self.path.is_mute()
            && let Some(state) = self.health.idle()
        {
            self.tell_health(state)?;
        }
        Ok(())
    }

    fn judge_the_rest(&mut self) -> Result<()> {
        self.clock.finish(&mut self.verdicts);
        self.write_judged()
    }

    /// Writes the readings that the clock has judged, each after the hole before it.
    fn write_judged(&mut self) -> Result<()> {
        for verdict in std::mem::take(&mut self.verdicts) {
            let Some(frames) = self.held.pop_front() else {
                break;
            };
            if !self.begun {
                self.begin()?;
            }
            self.gap(verdict.hole_frames, GapCause::ClockHole)?;
            self.gap(verdict.overrun_frames, GapCause::Overrun)?;
            self.path.push(&frames, &mut self.heard)?;
        }
        self.tell_heard()
    }

    /// Agrees with the other tracks on tick 0 and writes the silence up to this track's first sample.
    fn begin(&mut self) -> Result<()> {
        self.begun = true;
        let start_ns = self.clock.start_ns().unwrap_or(0);
        let since_origin = Duration::from_nanos(start_ns.unsigned_abs());
        let first = match start_ns < 0 {
            true => self.origin.checked_sub(since_origin).unwrap_or(self.origin),
            false => self.origin + since_origin,
        };
        let epoch = self.start.arrive(first);
        let nanos = first.saturating_duration_since(epoch).as_nanos();
        let offset = (nanos * u128::from(TICKS_PER_SECOND) / 1_000_000_000) as u64;
        self.send(LaneMessage::Event(Event::TrackStarted(TrackStarted {
            track: self.path.track(),
            offset_samples: offset,
            rate: self.rate.get(),
            channels: self.channels as u16,
        })))?;
        self.path.silence(offset, &mut self.heard)
    }

    /// Writes zeros for `frames` native frames that were not captured.
    fn gap(&mut self, frames: u64, cause: GapCause) -> Result<()> {
        self.gap_samples(archive_samples(frames, self.rate), cause)
    }

    fn gap_samples(&mut self, samples: u64, cause: GapCause) -> Result<()> {
        if samples == 0 {
            return Ok(());
        }
        self.path.drain(&mut self.heard)?;
        let from = self.path.written();
        self.path.silence(samples, &mut self.heard)?;
        // What is not kept anyhow is not lost.
        let lost = self.path.unmuted(Span::new(from, self.path.written()));
        self.tell_gap(lost, cause)?;
        self.tell_heard()
    }

    fn tell_gap(&self, lost: Span, cause: GapCause) -> Result<()> {
        if lost.is_empty() {
            return Ok(());
        }
        self.send(LaneMessage::Event(Event::TrackGap(TrackGap {
            track: self.path.track(),
            start_sample: lost.start.0,
            samples: lost.ticks(),
            cause,
        })))
    }

    /// Brings the track to the session's end.
    fn fill_to_end(&mut self, cause: GapCause) -> Result<()> {
        self.path.drain(&mut self.heard)?;
        self.tell_heard()?;
        match self.end {
            Some((end, _)) => self.gap_samples(end.0.saturating_sub(self.path.written().0), cause),
            None => Ok(()),
        }
    }

    /// Keeps a lost track in step with the others until the session ends.
    fn wait_out(&mut self) -> Result<()> {
        loop {
            self.hear_orders()?;
            if self.end.is_some() {
                return self.fill_to_end(GapCause::DeviceLost);
            }
            if let Some(epoch) = self.start.epoch() {
                let elapsed = epoch.elapsed().as_nanos() * u128::from(TICKS_PER_SECOND);
                let now = (elapsed / 1_000_000_000) as u64;
                if now >= self.path.written().0 + FILL {
                    self.gap_samples(now - self.path.written().0, GapCause::DeviceLost)?;
                }
            }
            self.report()?;
            thread::sleep(WAIT);
        }
    }

    fn tell_heard(&mut self) -> Result<()> {
        for voice in std::mem::take(&mut self.heard) {
            if matches!(voice, VoiceEvent::Pause(_) | VoiceEvent::Utterance(_)) {
                self.path.flush()?;
            }
            self.send(LaneMessage::of(voice))?;
        }
        Ok(())
    }

    fn report(&mut self) -> Result<()> {
        if self.reported.elapsed() < REPORT {
            return Ok(());
        }
        self.reported = Instant::now();
        while let Some(muted) = self.path.take_muted() {
            self.tell_gap(muted, GapCause::Paused)?;
        }
        let level = self.path.take_level();
        let peak = f32::from(level.peak) / 32_768.0;
        let meter = Meter {
            track: self.path.track(),
            position: self.path.written(),
            peak_db: 20.0 * peak.log10(),
            clipped: level.peak >= i16::MAX as u16,
        };
        let open = self.path.open();
        if open.is_some() {
            self.path.flush()?;
        }
        self.send(LaneMessage::Progress(Progress {
            meter,
            heard: self.path.heard(),
            open,
        }))
    }

    fn tell_health(&self, state: HealthState) -> Result<()> {
        self.send(LaneMessage::Event(Event::TrackHealth(TrackHealth::new(
            self.path.track(),
            state,
        ))))
    }

    fn send(&self, message: LaneMessage) -> Result<()> {
        tell(&self.out, message)
    }
}

/// Tells the session; one that has gone ends the lane.
fn tell(out: &mpsc::Sender<LaneMessage>, message: LaneMessage) -> Result<()> {
    out.blocking_send(message)
        .map_err(|_| Error::new(ErrorKind::Engine, "the session has ended"))
}

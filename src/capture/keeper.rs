//! Keeps a track supplied for as long as the call goes on, whatever happens to its devices.
//!
//! The stream that records is never given up for what a list says: only its own end, or a silence
//! that is too long, makes the keeper look for another one. A replacement is built beside it and
//! takes over when it delivers. Looking goes on for ever, ever less often.

mod wish;

use std::time::{Duration, Instant};

use super::devices::Device;
use super::{Change, Reading, Source, Stamp};
use crate::audio::Format;
use crate::document::common::DeviceChangeReason;
use crate::dsp::resample::RATES;
use crate::error::{Error, Result};

pub use wish::{OnLoss, Wish};

/// A stream that has delivered nothing for this long is opened anew beside itself.
const STALLED: Duration = Duration::from_secs(8);

/// A replacement that has delivered nothing for this long is given up, and tried again later.
const PATIENCE: Duration = Duration::from_secs(15);

/// Another default must still be the default after this long: lists are wrong for a moment while
/// devices come and go.
const SURE: Duration = Duration::from_millis(400);

/// Between attempts, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));

/// A stream that is lost before it has lasted this long is no success: the next attempt comes later.
const PROVEN: Duration = Duration::from_secs(5);

/// Who is asked for devices. Answers come later, one for each question, so that no samples wait for
/// a slow or hung audio system.
pub trait Desk: Send {
    /// The time now.
    fn now(&self) -> Instant;

    /// How often the desk may be asked for a list while all is well.
    fn cadence(&self) -> Duration;

    /// Waits for at most `wait` while there is no stream to wait for; [`Reading::End`] when none will
    /// ever come.
    fn rest(&mut self, wait: Duration) -> Reading;

    /// Asks. One question is under way at a time.
    fn ask(&mut self, question: Question);

    /// The answer, if it is there.
    fn answer(&mut self) -> Option<Answer>;
}

/// What a desk is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// Which devices there are.
    List,
    /// To open one.
    Open(Device),
}

/// What a desk answers.
pub enum Answer {
    /// The devices.
    Listed(Result<Vec<Device>>),
    /// A stream.
    Opened(Result<Box<dyn Source>>),
}

/// A source that follows its device, or the system's default.
pub struct Keeper {
    desk: Box<dyn Desk>,
    wish: Wish,
    format: Format,
    /// The device that is recorded, or was until it was lost.
    device: Device,
    current: Option<Box<dyn Source>>,
    next: Option<Next>,
    asked: bool,
    /// When the desk is asked next.
    look_at: Instant,
    retry: Duration,
    samples_at: Instant,
    /// When the current stream began.
    begun: Instant,
    /// A default that was seen once.
    doubtful: Option<String>,
    release: Release,
    /// Why the device that was released could not be opened again; told once.
    failed: Option<String>,
}

/// Whether the device was given up because nothing is to be recorded.
#[derive(Debug, PartialEq, Eq)]
enum Release {
    /// It is recorded, or looked for.
    Kept,
    /// Nothing is open or looked for.
    Released,
    /// It is to be opened again, as soon as the desk is free.
    Wanted,
    /// It is being opened again.
    Opening,
}

/// A replacement.
struct Next {
    device: Device,
    reason: DeviceChangeReason,
    since: Instant,
    /// Absent while it is being opened.
    source: Option<Box<dyn Source>>,
    /// Its first samples.
    first: Option<(Stamp, Vec<f32>)>,
    /// Whether it has taken over, and only its first samples are still to be delivered.
    took_over: bool,
}

impl Keeper {
    /// Keeps what `wish` says, beginning with `device`, which is open as `source`.
    pub fn new(desk: Box<dyn Desk>, wish: Wish, device: Device, source: Box<dyn Source>) -> Keeper {
        let now = desk.now();
        Keeper {
            format: source.format(),
            look_at: now + desk.cadence(),
            desk,
            wish,
            device,
            current: Some(source),
            next: None,
            asked: false,
            retry: RETRY.0,
            samples_at: now,
            begun: now,
            doubtful: None,
            release: Release::Kept,
            failed: None,
        }
    }

    fn ask(&mut self, question: Question) {
        self.asked = true;
        self.desk.ask(question);
    }

    /// The next attempt is made after a pause, and the one after it after a longer pause.
    fn try_later(&mut self) {
        self.look_at = self.desk.now() + self.retry;
        self.retry = (self.retry * 2).min(RETRY.1);
    }

    /// The replacement comes to nothing. One for a released device leaves the track without any.
    fn give_up(&mut self, why: &str) {
        self.next = None;
        self.try_later();
        if std::mem::replace(&mut self.release, Release::Kept) == Release::Opening {
            self.failed = Some(why.to_owned());
        }
    }

    /// Hears answers and asks what is to be asked.
    fn tend(&mut self) {
        let now = self.desk.now();
        while let Some(answer) = self.desk.answer() {
            self.asked = false;
            match answer {
                // What comes too late is closed again.
                _ if self.release != Release::Kept && self.next.is_none() => {}
                Answer::Listed(Ok(devices)) => self.listed(&devices),
                Answer::Opened(Ok(source)) => match &mut self.next {
                    Some(next) => next.source = Some(source),
                    None => drop(source),
                },
                Answer::Listed(Err(_)) => self.try_later(),
                Answer::Opened(Err(why)) => self.give_up(&why.to_string()),
            }
        }
        if self.release == Release::Released {
            return;
        }
        if self.release == Release::Wanted && !self.asked {
            self.release = Release::Opening;
            self.open(self.device.clone(), DeviceChangeReason::Reopened);
            return;
        }
        if let Some(next) = &self.next
            && next.first.is_none()
            && next.source.is_some()
            && now.saturating_duration_since(next.since) >= PATIENCE
        {
            self.give_up("it was opened again and delivers nothing");
        }
        if self.asked || now < self.look_at || self.next.as_ref().is_some_and(|n| n.took_over) {
            return;
        }
        let silent_for = now.saturating_duration_since(self.samples_at);
        if self.current.is_some() && silent_for >= STALLED && self.next.is_none() {
            self.open(self.device.clone(), DeviceChangeReason::Reopened);
        } else if self.current.is_none() || self.wish.wants_a_look(&self.device) {
            self.look_at = now + self.desk.cadence();
            self.ask(Question::List);
        }
    }

    /// Makes up its mind about a list.
    fn listed(&mut self, devices: &[Device]) {
        let target = self.wish.target(devices);
        let open = self.next.as_ref().map(|next| &next.device.id);
        let Some((target, reason)) = target.and_then(|target| {
            let reason = self
                .wish
                .reason(target, &self.device, self.current.is_none())?;
            (open != Some(&target.id)).then(|| (target.clone(), reason))
        }) else {
            self.doubtful = None;
            if self.current.is_none() && self.next.is_none() {
                self.try_later();
            }
            return;
        };
        // The device that was asked for needs no second look; another default does.
        let sure = reason == DeviceChangeReason::Returned
            || self.doubtful.take().as_ref() == Some(&target.id);
        match sure {
            true => self.open(target, reason),
            false => {
                self.doubtful = Some(target.id);
                self.look_at = self.desk.now() + SURE;
            }
        }
    }

    fn open(&mut self, device: Device, reason: DeviceChangeReason) {
        self.next = Some(Next {
            device: device.clone(),
            reason,
            since: self.desk.now(),
            source: None,
            first: None,
            took_over: false,
        });
        self.ask(Question::Open(device));
    }

    /// Listens whether the replacement delivers.
    fn listen_to_next(&mut self) {
        let Some(next) = &mut self.next else { return };
        let (Some(source), None) = (&mut next.source, &next.first) else {
            return;
        };
        let mut frames = Vec::new();
        match source.read(Duration::ZERO, &mut frames) {
            Ok(Reading::Samples(stamp)) => {
                let rate = source.format().rate.get();
                match RATES.contains(&rate) {
                    true => next.first = Some((stamp, frames)),
                    false => self.give_up(&format!("its rate of {rate} Hz cannot be recorded")),
                }
            }
            Ok(_) => {}
            Err(why) => self.give_up(&why.to_string()),
        }
    }

    /// The replacement becomes the source.
    fn take_over(&mut self) -> Option<Reading> {
        let next = self.next.as_mut()?;
        next.first.as_ref()?;
        self.current = next.source.take();
        next.took_over = true;
        self.release = Release::Kept;
        self.device = next.device.clone();
        self.format = self.current.as_ref()?.format();
        let now = self.desk.now();
        (self.samples_at, self.begun) = (now, now);
        self.look_at = now + self.desk.cadence();
        Some(Reading::Changed(Box::new(Change {
            device: next.device.info(),
            reason: next.reason,
        })))
    }

    /// The first samples of a replacement that has taken over.
    fn first_samples(&mut self, frames: &mut Vec<f32>) -> Option<Reading> {
        let next = self.next.take_if(|next| next.took_over)?;
        let (stamp, first) = next.first?;
        frames.extend(first);
        Some(Reading::Samples(stamp))
    }

    fn lose(&mut self, why: &Error) -> Reading {
        self.current = None;
        let now = self.desk.now();
        match now.saturating_duration_since(self.begun) >= PROVEN {
            true => (self.retry, self.look_at) = (RETRY.0, now),
            false => self.try_later(),
        }
        Reading::Away(why.to_string())
    }
}

impl Source for Keeper {
    fn format(&self) -> Format {
        self.format
    }

    fn now(&self) -> Instant {
        self.desk.now()
    }

    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading> {
        if let Some(first) = self.first_samples(frames) {
            return Ok(first);
        }
        self.tend();
        if self.release == Release::Released {
            return Ok(self.desk.rest(wait));
        }
        self.listen_to_next();
        if let Some(why) = self.failed.take() {
            return Ok(Reading::Away(why));
        }
        let has_next = self.next.as_ref().is_some_and(|n| n.first.is_some());
        // What the old stream still holds comes first.
        let wait = if has_next { Duration::ZERO } else { wait };
        let read = match &mut self.current {
            Some(current) => current.read(wait, frames),
            None if has_next => Ok(Reading::Idle),
            None => return Ok(self.desk.rest(wait)),
        };
        match read {
            Ok(Reading::Samples(stamp)) => {
                self.samples_at = self.desk.now();
                if self.samples_at.saturating_duration_since(self.begun) >= PROVEN {
                    self.retry = RETRY.0;
                }
                // A stream that goes on by itself needs no replacement.
                self.next
                    .take_if(|next| next.reason == DeviceChangeReason::Reopened);
                Ok(Reading::Samples(stamp))
            }
            Ok(Reading::Idle) => Ok(self.take_over().unwrap_or(Reading::Idle)),
            Ok(reading) => Ok(reading),
            Err(why) => Ok(match self.take_over() {
                Some(changed) => changed,
                None => self.lose(&why),
            }),
        }
    }

    fn release(&mut self) -> bool {
        self.current = None;
        self.next = None;
        self.doubtful = None;
        self.failed = None;
        self.release = Release::Released;
        true
    }

    fn reopen(&mut self) {
        if self.release == Release::Released {
            self.release = Release::Wanted;
        }
    }
}

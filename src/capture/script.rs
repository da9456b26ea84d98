//! Devices that play a script, on a clock that the script moves: an hour of call takes seconds.
//!
//! A [`Script`] says which devices there are and when, what each of them hears, and what goes wrong.
//! [`keep`] plays it through the same [`Keeper`] that real devices have, so that everything behind a
//! [`Source`] can be tried against it.

mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::devices::{Device, Kind};
use super::keeper::{Answer, Desk, Keeper, Question, Wish};
use super::{Reading, Source};
use crate::error::{Error, ErrorKind, Result};
use stream::Stream;

/// A stretch of the script's time, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant inside, since the script began.
    pub from: Duration,
    /// First instant after.
    pub until: Duration,
}

impl Window {
    /// A stretch from `from` up to `until`.
    pub fn new(from: Duration, until: Duration) -> Window {
        Window { from, until }
    }

    fn holds(&self, at: Duration) -> bool {
        self.from <= at && at < self.until
    }
}

/// What goes wrong with a device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// What is captured is never delivered, and nobody says so: a hung server, a suspended device, a
    /// queue that overflowed, a machine that stood still.
    Hole(Window),
    /// The clock jumps from the beginning of the window to its end: the machine stood still, and nothing
    /// was captured.
    Jump(Window),
    /// What is captured is lost in the recorder's own buffer, which counts it.
    Overrun(Window),
    /// Only exact zeros come.
    Zeros(Window),
    /// What is captured comes all at once at the end.
    Burst(Window),
    /// The device's clock runs at another speed, in parts per million of its rate.
    Speed(Window, f64),
}

/// What a device hears at a time in seconds since the script began, full scale at 1.0.
pub type Sound = Arc<dyn Fn(f64) -> f32 + Send + Sync>;

/// A device and its fate.
#[derive(Clone)]
pub struct Actor {
    /// The device, with its native format. One that comes back with another format is another actor
    /// of the same id.
    pub device: Device,
    /// When it is there.
    pub there: Vec<Window>,
    /// How much faster its clock runs than the session's, in parts per million.
    pub ppm: f64,
    /// What goes wrong with it.
    pub faults: Vec<Fault>,
    /// What it hears.
    pub sound: Sound,
}

/// What became of the frames that the devices of a script captured while they were open.
#[derive(Debug, Default)]
pub struct Tally {
    delivered: AtomicU64,
    lost: AtomicU64,
    overrun: AtomicU64,
}

impl Tally {
    /// Frames that were read.
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Frames that [`Fault::Hole`] and [`Fault::Jump`] took.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Frames that [`Fault::Overrun`] took and told.
    pub fn overrun(&self) -> u64 {
        self.overrun.load(Ordering::Relaxed)
    }
}

/// What happens to one track.
#[derive(Clone)]
pub struct Script {
    /// The instant at which all scripts of a session begin.
    pub base: Instant,
    /// When no more samples come.
    pub length: Duration,
    /// The devices.
    pub actors: Vec<Actor>,
    /// From when on which device is the default, by its id.
    pub defaults: Vec<(Duration, String)>,
    /// When no audio server answers; what is open then is lost.
    pub down: Vec<Window>,
    /// When the server lists nothing although all devices are there.
    pub blind: Vec<Window>,
    /// How late readings are at most: each by a time of its own.
    pub jitter: Duration,
    /// Frames in a reading, least and most.
    pub block: (u32, u32),
    /// For what is left to chance: lateness and block lengths.
    pub seed: u64,
    /// Counts while it is played.
    pub tally: Arc<Tally>,
}

/// Time as far as a script has been played.
#[derive(Clone, Debug, Default)]
struct Stage(Arc<AtomicU64>);

impl Stage {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    fn move_to(&self, at: Duration) {
        self.0.fetch_max(at.as_nanos() as u64, Ordering::Relaxed);
    }
}

/// Plays a script. `device` is the id of the device to begin with; it has to be there from the start.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when it is not.
pub fn keep(script: Script, device: &str, wish: impl FnOnce(Device) -> Wish) -> Result<Keeper> {
    let mut desk = ScriptDesk {
        script: Arc::new(script),
        stage: Stage::default(),
        opened: 0,
        answer: None,
    };
    let first = desk.script.actors.iter().find(|a| a.device.id == device);
    let first = first.ok_or_else(|| gone(device))?.device.clone();
    let source = desk.open(&first)?;
    Ok(Keeper::new(
        Box::new(desk),
        wish(first.clone()),
        first,
        source,
    ))
}

struct ScriptDesk {
    script: Arc<Script>,
    stage: Stage,
    opened: u64,
    answer: Option<Answer>,
}

impl ScriptDesk {
    fn list(&self) -> Result<Vec<Device>> {
        let now = self.stage.now();
        if self.script.down.iter().any(|w| w.holds(now)) {
            return Err(Error::new(ErrorKind::NoDevice, "no audio server answers"));
        }
        if self.script.blind.iter().any(|w| w.holds(now)) {
            return Ok(Vec::new());
        }
        let default = self.script.defaults.iter().rfind(|(from, _)| *from <= now);
        let there = |actor: &&Actor| actor.there.iter().any(|w| w.holds(now));
        let listed = |actor: &Actor| {
            let is_default = default.is_some_and(|(_, id)| *id == actor.device.id);
            Device {
                default_microphone: is_default && actor.device.kind == Kind::Microphone,
                default_system: is_default && actor.device.kind == Kind::Loopback,
                ..actor.device.clone()
            }
        };
        Ok(self
            .script
            .actors
            .iter()
            .filter(there)
            .map(listed)
            .collect())
    }

    fn open(&mut self, device: &Device) -> Result<Box<dyn Source>> {
        let id = &device.id;
        if !self.list()?.iter().any(|d| d.id == *id) {
            return Err(gone(id));
        }
        let now = self.stage.now();
        let is_it = |a: &Actor| a.device.id == *id && a.there.iter().any(|w| w.holds(now));
        let actor = self.script.actors.iter().position(is_it);
        let actor = actor.ok_or_else(|| gone(id))?;
        self.opened += 1;
        let seed = self.script.seed ^ (self.opened << 32);
        let script = Arc::clone(&self.script);
        Ok(Box::new(Stream::open(script, actor, &self.stage, seed)?))
    }
}

fn gone(id: &str) -> Error {
    Error::new(ErrorKind::NoDevice, format!("{id} is not there"))
}

impl Desk for ScriptDesk {
    fn now(&self) -> Instant {
        self.script.base + self.stage.now()
    }

    fn cadence(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn rest(&mut self, wait: Duration) -> Reading {
        let end = self.script.length;
        if self.stage.now() >= end {
            return Reading::End;
        }
        self.stage.move_to((self.stage.now() + wait).min(end));
        Reading::Idle
    }

    fn ask(&mut self, question: Question) {
        self.answer = Some(match question {
            Question::List => Answer::Listed(self.list()),
            Question::Open(device) => Answer::Opened(self.open(&device)),
        });
    }

    fn answer(&mut self) -> Option<Answer> {
        self.answer.take()
    }
}

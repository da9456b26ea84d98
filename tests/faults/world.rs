//! What both sides of a scripted call hear, and a random fate for their devices.

use std::sync::Arc;
use std::time::{Duration, Instant};

use verbatim::capture::devices::{Device, Kind, Role};
use verbatim::capture::keeper::{OnLoss, Wish};
use verbatim::capture::script::{Actor, Fault, Script, Sound, Window};

/// How long a beat lasts, in seconds.
pub const BEAT_S: f64 = 0.2;

/// Evenly distributed bits.
pub fn dice(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}

/// When the beat of a second begins, in seconds: never at regular intervals, so that a recording that
/// is a whole number of seconds off is found out.
pub fn beat(second: u64) -> f64 {
    let mut state = second.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    second as f64 + 0.1 + 0.5 * (dice(&mut state) >> 40) as f64 / f64::from(1 << 24)
}

/// A loud tone in every beat and something faint between: never an exact zero.
pub fn sound() -> Sound {
    Arc::new(|t: f64| {
        let since = t - beat(t as u64);
        match (0.0..BEAT_S).contains(&since) {
            true => (0.3 * (std::f64::consts::TAU * 300.0 * since).sin()) as f32,
            false => 0.002,
        }
    })
}

pub fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(s)
}

pub fn window(from: f64, until: f64) -> Window {
    Window::new(seconds(from), seconds(until))
}

pub fn device(id: &str, role: Role, rate: u32, channels: u16) -> Device {
    Device {
        id: id.into(),
        name: format!("Device {id}"),
        backend: "script",
        kind: match role {
            Role::Microphone => Kind::Microphone,
            Role::SystemAudio => Kind::Loopback,
        },
        default_microphone: false,
        default_system: false,
        rate,
        channels,
    }
}

/// A device that is there all the time and has no faults.
pub fn actor(device: Device, length: f64) -> Actor {
    Actor {
        device,
        there: vec![window(0.0, length + 60.0)],
        ppm: 0.0,
        faults: Vec::new(),
        sound: sound(),
    }
}

/// A call in which nothing happens, with one device that is the default.
pub fn calm(role: Role, length: f64, base: Instant) -> Script {
    Script {
        base,
        length: seconds(length),
        actors: vec![actor(device("own", role, 48_000, 1), length)],
        defaults: vec![(Duration::ZERO, "own".into())],
        down: Vec::new(),
        blind: Vec::new(),
        jitter: Duration::ZERO,
        block: (960, 960),
        seed: 1,
        tally: Default::default(),
    }
}

/// A track's script, and what its user said.
pub struct Fate {
    pub script: Script,
    pub wish: fn(Device, Role) -> Wish,
}

fn follow(_: Device, role: Role) -> Wish {
    Wish::Default(role)
}

fn wait(device: Device, role: Role) -> Wish {
    Wish::Pinned(Box::new(device), role, OnLoss::Wait)
}

fn stand_in(device: Device, role: Role) -> Wish {
    Wish::Pinned(Box::new(device), role, OnLoss::Default)
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        (dice(&mut self.0) >> 16) % n
    }

    fn within(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.below(1 << 20) as f64 / f64::from(1 << 20)
    }
}

const FORMATS: [(u32, u16); 5] = [
    (48_000, 1),
    (48_000, 2),
    (44_100, 2),
    (16_000, 1),
    (24_000, 1),
];

impl Fate {
    /// What goes wrong in it, a name each.
    pub fn incidents(&self) -> Vec<&'static str> {
        let faults = self.script.actors[0]
            .faults
            .iter()
            .map(|fault| match fault {
                Fault::Hole(_) => "hole",
                Fault::Jump(_) => "jump",
                Fault::Overrun(_) => "overrun",
                Fault::Zeros(_) => "zeros",
                Fault::Burst(_) => "burst",
                Fault::Speed(..) => "speed",
            });
        let others = [
            ("server", self.script.down.len()),
            ("empty list", self.script.blind.len()),
            ("default", self.script.defaults.len() - 1),
            ("return", self.script.actors.len() - 2),
        ];
        let others = others.into_iter();
        faults
            .chain(others.flat_map(|(name, times)| std::iter::repeat_n(name, times)))
            .collect()
    }

    /// The most that may be lost of it, in milliseconds: what its faults take, a block and the error of
    /// readings that are late around each, and the time in which a device that is back is found.
    pub fn most_lost_ms(&self) -> u64 {
        let ms = |window: &Window| (window.until - window.from).as_millis() as u64;
        let faults = self.script.actors[0]
            .faults
            .iter()
            .map(|fault| match fault {
                Fault::Hole(w) | Fault::Jump(w) | Fault::Overrun(w) => ms(w) + 250,
                _ => 0,
            });
        let own = self.script.actors.iter().filter(|a| a.device.id == "own");
        let stays: Vec<Window> = own.map(|actor| actor.there[0]).collect();
        let away = stays
            .windows(2)
            .map(|two| ms(&Window::new(two[0].until, two[1].from)) + FOUND_MS);
        let down = self.script.down.iter().map(|w| ms(w) + FOUND_MS);
        // Between the last block of one device and the first of the next.
        let changes = (self.script.defaults.len() as u64 - 1) * 100;
        faults.chain(away).chain(down).sum::<u64>() + changes
    }
}

/// Within this a device that is back is recorded again, in milliseconds.
const FOUND_MS: u64 = 3_000;

/// A random fate. Incidents come one after the other, some seconds apart, in random order and length.
pub fn fate(seed: u64, role: Role, length: f64, base: Instant) -> Fate {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..8 {
        chance.below(2);
    }
    let mut script = calm(role, length, base);
    script.seed = seed | 1;
    script.jitter = seconds(chance.within(0.0, 0.012));
    script.block = (
        chance.within(200.0, 700.0) as u32,
        chance.within(800.0, 1_400.0) as u32,
    );
    let format = |chance: &mut Chance| FORMATS[chance.below(FORMATS.len() as u64) as usize];
    let (rate, channels) = format(&mut chance);
    script.actors = vec![actor(device("own", role, rate, channels), length)];
    let (rate, channels) = format(&mut chance);
    script
        .actors
        .push(actor(device("other", role, rate, channels), length));
    for actor in &mut script.actors {
        actor.ppm = chance.within(-150.0, 150.0);
    }
    let wish = [follow, wait, stand_in][chance.below(3) as usize];
    let mut at = chance.within(2.0, 5.0);
    while at < length - 6.0 {
        at = incident(&mut script, &mut chance, at, format) + chance.within(2.5, 6.0);
    }
    Fate { script, wish }
}

/// Lets something happen at a time; returns when it is over.
fn incident(
    script: &mut Script,
    chance: &mut Chance,
    at: f64,
    format: impl Fn(&mut Chance) -> (u32, u16),
) -> f64 {
    let long = chance.within(0.15, 3.0);
    let stretch = window(at, at + long);
    let fault = match chance.below(11) {
        0 | 1 => Fault::Hole(stretch),
        2 => Fault::Overrun(stretch),
        3 => Fault::Zeros(stretch),
        4 => Fault::Burst(stretch),
        5 => Fault::Speed(stretch, chance.within(-900.0, 900.0)),
        6 => Fault::Jump(stretch),
        7 => {
            script.down.push(stretch);
            return at + long;
        }
        8 => {
            script.blind.push(stretch);
            return at + long;
        }
        9 => {
            let now_default = script.defaults.last().map_or("own", |(_, id)| id);
            let next = if now_default == "own" { "other" } else { "own" };
            script.defaults.push((seconds(at), next.into()));
            return at + 1.5;
        }
        _ => {
            // Gone, and back with another format.
            let last = script.actors.iter().rposition(|a| a.device.id == "own");
            let mut back = script.actors[last.unwrap_or(0)].clone();
            let gone = &mut script.actors[last.unwrap_or(0)];
            gone.there = vec![Window::new(gone.there[0].from, stretch.from)];
            back.there = vec![Window::new(stretch.until, seconds(1e6))];
            (back.device.rate, back.device.channels) = format(chance);
            script.actors.push(back);
            return at + long;
        }
    };
    for actor in &mut script.actors {
        actor.faults.push(fault);
    }
    at + long
}

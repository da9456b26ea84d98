//! The sample call on loudspeakers: what the microphone hears in rooms of several kinds.
#![allow(dead_code, reason = "each test binary uses its own part")]

use verbatim::audio::Track;
use verbatim::time::Span;
use verbatim::voice::Detector;
use verbatim::voice::analysis::{Analyzer, VoiceEvent};
use verbatim::voice::echo::echoes_of;

use super::hearing::{Dice, archive, labels, speech_rms, track};

/// A room between loudspeaker and microphone.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub name: &'static str,
    /// Delay of the first sound, playback and capture buffers included, in milliseconds. Below 0 the
    /// system track comes late.
    pub delay_ms: i64,
    /// Time in which a sound dies away by 60 dB, in seconds.
    pub rt60: f64,
    /// Share of the echo's energy that comes straight from the loudspeaker.
    pub direct: f64,
}

pub const ROOMS: [Room; 5] = [
    Room {
        name: "laptop, furnished room",
        delay_ms: 40,
        rt60: 0.3,
        direct: 0.6,
    },
    Room {
        name: "loudspeakers, bare room",
        delay_ms: 120,
        rt60: 0.7,
        direct: 0.25,
    },
    Room {
        name: "monitor, office",
        delay_ms: 75,
        rt60: 0.45,
        direct: 0.4,
    },
    Room {
        name: "Bluetooth loudspeaker",
        delay_ms: 450,
        rt60: 0.4,
        direct: 0.5,
    },
    Room {
        name: "system track 30 ms late",
        delay_ms: -30,
        rt60: 0.3,
        direct: 0.6,
    },
];

/// How the two sides of the sample call lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// As they were spoken: by turns.
    Turns,
    /// The interviewer talks over the participant much of the time.
    Double,
}

/// What the microphone hears, what of it is the interviewer, and what the system track holds; at 16
/// kHz.
pub struct Mix {
    pub mic: Vec<i16>,
    pub near: Vec<i16>,
    pub system: Vec<i16>,
}

/// Echoes of a sound in a room a second: more sound like noise to no ear and to no filter.
const DENSITY: f64 = 1_500.0;

/// The response of a room at 16 kHz, from the delay on, with an energy of 1: single echoes at random
/// moments that die away.
fn response(room: Room, seed: u64) -> Vec<(usize, f64)> {
    let mut dice = Dice(seed | 1);
    let step = (16_000.0 / DENSITY) as usize;
    let mut taps: Vec<(usize, f64)> = (1..(room.rt60 * DENSITY) as usize)
        .map(|n| {
            let at = n * step + dice.below(step);
            let sign = if dice.even() < 0.0 { -1.0 } else { 1.0 };
            (
                at,
                sign * 10f64.powf(-3.0 * at as f64 / 16_000.0 / room.rt60),
            )
        })
        .collect();
    let energy: f64 = taps.iter().map(|(_, x)| x * x).sum();
    let scale = ((1.0 - room.direct) / energy).sqrt();
    taps.iter_mut().for_each(|(_, x)| *x *= scale);
    taps.push((0, room.direct.sqrt()));
    taps
}

fn convolve(sound: &[f64], response: &[(usize, f64)]) -> Vec<f64> {
    let mut out = vec![0.0; sound.len()];
    for &(delay, tap) in response {
        for (out, x) in out[delay..].iter_mut().zip(sound) {
            *out += tap * x;
        }
    }
    out
}

/// A small loudspeaker: no bass, and bent when it is loud.
fn loudspeaker(sound: &[i16]) -> Vec<f64> {
    let (mut before, mut y) = (0.0, 0.0);
    sound
        .iter()
        .map(|&sample| {
            let x = f64::from(sample) / 32_768.0;
            y = 0.92 * (y + x - before);
            before = x;
            (2.0 * y).tanh() / 2.0
        })
        .collect()
}

/// What comes out of the loudspeakers and back to the microphone, at 16 kHz.
pub fn played(room: Room, seed: u64) -> Vec<f64> {
    let echo = convolve(&loudspeaker(&track(Track::System)), &response(room, seed));
    let shift = room.delay_ms * 16;
    (0..echo.len() as i64)
        .map(|n| {
            let then = usize::try_from(n - shift).ok();
            then.and_then(|then| echo.get(then)).copied().unwrap_or(0.0)
        })
        .collect()
}

/// The call as the microphone hears it: `echo` at `level_db` under the interviewer's own speech, or
/// none on headphones.
pub fn mix(echo: Option<(&[f64], f64)>, talk: Talk) -> Mix {
    let system = track(Track::System);
    let mut near = track(Track::Mic);
    if talk == Talk::Double {
        near.rotate_right(9 * 16_000);
    }
    let mut dice = Dice(0x5eed);
    let level = speech_rms(&near);
    // The background of a quiet room with a computer in it.
    let noise = level * 10f64.powf(-50.0 / 20.0);
    let mut mic: Vec<f64> = near
        .iter()
        .map(|&x| f64::from(x) + dice.even() * noise)
        .collect();
    if let Some((echo, level_db)) = echo {
        let loud: Vec<i16> = echo.iter().map(|x| (x * 32_767.0) as i16).collect();
        let gain = 32_767.0 * level * 10f64.powf(level_db / 20.0) / speech_rms(&loud);
        for (x, e) in mic.iter_mut().zip(echo) {
            *x += e * gain;
        }
    }
    let mic = mic.iter().map(|x| x.clamp(-32_768.0, 32_767.0) as i16);
    Mix {
        mic: mic.collect(),
        near,
        system,
    }
}

/// What became of the speech on a microphone, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judged {
    /// Speech found where the interviewer is silent.
    pub echo_ms: u64,
    /// How much of that is marked.
    pub marked_ms: u64,
    /// The interviewer's own speech.
    pub real_ms: u64,
    /// How much of that is marked.
    pub wrong_ms: u64,
    /// Spans without a word of the interviewer's, and how many of them are marked whole.
    pub spans: u64,
    pub whole: u64,
}

impl Judged {
    pub fn add(&mut self, other: Judged) {
        self.echo_ms += other.echo_ms;
        self.marked_ms += other.marked_ms;
        self.real_ms += other.real_ms;
        self.wrong_ms += other.wrong_ms;
        self.spans += other.spans;
        self.whole += other.whole;
    }

    pub fn marked(&self) -> f64 {
        self.marked_ms as f64 / self.echo_ms.max(1) as f64
    }

    pub fn wrong(&self) -> f64 {
        self.wrong_ms as f64 / self.real_ms.max(1) as f64
    }
}

/// Hears both tracks of a mix and judges the microphone's speech.
pub fn judge(mix: &Mix, detector: fn() -> Box<dyn Detector>) -> Judged {
    let hear = |side: Track, samples: &[i16]| {
        let mut analyzer = Analyzer::suited(side, detector());
        let mut events = Vec::new();
        for block in archive(samples).chunks(960) {
            analyzer.push(block, &mut events);
        }
        analyzer.finish(&mut events);
        let spans: Vec<Span> = events
            .into_iter()
            .filter_map(|event| match event {
                VoiceEvent::SpeechEnd { span, .. } => Some(span),
                _ => None,
            })
            .collect();
        (spans, analyzer.take_sketches())
    };
    let (spans, mic) = hear(Track::Mic, &mix.mic);
    let (_, system) = hear(Track::System, &mix.system);
    let echoes = echoes_of(&spans, &mic, &system);
    score(mix, &spans, &echoes)
}

fn score(mix: &Mix, spans: &[Span], echoes: &[Span]) -> Judged {
    let length = mix.mic.len() / 16;
    let line = |spans: &[Span]| {
        let mut line = vec![false; length + 1];
        for span in spans {
            let end = (span.end.ms() as usize).min(length);
            line[(span.start.ms() as usize).min(end)..end].fill(true);
        }
        line
    };
    let (found, marked) = (line(spans), line(echoes));
    // A span machine reaches a little around the sound, and the room holds it for a while.
    let (mut real, mut around) = (vec![false; length + 1], vec![false; length + 1]);
    for (start, end) in labels(&mix.near, 150) {
        let (start, end) = (start as usize, (end as usize).min(length));
        real[start..end].fill(true);
        around[start.saturating_sub(200)..(end + 200).min(length)].fill(true);
    }
    let count = |f: &dyn Fn(usize) -> bool| (0..length).filter(|&ms| f(ms)).count() as u64;
    let mut judged = Judged {
        echo_ms: count(&|ms| found[ms] && !around[ms]),
        marked_ms: count(&|ms| found[ms] && !around[ms] && marked[ms]),
        real_ms: count(&|ms| real[ms]),
        wrong_ms: count(&|ms| real[ms] && marked[ms]),
        ..Judged::default()
    };
    for span in spans {
        let (start, end) = (span.start.ms() as usize, span.end.ms() as usize);
        let end = end.min(length);
        if around[start..end].iter().any(|&near| near) {
            continue;
        }
        judged.spans += 1;
        judged.whole += u64::from(marked[start..end].iter().all(|&echo| echo));
    }
    judged
}

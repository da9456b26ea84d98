//! The labelled set: calls of one voice each, under everything that troubles a detector.

use crate::score::Truth;
use crate::support::{Dice, Noise, gain, labels, noise, rms, speech_rms};
use crate::voices::{Voice, set_folder, sounds};

/// Samples a millisecond.
const PER_MS: usize = 16;

/// Level of the near speaker in dBFS.
const NEAR_DB: f64 = -26.0;

/// Background of a quiet room in dBFS: real rooms are never digital silence.
const ROOM_DB: f64 = -66.0;

/// Length of a call.
const CALL_MS: usize = 60_000;

/// A recording with its truth, and the row of the table it belongs to.
pub struct Case {
    pub row: String,
    pub samples: Vec<i16>,
    pub truth: Truth,
}

/// A clean call of one voice.
struct Call {
    samples: Vec<i16>,
    truth: Truth,
    /// Root mean square of its speech.
    level: f64,
}

/// Calls of every voice in every condition.
pub fn cases(voices: &[Voice]) -> impl Iterator<Item = Case> + use<'_> {
    let music = Backgrounds::new();
    (0..voices.len()).flat_map(move |n| {
        let other = &voices[(n + 1) % voices.len()];
        let mut dice = Dice(0x9e37_79b9 + n as u64 * 7_919);
        let near = call(&voices[n].phrases, CALL_MS, &mut dice);
        let far = call(&other.phrases, CALL_MS, &mut dice);
        conditions(&voices[n], &near, &far, &music, &mut dice)
    })
}

fn conditions(
    voice: &Voice,
    near: &Call,
    far: &Call,
    music: &Backgrounds,
    dice: &mut Dice,
) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |row: &str, samples: Vec<i16>| {
        let who = if voice.human { "people" } else { "synthetic" };
        cases.push(Case {
            row: format!("{row}, {who}"),
            samples,
            truth: near.truth.clone(),
        });
    };
    add("quiet room", room(near.samples.clone(), dice));
    add("15 dB softer", room(gain(&near.samples, -15.0), dice));
    for snr in [20.0, 10.0, 5.0] {
        let row = format!("noise at {snr:.0} dB");
        for kind in [Noise::White, Noise::Pink, Noise::Brown, Noise::Hum] {
            let background = noise(kind, near.samples.len(), dice.next());
            add(&row, over(near, &background, snr));
        }
    }
    for snr in [20.0, 10.0] {
        let keys = noise(Noise::Keyboard, near.samples.len(), dice.next());
        add("keyboard at 20 and 10 dB", over(near, &keys, snr));
        let tune = music.stretch(near.samples.len(), dice);
        add("music at 20 and 10 dB", over(near, &tune, snr));
    }
    let echo = echo(&far.samples);
    add("echo at 25 dB", room(over(near, &echo, 25.0), dice));
    for snr in [20.0, 15.0] {
        let voices: Vec<f64> = far.samples.iter().map(|&x| f64::from(x)).collect();
        let row = format!("another voice at {snr:.0} dB");
        add(&row, room(over(near, &voices, snr), dice));
    }
    cases.push(backchannels(voice, dice));
    cases
}

/// Noise alone, ten minutes of each, at two levels, and real music where there is some.
pub fn noises() -> impl Iterator<Item = Case> {
    const LENGTH: usize = 600_000 * PER_MS;
    let kinds = [
        Noise::White,
        Noise::Pink,
        Noise::Brown,
        Noise::Hum,
        Noise::Keyboard,
        Noise::Music,
    ];
    let made = kinds.into_iter().flat_map(|kind| {
        [-30.0, -50.0].map(|dbfs| {
            let sound = noise(kind, LENGTH, 0xa10e);
            (format!("{kind:?}"), at_level(&sound, dbfs))
        })
    });
    let played = sounds(&set_folder().join("music")).into_iter();
    let silence = std::iter::once(("Silence".to_owned(), vec![0; LENGTH]));
    let all = silence
        .chain(made)
        .chain(played.map(|sound| ("Hold music, recorded".to_owned(), sound)));
    all.map(|(row, samples)| Case {
        row,
        truth: Truth {
            length_ms: (samples.len() / PER_MS) as u64,
            ..Truth::default()
        },
        samples,
    })
}

/// Phrases with pauses from 0.6 to 3 s between them, at the near speaker's level.
fn call(phrases: &[Vec<i16>], length_ms: usize, dice: &mut Dice) -> Call {
    let mut samples: Vec<i16> = Vec::new();
    let mut truth = Truth::default();
    let mut pause = |samples: &mut Vec<i16>| {
        let ms = 600 + dice.below(2_400);
        samples.extend(std::iter::repeat_n(0, ms * PER_MS));
    };
    for phrase in phrases {
        pause(&mut samples);
        let from = (samples.len() / PER_MS) as u64;
        let wanted = NEAR_DB - 20.0 * (speech_rms(phrase) / 32_768.0).log10();
        let phrase = gain(phrase, wanted);
        let placed = |join| {
            labels(&phrase, join)
                .into_iter()
                .map(move |s| (s.0 + from, s.1 + from))
        };
        truth.sound.extend(placed(100));
        truth.phrases.extend(placed(400));
        samples.extend(&phrase);
        if samples.len() > length_ms * PER_MS {
            break;
        }
    }
    pause(&mut samples);
    truth.length_ms = (samples.len() / PER_MS) as u64;
    Call {
        level: 32_768.0 * 10f64.powf(NEAR_DB / 20.0),
        samples,
        truth,
    }
}

/// The loudest 200 ms of each phrase, alone, as a listener's "mm-hmm" is.
fn backchannels(voice: &Voice, dice: &mut Dice) -> Case {
    const SHORT: usize = 200 * PER_MS;
    let words: Vec<Vec<i16>> = voice
        .phrases
        .iter()
        .filter(|phrase| phrase.len() > SHORT)
        .take(20)
        .map(|phrase| {
            let starts = (0..=phrase.len() - SHORT).step_by(10 * PER_MS);
            let loudness = |from: &usize| rms(&phrase[*from..from + SHORT]);
            let from = starts.max_by(|a, b| loudness(a).total_cmp(&loudness(b)));
            let from = from.unwrap_or(0);
            faded(&phrase[from..from + SHORT])
        })
        .collect();
    let spoken = call(&words, usize::MAX / PER_MS, dice);
    let who = if voice.human { "people" } else { "synthetic" };
    Case {
        row: format!("backchannels of 200 ms, {who}"),
        samples: room(spoken.samples, dice),
        truth: spoken.truth,
    }
}

/// Without the clicks of a cut.
fn faded(sound: &[i16]) -> Vec<i16> {
    const FADE: usize = 20 * PER_MS;
    let edge = |n: usize| n.min(sound.len() - 1 - n).min(FADE) as f64 / FADE as f64;
    let faded = sound.iter().enumerate();
    faded
        .map(|(n, &x)| (f64::from(x) * edge(n)) as i16)
        .collect()
}

/// A background under a call, `snr_db` below its speech.
fn over(call: &Call, background: &[f64], snr_db: f64) -> Vec<i16> {
    let loudness = background.iter().map(|x| x * x).sum::<f64>() / background.len().max(1) as f64;
    let factor = call.level * 10f64.powf(-snr_db / 20.0) / loudness.sqrt().max(1e-9);
    let mut sound = call.samples.clone();
    for (x, &background) in sound.iter_mut().zip(background) {
        *x = (f64::from(*x) + background * factor).round() as i16;
    }
    sound
}

fn room(mut samples: Vec<i16>, dice: &mut Dice) -> Vec<i16> {
    let hiss = at_level(&noise(Noise::Pink, samples.len(), dice.next()), ROOM_DB);
    for (x, hiss) in samples.iter_mut().zip(hiss) {
        *x = x.saturating_add(hiss);
    }
    samples
}

fn at_level(sound: &[f64], dbfs: f64) -> Vec<i16> {
    let level = 32_768.0 * 10f64.powf(dbfs / 20.0);
    sound.iter().map(|&x| (x * level).round() as i16).collect()
}

/// The other side as the loudspeaker and the room give it back: late, blurred and dull.
fn echo(far: &[i16]) -> Vec<f64> {
    let mut out = vec![0.0; far.len()];
    for (delay_ms, size) in [(90, 1.0), (103, 0.6), (121, 0.5), (148, 0.3), (190, 0.2)] {
        for (x, &sound) in out.iter_mut().skip(delay_ms * PER_MS).zip(far) {
            *x += f64::from(sound) * size;
        }
    }
    let mut low = 0.0;
    for x in &mut out {
        low += 0.5 * (*x - low);
        *x = low;
    }
    out
}

/// Music to talk over: recorded where there is some, made up otherwise.
struct Backgrounds {
    music: Vec<Vec<i16>>,
}

impl Backgrounds {
    fn new() -> Backgrounds {
        Backgrounds {
            music: sounds(&set_folder().join("music")),
        }
    }

    fn stretch(&self, samples: usize, dice: &mut Dice) -> Vec<f64> {
        if self.music.is_empty() {
            return noise(Noise::Music, samples, dice.next());
        }
        let tune = &self.music[dice.below(self.music.len())];
        let from = dice.below(tune.len());
        let sound = tune.iter().cycle().skip(from).take(samples);
        sound.map(|&x| f64::from(x)).collect()
    }
}

//! Whether a microphone repeats what the loudspeakers play.
//!
//! Both tracks are known by their sketches. While the other side speaks, the levels of the bands on
//! the microphone either follow those of the system track at one delay, or they do not. If they do,
//! the level of the echo can be told from the system track, and whatever is louder than that is a
//! voice in the room. So real speech stays where both speak at once, and on headphones, where the
//! microphone follows nothing, nothing is ever taken for an echo.

mod coupling;
mod line;
mod stretch;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::convert::Infallible;

use self::coupling::Coupling;
use self::line::{Line, frame_of, frames_until, tick_of};
use self::stretch::{AROUND, KEPT_AROUND, Kind, echoes, voices};
use crate::audio::Track;
use crate::dsp::sketch::{BANDS, SKETCH_TICKS, Sketch};
use crate::time::{Span, Tick};

/// How far back sound is known, in sketches: two minutes.
const KNOWN: usize = 12_000;

/// Sound that tells how loud the echo is, in sketches: the last forty seconds.
const LEARNED: u64 = 4_000;

/// How much a sound in a room dies away from one sketch to the next, in dB: 60 dB in 0.75 s. A room
/// that dies away faster is told by less, and its echo is expected a little too long.
const DECAY_DB: f32 = 0.8;

/// Sketches of the system track after a stretch of the microphone that its verdict takes into account.
const AHEAD: u64 = Coupling::AHEAD as u64 + SLACK;

/// Sketches of the microphone, counted from the newest, before which nothing is asked about any more:
/// far less than is known, and far more than a stretch of speech is long.
const UNASKED: u64 = KNOWN as u64 / 2;

/// Sketches taken at once.
const CHUNK: usize = 1_000;

/// Sketches after which a sound in the room is forgotten.
const TAIL: u64 = 30;

/// Sketches by which the delay may be off.
const SLACK: u64 = 2;

/// How far below its loudest a band of the system track may lie to tell how loud its echo is, in dB.
const LOUD_DB: f32 = 25.0;

/// Sketches for which measured levels hold.
const MEASURED: u64 = 50;

/// Where among the differences between microphone and system the level of the echo lies: below the
/// middle, since a voice in the room makes the microphone louder and never softer.
const ECHO_QUANTILE: f32 = 0.4;

/// How far above the echo a band must be to be a voice in the room, in dB: levels of 10 ms of sound
/// in a room scatter by that much.
const NEAR_DB: f32 = 7.0;

/// How far above the background of the microphone, in dB.
const AUDIBLE_DB: f32 = 8.0;

/// Bands that must be louder than the echo.
const NEAR_BANDS: usize = 2;

/// Finds what a microphone repeats of the system track.
///
/// A verdict depends on the stretches judged before it and on the sound up to a fixed time after its
/// own, never on how much more is known by then: a call that arrives in other blocks gets the same
/// verdicts.
#[derive(Clone, Debug)]
pub struct EchoJudge {
    lines: Lines,
    /// What verdicts go by.
    settled: Memory,
    /// What a glimpse goes by: all that is known.
    newest: Memory,
}

/// The sound of both tracks.
#[derive(Clone, Debug)]
struct Lines {
    mic: Line,
    system: Line,
}

/// How the microphone follows the system track, as far as it was looked at.
#[derive(Clone, Debug)]
struct Memory {
    coupling: Coupling,
    /// Levels that were measured, at which delay and when.
    measured: Option<(i64, u64, Levels)>,
}

/// How loud the echo and the background of each band are, in dB.
#[derive(Clone, Copy, Debug)]
struct Levels {
    gain: [f32; BANDS],
    background: [f32; BANDS],
}

impl EchoJudge {
    /// The track that may repeat, and the track that may be repeated.
    pub const BETWEEN: (Track, Track) = (Track::Mic, Track::System);

    /// A judge at tick 0.
    pub fn new() -> EchoJudge {
        let memory = Memory {
            coupling: Coupling::new(),
            measured: None,
        };
        EchoJudge {
            lines: Lines {
                mic: Line::new(KNOWN),
                system: Line::new(KNOWN),
            },
            settled: memory.clone(),
            newest: memory,
        }
    }

    /// Takes the next sketches of a track; other tracks than the two are left out.
    pub fn push(&mut self, track: Track, sketches: &[Sketch]) {
        let (mic, system) = EchoJudge::BETWEEN;
        for chunk in sketches.chunks(CHUNK) {
            if track == mic {
                self.lines.mic.push(chunk);
            } else if track == system {
                self.lines.system.push(chunk);
            }
            let end = self.lines.mic.end();
            self.newest.advance(&self.lines, end);
            // Sound must be looked at before it is forgotten.
            let unasked = end.saturating_sub(UNASKED);
            self.settled.advance(&self.lines, unasked);
        }
    }

    /// Whether the microphone follows the system track, by all that is known.
    pub fn couples(&self) -> bool {
        self.newest.coupling.lag().is_some()
    }

    /// The same beyond the doubt that a few words leave, by which two people at once are alike.
    pub fn surely_couples(&self) -> bool {
        self.newest.coupling.is_much() && self.couples()
    }

    /// Up to where the microphone can be judged: what comes later does not change it.
    pub fn reach(&self) -> Tick {
        let system = self.lines.system.end().saturating_sub(AHEAD);
        tick_of(self.lines.mic.end().min(system))
    }

    /// The parts of `speech`, a stretch of the microphone, that repeat the system track, in order.
    /// Stretches are judged in their order, when [`EchoJudge::reach`] has come to their end or nothing
    /// more will be known. What is not known of either track counts as no echo.
    pub fn echo_in(&mut self, speech: Span) -> Vec<Span> {
        let until = frames_until(speech.end);
        self.settled.advance(&self.lines, until);
        self.settled.echo_in(&self.lines, speech)
    }

    /// The same for a stretch that is still being spoken, by all that is known. It is no verdict and
    /// changes none.
    pub fn glimpse(&mut self, speech: Span) -> Vec<Span> {
        self.newest.echo_in(&self.lines, speech)
    }
}

impl Memory {
    /// Compares the tracks up to sketch `until` of the microphone.
    fn advance(&mut self, lines: &Lines, until: u64) {
        self.coupling.advance(&lines.mic, &lines.system, until);
    }

    fn echo_in(&mut self, lines: &Lines, speech: Span) -> Vec<Span> {
        let Some(lag) = self.coupling.lag() else {
            return Vec::new();
        };
        let first = frame_of(speech.start).max(lines.mic.start());
        let end = frames_until(speech.end).min(lines.mic.end());
        if first >= end {
            return Vec::new();
        }
        let levels = self.levels(lines, lag, end);
        // What lies around the stretch tells where a voice begins and ends.
        let before = (first - lines.mic.start()).min(KEPT_AROUND as u64 + AROUND as u64);
        let kinds: Vec<Kind> = (first - before..end)
            .map(|at| lines.kind(at, lag, &levels))
            .collect();
        let speaks = voices(&kinds);
        let kinds = &kinds[before as usize..];
        echoes(kinds, &speaks[before as usize..])
            .into_iter()
            .filter_map(|(from, to)| {
                let found = Span::new(tick_of(first + from as u64), tick_of(first + to as u64));
                found.intersect(speech)
            })
            .map(|found| match found.end.0 + SKETCH_TICKS > tick_of(end).0 {
                // What comes after all that is known is what came before it.
                true => Span::new(found.start, speech.end),
                false => found,
            })
            .collect()
    }

    /// The levels up to sketch `end`; those of a moment ago will do.
    fn levels(&mut self, lines: &Lines, lag: i64, end: u64) -> Levels {
        match self.measured {
            Some((known, at, levels)) if known == lag && at.abs_diff(end) < MEASURED => levels,
            _ => {
                let levels = lines.measure(lag, end);
                self.measured = Some((lag, end, levels));
                levels
            }
        }
    }
}

impl Lines {
    fn kind(&self, at: u64, lag: i64, levels: &Levels) -> Kind {
        let Some(mic) = self.mic.get(at) else {
            return Kind::Quiet;
        };
        let (mut near, mut echo) = (0, 0);
        let heard = self.heard(at, lag);
        for (band, heard) in heard.into_iter().enumerate() {
            let background = levels.background[band];
            let expected = heard + levels.gain[band];
            let level = mic.db(band);
            near += usize::from(level > expected + NEAR_DB && level > background + AUDIBLE_DB);
            echo += usize::from(expected > background + 1.0);
        }
        match (near >= NEAR_BANDS, echo >= 2) {
            (true, _) => Kind::Near,
            (false, true) => Kind::Echo,
            (false, false) => Kind::Quiet,
        }
    }

    /// What the room holds of the system track when the microphone hears sketch `at`, in dB of the
    /// system track.
    fn heard(&self, at: u64, lag: i64) -> [f32; BANDS] {
        let mut heard = [-120.0_f32; BANDS];
        let newest = (at as i64 - lag + SLACK as i64).max(-1);
        let oldest = (newest - (TAIL + SLACK) as i64).max(0);
        for then in oldest..=newest {
            let Some(system) = self.system.get(then as u64) else {
                continue;
            };
            let age = (newest - then - 2 * SLACK as i64).max(0) as f32;
            for (band, loudest) in heard.iter_mut().enumerate() {
                *loudest = loudest.max(system.db(band) - age * DECAY_DB);
            }
        }
        heard
    }

    fn measure(&self, lag: i64, end: u64) -> Levels {
        let from = end.saturating_sub(LEARNED).max(self.mic.start());
        let mut levels = Levels {
            gain: [0.0; BANDS],
            background: [-120.0; BANDS],
        };
        let heard: VecDeque<[f32; BANDS]> = (from..end).map(|at| self.heard(at, lag)).collect();
        for band in 0..BANDS {
            let loudest = heard.iter().map(|h| h[band]).fold(-120.0, f32::max);
            let (mut apart, mut all) = (Vec::new(), Vec::new());
            for (at, heard) in (from..end).zip(&heard) {
                let Some(mic) = self.mic.get(at) else {
                    continue;
                };
                all.push(mic.db(band));
                if heard[band] > loudest - LOUD_DB {
                    apart.push(mic.db(band) - heard[band]);
                }
            }
            levels.background[band] = quantile(&mut all, 0.1).unwrap_or(-120.0);
            levels.gain[band] = quantile(&mut apart, ECHO_QUANTILE).unwrap_or(0.0);
        }
        levels
    }
}

impl Default for EchoJudge {
    fn default() -> EchoJudge {
        EchoJudge::new()
    }
}

/// The echoes in the speech of a whole call: the microphone's spans in order, and all sketches of
/// both tracks.
pub fn echoes_of(speech: &[Span], mic: &[Sketch], system: &[Sketch]) -> Vec<Span> {
    let read = &mut |track, from: usize, to: usize| {
        let all = if track == Track::Mic { mic } else { system };
        let end = to.min(all.len());
        Ok::<_, Infallible>(all[from.min(end)..end].to_vec())
    };
    let Ok(found) = echoes_read(speech, read);
    found
}

/// The same, where `read` gives the sketches of a track from one number up to another, as far as there
/// are any. Each is asked for once, in order.
///
/// # Errors
///
/// What `read` returns.
pub fn echoes_read<E>(
    speech: &[Span],
    read: &mut dyn FnMut(Track, usize, usize) -> Result<Vec<Sketch>, E>,
) -> Result<Vec<Span>, E> {
    let mut judge = EchoJudge::new();
    let mut at = 0;
    let mut found = Vec::new();
    for &span in speech {
        let until = frames_until(span.end) as usize + AHEAD as usize;
        while at < until {
            let to = until.min(at + CHUNK);
            for track in [Track::System, Track::Mic] {
                judge.push(track, &read(track, at, to)?);
            }
            at = to;
        }
        found.extend(judge.echo_in(span));
    }
    Ok(found)
}

/// The value below which a share of the values lies.
fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    let at = (values.len() as f32 * share) as usize;
    if at >= values.len() {
        return None;
    }
    let (_, value, _) = values.select_nth_unstable_by(at, f32::total_cmp);
    Some(*value)
}

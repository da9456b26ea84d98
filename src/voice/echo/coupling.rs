//! Whether the levels of one track follow those of another, and how late.

use super::line::Line;
use crate::dsp::sketch::{BANDS, Sketch};

/// Earliest and latest delay of the microphone behind the system track, in sketches. Bluetooth
/// loudspeakers play up to half a second late; a system track that is captured late makes the
/// microphone seem early.
const LAGS: std::ops::RangeInclusive<i64> = -8..=60;

const COUNT: usize = (*LAGS.end() - *LAGS.start() + 1) as usize;

/// Sketches over which levels are compared: what is older counts less and less.
const MEMORY: f64 = 1_500.0;

/// Least sound compared before anything is said, in sketches.
const LEAST: f64 = 40.0;

/// Sound compared before a weak likeness says anything, in sketches.
const MUCH: f64 = 300.0;

/// Correlation that is an echo. Two people who talk at the same time come to 0.3 by chance.
const SURE: f64 = 0.5;

/// Correlation that is an echo if it stands out: a voice in the room that talks over the echo takes
/// it down at every delay alike.
const LIKELY: f64 = 0.3;

/// How far it must stand above that at other delays.
const STANDS_OUT: f64 = 0.12;

/// Delays that are not other ones, in sketches: levels change slowly.
const NEAR: i64 = 15;

/// How far below its loudest a track's sound counts, in dB.
const DEPTH_DB: f32 = 40.0;

/// Level below which the system track is silent, in dB of full scale.
const SILENT_DB: f32 = -70.0;

/// How much the loudest level of a track falls with each sketch, in dB: 3 dB a minute.
const FORGET_DB: f32 = 0.000_5;

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    mic: f64,
    system: f64,
    mic2: f64,
    system2: f64,
    both: f64,
}

/// Compares the levels of two tracks at every delay.
#[derive(Clone, Debug)]
pub(super) struct Coupling {
    /// The next sketch of the microphone to compare.
    next: u64,
    weight: f64,
    sums: Vec<[Sums; BANDS]>,
    mic_peak: [f32; BANDS],
    system_peak: [f32; BANDS],
    /// The system track's last sketch that is loud.
    loud: Option<i64>,
    looked: i64,
}

impl Coupling {
    /// Sketches of the system track after one of the microphone that are needed to compare it.
    pub(super) const AHEAD: usize = -*LAGS.start() as usize;

    pub(super) fn new() -> Coupling {
        Coupling {
            next: 0,
            weight: 0.0,
            sums: vec![[Sums::default(); BANDS]; COUNT],
            mic_peak: [-60.0; BANDS],
            system_peak: [-60.0; BANDS],
            loud: None,
            looked: 0,
        }
    }

    /// Compares as far as both tracks are known, up to sketch `until` of the microphone.
    pub(super) fn advance(&mut self, mic: &Line, system: &Line, until: u64) {
        self.next = self.next.max(mic.start());
        while self.next < until
            && let Some(heard) = mic.get(self.next)
        {
            let at = self.next as i64;
            if at - LAGS.start() >= system.end() as i64 {
                return;
            }
            self.next += 1;
            self.look(at - LAGS.start(), system);
            fall(&mut self.mic_peak, heard);
            if self.loud.is_some_and(|loud| loud >= at - LAGS.end()) {
                self.compare(at, heard, system);
            }
        }
    }

    /// The delay at which the microphone follows the system track, in sketches, if it does.
    pub(super) fn lag(&self) -> Option<i64> {
        if self.weight < LEAST {
            return None;
        }
        let found: Vec<(i64, f64)> = LAGS
            .zip(&self.sums)
            .map(|(lag, sums)| (lag, correlation(sums, self.weight)))
            .collect();
        let &(best, most) = found.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let elsewhere = found.iter().filter(|(lag, _)| (lag - best).abs() > NEAR);
        let elsewhere = elsewhere.map(|(_, c)| *c).fold(0.0, f64::max);
        let stands_out = self.weight >= MUCH && most >= elsewhere + STANDS_OUT;
        let echo = most >= SURE || (most >= LIKELY && stands_out);
        echo.then_some(best)
    }

    /// Whether some seconds of sound were compared.
    pub(super) fn is_much(&self) -> bool {
        self.weight >= MUCH
    }

    /// Learns how loud the system track is up to sketch `until`.
    fn look(&mut self, until: i64, system: &Line) {
        while self.looked <= until {
            if let Some(sketch) = u64::try_from(self.looked)
                .ok()
                .and_then(|at| system.get(at))
            {
                fall(&mut self.system_peak, sketch);
                let bands = (0..BANDS).filter(|&band| {
                    let level = sketch.db(band);
                    level > SILENT_DB && level > self.system_peak[band] - DEPTH_DB / 2.0
                });
                if bands.count() >= 2 {
                    self.loud = Some(self.looked);
                }
            }
            self.looked += 1;
        }
    }

    fn compare(&mut self, at: i64, heard: Sketch, system: &Line) {
        let keep = 1.0 - 1.0 / MEMORY;
        self.weight = self.weight * keep + 1.0;
        let clip = |level: f32, peak: f32| f64::from(level.max(peak - DEPTH_DB));
        for (lag, sums) in LAGS.zip(&mut self.sums) {
            let played = u64::try_from(at - lag)
                .ok()
                .and_then(|then| system.get(then));
            let played = played.unwrap_or_default();
            for (band, sums) in sums.iter_mut().enumerate() {
                let mic = clip(heard.db(band), self.mic_peak[band]);
                let system = clip(played.db(band), self.system_peak[band]);
                sums.mic = sums.mic * keep + mic;
                sums.system = sums.system * keep + system;
                sums.mic2 = sums.mic2 * keep + mic * mic;
                sums.system2 = sums.system2 * keep + system * system;
                sums.both = sums.both * keep + mic * system;
            }
        }
    }
}

fn fall(peak: &mut [f32; BANDS], sketch: Sketch) {
    for (band, peak) in peak.iter_mut().enumerate() {
        *peak = (*peak - FORGET_DB).max(sketch.db(band)).max(-80.0);
    }
}

/// Correlation over all bands, each around its own mean.
fn correlation(sums: &[Sums; BANDS], weight: f64) -> f64 {
    let (mut both, mut mic, mut system) = (0.0, 0.0, 0.0);
    for s in sums {
        both += s.both / weight - s.mic / weight * (s.system / weight);
        mic += s.mic2 / weight - (s.mic / weight).powi(2);
        system += s.system2 / weight - (s.system / weight).powi(2);
    }
    // A track that never changes its level follows nothing.
    both / (mic.max(1.0) * system.max(1.0)).sqrt()
}

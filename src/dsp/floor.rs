//! The level of what is always there: the background of a track.

use std::collections::VecDeque;

use super::level::dbfs;

/// How the background is followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloorOptions {
    /// Stretch over which the level is averaged before its minimum is taken, in milliseconds. One
    /// frame alone dips too low by chance; a syllable is longer than this.
    pub smooth_ms: u32,
    /// Stretch in which the minimum is searched, in milliseconds. People who talk without a break
    /// still close their lips or breathe within this time; a background that grows is accepted as
    /// background after it.
    pub window_ms: u32,
    /// Background assumed before anything was heard, in dBFS, so that speech in the very first second
    /// stands out.
    pub assumed_db: f32,
}

impl Default for FloorOptions {
    fn default() -> FloorOptions {
        FloorOptions {
            smooth_ms: 80,
            window_ms: 4_000,
            assumed_db: -55.0,
        }
    }
}

/// Parts of the window whose minima are kept one by one; the window moves on by one part.
const PARTS: usize = 8;

/// Follows the background level by minimum statistics: the minimum of the smoothed level over the
/// last seconds.
#[derive(Clone, Debug)]
pub struct NoiseFloor {
    recent: VecDeque<f64>,
    smooth_frames: usize,
    part_frames: u32,
    in_part: u32,
    part_minimum: f32,
    parts: VecDeque<f32>,
}

impl NoiseFloor {
    /// A floor for frames of `frame_ms` milliseconds.
    pub fn new(options: FloorOptions, frame_ms: f32) -> NoiseFloor {
        let frames = |ms: u32| (ms as f32 / frame_ms).round().max(1.0) as u32;
        NoiseFloor {
            recent: VecDeque::new(),
            smooth_frames: frames(options.smooth_ms) as usize,
            part_frames: frames(options.window_ms / PARTS as u32),
            in_part: 0,
            part_minimum: f32::INFINITY,
            parts: VecDeque::from([options.assumed_db; PARTS]),
        }
    }

    /// Takes a frame's mean square and returns the background level in dBFS.
    pub fn push(&mut self, mean_square: f64) -> f32 {
        self.recent.push_back(mean_square);
        if self.recent.len() > self.smooth_frames {
            self.recent.pop_front();
        }
        // While the average is still filling it is no measure of the background.
        if self.recent.len() == self.smooth_frames {
            let mean = self.recent.iter().sum::<f64>() / self.recent.len() as f64;
            self.part_minimum = self.part_minimum.min(dbfs(mean));
        }
        self.in_part += 1;
        if self.in_part >= self.part_frames {
            self.parts.pop_front();
            self.parts.push_back(self.part_minimum);
            self.part_minimum = f32::INFINITY;
            self.in_part = 0;
        }
        self.parts
            .iter()
            .fold(self.part_minimum, |least, &part| least.min(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power(db: f32) -> f64 {
        10f64.powf(f64::from(db) / 10.0)
    }

    fn floor() -> NoiseFloor {
        NoiseFloor::new(FloorOptions::default(), 20.0)
    }

    #[test]
    fn steady_sound_becomes_the_floor_within_the_window() {
        let mut floor = floor();
        let mut level = 0.0;
        for _ in 0..250 {
            level = floor.push(power(-40.0));
        }
        assert!((level + 40.0).abs() < 0.1, "{level}");
    }

    #[test]
    fn syllables_do_not_lift_the_floor() {
        let mut floor = floor();
        let mut highest = f32::NEG_INFINITY;
        for n in 0..3_000 {
            let loud = n % 40 < 34;
            let level = floor.push(power(if loud { -20.0 } else { -60.0 }));
            highest = highest.max(level);
        }
        assert!(highest < -54.0, "{highest}");
    }

    #[test]
    fn speech_in_the_first_second_stands_out() {
        let mut floor = floor();
        assert!((0..40).all(|_| floor.push(power(-25.0)) <= -55.0));
    }

    #[test]
    fn a_quieter_room_is_followed_at_once() {
        let mut floor = floor();
        for _ in 0..400 {
            floor.push(power(-40.0));
        }
        let level = (0..5).map(|_| floor.push(power(-70.0))).last();
        assert!(level.is_some_and(|level| level < -65.0), "{level:?}");
    }
}

//! Timecode of video editors.

use std::str::FromStr;

/// Frames a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameRate(f64);

/// A frame rate that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected frames a second from 1 to 240, such as 25 or 29.97")]
pub struct FrameRateError;

impl Default for FrameRate {
    fn default() -> FrameRate {
        FrameRate(25.0)
    }
}

impl FromStr for FrameRate {
    type Err = FrameRateError;

    fn from_str(text: &str) -> Result<FrameRate, FrameRateError> {
        let rate: f64 = text.trim().parse().map_err(|_| FrameRateError)?;
        if !(1.0..=240.0).contains(&rate) {
            return Err(FrameRateError);
        }
        // 23.976, 29.97 and 59.94 stand for a whole number of frames in 1.001 seconds.
        let exact = rate.ceil() * 1_000.0 / 1_001.0;
        Ok(FrameRate(if (rate - exact).abs() < 0.006 {
            exact
        } else {
            rate
        }))
    }
}

impl FrameRate {
    /// A number of frames in milliseconds.
    pub(super) fn frames_ms(self, frames: u64) -> u64 {
        (frames as f64 * 1_000.0 / self.0).round() as u64
    }

    /// A timecode `HH:MM:SS:FF`, with `;` before the frames where frame numbers are dropped, or a time
    /// `HH:MM:SS.mmm`; in milliseconds.
    pub(super) fn parse(self, text: &str) -> Option<u64> {
        let text = text.trim();
        let fields: Vec<&str> = text.split([':', ';']).collect();
        let [hours, minutes, seconds, frames] = fields[..] else {
            return super::super::when::time(text).ok();
        };
        let number = |field: &str| field.parse::<u64>().ok().filter(|n| *n < 10_000);
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let (seconds, frames) = (number(seconds)?, number(frames)?);
        let nominal = self.0.round() as u64;
        if minutes > 59 || seconds > 59 || frames >= nominal {
            return None;
        }
        let minutes = hours * 60 + minutes;
        let mut count = (minutes * 60 + seconds) * nominal + frames;
        if text.contains(';') {
            // Two numbers in thirty are left out at the start of each minute but every tenth.
            count = count.checked_sub(nominal / 15 * (minutes - minutes / 10))?;
        }
        Some(self.frames_ms(count))
    }
}

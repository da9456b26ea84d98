//! Where a stream's lateness is going: a straight line through the last minutes.

use crate::dsp::drift::Drift;

/// Seconds after which a point counts for a third.
const MEMORY_S: f64 = 60.0;

/// Points that make a line.
const LEAST_POINTS: u32 = 8;

const NANOS: f64 = 1e9;

/// A line by least squares, whose older points count ever less. Sums are kept about the newest point,
/// so that hours lose no precision.
#[derive(Clone, Debug, Default)]
pub(super) struct Trend {
    points: u32,
    newest: i64,
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
}

impl Trend {
    /// Takes a lateness at a time, both in nanoseconds.
    pub(super) fn push(&mut self, time: i64, lateness: i64) {
        let passed = (time - self.newest) as f64 / NANOS;
        if self.points > 0 {
            self.xx += passed * (passed * self.n - 2.0 * self.x);
            self.xy -= passed * self.y;
            self.x -= passed * self.n;
            let fading = (-passed / MEMORY_S).exp();
            for sum in [
                &mut self.n,
                &mut self.x,
                &mut self.y,
                &mut self.xx,
                &mut self.xy,
            ] {
                *sum *= fading;
            }
        }
        self.newest = time;
        self.points = self.points.saturating_add(1);
        self.n += 1.0;
        self.y += lateness as f64 / NANOS;
    }

    /// The line at a time in nanoseconds.
    pub(super) fn at(&self, time: i64) -> Option<Drift> {
        let spread = self.n * self.xx - self.x * self.x;
        if self.points < LEAST_POINTS || spread <= 0.0 {
            return None;
        }
        let slope = (self.n * self.xy - self.x * self.y) / spread;
        let newest = (self.y - slope * self.x) / self.n;
        Some(Drift {
            late_s: newest + slope * (time - self.newest) as f64 / NANOS,
            slope,
        })
    }
}

//! Where a stream's lateness is going: a straight line under the last minute.
//!
//! Readings are late and never early, so the truth is the line that lies below every point and as
//! close to them as it can: an edge of their lower hull. However late a busy machine makes some
//! seconds, they do not lift it.

use std::collections::VecDeque;

use crate::dsp::drift::Drift;

/// How far back points count, in nanoseconds.
const MEMORY: i64 = 60_000_000_000;

/// Points that make a line.
const LEAST_POINTS: usize = 8;

const NANOS: f64 = 1e9;

/// The line under the points of the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Trend {
    /// Times and latenesses, in order of time.
    points: VecDeque<(i64, i64)>,
    line: Option<Line>,
}

/// A lateness in nanoseconds at a time, and how much later it gets with each nanosecond.
#[derive(Clone, Copy, Debug)]
struct Line {
    at: i64,
    late: i64,
    slope: f64,
}

impl Trend {
    /// Takes a lateness at a time, both in nanoseconds. A time that is not after the last one is left
    /// out.
    pub(super) fn push(&mut self, time: i64, lateness: i64) {
        if self.points.back().is_some_and(|&(last, _)| time <= last) {
            return;
        }
        self.points.push_back((time, lateness));
        while let Some(&(first, _)) = self.points.front()
            && time.saturating_sub(first) > MEMORY
        {
            self.points.pop_front();
        }
        self.line = (self.points.len() >= LEAST_POINTS)
            .then(|| self.under())
            .flatten();
    }

    /// The line at a time in nanoseconds.
    pub(super) fn at(&self, time: i64) -> Option<Drift> {
        let Line { at, late, slope } = self.line?;
        let passed = time.saturating_sub(at) as f64;
        Some(Drift {
            late_s: (late as f64 + slope * passed) / NANOS,
            slope,
        })
    }

    /// How much later the stream gets, in seconds a second: no more than a device's clock can be off.
    pub(super) fn slope(&self) -> Option<f64> {
        self.line.map(|line| line.slope.clamp(-1e-3, 1e-3))
    }

    /// Of all lines below the points, the one with the least sum of distances: the edge of the lower
    /// hull over the mean of the times.
    fn under(&self) -> Option<Line> {
        let &(origin, _) = self.points.front()?;
        let count = self.points.len() as i64;
        let mean = self
            .points
            .iter()
            .map(|(time, _)| time - origin)
            .sum::<i64>()
            / count;
        let mut hull: Vec<(i64, i64)> = Vec::new();
        for &point in &self.points {
            while let [.., a, b] = hull[..]
                && turn(a, b, point) <= 0
            {
                hull.pop();
            }
            hull.push(point);
        }
        let edge = hull
            .windows(2)
            .find(|edge| edge[1].0 - origin >= mean)
            .or_else(|| hull.windows(2).last())?;
        let (from, to) = (edge[0], edge[1]);
        Some(Line {
            at: to.0,
            late: to.1,
            slope: (to.1 - from.1) as f64 / (to.0 - from.0) as f64,
        })
    }
}

/// Above zero where the way from `a` over `b` to `c` bends upwards.
fn turn(a: (i64, i64), b: (i64, i64), c: (i64, i64)) -> i128 {
    let run = |from: (i64, i64), to: (i64, i64)| i128::from(to.0 - from.0);
    let rise = |from: (i64, i64), to: (i64, i64)| i128::from(to.1 - from.1);
    run(a, b) * rise(a, c) - run(a, c) * rise(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn seconds_of_late_readings_do_not_lift_the_line() {
        let mut trend = Trend::default();
        for n in 0..100 {
            // 50 ppm fast, a little jitter, and ten seconds that are 15 ms late.
            let jitter = (n * 7_919 % 13) * 20_000;
            let burst = if (60..70).contains(&n) { 15_000_000 } else { 0 };
            trend.push(n * SECOND, -n * 50_000 + jitter + burst);
            if n < 20 {
                continue;
            }
            let drift = trend.at(n * SECOND).unwrap();
            let off = drift.late_s + n as f64 * 50e-6;
            assert!(off.abs() < 0.5e-3, "{n} s: {off}");
        }
        assert!((trend.at(99 * SECOND).unwrap().slope + 50e-6).abs() < 3e-6);
    }

    #[test]
    fn a_few_points_are_no_line() {
        let mut trend = Trend::default();
        for n in 0..7 {
            trend.push(n * SECOND, 0);
            assert_eq!(trend.at(n * SECOND), None);
        }
        // Time that stands still or goes back adds nothing.
        trend.push(6 * SECOND, -SECOND);
        trend.push(3 * SECOND, -SECOND);
        assert_eq!(trend.at(7 * SECOND), None);
        trend.push(7 * SECOND, 0);
        assert_eq!(trend.at(9 * SECOND).unwrap().late_s, 0.0);
    }
}

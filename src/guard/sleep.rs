//! Whether the machine slept: the recorder's clock stands still then, and the call's does not.

use std::time::Duration;

/// Shorter sleeps are the error of two clocks that are read one after the other.
const SHORTEST: Duration = Duration::from_millis(500);

/// Watches how long the machine has slept since it was started.
#[derive(Clone, Copy, Debug, Default)]
pub struct SleepWatch {
    known: Option<Duration>,
}

impl SleepWatch {
    /// Takes how long the machine has slept in all; returns how long of it since the last look.
    pub fn push(&mut self, asleep: Duration) -> Option<Duration> {
        let known = *self.known.get_or_insert(asleep);
        let slept = asleep.saturating_sub(known);
        (slept >= SHORTEST).then(|| {
            self.known = Some(asleep);
            slept
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_told_once_and_old_ones_never() {
        let mut watch = SleepWatch::default();
        let ms = Duration::from_millis;
        let looks = [90_000, 90_000, 90_003, 89_999, 95_003, 95_003, 95_100];
        let told: Vec<Option<Duration>> = looks.iter().map(|&l| watch.push(ms(l))).collect();
        assert_eq!(told, [None, None, None, None, Some(ms(5_003)), None, None]);
    }
}

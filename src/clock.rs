//! The machine's clocks: local time as people and documents write it, and how long it slept.

use std::time::Duration;

/// Local time now as RFC 3339 with milliseconds and offset, such as
/// `2026-11-22T14:05:33.120+01:00`.
pub fn wall_clock() -> String {
    jiff::ZonedDateTime::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// How long the machine has slept since it was started. [`std::time::Instant`] stands still meanwhile.
/// Always 0 where the system does not tell.
#[cfg(target_os = "linux")]
pub fn asleep() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let read = |clock| {
        let time = clock_gettime(clock);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let awake = read(ClockId::Monotonic);
    read(ClockId::Boottime).saturating_sub(awake)
}

/// How long the machine has slept since it was started: not known here.
#[cfg(not(target_os = "linux"))]
pub fn asleep() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    /// Two looks at clocks that run alike: what they tell differs by the time between two reads.
    #[test]
    fn a_machine_that_is_awake_does_not_sleep() {
        let first = super::asleep();
        let second = super::asleep();
        assert!(first.abs_diff(second) < std::time::Duration::from_millis(400));
    }

    #[test]
    fn the_time_carries_milliseconds_and_offset() {
        let now = super::wall_clock();
        assert_eq!(now.len(), "2026-11-22T14:05:33.120+01:00".len(), "{now}");
        assert_eq!(&now[19..20], ".");
    }
}

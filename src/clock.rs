//! The machine's clocks: local time as people and documents write it, and how long it slept.

use std::time::Duration;

/// Year before which a file's own time is a clock that was never set.
const EARLIEST_YEAR: i16 = 1990;

/// Local time now as RFC 3339 with milliseconds and offset, such as
/// `2026-11-22T14:05:33.120+01:00`.
pub fn wall_clock() -> String {
    jiff::ZonedDateTime::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

/// A moment written as RFC 3339, as local time in the form of [`wall_clock`]. `None` for anything else,
/// and for what no recording can tell: the future, and years before there were any such files.
pub fn local_time(text: &str) -> Option<String> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    let local = moment.to_zoned_datetime(jiff::tz::TimeZone::system());
    let possible = local.year() >= EARLIEST_YEAR && moment <= jiff::Timestamp::now();
    possible.then(|| local.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string())
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
    fn the_time_of_a_recording_is_told_where_it_can_be_true() {
        let local = super::local_time("2026-03-04T05:06:07Z").unwrap();
        assert_eq!(local.len(), "2026-11-22T14:05:33.120+01:00".len());
        let same = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        assert_eq!(same(&local), same("2026-03-04T05:06:07Z"));
        assert!(super::local_time("2026-03-04T06:06:07.5+01:00").is_some());
        for wrong in [
            "",
            "2026",
            "2026-03-04",
            "1904-01-01T00:00:00Z",
            "2999-01-01T00:00:00Z",
            "soon",
        ] {
            assert_eq!(super::local_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_time_carries_milliseconds_and_offset() {
        let now = super::wall_clock();
        assert_eq!(now.len(), "2026-11-22T14:05:33.120+01:00".len(), "{now}");
        assert_eq!(&now[19..20], ".");
    }
}

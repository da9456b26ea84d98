//! The wall clock: local time as people and documents write it.

/// Local time now as RFC 3339 with milliseconds and offset, such as
/// `2026-11-22T14:05:33.120+01:00`.
pub fn wall_clock() -> String {
    jiff::ZonedDateTime::now()
        .strftime("%Y-%m-%dT%H:%M:%S%.3f%:z")
        .to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_time_carries_milliseconds_and_offset() {
        let now = super::wall_clock();
        assert_eq!(now.len(), "2026-11-22T14:05:33.120+01:00".len(), "{now}");
        assert_eq!(&now[19..20], ".");
    }
}

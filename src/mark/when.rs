//! Moments and times as people type them.

use super::request::Moment;

/// A moment that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 12:03, 1:02:03.5 or 90s, or -15s for that long ago")]
pub struct MomentError;

/// Longest time that is read: 30 days.
const LONGEST_MS: u64 = 30 * 24 * 3_600_000;

/// Parses `-15s`, `-1m30s` or `-15` as that long ago, anything else as [`time`].
///
/// # Errors
///
/// When it is neither.
pub fn moment(text: &str) -> Result<Moment, MomentError> {
    match text.trim().strip_prefix('-') {
        Some(ago) => time(ago).map(Moment::AgoMs),
        None => time(text).map(Moment::AtMs),
    }
}

/// Parses a time since the start of a session, in milliseconds: `12:03`, `1:02:03`, `12:03.250`,
/// `90s`, `1m30s`, `1h2m`, or plain seconds such as `12.5`.
///
/// # Errors
///
/// When it is none of these.
pub fn time(text: &str) -> Result<u64, MomentError> {
    let text = text.trim();
    let total = match text.contains(':') {
        true => colons(text),
        false => units(text),
    };
    total.filter(|ms| *ms <= LONGEST_MS).ok_or(MomentError)
}

fn colons(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let (last, before) = parts.split_last()?;
    let mut total = seconds_ms(last).filter(|ms| *ms < 60_000)?;
    let mut unit = 60_000;
    for (n, part) in before.iter().rev().enumerate() {
        let count = whole(part)?;
        // Minutes under hours stay below 60; alone they may be any number, as in 75:00.
        if n == 0 && before.len() == 2 && count >= 60 {
            return None;
        }
        total = total.checked_add(count.checked_mul(unit)?)?;
        unit *= 60;
    }
    Some(total)
}

fn units(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    for (unit, ms) in [('h', 3_600_000), ('m', 60_000)] {
        if let Some((count, after)) = rest.split_once(unit) {
            total = total.checked_add(whole(count)?.checked_mul(ms)?)?;
            rest = after;
        }
    }
    match rest.strip_suffix('s').unwrap_or(rest) {
        "" if rest.is_empty() && !text.is_empty() => Some(total),
        seconds => total.checked_add(seconds_ms(seconds)?),
    }
}

fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Seconds with at most nine decimals, rounded to milliseconds.
fn seconds_ms(text: &str) -> Option<u64> {
    let (seconds, part) = text.split_once('.').unwrap_or((text, "0"));
    let (seconds, nanos) = (whole(seconds)?, whole(part)?);
    let nanos = nanos * 10_u64.pow(9 - part.len() as u32);
    Some(seconds * 1_000 + (nanos + 500_000) / 1_000_000)
}

/// Milliseconds as `MM:SS`, or `H:MM:SS` from one hour on, with milliseconds where they are not 0.
pub fn clock(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let mut text = match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    };
    if !ms.is_multiple_of(1_000) {
        text.push_str(&format!(".{:03}", ms % 1_000));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_written() {
        for (text, ms) in [
            ("12:03", 723_000),
            ("1:02:03.5", 3_723_500),
            ("75:00", 4_500_000),
            ("90s", 90_000),
            ("1m30s", 90_000),
            ("1h2m", 3_720_000),
            ("12.5", 12_500),
            ("0", 0),
            (" 00:00.001 ", 1),
        ] {
            assert_eq!(time(text), Ok(ms), "{text}");
        }
        assert_eq!(moment("-15s"), Ok(Moment::AgoMs(15_000)));
        assert_eq!(moment("12:03"), Ok(Moment::AtMs(723_000)));
        for wrong in [
            "",
            "-",
            "--1",
            "1:60",
            "1:60:00",
            "1:2:3:4",
            "x",
            "1.",
            ".5",
            "1:-2",
            "s",
            "1s2",
            "99999999999",
            "1.0000000001",
            "12:0x",
            "+5",
            "1h2h",
        ] {
            assert_eq!(moment(wrong), Err(MomentError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_time_that_is_written_can_be_read(ms in 0_u64..LONGEST_MS) {
            prop_assert_eq!(time(&clock(ms)), Ok(ms));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-0-9:.hms ]{0,14}") {
            let _ = moment(&text);
        }
    }
}

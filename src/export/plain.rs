//! Text and times as any reader can take them.

/// Text on one line: runs of white space are one space, and nothing is left that no text format can
/// carry (control characters, and the two code points that are no characters). Direction marks,
/// joiners and emoji stay.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() {
            space = true;
        } else if !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{FEFF}') {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            out.push(c);
        }
    }
    out
}

/// [`clean`], or `None` when nothing is left.
pub fn clean_some(text: Option<&str>) -> Option<String> {
    text.map(clean).filter(|text| !text.is_empty())
}

/// Milliseconds as `HH:MM:SS`, hours as long as they are.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Milliseconds as `HH:MM:SS.mmm`, with `point` before the milliseconds.
pub fn clock_ms(ms: u64, point: char) -> String {
    format!("{}{point}{:03}", clock(ms), ms % 1_000)
}

/// Milliseconds as seconds, without trailing zeros: `12.3`, `7`.
pub fn seconds(ms: u64) -> String {
    match ms % 1_000 {
        0 => (ms / 1_000).to_string(),
        rest => format!("{}.{:03}", ms / 1_000, rest)
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// Milliseconds as a JSON number of seconds.
pub fn seconds_f64(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// The months of [`date`].
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The day of an RFC 3339 time as it stands in a letter: `22 November 2026`.
pub fn date(time: &str) -> String {
    let day = time.get(..10).unwrap_or(time);
    let parts: Vec<&str> = day.split('-').collect();
    let written = || {
        let [year, month, day] = parts[..] else {
            return None;
        };
        let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(format!("{} {month} {year}", day.parse::<u8>().ok()?))
    };
    written().unwrap_or_else(|| clean(day))
}

/// An RFC 3339 time with offset as people read it: `2026-11-22 14:05 (UTC+01:00)`, the time that a clock
/// showed beside the recorder.
pub fn minute(time: &str) -> String {
    let zone = match time.rfind(['+', '-', 'Z']).filter(|at| *at > 10) {
        Some(at) if time[at..] == *"Z" => "UTC+00:00".to_owned(),
        Some(at) => format!("UTC{}", &time[at..]),
        None => return clean(time),
    };
    let minute = time.get(..16).map(|minute| minute.replacen('T', " ", 1));
    minute.map_or_else(
        || clean(time),
        |minute| clean(&format!("{minute} ({zone})")),
    )
}

/// An RFC 3339 time without its fraction, which some readers of dates do not know.
pub fn whole_seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((whole, rest)) => {
            let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{whole}{zone}")
        }
        None => time.to_owned(),
    }
}

/// Columns that a character takes in a monospaced caption: two for East Asian wide characters and
/// most emoji. Combining characters count too, which makes lines a little shorter, never longer.
fn columns_of(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// Columns that a text takes.
pub fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Whether a text is written from right to left: its first letter of a known direction is Hebrew,
/// Arabic or a relative of theirs.
pub fn is_right_to_left(text: &str) -> bool {
    text.chars().find(|c| c.is_alphabetic()).is_some_and(
        |c| matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_on_one_line_without_what_cannot_be_carried() {
        assert_eq!(clean(" a\r\n\tb\u{2028}c\u{0}\u{1b}[1m "), "a b c[1m");
        assert_eq!(
            clean("👩\u{200d}🔬 שלום\u{200f}"),
            "👩\u{200d}🔬 שלום\u{200f}"
        );
        assert_eq!(clean_some(Some(" \n")), None);
    }

    #[test]
    fn times_are_written_as_formats_want_them() {
        assert_eq!(clock_ms(3_723_004, ','), "01:02:03,004");
        assert_eq!(clock(360_000_000), "100:00:00");
        assert_eq!(
            [seconds(12_300), seconds(7_000), seconds(18_905)],
            ["12.3", "7", "18.905"]
        );
        assert_eq!(
            whole_seconds("2026-11-22T14:05:33.120+01:00"),
            "2026-11-22T14:05:33+01:00"
        );
        assert_eq!(
            whole_seconds("2026-11-22T14:05:33Z"),
            "2026-11-22T14:05:33Z"
        );
        let time = "2026-11-02T14:05:33.120+01:00";
        assert_eq!(date(time), "2 November 2026");
        assert_eq!(minute(time), "2026-11-02 14:05 (UTC+01:00)");
        assert_eq!(
            minute("2026-11-02T14:05:33Z"),
            "2026-11-02 14:05 (UTC+00:00)"
        );
        for odd in ["", "2026", "2026-13-01T", "über-all-es und so weiter-"] {
            assert!(!date(odd).contains("November") && minute(odd).len() <= odd.len());
        }
    }

    #[test]
    fn direction_is_that_of_the_first_letter() {
        assert!(is_right_to_left("12. שלום hello"));
        assert!(!is_right_to_left("hello שלום"));
        assert!(!is_right_to_left("12"));
    }
}

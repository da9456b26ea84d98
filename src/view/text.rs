//! Times, shares and levels as people read them.

use verbatim::audio::Track;

/// Milliseconds as `MM:SS`, or `H:MM:SS` from one hour on.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// Milliseconds as seconds with one decimal, such as `3.4 s`.
pub fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

/// A share between 0 and 1 as whole percent.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Who is heard on a track, as long as nobody has been given a name.
pub fn speaker(track: Track) -> String {
    match track {
        Track::Mic => "Interviewer".into(),
        Track::System => "Participant".into(),
        Track::Imported(n) => format!("Speaker {n}"),
    }
}

/// A horizontal bar of `width` cells filled to `share`.
pub fn bar(share: f64, width: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_say_them() {
        assert_eq!(clock(59_999), "00:59");
        assert_eq!(clock(3_600_000), "1:00:00");
        assert_eq!(seconds(3_449), "3.4 s");
    }
}

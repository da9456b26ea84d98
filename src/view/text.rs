//! Times, shares and levels as people read them.

use unicode_width::UnicodeWidthStr;
use verbatim::audio::Track;
use verbatim::document::transcript::Speaker;

/// Text for a terminal: what people wrote, without control characters, and without those that turn the
/// direction of whatever follows them, on the line and beyond. Joiners and marks that say the direction
/// of their neighbours stay.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| is_shown(*c)).collect()
}

/// Whether a character leaves what stands around it in its place.
pub fn is_shown(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// An RFC 3339 time with offset as the day and minute that a clock beside the recorder showed, such as
/// `2026-11-22 14:05`.
pub fn minute(time: &str) -> String {
    time.get(..16).unwrap_or(time).replacen('T', " ", 1)
}

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

/// A length that may be below a second.
pub fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        _ => seconds(ms),
    }
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

/// Cells that a name may take where columns stand below each other.
const NAME_CELLS: usize = 16;

/// Who is heard on each track: the names that somebody gave, or what [`speaker`] says.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<(Track, String)>);

impl Names {
    /// The names in a speaker table, as they may stand on a line.
    pub fn of(table: &[Speaker]) -> Names {
        let rows = table.iter().flat_map(|row| {
            let name = plain(&row.label);
            let tracks = std::iter::once(&row.track).chain(&row.also);
            tracks.map(move |track| (*track, name.trim().to_owned()))
        });
        Names(rows.filter(|(_, name)| !name.is_empty()).collect())
    }

    /// The name of whoever is heard on a track.
    pub fn get(&self, track: Track) -> String {
        let row = self.0.iter().find(|(known, _)| *known == track);
        row.map_or_else(|| speaker(track), |(_, name)| name.clone())
    }

    /// The same in a column of its own, at least `least` cells wide and as wide as the longest name of
    /// `tracks`; a name that is very long is cut.
    pub fn column(&self, track: Track, tracks: &[Track], least: usize) -> String {
        let widths = tracks.iter().map(|track| self.get(*track).width());
        let cells = widths
            .max()
            .unwrap_or(0)
            .clamp(least, NAME_CELLS.max(least));
        let mut name = self.get(track);
        if name.width() > cells {
            while name.width() >= cells {
                name.pop();
            }
            name.push('…');
        }
        let missing = cells - name.width().min(cells);
        name + &" ".repeat(missing)
    }
}

/// A horizontal bar of `width` cells filled to `share`.
pub fn bar(share: f64, width: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    format!("{}{}", "█".repeat(full), "░".repeat(width - full))
}

/// Narrower than this, lines are left to the terminal.
const LEAST_WRAPPED: usize = 30;

/// Lines broken between words so that they fit into `width` cells, what goes on standing a little to the
/// right: behind a time in brackets at the beginning of a line, or four cells in. Lines with escape
/// sequences are left alone: whoever drew them knows the width.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = match line.strip_suffix('\n') {
            Some(body) => (body, "\n"),
            None => (line, ""),
        };
        if width < LEAST_WRAPPED || body.width() <= width || body.contains('\u{1b}') {
            out.push_str(line);
            continue;
        }
        let inner = body.trim_start();
        let leading = body.len() - inner.len();
        let time = inner
            .find("] ")
            .filter(|at| inner.starts_with('[') && *at < 10);
        let indent = leading + time.map_or(4, |at| at + 2);
        let mut used = 0;
        for (n, word) in body.split(' ').enumerate() {
            if n > 0 && used + 1 + word.width() > width && used > indent {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                used = indent;
            } else if n > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += word.width();
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = "[00:20] Participant: It was last Friday, I opened four spreadsheets.\n\
                    short\n  q0001 [00:01] Interviewer closed “Why did you leave?”\n";
        assert_eq!(
            wrapped(text, 40),
            "[00:20] Participant: It was last Friday,\n        I opened four spreadsheets.\n\
             short\n  q0001 [00:01] Interviewer closed “Why\n      did you leave?”\n"
        );
        assert_eq!(wrapped(text, 20), text);
        let drawn = "\u{1b}[1mfull of colour and longer than the terminal is wide\n";
        assert_eq!(wrapped(drawn, 40), drawn);
        // A word that is longer than a line stands on its own.
        let word = "x".repeat(50);
        assert_eq!(
            wrapped(&format!("a {word} b"), 40),
            format!("a {word}\n    b")
        );
    }

    #[test]
    fn names_that_were_given_stand_in_columns() {
        let row = |track, label: &str| Speaker {
            id: "sp".into(),
            label: label.into(),
            role: verbatim::document::transcript::Role::Unknown,
            track,
            basis: verbatim::document::transcript::SpeakerBasis::Manual,
            participant: None,
            also: Vec::new(),
        };
        let both = [Track::Mic, Track::System];
        let names = Names::of(&[row(Track::System, "Anna-Maria\n Kovács-Nagy")]);
        assert_eq!(names.get(Track::Mic), "Interviewer");
        assert_eq!(names.column(Track::Mic, &both, 11), "Interviewer     ");
        assert_eq!(names.column(Track::System, &both, 11), "Anna-Maria Ková…");
        let wide = Names::of(&[row(Track::Mic, "山田太郎")]);
        assert_eq!(wide.column(Track::Mic, &[Track::Mic], 10), "山田太郎  ");
    }

    #[test]
    fn times_are_read_as_people_say_them() {
        assert_eq!(clock(59_999), "00:59");
        assert_eq!(clock(3_600_000), "1:00:00");
        assert_eq!(seconds(3_449), "3.4 s");
        assert_eq!(minute("2026-11-22T14:05:33.120+01:00"), "2026-11-22 14:05");
    }
}

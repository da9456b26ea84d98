//! Lines with a meaning for each piece, cut to a width, written with or without colour.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::style::{Attribute, Color, Print, SetAttribute, SetForegroundColor};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::text::plain;

/// What a piece of text means. Nothing is told by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Plain,
    /// What may still change, or matters less.
    Faint,
    /// What the eye should find.
    Strong,
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
}

/// One line of a screen, without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Ink, String)>,
}

impl Line {
    /// Adds a piece as [`plain`] text: what comes from a call never moves the cursor, nor what stands
    /// beside it.
    pub fn add(mut self, ink: Ink, text: impl AsRef<str>) -> Line {
        let text = plain(text.as_ref());
        if !text.is_empty() {
            self.pieces.push((ink, text));
        }
        self
    }

    /// Cells that the line takes.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.width()).sum()
    }

    /// Adds spaces up to `width` cells.
    pub fn to(self, width: usize) -> Line {
        let missing = width.saturating_sub(self.width());
        self.add(Ink::Plain, " ".repeat(missing))
    }

    /// The line without what goes beyond `width` cells.
    pub fn cut(mut self, width: usize) -> Line {
        let mut left = width;
        for (_, text) in &mut self.pieces {
            let mut end = text.len();
            for (at, c) in text.char_indices() {
                match left.checked_sub(c.width().unwrap_or(0)) {
                    Some(rest) => left = rest,
                    None => {
                        end = at;
                        left = 0;
                        break;
                    }
                }
            }
            text.truncate(end);
        }
        self.pieces.retain(|(_, text)| !text.is_empty());
        self
    }

    /// [`Line::cut`] with a sign where something is missing.
    pub fn short(self, width: usize) -> Line {
        match self.width() > width {
            true => self.cut(width.saturating_sub(1)).add(Ink::Faint, "…"),
            false => self,
        }
    }

    /// Breaks words into lines of at most `width` cells; a word longer than that is cut.
    pub fn wrap(words: &[(Ink, &str)], width: usize) -> Vec<Line> {
        let mut lines = vec![Line::default()];
        for &(ink, word) in words {
            let last = lines.pop().unwrap_or_default();
            let used = last.width();
            if used == 0 {
                lines.push(last.add(ink, word).cut(width));
            } else if used + 1 + word.width() <= width {
                lines.push(last.add(Ink::Plain, " ").add(ink, word));
            } else {
                lines.push(last);
                lines.push(Line::default().add(ink, word).cut(width));
            }
        }
        lines
    }

    /// Breaks the line between words into lines of at most `width` cells, all but the first one set in
    /// by `indent`. A word longer than a line is broken anywhere.
    pub fn fold(&self, width: usize, indent: usize) -> Vec<Line> {
        let width = width.max(indent + 2);
        let mut lines = vec![Line::default()];
        for (ink, text) in &self.pieces {
            for word in text.split_inclusive(' ') {
                let mut last = lines.pop().unwrap_or_default();
                let begins = last.width() <= indent && !lines.is_empty();
                if last.width() + word.trim_end().width() > width && !begins {
                    lines.push(last);
                    last = Line::default().to(indent);
                }
                let mut cells = last.width();
                let mut piece = String::new();
                for c in word.chars() {
                    let wide = c.width().unwrap_or(0);
                    if cells + wide > width {
                        // A space that is left over at the edge is not seen.
                        if c == ' ' {
                            continue;
                        }
                        lines.push(last.add(*ink, &piece));
                        piece.clear();
                        last = Line::default().to(indent);
                        cells = indent;
                    }
                    piece.push(c);
                    cells += wide;
                }
                lines.push(last.add(*ink, &piece));
            }
        }
        lines
    }

    /// Puts the pieces of `line` behind those of this one.
    pub fn join(mut self, line: Line) -> Line {
        self.pieces.extend(line.pieces);
        self
    }

    /// Writes the line, without a line break.
    ///
    /// # Errors
    ///
    /// When `out` fails.
    pub fn write(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        for (ink, text) in &self.pieces {
            match ink {
                Ink::Plain => {
                    queue!(out, Print(text))?;
                    continue;
                }
                Ink::Faint => queue!(out, SetAttribute(Attribute::Dim))?,
                Ink::Strong | Ink::Good | Ink::Bad => queue!(out, SetAttribute(Attribute::Bold))?,
            }
            match ink {
                Ink::Good if colour => queue!(out, SetForegroundColor(Color::DarkGreen))?,
                Ink::Bad if colour => queue!(out, SetForegroundColor(Color::DarkRed))?,
                _ => {}
            }
            queue!(out, Print(text), SetAttribute(Attribute::Reset))?;
        }
        Ok(())
    }

    /// The text of the line.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice_and_are_not_halved() {
        let line = Line::default()
            .add(Ink::Plain, "ab")
            .add(Ink::Faint, "日本語");
        assert_eq!(line.width(), 8);
        assert_eq!(line.clone().cut(5).text(), "ab日");
        assert_eq!(line.clone().short(8).text(), "ab日本語");
        assert_eq!(line.clone().short(7).text(), "ab日本…");
        assert_eq!(line.cut(4).width(), 4);
    }

    #[test]
    fn words_never_pass_the_edge() {
        let words: Vec<(Ink, &str)> = "we lose about thirteen hours every week"
            .split(' ')
            .map(|word| (Ink::Plain, word))
            .collect();
        let lines = Line::wrap(&words, 10);
        assert!(lines.iter().all(|line| line.width() <= 10));
        let text: Vec<String> = lines.iter().map(Line::text).collect();
        assert_eq!(text[..2], ["we lose", "about"]);
        assert_eq!(
            Line::wrap(&[(Ink::Plain, "incomprehensible")], 6)[0].text(),
            "incomp"
        );
    }

    #[test]
    fn lines_are_folded_between_words_and_lose_nothing() {
        let line = Line::default()
            .add(Ink::Faint, "[00:01] ")
            .add(Ink::Strong, "Participant:")
            .add(
                Ink::Plain,
                " It was incomprehensibilities and 日本語日本語日本語日本語日本語 then",
            );
        for width in [12, 20, 31, 40, 79, 300] {
            let folded = line.fold(width, 4);
            assert!(
                folded.iter().all(|line| line.width() <= width),
                "{folded:?}"
            );
            let text: String = folded
                .iter()
                .map(|line| line.text().replace(' ', ""))
                .collect();
            assert_eq!(text, line.text().replace(' ', ""), "{width}");
        }
        let folded = Line::default().add(Ink::Plain, "we lose about thirteen hours");
        let texts: Vec<String> = folded.fold(12, 2).iter().map(Line::text).collect();
        assert_eq!(texts, ["we lose ", "  about ", "  thirteen ", "  hours"]);
        assert_eq!(line.fold(300, 4).len(), 1);
    }

    #[test]
    fn speech_cannot_move_the_cursor() {
        assert_eq!(
            Line::default().add(Ink::Plain, "a\x1b[2Jb\r\n").text(),
            "a[2Jb"
        );
        let turned = Line::default().add(Ink::Plain, "\u{202e}cba\u{202c} \u{2067}d\u{2069}");
        assert_eq!(turned.text(), "cba d");
    }

    #[test]
    fn without_colour_only_weight_is_written() {
        let mut out = Vec::new();
        let line = Line::default().add(Ink::Bad, "gone");
        line.write(&mut out, false).expect("memory");
        let text = String::from_utf8(out).expect("text");
        assert!(!text.contains("38;5"), "{text:?}");
        assert!(text.contains("gone"));
    }
}

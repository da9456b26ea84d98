//! Lines with a meaning for each piece, cut to a width, written with or without colour.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::style::{Attribute, Color, Print, SetAttribute, SetForegroundColor};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

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
    /// Adds a piece. Control characters are left out: text from a call never moves the cursor.
    pub fn add(mut self, ink: Ink, text: impl AsRef<str>) -> Line {
        let text: String = text.as_ref().chars().filter(|c| !c.is_control()).collect();
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
    fn speech_cannot_move_the_cursor() {
        assert_eq!(
            Line::default().add(Ink::Plain, "a\x1b[2Jb\r\n").text(),
            "a[2Jb"
        );
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

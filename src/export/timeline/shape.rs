//! Places and rectangles of the picture.

use std::ops::Range;

use super::{LEFT, RIGHT, WIDTH};
use crate::export::plain::columns;
use crate::export::xml::Xml;

/// From time to place.
pub(super) struct Scale {
    /// Length of the timeline.
    pub(super) duration_ms: u64,
}

impl Scale {
    /// The place of a moment.
    pub(super) fn x(&self, ms: u64) -> f64 {
        let width = (WIDTH - LEFT - RIGHT) as f64;
        LEFT as f64 + ms.min(self.duration_ms) as f64 * width / self.duration_ms as f64
    }

    /// The rectangle of a stretch of time.
    pub(super) fn area(&self, ms: Range<u64>, y: u64, height: u64) -> Area {
        Area {
            x: self.x(ms.start),
            y,
            // What is too short to be seen is drawn all the same.
            width: (self.x(ms.end) - self.x(ms.start)).max(0.6),
            height,
        }
    }
}

/// A rectangle.
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: u64,
    pub(super) width: f64,
    pub(super) height: u64,
}

impl Area {
    /// Draws it in one colour.
    pub(super) fn fill(&self, xml: &mut Xml, fill: &str) {
        self.draw(xml, &[("fill", fill)]);
    }

    /// Draws it with these attributes.
    pub(super) fn draw(&self, xml: &mut Xml, style: &[(&str, &str)]) {
        let (x, y) = (number(self.x), self.y.to_string());
        let (width, height) = (number(self.width), self.height.to_string());
        let mut attributes = vec![
            ("x", x.as_str()),
            ("y", &y),
            ("width", &width),
            ("height", &height),
        ];
        attributes.extend_from_slice(style);
        xml.empty("rect", &attributes);
    }
}

/// A coordinate with two places, so that the bytes do not hang on the last bits of arithmetic.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Spans whose distance nobody could see are one, so that a long call stays a small picture.
pub(super) fn merged(spans: &[(u64, u64)], scale: &Scale) -> Vec<(u64, u64)> {
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for &(start, end) in spans {
        match merged.last_mut() {
            Some((_, last)) if scale.x(start) - scale.x(*last) < 0.5 => *last = end.max(*last),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// Text without what goes beyond so many columns.
pub(super) fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if columns(&out) + columns(c.encode_utf8(&mut [0; 4])) + 1 > most {
            break;
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_its_place() {
        assert_eq!(cut("Participant", 16), "Participant");
        assert_eq!(cut("Participant of the call", 12), "Participant…");
        assert!(columns(&cut("日本語日本語", 6)) <= 6);
        assert_eq!(number(12.5), "12.5");
        assert_eq!(number(100.0), "100");
    }

    #[test]
    fn spans_that_nobody_could_tell_apart_are_one() {
        let scale = Scale {
            duration_ms: 3_600_000,
        };
        assert_eq!(
            merged(&[(0, 1_000), (1_500, 3_000), (60_000, 61_000)], &scale),
            [(0, 3_000), (60_000, 61_000)]
        );
    }
}

//! Small readers of what the exports write, by the letter of each format and without mercy.

/// A caption as a player sees it.
pub struct Caption {
    pub start_ms: u64,
    pub end_ms: u64,
    pub voice: Option<String>,
    pub lines: Vec<String>,
}

impl Caption {
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

fn times(line: &str, point: char) -> (u64, u64) {
    let ms = |text: &str| {
        let (clock, ms) = text.split_once(point).expect("milliseconds");
        let mut parts = clock
            .split(':')
            .map(|n| n.parse::<u64>().expect("a number"));
        let mut next = || parts.next().expect("hours, minutes, seconds");
        let (h, m, s) = (next(), next(), next());
        assert!(m < 60 && s < 60 && ms.len() == 3);
        ((h * 60 + m) * 60 + s) * 1_000 + ms.parse::<u64>().expect("milliseconds")
    };
    let (from, to) = line.split_once(" --> ").expect("a line of times");
    (ms(from), ms(to))
}

fn caption(block: &str, point: char) -> Caption {
    let mut lines = block.split('\n');
    let number = lines.next().expect("a number");
    number.parse::<u32>().expect("a number");
    let (start_ms, end_ms) = times(lines.next().expect("times"), point);
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(
        lines
            .iter()
            .all(|line| !line.trim().is_empty() && !line.contains("-->"))
    );
    Caption {
        start_ms,
        end_ms,
        voice: None,
        lines,
    }
}

/// Captions of a SubRip file.
pub fn srt(text: &str) -> Vec<Caption> {
    let blocks = text.split_terminator("\n\n");
    blocks.map(|block| caption(block, ',')).collect()
}

/// Captions of a WebVTT file, each with its voice.
pub fn vtt(text: &str) -> Vec<Caption> {
    let mut blocks = text.trim_end_matches('\n').split("\n\n");
    assert_eq!(blocks.next(), Some("WEBVTT"));
    let note = blocks.next().expect("a note");
    assert!(note.starts_with("NOTE ") && !note.contains("-->"));
    let mut captions: Vec<Caption> = blocks.map(|block| caption(block, '.')).collect();
    for caption in &mut captions {
        let text = caption.text();
        let inside = text
            .strip_prefix("<v ")
            .and_then(|text| text.strip_suffix("</v>"))
            .expect("a voice");
        let (voice, words) = inside.split_once('>').expect("the end of the tag");
        assert!(!words.contains(['<', '>']) && !voice.contains('<'));
        caption.voice = Some(unescape(voice));
        caption.lines = unescape(words).split('\n').map(str::to_owned).collect();
    }
    captions
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// An interval tier of a TextGrid.
pub struct Tier {
    pub name: String,
    pub intervals: Vec<(f64, f64, String)>,
}

/// Interval tiers of a TextGrid in the long text format.
pub fn textgrid(text: &str) -> Vec<Tier> {
    let mut tiers: Vec<Tier> = Vec::new();
    let mut interval: Vec<f64> = Vec::new();
    let mut points = false;
    for line in text.lines().map(str::trim) {
        let Some((key, value)) = line.split_once(" = ") else {
            continue;
        };
        match key {
            "class" => points = value == "\"TextTier\"",
            "name" => tiers.push(Tier {
                name: unquote(value),
                intervals: Vec::new(),
            }),
            "xmin" | "xmax" => interval.push(value.parse().expect("seconds")),
            "text" => {
                let &[.., from, to] = &interval[..] else {
                    panic!("text without times");
                };
                let tier = tiers.last_mut().expect("a tier");
                tier.intervals.push((from, to, unquote(value)));
            }
            "mark" => assert!(points),
            _ => {}
        }
    }
    tiers
}

fn unquote(text: &str) -> String {
    let inside = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    inside.expect("a quoted text").replace("\"\"", "\"")
}

/// Panics unless elements are closed in the order in which they were opened, and every character and
/// reference is one that XML 1.0 allows.
pub fn check_xml(text: &str) {
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut open = Vec::new();
    let mut rest = body.expect("a declaration");
    while let Some(at) = rest.find('<') {
        check_text(&rest[..at]);
        let end = rest[at..].find('>').expect("the end of the tag") + at;
        let tag = &rest[at + 1..end];
        let name = tag.split([' ', '/']).find(|name| !name.is_empty());
        let name = name.expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        check_text(tag.split_once(' ').map_or("", |(_, attributes)| attributes));
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty());
}

fn check_text(text: &str) {
    assert!(!text.contains(|c: char| {
        matches!(c, '<' | '>' | '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
    }));
    for reference in text.split('&').skip(1) {
        let name = reference.split(';').next().expect("a name");
        let known = ["amp", "lt", "gt", "quot", "apos", "#9", "#10", "#13"];
        assert!(known.contains(&name), "&{name};");
    }
}

//! Captions: what was said in portions that can be read while they are heard.
//!
//! A cue has at most two lines of about 42 columns and lasts at most 7 seconds. It ends at a pause,
//! else preferably at the end of a sentence, else of a clause. Two voices that speak at once have
//! cues that overlap; what becomes of that is for the format to say.

use super::call::{Call, Piece, Said};
use super::plain::columns;

/// Columns of a line.
pub const LINE_COLUMNS: usize = 42;

/// Longest time that a cue stands.
pub const LONGEST_MS: u64 = 7_000;

/// Shortest time that a cue stands where nothing else needs the room.
const SHORTEST_MS: u64 = 1_000;

/// A pause between words that ends a cue.
const PAUSE_MS: u64 = 1_000;

/// Most columns that are kept free for a name; a longer name makes a longer line.
const NAME_COLUMNS: usize = 20;

/// Whether the name of the voice stands on the cue's first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The format keeps names elsewhere.
    Apart,
    /// Room for the name and what separates it is kept free where a voice begins. Where a voice goes
    /// on after another's aside, the name may make a line longer.
    InText,
}

/// A caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Cue {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after; later than `start_ms`.
    pub end_ms: u64,
    /// Whose words they are: an index into [`Call::voices`].
    pub voice: usize,
    /// The words; never empty.
    pub words: Vec<Piece>,
}

impl Cue {
    /// The text in one or two lines of about equal length, with `lead` columns kept free on the first.
    pub fn lines(&self, lead: usize) -> Vec<String> {
        layout(&self.words, lead)
            .or_else(|| layout(&self.words, 0))
            .unwrap_or_else(|| vec![self.text()])
    }

    /// The text on one line.
    pub fn text(&self) -> String {
        text(&self.words)
    }
}

/// The captions of a call, sorted by start.
pub fn cues(call: &Call, names: Names) -> Vec<Cue> {
    let mut cues = Vec::new();
    for said in &call.said {
        let lead = match names {
            Names::Apart => 0,
            Names::InText => lead(&call.voice(said).label),
        };
        cut(said, lead, &mut cues);
    }
    cues.sort_by_key(|cue| (cue.start_ms, cue.voice, cue.end_ms));
    for n in 0..cues.len() {
        let room = cues.get(n + 1).map_or(u64::MAX, |next| next.start_ms);
        let cue = &mut cues[n];
        let wanted = cue.start_ms + SHORTEST_MS;
        if cue.end_ms < wanted {
            cue.end_ms = wanted.min(room).max(cue.end_ms);
        }
    }
    cues
}

/// Columns that a name takes on the first line, with what separates it from the words.
pub fn lead(label: &str) -> usize {
    (columns(label) + 2).min(NAME_COLUMNS)
}

fn cut(said: &Said, lead: usize, cues: &mut Vec<Cue>) {
    let pieces: Vec<Piece> = said
        .words
        .iter()
        .flat_map(|piece| short_enough(piece, LINE_COLUMNS - lead))
        .collect();
    let mut rest = &pieces[..];
    let mut lead = lead;
    while let Some(first) = rest.first() {
        let taken = portion(rest, lead);
        let start_ms = first.start_ms;
        let end_ms = rest[taken - 1].end_ms;
        cues.push(Cue {
            start_ms,
            end_ms: end_ms.clamp(start_ms + 1, start_ms + LONGEST_MS),
            voice: said.voice,
            words: rest[..taken].to_vec(),
        });
        rest = &rest[taken..];
        lead = 0;
    }
}

/// How many of the pieces make the next cue; at least one.
fn portion(pieces: &[Piece], lead: usize) -> usize {
    let mut most = 1;
    while most < pieces.len() {
        if pieces[most].start_ms >= pieces[most - 1].end_ms + PAUSE_MS {
            return most;
        }
        let long = pieces[most].end_ms > pieces[0].start_ms + LONGEST_MS;
        if long || layout(&pieces[..=most], lead).is_none() {
            break;
        }
        most += 1;
    }
    if most == pieces.len() {
        return most;
    }
    // A cue may end early for a sentence if it is a third full, and for a clause if it is half full.
    let ends = |marks: &[char], least: usize| {
        (least.max(1)..=most)
            .rev()
            .find(|&n| pieces[n].spaced && closes(&pieces[n - 1].text, marks))
    };
    ends(&['.', '?', '!', '…', '。', '？', '！'], most / 3)
        .or_else(|| ends(&[',', ';', ':', '—', '、', '，'], most / 2))
        // Rather two cues of a middling length than a full one and a word or two.
        .unwrap_or_else(|| most.min(pieces.len().div_ceil(2).max(most / 2)))
}

/// Whether a word ends with one of these marks, closing quotes and brackets aside.
fn closes(word: &str, marks: &[char]) -> bool {
    word.trim_end_matches(['"', '\'', '”', '’', ')', ']', '»'])
        .ends_with(marks)
}

/// One or two lines for the pieces, the two as equal as may be; `None` when they need more.
fn layout(pieces: &[Piece], lead: usize) -> Option<Vec<String>> {
    let whole = text(pieces);
    if columns(&whole) + lead <= LINE_COLUMNS {
        return Some(vec![whole]);
    }
    (1..pieces.len())
        .map(|n| (text(&pieces[..n]), text(&pieces[n..])))
        .map(|(first, second)| (columns(&first) + lead, columns(&second), first, second))
        .filter(|(a, b, ..)| *a <= LINE_COLUMNS && *b <= LINE_COLUMNS)
        .min_by_key(|(a, b, ..)| a.abs_diff(*b))
        .map(|(_, _, first, second)| vec![first, second])
}

/// Pieces as running text.
pub fn text(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for piece in pieces {
        if piece.spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    text
}

/// A piece that fits on a line, or its parts that do: languages without spaces make long "words".
fn short_enough(piece: &Piece, most: usize) -> Vec<Piece> {
    if columns(&piece.text) <= most {
        return vec![piece.clone()];
    }
    let mut parts = vec![String::new()];
    for c in piece.text.chars() {
        let mut with = parts.pop().unwrap_or_default();
        let fits = columns(&with) + columns(c.encode_utf8(&mut [0; 4])) <= most;
        if fits {
            with.push(c);
            parts.push(with);
        } else {
            parts.extend([with, c.to_string()]);
        }
    }
    let total = piece.text.chars().count() as u64;
    let length = piece.end_ms - piece.start_ms;
    let mut letters = 0;
    parts
        .into_iter()
        .enumerate()
        .map(|(n, text)| {
            let from = letters;
            letters += text.chars().count() as u64;
            Piece {
                spaced: n == 0 && piece.spaced,
                start_ms: piece.start_ms + length * from / total,
                end_ms: piece.start_ms + length * letters / total,
                probability: piece.probability,
                text,
            }
        })
        .collect()
}

//! A transcript that somebody exported, edited and gives back: which segment says what now.

mod read;

use std::collections::HashMap;

use super::compare::pairs;
use super::guard::plain;

pub use self::read::{Block, blocks};

/// Less than this share of a file's words in common with the session, and the file is of another call.
const LEAST_COMMON: f64 = 0.4;

/// A segment as it was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its id.
    pub id: String,
    /// Name of the voice, as exports show it.
    pub voice: String,
    /// Its text on one line.
    pub text: String,
}

/// What an edited transcript says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// Ids and texts of segments that say something else now, in their order.
    pub texts: Vec<(String, String)>,
    /// Ids of segments of which the file has no word left.
    pub gone: Vec<String>,
}

/// Why an edited transcript is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing in it looks like a line of a transcript.
    #[error("no line of it begins like one of a transcript: [00:12:03] Name: words")]
    NoText,
    /// It names a voice that the session does not have.
    #[error("line {line} is said by \"{name}\", and nobody in the session has that name")]
    Voice {
        /// The name.
        name: String,
        /// Line of the file, from 1.
        line: usize,
    },
    /// Its words are not those of the session.
    #[error("{common} of its {words} words are in the session: it seems to be of another call")]
    OtherCall {
        /// Words of the file that are where the session has them.
        common: usize,
        /// Words of the file.
        words: usize,
    },
}

/// Lays an edited transcript along the segments that it was exported from, voice by voice.
///
/// Words that were put in between two segments go to the one whose line of the file they stand on.
///
/// # Errors
///
/// [`Unfit`] when the file is no transcript, or not of these segments.
pub fn edited(segments: &[Exported], blocks: &[Block]) -> Result<Edited, Unfit> {
    if blocks.is_empty() {
        return Err(Unfit::NoText);
    }
    let named = blocks.iter().any(|block| block.voice.is_some());
    let mut said: Vec<Vec<&str>> = vec![Vec::new(); segments.len()];
    let (mut common, mut words) = (0, 0);
    let mut voices: Vec<Option<&str>> = vec![None];
    if named {
        voices = Vec::new();
        for block in blocks {
            let name = block.voice.as_deref();
            if let Some(name) = name.filter(|name| segments.iter().all(|s| s.voice != *name)) {
                return Err(Unfit::Voice {
                    name: name.to_owned(),
                    line: block.line,
                });
            }
            if name.is_some() && !voices.contains(&name) {
                voices.push(name);
            }
        }
    }
    for voice in voices {
        let (old, new) = sides(segments, blocks, voice);
        words += new.len();
        common += lay(&old, &new, &mut said);
    }
    if (common as f64) < words as f64 * LEAST_COMMON {
        return Err(Unfit::OtherCall { common, words });
    }
    let mut result = Edited::default();
    for (segment, said) in segments.iter().zip(&said) {
        let text = said.join(" ");
        if said.is_empty() {
            result.gone.push(segment.id.clone());
        } else if text != segment.text {
            result.texts.push((segment.id.clone(), text));
        }
    }
    Ok(result)
}

/// A word, and the number of the segment or block that it stands in.
type Placed<'a> = (&'a str, usize);

/// The words of a voice on both sides; a block without a name belongs to the voice before it.
fn sides<'a>(
    segments: &'a [Exported],
    blocks: &'a [Block],
    voice: Option<&str>,
) -> (Vec<Placed<'a>>, Vec<Placed<'a>>) {
    let is_voice = |name: &str| voice.is_none_or(|voice| voice == name);
    let old = segments.iter().enumerate();
    let old = old.filter(|(_, segment)| is_voice(&segment.voice));
    let old = old.flat_map(|(n, segment)| segment.text.split_whitespace().map(move |w| (w, n)));
    let mut speaking = "";
    let mut new = Vec::new();
    for (n, block) in blocks.iter().enumerate() {
        speaking = block.voice.as_deref().unwrap_or(speaking);
        if voice.is_none() || is_voice(speaking) {
            new.extend(block.text.split_whitespace().map(|word| (word, n)));
        }
    }
    (old.collect(), new)
}

/// Gives each word of the file to a segment; returns how many are where the segment has them.
fn lay<'a>(old: &[Placed<'_>], new: &[Placed<'a>], said: &mut [Vec<&'a str>]) -> usize {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut number = |words: &[Placed<'_>]| -> Vec<u32> {
        let mut of = |(word, _): &Placed<'_>| {
            let letters = plain(word);
            let compared = if letters.is_empty() {
                (*word).to_owned()
            } else {
                letters
            };
            let next = numbers.len() as u32;
            *numbers.entry(compared).or_insert(next)
        };
        words.iter().map(&mut of).collect()
    };
    let found = pairs(&number(old), &number(new));
    let (mut i, mut j) = (0, 0);
    for (next_i, next_j) in found.iter().copied().chain([(old.len(), new.len())]) {
        let (left, right) = (next_i - i, next_j - j);
        for k in 0..right {
            let (word, block) = new[j + k];
            let at = match left {
                0 => between(old, new, (i, j), (next_j, block)),
                left => Some(old[i + k * left / right].1),
            };
            if let Some(segment) = at {
                said[segment].push(word);
            }
        }
        if let (Some((_, segment)), Some((word, _))) = (old.get(next_i), new.get(next_j)) {
            said[*segment].push(word);
        }
        (i, j) = (next_i + 1, next_j + 1);
    }
    found.len()
}

/// The segment of a word that was put in between two words of the session: that of the word before it
/// if that stands on the same line of the file, or else of the word after it.
fn between(
    old: &[Placed<'_>],
    new: &[Placed<'_>],
    (i, j): (usize, usize),
    (next_j, block): (usize, usize),
) -> Option<usize> {
    let before = i.checked_sub(1).map(|n| old[n].1);
    let after = old.get(i).map(|word| word.1);
    let on_line_before = j.checked_sub(1).is_some_and(|n| new[n].1 == block);
    let on_line_after = new.get(next_j).is_some_and(|word| word.1 == block);
    match (before, after) {
        (Some(_), Some(after)) if on_line_after && !on_line_before => Some(after),
        (before, after) => before.or(after),
    }
}

#[cfg(test)]
mod tests;

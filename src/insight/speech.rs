//! A transcript as sentences: what rules read.
//!
//! Recognisers often write neither stops nor capitals. A sentence therefore ends at a stop, at a pause,
//! and where another speaker takes the floor, whatever comes first.

use super::pattern::{MARK, Token};
use super::words;
use crate::audio::Track;
use crate::document::review::Evidence;
use crate::document::transcript::{TranscriptDocument, Word};
use crate::document::turns::{TurnKind, TurnsDocument};

/// A word of the transcript with the segment it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Spoken<'a> {
    /// The word.
    pub word: &'a Word,
    /// Id of its segment.
    pub segment: &'a str,
    /// Id in the speaker table.
    pub speaker: &'a str,
}

/// A sentence of one speaker.
#[derive(Clone, Debug)]
pub struct Sentence<'a> {
    /// The track it was heard on.
    pub track: Track,
    /// Its words; never empty.
    pub words: Vec<Spoken<'a>>,
    /// The same as patterns see it.
    pub tokens: Vec<Token>,
    /// The word that each token belongs to, an index into `words`.
    pub of: Vec<usize>,
}

/// Signs of money.
const CURRENCY: [char; 13] = [
    '$', '€', '£', '¥', '₹', '₽', '₩', '₺', '₪', '₫', '₴', '₦', '¢',
];

/// Stops that end a sentence in any of the scripts that have them.
const STOPS: [char; 12] = [
    '.', '!', '?', '…', '。', '！', '？', '؟', '।', '։', '።', '៕',
];

/// Those that mark a question.
const QUESTION_MARKS: [char; 3] = ['?', '？', '؟'];

/// What may stand behind a stop.
const CLOSING: [char; 10] = ['"', '\'', '”', '’', '»', ')', ']', '」', '』', '“'];

impl<'a> Sentence<'a> {
    fn new(track: Track, said: Vec<Spoken<'a>>) -> Sentence<'a> {
        let (mut tokens, mut of) = (Vec::<Token>::new(), Vec::new());
        // A sign that stands alone belongs to the number before it, or else to the word behind it.
        let mut sign = false;
        for (n, spoken) in said.iter().enumerate() {
            let text = &spoken.word.text;
            let found = words::tokens(text);
            let currency = text.contains(CURRENCY) || sign;
            sign = currency && found.is_empty();
            if let Some(last) = tokens.last_mut().filter(|last| sign && last.digit) {
                last.currency = true;
                sign = false;
            }
            for word in found {
                tokens.push(Token {
                    digit: word.contains(|c: char| c.is_numeric()),
                    currency,
                    text: word,
                });
                of.push(n);
            }
        }
        if let Some(last) = said.last()
            && stop(&last.word.text).is_some_and(|c| QUESTION_MARKS.contains(&c))
        {
            tokens.push(Token {
                text: MARK.into(),
                digit: false,
                currency: false,
            });
            of.push(said.len() - 1);
        }
        Sentence {
            track,
            words: said,
            tokens,
            of,
        }
    }

    /// First millisecond inside.
    pub fn start_ms(&self) -> u64 {
        self.words.first().map_or(0, |spoken| spoken.word.start_ms)
    }

    /// First millisecond after.
    pub fn end_ms(&self) -> u64 {
        self.words.last().map_or(0, |spoken| spoken.word.end_ms)
    }

    /// The words from `token` on.
    pub fn rest(&self, token: usize) -> &[Spoken<'a>] {
        let first = self.of.get(token).copied().unwrap_or(0);
        &self.words[first..]
    }

    /// The words of some tokens.
    pub fn between(&self, start: usize, end: usize) -> &[Spoken<'a>] {
        let first = self.of.get(start).copied().unwrap_or(0);
        let last = self.of.get(end.saturating_sub(1)).copied().unwrap_or(first);
        &self.words[first..=last.max(first)]
    }
}

/// The words of a stretch as one text.
pub fn text(words: &[Spoken<'_>]) -> String {
    let words: Vec<&str> = words.iter().map(|spoken| spoken.word.text.trim()).collect();
    words.join(" ")
}

/// Where words were said.
pub fn evidence(track: Track, words: &[Spoken<'_>]) -> Evidence {
    let mut segments: Vec<String> = words.iter().map(|s| s.segment.to_owned()).collect();
    segments.dedup();
    Evidence {
        track,
        speaker: words
            .first()
            .map_or(String::new(), |s| s.speaker.to_owned()),
        start_ms: words.first().map_or(0, |s| s.word.start_ms),
        end_ms: words.last().map_or(0, |s| s.word.end_ms),
        segments,
        words: words.iter().map(|s| s.word.id.clone()).collect(),
    }
}

/// All sentences, sorted by start and track. `pause_ms` is the pause that ends one.
pub fn sentences<'a>(
    transcript: &'a TranscriptDocument,
    turns: &TurnsDocument,
    pause_ms: u64,
) -> Vec<Sentence<'a>> {
    let mut tracks: Vec<Track> = transcript.segments.iter().map(|s| s.track).collect();
    tracks.sort_unstable();
    tracks.dedup();
    let mut all = Vec::new();
    for track in tracks {
        let words: Vec<Spoken<'a>> = transcript
            .segments
            .iter()
            .filter(|segment| segment.track == track)
            .flat_map(|segment| {
                segment.words.iter().map(|word| Spoken {
                    word,
                    segment: &segment.id,
                    speaker: &segment.speaker,
                })
            })
            .filter(|spoken| !spoken.word.text.trim().is_empty())
            .collect();
        let mut taken: Vec<u64> = turns
            .turns
            .iter()
            .filter(|turn| turn.track != track && turn.kind == TurnKind::Turn)
            .map(|turn| turn.start_ms)
            .collect();
        taken.sort_unstable();
        let mut open: Vec<Spoken<'a>> = Vec::new();
        for (n, &spoken) in words.iter().enumerate() {
            open.push(spoken);
            let next = words.get(n + 1);
            if next.is_none_or(|next| ends(spoken, *next, &taken, pause_ms)) {
                all.push(Sentence::new(track, std::mem::take(&mut open)));
            }
        }
    }
    all.sort_by_key(|sentence| (sentence.start_ms(), sentence.track));
    all
}

/// Whether a sentence ends between two words.
fn ends(word: Spoken<'_>, next: Spoken<'_>, taken: &[u64], pause_ms: u64) -> bool {
    let (end, start) = (word.word.end_ms, next.word.start_ms);
    if start.saturating_sub(end) >= pause_ms || word.speaker != next.speaker {
        return true;
    }
    // Another's turn began in a pause between the words: this speaker was answered.
    let since = taken.partition_point(|&at| at < end);
    if start > end && taken.get(since).is_some_and(|&at| at < start) {
        return true;
    }
    let small = next.word.text.chars().find(|c| c.is_alphabetic());
    match stop(&word.word.text) {
        // A dot before a small letter belongs to an abbreviation.
        Some('.' | '…') => !small.is_some_and(char::is_lowercase),
        Some(_) => true,
        None => false,
    }
}

/// The stop at the end of a word.
fn stop(word: &str) -> Option<char> {
    let word = word.trim_end().trim_end_matches(CLOSING);
    word.chars().next_back().filter(|c| STOPS.contains(c))
}

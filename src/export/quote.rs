//! The words that a marker is about.

use super::call::{Call, Piece};
use super::cues::text;
use crate::audio::Track;
use crate::document::marker::Marker;
use crate::document::transcript::Role;

/// How far a quote may reach out of its marker's stretch to begin and end with a sentence.
const REACH_MS: u64 = 4_000;

/// Words that another may say in between ("I see") without breaking a quote.
const ASIDE_WORDS: usize = 2;

/// What stands where the quote leaves out what somebody else said in between.
const LEFT_OUT: &str = " […] ";

/// A speaker's own words.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// Whose words: an index into [`Call::voices`].
    pub voice: usize,
    /// The track that the first of them is heard on.
    pub track: Track,
    /// Where the first word begins.
    pub start_ms: u64,
    /// Where the last word ends.
    pub end_ms: u64,
    /// The words, verbatim.
    pub text: String,
}

/// The quote of a marker: what the participant says in its stretch, from sentence to sentence as far
/// as they are near; what others say where the participant is silent; `None` where nobody speaks.
pub fn quote(call: &Call, marker: &Marker) -> Option<Quote> {
    let voice = voice(call, marker)?;
    let mut parts: Vec<(usize, &[Piece])> = Vec::new();
    for (n, said) in call.said.iter().enumerate() {
        if said.voice == voice {
            parts.extend(part(&said.words, marker).map(|words| (n, words)));
        }
    }
    let mut quoted = String::new();
    let mut before = None;
    for (n, words) in &parts {
        if let Some(before) = before {
            let broken = call.said[before + 1..*n]
                .iter()
                .any(|said| said.voice != voice && said.words.len() > ASIDE_WORDS);
            quoted.push_str(if broken { LEFT_OUT } else { " " });
        }
        quoted.push_str(&text(words));
        before = Some(*n);
    }
    let words = || parts.iter().flat_map(|(_, words)| words.iter());
    Some(Quote {
        voice,
        track: call.said[parts.first()?.0].track,
        start_ms: words().map(|w| w.start_ms).min()?,
        end_ms: words().map(|w| w.end_ms).max()?,
        text: quoted,
    })
}

/// Whose words are quoted: of those who speak in the stretch, a participant before an unknown voice
/// before an interviewer, and of equals who says most.
fn voice(call: &Call, marker: &Marker) -> Option<usize> {
    let rank = |voice: usize| match call.voices[voice].role {
        Role::Participant => 2,
        Role::Unknown | Role::Observer => 1,
        Role::Interviewer => 0,
    };
    let spoken = |voice: usize| -> usize {
        let own = call.said.iter().filter(|said| said.voice == voice);
        own.flat_map(|said| &said.words)
            .filter(|word| is_inside(word, marker))
            .count()
    };
    (0..call.voices.len())
        .map(|voice| (voice, spoken(voice)))
        .filter(|(_, words)| *words > 0)
        .max_by_key(|&(voice, words)| (rank(voice), words, usize::MAX - voice))
        .map(|(voice, _)| voice)
}

/// Whether the greater part of a word lies in the stretch, or the stretch in the word.
fn is_inside(word: &Piece, marker: &Marker) -> bool {
    let middle = |from: u64, to: u64| from + (to - from) / 2;
    let word_in = middle(word.start_ms, word.end_ms);
    let stretch_in = middle(marker.start_ms, marker.end_ms);
    (marker.start_ms..marker.end_ms).contains(&word_in)
        || (word.start_ms..word.end_ms).contains(&stretch_in)
}

/// The words of a segment that lie in the stretch, and those that complete their sentences.
fn part<'a>(words: &'a [Piece], marker: &Marker) -> Option<&'a [Piece]> {
    let ends = |word: &Piece| {
        let word = word.text.trim_end_matches(['"', '\'', '”', '’', ')']);
        word.ends_with(['.', '?', '!', '…', '。', '？', '！'])
    };
    let first = words.iter().position(|w| is_inside(w, marker))?;
    let last = words.iter().rposition(|w| is_inside(w, marker))?;
    let begins = (0..=first)
        .rev()
        .take_while(|&n| words[n].start_ms + REACH_MS >= words[first].start_ms)
        .find(|&n| n == 0 || ends(&words[n - 1]));
    let stops = (last..words.len())
        .take_while(|&n| words[n].end_ms <= words[last].end_ms + REACH_MS)
        .find(|&n| n + 1 == words.len() || ends(&words[n]));
    Some(&words[begins.unwrap_or(first)..=stops.unwrap_or(last)])
}

/// A place in the session's sound, as a media fragment: `audio/system.wav#t=12.3,18.9`. Of a place that
/// lies in several files, the part in the first of them.
pub fn link(call: &Call, track: Track, (start_ms, end_ms): (u64, u64)) -> String {
    let place = call.audio_place(track, (start_ms, end_ms));
    let (from, to) = (
        super::plain::seconds(place.start_ms),
        super::plain::seconds(place.end_ms),
    );
    format!("{}#t={from},{to}", place.file)
}

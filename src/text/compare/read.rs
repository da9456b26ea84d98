//! Transcripts as other programs write them, as far as their words go.

use serde_json::Value;

use super::Passage;
use crate::audio::Track;

/// Why a text is no transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It begins like JSON and is none.
    #[error("it begins like JSON and is damaged")]
    Damaged,
    /// It is JSON without any place where a transcript is looked for.
    #[error("it is JSON without text in segments, turns, utterances or transcription")]
    NoText,
}

/// Reads a transcript: JSON of this program, of whisper.cpp, WhisperX, OpenAI, AssemblyAI, Deepgram
/// or the podcast namespace, SubRip, WebVTT, or plain text.
///
/// # Errors
///
/// [`Unreadable`] for JSON that is damaged or holds no text.
pub fn passages(text: &str) -> Result<Vec<Passage>, Unreadable> {
    let text = text.trim_start_matches('\u{FEFF}');
    if text.trim_start().starts_with(['{', '[']) {
        let value = serde_json::from_str(text).map_err(|_| Unreadable::Damaged)?;
        return json(&value).ok_or(Unreadable::NoText);
    }
    if text.lines().any(|line| cue_start(line).is_some()) {
        return Ok(cues(text));
    }
    Ok(text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Passage {
            text: line.to_owned(),
            ..Passage::default()
        })
        .collect())
}

/// Lists that hold passages, in the order in which they are looked for.
const LISTS: &[&str] = &["segments", "turns", "transcription", "utterances"];

fn json(value: &Value) -> Option<Vec<Passage>> {
    if let Some(list) = value.as_array() {
        return list.iter().map(passage).collect();
    }
    for holder in [Some(value), value.get("results")].into_iter().flatten() {
        let list = LISTS.iter().find_map(|name| holder.get(name)?.as_array());
        if let Some(passages) = list.and_then(|list| list.iter().map(passage).collect()) {
            return Some(passages);
        }
    }
    let text = value.get("text")?.as_str()?.to_owned();
    Some(vec![Passage {
        text,
        ..Passage::default()
    }])
}

fn passage(item: &Value) -> Option<Passage> {
    let text = ["text", "body", "transcript"]
        .iter()
        .find_map(|name| item.get(name)?.as_str())?;
    let milliseconds = item.get("start_ms").and_then(Value::as_u64);
    let offset = || item.get("offsets")?.get("from")?.as_u64();
    let track = item.get("track").cloned();
    Some(Passage {
        track: track.and_then(|track| serde_json::from_value::<Track>(track).ok()),
        start_ms: milliseconds.or_else(offset).or_else(|| seconds(item)),
        text: text.to_owned(),
    })
}

/// Seconds, which are fractions; a whole number may be milliseconds as well and tells nothing.
fn seconds(item: &Value) -> Option<u64> {
    let value = item.get("start").or_else(|| item.get("startTime"))?;
    let seconds = value.as_f64().filter(|_| value.is_f64())?;
    (0.0..1e9)
        .contains(&seconds)
        .then(|| (seconds * 1_000.0).round() as u64)
}

/// The cues of SubRip or WebVTT: their text without numbers, settings, voices and tags.
fn cues(text: &str) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if let Some(start_ms) = cue_start(line) {
            open = true;
            passages.push(Passage {
                start_ms: Some(start_ms),
                ..Passage::default()
            });
        } else if line.trim().is_empty() {
            open = false;
        } else if let (true, Some(passage)) = (open, passages.last_mut()) {
            if !passage.text.is_empty() {
                passage.text.push(' ');
            }
            passage.text.push_str(&untagged(line));
        }
    }
    passages
}

/// The start of a cue whose times stand in this line.
fn cue_start(line: &str) -> Option<u64> {
    let (start, _) = line.split_once("-->")?;
    let mut ms = 0;
    for part in start.trim().split(':') {
        let (whole, fraction) = part.split_once([',', '.']).unwrap_or((part, "0"));
        let whole: u64 = whole.parse().ok()?;
        let fraction: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        ms = ms * 60 + whole.checked_mul(1_000)? + fraction;
    }
    Some(ms)
}

/// A line of a cue without what stands in angle brackets.
fn untagged(line: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in line.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text
}

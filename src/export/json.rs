//! The JSON shapes of other tools, so that what reads theirs reads a call of ours.
//!
//! Fields that a tool fills with something that is not known here are left out where the shape
//! allows it, and hold the tool's own word for "nothing" where it does not.

pub mod assemblyai;
pub mod deepgram;
pub mod openai;
pub mod podcast;
pub mod whisper_cpp;
pub mod whisperx;

use serde::Serialize;

use super::call::{Call, Piece};

/// A document as text, two spaces, a newline at the end.
fn text<T: Serialize>(document: &T) -> String {
    // Strings, numbers and lists of them can always be written.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Mean probability of words, rounded to 4 places; 0 without words.
fn confidence(words: &[Piece]) -> f64 {
    if words.is_empty() {
        return 0.0;
    }
    let sum: f64 = words.iter().map(|word| word.probability).sum();
    (sum / words.len() as f64 * 1e4).round() / 1e4
}

/// Everything that was said, in order.
fn whole_text(call: &Call) -> String {
    let texts: Vec<&str> = call.said.iter().map(|said| said.text.as_str()).collect();
    texts.join(" ")
}

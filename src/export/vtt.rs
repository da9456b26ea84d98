//! WebVTT captions with voices, and WebVTT chapters.
//!
//! Cues may overlap: a player stacks them. Every cue names its voice.

use super::call::Call;
use super::cues::{Names, cues};
use super::lane::{Slot, line_up};
use super::plain::{clean, clean_some, clock_ms};

/// The captions as a WebVTT file.
pub fn write(call: &Call) -> String {
    let mut out = head(call);
    for (cue, number) in cues(call, Names::Apart).into_iter().zip(1..) {
        let name = escape(&call.voices[cue.voice].label);
        let text = escape(&cue.lines(0).join("\n"));
        out.push_str(&format!(
            "\n{number}\n{} --> {}\n<v {name}>{text}</v>\n",
            clock_ms(cue.start_ms, '.'),
            clock_ms(cue.end_ms, '.'),
        ));
    }
    out
}

/// The markers as WebVTT chapters: one begins with each marker's stretch and lasts until the next.
pub fn chapters(call: &Call) -> String {
    let mut starts: Vec<Slot<String>> = call
        .markers
        .iter()
        .map(|marker| Slot {
            start_ms: marker.start_ms,
            end_ms: u64::MAX,
            what: match clean_some(marker.note.as_deref()) {
                Some(note) => format!("{}: {note}", clean(&marker.kind)),
                None => clean(&marker.kind),
            },
        })
        .collect();
    if starts.iter().all(|slot| slot.start_ms > 0) {
        starts.push(Slot {
            start_ms: 0,
            end_ms: u64::MAX,
            what: call.title(),
        });
    }
    let end = call.duration_ms();
    let mut out = head(call);
    for (slot, number) in line_up(starts, 1).into_iter().zip(1..) {
        let until = slot.end_ms.min(end.max(slot.start_ms + 1));
        out.push_str(&format!(
            "\n{number}\n{} --> {}\n{}\n",
            clock_ms(slot.start_ms, '.'),
            clock_ms(until, '.'),
            escape(&slot.what),
        ));
    }
    out
}

fn head(call: &Call) -> String {
    // A note must not hold an arrow; escaped text has none.
    let title = escape(&call.title());
    format!("WEBVTT\n\nNOTE {title}, {}\n", call.manifest.started_at)
}

/// Text in which nothing can be taken for a tag, an entity or a line of times.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

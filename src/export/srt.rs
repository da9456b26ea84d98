//! SubRip captions.
//!
//! Readers expect one cue at a time, so cues that overlap are put one after the other: the earlier
//! one gives way. There is no place for names; a change of voice is told in the text, `Name: words`.
//! Nothing can be escaped either: an arrow in the text, which would look like a line of times, is
//! written as `→`.

use super::call::Call;
use super::cues::{Cue, Names, cues, lead};
use super::lane::{Slot, line_up};
use super::plain::clock_ms;

/// Shortest time that a cue stands among others that overlap it.
const LEAST_MS: u64 = 500;

/// The captions as a SubRip file.
pub fn write(call: &Call) -> String {
    let slots = cues(call, Names::InText)
        .into_iter()
        .map(|cue| Slot {
            start_ms: cue.start_ms,
            end_ms: cue.end_ms,
            what: cue,
        })
        .collect();
    let mut out = String::new();
    let mut speaking = None;
    for (slot, number) in line_up(slots, LEAST_MS).into_iter().zip(1..) {
        let cue: Cue = slot.what;
        let label = &call.voices[cue.voice].label;
        let (name, lead) = match speaking == Some(cue.voice) {
            true => (String::new(), 0),
            false => (format!("{label}: "), lead(label)),
        };
        speaking = Some(cue.voice);
        let text = format!("{name}{}", cue.lines(lead).join("\n")).replace("-->", "→");
        out.push_str(&format!(
            "{number}\n{} --> {}\n{text}\n\n",
            clock_ms(slot.start_ms, ','),
            clock_ms(slot.end_ms, ','),
        ));
    }
    out
}

//! Plain text with times and speakers, a paragraph a line.

use super::call::Call;
use super::plain::clock;
use super::prose::{facts, moments, paragraphs};

/// The call as plain text.
pub fn write(call: &Call) -> String {
    let mut out = format!("{}\n\n", call.title());
    for (name, value) in facts(call) {
        out.push_str(&format!("{name}: {value}\n"));
    }
    if !call.markers.is_empty() {
        out.push_str("\nMarkers\n\n");
    }
    for moment in moments(call) {
        out.push_str(&format!(
            "[{}] {}\n",
            clock(moment.marker.t_ms),
            moment.says
        ));
        if let Some(quote) = moment.quote {
            let name = &call.voices[quote.voice].label;
            out.push_str(&format!("    {name}: “{}”\n", quote.text));
        }
    }
    out.push_str("\nTranscript\n\n");
    for paragraph in paragraphs(call) {
        out.push_str(&format!(
            "[{}] {}: {}\n",
            clock(paragraph.start_ms),
            call.voices[paragraph.voice].label,
            paragraph.text
        ));
    }
    out
}

//! A thank-you note to the participant with three takeaways, to be finished by hand.

use super::call::Call;
use super::md::escape;
use super::plain::{clean, clean_some};
use super::prose::{Moment, moments};
use crate::document::transcript::Role;

/// Takeaways in the note.
const TAKEAWAYS: usize = 3;

/// Kinds that make a takeaway, the best first; other kinds come last.
const BEST: [&str; 6] = ["pain", "quote", "delight", "surprise", "idea", "number"];

/// Kinds that are no takeaway but something to do.
const PROMISED: [&str; 2] = ["follow-up", "task"];

/// The note as Markdown.
pub fn write(call: &Call) -> String {
    let moments = moments(call);
    let date = call.manifest.started_at.get(..10).unwrap_or_default();
    let mut out = format!(
        "Subject: Thank you for our call\n\nHello [name],\n\nthank you for taking the time to talk with \
         me on {date}. Three things stay with me:\n\n"
    );
    let best = takeaways(call, &moments);
    for n in 0..TAKEAWAYS {
        let text = best
            .get(n)
            .map_or_else(|| "[takeaway]".into(), |moment| takeaway(moment));
        out.push_str(&format!("{}. {text}\n", n + 1));
    }
    out.push_str(
        "\nIf I got any of this wrong, or you think of something later, please tell me.\n",
    );
    let promised: Vec<String> = moments
        .iter()
        .filter(|moment| PROMISED.contains(&moment.marker.kind.as_str()))
        .filter_map(|moment| clean_some(moment.marker.note.as_deref()))
        .collect();
    if !promised.is_empty() {
        out.push_str("\nWhat I will do next:\n\n");
    }
    for promise in promised {
        out.push_str(&format!("- {}\n", escape(&promise)));
    }
    out.push_str("\nWith kind regards,\n[your name]\n");
    out
}

/// The markers that matter most, in the order of the call.
fn takeaways<'a, 'b>(call: &Call, moments: &'b [Moment<'a>]) -> Vec<&'b Moment<'a>> {
    let mut best: Vec<&Moment<'_>> = moments
        .iter()
        .filter(|moment| !PROMISED.contains(&moment.marker.kind.as_str()))
        .filter(|moment| moment.marker.note.is_some() || moment.quote.is_some())
        .collect();
    let asked = |moment: &Moment<'_>| {
        let voice = moment.quote.as_ref().map(|quote| quote.voice);
        voice.is_none_or(|voice| call.voices[voice].role == Role::Interviewer)
    };
    best.sort_by_key(|moment| {
        let kind = BEST.iter().position(|kind| *kind == moment.marker.kind);
        let severity = moment.marker.severity.unwrap_or(0);
        // What the participant said comes before what the interviewer noted or asked.
        let own = asked(moment);
        (own, u8::MAX - severity, kind.unwrap_or(BEST.len()))
    });
    best.truncate(TAKEAWAYS);
    best.sort_by_key(|moment| (moment.marker.t_ms, &moment.marker.id));
    best
}

fn takeaway(moment: &Moment<'_>) -> String {
    let note = clean_some(moment.marker.note.as_deref()).map(|note| escape(&note));
    let quote = moment.quote.as_ref().map(|quote| escape(&quote.text));
    match (note, quote) {
        (Some(note), Some(quote)) => format!("{note}: “{quote}”"),
        (Some(text), None) => text,
        (None, Some(quote)) => format!("“{quote}”"),
        (None, None) => clean(&moment.marker.kind),
    }
}

//! A thank-you note to the participant with three takeaways, to be finished by hand.
//!
//! It is a letter: what the participant said may stand in it, and nothing of what was written for oneself
//! during the call, neither notes nor tags nor feelings.

use super::call::Call;
use super::md::escape;
use super::plain::date;
use super::prose::{Moment, moments};
use super::quote::Quote;
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
    let date = date(&call.manifest.started_at);
    let mut out = format!(
        "Subject: Thank you for our call\n\nHello [name],\n\nthank you for taking the time to talk with \
         me on {date}. Three things stay with me:\n\n"
    );
    let best = takeaways(call, &moments);
    for n in 0..TAKEAWAYS {
        let text = best.get(n).map_or_else(
            || "[takeaway]".into(),
            |quote| format!("“{}”", escape(&quote.text)),
        );
        out.push_str(&format!("{}. {text}\n", n + 1));
    }
    out.push_str(
        "\nIf I got any of this wrong, or you think of something later, please tell me.\n",
    );
    let promised = moments.iter().filter(|moment| is_promise(moment)).count();
    if promised > 0 {
        out.push_str("\nWhat I will do next:\n\n");
    }
    // What was noted then may say more than the participant should read.
    out.push_str(&"- [promise]\n".repeat(promised));
    out.push_str("\nWith kind regards,\n[your name]\n");
    out
}

fn is_promise(moment: &Moment<'_>) -> bool {
    PROMISED.contains(&moment.marker.kind.as_str())
}

/// What the participant said where it mattered most, in the order of the call.
fn takeaways<'a>(call: &Call, moments: &'a [Moment<'_>]) -> Vec<&'a Quote> {
    let mut best: Vec<(&Moment<'_>, &Quote)> = moments
        .iter()
        .filter(|moment| !is_promise(moment))
        .filter_map(|moment| Some((moment, moment.quote.as_ref()?)))
        .filter(|(_, quote)| call.voices[quote.voice].role != Role::Interviewer)
        .collect();
    best.sort_by_key(|(moment, _)| {
        let kind = BEST.iter().position(|kind| *kind == moment.marker.kind);
        let severity = moment.marker.severity.unwrap_or(0);
        (u8::MAX - severity, kind.unwrap_or(BEST.len()))
    });
    // Two markers on one sentence are one takeaway.
    let mut seen: Vec<&str> = Vec::new();
    best.retain(|(_, quote)| {
        let known = seen.contains(&quote.text.as_str());
        seen.push(&quote.text);
        !known
    });
    best.truncate(TAKEAWAYS);
    best.sort_by_key(|(moment, _)| (moment.marker.t_ms, &moment.marker.id));
    best.into_iter().map(|(_, quote)| quote).collect()
}

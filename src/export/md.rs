//! Markdown: front matter for programs, markers first, then the text, `[HH:MM:SS] **Name:** words`.

use super::call::Call;
use super::plain::{clean_some, clock};
use super::prose::{covered, facts, moments, paragraphs};
use super::quote::link;

/// Value of `schema` in the front matter.
const SCHEMA: &str = "verbatim.transcript.md/1";

/// The call as Markdown.
pub fn write(call: &Call) -> String {
    let mut out = front_matter(call);
    out.push_str(&format!("\n# {}\n\n", escape(&call.title())));
    for (name, value) in facts(call) {
        out.push_str(&format!("- {name}: {}\n", escape(&value)));
    }
    if !call.markers.is_empty() {
        out.push_str("\n## Markers\n\n");
    }
    for moment in moments(call) {
        let time = clock(moment.marker.t_ms);
        out.push_str(&format!("- [{time}] {}\n", escape(&moment.says)));
        if let Some(quote) = moment.quote {
            let voice = &call.voices[quote.voice];
            out.push_str(&format!(
                "  > {} ({}, `{}`)\n",
                escape(&quote.text),
                escape(&voice.label),
                link(call, quote.track, (quote.start_ms, quote.end_ms)),
            ));
        }
    }
    out.push_str(&guide(call));
    out.push_str("\n## Transcript\n");
    for paragraph in paragraphs(call) {
        out.push_str(&format!(
            "\n[{}] **{}:** {}\n",
            clock(paragraph.start_ms),
            escape(&call.voices[paragraph.voice].label),
            escape(&paragraph.text)
        ));
    }
    out
}

/// What was asked of the guide: a list of tasks, as far as somebody ticked them.
fn guide(call: &Call) -> String {
    let mut out = String::new();
    for (title, item) in covered(call) {
        if out.is_empty() {
            out.push_str("\n## Interview guide\n\n");
        }
        if let Some(title) = title {
            out.push_str(&format!("- **{}**\n", escape(&title)));
        }
        let indent = if item.follows { "    " } else { "  " };
        let done = if item.state == '✓' { 'x' } else { ' ' };
        out.push_str(&format!("{indent}- [{done}] {}", escape(&item.ask)));
        out.push_str(&match (item.state, item.at_ms.map(clock)) {
            ('~', Some(at)) => format!(" (maybe at {at})\n"),
            (_, Some(at)) => format!(" ({at})\n"),
            (_, None) => "\n".into(),
        });
    }
    out
}

fn front_matter(call: &Call) -> String {
    let manifest = &call.manifest;
    let mut out = format!("---\nschema: {SCHEMA}\n");
    let mut line = |name: &str, value: &str| {
        // A JSON string is a YAML string.
        let value = serde_json::Value::from(value);
        out.push_str(&format!("{name}: {value}\n"));
    };
    line("session", &manifest.id);
    line("title", &call.title());
    if let Some(goal) = clean_some(manifest.goal.as_deref()) {
        line("goal", &goal);
    }
    line("started_at", &manifest.started_at);
    line("duration", &clock(call.duration_ms()));
    line("language", call.language());
    out.push_str("---\n");
    out
}

/// Text in which Markdown sees no mark-up. It always follows other characters on its line, so marks
/// that count only at the beginning of a line need no care.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

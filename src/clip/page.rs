//! A page that shows clips and plays them: one file beside the sound, without scripts or a network.

use crate::document::clip::{ClipDocument, Quote};
use crate::document::transcript::Role;
use crate::mark::kinds::Kinds;
use crate::mark::when::clock;

const STYLE: &str = include_str!("page.css");

/// The page of a session's clips, in the order in which they are given. Sound is named relative to it.
pub fn page(title: &str, clips: &[ClipDocument], kinds: &Kinds) -> String {
    let started = clips.first().map_or("", |clip| &clip.started_at);
    let date = started.split('T').next().unwrap_or_default();
    let count = match clips.len() {
        1 => "1 clip".to_owned(),
        n => format!("{n} clips"),
    };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}: clips</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
         <p><time datetime=\"{started}\">{date}</time> · {count}</p>\n</header>\n<main>\n",
        title = escaped(title),
        started = escaped(started),
        date = escaped(date),
    );
    for clip in clips {
        article(clip, kinds, &mut page);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn article(document: &ClipDocument, kinds: &Kinds, out: &mut String) {
    let clip = &document.clip;
    let marker = clip.marker.as_ref();
    let kind = marker.and_then(|marker| kinds.get(&marker.kind));
    let color = kind.map_or("#777777", |kind| &kind.color);
    let name = marker.map_or("clip", |marker| &marker.kind);
    let emoji = kind.map_or("", |kind| &kind.emoji);
    let span = format!(
        "{} – {}",
        clock(clip.start_ms / 1_000 * 1_000),
        clock(clip.end_ms.div_ceil(1_000) * 1_000)
    );
    out.push_str(&format!(
        "<article id=\"{id}\" style=\"--kind: {color}\">\n<h2><span aria-hidden=\"true\">{emoji}</span> \
         {name} <small>{span}</small></h2>\n",
        id = escaped(&clip.id),
        color = escaped(color),
        emoji = escaped(emoji),
        name = escaped(name),
    ));
    if let Some(note) = marker.and_then(|marker| marker.note.as_deref()) {
        out.push_str(&format!("<p class=\"note\">{}</p>\n", escaped(note)));
    }
    for quote in &clip.said {
        said(quote, out);
    }
    if clip.said.is_empty() {
        out.push_str("<p class=\"none\">Nobody speaks in this clip, or it has no text yet.</p>\n");
    }
    out.push_str(&format!(
        "<audio controls preload=\"metadata\" src=\"{file}\" aria-label=\"Play {id}, {name}, {span}\"></audio>\n",
        file = escaped(&clip.media.file),
        id = escaped(&clip.id),
        name = escaped(name),
    ));
    facts(document, out);
    out.push_str("</article>\n");
}

fn said(quote: &Quote, out: &mut String) {
    let class = match quote.role {
        Role::Interviewer => "asks",
        _ => "answers",
    };
    out.push_str(&format!(
        "<figure class=\"{class}\">\n<figcaption>{}</figcaption>\n<blockquote dir=\"auto\">{}</blockquote>\n\
         </figure>\n",
        escaped(&quote.label),
        escaped(&quote.text)
    ));
}

fn facts(document: &ClipDocument, out: &mut String) {
    let clip = &document.clip;
    let mut facts = Vec::new();
    if let Some(marker) = &clip.marker {
        facts.extend(marker.severity.map(|n| format!("severity {n} of 3")));
        facts.extend(marker.emotion.as_deref().map(escaped));
        facts.extend(marker.tags.iter().map(|tag| format!("#{}", escaped(tag))));
        facts.extend(
            marker
                .author
                .as_deref()
                .map(|a| format!("by {}", escaped(a))),
        );
    }
    let tracks: Vec<String> = clip.tracks.iter().map(ToString::to_string).collect();
    facts.push(tracks.join(" + "));
    facts.push(format!(
        "<a href=\"{0}.json\">{0}.json</a>",
        escaped(&clip.id)
    ));
    out.push_str(&format!("<p class=\"facts\">{}</p>\n", facts.join(" · ")));
}

/// Text as it may stand in an element or between double quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c => safe.push(c),
        }
    }
    safe
}

//! What was said as paragraphs, for formats that people read.

use super::call::Call;
use super::plain::{clean, clean_some};
use super::quote::{Quote, quote};
use crate::document::marker::Marker;

/// Longest stretch of one voice that stays one paragraph.
const LONGEST_MS: u64 = 60_000;

/// Pause that begins a paragraph although the voice stays the same.
const PAUSE_MS: u64 = 3_000;

/// A stretch of one voice.
#[derive(Clone, Debug, PartialEq)]
pub struct Paragraph {
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Whose words: an index into [`Call::voices`].
    pub voice: usize,
    /// The words on one line.
    pub text: String,
}

/// The call in paragraphs, in order.
pub fn paragraphs(call: &Call) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    for said in &call.said {
        match paragraphs.last_mut() {
            Some(last)
                if last.voice == said.voice
                    && said.start_ms < last.end_ms + PAUSE_MS
                    && said.end_ms <= last.start_ms + LONGEST_MS =>
            {
                last.text.push(' ');
                last.text.push_str(&said.text);
                last.end_ms = last.end_ms.max(said.end_ms);
            }
            _ => paragraphs.push(Paragraph {
                start_ms: said.start_ms,
                end_ms: said.end_ms,
                voice: said.voice,
                text: said.text.clone(),
            }),
        }
    }
    paragraphs
}

/// What is known about the call beside its text: a name and a value each.
pub fn facts(call: &Call) -> Vec<(&'static str, String)> {
    let manifest = &call.manifest;
    let names = call.voices.iter().map(|voice| voice.label.as_str());
    let mut facts = vec![
        ("Recorded", super::plain::minute(&manifest.started_at)),
        ("Length", super::plain::clock(call.duration_ms())),
        ("Speakers", names.collect::<Vec<_>>().join(", ")),
    ];
    facts.extend(clean_some(manifest.goal.as_deref()).map(|goal| ("Goal", goal)));
    for consent in &manifest.consent {
        facts.extend(clean_some(Some(&consent.text)).map(|text| ("Consent", text)));
    }
    facts.extend(manifest.withdrawn.iter().map(|withdrawn| {
        let day = super::plain::minute(&withdrawn.at);
        let text = format!("{day} {}", withdrawn.text);
        ("Consent withdrawn", clean(&text))
    }));
    let corrected = call.said.iter().filter(|said| said.corrected).count();
    if corrected > 0 {
        let what = match corrected {
            1 => "1 segment by hand".to_owned(),
            many => format!("{many} segments by hand"),
        };
        facts.push(("Corrected", what));
    }
    facts.push(("Session", manifest.id.clone()));
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

/// A question of the guide, for lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    /// `✓` where somebody ticked it, `~` where it sounds asked, `·` otherwise.
    pub state: char,
    /// Whether it follows up another.
    pub follows: bool,
    /// When it was ticked, or sounds asked.
    pub at_ms: Option<u64>,
    /// The question.
    pub ask: String,
}

/// The questions of the guide in its order, with the title of each phase before its first one.
pub fn covered(call: &Call) -> Vec<(Option<String>, Covered)> {
    let mut phase = None;
    let items = call.guide.iter().flat_map(|guide| &guide.items);
    items
        .map(|item| {
            let title = (phase != Some(&item.phase)).then(|| clean(&item.phase));
            phase = Some(&item.phase);
            let hinted = item.hint.as_ref().map(|hint| hint.evidence.start_ms);
            let covered = Covered {
                state: match (item.ticked_ms, hinted) {
                    (Some(_), _) => '✓',
                    (None, Some(_)) => '~',
                    (None, None) => '·',
                },
                follows: item.follows.is_some(),
                at_ms: item.ticked_ms.or(hinted),
                ask: clean(&item.ask),
            };
            (title.filter(|title| !title.is_empty()), covered)
        })
        .collect()
}

/// A marker with its quote, for lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment<'a> {
    /// The marker.
    pub marker: &'a Marker,
    /// Its kind, note, severity, emotion and tags in a line: `pain (3, frustrated): note #reports`.
    pub says: String,
    /// The words it is about.
    pub quote: Option<Quote>,
}

/// The markers in order of time.
pub fn moments(call: &Call) -> Vec<Moment<'_>> {
    let moment = |marker| Moment {
        marker,
        says: says(marker),
        quote: quote(call, marker),
    };
    call.markers.iter().map(moment).collect()
}

fn says(marker: &Marker) -> String {
    let mut says = clean_some(Some(&marker.kind)).unwrap_or_else(|| "marker".into());
    let severity = marker.severity.map(|severity| severity.to_string());
    let emotion = clean_some(marker.emotion.as_deref());
    let aside: Vec<String> = severity.into_iter().chain(emotion).collect();
    if !aside.is_empty() {
        says.push_str(&format!(" ({})", aside.join(", ")));
    }
    if let Some(note) = clean_some(marker.note.as_deref()) {
        says.push_str(&format!(": {note}"));
    }
    for tag in marker.tags.iter().filter_map(|tag| clean_some(Some(tag))) {
        says.push_str(&format!(" #{}", tag.replace(' ', "-")));
    }
    says
}

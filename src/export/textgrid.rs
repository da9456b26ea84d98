//! Praat TextGrid, long text format: for each voice a tier of segments and one of words, and a tier
//! of markers. Tiers tile the whole timeline; where nobody speaks an interval is empty.

use super::call::Call;
use super::lane::{Slot, fill, line_up};
use super::plain::{clean, seconds};
use super::prose::moments;

/// A tier's name and its intervals.
type Tier = (String, Vec<Slot<String>>);

/// The call as a TextGrid.
pub fn write(call: &Call) -> String {
    let mut tiers: Vec<Tier> = Vec::new();
    for (voice, name) in call.voices.iter().map(|v| v.label.clone()).enumerate() {
        let own = || call.said.iter().filter(|said| said.voice == voice);
        let segments = own().map(|s| slot(s.start_ms, s.end_ms, &s.text)).collect();
        let words = own()
            .flat_map(|said| &said.words)
            .map(|w| slot(w.start_ms, w.end_ms, &w.text))
            .collect();
        tiers.push((name.clone(), line_up(segments, 1)));
        tiers.push((format!("{name} words"), line_up(words, 1)));
    }
    let points = points(call);
    let last = tiers
        .iter()
        .filter_map(|(_, slots)| slots.last())
        .map(|s| s.end_ms);
    let end = last
        .chain(points.last().map(|(at, _)| *at))
        .fold(call.duration_ms().max(1), u64::max);
    let size = tiers.len() + usize::from(!points.is_empty());
    let mut out = format!(
        "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = {}\n\
         tiers? <exists>\nsize = {size}\nitem []:\n",
        seconds(end)
    );
    for (tier, number) in tiers.into_iter().zip(1..) {
        intervals(number, tier, end, &mut out);
    }
    if !points.is_empty() {
        head(size, "TextTier", "markers", end, &mut out);
        out.push_str(&format!("        points: size = {}\n", points.len()));
        for ((at, says), number) in points.into_iter().zip(1..) {
            out.push_str(&format!(
                "        points [{number}]:\n            number = {}\n            mark = {}\n",
                seconds(at),
                quoted(&says)
            ));
        }
    }
    out
}

fn slot(start_ms: u64, end_ms: u64, text: &str) -> Slot<String> {
    Slot {
        start_ms,
        end_ms,
        what: text.to_owned(),
    }
}

/// The markers as points; two on one spot would be one too many for Praat.
fn points(call: &Call) -> Vec<(u64, String)> {
    let slots = moments(call)
        .into_iter()
        .map(|moment| slot(moment.marker.t_ms, moment.marker.t_ms, &moment.says))
        .collect();
    let lined = line_up(slots, 1);
    lined
        .into_iter()
        .map(|s| (s.start_ms, clean(&s.what)))
        .collect()
}

fn head(number: usize, class: &str, name: &str, end: u64, out: &mut String) {
    out.push_str(&format!(
        "    item [{number}]:\n        class = \"{class}\"\n        name = {}\n        \
         xmin = 0\n        xmax = {}\n",
        quoted(name),
        seconds(end)
    ));
}

fn intervals(number: usize, (name, slots): Tier, end: u64, out: &mut String) {
    let filled = fill(slots, end);
    head(number, "IntervalTier", &name, end, out);
    out.push_str(&format!("        intervals: size = {}\n", filled.len()));
    for (slot, number) in filled.into_iter().zip(1..) {
        out.push_str(&format!(
            "        intervals [{number}]:\n            xmin = {}\n            xmax = {}\n            \
             text = {}\n",
            seconds(slot.start_ms),
            seconds(slot.end_ms),
            quoted(&slot.what.unwrap_or_default())
        ));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

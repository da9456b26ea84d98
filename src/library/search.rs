//! Words looked for in many sessions.

use super::fold::fold;
use super::passage::{Passage, PassageKind, is_speaker};
use super::query::Query;
use super::section::{Marked, Section};
use crate::document::manifest::TrackManifest;

/// Characters shown on either side of the first word that was found.
const AROUND: usize = 70;

/// What is looked for, and where.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The words.
    pub query: Query,
    /// Only what this speaker says: a part of the name, or what the speaker does.
    pub speaker: Option<String>,
    /// Only what lies in the stretch of a marker of one of these kinds.
    pub kinds: Vec<String>,
    /// Only what lies in the stretch of a marker that has one of these tags.
    pub tags: Vec<String>,
    /// Only sessions of this day or later: the beginning of a date, such as `2026-11`.
    pub since: Option<String>,
    /// Only sessions of this day or earlier.
    pub until: Option<String>,
    /// Only sessions with this in their folder, title or id.
    pub session: Option<String>,
    /// How many are shown.
    pub limit: usize,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// How many passages have the words.
    pub total: usize,
    /// The first of them: of the latest session first, in the order of the call.
    pub hits: Vec<Hit>,
}

/// A passage that has the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Name of the session's folder.
    pub folder: String,
    /// Session id.
    pub session: String,
    /// Title of the session, or nothing.
    pub title: String,
    /// When the session began.
    pub started_at: String,
    /// The passage.
    pub passage: Passage,
    /// When the first of the words is said, in milliseconds.
    pub at_ms: u64,
    /// The words with what stands around them.
    pub snippet: String,
    /// Where in `snippet` the words stand, in bytes.
    pub marks: Vec<(usize, usize)>,
}

/// Looks for words in sessions; `None` when a section is damaged.
pub fn search(sections: &[&[u8]], wanted: &Wanted) -> Option<Found> {
    let mut order: Vec<Section<'_>> = Vec::new();
    for bytes in sections {
        let section = Section::read(bytes)?;
        if is_session(&section, wanted) {
            order.push(section);
        }
    }
    order.sort_by(|a, b| (b.started_at, b.id, b.folder).cmp(&(a.started_at, a.id, a.folder)));
    let mut found = Found::default();
    for section in &order {
        let rows = section.find(wanted.query.rarest(), |line| wanted.query.is_in(line))?;
        if rows.is_empty() {
            continue;
        }
        let marked = match wanted.kinds.is_empty() && wanted.tags.is_empty() {
            true => None,
            false => Some(wished(section.marked()?, wanted)),
        };
        for row in rows {
            if let Some(typed) = &wanted.speaker {
                let (label, role) = section.speaker(row)?;
                if !is_speaker(typed, label, role) {
                    continue;
                }
            }
            // Taking a passage apart costs more than finding it.
            if marked.is_none() && found.hits.len() >= wanted.limit {
                found.total += 1;
                continue;
            }
            let passage = section.passage(row)?;
            if let Some(hit) = hit(section, passage, marked.as_deref(), wanted) {
                found.total += 1;
                if found.hits.len() < wanted.limit {
                    found.hits.push(hit);
                }
            }
        }
    }
    Some(found)
}

fn is_session(section: &Section<'_>, wanted: &Wanted) -> bool {
    let day = section.started_at;
    // A date that is cut short stands for all of its days.
    let until = |until: &String| {
        day.get(..until.len())
            .is_none_or(|day| day <= until.as_str())
    };
    wanted.since.as_deref().is_none_or(|since| day >= since)
        && wanted.until.as_ref().is_none_or(until)
        && wanted.session.as_deref().is_none_or(|name| {
            let folded = fold(name);
            let folded = folded.trim();
            section.id == name
                || section.folder == name
                || fold(section.folder).contains(folded)
                || fold(section.title).contains(folded)
        })
}

/// The markers that are asked for.
fn wished(mut marked: Vec<Marked>, wanted: &Wanted) -> Vec<Marked> {
    let tags: Vec<String> = wanted.tags.iter().map(|tag| fold(tag)).collect();
    marked.retain(|marked| {
        (wanted.kinds.is_empty() || wanted.kinds.contains(&marked.kind))
            && (tags.is_empty() || marked.tags.iter().any(|tag| tags.contains(&fold(tag))))
    });
    marked
}

fn hit(
    section: &Section<'_>,
    passage: Passage,
    marked: Option<&[Marked]>,
    wanted: &Wanted,
) -> Option<Hit> {
    let mut places = wanted.query.places(&passage.text);
    if let Some(marked) = marked {
        let inside = |place: &(usize, usize)| {
            let at = passage.time_at(place.0);
            marked
                .iter()
                .any(|m| (m.start_ms..m.end_ms.max(m.start_ms + 1)).contains(&at))
        };
        // A note is about the whole of its marker's stretch, which its moment need not lie in.
        let note = passage.kind == PassageKind::Note
            && marked
                .iter()
                .any(|m| (m.start_ms, m.end_ms) == (passage.start_ms, passage.end_ms));
        if !note {
            places.retain(inside);
        }
        if places.is_empty() {
            return None;
        }
    }
    let first = *places.first()?;
    let (snippet, marks) = snippet(&passage.text, first.0, &places);
    Some(Hit {
        folder: section.folder.to_owned(),
        session: section.id.to_owned(),
        title: section.title.to_owned(),
        started_at: section.started_at.to_owned(),
        at_ms: passage.time_at(first.0),
        passage,
        snippet,
        marks,
    })
}

/// The text around a place, cut between words, and the words that were found in it.
fn snippet(text: &str, place: usize, places: &[(usize, usize)]) -> (String, Vec<(usize, usize)>) {
    let before = text[..place].char_indices().rev().nth(AROUND);
    let from = before.map_or(0, |(at, _)| {
        let space = text[at..place].find(char::is_whitespace);
        space.map_or(at, |space| at + space + 1)
    });
    let after = text[place..].char_indices().nth(2 * AROUND);
    let to = after.map_or(text.len(), |(at, _)| {
        let space = text[place..place + at].rfind(char::is_whitespace);
        place + space.filter(|space| *space > 0).unwrap_or(at)
    });
    // A white space of several bytes leaves the cut inside of it.
    let from = (from..=place)
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(place);
    let lead = if from > 0 { "… " } else { "" };
    let tail = if to < text.len() { " …" } else { "" };
    let shift = |at: usize| at - from + lead.len();
    let marks = places
        .iter()
        .filter(|(a, b)| *a >= from && *b <= to)
        .map(|&(a, b)| (shift(a), shift(b)));
    (format!("{lead}{}{tail}", &text[from..to]), marks.collect())
}

/// The moment that a hit is about, as a media fragment in the session's folder: in the file that holds
/// it, with times inside that file. A note has no sound of its own and leads to the first of `tracks`;
/// `None` where no sound is kept.
pub fn link(hit: &Hit, tracks: &[TrackManifest]) -> Option<String> {
    let seconds = |ms: u64| crate::export::plain::seconds(ms);
    let heard = |track: &&TrackManifest| hit.passage.track.is_none_or(|t| t == track.track);
    let track = tracks.iter().find(heard)?;
    if track.files.is_empty() {
        return None;
    }
    let places = track.places(hit.at_ms, hit.passage.end_ms.max(hit.at_ms));
    let place = places.first()?;
    let (from, to) = (seconds(place.start_ms), seconds(place.end_ms));
    Some(format!("{}#t={from},{to}", place.file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snippets_are_cut_between_words_and_keep_their_marks() {
        let text = format!(
            "{} needle in the middle {}",
            "hay ".repeat(60),
            "hay ".repeat(60)
        );
        let at = text.find("needle").expect("there");
        let (snippet, marks) = snippet(&text, at, &[(at, at + 6), (0, 3)]);
        assert!(
            snippet.starts_with("… hay") && snippet.ends_with("hay …"),
            "{snippet}"
        );
        let [(from, to)] = marks[..] else {
            panic!("{marks:?}")
        };
        assert_eq!(&snippet[from..to], "needle");
        assert!(snippet.chars().count() < 3 * AROUND + 6);
        let (whole, marks) = super::snippet("a short one", 2, &[(2, 7)]);
        assert_eq!((whole.as_str(), &marks[..]), ("a short one", &[(2, 7)][..]));
    }

    #[test]
    fn snippets_are_cut_in_texts_without_spaces() {
        let text = "会".repeat(500);
        let (snippet, _) = snippet(&text, 300 * 3, &[]);
        assert!(snippet.starts_with("… 会") && snippet.ends_with("会 …"));
    }
}

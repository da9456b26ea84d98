//! What keeps coming up: tags and kinds of markers counted over sessions.

use std::collections::BTreeMap;

use super::fold::fold;
use crate::document::marker::Marker;
use crate::export::csv::{Cell, Table};

/// What markers are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Their tags; a marker counts once for each.
    Tag,
    /// Their kind.
    Kind,
}

/// A tag or kind, and where it comes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The tag or kind, as it was first written.
    pub name: String,
    /// How many markers have it.
    pub total: usize,
    /// In how many sessions.
    pub sessions: usize,
    /// Highest severity that one of them was given.
    pub severity: Option<u8>,
    /// How many markers of each session have it, in the order of the sessions.
    pub counts: Vec<usize>,
}

/// The themes of some sessions' markers: what comes up in the most sessions first, then the most often,
/// then by name. Tags are the same whatever their case and accents.
pub fn themes(sessions: &[Vec<Marker>], by: By) -> Vec<Theme> {
    let mut found: BTreeMap<String, Theme> = BTreeMap::new();
    for (n, markers) in sessions.iter().enumerate() {
        for marker in markers {
            for name in names(marker, by) {
                let theme = found.entry(key(name)).or_insert_with(|| Theme {
                    name: name.trim().to_owned(),
                    total: 0,
                    sessions: 0,
                    severity: None,
                    counts: vec![0; sessions.len()],
                });
                theme.total += 1;
                theme.sessions += usize::from(theme.counts[n] == 0);
                theme.counts[n] += 1;
                theme.severity = theme.severity.max(marker.severity);
            }
        }
    }
    let mut themes: Vec<Theme> = found.into_values().collect();
    themes.sort_by(|a, b| {
        (b.sessions, b.total)
            .cmp(&(a.sessions, a.total))
            .then_with(|| a.name.cmp(&b.name))
    });
    themes
}

/// Whether a marker has a theme.
pub fn has(marker: &Marker, name: &str, by: By) -> bool {
    names(marker, by).iter().any(|own| key(own) == key(name))
}

/// The tags of a marker, each once, or its kind.
fn names(marker: &Marker, by: By) -> Vec<&str> {
    let mut names: Vec<&str> = match by {
        By::Kind => vec![&marker.kind],
        By::Tag => marker.tags.iter().map(String::as_str).collect(),
    };
    let mut seen: Vec<String> = Vec::new();
    names.retain(|name| {
        let key = key(name);
        let fresh = key != " " && !seen.contains(&key);
        seen.push(key);
        fresh
    });
    names
}

fn key(name: &str) -> String {
    fold(name)
}

/// A table of themes by sessions, whose names are `heads`.
pub fn table(themes: &[Theme], heads: &[String], by: By) -> Table {
    let first = match by {
        By::Tag => "Tag",
        By::Kind => "Kind",
    };
    let mut head = vec![first, "Markers", "Sessions", "Highest severity"];
    head.extend(heads.iter().map(String::as_str));
    let mut table = Table::new(&head);
    for theme in themes {
        let mut row: Vec<Cell> = vec![
            theme.name.as_str().into(),
            (theme.total as u64).into(),
            (theme.sessions as u64).into(),
            theme.severity.map(u64::from).into(),
        ];
        row.extend(theme.counts.iter().map(|count| Cell::Number(*count as u64)));
        table.row(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(kind: &str, tags: &[&str], severity: Option<u8>) -> Marker {
        Marker {
            id: "m0001".into(),
            kind: kind.into(),
            t_ms: 0,
            start_ms: 0,
            end_ms: 0,
            note: None,
            severity,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            emotion: None,
            author: None,
        }
    }

    #[test]
    fn themes_are_counted_by_session_whatever_their_case() {
        let sessions = [
            vec![
                marker("pain", &["Pricing", "pricing", "weekly report"], Some(2)),
                marker("pain", &["PRICING"], Some(3)),
            ],
            vec![],
            vec![marker("idea", &["weekly report", " "], None)],
        ];
        let found = themes(&sessions, By::Tag);
        let rows: Vec<_> = found
            .iter()
            .map(|t| {
                (
                    t.name.as_str(),
                    t.total,
                    t.sessions,
                    t.severity,
                    t.counts.clone(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("weekly report", 2, 2, Some(2), vec![1, 0, 1]),
                ("Pricing", 2, 1, Some(3), vec![2, 0, 0]),
            ]
        );
        let kinds = themes(&sessions, By::Kind);
        assert_eq!((kinds[0].name.as_str(), kinds[0].total), ("pain", 2));
        assert!(has(&sessions[0][1], "pricing", By::Tag));
        let heads = ["a", "b", "c"].map(str::to_owned);
        let text = table(&found, &heads, By::Tag).into_text();
        assert_eq!(
            text,
            "Tag,Markers,Sessions,Highest severity,a,b,c\r\nweekly report,2,2,2,1,0,1\r\n\
             Pricing,2,1,3,2,0,0\r\n"
        );
    }
}

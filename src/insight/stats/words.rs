//! Counts over the words of the transcript.

use crate::audio::Track;
use crate::document::stats::{FillerCount, Fillers};
use crate::document::transcript::TranscriptDocument;
use crate::insight::words::tokens;

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) words: u32,
    pub(super) per_minute: Option<f64>,
    pub(super) fillers: Option<Fillers>,
}

/// Counts the words of a track, and those of them that are on the list of fillers. An entry of
/// several words counts where they follow each other in one segment; of entries that begin at the
/// same word the longest counts, and no word counts twice.
pub(super) fn count(text: &TranscriptDocument, track: Track, fillers: Option<&[String]>) -> Said {
    let segments = || text.segments.iter().filter(|s| s.track == track);
    let words: usize = segments().map(|segment| segment.words.len()).sum();
    let coverage = text.coverage.iter().find(|c| c.track == track);
    let covered_ms = coverage.map_or(0, |coverage| coverage.covered_ms);
    let per_minute = (covered_ms > 0).then(|| {
        let rate = words as f64 * 60_000.0 / covered_ms as f64;
        (rate * 10.0).round() / 10.0
    });
    let fillers = fillers.map(|list| {
        let list: Vec<(&String, Vec<String>)> =
            list.iter().map(|entry| (entry, tokens(entry))).collect();
        let mut counts = vec![0; list.len()];
        for segment in segments() {
            count_fillers(&tokens(&segment.text), &list, &mut counts);
        }
        Fillers {
            count: counts.iter().sum(),
            words: list
                .iter()
                .zip(&counts)
                .filter(|(_, count)| **count > 0)
                .map(|((entry, _), count)| FillerCount {
                    text: (*entry).clone(),
                    count: *count,
                })
                .collect(),
        }
    });
    Said {
        words: words as u32,
        per_minute,
        fillers,
    }
}

fn count_fillers(said: &[String], list: &[(&String, Vec<String>)], counts: &mut [u32]) {
    let mut at = 0;
    while at < said.len() {
        let here = list
            .iter()
            .enumerate()
            .filter(|(_, (_, entry))| !entry.is_empty() && said[at..].starts_with(entry))
            .max_by_key(|(n, (_, entry))| (entry.len(), std::cmp::Reverse(*n)));
        at += match here {
            Some((n, (_, entry))) => {
                counts[n] += 1;
                entry.len()
            }
            None => 1,
        };
    }
}

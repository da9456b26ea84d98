//! Silences by length and by who broke them.

use std::collections::BTreeMap;

use crate::audio::Track;
use crate::document::stats::{Broken, SilenceCount};
use crate::document::turns::{FloorState, TurnsDocument};

/// Silences between two turns of at least each of these lengths. Beside a gap nobody knows how long a
/// silence was, so it is not counted.
pub(super) fn counts(doc: &TurnsDocument, at_least_ms: &[u64]) -> Vec<SilenceCount> {
    let gaps = || doc.floor.iter().filter(|f| f.state == FloorState::Gap);
    let between: Vec<(Track, Track, u64)> = doc
        .silences
        .iter()
        .filter(|s| !gaps().any(|gap| gap.end_ms == s.start_ms))
        .filter_map(|s| Some((s.after?, s.before?, s.end_ms - s.start_ms)))
        .collect();
    let count = |&at_least_ms: &u64| {
        let mut pairs: BTreeMap<(Track, Track), (u32, u64)> = BTreeMap::new();
        for &(after, before, ms) in between.iter().filter(|(_, _, ms)| *ms >= at_least_ms) {
            let pair = pairs.entry((after, before)).or_default();
            *pair = (pair.0 + 1, pair.1 + ms);
        }
        SilenceCount {
            at_least_ms,
            count: pairs.values().map(|(count, _)| count).sum(),
            total_ms: pairs.values().map(|(_, ms)| ms).sum(),
            broken: pairs
                .into_iter()
                .map(|((after, before), (count, total_ms))| Broken {
                    after,
                    before,
                    count,
                    total_ms,
                })
                .collect(),
        }
    };
    at_least_ms.iter().map(count).collect()
}

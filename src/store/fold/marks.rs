//! What people did with the call: markers and clips.

use super::Log;
use crate::document::SCHEMA_VERSION;
use crate::document::clip::{self, ClipsDocument};
use crate::document::marker::{self, MarkersDocument};
use crate::time::Tick;

/// `markers.json` of a log that ever had a marker. Where the session's end is known, no marker reaches
/// beyond it: a stretch is planned when the key is pressed, and the call may end sooner.
pub(super) fn markers(log: &Log, duration: Tick) -> Option<MarkersDocument> {
    let mut markers = log.board.sorted();
    if log.duration.is_some() {
        for marker in &mut markers {
            marker.t_ms = marker.t_ms.min(duration.ms());
            marker.start_ms = marker.start_ms.min(duration.ms());
            marker.end_ms = marker.end_ms.min(duration.ms());
        }
    }
    log.board.is_used().then(|| MarkersDocument {
        schema: marker::SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        session: log.session.clone(),
        markers,
    })
}

/// `clips.json` of a log that ever had a clip.
pub(super) fn clips(log: &Log) -> Option<ClipsDocument> {
    let mut clips = log.clips.clone();
    clips.sort_by(|a, b| (a.id.len(), &a.id).cmp(&(b.id.len(), &b.id)));
    clips.dedup_by(|a, b| a.id == b.id);
    (!clips.is_empty()).then(|| ClipsDocument {
        schema: clip::SCHEMA.into(),
        schema_version: SCHEMA_VERSION.into(),
        session: log.session.clone(),
        clips,
    })
}

//! Which tracks a clip is cut from, and where.

use super::{ClipOptions, Cutter, Edges, Stretch};
use crate::audio::Track;
use crate::clip::snap::{self, Edge};
use crate::clip::words::on_track;
use crate::error::{Error, ErrorKind, Result};
use crate::store::wav::ArchiveReader;
use crate::time::{Span, Tick};

impl Cutter {
    pub(super) fn tracks(&self, options: &ClipOptions) -> Result<Vec<Track>> {
        let all: Vec<Track> = self.call.manifest.tracks.iter().map(|t| t.track).collect();
        if let Some(missing) = options.tracks.iter().find(|track| !all.contains(track)) {
            let names: Vec<String> = all.iter().map(Track::to_string).collect();
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the session has no track {missing}"),
            )
            .hint(format!("it has {}", names.join(" and "))));
        }
        Ok(match options.tracks.is_empty() {
            true => all,
            false => options.tracks.clone(),
        })
    }

    /// The samples to cut.
    pub(super) fn span(&self, stretch: &Stretch, tracks: &[Track]) -> Result<Span> {
        let duration = Tick(self.call.manifest.duration_samples);
        let (start, end) = match stretch.edges {
            Edges::Exact => (
                Tick::from_ms(stretch.start_ms),
                Tick::from_ms(stretch.end_ms),
            ),
            Edges::Snapped => (
                self.edge(Edge::Start, stretch.start_ms, tracks)?,
                self.edge(Edge::End, stretch.end_ms, tracks)?,
            ),
        };
        let span = snap::inside(start, end, duration);
        match span.is_empty() {
            false => Ok(span),
            true => Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "there is no sound from {} to {}",
                    crate::mark::when::clock(stretch.start_ms),
                    crate::mark::when::clock(stretch.end_ms)
                ),
            )
            .hint("the clip has to begin before it ends, inside of the session")),
        }
    }

    fn edge(&self, edge: Edge, at_ms: u64, tracks: &[Track]) -> Result<Tick> {
        let mut words = Vec::new();
        for &track in tracks {
            let placed = on_track(&self.call.transcript, track);
            words.extend(placed.iter().map(|p| p.word.start_ms..p.word.end_ms));
        }
        // Both speak at once: a word of one side that begins before the other's ends moves the edge
        // no further than its own length.
        let at_ms = snap::to_words(edge, at_ms, &words);
        let reach = snap::reach(edge, at_ms, &words);
        let mut loudest: Vec<f32> = Vec::new();
        for &track in tracks {
            let mut archive = ArchiveReader::open(&self.folder, track)?;
            let levels = snap::levels(&archive.read(Span::from_ms(reach.start, reach.end))?);
            loudest.resize(loudest.len().max(levels.len()), f32::NEG_INFINITY);
            for (loudest, level) in loudest.iter_mut().zip(levels) {
                *loudest = loudest.max(level);
            }
        }
        Ok(snap::cut(at_ms, &reach, &loudest))
    }
}

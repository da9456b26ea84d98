//! The windows of a pass before any of them is heard.

use std::collections::{BTreeMap, VecDeque};

use super::text::{cut, portions};
use crate::audio::Track;
use crate::error::Result;
use crate::store::folder::SessionFolder;
use crate::store::speech::SpeechReader;
use crate::text::Limits;
use crate::text::pack::{Window, pack};
use crate::time::Span;

/// Gives the sound of each window in the order in which a pass asks for them: the windows into which its
/// speech is packed at first. What is heard in them may bring others, which are not foreseen here.
pub(super) struct Upcoming {
    archive: SpeechReader,
    limits: Limits,
    portions: VecDeque<(Track, Vec<Span>)>,
    windows: VecDeque<(Track, Window)>,
}

impl Upcoming {
    /// The windows of the speech in `spans`. Sound is read when its window is taken.
    pub(super) fn of(
        folder: &SessionFolder,
        spans: &BTreeMap<Track, Vec<Span>>,
        limits: Limits,
    ) -> Upcoming {
        let of_track = |(&track, spans): (&Track, &Vec<Span>)| {
            let portions = portions(spans).into_iter();
            let owned: Vec<_> = portions.map(|spans| (track, spans.to_vec())).collect();
            owned
        };
        Upcoming {
            archive: SpeechReader::open(folder),
            limits,
            portions: spans.iter().flat_map(of_track).collect(),
            windows: VecDeque::new(),
        }
    }

    fn sound(&mut self) -> Result<Option<Vec<i16>>> {
        loop {
            if let Some((track, window)) = self.windows.pop_front() {
                let archive = &mut self.archive;
                return window
                    .sound(&mut |span| archive.read(track, span))
                    .map(Some);
            }
            let Some((track, spans)) = self.portions.pop_front() else {
                return Ok(None);
            };
            let pieces = cut(track, &spans, self.limits, &mut self.archive)?;
            let windows = pack(&pieces, self.limits.window_samples).into_iter();
            self.windows.extend(windows.map(|window| (track, window)));
        }
    }
}

impl Iterator for Upcoming {
    type Item = Result<Vec<i16>>;

    fn next(&mut self) -> Option<Result<Vec<i16>>> {
        self.sound().transpose()
    }
}

//! The windows of a pass before any of them is heard.

use std::collections::{BTreeMap, VecDeque};

use super::text::{cut, portions};
use crate::audio::Track;
use crate::error::Result;
use crate::store::folder::SessionFolder;
use crate::store::speech::SpeechReader;
use crate::text::pack::{Window, pack};
use crate::text::{Hearing, Limits};
use crate::time::Span;

/// A window that a pass will ask for.
pub(super) struct Ahead {
    pub(super) track: Track,
    /// Its sound at 16 kHz.
    pub(super) sound: Vec<i16>,
    /// Speech in it, in milliseconds.
    pub(super) speech_ms: u64,
}

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
        (limits, hearing): (Limits, Hearing),
    ) -> Upcoming {
        let of_track = |(&track, spans): (&Track, &Vec<Span>)| {
            let portions = portions(spans).into_iter();
            let owned: Vec<_> = portions.map(|spans| (track, spans.to_vec())).collect();
            owned
        };
        Upcoming {
            archive: SpeechReader::hearing(folder, hearing),
            limits,
            portions: spans.iter().flat_map(of_track).collect(),
            windows: VecDeque::new(),
        }
    }

    fn window(&mut self) -> Result<Option<Ahead>> {
        loop {
            if let Some((track, window)) = self.windows.pop_front() {
                let archive = &mut self.archive;
                let sound = window.sound(&mut |span| archive.read(track, span))?;
                return Ok(Some(Ahead {
                    track,
                    sound,
                    speech_ms: window.parts.iter().map(|part| part.speech.ms()).sum(),
                }));
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
    type Item = Result<Ahead>;

    fn next(&mut self) -> Option<Result<Ahead>> {
        self.window().transpose()
    }
}

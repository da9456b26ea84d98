//! The language of each track, before any of its windows is written down.

use std::collections::BTreeMap;

use super::recall::Recalling;
use super::upcoming::Upcoming;
use crate::audio::Track;
use crate::document::transcript::{LanguageBasis, Pass, TrackLanguage};
use crate::error::{Error, ErrorKind, Result};
use crate::store::folder::SessionFolder;
use crate::text::language::{LanguageLock, Verdict};
use crate::text::{Hearing, Transcriber};
use crate::time::Span;

/// Finds out the languages of a session's tracks for a pass.
pub(super) struct Look<'a, 'b> {
    pub(super) folder: &'a SessionFolder,
    pub(super) recogniser: &'a mut Recalling<'b>,
    pub(super) hearing: Hearing,
    pub(super) pass: &'a Pass,
    /// The passes before it.
    pub(super) before: &'a [Pass],
}

impl Look<'_, '_> {
    /// The language of each track that has speech: what an earlier pass of the same model was sure of,
    /// else what the first windows are taken for. A track of which the model can say nothing is taken
    /// to be in the language of another one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Engine`] when the model can say nothing of any track; what the recogniser and the
    /// archive return.
    pub(super) fn at(&mut self, spans: &BTreeMap<Track, Vec<Span>>) -> Result<Vec<TrackLanguage>> {
        let mut found: BTreeMap<Track, Option<TrackLanguage>> = BTreeMap::new();
        for (&track, spans) in spans {
            let known = match self.earlier(track) {
                Some(known) => Some(known),
                None => self.heard(track, spans)?.map(|verdict| TrackLanguage {
                    track,
                    language: verdict.language,
                    probability: verdict.probability,
                    heard_ms: verdict.heard_ms,
                    basis: verdict.basis,
                }),
            };
            found.insert(track, known);
        }
        let longest = found.values().flatten().max_by_key(|known| known.heard_ms);
        let Some(longest) = longest.cloned() else {
            return Err(Error::new(
                ErrorKind::Engine,
                "the recogniser cannot tell which language is spoken",
            )
            .hint("name it with --language"));
        };
        let found = found.into_iter().map(|(track, known)| {
            known.unwrap_or_else(|| TrackLanguage {
                track,
                language: longest.language.clone(),
                probability: 0.0,
                heard_ms: 0,
                basis: LanguageBasis::Likeliest,
            })
        });
        Ok(found.collect())
    }

    fn earlier(&self, track: Track) -> Option<TrackLanguage> {
        let passes = self.before.iter().rev();
        let mut same = passes.filter(|pass| pass.model_sha256 == self.pass.model_sha256);
        let sure = same.find_map(|pass| {
            let mut languages = pass.languages.iter();
            languages.find(|known| known.track == track && known.basis != LanguageBasis::Likeliest)
        });
        sure.map(|known| TrackLanguage {
            basis: LanguageBasis::Earlier,
            ..known.clone()
        })
    }

    fn heard(&mut self, track: Track, spans: &[Span]) -> Result<Option<Verdict>> {
        let of_track = BTreeMap::from([(track, spans.to_vec())]);
        let how = (self.recogniser.limits(), self.hearing);
        let mut lock = LanguageLock::default();
        for window in Upcoming::of(self.folder, &of_track, how) {
            let window = window?;
            match self.recogniser.languages(&window.sound) {
                Ok(chances) => lock.push(&chances, window.speech_ms),
                // The next window may do.
                Err(error) if error.kind() == ErrorKind::Engine => {}
                Err(error) => return Err(error),
            }
            if lock.is_settled() {
                break;
            }
        }
        Ok(lock.verdict())
    }
}

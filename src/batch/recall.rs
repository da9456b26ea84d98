//! A recogniser that remembers and looks ahead: windows that were heard before the work was cut off are
//! not heard again, and the windows that come next are begun while one is waited for.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::log::Permit;
use super::upcoming::{Ahead, Upcoming};
use crate::audio::Track;
use crate::error::{ErrorKind, Result};
use crate::store::windows::{About, Heard, Windows};
use crate::text::language::Chance;
use crate::text::{Limits, RawSegment, Transcriber};

/// Asks a recogniser only for windows that are not known yet, and only while it may.
pub(super) struct Recalling<'a> {
    pub(super) inner: &'a mut dyn Transcriber,
    pub(super) windows: Windows,
    pub(super) permit: Permit,
    pub(super) upcoming: Upcoming,
    /// Windows that were begun and not asked for yet, in order.
    pub(super) begun: VecDeque<Ahead>,
    /// The language of each track.
    pub(super) languages: BTreeMap<Track, String>,
    /// The language of the windows that are asked for.
    pub(super) language: String,
}

impl Recalling<'_> {
    /// Begins with the windows that come next, as many as the recogniser wants besides the one that is
    /// asked for.
    fn look_ahead(&mut self) -> Result<()> {
        let ahead = self.inner.ahead();
        while ahead > 0 && self.begun.len() <= ahead {
            let Some(window) = self.upcoming.next() else {
                break;
            };
            let window = window?;
            let language = self.language_of(window.track);
            if self.windows.knows(&window.sound, About::Text(&language)) {
                continue;
            }
            self.inner.speak(&language);
            self.inner.begin(&window.sound);
            self.begun.push_back(window);
        }
        self.inner.speak(&self.language);
        Ok(())
    }

    fn language_of(&self, track: Track) -> String {
        let known = self.languages.get(&track);
        known.unwrap_or(&self.language).clone()
    }

    /// A window is asked for. Those that were begun before it will not be: windows are asked for in order.
    fn asked_for(&mut self, audio: &[i16]) {
        let found = self.begun.iter().position(|begun| begun.sound == audio);
        if let Some(at) = found {
            self.begun.drain(..=at);
        }
    }

    /// Decodes a window and keeps what was heard.
    fn hear(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        let segments = self.inner.transcribe(audio)?;
        let about = About::Text(&self.language);
        self.windows
            .keep(audio, about, Heard::Text(segments.clone()))?;
        Ok(segments)
    }

    /// Finishes the windows that are being decoded, so that they need not be decoded later.
    fn finish_begun(&mut self) -> Result<()> {
        let at_work = self.inner.ahead().div_ceil(2);
        for window in std::mem::take(&mut self.begun).into_iter().take(at_work) {
            let language = self.language_of(window.track);
            self.speak(&language);
            match self.hear(&window.sound) {
                // It fails again when it is asked for.
                Err(error) if error.kind() == ErrorKind::Engine => {}
                heard => drop(heard?),
            }
        }
        Ok(())
    }
}

impl Transcriber for Recalling<'_> {
    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        self.asked_for(audio);
        let known = self.windows.recall(audio, About::Text(&self.language))?;
        if let Some(Heard::Text(segments)) = known {
            return Ok(segments);
        }
        if let Err(over) = self.permit.check() {
            self.finish_begun()?;
            return Err(over);
        }
        self.look_ahead()?;
        self.asked_for(audio);
        self.hear(audio)
    }

    fn speak(&mut self, language: &str) {
        language.clone_into(&mut self.language);
        self.inner.speak(language);
    }

    fn languages(&mut self, audio: &[i16]) -> Result<Vec<Chance>> {
        let known = self.windows.recall(audio, About::Languages)?;
        if let Some(Heard::Languages(chances)) = known {
            return Ok(chances);
        }
        self.permit.check()?;
        let chances = self.inner.languages(audio)?;
        let heard = Heard::Languages(chances.clone());
        self.windows.keep(audio, About::Languages, heard)?;
        Ok(chances)
    }

    fn restarts(&self) -> u32 {
        self.inner.restarts()
    }

    fn cpu(&self) -> Duration {
        self.inner.cpu()
    }
}

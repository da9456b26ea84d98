//! A recogniser that remembers and looks ahead: windows that were heard before the work was cut off are
//! not heard again, and the windows that come next are begun while one is waited for.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::log::Permit;
use super::upcoming::Ahead;
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
    /// The windows that come next.
    pub(super) upcoming: &'a mut (dyn Iterator<Item = Result<Ahead>> + Send),
    /// Windows that are asked for besides those that come next, and not begun yet: they go first.
    pub(super) further: VecDeque<Begun>,
    /// Windows that were begun and not asked for yet, in order.
    pub(super) begun: VecDeque<Begun>,
    /// The language of each track.
    pub(super) languages: BTreeMap<Track, String>,
    /// The language of the windows that are asked for.
    pub(super) language: String,
}

/// A window that is asked for later.
pub(super) struct Begun {
    language: String,
    sound: Vec<i16>,
}

impl Recalling<'_> {
    /// Begins with windows that are asked for later, as many as the recogniser wants besides the one that
    /// is asked for. That one is begun, too, where it is the next.
    fn look_ahead(&mut self, asked_for: &[i16]) -> Result<()> {
        let ahead = self.inner.ahead();
        while self.begun.len() < ahead {
            let Some(window) = self.foreseen()? else {
                break;
            };
            if self.is_known(&window) {
                continue;
            }
            self.inner.speak(&window.language);
            self.inner.begin(&window.sound);
            if window.sound != asked_for {
                self.begun.push_back(window);
            }
        }
        self.inner.speak(&self.language);
        Ok(())
    }

    /// The next window that is not begun yet.
    fn foreseen(&mut self) -> Result<Option<Begun>> {
        if let Some(further) = self.further.pop_front() {
            return Ok(Some(further));
        }
        let Some(window) = self.upcoming.next().transpose()? else {
            return Ok(None);
        };
        let known = self.languages.get(&window.track);
        Ok(Some(Begun {
            language: known.unwrap_or(&self.language).clone(),
            sound: window.sound,
        }))
    }

    fn is_known(&self, window: &Begun) -> bool {
        let about = About::Text(&window.language);
        self.windows.knows(&window.sound, about)
    }

    /// A window is asked for: it is not to be begun any more. Returns it if it was begun.
    fn asked_for(&mut self, audio: &[i16]) -> Option<Begun> {
        let at = |windows: &VecDeque<Begun>| windows.iter().position(|w| w.sound == audio);
        if let Some(at) = at(&self.begun) {
            return self.begun.remove(at);
        }
        if let Some(at) = at(&self.further) {
            self.further.remove(at);
        }
        None
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
            self.speak(&window.language);
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
        let begun = self.asked_for(audio);
        let known = self.windows.recall(audio, About::Text(&self.language))?;
        if let Some(Heard::Text(segments)) = known {
            return Ok(segments);
        }
        if let Err(over) = self.permit.check() {
            if let Some(window) = begun {
                self.begun.push_front(window);
            }
            self.finish_begun()?;
            return Err(over);
        }
        self.look_ahead(audio)?;
        self.hear(audio)
    }

    fn ahead(&self) -> usize {
        self.inner.ahead()
    }

    /// The window is begun together with those that come next.
    fn begin(&mut self, audio: &[i16]) {
        let window = Begun {
            language: self.language.clone(),
            sound: audio.to_vec(),
        };
        if self.inner.ahead() > 0 && !self.is_known(&window) {
            self.further.push_back(window);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::log::Warrant;
    use crate::store::folder::SessionFolder;
    use crate::store::windows::testing::{folder, pass};

    /// Takes three windows besides the one that is asked for, and no more; they take for ever.
    #[derive(Default)]
    struct Slow {
        begun: Vec<i16>,
        /// Windows that were asked for and had not been begun.
        late: Vec<i16>,
    }

    impl Transcriber for Slow {
        fn limits(&self) -> Limits {
            Limits { window_samples: 1 }
        }

        fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
            match self.begun.iter().position(|begun| [*begun] == *audio) {
                Some(at) => drop(self.begun.remove(at)),
                None => self.late.extend(audio),
            }
            Ok(Vec::new())
        }

        fn ahead(&self) -> usize {
            3
        }

        fn begin(&mut self, audio: &[i16]) {
            assert!(
                self.begun.len() <= self.ahead(),
                "there is no room for {audio:?}"
            );
            self.begun.extend(audio);
        }
    }

    fn upcoming() -> impl Iterator<Item = Result<Ahead>> {
        (0..20).map(|n| {
            Ok(Ahead {
                track: Track::Mic,
                sound: vec![n],
                speech_ms: 1,
            })
        })
    }

    fn recalling<'a>(
        inner: &'a mut Slow,
        upcoming: &'a mut (dyn Iterator<Item = Result<Ahead>> + Send),
        (folder, permit): (&SessionFolder, Permit),
    ) -> Recalling<'a> {
        Recalling {
            inner,
            windows: Windows::open(folder, &pass("none")).unwrap(),
            permit,
            upcoming,
            further: VecDeque::new(),
            begun: VecDeque::new(),
            languages: BTreeMap::new(),
            language: "en".into(),
        }
    }

    #[test]
    fn every_window_is_begun_before_it_is_asked_for_and_none_is_refused() {
        let (_dir, folder) = folder();
        let (mut slow, mut upcoming) = (Slow::default(), upcoming());
        let for_ever = (&folder, Permit::for_ever());
        let mut recalling = recalling(&mut slow, &mut upcoming, for_ever);
        for n in 0..20 {
            recalling.transcribe(&[n]).unwrap();
            if n % 4 == 0 {
                // Something is to be heard again, and is asked for some windows later.
                recalling.begin(&[100 + n]);
            }
            if n % 4 == 3 {
                recalling.transcribe(&[97 + n]).unwrap();
            }
        }
        assert_eq!(slow.late, [] as [i16; 0]);
        assert_eq!(slow.begun, [] as [i16; 0]);
    }

    #[test]
    fn what_is_being_decoded_when_the_work_is_stopped_is_kept() {
        let (_dir, folder) = folder();
        let (mut slow, mut upcoming) = (Slow::default(), upcoming());
        let warrant = Warrant::default();
        let until_dropped = (&folder, warrant.permit());
        let mut recalling = recalling(&mut slow, &mut upcoming, until_dropped);
        recalling.transcribe(&[0]).unwrap();
        recalling.transcribe(&[1]).unwrap();
        drop(warrant);
        let stopped = recalling.transcribe(&[2]).unwrap_err();
        assert_eq!(stopped.kind(), ErrorKind::Interrupted);
        let windows = Windows::open(&folder, &pass("none")).unwrap();
        let kept = (0..5).filter(|n| windows.knows(&[*n], About::Text("en")));
        assert_eq!(
            kept.collect::<Vec<i16>>(),
            [0, 1, 2, 3],
            "two workers have two"
        );
    }
}

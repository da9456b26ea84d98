//! A recogniser that remembers and looks ahead: windows that were heard before the work was cut off are
//! not heard again, and the windows that come next are begun while one is waited for.

use std::collections::VecDeque;
use std::time::Duration;

use super::log::Permit;
use super::upcoming::Upcoming;
use crate::error::{ErrorKind, Result};
use crate::store::windows::Windows;
use crate::text::{Limits, RawSegment, Transcriber};

/// Asks a recogniser only for windows that are not known yet, and only while it may.
pub(super) struct Recalling<'a> {
    pub(super) inner: &'a mut dyn Transcriber,
    pub(super) windows: Windows,
    pub(super) permit: Permit,
    pub(super) upcoming: Upcoming,
    /// Windows that were begun and not asked for yet, in order.
    pub(super) begun: VecDeque<Vec<i16>>,
}

impl Recalling<'_> {
    /// Begins with the windows that come next, as many as the recogniser wants besides the one that is
    /// asked for.
    fn look_ahead(&mut self) -> Result<()> {
        let ahead = self.inner.ahead();
        while ahead > 0 && self.begun.len() <= ahead {
            let Some(sound) = self.upcoming.next() else {
                break;
            };
            let sound = sound?;
            if self.windows.knows(&sound) {
                continue;
            }
            self.inner.begin(&sound);
            self.begun.push_back(sound);
        }
        Ok(())
    }

    /// A window is asked for. Those that were begun before it will not be: windows are asked for in order.
    fn asked_for(&mut self, audio: &[i16]) {
        if let Some(at) = self.begun.iter().position(|begun| begun == audio) {
            self.begun.drain(..=at);
        }
    }

    /// Decodes a window and keeps what was heard.
    fn hear(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        let segments = self.inner.transcribe(audio)?;
        self.windows.keep(audio, &segments)?;
        Ok(segments)
    }

    /// Finishes the windows that are being decoded, so that they need not be decoded later.
    fn finish_begun(&mut self) -> Result<()> {
        let at_work = self.inner.ahead().div_ceil(2);
        for sound in std::mem::take(&mut self.begun).into_iter().take(at_work) {
            match self.hear(&sound) {
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
        if let Some(segments) = self.windows.recall(audio)? {
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

    fn restarts(&self) -> u32 {
        self.inner.restarts()
    }

    fn cpu(&self) -> Duration {
        self.inner.cpu()
    }
}

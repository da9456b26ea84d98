//! A recogniser that remembers: windows that were heard before the work was cut off are not heard
//! again.

use std::time::Duration;

use super::log::Permit;
use crate::error::Result;
use crate::store::windows::Windows;
use crate::text::{Limits, RawSegment, Transcriber};

/// Asks a recogniser only for windows that are not known yet, and only while it may.
pub(super) struct Recalling<'a> {
    pub(super) inner: &'a mut dyn Transcriber,
    pub(super) windows: Windows,
    pub(super) permit: Permit,
}

impl Transcriber for Recalling<'_> {
    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        if let Some(segments) = self.windows.recall(audio)? {
            return Ok(segments);
        }
        self.permit.check()?;
        let segments = self.inner.transcribe(audio)?;
        self.windows.keep(audio, &segments)?;
        Ok(segments)
    }

    fn restarts(&self) -> u32 {
        self.inner.restarts()
    }

    fn cpu(&self) -> Duration {
        self.inner.cpu()
    }
}

//! What the lanes hear, on its way to the log, to turns and to text.

use super::Session;
use crate::audio::Track;
use crate::dsp::sketch::Sketch;
use crate::error::Result;
use crate::event::{Event, SpeechEcho};
use crate::session::echo::{Glimpse, Judged, Speech};
use crate::time::Span;
use crate::voice::analysis::VoiceEvent;
use crate::voice::echo::EchoJudge;
use crate::voice::utterance::Cut;

impl Session {
    /// Speech began or ended.
    pub(super) fn voice(&mut self, voice: &VoiceEvent) -> Result<()> {
        if let Some(event) = self.turns.voice(voice) {
            self.log.record(event)?;
        }
        match *voice {
            VoiceEvent::SpeechEnd { track, span } => self.judge(Speech::Span(track, span)),
            _ => Ok(()),
        }
    }

    /// An utterance is over.
    pub(super) fn speech(&mut self, cut: Cut) -> Result<()> {
        self.judge(Speech::Utterance(cut))
    }

    /// A track's speaker pauses.
    pub(super) fn speaker_pauses(&mut self, cut: Cut) {
        if self.gate.glimpse(cut) == Glimpse::Own {
            self.captioner.pause(cut);
        }
    }

    /// An utterance is being spoken. Nothing is shown of an echo, nor of what may still turn out to be
    /// one.
    pub(super) fn grow(&mut self, cut: Cut) {
        match self.gate.glimpse(cut) {
            Glimpse::Own => self.captioner.grow(cut),
            Glimpse::Unknown => {}
            Glimpse::Echo => self.captioner.hide(cut.track),
        }
    }

    /// More of a track's sound is known.
    pub(super) fn sketched(&mut self, track: Track, sketches: &[Sketch]) -> Result<()> {
        self.gate.push(track, sketches, self.begun.elapsed());
        self.let_through()
    }

    /// Passes on the speech that is judged by now.
    pub(super) fn let_through(&mut self) -> Result<()> {
        while let Some(judged) = self.gate.next(self.begun.elapsed()) {
            self.judged(judged)?;
        }
        Ok(())
    }

    /// Passes on the speech that still waits: no more sound will come.
    pub(super) fn let_all_through(&mut self) -> Result<()> {
        while let Some(judged) = self.gate.rest() {
            self.judged(judged)?;
        }
        Ok(())
    }

    fn judge(&mut self, speech: Speech) -> Result<()> {
        self.gate.hold(speech, self.begun.elapsed());
        self.let_through()
    }

    fn judged(&mut self, judged: Judged) -> Result<()> {
        let Judged { speech, own, echo } = judged;
        let cut = match speech {
            Speech::Span(track, _) => {
                self.turns.speech(track, &own);
                return Ok(());
            }
            Speech::Utterance(cut) => cut,
        };
        let void = match echo.is_empty() {
            true => None,
            false => self.captioner.void(cut),
        };
        let (track, echo_of) = EchoJudge::BETWEEN;
        for span in echo {
            self.log.record(Event::SpeechEcho(SpeechEcho {
                track,
                start_ms: span.start.ms(),
                end_ms: span.end.ms(),
                echo_of,
                utterance: void.clone(),
            }))?;
        }
        for &span in &own {
            let told = self.captioner.end(part(cut, span), self.begun.elapsed());
            self.tell(told)?;
        }
        Ok(())
    }
}

/// A part of an utterance between echoes: there is nothing but echo around it, so only the ends of
/// the utterance have a pre-roll and a post-roll.
fn part(cut: Cut, span: Span) -> Cut {
    let start = match span.start == cut.span.start {
        true => cut.audio.start,
        false => span.start,
    };
    let end = match span.end == cut.span.end {
        true => cut.audio.end,
        false => span.end,
    };
    Cut {
        span,
        audio: Span::new(start, end),
        ..cut
    }
}

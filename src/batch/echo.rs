//! What a microphone repeats of the system track, in a call that is over.

use std::collections::BTreeMap;

use super::log::BatchLog;
use crate::audio::Track;
use crate::dsp::sketch::Sketch;
use crate::error::Result;
use crate::event::{Event, SpeechEcho};
use crate::time::Span;
use crate::voice::analysis::VoiceEvent;
use crate::voice::echo::{EchoJudge, echoes_of};

/// Collects what is known of both tracks while they are heard, one after the other or side by side.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    speech: Vec<Span>,
    sketches: BTreeMap<Track, Vec<Sketch>>,
}

impl Echoes {
    /// Takes what was heard.
    pub(super) fn heard(&mut self, voices: &[VoiceEvent]) {
        self.speech
            .extend(voices.iter().filter_map(|voice| match *voice {
                VoiceEvent::SpeechEnd { track, span } if track == EchoJudge::BETWEEN.0 => {
                    Some(span)
                }
                _ => None,
            }));
    }

    /// Takes the next sketches of a track.
    pub(super) fn sketched(&mut self, track: Track, sketches: Vec<Sketch>) {
        let known = self.sketches.entry(track).or_default();
        known.extend(sketches);
    }

    /// The echoes, in order.
    pub(super) fn found(mut self) -> Vec<Span> {
        let (mic, system) = EchoJudge::BETWEEN;
        let (Some(mic), Some(system)) = (self.sketches.get(&mic), self.sketches.get(&system))
        else {
            return Vec::new();
        };
        self.speech.sort_unstable();
        echoes_of(&self.speech, mic, system)
    }

    /// Logs the echoes.
    pub(super) fn log(self, log: &mut BatchLog<'_>) -> Result<()> {
        let (track, echo_of) = EchoJudge::BETWEEN;
        for span in self.found() {
            log.record(
                span.end,
                Event::SpeechEcho(SpeechEcho {
                    track,
                    start_ms: span.start.ms(),
                    end_ms: span.end.ms(),
                    echo_of,
                    utterance: None,
                }),
            )?;
        }
        Ok(())
    }
}

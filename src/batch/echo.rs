//! What a microphone repeats of the system track, in a call that is over.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use super::log::BatchLog;
use crate::audio::Track;
use crate::dsp::sketch::{BANDS, Sketch};
use crate::error::{Error, Result};
use crate::event::{Event, SpeechEcho};
use crate::time::Span;
use crate::voice::analysis::VoiceEvent;
use crate::voice::echo::{EchoJudge, echoes_read};

/// Bytes of sketches of a track that are kept in memory: an hour and a half. What is more goes to a file
/// without a name, so that memory does not grow with the call.
const IN_MEMORY: usize = 4 << 20;

/// Collects what is known of both tracks while they are heard, one after the other or side by side.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    speech: Vec<Span>,
    sketches: BTreeMap<Track, Spool>,
}

/// The sketches of a track, in order.
#[derive(Debug)]
struct Spool {
    file: SpooledTempFile,
    count: usize,
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
    ///
    /// # Errors
    ///
    /// As [`Error::io`] for the folder of temporary files.
    pub(super) fn sketched(&mut self, track: Track, sketches: &[Sketch]) -> Result<()> {
        let (mic, system) = EchoJudge::BETWEEN;
        if track != mic && track != system {
            return Ok(());
        }
        let spool = self.sketches.entry(track).or_insert_with(|| Spool {
            file: SpooledTempFile::new(IN_MEMORY),
            count: 0,
        });
        let bytes: Vec<u8> = sketches.iter().flat_map(|sketch| sketch.0).collect();
        spool.file.write_all(&bytes).map_err(failed)?;
        spool.count += sketches.len();
        Ok(())
    }

    /// The echoes, in order.
    ///
    /// # Errors
    ///
    /// As [`Echoes::sketched`].
    pub(super) fn found(mut self) -> Result<Vec<Span>> {
        let (mic, system) = EchoJudge::BETWEEN;
        if ![mic, system]
            .iter()
            .all(|track| self.sketches.contains_key(track))
        {
            return Ok(Vec::new());
        }
        self.speech.sort_unstable();
        let sketches = &mut self.sketches;
        echoes_read(
            &self.speech,
            &mut |track, from, to| match sketches.get_mut(&track) {
                Some(spool) => spool.read(from, to).map_err(failed),
                None => Ok(Vec::new()),
            },
        )
    }

    /// Logs the echoes.
    pub(super) fn log(self, log: &mut BatchLog<'_>) -> Result<()> {
        let (track, echo_of) = EchoJudge::BETWEEN;
        for span in self.found()? {
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

impl Spool {
    /// The sketches from one number up to another, as far as there are any.
    fn read(&mut self, from: usize, to: usize) -> io::Result<Vec<Sketch>> {
        let to = to.min(self.count);
        let mut bytes = vec![0; to.saturating_sub(from) * BANDS];
        self.file.seek(SeekFrom::Start((from * BANDS) as u64))?;
        self.file.read_exact(&mut bytes)?;
        let (sketches, _) = bytes.as_chunks::<BANDS>();
        Ok(sketches.iter().map(|&bands| Sketch(bands)).collect())
    }
}

fn failed(error: io::Error) -> Error {
    Error::io("use a file in", &std::env::temp_dir(), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sketches_come_back_as_they_were_told_from_memory_and_from_a_file() {
        let sketch = |n: usize| Sketch([n as u8, (n >> 8) as u8, (n >> 16) as u8, 1, 2, 3, 4, 5]);
        let all: Vec<Sketch> = (0..600_000).map(sketch).collect();
        let mut echoes = Echoes::default();
        for block in all.chunks(7_919) {
            echoes.sketched(Track::Mic, block).unwrap();
            echoes.sketched(Track::Imported(3), block).unwrap();
        }
        assert_eq!(echoes.sketches.len(), 1, "other tracks repeat nothing");
        let spool = echoes.sketches.get_mut(&Track::Mic).unwrap();
        assert!(spool.file.is_rolled(), "more than is kept in memory");
        for (from, to) in [
            (0, 1),
            (100_000, 101_000),
            (599_999, 700_000),
            (650_000, 651_000),
        ] {
            let known = &all[from.min(all.len())..to.min(all.len())];
            assert!(spool.read(from, to).unwrap() == known, "{from} to {to}");
        }
    }
}

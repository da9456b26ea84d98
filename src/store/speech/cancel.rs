//! The microphone of an archive without the echo of the system track, where it has one: a canceller that
//! has nothing to cancel still takes something of the voice.

use std::collections::VecDeque;

use super::{Archive, MARGIN};
use crate::audio::Track;
use crate::dsp::aec::{BLOCK, EchoCanceller};
use crate::dsp::sketch::Sketcher;
use crate::error::Result;
use crate::time::{Span, TICKS_PER_ANALYSIS_SAMPLE, TICKS_PER_MS, Tick};
use crate::voice::echo::EchoJudge;

/// Ticks that are read and worked on at a time, always from the same places: 0.1 s.
const STEP: u64 = 100 * TICKS_PER_MS;

/// The same in samples at 16 kHz.
const STEP_SAMPLES: usize = (STEP / TICKS_PER_ANALYSIS_SAMPLE) as usize;

const _: () = assert!(STEP_SAMPLES.is_multiple_of(BLOCK));

/// Steps of a piece, which is worked on by itself, so that any place can be read without all of the
/// call before it: a minute.
const PIECE: u64 = 600;

/// Steps before a piece from which its canceller learns the room: half a minute.
const LESSON: u64 = 300;

/// Steps by which the system track is ahead of the microphone: it may have been recorded late, and the
/// canceller knows no echo that comes before its sound.
const AHEAD: u64 = 1;

/// Pieces that are kept: readers go on, and look back a little.
const KEPT: usize = 3;

/// Cancels echoes piece by piece, and keeps the last ones.
#[derive(Debug, Default)]
pub(super) struct Cancelling {
    pieces: VecDeque<Piece>,
}

impl Cancelling {
    /// Replaces `samples`, which `archive` holds for `span` of the microphone, as far as it is known
    /// what the loudspeakers play.
    pub(super) fn clean(
        &mut self,
        archive: &mut Archive,
        span: Span,
        samples: &mut [i16],
    ) -> Result<()> {
        if samples.is_empty() || !archive.has(Track::System) {
            return Ok(());
        }
        let first = span.start.0.div_ceil(TICKS_PER_ANALYSIS_SAMPLE) as usize;
        let end = first + samples.len();
        let wanted = end.div_ceil(STEP_SAMPLES) as u64;
        let known = known(archive, wanted + AHEAD)?;
        let per_piece = PIECE as usize * STEP_SAMPLES;
        for number in first / per_piece..=(end - 1) / per_piece {
            let piece = self.piece(number as u64);
            piece.advance(archive, wanted.min(known))?;
            let begin = number * per_piece;
            let from = first.max(begin);
            let to = end.min(begin + piece.clean.len().min(per_piece));
            if from < to {
                samples[from - first..to - first]
                    .copy_from_slice(&piece.clean[from - begin..to - begin]);
            }
        }
        Ok(())
    }

    fn piece(&mut self, number: u64) -> &mut Piece {
        let at = self.pieces.iter().position(|piece| piece.number == number);
        let piece = at.and_then(|at| self.pieces.remove(at));
        if self.pieces.len() >= KEPT {
            self.pieces.pop_front();
        }
        self.pieces
            .push_back(piece.unwrap_or_else(|| Piece::new(number)));
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }
}

/// Steps of the microphone for which both tracks are there, of the first `wanted` and `AHEAD` more.
fn known(archive: &mut Archive, wanted: u64) -> Result<u64> {
    let end = Tick(wanted * STEP).after(MARGIN);
    let mut steps = |track| -> Result<u64> {
        let samples = archive.track(track, end)?.samples();
        Ok(samples.saturating_sub(MARGIN) / STEP)
    };
    let system = steps(Track::System)?.saturating_sub(AHEAD);
    Ok(steps(Track::Mic)?.min(system))
}

/// A minute of the microphone.
#[derive(Debug)]
struct Piece {
    number: u64,
    canceller: EchoCanceller,
    coupling: Coupling,
    /// The step that is worked on next.
    next: u64,
    /// Samples that are still to come out before the first one of the piece.
    before: usize,
    /// The piece as far as it is done.
    clean: Vec<i16>,
}

impl Piece {
    fn new(number: u64) -> Piece {
        let first = number * PIECE;
        let next = first.saturating_sub(LESSON);
        Piece {
            number,
            canceller: EchoCanceller::new(),
            coupling: Coupling::new(),
            next,
            before: (first - next) as usize * STEP_SAMPLES,
            clean: Vec::new(),
        }
    }

    /// Works on the steps before `until`, as far as they belong to the piece.
    fn advance(&mut self, archive: &mut Archive, until: u64) -> Result<()> {
        let end = until.min((self.number + 1) * PIECE);
        while self.next < end {
            let mut step = |track, number: u64| {
                let start = Tick(number * STEP);
                archive.read(track, Span::new(start, start.after(STEP)))
            };
            let heard = step(Track::Mic, self.next)?;
            let played = step(Track::System, self.next + AHEAD)?;
            let at = self.clean.len();
            self.canceller.push(&heard, &played, &mut self.clean);
            self.coupling.choose(&heard, played, &mut self.clean[at..]);
            let dropped = self.before.min(self.clean.len());
            self.clean.drain(..dropped);
            self.before -= dropped;
            self.next += 1;
        }
        Ok(())
    }
}

/// Whether the microphone follows the system track, step by step.
#[derive(Debug)]
struct Coupling {
    judge: EchoJudge,
    sketchers: [Sketcher; 2],
    /// The system track's next step, which the canceller has already.
    played: Vec<i16>,
    /// Share of what is cancelled in what is heard now, 0 to 1.
    share: f32,
}

impl Coupling {
    fn new() -> Coupling {
        Coupling {
            judge: EchoJudge::new(),
            sketchers: Default::default(),
            played: vec![0; STEP_SAMPLES],
            share: 0.0,
        }
    }

    /// Leaves in `clean` what was `heard`, unless there is an echo in it; goes from one to the other
    /// within a step. `ahead` is the system track a step later.
    fn choose(&mut self, heard: &[i16], ahead: Vec<i16>, clean: &mut [i16]) {
        let played = std::mem::replace(&mut self.played, ahead);
        let (mic, system) = EchoJudge::BETWEEN;
        let tracks = [(system, &played[..]), (mic, heard)];
        for (sketcher, (track, samples)) in self.sketchers.iter_mut().zip(tracks) {
            let mut sketches = Vec::new();
            sketcher.push(samples, &mut sketches);
            self.judge.push(track, &sketches);
        }
        let wanted = match self.judge.surely_couples() {
            true => 1.0,
            false => 0.0,
        };
        let step = (wanted - self.share) / clean.len().max(1) as f32;
        for (clean, heard) in clean.iter_mut().zip(heard) {
            self.share += step;
            let (cancelled, as_is) = (f32::from(*clean), f32::from(*heard));
            *clean = (as_is + (cancelled - as_is) * self.share).round() as i16;
        }
        self.share = wanted;
    }
}

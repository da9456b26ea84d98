//! The machine behind [`TurnBuilder`].

use std::collections::VecDeque;

use super::{Quiet, SpokenTurn, TurnEvent, TurnOptions};
use crate::audio::Track;
use crate::document::turns::TurnKind;
use crate::time::{Span, TICKS_PER_MS, Tick};

/// Consecutive spans of a track that belong together.
#[derive(Clone, Copy, Debug)]
struct Piece {
    span: Span,
    speech_ms: u64,
    state: PieceState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PieceState {
    /// The next span may still join.
    Open,
    /// Complete, but what it is depends on what the others do.
    Closed,
    /// Complete and known.
    Known(TurnKind),
    /// Complete, known and handed to the caller.
    Told(TurnKind),
}

#[derive(Debug)]
struct Lane {
    track: Track,
    /// Spans that begin at or after the watermark.
    waiting: VecDeque<Span>,
    /// Spans long enough to take the floor.
    long: VecDeque<Span>,
    pieces: VecDeque<Piece>,
}

/// Builds turns and silences while spans come in.
#[derive(Debug)]
pub struct TurnBuilder {
    pause: u64,
    backchannel: u64,
    beside: u64,
    lanes: Vec<Lane>,
    gaps: VecDeque<Span>,
    /// Everything before is inside a turn or gap, or was told as a silence.
    swept: Tick,
    /// Latest end of a turn so far and whose it was.
    last: Option<(Tick, std::cmp::Reverse<Track>)>,
    ready: Vec<TurnEvent>,
}

impl TurnBuilder {
    /// A machine at tick 0 for these tracks.
    pub fn new(tracks: &[Track], options: TurnOptions) -> TurnBuilder {
        let mut tracks = tracks.to_vec();
        tracks.sort_unstable();
        tracks.dedup();
        TurnBuilder {
            pause: options.pause_ms * TICKS_PER_MS,
            backchannel: options.backchannel_ms * TICKS_PER_MS,
            beside: options.beside_ms * TICKS_PER_MS,
            lanes: tracks.into_iter().map(Lane::new).collect(),
            gaps: VecDeque::new(),
            swept: Tick::ZERO,
            last: None,
            ready: Vec::new(),
        }
    }

    /// Takes a speech span. A track's spans come in order and do not overlap; one that begins before
    /// its predecessor's end is shortened, and an empty one is ignored.
    pub fn push_span(&mut self, track: Track, span: Span) {
        let backchannel = self.backchannel;
        let lane = self.lane(track);
        let previous = lane.waiting.back().copied();
        let previous = previous.or(lane.pieces.back().map(|piece| piece.span));
        let start = previous.map_or(span.start, |previous| span.start.max(previous.end));
        let span = Span::new(start, span.end);
        if span.is_empty() {
            return;
        }
        lane.waiting.push_back(span);
        if span.ticks() > backchannel {
            lane.long.push_back(span);
        }
    }

    /// Takes a stretch in which some track was not captured, before the machine is advanced past its
    /// start.
    pub fn push_gap(&mut self, gap: Span) {
        if !gap.is_empty() {
            self.gaps.push_back(gap);
        }
    }

    /// Appends what is certain, given that every span and gap that begins before `watermark` has
    /// been pushed.
    pub fn advance(&mut self, watermark: Tick, out: &mut Vec<TurnEvent>) {
        for index in 0..self.lanes.len() {
            self.join(index, watermark);
        }
        for index in 0..self.lanes.len() {
            self.name(index, watermark);
        }
        let settled = self.settled(watermark);
        self.sweep(settled);
        self.tell(settled, out);
        self.forget(settled);
    }

    /// Ends the session at `duration`, which no span or gap passes, and appends the rest.
    pub fn finish(&mut self, duration: Tick, out: &mut Vec<TurnEvent>) {
        self.advance(Tick(u64::MAX), out);
        self.add_silence(Span::new(self.swept, duration), None);
        self.swept = self.swept.max(duration);
        out.append(&mut self.ready);
    }

    fn lane(&mut self, track: Track) -> &mut Lane {
        let index = match self.lanes.binary_search_by_key(&track, |lane| lane.track) {
            Ok(index) => index,
            Err(index) => {
                self.lanes.insert(index, Lane::new(track));
                index
            }
        };
        &mut self.lanes[index]
    }

    /// Joins spans that begin before the watermark to pieces, and closes pieces.
    fn join(&mut self, index: usize, watermark: Tick) {
        while let Some(span) = self.lanes[index].next_before(watermark) {
            let open = self.lanes[index].open().map(|piece| piece.span.end);
            let joins = open.is_some_and(|end| {
                span.start.0 - end.0 < self.pause && !self.taken(index, end, span.start)
            });
            let lane = &mut self.lanes[index];
            if let Some(piece) = lane.open() {
                if joins {
                    piece.span.end = span.end;
                    piece.speech_ms += span.ms();
                    continue;
                }
                piece.state = PieceState::Closed;
            }
            lane.pieces.push_back(Piece {
                span,
                speech_ms: span.ms(),
                state: PieceState::Open,
            });
        }
        let pause = self.pause;
        if let Some(piece) = self.lanes[index].open()
            && watermark.0 - piece.span.end.0.min(watermark.0) >= pause
        {
            piece.state = PieceState::Closed;
        }
    }

    /// Whether another track takes the floor in a pause of the lane at `index`.
    fn taken(&self, index: usize, from: Tick, to: Tick) -> bool {
        self.others(index).any(|lane| {
            lane.long
                .iter()
                .any(|span| span.start < to && from < span.end)
        })
    }

    fn others(&self, index: usize) -> impl Iterator<Item = &Lane> {
        self.lanes
            .iter()
            .enumerate()
            .filter(move |(other, _)| *other != index)
            .map(|(_, lane)| lane)
    }

    /// Decides what the closed pieces of a lane are, as far as the watermark allows.
    fn name(&mut self, index: usize, watermark: Tick) {
        for at in 0..self.lanes[index].pieces.len() {
            let piece = self.lanes[index].pieces[at];
            if piece.state != PieceState::Closed {
                continue;
            }
            if let Some(kind) = self.kind(index, piece.span, watermark) {
                self.lanes[index].pieces[at].state = PieceState::Known(kind);
            }
        }
    }

    fn kind(&self, index: usize, span: Span, watermark: Tick) -> Option<TurnKind> {
        if span.ticks() > self.backchannel {
            return Some(TurnKind::Turn);
        }
        let heard_until = span.end.after(self.pause);
        if watermark <= heard_until {
            return None;
        }
        let mut beside = false;
        for lane in self.others(index) {
            for (at, other) in lane.pieces.iter().enumerate() {
                let overlaps = other.span.intersect(span).is_some();
                let just_ended =
                    other.span.end <= span.start && span.start.0 - other.span.end.0 <= self.beside;
                if !overlaps && !just_ended {
                    continue;
                }
                if other.span.ticks() <= self.backchannel {
                    if other.state == PieceState::Open {
                        // It may still grow into a longer turn.
                        return None;
                    }
                    continue;
                }
                let goes_on = lane
                    .pieces
                    .get(at + 1)
                    .is_some_and(|next| next.span.start <= heard_until);
                beside |= overlaps || goes_on;
            }
        }
        Some(match beside {
            true => TurnKind::Backchannel,
            false => TurnKind::Turn,
        })
    }

    /// The tick before which no turn's extent changes any more.
    fn settled(&self, watermark: Tick) -> Tick {
        self.lanes
            .iter()
            .filter_map(|lane| lane.pieces.back())
            .filter(|piece| piece.state == PieceState::Open)
            .map(|piece| piece.span.end)
            .fold(watermark, Tick::min)
    }

    /// Finds the silences that end before `settled`.
    fn sweep(&mut self, settled: Tick) {
        let mut covers: Vec<(Span, Option<Track>)> = self
            .lanes
            .iter()
            .flat_map(|lane| {
                let pieces = lane.pieces.iter();
                pieces.map(|piece| (piece.span, Some(lane.track)))
            })
            .chain(self.gaps.iter().map(|&gap| (gap, None)))
            .filter(|(span, _)| span.start < settled)
            .collect();
        // A turn that begins with a gap comes first, so that it is named as what broke the silence.
        covers.sort_by_key(|(span, track)| (span.start, track.is_none(), *track));
        for (span, track) in covers {
            if span.start > self.swept {
                self.add_silence(Span::new(self.swept, span.start), track);
            }
            self.swept = self.swept.max(span.end);
            if let Some(track) = track {
                self.last = self.last.max(Some((span.end, std::cmp::Reverse(track))));
            }
        }
    }

    fn add_silence(&mut self, span: Span, before: Option<Track>) {
        if span.ms() > 0 {
            self.ready.push(TurnEvent::Silence(Quiet {
                span,
                after: self.last.map(|(_, track)| track.0),
                before,
            }));
        }
    }

    /// Hands over, in order, what ends before anything that is still uncertain could end.
    fn tell(&mut self, settled: Tick, out: &mut Vec<TurnEvent>) {
        for lane in &mut self.lanes {
            for piece in &mut lane.pieces {
                if let PieceState::Known(kind) = piece.state {
                    piece.state = PieceState::Told(kind);
                    self.ready.push(TurnEvent::Turn(SpokenTurn {
                        track: lane.track,
                        kind,
                        span: piece.span,
                        speech_ms: piece.speech_ms,
                    }));
                }
            }
        }
        let unnamed = self.lanes.iter().flat_map(|lane| &lane.pieces);
        let horizon = unnamed
            .filter(|piece| piece.state == PieceState::Closed)
            .map(|piece| piece.span.end)
            .fold(settled, Tick::min);
        self.ready.sort_by_key(TurnEvent::order);
        let certain = self
            .ready
            .partition_point(|event| event.span().end < horizon);
        out.extend(self.ready.drain(..certain));
    }

    /// Drops what nothing later can touch.
    fn forget(&mut self, settled: Tick) {
        let uncertain = self
            .lanes
            .iter()
            .flat_map(|lane| &lane.pieces)
            .filter(|piece| !matches!(piece.state, PieceState::Told(_)))
            .map(|piece| piece.span.start)
            .fold(self.swept.min(settled), Tick::min)
            .before(self.beside + self.pause);
        for lane in &mut self.lanes {
            // The last piece stays: it tells where the track's next span may begin.
            while lane.pieces.len() > 1 && lane.pieces[0].span.end < uncertain {
                lane.pieces.pop_front();
            }
            while lane.long.front().is_some_and(|span| span.end < uncertain) {
                lane.long.pop_front();
            }
        }
        let swept = self.swept;
        self.gaps.retain(|gap| gap.end > swept);
    }
}

impl Lane {
    fn new(track: Track) -> Lane {
        Lane {
            track,
            waiting: VecDeque::new(),
            long: VecDeque::new(),
            pieces: VecDeque::new(),
        }
    }

    fn next_before(&mut self, watermark: Tick) -> Option<Span> {
        let due = self.waiting.front()?.start < watermark;
        due.then(|| self.waiting.pop_front()).flatten()
    }

    fn open(&mut self) -> Option<&mut Piece> {
        self.pieces
            .back_mut()
            .filter(|piece| piece.state == PieceState::Open)
    }
}

#[cfg(test)]
impl TurnBuilder {
    /// How much the machine remembers.
    pub(super) fn kept(&self) -> usize {
        let lanes = self.lanes.iter();
        let kept: usize = lanes
            .map(|lane| lane.pieces.len() + lane.long.len() + lane.waiting.len())
            .sum();
        kept + self.gaps.len() + self.ready.len()
    }
}

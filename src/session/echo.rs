//! Holds what the microphone hears until it is known whether it repeats the system track.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audio::Track;
use crate::dsp::sketch::Sketch;
use crate::text::coverage::subtract;
use crate::time::{Span, TICKS_PER_MS, Tick};
use crate::voice::echo::EchoJudge;
use crate::voice::utterance::Cut;

/// How long speech waits when nothing comes of the other track. Its sound is there before a pause is
/// over; a device that delivers nothing must not keep the microphone's text.
const PATIENCE: Duration = Duration::from_secs(1);

/// Share of an open utterance that is echo from which its words are not shown, in percent, and how long
/// the echo must be at least.
const MUCH: u64 = 25;
const LONG: u64 = 300 * TICKS_PER_MS;

/// Where the microphone repeats the system track, so much of an utterance must be known before its words
/// are shown: the beginning of an echo sounds like anything.
const KNOWN: u64 = 500 * TICKS_PER_MS;

/// Speech that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// A span; its utterances tile it, and the last one may come after it.
    Span(Track, Span),
    /// An utterance.
    Utterance(Cut),
}

impl Speech {
    fn span(self) -> Span {
        match self {
            Speech::Span(_, span) => span,
            Speech::Utterance(cut) => cut.span,
        }
    }

    fn track(self) -> Track {
        match self {
            Speech::Span(track, _) => track,
            Speech::Utterance(cut) => cut.track,
        }
    }
}

/// What an utterance is that is being spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Glimpse {
    /// Somebody's in the room.
    Own,
    /// Too little is known of it.
    Unknown,
    /// It repeats the other track, at least for a good part.
    Echo,
}

/// Speech and what of it is echo.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) speech: Speech,
    /// What somebody says in the room, in order.
    pub(super) own: Vec<Span>,
    /// What repeats the other track, in order. A span tells again what its utterances told.
    pub(super) echo: Vec<Span>,
}

/// Judges the microphone's speech as soon as the system track is known so far.
#[derive(Debug)]
pub(super) struct EchoGate {
    /// None in a session without both tracks.
    judge: Option<EchoJudge>,
    held: VecDeque<(Speech, Duration)>,
    /// When sound of the other track came last.
    came: Duration,
    /// The echoes of the utterances since the last span that was judged.
    echoes: Vec<Span>,
    /// Up to where utterances of the microphone are judged.
    judged: Tick,
}

impl EchoGate {
    /// A gate for a session with these tracks.
    pub(super) fn new(tracks: &[Track]) -> EchoGate {
        let (mic, system) = EchoJudge::BETWEEN;
        let both = tracks.contains(&mic) && tracks.contains(&system);
        EchoGate {
            judge: both.then(EchoJudge::new),
            held: VecDeque::new(),
            came: Duration::ZERO,
            echoes: Vec::new(),
            judged: Tick::ZERO,
        }
    }

    /// Takes the next sketches of a track.
    pub(super) fn push(&mut self, track: Track, sketches: &[Sketch], now: Duration) {
        if track == EchoJudge::BETWEEN.1 && !sketches.is_empty() {
            self.came = now;
        }
        if let Some(judge) = &mut self.judge {
            judge.push(track, sketches);
        }
    }

    /// Takes speech that is over; it comes out of [`EchoGate::next`], an utterance before the span
    /// that it ends.
    pub(super) fn hold(&mut self, speech: Speech, now: Duration) {
        let ends = |&(held, _): &(Speech, Duration)| {
            held.track() == speech.track() && held.span().end == speech.span().end
        };
        let at = match speech {
            Speech::Utterance(_) => self.held.iter().position(ends),
            Speech::Span(..) => None,
        };
        self.held
            .insert(at.unwrap_or(self.held.len()), (speech, now));
    }

    /// The next speech that is judged.
    pub(super) fn next(&mut self, now: Duration) -> Option<Judged> {
        let at = self.held.iter().position(|&(speech, since)| {
            !self.waits(speech) || now.saturating_sub(since.max(self.came)) >= PATIENCE
        })?;
        // What waits of a track keeps what comes after it on that track.
        let track = self.held[at].0.track();
        let first = self.held.iter().position(|(s, _)| s.track() == track)?;
        let (speech, _) = (first == at).then(|| self.held.remove(at)).flatten()?;
        Some(self.judge(speech))
    }

    /// Speech that waits is judged with what is known.
    pub(super) fn rest(&mut self) -> Option<Judged> {
        let (speech, _) = self.held.pop_front()?;
        Some(self.judge(speech))
    }

    /// Up to where speech of `track` is decided, of what is `heard`.
    pub(super) fn decided(&self, track: Track, heard: Tick) -> Tick {
        let held = self.held.iter().map(|(speech, _)| *speech);
        held.filter(|speech| speech.track() == track)
            .map(|speech| speech.span().start)
            .fold(heard, Tick::min)
    }

    /// What an utterance that is being spoken is, as far as it is heard.
    pub(super) fn glimpse(&mut self, cut: Cut) -> Glimpse {
        let hears = self.hears(cut.track);
        let Some(judge) = self.judge.as_mut().filter(|_| hears) else {
            return Glimpse::Own;
        };
        let reach = cut.span.end.min(judge.reach()).max(cut.span.start);
        let known = Span::new(cut.span.start, reach);
        let echo: u64 = judge.glimpse(known).iter().map(|span| span.ticks()).sum();
        if echo >= LONG && echo * 100 >= known.ticks() * MUCH {
            Glimpse::Echo
        } else if known.ticks() < KNOWN && judge.couples() {
            Glimpse::Unknown
        } else {
            Glimpse::Own
        }
    }

    fn hears(&self, track: Track) -> bool {
        self.judge.is_some() && track == EchoJudge::BETWEEN.0
    }

    fn waits(&self, speech: Speech) -> bool {
        let reach = match (&self.judge, speech) {
            (Some(judge), Speech::Utterance(_)) => judge.reach(),
            (Some(_), Speech::Span(..)) => self.judged,
            (None, _) => return false,
        };
        self.hears(speech.track()) && reach < speech.span().end
    }

    fn judge(&mut self, speech: Speech) -> Judged {
        let span = speech.span();
        let echo = match (&mut self.judge, speech) {
            (Some(judge), Speech::Utterance(cut)) if cut.track == EchoJudge::BETWEEN.0 => {
                self.judged = self.judged.max(span.end);
                let echo = judge.echo_in(span);
                self.echoes.extend(&echo);
                echo
            }
            (_, Speech::Span(track, _)) if track == EchoJudge::BETWEEN.0 => {
                std::mem::take(&mut self.echoes)
            }
            _ => Vec::new(),
        };
        Judged {
            speech,
            own: subtract(&[span], &echo),
            echo,
        }
    }
}

//! From what the lanes hear to what is written down: which utterances are open, what waits for its
//! text, and which words of it are fixed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::scribe::Decoded;
use crate::audio::Track;
use crate::document::common::{Untranscribed, UntranscribedReason};
use crate::event::{
    Backlog, Event, PartialWord, TranscriptDeferred, TranscriptFinal, TranscriptPartial,
};
use crate::text::agreement::{Agreement, AgreementOptions, Partial};
use crate::text::ids::Ids;
use crate::text::schedule::{Came, Ended, Job, Purpose, ScheduleOptions, Scheduler};
use crate::text::transcribe::{SpanText, Together};
use crate::voice::utterance::{Cut, Utterance};

/// What the captioner has to tell.
#[derive(Debug)]
pub(super) enum Told {
    /// Something for the log.
    Event(Event),
    /// Words of an open utterance; shown, never logged.
    Partial(TranscriptPartial),
}

/// Whether text is written down while the call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It is not wanted.
    Off,
    /// The model is being loaded; utterances wait.
    Loading,
    /// It is.
    On,
    /// There is no recogniser any more.
    Lost,
}

/// Words of an utterance and the text it has if it is over.
#[derive(Debug)]
struct Draft {
    agreement: Agreement,
    /// The text of the pause that was decoded last.
    early: Option<(Utterance, SpanText)>,
}

/// Keeps the text of a session while it runs.
#[derive(Debug)]
pub(super) struct Captioner {
    scheduler: Scheduler,
    agreement: AgreementOptions,
    mode: Mode,
    without: UntranscribedReason,
    pass: String,
    ids: Ids,
    /// Utterances named so far.
    named: u32,
    /// The open utterance of each track.
    open: BTreeMap<Track, Utterance>,
    /// Tracks of whose open utterance nothing more is shown.
    hidden: BTreeSet<Track>,
    /// Drafts by utterance, open and waiting ones.
    drafts: BTreeMap<String, Draft>,
    /// Texts by utterance that did not fit among others; these utterances wait to be heard by themselves.
    unfit: BTreeMap<String, SpanText>,
    deferred_ms: u64,
}

impl Captioner {
    /// A captioner at tick 0; `wanted` schedules live text, and without it no speech has text, for the
    /// reason `without`.
    pub(super) fn new(
        wanted: Option<ScheduleOptions>,
        agreement: AgreementOptions,
        without: UntranscribedReason,
    ) -> Captioner {
        let mode = match wanted {
            Some(_) => Mode::Loading,
            None => Mode::Off,
        };
        Captioner {
            scheduler: Scheduler::new(wanted.unwrap_or_default()),
            agreement,
            mode,
            without,
            pass: String::new(),
            ids: Ids::default(),
            named: 0,
            open: BTreeMap::new(),
            hidden: BTreeSet::new(),
            drafts: BTreeMap::new(),
            unfit: BTreeMap::new(),
            deferred_ms: 0,
        }
    }

    /// The recogniser is ready to work as the pass with this id.
    pub(super) fn ready(&mut self, pass: &str) {
        self.pass = pass.to_owned();
        self.mode = Mode::On;
    }

    /// There is no recogniser any more; returns what is given up.
    pub(super) fn lost(&mut self) -> Vec<Event> {
        self.mode = Mode::Lost;
        self.abandon()
    }

    /// Speech left to `finish` so far, in milliseconds.
    pub(super) fn deferred_ms(&self) -> u64 {
        self.deferred_ms
    }

    /// What a track's speaker says right now, as far as it is heard.
    pub(super) fn grow(&mut self, cut: Cut) {
        if matches!(self.mode, Mode::Loading | Mode::On) {
            let utterance = self.name(cut);
            self.hidden.remove(&utterance.track);
            self.scheduler.open(utterance);
        }
    }

    /// Nothing more of a track's open utterance is shown until it grows again.
    pub(super) fn hide(&mut self, track: Track) {
        if self.hidden.insert(track) {
            self.scheduler.void(track);
        }
    }

    /// A track's speaker pauses.
    pub(super) fn pause(&mut self, cut: Cut) {
        if self.mode == Mode::On {
            let utterance = self.name(cut);
            self.scheduler.pause(utterance);
        }
    }

    /// An open utterance is not to be written down as it was shown; returns its name.
    pub(super) fn void(&mut self, cut: Cut) -> Option<String> {
        let begun = |open: &Utterance| open.span.start == cut.span.start;
        self.open.get(&cut.track).filter(|open| begun(open))?;
        let void = self.open.remove(&cut.track)?;
        self.hidden.remove(&cut.track);
        self.drafts.remove(&void.id);
        self.scheduler.void(cut.track);
        Some(void.id)
    }

    /// An utterance is over.
    pub(super) fn end(&mut self, cut: Cut, now: Duration) -> Vec<Told> {
        let utterance = self.name(cut);
        self.open.remove(&cut.track);
        self.hidden.remove(&cut.track);
        if matches!(self.mode, Mode::Off | Mode::Lost) {
            return vec![Told::Event(self.defer(&utterance))];
        }
        let mut told = Vec::new();
        if self.scheduler.end(utterance.clone(), now) == Ended::Ready {
            let draft = self.drafts.get_mut(&utterance.id);
            let early = draft.and_then(|draft| draft.early.take());
            let text = early.map(|(_, text)| text).unwrap_or_default();
            told.push(Told::Event(self.settle(&utterance, text)));
        }
        told.push(self.backlog(now));
        told
    }

    /// What is to be decoded now.
    pub(super) fn next(&mut self, now: Duration) -> Option<Job> {
        match self.mode {
            Mode::On => self.scheduler.next(now),
            Mode::Off | Mode::Loading | Mode::Lost => None,
        }
    }

    /// The job given out last is done.
    pub(super) fn decoded(&mut self, decoded: Decoded, now: Duration) -> Vec<Told> {
        let (texts, again) = match decoded.texts {
            Some(Together { texts, again }) => (Some(texts), again),
            None => (None, Vec::new()),
        };
        let came = match &texts {
            Some(_) if again.is_empty() => Came::Text,
            Some(_) => Came::Again(again.clone()),
            None => Came::Nothing,
        };
        let Some(job) = self.scheduler.done(now, decoded.cpu, &came) else {
            return Vec::new();
        };
        let mut told = Vec::new();
        match (job.purpose, texts) {
            (Purpose::Final, Some(texts)) => {
                for (at, (utterance, text)) in job.utterances.iter().zip(texts).enumerate() {
                    if again.contains(&at) {
                        self.unfit.insert(utterance.id.clone(), text);
                    } else {
                        told.push(Told::Event(self.settle(utterance, text)));
                    }
                }
            }
            (Purpose::Final, None) => {
                for utterance in &job.utterances {
                    told.push(Told::Event(self.defer(utterance)));
                }
            }
            (_, Some(texts)) => {
                for (utterance, text) in job.utterances.into_iter().zip(texts) {
                    told.extend(self.look(utterance, text, job.purpose));
                }
            }
            (_, None) => {}
        }
        if job.purpose == Purpose::Final {
            told.push(self.backlog(now));
        }
        told
    }

    /// Whether every utterance that is over has its text.
    pub(super) fn is_done(&self, now: Duration) -> bool {
        self.mode != Mode::Loading && self.scheduler.waiting(now).utterances == 0
    }

    /// Gives up what waits.
    pub(super) fn abandon(&mut self) -> Vec<Event> {
        let given_up = self.scheduler.abandon();
        given_up
            .iter()
            .map(|utterance| self.defer(utterance))
            .collect()
    }

    /// An open utterance was decoded as far as it went.
    fn look(&mut self, utterance: Utterance, text: SpanText, purpose: Purpose) -> Option<Told> {
        let options = self.agreement;
        let is_open = self.open.get(&utterance.track)?.id == utterance.id
            && !self.hidden.contains(&utterance.track);
        let draft = self
            .drafts
            .entry(utterance.id.clone())
            .or_insert_with(|| Draft {
                agreement: Agreement::new(options, utterance.audio.start),
                early: None,
            });
        let partial = draft.agreement.push(text.words(), utterance.audio.end);
        if purpose == Purpose::Early {
            draft.early = Some((utterance.clone(), text));
        }
        partial
            .filter(|_| is_open)
            .map(|partial| Told::Partial(wire(&utterance, partial)))
    }

    /// The final of an utterance.
    fn settle(&mut self, utterance: &Utterance, text: SpanText) -> Event {
        let text = match self.unfit.remove(&utterance.id) {
            Some(first) => text.over(first),
            None => text,
        };
        let text = match self.drafts.remove(&utterance.id) {
            Some(draft) => text.settle(utterance.span, draft.agreement),
            None => text,
        };
        let outcome = text.into_outcome(utterance.track, &mut self.ids);
        let settled: TranscriptFinal = outcome.into_final(utterance, &self.pass);
        Event::TranscriptFinal(settled)
    }

    /// Leaves an utterance to `finish`.
    fn defer(&mut self, utterance: &Utterance) -> Event {
        self.drafts.remove(&utterance.id);
        self.unfit.remove(&utterance.id);
        let reason = match self.mode {
            Mode::Off => self.without,
            Mode::Loading | Mode::On | Mode::Lost => UntranscribedReason::Deferred,
        };
        if reason.waits() {
            self.deferred_ms += utterance.span.ms();
        }
        Event::TranscriptDeferred(TranscriptDeferred {
            utterance: Some(utterance.id.clone()),
            speech: Untranscribed {
                track: utterance.track,
                start_ms: utterance.span.start.ms(),
                end_ms: utterance.span.end.ms(),
                reason,
            },
        })
    }

    fn backlog(&self, now: Duration) -> Told {
        let waiting = self.scheduler.waiting(now);
        Told::Event(Event::Backlog(Backlog {
            utterances: waiting.utterances,
            waiting_ms: waiting.speech_ms,
            behind_ms: waiting.behind_ms,
        }))
    }

    /// Names a cut. All cuts of a track that begin with the same speech are one utterance.
    fn name(&mut self, cut: Cut) -> Utterance {
        let known = self.open.get(&cut.track);
        let known = known.filter(|open| open.span.start == cut.span.start);
        let utterance = match known {
            Some(open) => Utterance {
                id: open.id.clone(),
                track: cut.track,
                span: cut.span,
                audio: cut.audio,
            },
            None => {
                self.named += 1;
                Utterance::new(self.named, cut)
            }
        };
        self.open.insert(cut.track, utterance.clone());
        utterance
    }
}

fn wire(utterance: &Utterance, partial: Partial) -> TranscriptPartial {
    let words: Vec<PartialWord> = partial
        .words
        .into_iter()
        .map(|(word, time)| PartialWord {
            text: word.text,
            start_ms: time.start.ms(),
            end_ms: time.end.ms(),
        })
        .collect();
    TranscriptPartial {
        utterance: utterance.id.clone(),
        track: utterance.track,
        revision: partial.revision,
        start_ms: utterance.span.start.ms(),
        heard_ms: utterance.audio.end.ms(),
        committed: partial.committed as u32,
        words,
    }
}

#[cfg(test)]
mod tests;

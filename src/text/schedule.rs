//! Which speech to decode next, so that captions keep up with the call and the machine with both.
//!
//! One decode runs at a time. What comes first: the text of utterances that have just ended; the text
//! of an utterance whose speaker pauses, begun early and thrown away when speech goes on; utterances
//! that fell behind, several in one decode, and by itself each of them whose text did not fit there;
//! then a look at utterances that are still being spoken.
//! So when the machine is slow, looks go first, then utterances wait, on disk, and nothing is lost.
//!
//! The scheduler knows no clock: every call tells it the time since the session began.

mod budget;
mod late;
mod pace;
mod trust;

use std::collections::VecDeque;
use std::time::Duration;

pub use budget::Budget;
pub use pace::{Pace, PaceOptions};

use self::late::Late;
use crate::audio::Track;
use crate::time::Span;
use crate::voice::utterance::Utterance;

/// What can be set about scheduling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScheduleOptions {
    /// How often utterances in the open are looked at.
    pub pace: PaceOptions,
    /// How long an utterance may wait before others that are newer go first: captions of the present
    /// are worth more than captions of the past.
    pub late: Duration,
    /// Longest sound that utterances which fell behind may fill together, in milliseconds; 0 where
    /// each is decoded by itself, because that costs no more.
    pub window_ms: u32,
    /// Processor time that may be used; without one, all of it.
    pub budget: Option<Budget>,
}

impl Default for ScheduleOptions {
    fn default() -> ScheduleOptions {
        ScheduleOptions {
            pace: PaceOptions::default(),
            late: Duration::from_secs(8),
            window_ms: 15_000,
            budget: None,
        }
    }
}

/// Why something is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To show what is being said; the utterance is open.
    Look,
    /// To have the text should the utterance be over.
    Early,
    /// The utterance is over; this is its text.
    Final,
}

/// Something to decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Why.
    pub purpose: Purpose,
    /// What: one utterance, or several of one track that fell behind, in order of time.
    pub utterances: Vec<Utterance>,
}

/// How a decode ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// With its text, if only to say that there are no words.
    Text,
    /// With the text of some of its utterances; those at these places in the job, in order, have to be
    /// decoded again by themselves.
    Again(Vec<usize>),
    /// It failed.
    Nothing,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Utterances without their text.
    pub utterances: u32,
    /// Their speech, in milliseconds.
    pub speech_ms: u64,
    /// How long the first of them has waited, in milliseconds.
    pub behind_ms: u64,
}

#[derive(Clone, Debug)]
struct Queued {
    utterance: Utterance,
    since: Duration,
}

/// What is being decoded.
#[derive(Clone, Debug)]
struct Running {
    purpose: Purpose,
    queued: Vec<Queued>,
    /// Whether it is decoded by itself because its text did not fit among others.
    again: bool,
    begun: Duration,
}

/// An utterance that is being spoken.
#[derive(Clone, Debug)]
struct Open {
    utterance: Utterance,
    /// What of it was looked at last.
    looked: Option<Span>,
    looked_at: Duration,
    /// The utterance as it would be if it were over, and whether it was decoded as such.
    pause: Option<(Utterance, Decoded)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decoded {
    No,
    Running,
    Yes,
}

/// Decides what is decoded next.
#[derive(Clone, Debug)]
pub struct Scheduler {
    options: ScheduleOptions,
    pace: Pace,
    open: Vec<Open>,
    fresh: VecDeque<Queued>,
    late: Late,
    running: Option<Running>,
}

/// What became of an utterance that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its text was decoded while the speaker paused, and holds.
    Ready,
    /// That decode still runs; what it gives is the text.
    Running,
    /// It waits for its decode.
    Queued,
}

impl Scheduler {
    /// A scheduler with nothing to do.
    pub fn new(options: ScheduleOptions) -> Scheduler {
        Scheduler {
            options,
            pace: Pace::new(options.pace),
            open: Vec::new(),
            fresh: VecDeque::new(),
            late: Late::new(options.window_ms),
            running: None,
        }
    }

    /// An utterance is being spoken; called again as it grows.
    pub fn open(&mut self, utterance: Utterance) {
        match self.of(utterance.track) {
            Some(open) if open.utterance.id == utterance.id => {
                let spoken = utterance.span.end;
                open.pause.take_if(|(pause, _)| pause.span.end < spoken);
                open.utterance = utterance;
            }
            _ => {
                self.forget(utterance.track);
                self.open.push(Open {
                    utterance,
                    looked: None,
                    looked_at: Duration::ZERO,
                    pause: None,
                });
            }
        }
    }

    /// The speaker pauses: `utterance` is what the open one will be if it is over.
    pub fn pause(&mut self, utterance: Utterance) {
        if let Some(open) = self.of(utterance.track)
            && open.utterance.id == utterance.id
        {
            open.pause = Some((utterance, Decoded::No));
        }
    }

    /// The open utterance of a track is not to be decoded.
    pub fn void(&mut self, track: Track) {
        self.forget(track);
    }

    /// An utterance is over and needs its text.
    pub fn end(&mut self, utterance: Utterance, now: Duration) -> Ended {
        let open = self.of(utterance.track);
        let pause = open.and_then(|open| open.pause.take());
        self.forget(utterance.track);
        match pause {
            Some((pause, Decoded::Yes)) if pause == utterance => return Ended::Ready,
            Some((pause, Decoded::Running)) if pause == utterance => {
                if let Some(running) = &mut self.running {
                    running.purpose = Purpose::Final;
                    running.queued.iter_mut().for_each(|q| q.since = now);
                }
                return Ended::Running;
            }
            _ => {}
        }
        let queued = Queued {
            utterance,
            since: now,
        };
        self.fresh.push_back(queued);
        Ended::Queued
    }

    /// What to decode now. The caller tells [`Scheduler::done`] when it is decoded.
    pub fn next(&mut self, now: Duration) -> Option<Job> {
        if self.running.is_some() {
            return None;
        }
        self.age(now);
        let running = self.choose(now)?;
        let job = running.job();
        self.running = Some(running);
        Some(job)
    }

    /// The running decode is over and took `cpu` of processor time. Returns it with the purpose that
    /// it has by now; `None` when nothing ran. What has to be decoded again by itself waits, as long as
    /// it has waited so far, and is given out like everything else.
    pub fn done(&mut self, now: Duration, cpu: Duration, came: &Came) -> Option<Job> {
        let running = self.running.take()?;
        let took = now.saturating_sub(running.begun);
        if let Some(budget) = &mut self.options.budget {
            budget.spend(cpu);
        }
        if running.queued.len() == 1 {
            self.pace.decoded(took);
        }
        let job = running.job();
        if job.purpose == Purpose::Early
            && let Some(utterance) = job.utterances.first()
            && let Some(open) = self.of(utterance.track)
            && let Some((pause, decoded)) = &mut open.pause
            && pause == utterance
        {
            match came {
                Came::Text | Came::Again(_) => *decoded = Decoded::Yes,
                Came::Nothing => open.pause = None,
            }
        }
        if !running.again {
            self.late.came(running.queued, came);
        }
        Some(job)
    }

    /// Gives everything up that waits for its text, and what is being decoded as such.
    pub fn abandon(&mut self) -> Vec<Utterance> {
        self.open.clear();
        let running = self.running.take();
        let running = running.filter(|running| running.purpose == Purpose::Final);
        let running = running.map_or_else(Vec::new, |running| running.queued);
        let given_up = running.into_iter().chain(self.late.drain());
        let given_up = given_up.chain(self.fresh.drain(..));
        given_up.map(|queued| queued.utterance).collect()
    }

    /// What waits, the running decode of an utterance that is over included.
    pub fn waiting(&self, now: Duration) -> Waiting {
        let running = self.running.iter();
        let running = running.filter(|running| running.purpose == Purpose::Final);
        let queued = running.flat_map(|running| &running.queued);
        let mut waiting = Waiting::default();
        for queued in queued.chain(self.late.iter()).chain(&self.fresh) {
            waiting.utterances += 1;
            waiting.speech_ms += queued.utterance.span.ms();
            let age = now.saturating_sub(queued.since).as_millis() as u64;
            waiting.behind_ms = waiting.behind_ms.max(age);
        }
        waiting
    }

    fn choose(&mut self, now: Duration) -> Option<Running> {
        let spare = self.options.budget.as_mut().map(|budget| budget.spare(now));
        if spare.is_some_and(|spare| spare <= 0.0) {
            return None;
        }
        let running = |purpose, queued, again| Running {
            purpose,
            queued,
            again,
            begun: now,
        };
        let of_open = |purpose, utterance| {
            let since = now;
            running(purpose, vec![Queued { utterance, since }], false)
        };
        if let Some(queued) = self.fresh.pop_front() {
            return Some(running(Purpose::Final, vec![queued], false));
        }
        // What waits most is worth the whole allowance.
        let only_finals = spare.is_some_and(|spare| spare < budget::FOR_LOOKS);
        if !only_finals
            && self.pace.is_quick()
            && let Some(utterance) = self.paused()
        {
            return Some(of_open(Purpose::Early, utterance));
        }
        if let Some((queued, again)) = self.late.take() {
            return Some(running(Purpose::Final, queued, again));
        }
        if only_finals {
            return None;
        }
        self.look(now)
            .map(|utterance| of_open(Purpose::Look, utterance))
    }

    /// The utterance of a speaker who pauses.
    fn paused(&mut self) -> Option<Utterance> {
        let waits = |open: &&mut Open| matches!(open.pause, Some((_, Decoded::No)));
        let (utterance, decoded) = self.open.iter_mut().find(waits)?.pause.as_mut()?;
        *decoded = Decoded::Running;
        Some(utterance.clone())
    }

    /// The open utterance whose last look is longest ago, if one is due.
    fn look(&mut self, now: Duration) -> Option<Utterance> {
        let pace = &self.pace;
        let speakers = self.open.len();
        let open = self
            .open
            .iter_mut()
            .filter(|open| {
                let known = open.looked.map(|looked| (open.looked_at, looked));
                open.pause.is_none() && pace.is_due(now, speakers, open.utterance.audio, known)
            })
            .min_by_key(|open| open.looked_at)?;
        open.looked = Some(open.utterance.audio);
        open.looked_at = now;
        Some(open.utterance.clone())
    }

    /// Moves utterances that waited too long behind the newer ones.
    fn age(&mut self, now: Duration) {
        let late = self.options.late;
        let waited = |queued: &&Queued| now.saturating_sub(queued.since) >= late;
        let count = self.fresh.iter().take_while(waited).count();
        self.late.extend(self.fresh.drain(..count));
    }

    fn of(&mut self, track: Track) -> Option<&mut Open> {
        self.open
            .iter_mut()
            .find(|open| open.utterance.track == track)
    }

    fn forget(&mut self, track: Track) {
        self.open.retain(|open| open.utterance.track != track);
    }
}

impl Running {
    fn job(&self) -> Job {
        let queued = self.queued.iter();
        Job {
            purpose: self.purpose,
            utterances: queued.map(|queued| queued.utterance.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests;

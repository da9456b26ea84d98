//! Which speech to decode next, so that captions keep up with the call and the machine with both.
//!
//! One decode runs at a time. What comes first: the text of utterances that have just ended; the text
//! of an utterance whose speaker pauses, begun early and thrown away when speech goes on; utterances
//! that fell behind, several in one decode; then a look at utterances that are still being spoken.
//! So when the machine is slow, looks go first, then utterances wait, on disk, and nothing is lost.
//!
//! The scheduler knows no clock: every call tells it the time since the session began.

mod budget;
mod pace;
mod trust;

use std::collections::VecDeque;
use std::time::Duration;

pub use budget::Budget;
pub use pace::{Pace, PaceOptions};

use self::trust::Trust;
use crate::audio::Track;
use crate::time::{Span, TICKS_PER_MS};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// With its text, if only to say that there are no words.
    Text,
    /// With its text, but of several utterances so many had to be decoded again by themselves.
    Again(usize),
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
    late: VecDeque<Queued>,
    together: Trust,
    running: Option<(Job, Duration)>,
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
            late: VecDeque::new(),
            together: Trust::new(options.window_ms),
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
                if let Some((job, _)) = &mut self.running {
                    job.purpose = Purpose::Final;
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
        let job = self.choose(now)?;
        self.running = Some((job.clone(), now));
        Some(job)
    }

    /// The running decode is over and took `cpu` of processor time. Returns it with the purpose that
    /// it has by now; `None` when nothing ran.
    pub fn done(&mut self, now: Duration, cpu: Duration, came: Came) -> Option<Job> {
        let (job, begun) = self.running.take()?;
        let took = now.saturating_sub(begun);
        if let Some(budget) = &mut self.options.budget {
            budget.spend(cpu);
        }
        if job.utterances.len() == 1 {
            self.pace.decoded(took);
        }
        match came {
            Came::Again(count) => self.together.came(job.utterances.len(), count),
            Came::Text => self.together.came(job.utterances.len(), 0),
            Came::Nothing => {}
        }
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
        Some(job)
    }

    /// Gives everything up that waits for its text, and what is being decoded as such.
    pub fn abandon(&mut self) -> Vec<Utterance> {
        self.open.clear();
        let running = self
            .running
            .take()
            .filter(|(job, _)| job.purpose == Purpose::Final);
        let mut given_up = running.map_or_else(Vec::new, |(job, _)| job.utterances);
        given_up.extend(self.late.drain(..).map(|queued| queued.utterance));
        given_up.extend(self.fresh.drain(..).map(|queued| queued.utterance));
        given_up
    }

    /// What waits, the running decode of an utterance that is over included.
    pub fn waiting(&self, now: Duration) -> Waiting {
        let mut waiting = Waiting::default();
        let mut add = |utterance: &Utterance, since: Duration| {
            waiting.utterances += 1;
            waiting.speech_ms += utterance.span.ms();
            let age = now.saturating_sub(since).as_millis() as u64;
            waiting.behind_ms = waiting.behind_ms.max(age);
        };
        for queued in self.late.iter().chain(&self.fresh) {
            add(&queued.utterance, queued.since);
        }
        if let Some((job, since)) = &self.running
            && job.purpose == Purpose::Final
        {
            job.utterances
                .iter()
                .for_each(|utterance| add(utterance, *since));
        }
        waiting
    }

    fn choose(&mut self, now: Duration) -> Option<Job> {
        let spare = self.options.budget.as_mut().map(|budget| budget.spare(now));
        if spare.is_some_and(|spare| spare <= 0.0) {
            return None;
        }
        let of_one = |purpose, utterance| Job {
            purpose,
            utterances: vec![utterance],
        };
        if let Some(queued) = self.fresh.pop_front() {
            return Some(of_one(Purpose::Final, queued.utterance));
        }
        // What waits most is worth the whole allowance.
        if spare.is_some_and(|spare| spare < budget::FOR_LOOKS) {
            return self.late();
        }
        if self.pace.is_quick()
            && let Some(utterance) = self.paused()
        {
            return Some(of_one(Purpose::Early, utterance));
        }
        if !self.late.is_empty() {
            return self.late();
        }
        self.look(now)
            .map(|utterance| of_one(Purpose::Look, utterance))
    }

    /// The utterance of a speaker who pauses.
    fn paused(&mut self) -> Option<Utterance> {
        let waits = |open: &&mut Open| matches!(open.pause, Some((_, Decoded::No)));
        let (utterance, decoded) = self.open.iter_mut().find(waits)?.pause.as_mut()?;
        *decoded = Decoded::Running;
        Some(utterance.clone())
    }

    /// As many of the utterances that fell behind as one decode takes.
    fn late(&mut self) -> Option<Job> {
        let first = self.late.pop_front()?.utterance;
        let track = first.track;
        let mut left = self.together.window_ms().saturating_sub(length_ms(&first));
        let mut utterances = vec![first];
        let mut kept = VecDeque::new();
        for queued in self.late.drain(..) {
            let length = length_ms(&queued.utterance);
            if queued.utterance.track != track {
                kept.push_back(queued);
            } else if length <= left {
                left -= length;
                utterances.push(queued.utterance);
            } else {
                left = 0;
                kept.push_back(queued);
            }
        }
        self.late = kept;
        Some(Job {
            purpose: Purpose::Final,
            utterances,
        })
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
        while let Some(queued) = self.fresh.front()
            && now.saturating_sub(queued.since) >= self.options.late
        {
            self.late.extend(self.fresh.pop_front());
        }
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

/// Sound of an utterance in a window with others, the pause after it included.
fn length_ms(utterance: &Utterance) -> u64 {
    /// Pause between two utterances in a window.
    const PAUSE_MS: u64 = 1_000;
    utterance.audio.ticks() / TICKS_PER_MS + PAUSE_MS
}

#[cfg(test)]
mod tests;

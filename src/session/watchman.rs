//! Watches over a session that runs: both sides, silence, the plan, the disk, sleep.

use std::collections::BTreeMap;
use std::time::Duration;

use super::log::Meter;
use super::{Asleep, Guards};
use crate::audio::{ARCHIVE_RATE, Track};
use crate::control::TrackStatus;
use crate::event::{Alarm, Event, HealthState, StopReason, Warning, WarningCode};
use crate::guard::disk::{self, DiskWatch};
use crate::guard::sides::Sides;
use crate::guard::sleep::SleepWatch;
use crate::guard::stop::{ForgottenPause, ForgottenStop, Patience, Plan, Verdict};
use crate::guard::twins::{Twins, likeness};
use crate::store::folder::{SessionFolder, free_bytes};
use crate::store::speech::SpeechReader;
use crate::time::{Span, TICKS_PER_MS, TICKS_PER_SECOND, Tick};
use crate::voice::analysis::VoiceEvent;

/// How often the disk and the likeness of the tracks are looked at, in ticks: 5 s.
const SELDOM: u64 = 5 * TICKS_PER_SECOND;

/// Sound that is compared, in ticks: 3 s.
const COMPARED: u64 = 3 * TICKS_PER_SECOND;

/// The archive is readable up to its last second.
const READABLE: u64 = TICKS_PER_SECOND + TICKS_PER_SECOND / 2;

/// What the log and the documents need, in bytes a second.
const LOG_RATE: u64 = 2_000;

/// A longer sleep ends the recording: the call is over.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

/// What has to be done.
#[derive(Debug)]
pub(super) enum Duty {
    /// Tell the user.
    Tell(Warning),
    /// Stop, and say why.
    Stop(StopReason),
    /// Move the timeline on by a sleep.
    Slept(Duration),
}

/// Watches over a session.
pub(super) struct Watchman {
    folder: SessionFolder,
    sides: Sides,
    forgotten_stop: ForgottenStop,
    forgotten_pause: ForgottenPause,
    plan: Plan,
    disk: DiskWatch,
    sleep: SleepWatch,
    asleep: Asleep,
    compared: Option<Compared>,
    seldom: Tick,
    alarms: BTreeMap<(WarningCode, Option<Track>), String>,
    tracks: Vec<TrackStatus>,
}

/// Two tracks whose likeness is watched.
struct Compared {
    tracks: [Track; 2],
    archive: SpeechReader,
    twins: Twins,
}

impl Watchman {
    /// Watches over a session that begins. `kept` are the tracks whose sound is written.
    pub(super) fn new(
        guards: Guards,
        folder: &SessionFolder,
        tracks: &[Track],
        kept: &[Track],
    ) -> Watchman {
        let archive = kept.len() as u64 * u64::from(ARCHIVE_RATE) * 2;
        let status = |&track: &Track| TrackStatus {
            track,
            state: HealthState::Waiting,
            level_db: None,
            lost_ms: 0,
        };
        let patience = Patience {
            // Where nobody is listened to, silence says nothing.
            nudge: guards.nudge.map(ticks).filter(|_| !tracks.is_empty()),
            stop: guards
                .stop_after_silence
                .map(ticks)
                .filter(|_| !tracks.is_empty()),
        };
        Watchman {
            folder: folder.clone(),
            sides: Sides::new(tracks),
            forgotten_stop: ForgottenStop::new(patience),
            forgotten_pause: ForgottenPause::default(),
            plan: Plan::new(guards.expected.map(ticks)),
            disk: DiskWatch::new(archive + LOG_RATE, guards.keep_free.map(ticks)),
            sleep: SleepWatch::default(),
            asleep: guards.asleep,
            compared: match *kept {
                [one, other] => Some(Compared {
                    tracks: [one, other],
                    archive: SpeechReader::open(folder),
                    twins: Twins::default(),
                }),
                _ => None,
            },
            seldom: Tick::ZERO,
            alarms: BTreeMap::new(),
            tracks: tracks.iter().map(status).collect(),
        }
    }

    /// Takes what a lane heard.
    pub(super) fn voice(&mut self, voice: &VoiceEvent) {
        match *voice {
            VoiceEvent::SpeechStart { track, .. } => self.sides.speech(track, true),
            VoiceEvent::SpeechEnd { track, .. } => self.sides.speech(track, false),
            VoiceEvent::Pause(_) | VoiceEvent::Utterance(_) => {}
        }
    }

    /// Takes a track's level; returns what a person should know.
    pub(super) fn meter(&mut self, meter: &Meter) -> Vec<Warning> {
        if let Some(track) = self.track(meter.track) {
            track.level_db = meter.peak_db.is_finite().then_some(meter.peak_db as i32);
        }
        let mut told = Vec::new();
        self.sides
            .push(meter.position, meter.track, meter.peak_db, &mut told);
        told
    }

    /// Remembers what was told, for whoever asks.
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::TrackHealth(health) => {
                if let Some(track) = self.track(health.track) {
                    track.state = health.state;
                }
            }
            Event::TrackGap(gap) if gap.cause.is_loss() => {
                if let Some(track) = self.track(gap.track) {
                    track.lost_ms += gap.samples / TICKS_PER_MS;
                }
            }
            Event::Warning(warning) => {
                let key = (warning.code, warning.track);
                match warning.alarm {
                    Some(Alarm::Raised) => {
                        self.alarms.insert(key, warning.message.clone());
                    }
                    Some(Alarm::Cleared) => {
                        self.alarms.remove(&key);
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// Looks around at `now`; `written` is how far every track reaches.
    pub(super) fn look(&mut self, now: Tick, written: Tick, paused: bool) -> Vec<Duty> {
        let mut duties = Vec::new();
        if let Some(slept) = self.sleep.push((self.asleep)()) {
            duties.push(match slept > LONGEST_SLEEP {
                true => Duty::Stop(StopReason::Slept),
                false => Duty::Slept(slept),
            });
        }
        if paused {
            self.sides.resume();
        }
        let pause = self.forgotten_pause.push(now, paused);
        duties.extend(pause.map(Duty::Tell));
        duties.extend(self.plan.push(now).map(Duty::Tell));
        let anybody = paused || self.sides.anybody_speaks();
        duties.extend(
            self.forgotten_stop
                .push(now, anybody)
                .map(|verdict| match verdict {
                    Verdict::Tell(warning) => Duty::Tell(warning),
                    Verdict::Stop => Duty::Stop(StopReason::Silence),
                }),
        );
        if now.0 >= self.seldom.0 + SELDOM {
            self.seldom = now;
            duties.extend(self.look_at_disk(now));
            if !paused {
                duties.extend(self.compare(written).map(Duty::Tell));
            }
        }
        duties
    }

    /// What is wrong right now.
    pub(super) fn alarms(&self) -> Vec<String> {
        self.alarms.values().cloned().collect()
    }

    /// How the tracks do.
    pub(super) fn tracks(&self) -> Vec<TrackStatus> {
        self.tracks.clone()
    }

    /// A disk that does not tell its free space is found full when it is.
    fn look_at_disk(&mut self, now: Tick) -> Option<Duty> {
        let free = free_bytes(self.folder.path()).ok()?;
        Some(match self.disk.push(now, free)? {
            disk::Verdict::Tell(warning) => Duty::Tell(warning),
            disk::Verdict::Stop => Duty::Stop(StopReason::Disk),
        })
    }

    /// Sound that cannot be read back yet is compared at the next look.
    fn compare(&mut self, written: Tick) -> Option<Warning> {
        let compared = self.compared.as_mut()?;
        let end = written.before(READABLE);
        let span = Span::new(end.before(COMPARED), end);
        let [one, other] = compared.tracks;
        let a = compared.archive.read(one, span).ok()?;
        let b = compared.archive.read(other, span).ok()?;
        compared.twins.push(likeness(&a, &b))
    }

    fn track(&mut self, track: Track) -> Option<&mut TrackStatus> {
        self.tracks.iter_mut().find(|status| status.track == track)
    }
}

fn ticks(length: Duration) -> u64 {
    (length.as_nanos() * u128::from(TICKS_PER_SECOND) / 1_000_000_000) as u64
}

//! Whether both sides of a call are there, and loud enough.

use super::{SOUND_DB, cleared, length, raised, seconds};
use crate::audio::Track;
use crate::event::{Warning, WarningCode};
use crate::time::Tick;

/// Talk of one side to which the other is silent before that is an alarm.
const UNANSWERED: u64 = seconds(90);

/// The same for a side that has been heard before and is not exactly silent: somebody who listens in a
/// quiet room sounds like that.
const UNANSWERED_BY_LISTENER: u64 = seconds(300);

/// Longest time between two looks that counts as talk.
const LONGEST_STEP: u64 = seconds(1);

/// Speech by which its level is judged, and how slowly the judgement moves.
const JUDGED: u64 = seconds(20);

/// Mean of the peaks of speech, in dB below full scale, below which it is too quiet, and above which it
/// is loud enough again.
const LOW_DB: f32 = -38.0;
const ENOUGH_DB: f32 = -34.0;

/// Watches the sides of a call.
#[derive(Clone, Debug)]
pub struct Sides {
    sides: Vec<Side>,
}

#[derive(Clone, Debug)]
struct Side {
    track: Track,
    at: Option<Tick>,
    speaking: bool,
    sounding: bool,
    /// Talk of others since this side was heard last.
    unanswered: u64,
    heard: bool,
    /// Nothing but exact zeros since this side was heard last.
    flat: bool,
    silent: bool,
    spoken: u64,
    speech_db: f32,
    low: bool,
}

impl Sides {
    /// The sides of a call that begins.
    pub fn new(tracks: &[Track]) -> Sides {
        let side = |&track: &Track| Side {
            track,
            at: None,
            speaking: false,
            sounding: false,
            unanswered: 0,
            heard: false,
            flat: true,
            silent: false,
            spoken: 0,
            speech_db: 0.0,
            low: false,
        };
        Sides {
            sides: tracks.iter().map(side).collect(),
        }
    }

    /// Speech on `track` has begun, or ended.
    pub fn speech(&mut self, track: Track, speaking: bool) {
        if let Some(side) = self.side(track) {
            side.speaking = speaking;
        }
    }

    /// Whether somebody speaks.
    pub fn anybody_speaks(&self) -> bool {
        self.sides.iter().any(|side| side.speaking)
    }

    /// Nothing was heard for a while, and counts for nothing.
    pub fn resume(&mut self) {
        for side in &mut self.sides {
            side.at = None;
            side.speaking = false;
        }
    }

    /// The largest level on `track` since the last look, in dB below full scale; negative infinity for
    /// exact zeros and where no samples came. Appends what a person should know.
    pub fn push(&mut self, now: Tick, track: Track, peak_db: f32, told: &mut Vec<Warning>) {
        let Some(side) = self.side(track) else {
            return;
        };
        let step = side.at.map_or(0, |at| now.0.saturating_sub(at.0));
        let step = step.min(LONGEST_STEP);
        side.at = Some(now);
        side.sounding = peak_db >= SOUND_DB;
        let talks = side.speaking && side.sounding;
        if side.sounding {
            told.extend(side.is_heard());
        } else if peak_db.is_finite() {
            side.flat = false;
        }
        if talks {
            told.extend(side.judge(step, peak_db));
            let others = self.sides.iter_mut().filter(|side| side.track != track);
            for other in others.filter(|side| !side.sounding) {
                told.extend(other.is_talked_to(step));
            }
        }
    }

    fn side(&mut self, track: Track) -> Option<&mut Side> {
        self.sides.iter_mut().find(|side| side.track == track)
    }
}

impl Side {
    fn is_heard(&mut self) -> Option<Warning> {
        self.unanswered = 0;
        self.heard = true;
        self.flat = true;
        std::mem::take(&mut self.silent).then(|| {
            let message = format!("the {} track is heard again", self.track);
            cleared(WarningCode::SideSilent, Some(self.track), message)
        })
    }

    fn is_talked_to(&mut self, step: u64) -> Option<Warning> {
        self.unanswered += step;
        let patience = match self.heard && !self.flat {
            true => UNANSWERED_BY_LISTENER,
            false => UNANSWERED,
        };
        if self.silent || self.unanswered < patience {
            return None;
        }
        self.silent = true;
        let check = match self.track {
            Track::Mic => "is the microphone muted, or the wrong one?",
            _ => "does the call play through another device?",
        };
        let since = match self.heard {
            true => format!("for {} of talk", length(self.unanswered)),
            false => "so far".into(),
        };
        let message = format!(
            "nothing is heard on the {} track {since}; {check}",
            self.track
        );
        Some(raised(WarningCode::SideSilent, Some(self.track), message))
    }

    /// Judges the level of speech by a mean that moves slowly.
    fn judge(&mut self, step: u64, peak_db: f32) -> Option<Warning> {
        self.spoken += step;
        let share = step as f32 / self.spoken.clamp(1, JUDGED) as f32;
        self.speech_db += (peak_db - self.speech_db) * share;
        if self.spoken < JUDGED {
            return None;
        }
        let track = self.track;
        if !self.low && self.speech_db < LOW_DB {
            self.low = true;
            let message = format!(
                "speech on the {track} track is very quiet ({:.0} dB); raise its level",
                self.speech_db
            );
            return Some(raised(WarningCode::LevelLow, Some(track), message));
        }
        if self.low && self.speech_db > ENOUGH_DB {
            self.low = false;
            let message = format!("speech on the {track} track is loud enough now");
            return Some(cleared(WarningCode::LevelLow, Some(track), message));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Alarm;

    const STEP: u64 = seconds(1) / 10;
    const MIC: Track = Track::Mic;
    const SYSTEM: Track = Track::System;

    struct Call {
        sides: Sides,
        now: u64,
        told: Vec<(f64, Warning)>,
    }

    impl Call {
        fn new() -> Call {
            Call {
                sides: Sides::new(&[MIC, SYSTEM]),
                now: 0,
                told: Vec::new(),
            }
        }

        /// So many seconds of these levels; a side speaks where it is loud enough to be heard.
        fn run(&mut self, secs: f64, mic_db: f32, system_db: f32) -> &mut Call {
            for (track, db) in [(MIC, mic_db), (SYSTEM, system_db)] {
                self.sides.speech(track, db >= SOUND_DB);
            }
            for _ in 0..(secs * 10.0) as u64 {
                self.now += STEP;
                for (track, db) in [(MIC, mic_db), (SYSTEM, system_db)] {
                    let mut told = Vec::new();
                    self.sides.push(Tick(self.now), track, db, &mut told);
                    let at = self.now as f64 / 48_000.0;
                    self.told
                        .extend(told.into_iter().map(|warning| (at, warning)));
                }
            }
            self
        }

        fn codes(&self) -> Vec<(Option<Track>, WarningCode, Option<Alarm>)> {
            let told = self.told.iter();
            told.map(|(_, w)| (w.track, w.code, w.alarm)).collect()
        }
    }

    const NOTHING: f32 = f32::NEG_INFINITY;

    #[test]
    fn a_side_that_was_never_heard_is_told_after_90_s_of_talk() {
        let mut call = Call::new();
        for _ in 0..20 {
            call.run(6.0, -12.0, NOTHING).run(4.0, -60.0, NOTHING);
        }
        let silent = (Some(SYSTEM), WarningCode::SideSilent, Some(Alarm::Raised));
        assert_eq!(call.codes(), [silent], "once");
        // 90 s of talk end with the fifteenth stretch of 6 s.
        assert!((145.5..150.5).contains(&call.told[0].0), "{:?}", call.told);
        call.run(1.0, -60.0, -20.0);
        assert_eq!(call.codes()[1].2, Some(Alarm::Cleared));
        assert_eq!(call.codes().len(), 2);
    }

    #[test]
    fn somebody_who_listens_is_no_dead_channel_and_zeros_are() {
        let mut call = Call::new();
        call.run(10.0, -15.0, -60.0).run(240.0, -60.0, -15.0);
        assert_eq!(call.codes(), [], "the interviewer listens for four minutes");
        call.run(5.0, -15.0, -60.0).run(85.0, NOTHING, -15.0);
        assert_eq!(call.codes(), []);
        call.run(10.0, NOTHING, -15.0);
        let silent = (Some(MIC), WarningCode::SideSilent, Some(Alarm::Raised));
        assert_eq!(call.codes(), [silent], "the microphone was switched off");
        assert!(call.told[0].1.message.contains("microphone"));
    }

    #[test]
    fn nobody_talks_and_nobody_is_missed() {
        let mut call = Call::new();
        call.run(3_600.0, -60.0, NOTHING);
        assert_eq!(call.codes(), []);
        let mut alone = Sides::new(&[MIC]);
        let mut told = Vec::new();
        alone.speech(MIC, true);
        for n in 0..10_000 {
            alone.push(Tick(n * STEP), MIC, -12.0, &mut told);
        }
        assert_eq!(told, [], "a track alone has no other side");
    }

    #[test]
    fn quiet_speech_is_told_once_and_cleared_once() {
        let mut call = Call::new();
        for _ in 0..12 {
            call.run(5.0, -42.0, -15.0).run(5.0, -44.0, -20.0);
        }
        let low = |alarm| (Some(MIC), WarningCode::LevelLow, Some(alarm));
        assert_eq!(call.codes(), [low(Alarm::Raised)]);
        call.run(60.0, -18.0, -15.0);
        assert_eq!(call.codes(), [low(Alarm::Raised), low(Alarm::Cleared)]);
    }

    fn db() -> impl Strategy<Value = f32> {
        prop_oneof![Just(NOTHING), -70.0_f32..-3.0]
    }

    proptest! {
        /// Alarms of one kind and track are raised and cleared in turn, beginning with a raise.
        #[test]
        fn alarms_alternate(
            script in proptest::collection::vec((0.1_f64..150.0, db(), db()), 1..30)
        ) {
            let mut call = Call::new();
            for (secs, mic, system) in script {
                call.run(secs, mic, system);
            }
            for code in [WarningCode::SideSilent, WarningCode::LevelLow] {
                for track in [MIC, SYSTEM] {
                    let told = call.told.iter().map(|(_, w)| w);
                    let mine = told.filter(|w| w.code == code && w.track == Some(track));
                    for (n, warning) in mine.enumerate() {
                        let due = if n % 2 == 0 { Alarm::Raised } else { Alarm::Cleared };
                        prop_assert_eq!(warning.alarm, Some(due));
                    }
                }
            }
        }
    }
}

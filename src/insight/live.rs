//! Who speaks and who is silent right now, for a screen. `stats.json` has the figures that count.

use crate::audio::Track;

/// Speech of one track that is shorter than this does not take the floor while another has it: it is
/// a "yes" or a laugh, in milliseconds.
const TAKES_FLOOR_MS: u64 = 800;

/// How far the end of a question's text may lie from the end of its speech, in milliseconds.
const SAME_END_MS: u64 = 1_000;

/// Talk so far. All times are milliseconds of the session.
#[derive(Clone, Debug, Default)]
pub struct LiveFigures {
    speakers: Vec<Speaker>,
    floor: Option<(Track, u64)>,
    /// Who had the floor before that.
    before: Option<(Track, u64)>,
    /// End of the last question, and who asked it.
    asked: Option<(Track, u64)>,
    now: u64,
}

#[derive(Clone, Debug)]
struct Speaker {
    track: Track,
    spoken: u64,
    since: Option<u64>,
    last_end: Option<u64>,
}

/// Nobody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// For how long, in milliseconds.
    pub ms: u64,
    /// The track whose question it follows, if it follows one.
    pub after_question_of: Option<Track>,
}

impl LiveFigures {
    /// Figures at the start of a session with these tracks.
    pub fn new(tracks: &[Track]) -> LiveFigures {
        let speaker = |&track: &Track| Speaker {
            track,
            spoken: 0,
            since: None,
            last_end: None,
        };
        LiveFigures {
            speakers: tracks.iter().map(speaker).collect(),
            ..LiveFigures::default()
        }
    }

    /// Speech began on `track`.
    pub fn speech_started(&mut self, track: Track, start_ms: u64) {
        if let Some(speaker) = self.speaker(track) {
            speaker.since = Some(start_ms);
        }
    }

    /// Speech on `track` is over.
    pub fn speech_ended(&mut self, track: Track, start_ms: u64, end_ms: u64) {
        if let Some(speaker) = self.speaker(track) {
            speaker.spoken += end_ms.saturating_sub(start_ms);
            speaker.since = None;
            speaker.last_end = Some(end_ms);
        }
        self.pass_floor(track, start_ms, end_ms);
    }

    /// What `track` was heard to say from `start_ms` to `end_ms` was another's voice: it is nobody's
    /// talk, and takes the floor from nobody.
    pub fn echoed(&mut self, track: Track, start_ms: u64, end_ms: u64) {
        if let Some(speaker) = self.speaker(track) {
            speaker.spoken = speaker
                .spoken
                .saturating_sub(end_ms.saturating_sub(start_ms));
        }
        let taken = |&(holder, since): &(Track, u64)| {
            holder == track && start_ms <= since && since < end_ms
        };
        if self.floor.as_ref().is_some_and(taken) {
            self.floor = self.before.take();
        }
    }

    /// What was said on `track` up to `end_ms`.
    pub fn said(&mut self, track: Track, end_ms: u64, text: &str) {
        if text.trim_end().ends_with(['?', '？', '؟']) {
            self.asked = Some((track, end_ms));
        }
    }

    /// The session has come to `now_ms`.
    pub fn advance(&mut self, now_ms: u64) {
        self.now = self.now.max(now_ms);
        let speaking: Vec<(Track, u64)> = self
            .speakers
            .iter()
            .filter_map(|s| Some((s.track, s.since?)))
            .collect();
        for (track, since) in speaking {
            self.pass_floor(track, since, self.now);
        }
    }

    /// Who has the floor, and since when.
    pub fn floor(&self) -> Option<(Track, u64)> {
        self.floor
    }

    /// A track's share of all speech, 0 to 1; `None` before anybody spoke.
    pub fn share(&self, track: Track) -> Option<f64> {
        let spoken = |s: &Speaker| s.spoken + s.since.map_or(0, |at| self.now.saturating_sub(at));
        let all: u64 = self.speakers.iter().map(spoken).sum();
        let own = self.speakers.iter().find(|s| s.track == track)?;
        (all > 0).then(|| spoken(own) as f64 / all as f64)
    }

    /// The silence there is now, if nobody speaks and somebody has spoken.
    pub fn quiet(&self) -> Option<Quiet> {
        if self.speakers.iter().any(|s| s.since.is_some()) {
            return None;
        }
        let (end, last) = self
            .speakers
            .iter()
            .filter_map(|s| Some((s.last_end?, s.track)))
            .max()?;
        let asked = self
            .asked
            .filter(|&(track, at)| track == last && at.abs_diff(end) <= SAME_END_MS);
        Some(Quiet {
            ms: self.now.saturating_sub(end),
            after_question_of: asked.map(|(track, _)| track),
        })
    }

    /// Speech from `start` to `end` takes the floor if nobody has it, or if its holder is silent and
    /// it is more than a word.
    fn pass_floor(&mut self, track: Track, start: u64, end: u64) {
        let Some((holder, _)) = self.floor else {
            self.floor = Some((track, start));
            return;
        };
        let busy = self
            .speakers
            .iter()
            .any(|s| s.track == holder && s.since.is_some());
        if holder != track && !busy && end.saturating_sub(start) >= TAKES_FLOOR_MS {
            self.before = self.floor;
            self.floor = Some((track, start));
        }
    }

    fn speaker(&mut self, track: Track) -> Option<&mut Speaker> {
        self.speakers.iter_mut().find(|s| s.track == track)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> LiveFigures {
        LiveFigures::new(&[Track::Mic, Track::System])
    }

    #[test]
    fn a_yes_does_not_take_the_floor_and_an_answer_does() {
        let mut live = call();
        live.speech_started(Track::System, 1_000);
        live.advance(1_100);
        live.speech_ended(Track::System, 1_000, 4_000);
        live.speech_started(Track::Mic, 4_100);
        live.speech_ended(Track::Mic, 4_100, 4_400);
        live.advance(4_500);
        assert_eq!(live.floor(), Some((Track::System, 1_000)));
        live.speech_started(Track::Mic, 5_000);
        live.advance(5_700);
        assert_eq!(live.floor(), Some((Track::System, 1_000)));
        live.advance(5_800);
        assert_eq!(live.floor(), Some((Track::Mic, 5_000)));
    }

    #[test]
    fn whoever_talks_over_the_holder_waits_for_the_floor() {
        let mut live = call();
        live.speech_started(Track::Mic, 0);
        live.advance(500);
        live.speech_started(Track::System, 1_000);
        live.advance(3_000);
        assert_eq!(live.floor(), Some((Track::Mic, 0)));
        live.speech_ended(Track::Mic, 0, 3_000);
        live.advance(3_100);
        assert_eq!(live.floor(), Some((Track::System, 1_000)));
    }

    #[test]
    fn shares_count_speech_that_is_not_over() {
        let mut live = call();
        assert_eq!(live.share(Track::Mic), None);
        live.speech_started(Track::Mic, 0);
        live.speech_ended(Track::Mic, 0, 1_000);
        live.speech_started(Track::System, 1_000);
        live.advance(4_000);
        assert_eq!(live.share(Track::Mic), Some(0.25));
        assert_eq!(live.share(Track::System), Some(0.75));
    }

    #[test]
    fn an_echo_is_nobodys_talk() {
        let mut live = call();
        live.speech_started(Track::System, 0);
        live.speech_ended(Track::System, 0, 3_000);
        live.speech_started(Track::Mic, 100);
        live.speech_ended(Track::Mic, 100, 3_100);
        live.advance(3_200);
        live.echoed(Track::Mic, 100, 3_100);
        assert_eq!(live.floor(), Some((Track::System, 0)));
        assert_eq!(live.share(Track::Mic), Some(0.0));
    }

    #[test]
    fn a_silence_after_a_question_is_the_askers() {
        let mut live = call();
        live.speech_started(Track::Mic, 0);
        assert_eq!(live.quiet(), None);
        live.speech_ended(Track::Mic, 0, 2_000);
        live.said(Track::Mic, 2_050, "Why is that?");
        live.advance(5_000);
        let quiet = live.quiet().expect("a silence");
        assert_eq!(
            (quiet.ms, quiet.after_question_of),
            (3_000, Some(Track::Mic))
        );
        live.speech_started(Track::System, 5_000);
        live.speech_ended(Track::System, 5_000, 6_000);
        live.advance(7_000);
        let quiet = live.quiet().expect("a silence");
        assert_eq!((quiet.ms, quiet.after_question_of), (1_000, None));
    }
}

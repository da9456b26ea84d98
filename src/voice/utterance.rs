//! Speech spans to utterances: the audio that is handed to the recogniser.

use std::collections::VecDeque;

use crate::audio::Track;
use crate::time::{Span, TICKS_PER_MS, Tick};

/// How utterances are cut. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtteranceOptions {
    /// Longest audio of an utterance: the length in which the model keeps its place.
    pub window_ms: u32,
    /// Audio before the speech. Detectors answer late and first sounds are quiet; a clipped first
    /// sound costs the whole word.
    pub pre_roll_ms: u32,
    /// Audio after the speech: the breath in which a last sound dies away. At most the hangover is
    /// used, because more is not known when the utterance is ready.
    pub post_roll_ms: u32,
    /// Least speech that a cut leaves on its later side: a shred of a word is not recognised.
    pub least_rest_ms: u32,
}

impl Default for UtteranceOptions {
    fn default() -> UtteranceOptions {
        UtteranceOptions {
            window_ms: 15_000,
            pre_roll_ms: 400,
            post_roll_ms: 200,
            least_rest_ms: 500,
        }
    }
}

/// A piece of speech to recognise. All pieces of a speech span tile it; the audio of a track's pieces
/// does not overlap and holds their speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which track.
    pub track: Track,
    /// The speech that the text will stand for.
    pub span: Span,
    /// What to hand to the recogniser: the speech, with pre-roll and post-roll where a span begins
    /// and ends.
    pub audio: Span,
}

/// A [`Cut`] with its name in the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    /// Id, such as `u0012`.
    pub id: String,
    /// Which track.
    pub track: Track,
    /// The speech that the text will stand for.
    pub span: Span,
    /// What to hand to the recogniser.
    pub audio: Span,
}

impl Utterance {
    /// Names a cut. `number` counts the utterances of a session from 1, over all its tracks.
    pub fn new(number: u32, cut: Cut) -> Utterance {
        Utterance {
            id: format!("u{number:04}"),
            track: cut.track,
            span: cut.span,
            audio: cut.audio,
        }
    }
}

/// Cuts the speech of one track into utterances.
///
/// A span that grows longer than a window is cut, while it goes on, where it is quiet for longest in
/// the last third before the limit.
#[derive(Clone, Debug)]
pub struct Cutter {
    track: Track,
    /// Longest speech of a piece, in ticks.
    limit: u64,
    /// Where in a piece cuts begin and end to be possible, in ticks.
    earliest: u64,
    latest: u64,
    pre_roll: u64,
    post_roll: u64,
    piece: Option<Piece>,
    /// End of the audio handed out so far.
    taken: Tick,
}

/// Speech that has no utterance yet.
#[derive(Clone, Debug)]
struct Piece {
    start: Tick,
    /// Where its audio begins.
    audio: Tick,
    /// Frames in which it may be cut.
    frames: VecDeque<(Span, f32)>,
}

impl Cutter {
    /// A cutter at tick 0, behind a span machine with a hangover of `hang_ms`.
    pub fn new(track: Track, options: UtteranceOptions, hang_ms: u32) -> Cutter {
        let ticks = |ms: u32| u64::from(ms) * TICKS_PER_MS;
        let pre_roll = ticks(options.pre_roll_ms);
        let post_roll = ticks(options.post_roll_ms.min(hang_ms));
        // A window that rolls alone would fill still leaves a second for speech.
        let limit = ticks(options.window_ms)
            .saturating_sub(pre_roll + post_roll)
            .max(ticks(1_000));
        let earliest = limit / 3 * 2;
        Cutter {
            track,
            limit,
            earliest,
            latest: limit
                .saturating_sub(ticks(options.least_rest_ms))
                .max(earliest + 1),
            pre_roll,
            post_roll,
            piece: None,
            taken: Tick::ZERO,
        }
    }

    /// A span begins.
    pub fn start(&mut self, at: Tick) {
        let audio = at.before(self.pre_roll).max(self.taken).min(at);
        self.piece = Some(Piece {
            start: at,
            audio,
            frames: VecDeque::new(),
        });
    }

    /// A frame of the open span at `frame` has a level of `level_db`; the last voiced frame so far
    /// ends at `voiced_until`. Appends the utterance that is now too long to wait.
    pub fn frame(&mut self, frame: Span, level_db: f32, voiced_until: Tick, out: &mut Vec<Cut>) {
        let earliest = self.earliest;
        if let Some(piece) = &mut self.piece
            && frame.start >= piece.start.after(earliest)
        {
            piece.frames.push_back((frame, level_db));
        }
        self.cut_before(voiced_until, out);
    }

    /// The open span is complete. `heard` is the end of the audio there is. Appends its last
    /// utterance.
    pub fn end(&mut self, span: Span, heard: Tick, out: &mut Vec<Cut>) {
        self.cut_before(span.end, out);
        let Some(piece) = self.piece.take() else {
            return;
        };
        let end = span.end.max(piece.start);
        let audio_end = end.after(self.post_roll).min(heard).max(end);
        out.push(Cut {
            track: self.track,
            span: Span::new(piece.start, end),
            audio: Span::new(piece.audio, audio_end),
        });
        self.taken = audio_end;
    }

    /// The open piece so far: its speech up to the last voiced frame, its audio up to `heard`.
    pub fn open(&self, voiced_until: Tick, heard: Tick) -> Option<Cut> {
        let piece = self.piece.as_ref()?;
        let end = voiced_until.max(piece.start);
        Some(Cut {
            track: self.track,
            span: Span::new(piece.start, end),
            audio: Span::new(piece.audio, heard.max(end)),
        })
    }

    /// The utterance that [`Cutter::end`] makes of the open piece if its span turns out to be `span`;
    /// `None` before all of its audio is there.
    pub fn pause(&self, span: Span, heard: Tick) -> Option<Cut> {
        let piece = self.piece.as_ref()?;
        let end = span.end.max(piece.start);
        let audio_end = end.after(self.post_roll);
        let fits = span.end <= piece.start.after(self.limit);
        (fits && audio_end <= heard).then(|| Cut {
            track: self.track,
            span: Span::new(piece.start, end),
            audio: Span::new(piece.audio, audio_end),
        })
    }

    /// Cuts the open piece until no more than a window of it lies before `end`.
    fn cut_before(&mut self, end: Tick, out: &mut Vec<Cut>) {
        while let Some(piece) = &mut self.piece
            && end > piece.start.after(self.limit)
        {
            let latest = piece.start.after(self.latest);
            let at = quietest(&piece.frames, latest).unwrap_or(latest);
            out.push(Cut {
                track: self.track,
                span: Span::new(piece.start, at),
                audio: Span::new(piece.audio, at),
            });
            self.taken = at;
            piece.start = at;
            piece.audio = at;
            let earliest = at.after(self.earliest);
            piece.frames.retain(|(frame, _)| frame.start >= earliest);
        }
    }
}

/// The middle of the frame around which it is quietest, of those that begin before `latest`. The
/// closure in a "p" or "t" is as quiet as a pause between words, but it is shorter.
fn quietest(frames: &VecDeque<(Span, f32)>, latest: Tick) -> Option<Tick> {
    /// Sound on each side that is to be quiet, too: half of a short pause between words.
    const AROUND: u64 = 80 * TICKS_PER_MS;
    /// What is quieter than this is all the same.
    const SILENT_DB: f32 = -80.0;
    let middle = |frame: Span| Tick((frame.start.0 + frame.end.0) / 2);
    let level = |at: Tick| {
        let near = frames
            .iter()
            .filter(|(frame, _)| middle(*frame).0.abs_diff(at.0) <= AROUND);
        let (sum, count) = near.fold((0.0, 0.0), |(sum, count), (_, db)| {
            (sum + db.max(SILENT_DB), count + 1.0)
        });
        sum / f32::max(count, 1.0)
    };
    frames
        .iter()
        .filter(|(frame, _)| frame.start < latest)
        .map(|(frame, _)| middle(*frame))
        .map(|at| (at, level(at)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: u64 = 960;
    const HANG: u32 = 400;

    fn options(window_ms: u32) -> UtteranceOptions {
        UtteranceOptions {
            window_ms,
            ..UtteranceOptions::default()
        }
    }

    /// Runs spans, given in frames, through a cutter the way the analyzer does.
    fn cuts(options: UtteranceOptions, spans: &[(u64, u64)], level: fn(u64) -> f32) -> Vec<Cut> {
        let mut cutter = Cutter::new(Track::Mic, options, HANG);
        let mut out = Vec::new();
        for &(from, to) in spans {
            cutter.start(Tick(from * FRAME));
            let hang = u64::from(HANG) * TICKS_PER_MS / FRAME;
            for k in from..to + hang {
                let frame = Span::new(Tick(k * FRAME), Tick((k + 1) * FRAME));
                let voiced_until = Tick((k + 1).min(to) * FRAME);
                cutter.frame(frame, level(k), voiced_until, &mut out);
            }
            let span = Span::new(Tick(from * FRAME), Tick(to * FRAME));
            cutter.end(span, Tick((to + hang) * FRAME), &mut out);
        }
        out
    }

    #[test]
    fn a_short_span_is_one_utterance_with_rolls() {
        let cuts = cuts(options(15_000), &[(100, 150)], |_| -20.0);
        assert_eq!(cuts.len(), 1);
        assert_eq!(cuts[0].span, Span::from_ms(2_000, 3_000));
        assert_eq!(cuts[0].audio, Span::from_ms(1_600, 3_200));
        assert_eq!(Utterance::new(12, cuts[0]).id, "u0012");
    }

    #[test]
    fn rolls_stop_at_the_start_of_the_session_and_at_the_utterance_before() {
        let cuts = cuts(options(15_000), &[(5, 50), (71, 90)], |_| -20.0);
        assert_eq!(cuts[0].audio, Span::from_ms(0, 1_200));
        assert_eq!(cuts[1].audio.start, Tick::from_ms(1_200));
    }

    #[test]
    fn a_long_span_is_cut_in_the_longest_quiet_of_the_last_third() {
        // 14.4 s of speech fit; the last third begins at 9.6 s and cuts end at 13.9 s. The sound is
        // quieter in a closure of 80 ms than in the pause of 200 ms.
        let level = |k| match k {
            300..310 => -80.0,
            600..604 => -60.0,
            650..660 => -50.0,
            _ => -20.0,
        };
        let cuts = cuts(options(15_000), &[(0, 1_000)], level);
        assert_eq!(cuts.len(), 2);
        assert_eq!(cuts[0].span.end, Tick(654 * FRAME + FRAME / 2));
        assert_eq!(cuts[1].span.end, Tick(1_000 * FRAME));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn nothing_is_lost_or_doubled(
            window in prop::sample::select(vec![1_000u32, 3_000, 15_000, 28_000]),
            steps in prop::collection::vec((21u64..200, 1u64..4_000), 1..8),
        ) {
            let mut at = 0;
            let spans: Vec<(u64, u64)> = steps
                .into_iter()
                .map(|(wait, length)| {
                    let start = at + wait;
                    at = start + length;
                    (start, at)
                })
                .collect();
            let level = |k: u64| -20.0 - (k * 7_919 % 31) as f32;
            let cuts = cuts(options(window), &spans, level);
            let mut pieces = cuts.iter();
            for &(from, to) in &spans {
                let mut at = Tick(from * FRAME);
                while at < Tick(to * FRAME) {
                    let piece = pieces.next().unwrap();
                    prop_assert_eq!(piece.span.start, at);
                    prop_assert!(piece.span.end > at);
                    at = piece.span.end;
                }
                prop_assert_eq!(at, Tick(to * FRAME));
            }
            prop_assert!(pieces.next().is_none());
            let longest = window.max(1_600);
            for cut in &cuts {
                prop_assert!(cut.audio.start <= cut.span.start && cut.span.end <= cut.audio.end);
                prop_assert!(cut.audio.ticks() <= u64::from(longest) * TICKS_PER_MS);
            }
            prop_assert!(cuts.windows(2).all(|w| w[0].audio.end <= w[1].audio.start));
        }
    }
}

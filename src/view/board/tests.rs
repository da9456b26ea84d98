use verbatim::audio::Track;
use verbatim::document::common::GapCause;
use verbatim::document::transcript::Segment;
use verbatim::event::{
    Alarm, Backlog, Envelope, Event, HealthState, Live, LiveEnvelope, MarkerRemoved, PartialWord,
    SessionPaused, SessionResumed, SpeechEnd, SpeechStart, TrackGap, TrackHealth, TranscriptFinal,
    TranscriptPartial, Warning, WarningCode,
};
use verbatim::session::{Meter, Update};
use verbatim::time::Tick;

use super::block::NAME;
use super::*;

mod alarms;

fn event(t_ms: u64, event: Event) -> Update {
    Update::Event(Box::new(Envelope {
        v: 1,
        seq: 1,
        session: "s".into(),
        t_ms,
        at: "2026-11-21T10:00:00Z".into(),
        event,
    }))
}

fn level(track: Track, ms: u64, peak_db: f32) -> Update {
    Update::Meter(Meter {
        track,
        position: Tick(ms * 48),
        peak_db,
        clipped: false,
    })
}

fn partial(track: Track, text: &str, committed: u32) -> Update {
    let words = text.split(' ').map(|word| PartialWord {
        text: word.into(),
        start_ms: 0,
        end_ms: 0,
    });
    Update::Live(Box::new(LiveEnvelope {
        v: 1,
        session: "s".into(),
        t_ms: 0,
        at: String::new(),
        live: Live::TranscriptPartial(TranscriptPartial {
            utterance: "u0001".into(),
            track,
            revision: 1,
            start_ms: 0,
            heard_ms: 0,
            committed,
            words: words.collect(),
        }),
    }))
}

fn said(track: Track, start_ms: u64, end_ms: u64, text: &str) -> Event {
    Event::TranscriptFinal(TranscriptFinal {
        utterance: "u0001".into(),
        track,
        pass: "p1".into(),
        start_ms,
        end_ms,
        segments: vec![Segment {
            id: "s0001".into(),
            track,
            pass: "p1".into(),
            start_ms,
            end_ms,
            text: text.into(),
            words: Vec::new(),
            speaker: "p1".into(),
            utterance: "u0001".into(),
            avg_logprob: -0.2,
            no_speech_prob: 0.1,
            corrected: false,
        }],
        untranscribed: Vec::new(),
    })
}

fn board() -> Board {
    let mut board = Board::new(
        &[Track::Mic, Track::System],
        Some(45 * 60_000),
        Kinds::default(),
    );
    for track in [Track::Mic, Track::System] {
        let state = HealthState::Live;
        board.update(&event(
            0,
            Event::TrackHealth(TrackHealth::new(track, state)),
        ));
    }
    board
}

fn text(board: &Board, width: usize, height: usize) -> Vec<String> {
    let block = board.block(width, height);
    block
        .iter()
        .map(|line| line.text().trim_end().to_owned())
        .collect()
}

#[test]
fn without_colour_what_may_change_stands_in_brackets() {
    let mut board = board();
    let shown = |board: &Board| {
        let lines = text(board, 80, 24);
        let line = lines
            .into_iter()
            .find(|line| line.starts_with("Participant"));
        line.expect("the participant's words")[NAME + 1..].to_owned()
    };
    board.update(&partial(Track::System, "We lose about thirteen hours", 2));
    assert_eq!(shown(&board), "We lose about thirteen hours …");
    board.brackets = true;
    assert_eq!(shown(&board), "We lose [about thirteen hours …]");
    board.update(&partial(Track::System, "We lose", 2));
    assert_eq!(shown(&board), "We lose …");
}

#[test]
fn a_call_at_80_by_24() {
    let mut board = board();
    let track = Track::System;
    board.update(&event(
        900,
        Event::SpeechStart(SpeechStart {
            track,
            start_ms: 500,
        }),
    ));
    board.update(&partial(track, "We lose about thirteen hours", 3));
    board.update(&level(Track::Mic, 12_000, -60.0));
    board.update(&level(track, 12_000, -12.0));
    board.update(&level(track, 12_100, -30.0));
    assert_eq!(
        text(&board, 80, 24),
        [
            "── ● REC 00:12 of 45:00 ─────────────────────────────────────── Ctrl-C stops ──",
            "Interviewer",
            "",
            "Participant  We lose about thirteen hours …",
            "",
            "mic          ░░░░░░░░░░░░░░░░  -60 dB recording          talk   0 % ░░░░░░░░░",
            "system       ████████░░░░┃░░░  -12 dB recording          talk 100 % █████████",
            "Participant has the floor 00:11 · no text so far",
        ]
    );
}

#[test]
fn a_call_at_40_by_10() {
    let mut board = board();
    let track = Track::System;
    let words = "We lose about thirteen hours every month";
    board.update(&partial(track, words, 3));
    board.update(&level(Track::Mic, 12_000, -60.0));
    board.update(&event(
        13_000,
        Event::TrackHealth(TrackHealth::new(track, HealthState::Zeros)),
    ));
    assert_eq!(
        text(&board, 40, 10),
        [
            "── ● REC 00:12 of 45:00 ───────────────",
            "Interviewer",
            "Participant  hours every month …",
            "mic     ░░░░░░  -60 dB recording",
            "system  ░░░░░░    - dB EXACT SILENCE",
            "nobody has spoken · no text so far",
        ]
    );
}

#[test]
fn no_line_is_wider_than_the_window_at_any_size() {
    let mut board = board();
    let long = "incomprehensibilities ".repeat(40);
    board.update(&partial(Track::Mic, long.trim_end(), 7));
    board.update(&level(Track::Mic, 3_723_000, 0.0));
    for width in 1..220 {
        for height in [1, 7, 8, 15, 24, 50] {
            let block = board.block(width, height);
            assert!(block.len() <= height, "{width} x {height}");
            if width >= 40 {
                let widest = block.iter().map(Line::width).max();
                // The terminal cuts what the longest state needs more.
                assert!(
                    widest <= Some(width.max(64)),
                    "{width} x {height}: {widest:?}"
                );
            }
        }
    }
}

#[test]
fn words_that_may_change_are_faint_and_end_in_dots() {
    let mut board = board();
    board.update(&partial(Track::Mic, "so tell me about", 2));
    let block = board.block(80, 24);
    let line = &block[1];
    let wanted = Line::default()
        .add(Ink::Strong, "Interviewer")
        .to(NAME + 1)
        .add(Ink::Plain, "so")
        .add(Ink::Plain, " ")
        .add(Ink::Plain, "tell")
        .add(Ink::Plain, " ")
        .add(Ink::Faint, "me")
        .add(Ink::Plain, " ")
        .add(Ink::Faint, "about")
        .add(Ink::Plain, " ")
        .add(Ink::Faint, "…");
    assert_eq!(*line, wanted);
}

#[test]
fn a_final_retires_its_partial_and_stays() {
    let mut board = board();
    board.update(&partial(Track::Mic, "why is that", 3));
    let lines = board.update(&event(
        2_600,
        said(Track::Mic, 1_000, 2_000, "Why is that?"),
    ));
    let lines: Vec<String> = lines.iter().map(Line::text).collect();
    assert_eq!(lines, ["[00:01] Interviewer: Why is that?"]);
    assert_eq!(text(&board, 80, 24)[1], "Interviewer");
    assert!(text(&board, 80, 24)[7].ends_with("text 0.6 s after speech"));
}

#[test]
fn silence_counts_up_and_says_hold_after_a_question() {
    let mut board = board();
    let track = Track::Mic;
    board.update(&event(
        0,
        Event::SpeechStart(SpeechStart {
            track,
            start_ms: 1_000,
        }),
    ));
    let end = SpeechEnd {
        track,
        start_ms: 1_000,
        end_ms: 2_000,
    };
    board.update(&event(2_300, Event::SpeechEnd(end)));
    board.update(&level(track, 2_900, -60.0));
    assert!(text(&board, 80, 24)[7].starts_with("Interviewer has the floor 00:01"));
    board.update(&event(2_900, said(track, 1_000, 2_000, "Why is that?")));
    board.update(&level(track, 6_200, -60.0));
    assert!(text(&board, 80, 24)[7].starts_with("silence 4.2 s · HOLD, you asked"));
}

#[test]
fn what_is_wrong_with_a_track_stands_in_words() {
    let mut board = board();
    let track = Track::System;
    let zeros = Event::TrackHealth(TrackHealth::new(track, HealthState::Zeros));
    let lines = board.update(&event(3_000, zeros));
    assert_eq!(lines[0].text(), "[00:03] -- system track: exact silence --");
    assert!(text(&board, 80, 24)[6].contains("EXACT SILENCE"));
    let gap = Event::TrackGap(TrackGap {
        track,
        start_sample: 48_000,
        samples: 4_800,
        cause: GapCause::ClockHole,
    });
    let lines = board.update(&event(3_000, gap));
    assert_eq!(
        lines[0].text(),
        "[00:01] -- 100 ms of the system track were not captured --"
    );
    assert!(text(&board, 80, 24)[6].contains("100 ms lost"));
}

#[test]
fn clipping_stays_visible_for_a_while() {
    let mut board = board();
    board.update(&Update::Meter(Meter {
        track: Track::Mic,
        position: Tick(48_000),
        peak_db: 0.0,
        clipped: true,
    }));
    board.update(&level(Track::Mic, 3_900, -40.0));
    assert!(text(&board, 80, 24)[5].contains("CLIPPING"));
    board.update(&level(Track::Mic, 4_000, -40.0));
    assert!(text(&board, 80, 24)[5].contains("recording"));
}

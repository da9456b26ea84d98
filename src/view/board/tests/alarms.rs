//! What went wrong, and what others did, stands in words.

use super::*;

#[test]
fn falling_behind_is_told_with_its_length() {
    let mut board = board();
    let backlog = Event::Backlog(Backlog {
        utterances: 4,
        waiting_ms: 20_000,
        behind_ms: 9_000,
    });
    board.update(&event(30_000, backlog));
    board.update(&level(Track::Mic, 32_500, -40.0));
    assert!(text(&board, 80, 24)[7].ends_with("catching up, 11 s behind (4 waiting)"));
}

#[test]
fn late_text_of_long_ago_is_not_taken_for_the_lag_of_the_present() {
    let mut board = board();
    let newest = said(Track::Mic, 58_000, 60_000, "yes");
    board.update(&event(60_700, newest));
    let late = said(Track::System, 10_000, 14_000, "we lose hours");
    assert_eq!(board.update(&event(61_500, late)).len(), 1, "it is shown");
    board.update(&level(Track::Mic, 62_000, -40.0));
    assert!(text(&board, 80, 24)[7].ends_with("text 0.7 s after speech"));
}

#[test]
fn markers_of_anybody_are_told_where_they_stand() {
    let mut board = board();
    let marker = Marker {
        id: "m0002".into(),
        kind: "pain".into(),
        t_ms: 72_900,
        start_ms: 57_900,
        end_ms: 77_900,
        note: Some("copies by hand\u{1b}[2J".into()),
        severity: Some(2),
        tags: Vec::new(),
        emotion: None,
        author: Some("Ben".into()),
    };
    let told = |lines: Vec<Line>| lines.iter().map(Line::text).collect::<Vec<_>>();
    let added = Event::MarkerAdded(MarkerAdded(marker));
    assert_eq!(
        told(board.update(&event(73_000, added))),
        ["[01:12] 😣 pain !!  copies by hand[2J  by Ben  m0002"]
    );
    let removed = || Event::MarkerRemoved(MarkerRemoved { id: "m0002".into() });
    let lines = told(board.update(&event(74_000, removed())));
    assert!(lines[0].ends_with("m0002 is taken back"), "{lines:?}");
    assert!(board.update(&event(75_000, removed())).is_empty());
}

fn warning(alarm: Option<Alarm>, message: &str) -> Update {
    event(
        95_000,
        Event::Warning(Warning {
            code: WarningCode::SideSilent,
            track: Some(Track::System),
            alarm,
            message: message.into(),
        }),
    )
}

#[test]
fn an_alarm_stands_in_the_block_until_it_is_cleared() {
    let mut board = board();
    let raised = warning(Some(Alarm::Raised), "nothing is heard of the other side");
    let lines = board.update(&raised);
    let notice = "[01:35] -- nothing is heard of the other side --";
    assert_eq!(lines[0].text(), notice);
    let shown = |board: &Board| text(board, 80, 24).contains(&format!("!! {}", &notice[11..45]));
    assert!(shown(&board), "{:?}", text(&board, 80, 24));
    let narrow = text(&board, 40, 24);
    let alarm = narrow.iter().find(|line| line.starts_with("!!"));
    assert!(
        alarm.is_some_and(|line| line.chars().count() <= 40),
        "{narrow:?}"
    );
    board.update(&warning(Some(Alarm::Cleared), "it is heard again"));
    assert!(!shown(&board));
    board.update(&warning(None, "something happened once"));
    assert_eq!(
        text(&board, 80, 24)
            .iter()
            .filter(|l| l.contains("!!"))
            .count(),
        0
    );
}

#[test]
fn a_pause_cannot_be_taken_for_a_recording() {
    let mut board = board();
    let pause = Event::SessionPaused(SessionPaused {
        at_sample: 10 * 48_000,
    });
    let lines = board.update(&event(10_000, pause));
    assert_eq!(lines[0].text(), "[00:10] -- PAUSED: nothing is recorded --");
    board.update(&level(Track::Mic, 75_000, f32::NEG_INFINITY));
    for (width, height) in [(80, 24), (120, 50), (30, 6)] {
        let block = text(&board, width, height).join("\n");
        assert!(block.contains("‖ PAUSED 01:15"), "{block}");
        assert!(
            !block.contains("REC") && !block.contains("recording"),
            "{block}"
        );
    }
    let block = text(&board, 80, 24).join("\n");
    assert!(
        block.contains("PAUSED for 01:05: nothing is recorded"),
        "{block}"
    );
    let end = Event::SessionResumed(SessionResumed {
        at_sample: 80 * 48_000,
    });
    let lines = board.update(&event(80_000, end));
    let told = "[01:20] -- recording again after a pause of 01:10 --";
    assert_eq!(lines[0].text(), told);
    assert!(text(&board, 80, 24)[0].contains("● REC"));
}

#[test]
fn a_track_that_recovers_says_so() {
    let mut board = board();
    let mut told = |state| {
        let health = TrackHealth::new(Track::Mic, state);
        let lines = board.update(&event(1_000, Event::TrackHealth(health)));
        lines.first().map(Line::text)
    };
    let line = |text: &str| Some(format!("[00:01] -- mic track: {text} --"));
    assert_eq!(told(HealthState::Clipping), line("clipping"));
    assert_eq!(told(HealthState::Live), line("recording again"));
    assert_eq!(told(HealthState::Gone), line("device gone"));
    assert_eq!(told(HealthState::Waiting), None);
    assert_eq!(told(HealthState::Live), None);
}

//! The echo of loudspeakers in a microphone is told from the interviewer's own speech. All rooms and
//! levels are in `benches/echo.rs`; these are the ones that say most.
#![cfg(all(feature = "neural", feature = "webrtc"))]

#[path = "support/hearing.rs"]
mod hearing;
#[path = "support/rooms.rs"]
mod rooms;

use rooms::{Judged, ROOMS, Talk, judge, mix, played};
use verbatim::engine::neural::Neural;
use verbatim::voice::Detector;

fn detector() -> Box<dyn Detector> {
    Box::new(Neural::new().expect("the weights"))
}

/// Share of real speech that may be taken for an echo.
const WRONG: f64 = 0.01;

#[test]
fn nothing_on_headphones_is_an_echo() {
    for talk in [Talk::Turns, Talk::Double] {
        let judged = judge(&mix(None, talk), detector);
        assert_eq!(judged.wrong_ms, 0, "{talk:?}: {judged:?}");
    }
}

#[test]
fn echoes_are_marked_and_real_speech_is_not() {
    let mut all = Judged::default();
    for (room, level, talk, least) in [
        (1, -3.0, Talk::Double, 0.85),
        (1, -10.0, Talk::Turns, 0.95),
        (3, -6.0, Talk::Double, 0.9),
        (4, -15.0, Talk::Turns, 0.8),
    ] {
        let echo = played(ROOMS[room], room as u64 + 1);
        let judged = judge(&mix(Some((&echo, level)), talk), detector);
        assert!(
            judged.marked() >= least,
            "{} at {level} dB, {talk:?}: {:.2} marked, {judged:?}",
            ROOMS[room].name,
            judged.marked()
        );
        assert!(judged.wrong() < WRONG, "{}: {judged:?}", ROOMS[room].name);
        all.add(judged);
    }
    assert!(all.marked() > 0.9, "{all:?}");
}

//! How well a microphone's echo of the loudspeakers is told from the interviewer's own speech: the
//! sample call in several rooms, at several levels, by turns and with both talking at once, and on
//! headphones.
//!
//! `cargo bench --bench echo`

#[path = "../tests/support/hearing.rs"]
mod hearing;
#[path = "../tests/support/rooms.rs"]
mod rooms;

use rooms::{Judged, ROOMS, Talk, judge, mix, played};
use verbatim::engine::neural::Neural;
use verbatim::voice::Detector;

/// Levels of the echo under the interviewer's own speech, in dB.
const LEVELS: [f64; 5] = [-25.0, -15.0, -10.0, -6.0, -3.0];

fn detector() -> Box<dyn Detector> {
    Box::new(Neural::new().expect("the weights"))
}

fn main() {
    println!(
        "| room | talk | dB | echo heard s | marked | spans marked whole | real speech s | wrongly marked |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut all = Judged::default();
    for talk in [Talk::Turns, Talk::Double] {
        let judged = judge(&mix(None, talk), detector);
        row("headphones", talk, None, judged, &mut all);
    }
    for (seed, room) in (1..).zip(ROOMS) {
        let echo = played(room, seed);
        for talk in [Talk::Turns, Talk::Double] {
            for level in LEVELS {
                let judged = judge(&mix(Some((&echo, level)), talk), detector);
                row(room.name, talk, Some(level), judged, &mut all);
            }
        }
    }
    println!(
        "\nall: {:.1} % of the echo marked, {:.2} % of real speech wrongly marked",
        100.0 * all.marked(),
        100.0 * all.wrong()
    );
}

fn row(room: &str, talk: Talk, level: Option<f64>, judged: Judged, all: &mut Judged) {
    all.add(judged);
    println!(
        "| {room} | {talk:?} | {} | {:.1} | {:.1} % | {} of {} | {:.1} | {:.2} % |",
        level.map_or_else(String::new, |db| format!("{db:.0}")),
        judged.echo_ms as f64 / 1_000.0,
        100.0 * judged.marked(),
        judged.whole,
        judged.spans,
        judged.real_ms as f64 / 1_000.0,
        100.0 * judged.wrong(),
    );
}

//! How well a microphone's echo of the loudspeakers is told from the interviewer's own speech: the
//! sample call in several rooms, at several levels, by turns and with both talking at once, and on
//! headphones. Then, with both talking at once, what the starter model hears of the interviewer with
//! and without an echo canceller in front of it.
//!
//! `cargo bench --bench echo`, or `cargo bench --bench echo cancelled` for the second table alone.

#[path = "../tests/support/hearing.rs"]
mod hearing;
#[path = "../tests/support/recogniser.rs"]
mod recogniser;
#[path = "../tests/support/rooms.rs"]
mod rooms;
#[path = "../tests/support/wer.rs"]
mod wer;

use std::time::{Duration, Instant};

use rooms::{Judged, ROOMS, Talk, judge, mix, played};
use verbatim::audio::Track;
use verbatim::engine::neural::Neural;
use verbatim::engine::whisper::Whisper;
use verbatim::store::folder::SessionFolder;
use verbatim::store::speech::SpeechReader;
use verbatim::store::wav::WavArchive;
use verbatim::text::Hearing;
use verbatim::text::ids::Ids;
use verbatim::text::transcribe::transcribe_spans;
use verbatim::time::{Span, Tick};
use verbatim::voice::Detector;

/// Levels of the echo under the interviewer's own speech, in dB.
const LEVELS: [f64; 5] = [-25.0, -15.0, -10.0, -6.0, -3.0];

fn detector() -> Box<dyn Detector> {
    Box::new(Neural::new().expect("the weights"))
}

fn main() {
    if !std::env::args().any(|argument| argument == "cancelled") {
        marked();
    }
    cancelled();
}

fn marked() {
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

/// Levels of the echo at which the canceller is tried, in dB.
const TALKED_OVER: [f64; 3] = [-10.0, -3.0, 3.0];

/// What the recogniser makes of the interviewer's words, of sound as it was recorded and without the
/// echo.
fn cancelled() {
    let mut whisper = Whisper::load(&recogniser::starter())
        .expect("the starter")
        .remove(0);
    println!(
        "\n| room | dB | word error rate as recorded | without echo | cancelling, x real time |"
    );
    println!("|---|---|---|---|---|");
    heard(&mut whisper, "headphones", None, None);
    for (seed, room) in (1..).zip(ROOMS) {
        let echo = played(room, seed);
        for level in TALKED_OVER {
            heard(&mut whisper, room.name, Some(level), Some((&echo, level)));
        }
    }
}

fn heard(whisper: &mut Whisper, room: &str, db: Option<f64>, echo: Option<(&[f64], f64)>) {
    let mix = mix(echo, Talk::Double);
    let dir = tempfile::tempdir().expect("a folder");
    let folder = SessionFolder::create(dir.path(), None, "2026-11-22T14:05:33.120+01:00");
    let folder = folder.expect("a session");
    for (track, samples) in [(Track::Mic, &mix.mic), (Track::System, &mix.system)] {
        let mut archive = WavArchive::create(&folder, track).expect("a file");
        archive.append(&hearing::archive(samples)).expect("a disk");
        archive.finish().expect("a disk");
    }
    let spans: Vec<Span> = hearing::labels(&mix.near, 300)
        .into_iter()
        .map(|(start, end)| Span::from_ms(start.saturating_sub(100), end + 100))
        .collect();
    let whole = Span::new(Tick::ZERO, Tick(mix.mic.len() as u64 * 3));
    let begun = Instant::now();
    SpeechReader::hearing(&folder, Hearing::WithoutEcho)
        .read(Track::Mic, whole)
        .expect("the microphone");
    let speed = Duration::from_millis(whole.ms()).as_secs_f64() / begun.elapsed().as_secs_f64();
    let mut rate = |hearing| {
        let mut reader = SpeechReader::hearing(&folder, hearing);
        let outcome = transcribe_spans(
            Track::Mic,
            &spans,
            whisper,
            &mut |track, span| reader.read(track, span),
            &mut Ids::default(),
        )
        .expect("text");
        let texts: Vec<String> = outcome.segments.into_iter().map(|s| s.text).collect();
        let (errors, words) = wer::errors(&said(), &texts.join(" "));
        100.0 * errors as f64 / words as f64
    };
    let (before, after) = (rate(Hearing::AsRecorded), rate(Hearing::WithoutEcho));
    let db = db.map_or_else(String::new, |db| format!("{db:+.0}"));
    println!("| {room} | {db} | {before:.1} % | {after:.1} % | {speed:.0} |");
}

/// The interviewer's words in the order in which they are heard when the turns come 9 s later and the
/// last ones first.
fn said() -> String {
    let (turns, length) = hearing::truth();
    let mut mine: Vec<_> = turns
        .into_iter()
        .filter(|t| t.track == Track::Mic)
        .collect();
    mine.sort_by_key(|turn| (turn.start_ms + 9_000) % length);
    let texts: Vec<String> = mine.into_iter().map(|turn| turn.text).collect();
    texts.join(" ")
}

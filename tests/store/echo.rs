//! The microphone of an archive without its echo.

use verbatim::audio::Track;
use verbatim::store::folder::SessionFolder;
use verbatim::store::speech::SpeechReader;
use verbatim::store::wav::WavArchive;
use verbatim::text::Hearing;
use verbatim::time::{Span, TICKS_PER_SECOND, Tick};

use super::folder;

/// Seconds of the call: more than a piece of the reader, which is a minute.
const LENGTH: u64 = 75;

/// Soft noise in bursts of 0.7 s with 0.3 s of rest, at 48 kHz.
fn bursts(seed: u64) -> Vec<i16> {
    let mut state = seed;
    let mut soft = 0.0_f64;
    let burst = |n: u64| n % TICKS_PER_SECOND < 33_600;
    (0..LENGTH * TICKS_PER_SECOND)
        .map(|n| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let noise = ((state >> 40) as f64 / f64::from(1 << 24) - 0.5) * 12_000.0;
            soft += 0.1 * (noise - soft);
            if burst(n) { soft as i16 } else { 0 }
        })
        .collect()
}

/// What a microphone hears of it, that many milliseconds later.
fn later(sound: &[i16], ms: i64) -> Vec<i16> {
    let then = |n: usize| usize::try_from(n as i64 - ms * 48).ok();
    let heard = |n| then(n).and_then(|n| sound.get(n)).map_or(0, |s| s / 3);
    (0..sound.len()).map(heard).collect()
}

/// Writes the tracks up to a second.
fn write(folder: &SessionFolder, tracks: &[(Track, &[i16])], until: u64) -> Vec<WavArchive> {
    let begin = |&(track, samples): &(Track, &[i16])| {
        let mut archive = WavArchive::create(folder, track).expect("a file");
        let end = (until * TICKS_PER_SECOND) as usize;
        archive.append(&samples[..end]).expect("a disk with room");
        archive.flush().expect("a disk with room");
        archive
    };
    tracks.iter().map(begin).collect()
}

fn without(folder: &SessionFolder) -> SpeechReader {
    SpeechReader::hearing(folder, Hearing::WithoutEcho)
}

fn seconds(from: u64, until: u64) -> Span {
    Span::new(
        Tick(from * TICKS_PER_SECOND),
        Tick(until * TICKS_PER_SECOND),
    )
}

fn read(reader: &mut SpeechReader, span: Span) -> Vec<i16> {
    reader.read(Track::Mic, span).expect("the microphone")
}

fn energy(samples: &[i16]) -> f64 {
    let squares = samples.iter().map(|s| f64::from(*s) * f64::from(*s));
    squares.sum::<f64>() / samples.len() as f64
}

#[test]
fn an_echo_is_taken_out_of_what_is_read_and_not_of_the_archive() {
    // The system track may have been recorded late: then its echo comes first.
    for delay in [80, -30] {
        let (_dir, folder) = folder();
        let system = bursts(1);
        let mic = later(&system, delay);
        write(
            &folder,
            &[(Track::Mic, &mic), (Track::System, &system)],
            LENGTH,
        );
        for span in [seconds(8, 30), seconds(55, 70)] {
            let recorded = read(&mut SpeechReader::open(&folder), span);
            let left = read(&mut without(&folder), span);
            assert_eq!(left.len(), recorded.len());
            let db = 10.0 * (energy(&recorded) / energy(&left).max(1e-9)).log10();
            assert!(db > 15.0, "{db:.1} dB at {delay} ms");
        }
    }
}

#[test]
fn what_is_read_of_a_place_is_the_same_whatever_was_read_before() {
    let (_dir, folder) = folder();
    let (system, own) = (bursts(2), bursts(3));
    let echo = later(&system, 60);
    let mic: Vec<i16> = own.iter().zip(&echo).map(|(a, b)| a / 2 + b).collect();
    let tracks: [(Track, &[i16]); 2] = [(Track::Mic, &mic), (Track::System, &system)];
    let mut growing = write(&folder, &tracks, 40);
    let mut live = without(&folder);
    let early: Vec<Vec<i16>> = (20..36)
        .map(|s| read(&mut live, seconds(s, s + 1)))
        .collect();
    for (archive, (_, samples)) in growing.iter_mut().zip(tracks) {
        let rest = &samples[(40 * TICKS_PER_SECOND) as usize..];
        archive.append(rest).expect("a disk with room");
        archive.flush().expect("a disk with room");
    }
    let whole = read(&mut without(&folder), seconds(0, LENGTH));
    let part = |from: u64, until: u64| &whole[(from * 16_000) as usize..(until * 16_000) as usize];
    assert_eq!(early.concat(), part(20, 36), "read while it grew");
    assert_eq!(
        read(&mut live, seconds(50, 70)),
        part(50, 70),
        "over the minute"
    );
    assert_eq!(read(&mut live, seconds(3, 9)), part(3, 9), "back again");
    assert_eq!(
        read(&mut without(&folder), seconds(61, 64)),
        part(61, 64),
        "alone"
    );
    // Of the last moment it is not known yet what the loudspeakers play.
    let recorded = read(&mut SpeechReader::open(&folder), seconds(0, LENGTH));
    let tail = recorded.len() - 1_600;
    assert_eq!(whole[tail..], recorded[tail..]);
}

#[test]
fn a_microphone_alone_is_read_as_it_was_recorded() {
    let (_dir, folder) = folder();
    let mic = bursts(4);
    write(&folder, &[(Track::Mic, &mic)], 5);
    let span = seconds(0, 5);
    assert_eq!(
        read(&mut without(&folder), span),
        read(&mut SpeechReader::open(&folder), span)
    );
}

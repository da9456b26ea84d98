//! Every container and codec that people bring, made by ffmpeg from one known sound: length, place and
//! content of what is decoded are held against it.

use std::path::Path;

use super::forms::{Corpus, FORMS, SECONDS};
use super::{Heard, hear};

/// How far sound may be off its place, in seconds.
const OFF: f64 = 0.003;

/// How late sound may be where the container does not tell how much the encoder put before it.
const UNTOLD: f64 = 0.025;

/// How far the length may be off, in seconds: codecs without a count of samples fill their last
/// block.
const LONGER: f64 = 0.06;

/// The known sound of a corpus in one channel, at `rate`.
fn known_at(corpus: &Corpus, rate: u32) -> Vec<f32> {
    let name = format!("known-{rate}.wav");
    let rate = rate.to_string();
    corpus.run(&["-i", "known.wav", "-ar", &rate, "-c:a", "pcm_f32le", &name]);
    hear(&corpus.path(&name)).expect("the known sound").samples
}

/// Correlation of two sounds when `sound` is moved by `lag` samples.
fn correlation(known: &[f32], sound: &[f32], lag: i64) -> f64 {
    let (mut both, mut a, mut b) = (0.0, 0.0, 0.0);
    for (index, &x) in known.iter().enumerate() {
        let other = usize::try_from(index as i64 + lag).ok();
        let Some(&y) = other.and_then(|at| sound.get(at)) else {
            continue;
        };
        let (x, y) = (f64::from(x), f64::from(y));
        both += x * y;
        a += x * x;
        b += y * y;
    }
    both / (a * b).sqrt().max(1e-12)
}

/// Holds a channel against the known sound: how alike, and how many seconds late.
fn compare(known: &[f32], sound: &[f32], rate: u32) -> (f64, f64) {
    let most = i64::from(rate) * 40 / 1_000;
    // A part from the second one on tells the place; all of it then tells the likeness.
    let part = &known[..rate as usize * 5 / 4];
    let best = (-most..=most)
        .map(|lag| {
            (
                correlation(&part[rate as usize..], sound, lag + i64::from(rate)),
                lag,
            )
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .expect("lags");
    (
        correlation(known, sound, best.1),
        best.1 as f64 / f64::from(rate),
    )
}

fn channel(heard: &Heard, index: usize) -> Vec<f32> {
    heard
        .samples
        .iter()
        .skip(index)
        .step_by(usize::from(heard.channels))
        .copied()
        .collect()
}

/// What every form of the known sound must hold.
fn check(corpus: &Corpus, path: &Path, like: f64, off: f64) -> Heard {
    let name = path
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let heard = hear(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let known = known_at(corpus, heard.rate);
    let first = channel(&heard, 0);
    let seconds = first.len() as f64 / f64::from(heard.rate);
    let (alike, late) = compare(&known, &first, heard.rate);
    assert!(alike > like, "{name}: {alike} alike");
    assert!(late.abs() <= off, "{name}: {late} s late");
    assert!((seconds - SECONDS).abs() < LONGER, "{name}: {seconds} s");
    assert!(heard.warnings.is_empty(), "{name}: {:?}", heard.warnings);
    heard
}

#[test]
fn every_form_has_the_sound_in_its_place() {
    let corpus = Corpus::of_a_sweep();
    let mut faults = Vec::new();
    for (name, args, like) in FORMS {
        let path = corpus.make(name, args);
        let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let untold = ["x.aac", "frag.mp4", "aac.mkv", "mp3.mkv"].contains(name);
            check(&corpus, &path, *like, if untold { UNTOLD } else { OFF });
        }));
        faults.extend(tried.is_err().then_some(*name));
    }
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn rates_channels_and_pictures_come_through() {
    let corpus = Corpus::of_a_sweep();
    for rate in [
        "8000", "11025", "16000", "22050", "44100", "96000", "192000",
    ] {
        for (name, codec) in [
            ("r.wav", "pcm_s16le"),
            ("r.flac", "flac"),
            ("r.caf", "pcm_s24be"),
        ] {
            let path = corpus.make(name, &["-ar", rate, "-c:a", codec]);
            let heard = check(&corpus, &path, 0.99, OFF);
            assert_eq!(heard.rate.to_string(), rate);
        }
    }
    // Each channel holds its own share of the sound, so that channels that change places are found.
    for count in 1..=8_u16 {
        let shares: Vec<String> = (0..count)
            .map(|n| format!("c{n}={}*c0", 1.0 - 0.1 * f32::from(n)))
            .collect();
        // ALAC writes eight channels in a layout of its own.
        let layout = ["mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"];
        let layout = layout[usize::from(count) - 1];
        let pan = format!("pan={layout}|{}", shares.join("|"));
        let forms = [
            ("c.wav", "pcm_s16le", true),
            ("c.flac", "flac", true),
            ("c.mka", "pcm_s16le", true),
            ("c.opus", "libopus", false),
            ("c.ogg", "libvorbis", false),
            ("c-aac.m4a", "aac", false),
            ("c-alac.m4a", "alac", false),
        ];
        for (name, codec, same_order) in forms {
            let mut args = vec!["-af", pan.as_str(), "-c:a", codec];
            if codec == "libopus" && count > 2 {
                args.extend(["-mapping_family", "1"]);
            }
            if ["c-alac.m4a", "c.opus"].contains(&name)
                && ["3.0", "quad", "6.1", "7.1"].contains(&layout)
            {
                continue;
            }
            let path = corpus.make(name, &args);
            if codec == "aac" && count > 2 {
                // The decoder knows two channels of AAC at most, and says so.
                let error = hear(&path).expect_err("more than two channels of AAC");
                assert!(error.to_string().contains("aac"), "{error}");
                continue;
            }
            let heard = hear(&path).unwrap_or_else(|e| panic!("{layout} {name}: {e}"));
            assert_eq!(heard.channels, count, "{layout} {name}");
            let known = known_at(&corpus, heard.rate);
            let mut levels: Vec<f64> = Vec::new();
            for index in 0..usize::from(count) {
                let sound = channel(&heard, index);
                let level = sound
                    .iter()
                    .map(|&x| f64::from(x).powi(2))
                    .sum::<f64>()
                    .sqrt();
                if same_order {
                    assert!(
                        correlation(&known, &sound, 0) > 0.99,
                        "{layout} {name} channel {index}"
                    );
                }
                levels.push(level);
            }
            if same_order {
                assert!(
                    levels.is_sorted_by(|a, b| a > b),
                    "{layout} {name}: {levels:?}"
                );
            }
        }
    }
    // A cover picture is a stream too, and a tag may be large.
    corpus.run(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc=s=640x640:d=0.04",
        "-frames:v",
        "1",
        "cover.png",
    ]);
    for (name, codec) in [
        ("cover.mp3", "libmp3lame"),
        ("cover.m4a", "aac"),
        ("cover.flac", "flac"),
    ] {
        corpus.run(&[
            "-i",
            "known.wav",
            "-i",
            "cover.png",
            "-map",
            "0",
            "-map",
            "1",
            "-c:a",
            codec,
            "-disposition:v",
            "attached_pic",
            "-c:v",
            "copy",
            "-metadata",
            "title=Call with\tAcme",
            name,
        ]);
        check(&corpus, &corpus.path(name), 0.98, OFF);
        let recording = verbatim::import::open(&corpus.path(name)).expect("a recording");
        let title = recording.metadata().title.as_deref();
        assert_eq!(title, Some("Call with Acme"), "{name}");
    }
}

#[test]
fn a_screen_recording_holds_its_streams_in_their_places() {
    let corpus = Corpus::of_a_sweep();
    for name in ["obs.mkv", "obs.mp4"] {
        corpus.run(&[
            "-f",
            "lavfi",
            "-i",
            "testsrc=s=64x64:r=10:d=7",
            "-i",
            "known.wav",
            "-itsoffset",
            "1",
            "-i",
            "known.wav",
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-map",
            "2:a",
            "-c:v",
            "mpeg4",
            "-c:a",
            "aac",
            "-metadata",
            "creation_time=2026-03-04T05:06:07Z",
            name,
        ]);
        let path = corpus.path(name);
        let known = known_at(&corpus, 48_000);
        for (stream, start) in [(0, 0), (1, 48_000)] {
            let mut recording = verbatim::import::open_stream(&path, stream).expect("a stream");
            assert_eq!(recording.streams(), 2);
            let mut sound = Vec::new();
            while recording.read(4_096, &mut sound).expect("samples") > 0 {}
            let (alike, late) = compare(&known, &sound[start..], 48_000);
            assert!(alike > 0.98, "{name} stream {stream}: {alike}");
            assert!(late.abs() < UNTOLD, "{name} stream {stream}: {late} s late");
            if name == "obs.mp4" {
                let made = recording.metadata().created_at.as_deref();
                assert_eq!(made, Some("2026-03-04T05:06:07Z"));
            }
        }
        let error = verbatim::import::open_stream(&path, 2).expect_err("two streams");
        assert!(error.to_string().contains("2 streams"), "{error}");
    }
}

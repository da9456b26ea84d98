//! Every container and codec that people bring, made by ffmpeg from one known sound: length, place and
//! content of what is decoded are held against it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Heard, hear};

/// Seconds of the known sound.
const SECONDS: f64 = 6.0;

/// How far sound may be off its place, in seconds.
const OFF: f64 = 0.003;

/// How late sound may be where the container does not tell how much the encoder put before it.
const UNTOLD: f64 = 0.025;

/// How far the length may be off, in seconds: codecs without a count of samples fill their last
/// block.
const LONGER: f64 = 0.06;

/// A folder with the known sound: a sweep that rises and falls in loudness, so that every place in it
/// is unlike every other.
pub struct Corpus(tempfile::TempDir);

impl Corpus {
    pub fn new() -> Corpus {
        let place = tempfile::tempdir().expect("a temporary folder");
        let corpus = Corpus(place);
        let sound = format!(
            "aevalsrc=exprs='0.5*sin(2*PI*(200+120*t)*t)*(0.35+0.3*sin(2*PI*0.9*t+t*t*0.7))\
             +0.08*sin(2*PI*333*t*t)':s=48000:d={SECONDS}"
        );
        corpus.run(&[
            "-f",
            "lavfi",
            "-i",
            &sound,
            "-c:a",
            "pcm_f32le",
            "known.wav",
        ]);
        corpus
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs ffmpeg in the folder.
    fn run(&self, args: &[&str]) {
        let done = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-y", "-bitexact"])
            .args(args)
            .current_dir(self.0.path())
            .output()
            .expect("ffmpeg is installed: scripts/setup.sh --tests does it");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "ffmpeg {args:?}: {said}");
    }

    /// Makes `name` of the known sound.
    pub fn make(&self, name: &str, args: &[&str]) -> PathBuf {
        let mut all = vec!["-i", "known.wav"];
        all.extend(args);
        all.push(name);
        self.run(&all);
        self.path(name)
    }

    /// The known sound in one channel, at `rate`.
    fn known(&self, rate: u32) -> Vec<f32> {
        let name = format!("known-{rate}.wav");
        let rate = rate.to_string();
        self.run(&["-i", "known.wav", "-ar", &rate, "-c:a", "pcm_f32le", &name]);
        hear(&self.path(&name)).expect("the known sound").samples
    }
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
    let known = corpus.known(heard.rate);
    let first = channel(&heard, 0);
    let seconds = first.len() as f64 / f64::from(heard.rate);
    let (alike, late) = compare(&known, &first, heard.rate);
    assert!(alike > like, "{name}: {alike} alike");
    assert!(late.abs() <= off, "{name}: {late} s late");
    assert!((seconds - SECONDS).abs() < LONGER, "{name}: {seconds} s");
    assert!(heard.warnings.is_empty(), "{name}: {:?}", heard.warnings);
    heard
}

/// Name, arguments, and how alike it must be.
const FORMS: &[(&str, &[&str], f64)] = &[
    ("u8.wav", &["-c:a", "pcm_u8"], 0.999),
    ("s24.wav", &["-c:a", "pcm_s24le"], 0.9999),
    ("s32.wav", &["-c:a", "pcm_s32le"], 0.9999),
    ("f64.wav", &["-c:a", "pcm_f64le"], 0.9999),
    ("alaw.wav", &["-c:a", "pcm_alaw"], 0.999),
    ("mulaw.wav", &["-c:a", "pcm_mulaw"], 0.999),
    (
        "rf64.wav",
        &["-c:a", "pcm_s16le", "-rf64", "always"],
        0.9999,
    ),
    ("sony.w64", &["-c:a", "pcm_s16le"], 0.9999),
    ("x.flac", &["-c:a", "flac"], 0.9999),
    ("s24.flac", &["-c:a", "flac", "-sample_fmt", "s32"], 0.9999),
    ("in-ogg.oga", &["-c:a", "flac"], 0.9999),
    ("cbr.mp3", &["-c:a", "libmp3lame", "-b:a", "64k"], 0.99),
    ("vbr.mp3", &["-c:a", "libmp3lame", "-q:a", "5"], 0.99),
    (
        "low.mp3",
        &["-c:a", "libmp3lame", "-ar", "16000", "-b:a", "24k"],
        0.98,
    ),
    ("x.m4a", &["-c:a", "aac", "-b:a", "96k"], 0.98),
    ("x.aac", &["-c:a", "aac", "-b:a", "96k"], 0.98),
    ("x.mp4", &["-c:a", "aac", "-movflags", "+faststart"], 0.98),
    ("x.mov", &["-c:a", "aac"], 0.98),
    (
        "frag.mp4",
        &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
        0.98,
    ),
    ("alac.m4a", &["-c:a", "alac"], 0.9999),
    ("pcm.mov", &["-c:a", "pcm_s16be"], 0.9999),
    ("vorbis.ogg", &["-c:a", "libvorbis", "-q:a", "4"], 0.98),
    ("vorbis.webm", &["-c:a", "libvorbis"], 0.98),
    ("vorbis.mkv", &["-c:a", "libvorbis"], 0.98),
    ("opus.opus", &["-c:a", "libopus", "-b:a", "48k"], 0.95),
    (
        "opus.ogg",
        &["-c:a", "libopus", "-frame_duration", "60"],
        0.95,
    ),
    ("opus.webm", &["-c:a", "libopus", "-b:a", "48k"], 0.95),
    ("opus.mkv", &["-c:a", "libopus", "-ac", "2"], 0.95),
    ("opus.mp4", &["-c:a", "libopus"], 0.95),
    (
        "voice.webm",
        &["-c:a", "libopus", "-application", "voip", "-b:a", "24k"],
        0.9,
    ),
    ("aac.mkv", &["-c:a", "aac"], 0.98),
    ("mp3.mkv", &["-c:a", "libmp3lame"], 0.98),
    ("flac.mkv", &["-c:a", "flac"], 0.9999),
    ("pcm.mkv", &["-c:a", "pcm_s16le"], 0.9999),
    ("x.aiff", &["-c:a", "pcm_s16be"], 0.9999),
    ("float.aiff", &["-c:a", "pcm_f32be"], 0.9999),
    ("x.caf", &["-c:a", "pcm_s16be"], 0.9999),
    ("alac.caf", &["-c:a", "alac"], 0.9999),
];

#[test]
fn every_form_has_the_sound_in_its_place() {
    let corpus = Corpus::new();
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
    let corpus = Corpus::new();
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
            let known = corpus.known(heard.rate);
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
    let corpus = Corpus::new();
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
        let known = corpus.known(48_000);
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

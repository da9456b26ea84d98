//! Every container and codec that people bring, made by ffmpeg from one known sound.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds of the sweep.
pub const SECONDS: f64 = 6.0;

/// A folder with a known sound, and forms of it.
pub struct Corpus(tempfile::TempDir);

impl Corpus {
    /// Of a sweep that rises and falls in loudness, so that every place in it is unlike every other.
    pub fn of_a_sweep() -> Corpus {
        let corpus = Corpus(tempfile::tempdir().expect("a temporary folder"));
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

    /// Of a recording, which it copies.
    pub fn of(recording: &Path) -> Corpus {
        let corpus = Corpus(tempfile::tempdir().expect("a temporary folder"));
        std::fs::copy(recording, corpus.path("known.wav")).expect("the recording");
        corpus
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs ffmpeg in the folder.
    pub fn run(&self, args: &[&str]) {
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
}

/// Name, arguments, and how alike it must be.
pub const FORMS: &[(&str, &[&str], f64)] = &[
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

//! Clean speech: phrases of many voices.
//!
//! The sample call's two voices are always there. Synthesisers that are installed speak the same
//! words, and recordings of people are used where `VERBATIM_VAD_SET`, or else `target/vad-set`, names
//! a folder that `scripts/vad-set.sh` filled.

use std::path::{Path, PathBuf};
use std::process::Command;

use verbatim::audio::Track;

use crate::support::{labels, rms, track, truth};

/// Phrases of one voice at 16 kHz.
pub struct Voice {
    pub name: String,
    pub phrases: Vec<Vec<i16>>,
    /// Whether a person speaks.
    pub human: bool,
}

/// Sound of a phrase that is shorter than this is no phrase, in milliseconds.
const LEAST_MS: u64 = 150;

/// A recording's background must be this far below its speech, in dB.
const LEAST_DEPTH_DB: f64 = -46.0;

/// Every voice that can be had here.
pub fn voices() -> Vec<Voice> {
    let mut voices: Vec<Voice> = [Track::Mic, Track::System].map(sample_call).into();
    voices.extend(synthetic());
    voices.extend(human());
    voices
}

/// Where what `scripts/vad-set.sh` fetched lies.
pub fn set_folder() -> PathBuf {
    std::env::var_os("VERBATIM_VAD_SET").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/vad-set"),
        PathBuf::from,
    )
}

/// The sounds of a folder, sorted by name.
pub fn sounds(folder: &Path) -> Vec<Vec<i16>> {
    let mut files: Vec<PathBuf> = entries(folder);
    files.retain(|file| file.extension().is_some_and(|e| e == "wav"));
    files.iter().filter_map(|file| read(file)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// A mono WAV file at 16 kHz; others are left out.
fn read(file: &Path) -> Option<Vec<i16>> {
    let mut reader = hound::WavReader::open(file).ok()?;
    let spec = reader.spec();
    let fits = (spec.channels, spec.sample_rate, spec.bits_per_sample) == (1, 16_000, 16);
    fits.then(|| reader.samples().flatten().collect())
}

fn sample_call(side: Track) -> Voice {
    let samples = track(side);
    let turns = truth().0.into_iter().filter(|turn| turn.track == side);
    let phrases = turns.map(|turn| {
        let to = (turn.end_ms as usize * 16).min(samples.len());
        samples[turn.start_ms as usize * 16..to].to_vec()
    });
    Voice {
        name: format!("sample call, {side}"),
        phrases: phrases.collect(),
        human: false,
    }
}

/// The call's words in the voices of the synthesisers that are installed.
fn synthetic() -> Vec<Voice> {
    let said: Vec<String> = truth().0.into_iter().map(|turn| turn.text).collect();
    let espeak = ["en-us+f3", "en-gb", "de", "fr+f2", "es+m7"];
    let flite = ["slt", "rms", "awb", "kal16"];
    let speak = espeak
        .map(|voice| ("espeak-ng", vec!["-v", voice, "-w"]))
        .into_iter()
        .chain(flite.map(|voice| ("flite", vec!["-voice", voice, "-o"])));
    speak
        .filter_map(|(program, options)| {
            let phrases: Option<Vec<_>> = said
                .iter()
                .take(20)
                .map(|text| spoken(program, &options, text))
                .collect();
            Some(Voice {
                name: format!("{program} {}", options[1]),
                phrases: phrases?,
                human: false,
            })
        })
        .collect()
}

/// What a synthesiser says, brought to 16 kHz by `sox`.
fn spoken(program: &str, options: &[&str], text: &str) -> Option<Vec<i16>> {
    let folder = tempfile::tempdir().ok()?;
    let (raw, narrow) = (folder.path().join("a.wav"), folder.path().join("b.wav"));
    let mut command = Command::new(program);
    command.args(options).arg(&raw);
    match program {
        "flite" => command.args(["-t", text]),
        _ => command.arg(text),
    };
    let said = command.status().is_ok_and(|status| status.success());
    let convert = |from: &Path, to: &Path| {
        let mut sox = Command::new("sox");
        // Without dither, so that the set is the same every time.
        sox.arg("-D")
            .arg(from)
            .args(["-r", "16000", "-c", "1", "-b", "16"]);
        sox.arg(to).status().is_ok_and(|status| status.success())
    };
    (said && convert(&raw, &narrow)).then(|| read(&narrow))?
}

fn human() -> Vec<Voice> {
    entries(&set_folder().join("voices"))
        .iter()
        .filter_map(|folder| {
            let phrases = sounds(folder);
            Some(Voice {
                name: folder.file_name()?.to_string_lossy().into_owned(),
                phrases,
                human: true,
            })
        })
        .collect()
}

/// The quietest tenth of a second, in dB below the loudest.
fn background_db(phrase: &[i16]) -> f64 {
    let levels = phrase.chunks_exact(1_600).map(rms);
    let (least, most) = levels.fold((f64::MAX, 0.0f64), |(least, most), level| {
        (least.min(level), most.max(level))
    });
    20.0 * (least.max(0.1) / most.max(0.1)).log10()
}

impl Voice {
    /// Leaves out phrases in which nothing, or no more than a click, sounds, and those with a
    /// background that hides where the sound ends: their labels would be wrong.
    pub fn audible(mut self) -> Voice {
        self.phrases.retain(|phrase| {
            let sound = labels(phrase, 30);
            let sounds = sound.iter().map(|span| span.1 - span.0).sum::<u64>() >= LEAST_MS;
            sounds && background_db(phrase) < LEAST_DEPTH_DB
        });
        self
    }
}

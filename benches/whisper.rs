//! What a window costs the recogniser: milliseconds a window and the multiple of real time, by
//! length, threads and audio context. Another model than the bundled starter is taken from
//! `VERBATIM_BENCH_MODEL`; its windows then keep the full audio context.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use verbatim::engine::protocol::{AudioContext, Settings, VERSION, WordTimes};
use verbatim::engine::whisper::{Whisper, system_info};
use verbatim::text::Transcriber;

/// Decodes of each window; the first one warms up and does not count.
const ROUNDS: usize = 6;

fn main() {
    let model = std::env::var_os("VERBATIM_BENCH_MODEL").map(PathBuf::from);
    let contexts: &[AudioContext] = match model {
        Some(_) => &[AudioContext::Full],
        None => &[AudioContext::Fitted, AudioContext::Full],
    };
    let model = model.unwrap_or_else(|| repository("models/ggml-starter-q8_0.bin"));
    println!("{}, {}", Whisper::engine(), model.display());
    println!("{}", system_info());
    println!("window threads context   median    least    most   x real time");
    for &context in contexts {
        for threads in [1, 2] {
            let settings = Settings {
                version: VERSION,
                model: model.clone(),
                language: "en".into(),
                threads,
                workers: 1,
                audio_context: context,
                window_s: 15,
                word_times: WordTimes::Letters,
                glossary: Default::default(),
            };
            let mut whisper = Whisper::load(&settings).expect("the model loads").remove(0);
            for seconds in [5, 14] {
                row(&mut whisper, seconds, threads, context);
            }
        }
    }
}

/// Decodes speech of the sample call's participant and prints a line of figures.
fn row(whisper: &mut Whisper, seconds: usize, threads: u16, context: AudioContext) {
    let sound = speech();
    let window = &sound[63 * 16_000..][..seconds * 16_000];
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            whisper.transcribe(window).expect("the window is decoded");
            begun.elapsed()
        })
        .skip(1)
        .collect();
    times.sort_unstable();
    let median = times[times.len() / 2];
    println!(
        "{seconds:>4} s {threads:>7} {:<7} {:>6} ms {:>5} ms {:>5} ms {:>10.1}",
        format!("{context:?}"),
        median.as_millis(),
        times[0].as_millis(),
        times[times.len() - 1].as_millis(),
        seconds as f64 / median.as_secs_f64()
    );
}

fn speech() -> Vec<i16> {
    let path = repository("tests/fixtures/sample-call/system.flac");
    let mut reader = claxon::FlacReader::open(path).expect("the sample call");
    reader
        .samples()
        .map(|sample| sample.expect("a sample") as i16)
        .collect()
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

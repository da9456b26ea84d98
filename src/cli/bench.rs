//! `verbatim bench`: which way of sharing out the machine is fastest for a model.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use verbatim::audio::ANALYSIS_RATE;
use verbatim::batch::bench::{time, windows};
use verbatim::store::speeds::{self, Shape, Speed};
use verbatim::text::Limits;
use verbatim::{Error, ErrorKind, Result};

use super::args::ModelArgs;
use super::exit::Outcome;
use super::turns::VadArg;
use super::{recogniser, shape};
use crate::view::progress::Progress;

/// Windows that are decoded for each worker, so that the last ones, beside which workers stand idle,
/// weigh little.
const WINDOWS_EACH: usize = 3;

/// Fewest windows that are decoded.
const FEWEST_WINDOWS: usize = 4;

/// What windows of fewer threads may be slower by and still be chosen. Threads that share a window wait for
/// each other busily: on a machine that has other things to do, one that is kept off its core keeps all
/// waiting.
const ALIKE: f64 = 0.95;

/// How many times as long as the fastest way so far another may take before it is given up.
const MUCH_SLOWER: f64 = 1.5;

/// Arguments of `bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  verbatim bench interview.wav --model base.en
  verbatim bench interview.wav --model small --threads 4   leave the other cores alone

Decodes the first windows of speech of the recording in each way that fits the machine: so many windows
at a time, each by so many threads. A way that is much slower than another is given up before its end.
The fastest way is kept for this model and processor, and transcribe
and finish use it from then on. Close what else keeps the machine busy. The text never depends on it.")]
pub struct BenchArgs {
    /// A recording with some minutes of speech
    #[arg(value_name = "RECORDING")]
    file: PathBuf,

    /// Voice activity detector
    #[arg(long, value_enum, default_value_t)]
    vad: VadArg,

    #[command(flatten)]
    model: ModelArgs,
}

/// Measures, prints a table and keeps the fastest way.
///
/// # Errors
///
/// [`ErrorKind::Model`] when the model is missing or damaged, [`ErrorKind::BadAudio`] when the recording
/// cannot be read or nobody speaks in it, [`ErrorKind::Disk`] when the choice cannot be kept.
pub fn run(args: BenchArgs) -> Result<Outcome> {
    let located = recogniser::find(&args.model)?;
    let threads = args.model.threads.unwrap_or_else(shape::cores);
    let ways = shape::candidates(threads, &located.path);
    let most = ways.iter().map(|way| usize::from(way.workers)).max();
    let most = (most.unwrap_or(1) * WINDOWS_EACH).max(FEWEST_WINDOWS);
    let limits = Limits {
        window_samples: located.window_samples(),
    };
    let mut progress = Progress::new(false);
    let sounds = windows(&args.file, &args.vad.maker(), (limits, most), &mut progress)?;
    progress.close();
    let seconds = sounds.iter().map(Vec::len).sum::<usize>() as f64 / f64::from(ANALYSIS_RATE);
    let here = here(&located.name, sounds.len(), seconds);
    say(&here)?;
    let mut found: Vec<(Shape, f64)> = Vec::new();
    let mut most = Duration::MAX;
    let mut sha256 = String::new();
    for way in ways {
        let model = ModelArgs {
            threads: Some(way.workers * way.threads),
            ..args.model.clone()
        };
        let mut recogniser = recogniser::load_with(&model, Some(way.workers))?;
        let took = time(recogniser.transcriber.as_mut(), &sounds, most)?;
        let row = format!("{:>7}  {:>7}", way.workers, way.threads);
        match took {
            Some(took) => {
                let speed = seconds / took.as_secs_f64();
                say(&format!("{row}  {speed:>11.1}"))?;
                most = most.min(took.mul_f64(MUCH_SLOWER));
                found.push((way, speed));
            }
            None => {
                let speed = format!("< {:.1}", seconds / most.as_secs_f64());
                say(&format!("{row}  {speed:>11}  given up, it is much slower"))?;
            }
        }
        sha256 = recogniser.pass.model_sha256;
    }
    let (shape, real_time) = fastest(&found);
    let at = shape::here(&sha256);
    let speed = Speed {
        at,
        shape,
        real_time,
    };
    speeds::remember(&shape::file(), speed)?;
    say(&format!(
        "kept for this model: {} at a time, {} each",
        count(shape.workers, "window"),
        count(shape.threads, "thread")
    ))?;
    Ok(Outcome::Done)
}

fn here(model: &str, windows: usize, seconds: f64) -> String {
    format!(
        "{model} on {}, {}; {windows} windows, {seconds:.0} s of speech\n\
         workers  threads  x real time",
        speeds::processor(),
        count(shape::cores(), "core")
    )
}

fn count(number: u16, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// The fastest way; of those that are about as fast, the one with the fewest threads for a window.
fn fastest(found: &[(Shape, f64)]) -> (Shape, f64) {
    let best = found.iter().map(|(_, speed)| *speed).fold(0.0, f64::max);
    let alike = found.iter().filter(|(_, speed)| *speed >= best * ALIKE);
    let chosen = alike.min_by(|(a, x), (b, y)| a.threads.cmp(&b.threads).then(y.total_cmp(x)));
    chosen.copied().unwrap_or((
        Shape {
            workers: 1,
            threads: 1,
        },
        0.0,
    ))
}

fn say(line: &str) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Disk, "cannot write to standard output").because(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ways_that_are_alike_the_one_with_the_fewest_threads_for_a_window_is_chosen() {
        let way = |workers, threads| Shape { workers, threads };
        let found = [(way(1, 1), 5.0), (way(1, 2), 10.0), (way(2, 1), 9.6)];
        assert_eq!(fastest(&found), (way(2, 1), 9.6));
        let found = [(way(1, 1), 5.0), (way(1, 2), 10.0), (way(2, 1), 9.0)];
        assert_eq!(fastest(&found), (way(1, 2), 10.0));
    }
}

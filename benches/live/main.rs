//! Live captions as a user gets them: the sample call is played in real time through a private audio
//! server, `verbatim record --json` records it from virtual devices, and every line that it prints is
//! held against what was said and when (`tests/fixtures/sample-call/words.json`).
//!
//! ```text
//! make bench-live                                  once, on the machine as it is
//! make bench-live ARGS="--times 3"                 with the spread of three runs
//! make bench-live ARGS="--busy 2"                  beside two busy loops, until the text is complete
//! make bench-live ARGS="--cpu 20%"                 with an allowance
//! make bench-live ARGS="--joins 2"                 joins of words with finals by every rhythm, not in real time
//! make bench-live ARGS="--model /path/to/ggml-base.bin"     (scripts/whisper-weights.py obtains base)
//! ```
//!
//! Exits with 1 when a figure that must be 0 is not, or an allowance was not kept.
#![cfg(target_os = "linux")]

#[path = "../../tests/support/mod.rs"]
mod support;

mod batch;
mod call;
mod figures;
mod joins;
mod load;
mod report;
mod words;

use std::process::ExitCode;

use call::Plan;
use figures::Figures;

fn main() -> ExitCode {
    let plan = match options(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("live: {message}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    report::machine(&plan);
    if let Some(threads) = plan.joins {
        let rhythms = joins::measure(&batch::model(&plan.model), threads);
        report::rhythms(&rhythms);
        let faults = rhythms.iter().map(|rhythm| rhythm.joins.faults.len());
        return ExitCode::from(u8::from(faults.sum::<usize>() > 0));
    }
    let runs: Vec<Figures> = (1..=plan.times)
        .map(|time| {
            let recorded = call::run(&plan);
            let figures = Figures::of(&recorded);
            report::run(time, &plan, &figures);
            figures
        })
        .collect();
    if runs.len() > 1 {
        report::spread(&runs);
    }
    let faults = report::faults(&plan, &runs);
    match faults.is_empty() {
        true => ExitCode::SUCCESS,
        false => {
            faults.iter().for_each(|fault| println!("FAULT: {fault}"));
            ExitCode::from(1)
        }
    }
}

const USAGE: &str = "usage: live [--times N] [--busy N] [--cpu SHARE] [--joins THREADS] [--model starter|FILE] [--keep DIR]";

fn options(mut args: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan = Plan::default();
    while let Some(arg) = args.next() {
        if arg == "--bench" {
            // Cargo says so to every benchmark.
            continue;
        }
        let value = args.next().ok_or(format!("{arg} needs a value"))?;
        let number = || value.parse().map_err(|_| format!("{arg} needs a number"));
        match arg.as_str() {
            "--times" => plan.times = number()?,
            "--busy" => plan.busy = number()?,
            "--cpu" => plan.cpu = Some(percent(&value)?),
            "--joins" => plan.joins = Some(number()?),
            "--model" => plan.model = value,
            "--keep" => plan.keep = Some(value.into()),
            _ => return Err(format!("{arg} is not known")),
        }
    }
    Ok(plan)
}

fn percent(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.strip_suffix('%').and_then(|n| n.parse().ok());
    number
        .map(|n| n / 100.0)
        .ok_or(format!("{text} is no share such as 50%"))
}

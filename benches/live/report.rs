//! The figures, printed.

use std::collections::BTreeMap;

use super::call::Plan;
use super::figures::{Figures, quantile};
use super::joins::Rhythm;
use super::load::{load_average, processor, processors};
use verbatim::engine::whisper::{Whisper, system_info};

/// How far over its allowance the recogniser may be, as a share of the machine.
const TOLERANCE: f64 = 0.10;

/// What was measured on what.
pub fn machine(plan: &Plan) {
    println!(
        "{}, {} processors, load {}",
        processor(),
        processors(),
        load_average()
    );
    println!("{}: {}", Whisper::engine(), system_info());
    println!(
        "model {}, {} busy loops, allowance {}",
        plan.model,
        plan.busy,
        plan.cpu.map_or("none".into(), percent)
    );
}

/// The figures of one call.
pub fn run(time: usize, plan: &Plan, f: &Figures) {
    println!(
        "\nrun {time} of {}, load {} at its end",
        plan.times,
        load_average()
    );
    println!(
        "  {:<44}{:>9}{:>9}{:>9}",
        "milliseconds after it was spoken", "median", "p95", "most"
    );
    delays("word first shown", &f.shown);
    delays("  until the look that shows it begins", &f.until_look);
    delays("  that look's decode", &f.of_look);
    delays("word committed", &f.committed);
    delays("text of a phrase final, after its last word", &f.finals);
    delays("  until it is known to be over", &f.until_known);
    delays("  then until its text (below 0: begun before)", &f.of_text);
    delays("decode of an utterance alone, after the call", &f.decode);
    line(
        "words shown, of those spoken",
        format!("{} of {}", f.shown.len(), f.spoken),
    );
    line(
        "shown words later changed",
        format!(
            "{} of {} ({})",
            f.later_changed,
            f.ever_shown,
            percent(changed(f))
        ),
    );
    line("partials", f.partials.to_string());
    line(
        "committed words changed (must be 0)",
        f.committed_changed.to_string(),
    );
    line(
        "words lost, doubled at joins (must be 0)",
        format!("{}, {} of {}", f.joins.lost, f.joins.doubled, f.compared),
    );
    line(
        "places worded otherwise than alone",
        f.joins.reworded.to_string(),
    );
    f.joins
        .differences
        .iter()
        .for_each(|difference| println!("    {difference}"));
    line("samples lost (must be 0)", f.lost_samples.to_string());
    line(
        "utterances deferred; speech without text",
        format!("{}; {} ms", f.deferred, f.untranscribed_ms),
    );
    line(
        "looks begun before text that waited (must be 0)",
        f.out_of_order.to_string(),
    );
    line(
        "longest wait of an utterance",
        format!("{} ms", f.behind_ms),
    );
    line(
        "last text after the end of the call",
        format!("{} ms", f.caught_up_ms),
    );
    line(
        "processors used, recogniser alone",
        format!("{:.2}, {:.2}", f.all, f.recogniser),
    );
    line(
        "recogniser's share of the machine, most over 20 s",
        format!("{}, {}", percent(f.share), percent(f.most_share)),
    );
    line(
        "call begins after the player; tracks apart",
        format!("{} ms; {} ms", f.begun_ms, f.apart_ms),
    );
    line("exit code", format!("{:?}", f.code));
    if plan.busy > 0 || plan.cpu.is_some() {
        println!(
            "  {:<10}{:>9}{:>9}{:>12}",
            "second", "partials", "finals", "behind, ms"
        );
        for (quarter, (partials, finals, behind)) in f.course.iter().enumerate() {
            println!("  {:<10}{partials:>9}{finals:>9}{behind:>12}", quarter * 15);
        }
    }
}

/// Least, median and most of the figures over several calls.
pub fn spread(runs: &[Figures]) {
    println!(
        "\nover {} runs{:>38}{:>9}{:>9}",
        runs.len(),
        "least",
        "median",
        "most"
    );
    let row = |name: &str, of: &dyn Fn(&Figures) -> i64| {
        let mut values: Vec<i64> = runs.iter().map(of).collect();
        values.sort_unstable();
        let (least, most) = (values[0], values[values.len() - 1]);
        println!(
            "  {name:<40}{least:>7}{:>9}{most:>9}",
            quantile(&values, 0.5)
        );
    };
    row("first shown, median", &|f| quantile(&f.shown, 0.5));
    row("first shown, p95", &|f| quantile(&f.shown, 0.95));
    row("committed, median", &|f| quantile(&f.committed, 0.5));
    row("committed, p95", &|f| quantile(&f.committed, 0.95));
    row("final, median", &|f| quantile(&f.finals, 0.5));
    row("final, p95", &|f| quantile(&f.finals, 0.95));
    row("shown words later changed, per mille", &|f| {
        (changed(f) * 1_000.0) as i64
    });
    row("recogniser, per cent of one processor", &|f| {
        (f.recogniser * 100.0) as i64
    });
    row("all, per cent of one processor", &|f| {
        (f.all * 100.0) as i64
    });
}

/// Joins by rhythm.
pub fn rhythms(rhythms: &[Rhythm]) {
    println!(
        "\n{:<22}{:>11}{:>9}{:>7}{:>9}{:>19}",
        "time between looks", "utterances", "words", "lost", "doubled", "worded otherwise"
    );
    for rhythm in rhythms {
        let joins = &rhythm.joins;
        println!(
            "{:<22}{:>11}{:>9}{:>7}{:>9}{:>19}",
            format!("{} ms", rhythm.step_ms),
            rhythm.ends,
            rhythm.words,
            joins.lost,
            joins.doubled,
            joins.reworded
        );
    }
    let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in rhythms.iter().flat_map(|rhythm| &rhythm.joins.faults) {
        *faults.entry(fault).or_default() += 1;
    }
    for (fault, times) in faults {
        println!("  {times:>3} times: {fault}");
    }
}

/// What must not be.
pub fn faults(plan: &Plan, runs: &[Figures]) -> Vec<String> {
    let mut faults = Vec::new();
    for (f, time) in runs.iter().zip(1..) {
        let mut never = |what: &str, count: i64| {
            if count != 0 {
                faults.push(format!("run {time}: {what}: {count}"));
            }
        };
        never("committed words changed", f.committed_changed as i64);
        never("words lost at joins", f.joins.lost as i64);
        never("words doubled at joins", f.joins.doubled as i64);
        never("looks before text that waited", f.out_of_order as i64);
        never("samples lost", f.lost_samples);
        never("milliseconds of speech without text", f.untranscribed_ms);
        if let Some(share) = plan.cpu
            && f.most_share > share + TOLERANCE
        {
            let most = percent(f.most_share);
            faults.push(format!(
                "run {time}: {most} of the machine used of {} allowed",
                percent(share)
            ));
        }
    }
    faults
}

fn delays(name: &str, sorted: &[i64]) {
    let most = sorted.last().copied().unwrap_or(0);
    let (median, p95) = (quantile(sorted, 0.5), quantile(sorted, 0.95));
    println!("  {name:<44}{median:>9}{p95:>9}{most:>9}");
}

fn line(name: &str, value: String) {
    println!("  {name:<52}{value:>19}");
}

fn changed(f: &Figures) -> f64 {
    f.later_changed as f64 / f.ever_shown.max(1) as f64
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

//! How well voice activity is found, and at what cost: a labelled set of calls under noise, music,
//! echo and other voices, heard by every detector. `docs/VAD.md` tells what the figures mean and what
//! they were.
//!
//! `cargo bench --bench vad`; `scripts/vad-set.sh` fetches recordings of people and music for it.

mod score;
mod set;
mod silero;
#[path = "../../tests/support/hearing.rs"]
mod support;
mod voices;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use score::Tally;
use support::{archive, in_ms, spans_by};
use verbatim::engine::neural::Neural;
use verbatim::engine::webrtc::WebRtc;
use verbatim::voice::Detector;

/// What finds spans, in milliseconds, in samples at 16 kHz.
type Finder = fn(&[i16]) -> Vec<(u64, u64)>;

const FINDERS: [(&str, Finder); 3] = [
    ("webrtc", |samples| found(Box::new(WebRtc::new()), samples)),
    ("neural", |samples| {
        found(Box::new(Neural::new().expect("the weights")), samples)
    }),
    ("raw Silero", silero::spans),
];

fn found(detector: Box<dyn Detector>, samples: &[i16]) -> Vec<(u64, u64)> {
    in_ms(&spans_by(detector, &archive(samples)))
}

fn main() {
    let voices: Vec<_> = voices::voices()
        .into_iter()
        .map(voices::Voice::audible)
        // A voice without a phrase would be silence where others are heard beside it.
        .filter(|voice| !voice.phrases.is_empty())
        .collect();
    let people = voices.iter().filter(|voice| voice.human).count();
    println!("{} voices, {people} of them people's", voices.len());
    for voice in &voices {
        println!("- {}: {} phrases", voice.name, voice.phrases.len());
    }
    let mut tallies: BTreeMap<(String, usize), Tally> = BTreeMap::new();
    let mut costs = [(Duration::ZERO, 0u64); FINDERS.len()];
    for case in set::cases(&voices).chain(set::noises()) {
        for (n, (_, find)) in FINDERS.iter().enumerate() {
            let began = Instant::now();
            let spans = find(&case.samples);
            costs[n].0 += began.elapsed();
            costs[n].1 += case.truth.length_ms;
            let tally = tallies.entry((case.row.clone(), n)).or_default();
            tally.add(&spans, &case.truth);
        }
    }
    println!(
        "\n| what | detector | F1 | precision | recall | onset ms, median / p95 | offset ms, median / p95 | clipped | missed | false a minute |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for ((row, n), tally) in tallies
        .iter()
        .filter(|((row, _), _)| row.contains(", ") && !row.starts_with("Hold"))
    {
        println!("| {row} | {} | {} |", FINDERS[*n].0, tally.line());
    }
    println!("\n| ten minutes of | detector | called speech | spans |");
    println!("|---|---|---|---|");
    for ((row, n), tally) in tallies
        .iter()
        .filter(|((row, _), _)| !row.contains(", ") || row.starts_with("Hold"))
    {
        println!("| {row} | {} | {} |", FINDERS[*n].0, tally.noise_line());
    }
    println!("\n| detector | x real time, one core |");
    println!("|---|---|");
    for ((name, _), (time, length_ms)) in FINDERS.iter().zip(costs) {
        println!(
            "| {name} | {:.0} |",
            length_ms as f64 / 1_000.0 / time.as_secs_f64()
        );
    }
}

//! Sessions made of words by a seed, for what looks through many of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// Words that sessions are made of, some of them seldom.
const WORDS: [&str; 24] = [
    "we",
    "copied",
    "the",
    "numbers",
    "by",
    "hand",
    "every",
    "week",
    "thirteen",
    "hours",
    "Excel",
    "sheet",
    "cafés",
    "Żółw",
    "price",
    "invoice",
    "会議に参加",
    "don't",
    "1,200",
    "spread",
    "sheets",
    "maybe",
    "export",
    "naïve",
];

/// A small generator of numbers that are the same everywhere.
pub struct Seed(pub u64);

impl Seed {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    pub fn words(&mut self, count: usize) -> Vec<&'static str> {
        // Later words of the list are said seldom.
        let mut word = || WORDS[self.below(WORDS.len()).min(self.below(WORDS.len()))];
        (0..count).map(|_| word()).collect()
    }
}

fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/session");
    let text = fs::read_to_string(path.join(name)).expect("a fixture");
    serde_json::from_str(&text).expect("JSON")
}

/// A segment of ten words or so.
fn segment(n: usize, seed: &mut Seed) -> Value {
    let (track, speaker) = [("mic", "sp1"), ("system", "sp2")][usize::from(seed.below(3) > 0)];
    let start = n as u64 * 5_000;
    let count = 6 + seed.below(9);
    let words = seed.words(count);
    let timed = words.iter().enumerate().map(|(w, text)| {
        let from = start + w as u64 * 300;
        json!({
            "id": format!("w{:06}", n * 20 + w), "text": text, "start_ms": from,
            "end_ms": from + 280, "probability": 0.9,
        })
    });
    json!({
        "id": format!("s{n:04}"), "track": track, "speaker": speaker, "start_ms": start,
        "end_ms": start + 4_500, "text": words.join(" "), "utterance": format!("u{n:04}"),
        "pass": "p1", "avg_logprob": -0.2, "no_speech_prob": 0.01,
        "words": timed.collect::<Vec<_>>(),
    })
}

fn marker(n: usize, segments: usize, seed: &mut Seed) -> Value {
    let at = seed.below(segments.max(1)) as u64 * 5_000 + 2_000;
    let kind = ["pain", "quote", "idea"][seed.below(3)];
    let tag = ["weekly report", "pricing"][seed.below(2)];
    let mut marker = json!({
        "id": format!("m{n:04}"), "kind": kind, "t_ms": at,
        "start_ms": at.saturating_sub(4_000), "end_ms": at + 3_000, "tags": [tag],
    });
    if seed.below(3) > 0 {
        marker["note"] = json!(seed.words(4).join(" "));
    }
    marker
}

/// Makes a session of `segments` segments in `dir`; its number gives its day and its name. What was
/// there of that number is replaced. Its files look as if they had lain there for an hour.
pub fn session(dir: &Path, number: usize, segments: usize, seed: &mut Seed) -> PathBuf {
    let (month, day) = (1 + number / 28 % 12, 1 + number % 28);
    let title = format!("Call {number} about {}", seed.words(2).join(" "));
    let path = dir.join(format!("2026-{month:02}-{day:02}-1405-call-{number}"));
    fs::create_dir_all(&path).expect("a folder");
    let mut manifest = fixture("session.json");
    manifest["id"] = json!(format!("019aabcd-0000-7000-8000-{number:012}"));
    manifest["title"] = json!(title);
    manifest["started_at"] = json!(format!("2026-{month:02}-{day:02}T14:05:33.120+01:00"));
    let mut transcript = fixture("transcript.json");
    transcript["segments"] = (0..segments).map(|n| segment(n, seed)).collect();
    let mut markers = fixture("markers.json");
    let count = 1 + segments / 20;
    markers["markers"] = (1..=count).map(|n| marker(n, segments, seed)).collect();
    write(&path, "events.ndjson", "{}\n");
    write(&path, "session.json", &manifest.to_string());
    write(&path, "transcript.json", &transcript.to_string());
    write(&path, "markers.json", &markers.to_string());
    path
}

fn write(session: &Path, name: &str, text: &str) {
    let path = session.join(name);
    fs::write(&path, text).expect("a document");
    age(&path, 3_600);
}

/// Makes a file look as if it had last changed that many seconds ago.
pub fn age(path: &Path, seconds: u64) {
    let file = fs::File::options().append(true).open(path).expect("a file");
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
        .expect("a time");
}

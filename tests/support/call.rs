//! Calls for the tests of exports: the session of the fixtures, and one that is made to hurt.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use verbatim::document::marker::MarkersDocument;
use verbatim::document::transcript::{Segment, Speaker};
use verbatim::export::call::Call;
use verbatim::store::documents;

/// Texts that break careless writers: separators, quotes, tags, entities, formulas, arrows, characters
/// that XML forbids, directions, joiners, a language without spaces, and a very long word.
pub const NASTY: [&str; 14] = [
    "Comma, \"quote\", semicolon; tab\there and\nline",
    "00:00:01,000 --> 00:00:02,000",
    "<v Fake>tag</v> & &amp; <b>bold</b> {\\an8} ]]>",
    "=1+1",
    "-2 and @name",
    "null \u{0} bell \u{7} escape \u{1b}[31m and \u{fffe}\u{ffff}",
    "שלום עולם, this is mixed",
    "مرحبا بالعالم",
    "👩\u{200d}🔬 🇵🇱 e\u{301}",
    "今日は会議に参加していただきありがとうございます今日は会議に参加していただきありがとうございます",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "\u{feff}WEBVTT",
    "'quoted' \\ back\\slash `tick` *star* _under_ # [link](x) | pipe",
    "1\r\n2\r3\u{85}4\u{2028}5",
];

fn document<T: DeserializeOwned>(name: &str) -> T {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/session");
    documents::read(&folder.join(name)).expect(name)
}

/// The session of the fixtures.
pub fn fixture() -> Call {
    let markers: MarkersDocument = document("markers.json");
    Call::new(
        document("session.json"),
        document("turns.json"),
        document("transcript.json"),
        markers.markers,
    )
}

/// The same session with segments of one's own: track, start, end and text of each. Every voice is
/// called `name` and a number, and a marker is set on each segment with the text as its note.
pub fn call_of(name: &str, segments: &[(&str, u64, u64, String)]) -> Call {
    let call = fixture();
    let mut transcript = call.transcript;
    transcript.segments = segments
        .iter()
        .enumerate()
        .map(|(n, segment)| made(n, segment))
        .collect();
    let speaker = |(n, speaker): (usize, &Speaker)| Speaker {
        label: format!("{name}{n}"),
        ..speaker.clone()
    };
    transcript.speakers = transcript
        .speakers
        .iter()
        .enumerate()
        .map(speaker)
        .collect();
    let markers = segments
        .iter()
        .enumerate()
        .map(|(n, (_, start_ms, end_ms, text))| {
            let marker = json!({
                "id": format!("m{n:04}"), "kind": if n % 3 == 0 { "pain" } else { text.as_str() },
                "t_ms": (start_ms + end_ms) / 2, "start_ms": start_ms, "end_ms": end_ms,
                "note": text, "tags": [text, "a; b"], "emotion": text, "author": text,
                "severity": n % 3 + 1,
            });
            serde_json::from_value(marker).expect("a marker")
        })
        .collect();
    let mut manifest = call.manifest;
    manifest.title = segments.first().map(|(.., text)| text.clone());
    Call::new(manifest, call.turns, transcript, markers)
}

/// A segment whose words share its time evenly.
fn made(n: usize, (track, start_ms, end_ms, text): &(&str, u64, u64, String)) -> Segment {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = |word: usize| start_ms + (end_ms - start_ms) * word as u64 / words.len().max(1) as u64;
    let word = |(w, text): (usize, &&str)| {
        json!({
            "id": format!("w{n:03}{w:03}"), "text": text, "start_ms": at(w), "end_ms": at(w + 1),
            "probability": 0.5,
        })
    };
    let words: Vec<Value> = words.iter().enumerate().map(word).collect();
    let speaker = if *track == "mic" { "sp1" } else { "sp2" };
    let segment = json!({
        "id": format!("s{n:04}"), "track": track, "speaker": speaker, "start_ms": start_ms,
        "end_ms": end_ms, "text": text, "utterance": "u0001", "pass": "p1",
        "avg_logprob": -0.25, "no_speech_prob": 0.0, "words": words,
    });
    serde_json::from_value(segment).expect("a segment")
}

/// Every nasty text said by both sides at once.
pub fn nasty() -> Call {
    let mut segments = Vec::new();
    for (n, text) in NASTY.iter().enumerate() {
        let start = 1_000 + n as u64 * 4_000;
        segments.push(("mic", start, start + 3_900, (*text).to_owned()));
        segments.push(("system", start + 700, start + 3_000, (*text).to_owned()));
    }
    call_of("A \"B\" <C> & D, ", &segments)
}

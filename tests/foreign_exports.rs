//! Exports read by other people's readers: `tests/foreign/check.py`, with the packages that
//! `scripts/setup.sh test` installs under `target/foreign`.
//!
//! Without them the test says so and passes, unless `VERBATIM_REQUIRE_FOREIGN` is set, as `make test`
//! does.

#[path = "support/call.rs"]
mod call;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use verbatim::document::guide::GuideCoverage;
use verbatim::export::FORMATS;
use verbatim::export::call::Call;
use verbatim::export::csv::ByteOrderMark;

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Writes every export of a call, and what readers must find in them.
fn write(call: &Call, folder: &Path) {
    fs::create_dir(folder).expect("a folder");
    for format in FORMATS {
        let bytes = format.write(call, ByteOrderMark::Auto).expect(format.name);
        fs::write(folder.join(format.file), bytes).expect("an export");
    }
    let said = call.said.iter().map(|said| {
        json!({
            "speaker": call.voice(said).label, "start_ms": said.start_ms, "end_ms": said.end_ms,
            "text": said.text,
        })
    });
    let expected = json!({
        "title": call.title(),
        "labels": call.voices.iter().map(|voice| &voice.label).collect::<Vec<_>>(),
        "said": said.collect::<Vec<_>>(),
        "markers": call.markers.len(),
        "questions": call.guide.iter().flat_map(|g| &g.items).map(|i| &i.ask).collect::<Vec<_>>(),
        "files": FORMATS.iter().map(|format| format.file).collect::<Vec<_>>(),
    });
    fs::write(folder.join("expected.json"), expected.to_string()).expect("what is expected");
}

/// A guide of which one question was ticked, one sounds asked, and one is a formula.
fn guide() -> GuideCoverage {
    let item = |id: &str, ask: &str| json!({ "id": id, "phase": "Today", "ask": ask });
    let mut items = [
        item("g1", "How is the report made?"),
        item("g2", "How often?"),
        item("g2.1", "=What, \"if\" not?"),
    ];
    items[0]["ticked_ms"] = 12_000.into();
    items[1]["hint"] = json!({
        "text": "How often does that happen?", "rules": ["guide.words"], "score": 0.5,
        "evidence": {
            "track": "mic", "speaker": "sp1", "start_ms": 32_585, "end_ms": 34_347,
            "segments": ["s0009"], "words": [],
        },
    });
    items[2]["follows"] = "g2".into();
    serde_json::from_value(json!({
        "questions": 2, "ticked": 1, "hinted": 1, "items": items,
    }))
    .expect("a guide")
}

#[test]
fn foreign_readers_find_what_was_said() {
    let python = repository("target/foreign/bin/python");
    if !python.exists() {
        let needed = std::env::var_os("VERBATIM_REQUIRE_FOREIGN").is_some();
        assert!(
            !needed,
            "no {}: run scripts/setup.sh test",
            python.display()
        );
        eprintln!("SKIPPED: the readers are not installed; scripts/setup.sh test does it");
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let folders = ["fixture", "nasty"].map(|name| dir.path().join(name));
    write(&call::fixture().with_guide(Some(guide())), &folders[0]);
    write(&call::nasty(), &folders[1]);
    let output = Command::new(&python)
        .arg(repository("tests/foreign/check.py"))
        .args(&folders)
        .output()
        .expect("python starts");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

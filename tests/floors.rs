//! The house keeps its floors: imports go down only, doors do not know each other, and each foreign
//! crate stays where it belongs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors from the ground up; a module may import from its own room and from lower floors.
const FLOORS: &[(&str, u8)] = &[
    ("error", 0),
    ("time", 0),
    ("audio", 0),
    ("event", 0),
    ("document", 0),
    ("dsp", 1),
    ("voice", 1),
    ("text", 1),
    ("insight", 1),
    ("mark", 1),
    ("clip", 1),
    ("export", 1),
    ("guard", 1),
    ("library", 1),
    ("redact", 1),
    ("capture", 2),
    ("clock", 2),
    ("import", 2),
    ("engine", 2),
    ("store", 2),
    ("models", 2),
    ("control", 2),
    ("session", 3),
    ("batch", 4),
    ("cli", 5),
    ("view", 5),
    ("main", 5),
];

/// Foreign crates and the only paths, from `src`, in which their names may appear.
const FENCES: &[(&str, &[&str])] = &[
    ("cpal", &["capture/"]),
    ("pulseaudio", &["capture/"]),
    ("rtrb", &["capture/"]),
    ("whisper_rs", &["engine/whisper"]),
    ("webrtc_vad", &["engine/webrtc.rs"]),
    ("realfft", &["engine/neural/spectrum.rs"]),
    ("hound", &["store/"]),
    ("flacenc", &["store/flac.rs"]),
    ("symphonia", &["import/media", "store/flac.rs"]),
    ("opus_pure", &["import/opus.rs", "store/clip/opus.rs"]),
    ("rubato", &["dsp/"]),
    ("sonora_aec3", &["dsp/aec.rs"]),
    ("ureq", &["models/"]),
    (
        "sha2",
        &["models/", "import/", "store/clip.rs", "store/windows.rs"],
    ),
    (
        "toml",
        &[
            "mark/kinds.rs",
            "insight/rules/file.rs",
            "insight/guide/file.rs",
        ],
    ),
    ("unicode_segmentation", &["insight/words.rs"]),
    ("zip", &["export/package.rs"]),
    ("resvg", &["export/timeline/png.rs"]),
    ("unicode_normalization", &["library/fold.rs"]),
    ("jiff", &["clock.rs", "store/folder.rs"]),
    (
        "tokio",
        &["control/windows", "session/", "cli/", "view/", "main.rs"],
    ),
    ("interprocess", &["control/windows"]),
    ("widestring", &["control/windows"]),
    ("clap", &["cli/", "main.rs"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/"]),
    ("crossterm", &["cli/", "view/"]),
    ("indicatif", &["cli/", "view/"]),
    ("unicode_width", &["view/"]),
];

/// Words that a room must not contain: it has no thread, clock, file or channel.
const NOT_IN_ROOMS: &[&str] = &[
    "std::fs",
    "std::thread",
    "std::net",
    "std::process",
    "std::env",
    "Instant::now",
    "SystemTime::now",
    "mpsc",
    "println!",
    "eprintln!",
];

/// Longest file in lines, tests included. A soft cap: files listed here are tables.
const MAX_LINES: usize = 420;
const LONG_TABLES: &[&str] = &[];

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut queue = vec![root.clone()];
    while let Some(dir) = queue.pop() {
        for entry in fs::read_dir(&dir).expect("src can be read") {
            let path: PathBuf = entry.expect("entry can be read").path();
            if path.is_dir() {
                queue.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path
                    .strip_prefix(&root)
                    .expect("inside src")
                    .to_string_lossy();
                let text = fs::read_to_string(&path).expect("source is text");
                found.push((name.into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The room a file belongs to: its folder, or its own stem at the top of `src`.
fn room(file: &str) -> &str {
    file.split('/')
        .next()
        .unwrap_or(file)
        .trim_end_matches(".rs")
}

/// Code of a file without comments and without what follows its `#[cfg(test)]`.
fn code(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]").next().unwrap_or(text);
    shipped
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Top-level names that follow `prefix`, with a brace group opened up.
fn names_after(code: &str, prefix: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = rest.find(prefix) {
        rest = &rest[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.insert(first_word(&word));
                        word.clear();
                    }
                    _ => word.push(c),
                }
            }
            names.insert(first_word(&word));
        } else {
            names.insert(first_word(rest));
        }
    }
    names
}

fn first_word(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn imports_go_down_and_doors_do_not_know_each_other() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let own = room(&file);
        if own == "lib" {
            continue;
        }
        let Some(here) = floor(own) else {
            faults.push(format!("{file}: {own} stands on no floor"));
            continue;
        };
        let code = code(&text);
        let mut used = names_after(&code, "crate::");
        used.extend(names_after(&code, "verbatim::"));
        for name in used {
            let Some(there) = floor(&name) else { continue };
            let sibling = name != own && there == here;
            if there > here || (sibling && here == 2) {
                faults.push(format!("{file} imports {name}"));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "upward or sideways imports:\n{}",
        faults.join("\n")
    );
}

#[test]
fn foreign_crates_stay_inside_their_fences() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let code = code(&text);
        for (name, fences) in FENCES {
            let used =
                code.contains(&format!("{name}::")) || code.contains(&format!("use {name};"));
            if used && !fences.iter().any(|fence| file.starts_with(fence)) {
                faults.push(format!("{file} uses {name}"));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "crates outside their fences:\n{}",
        faults.join("\n")
    );
}

#[test]
fn rooms_and_ground_are_pure() {
    let mut faults = Vec::new();
    for (file, text) in sources() {
        if floor(room(&file)).is_none_or(|f| f > 1) {
            continue;
        }
        let code = code(&text);
        for word in NOT_IN_ROOMS {
            if code.contains(word) {
                faults.push(format!("{file} mentions {word}"));
            }
        }
    }
    assert!(faults.is_empty(), "impure rooms:\n{}", faults.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(file, text)| {
            text.lines().count() > MAX_LINES && !LONG_TABLES.contains(&file.as_str())
        })
        .map(|(file, text)| format!("{file}: {} lines", text.lines().count()))
        .collect();
    assert!(
        long.is_empty(),
        "which two rooms are in there?\n{}",
        long.join("\n")
    );
}

#[test]
fn every_file_is_reached_by_a_mod_line() {
    let all = sources();
    let mut lost = Vec::new();
    for (file, _) in &all {
        let path = Path::new(file);
        let stem = path.file_stem().expect("a name").to_string_lossy();
        if file == "lib.rs" || file == "main.rs" {
            continue;
        }
        let (parents, name) = if stem == "mod" {
            let dir = path.parent().expect("a folder");
            let above = dir.parent().unwrap_or(Path::new(""));
            (
                parents_of(above),
                dir.file_name().expect("a name").to_string_lossy(),
            )
        } else {
            (parents_of(path.parent().unwrap_or(Path::new(""))), stem)
        };
        let declared = all.iter().any(|(other, text)| {
            parents.iter().any(|p| p == other)
                && text
                    .lines()
                    .any(|line| line.trim_end().ends_with(&format!("mod {name};")))
        });
        if !declared {
            lost.push(file.clone());
        }
    }
    assert!(
        lost.is_empty(),
        "files that no mod line reaches:\n{}",
        lost.join("\n")
    );
}

/// Files that may declare the modules in `dir`.
fn parents_of(dir: &Path) -> Vec<String> {
    if dir.as_os_str().is_empty() {
        return vec!["lib.rs".into(), "main.rs".into()];
    }
    let dir = dir.to_string_lossy();
    vec![format!("{dir}/mod.rs"), format!("{dir}.rs")]
}

#[test]
fn the_library_and_the_program_forbid_unsafe_code() {
    for file in ["lib.rs", "main.rs"] {
        let (_, text) = sources()
            .into_iter()
            .find(|(name, _)| name == file)
            .expect("the file exists");
        assert!(text.contains("#![forbid(unsafe_code)]"), "{file}");
    }
}

/// Without its feature the program isn't built, and a test that starts it would find whatever an
/// earlier build left behind, or on a clean checkout nothing.
#[test]
fn tests_that_start_the_program_wait_for_its_feature() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the manifest is text");
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let listed = manifest["test"].as_array().expect("tests are listed");
    let needs_program = |name: &str| {
        listed
            .iter()
            .filter(|test| test["name"].as_str() == Some(name))
            .filter_map(|test| test.get("required-features")?.as_array())
            .any(|features| features.iter().any(|f| f.as_str() == Some("cli")))
    };
    let mut starting = 0;
    for entry in fs::read_dir(root.join("tests")).expect("tests can be read") {
        let path = entry.expect("entry can be read").path();
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = fs::read_to_string(&path).expect("a test is text");
        let starts = text.contains("CARGO_BIN_EXE_") || text.contains("verbatim(");
        if name != "floors" && starts {
            starting += 1;
            assert!(
                needs_program(&name),
                "tests/{name}.rs starts the program and does not ask for `cli`"
            );
        }
    }
    assert!(starting > 10, "only {starting} tests start the program");
}

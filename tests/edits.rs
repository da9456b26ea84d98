//! What people change of a transcript after the call: words, speakers, and what must not leave it. The
//! sample call, transcribed with the starter, as its users meet it.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use serde_json::Value;
use support::measure::array;
use support::program::{
    count, events, expect_code, json, only_session, run, sample_call, stderr, stdout, verbatim, wav,
};

use verbatim::store::folder::SessionFolder;

/// The sample call, transcribed once.
fn transcribed() -> &'static Path {
    static SESSIONS: OnceLock<tempfile::TempDir> = OnceLock::new();
    let dir = SESSIONS.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let files = [sample_call("mic.flac"), sample_call("system.flac")];
        expect_code(&run(verbatim(dir.path()).arg("transcribe").args(files)), 0);
        dir
    });
    dir.path()
}

/// A copy of that session in a folder of its own.
fn session() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let to = dir.path().join("2026-11-22-1405-sample-call");
    copy(&only_session(transcribed()), &to);
    (dir, to)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let copied = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &copied),
            false => drop(fs::copy(&path, copied).expect("a copy")),
        }
    }
}

fn command(dir: &Path, arguments: &[&str]) -> Output {
    run(verbatim(dir).args(arguments))
}

fn done(dir: &Path, arguments: &[&str]) -> String {
    let output = command(dir, arguments);
    expect_code(&output, 0);
    stdout(&output)
}

/// Every document of a session, before and after a rebuild.
fn survives_a_rebuild(dir: &Path, session: &Path) {
    let documents = || {
        let names = [
            "session.json",
            "turns.json",
            "transcript.json",
            "stats.json",
            "markers.json",
            "clips.json",
            "corrections.json",
            "redactions.json",
        ];
        names.map(|name| fs::read(session.join(name)).ok())
    };
    let before = documents();
    done(dir, &["rebuild", "last"]);
    assert!(documents() == before, "a rebuild changes a document");
}

/// The first segment of the participant that has at least `words` words.
fn segment(session: &Path, words: usize) -> Value {
    let transcript = json(&session.join("transcript.json"));
    let mut segments = array(&transcript["segments"]);
    let fits = |s: &&Value| s["track"] == "system" && array(&s["words"]).count() >= words;
    segments.find(fits).expect("a segment").clone()
}

#[test]
fn corrections_lie_over_what_was_recognised_and_can_be_taken_back() {
    let (dir, session) = session();
    let raw = fs::read(session.join("transcript.json")).expect("a transcript");
    let segment = segment(&session, 5);
    let id = segment["id"].as_str().expect("an id");
    let said = segment["text"].as_str().expect("text");
    let words: Vec<&str> = said.split(' ').collect();
    // The second word was misheard, and one was left out behind it.
    let mut right = words.clone();
    right[1] = "zanzibar";
    right.insert(2, "indeed");
    let right = right.join(" ");
    done(
        dir.path(),
        &["correct", "last", id, &right, "--author", "Ben"],
    );
    assert_eq!(
        fs::read(session.join("transcript.json")).expect("a transcript"),
        raw
    );
    let correction = json(&session.join("corrections.json"))["corrections"][0].clone();
    assert_eq!(
        (&correction["raw"], &correction["text"]),
        (&segment["text"], &right.as_str().into())
    );
    for (old, new) in [(0, 0), (2, 3), (3, 4)] {
        for field in ["id", "start_ms", "end_ms"] {
            let (old, new) = (&segment["words"][old], &correction["words"][new]);
            assert_eq!(old[field], new[field], "{field} of {new}");
        }
    }

    let table = done(dir.path(), &["export", "last", "--as", "csv", "--out", "-"]);
    assert!(table.contains(&right) && table.contains(",yes\r\n"));
    let text = done(dir.path(), &["export", "last", "--as", "txt", "--out", "-"]);
    assert!(text.contains("zanzibar") && text.contains("Corrected: 1 segment by hand"));
    assert!(done(dir.path(), &["show", "last"]).contains("zanzibar"));
    assert!(done(dir.path(), &["search", "zanzibar"]).contains("zanzibar"));
    let clip: Value = serde_json::from_str(&done(
        dir.path(),
        &["clip", "last", "--quote", "zanzibar indeed", "--json"],
    ))
    .expect("JSON");
    assert_eq!(clip["clip"]["said"][0]["corrected"], true);
    survives_a_rebuild(dir.path(), &session);

    // The same again is nothing, and an undone correction is gone.
    done(dir.path(), &["correct", "last", id, &right]);
    assert_eq!(count(&session, "text.corrected"), 1);
    done(dir.path(), &["correct", "last", id, "--undo"]);
    assert!(!done(dir.path(), &["show", "last"]).contains("zanzibar"));
    expect_code(
        &command(
            dir.path(),
            &["search", "zanzibar", "--speaker", "interviewer"],
        ),
        1,
    );
    for wrong in [
        &["correct", "last", id, " "][..],
        &["correct", "last", "s9999", "x"],
        &["correct", "last", id, "--undo"],
    ] {
        expect_code(&command(dir.path(), wrong), 2);
    }

    // An edited table takes only what differs.
    let file = dir.path().join("words.csv");
    fs::write(
        &file,
        format!("\u{feff}{}", table.replace("zanzibar", "=zero")),
    )
    .expect("a table");
    let told = command(
        dir.path(),
        &["correct", "last", "--from", &file.to_string_lossy()],
    );
    expect_code(&told, 0);
    assert!(stderr(&told).starts_with("1 of "), "{}", stderr(&told));
    assert!(stdout(&told).contains("=zero"));
    fs::write(&file, "a,b\r\n").expect("a table");
    expect_code(
        &command(
            dir.path(),
            &["correct", "last", "--from", &file.to_string_lossy()],
        ),
        2,
    );
    survives_a_rebuild(dir.path(), &session);
}

#[test]
fn an_edited_export_of_any_text_form_gives_its_corrections() {
    let (dir, session) = session();
    let segment = segment(&session, 5);
    let words = array(&segment["words"]).map(|word| word["text"].as_str().expect("text"));
    let word = words.max_by_key(|word| word.len()).expect("a word");
    for form in ["txt", "md", "srt", "vtt"] {
        let file = dir.path().join("edited").with_extension(form);
        let path = file.to_string_lossy().into_owned();
        let from = ["correct", "last", "--from", &path];
        done(
            dir.path(),
            &["export", "last", "--as", form, "--out", &path],
        );
        let untouched = command(dir.path(), &from);
        expect_code(&untouched, 0);
        assert!(
            stderr(&untouched).starts_with("0 of 0 "),
            "{form}: {}",
            stderr(&untouched)
        );

        // The word may be said in other places, too: one of them is changed.
        let text = fs::read_to_string(&file).expect("an export");
        let begins = text.rfind("Transcript\n").unwrap_or(0);
        let at = begins + text[begins..].find(word).expect("the word");
        let mended = format!("{}zanzibar{}", &text[..at], &text[at + word.len()..]);
        fs::write(&file, mended).expect("written");
        let told = command(dir.path(), &from);
        expect_code(&told, 0);
        assert!(
            stderr(&told).starts_with("1 of 1 "),
            "{form}: {}",
            stderr(&told)
        );
        let corrections = json(&session.join("corrections.json"));
        let texts: Vec<&str> = array(&corrections["corrections"])
            .map(|c| c["text"].as_str().expect("text"))
            .collect();
        assert!(
            texts.len() == 1 && texts[0].contains("zanzibar"),
            "{form}: {texts:?}"
        );
        let id = corrections["corrections"][0]["segment"]
            .as_str()
            .expect("an id");
        done(dir.path(), &["correct", "last", id, "--undo"]);
    }
    let letter = dir.path().join("letter.txt");
    fs::write(&letter, "Dear Ben,\n[00:01] Nobody: how are you?\n").expect("written");
    let refused = command(
        dir.path(),
        &["correct", "last", "--from", &letter.to_string_lossy()],
    );
    expect_code(&refused, 2);
    assert!(stderr(&refused).contains("line 2") && stderr(&refused).contains("Nobody"));
    survives_a_rebuild(dir.path(), &session);
}

#[test]
fn what_is_agreed_after_the_call_covers_what_is_made_then() {
    let (dir, session) = session();
    let public = ["clip", "last", "--from", "0:20", "--to", "0:25", "--public"];
    let refused = command(dir.path(), &public);
    expect_code(&refused, 4);
    assert!(stderr(&refused).contains("verbatim consent SESSION --scope quote-publicly"));
    let none = command(dir.path(), &["consent", "last"]);
    assert!(stdout(&none).is_empty() && stderr(&none).contains("no consent was noted"));
    expect_code(&command(dir.path(), &["consent", "last", " "]), 2);
    done(
        dir.path(),
        &[
            "consent",
            "last",
            "may be written down",
            "--scope",
            "transcribe",
        ],
    );
    expect_code(&command(dir.path(), &public), 4);
    let told = done(
        dir.path(),
        &[
            "consent",
            "last",
            "by mail: may be quoted",
            "--scope",
            "quote-publicly",
        ],
    );
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(
        told.contains("by mail: may be quoted  covers: record, transcribe, quote-internally, ")
    );
    done(dir.path(), &public);
    let noted = json(&session.join("session.json"))["consent"][1].clone();
    assert_eq!(array(&noted["scopes"]).count(), 4, "{noted}");
    survives_a_rebuild(dir.path(), &session);
}

#[test]
fn who_only_looks_waits_for_nobody_who_writes() {
    let (dir, session) = session();
    let folder = SessionFolder::open(&session).expect("a session");
    let held = folder.lock().expect("the lock");
    let clips = command(dir.path(), &["clips", "last"]);
    expect_code(&clips, 0);
    assert!(stderr(&clips).contains("no clips"));
    let preview = ["redact", "last", "--name", "Friday", "--preview"];
    assert!(done(dir.path(), &preview).contains("P01"));
    expect_code(&command(dir.path(), &preview[..4]), 1);
    drop(held);
    assert!(!session.join("redactions.json").exists());
}

#[test]
fn what_was_agreed_can_be_withdrawn_and_then_nothing_is_handed_on() {
    let (dir, session) = session();
    let call = |arguments: &[&str]| command(dir.path(), arguments);
    let agreed = ["consent", "last", "agreed", "--scope", "quote-publicly"];
    let clip = ["clip", "last", "--from", "0:20", "--to", "0:25"];
    let public = [&clip[..], &["--public"]].concat();
    let export = ["export", "last", "--as", "srt"];
    let open = [&export[..], &["--public"]].concat();
    expect_code(&call(&open), 4);
    done(dir.path(), &agreed);
    for allowed in [&clip[..], &public, &export, &open] {
        done(dir.path(), allowed);
    }

    // The public alone is taken back: the team goes on with it.
    let partly = ["consent", "last", "--withdraw", "--scope", "quote-publicly"];
    let told = done(dir.path(), &partly);
    assert!(told.contains("agreed  covers: record, transcribe, quote-internally\n"));
    assert!(
        told.contains("withdrawn  covers no longer: quote-publicly"),
        "{told}"
    );
    done(dir.path(), &clip);
    done(dir.path(), &export);
    for refused in [&public[..], &open] {
        let refused = call(refused);
        expect_code(&refused, 4);
        assert!(
            stderr(&refused).contains("was withdrawn"),
            "{}",
            stderr(&refused)
        );
    }

    // All of it.
    done(dir.path(), &["consent", "last", "by mail", "--withdraw"]);
    let exports = session.join("exports");
    fs::remove_dir_all(&exports).expect("exports");
    let pack = dir.path().join("pack").display().to_string();
    let pack = ["clips", "last", "--all-markers", "--out", &pack];
    for refused in [&clip[..], &export, &pack] {
        let refused = call(refused);
        expect_code(&refused, 4);
        assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    }
    assert!(!exports.exists() && !dir.path().join("pack").exists());
    assert!(done(dir.path(), &["show", "last"]).contains("Consent   withdrawn 20"));
    let manifest = json(&session.join("session.json"));
    assert_eq!(manifest["withdrawn"][1]["text"], "by mail");
    assert_eq!(array(&manifest["withdrawn"][1]["scopes"]).count(), 4);
    assert!(manifest["consent"][0].get("scopes").is_none(), "{manifest}");
    // Who does it all the same is written down, before anything goes out.
    done(dir.path(), &[&export[..], &["--force"]].concat());
    let log = events(&session);
    let noted = log.iter().rfind(|e| e["type"] == "consent.overridden");
    let noted = noted.expect("a note");
    assert_eq!(noted["data"]["scope"], "quote-internally");
    assert_eq!(noted["data"]["made"][0], "srt");
    survives_a_rebuild(dir.path(), &session);
    // They may agree again.
    done(dir.path(), &agreed);
    done(dir.path(), &public);
}

#[test]
fn speakers_are_renamed_merged_and_known_across_sessions() {
    let (dir, session) = session();
    let other = dir.path().join("2026-11-21-1000-other");
    copy(&session, &other);
    let before = json(&session.join("transcript.json"));
    done(
        dir.path(),
        &[
            "speakers",
            "last",
            "--rename",
            "participant=Anna Kovács",
            "--participant",
            "sp2=auto",
        ],
    );
    let after = json(&session.join("transcript.json"));
    let row = &after["speakers"][1];
    assert_eq!(
        (&row["label"], &row["participant"]),
        (&"Anna Kovács".into(), &"P01".into())
    );
    assert_eq!(after["speakers"][0], before["speakers"][0]);
    assert_eq!(
        after["segments"], before["segments"],
        "a rename touches one row"
    );
    let text = done(dir.path(), &["export", "last", "--as", "txt", "--out", "-"]);
    assert!(text.contains("] Anna Kovács: ") && !text.contains("] Participant: "));
    assert!(done(dir.path(), &["show", "last"]).contains("Anna Kovács: "));
    for told in [
        &["show", "last"][..],
        &["show", "last", "--summary"],
        &["review", "last"],
    ] {
        let told = done(dir.path(), told);
        assert!(
            told.contains("Anna Kovács") && !told.contains("Participant"),
            "{told}"
        );
    }
    assert!(done(dir.path(), &["list", "--speaker", "kovacs"]).contains("Anna Kovács"));

    let path = other.to_string_lossy();
    done(
        dir.path(),
        &[
            "speakers",
            &path,
            "--rename",
            "sp2=ANNA KOVACS",
            "--participant",
            "sp2=auto",
            "--rename",
            "sp1=Ben",
            "--participant",
            "sp1=auto",
        ],
    );
    let table = json(&other.join("transcript.json"))["speakers"].clone();
    assert_eq!(
        (&table[0]["participant"], &table[1]["participant"]),
        (&"P02".into(), &"P01".into())
    );

    done(dir.path(), &["speakers", "last", "--merge", "sp1=anna"]);
    let merged = json(&session.join("transcript.json"));
    assert_eq!(array(&merged["speakers"]).count(), 1);
    assert_eq!(merged["speakers"][0]["also"][0], "mic");
    assert!(array(&merged["segments"]).all(|s| s["speaker"] == "sp2"));
    let table = done(dir.path(), &["export", "last", "--as", "csv", "--out", "-"]);
    assert!(table.contains("mic,Anna Kovács") && table.contains("system,Anna Kovács"));
    expect_code(&command(dir.path(), &["export", "last", "--as", "all"]), 0);
    survives_a_rebuild(dir.path(), &session);
    done(
        dir.path(),
        &["speakers", "last", "--split", "sp1", "--rename", "sp2="],
    );
    let apart = json(&session.join("transcript.json"));
    assert_eq!(apart["segments"], before["segments"]);
    assert_eq!(apart["speakers"][1]["label"], "Participant");
    for wrong in [
        ["--rename", "nobody=X"],
        ["--role", "sp1=boss"],
        ["--merge", "sp1=sp1"],
        ["--rename", "X"],
    ] {
        expect_code(
            &command(dir.path(), &[&["speakers", "last"][..], &wrong].concat()),
            2,
        );
    }
}

const SECRETS: [&str; 8] = [
    "Kovács",
    "Kovacs",
    "Anna",
    "annie",
    "acme",
    "anna.k@acme.com",
    "555 010 9999",
    "Szabó",
];

/// No secret stands in these bytes, in any case.
fn is_clean(what: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    for secret in SECRETS {
        assert!(
            !text.contains(&secret.to_lowercase()),
            "{what} has {secret}"
        );
    }
}

/// Names and bytes of every file of a folder, each with what is packed in it.
fn contents(folder: &Path) -> Vec<Vec<(String, Vec<u8>)>> {
    let entries = fs::read_dir(folder).expect("a folder");
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let name = name.into_owned();
        let bytes = fs::read(&path).expect("a file");
        let mut parts = vec![(name.clone(), bytes.clone())];
        if [".docx", ".qdpx", ".xlsx"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            let mut archive =
                zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("an archive");
            for n in 0..archive.len() {
                let mut member = archive.by_index(n).expect("a member");
                let mut text = Vec::new();
                member.read_to_end(&mut text).expect("a member");
                let inside = member.name().expect("a name");
                parts.push((format!("{name}/{inside}"), text));
            }
        }
        parts
    };
    entries.map(file).collect()
}

/// Nor in any file of a folder, its name, or what is packed in it.
fn folder_is_clean(folder: &Path) -> usize {
    let files = contents(folder);
    for (name, bytes) in files.iter().flatten() {
        is_clean("a name", name.as_bytes());
        is_clean(name, bytes);
    }
    files.len()
}

/// Every export of the session as it is has something that must not leave it: what is found clean
/// later would be found otherwise. Letters that are drawn are not looked for: they are those of the SVG.
fn every_export_has_a_secret(folder: &Path) {
    let drawn = |parts: &Vec<(String, Vec<u8>)>| parts[0].0.ends_with(".png");
    for parts in contents(folder).into_iter().filter(|parts| !drawn(parts)) {
        let has = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).to_lowercase();
            SECRETS.iter().any(|s| text.contains(&s.to_lowercase()))
        };
        assert!(parts.iter().any(|(_, bytes)| has(bytes)), "{}", parts[0].0);
    }
}

/// The session under a name and with a title, a goal and a consent that tell who it is with.
fn named_session() -> (tempfile::TempDir, PathBuf) {
    let (dir, session) = session();
    let named = dir.path().join("2026-11-22-1405-acme-anna-kovacs");
    fs::rename(&session, &named).expect("a name");
    let log = fs::read_to_string(named.join("events.ndjson")).expect("a log");
    let (first, rest) = log.split_once('\n').expect("lines");
    let mut started: Value = serde_json::from_str(first).expect("JSON");
    assert_eq!(started["type"], "session.started");
    started["data"]["title"] = "Anna Kovács of Acme".into();
    started["data"]["goal"] = "Why ACME left, says Szabó".into();
    let consent = serde_json::json!({
        "v": 1,
        "seq": log.lines().count() + 1,
        "session": started["session"],
        "t_ms": 0,
        "at": started["at"],
        "type": "consent.recorded",
        "data": { "text": "Annie of ACME agreed; anna.k@acme.com", "scopes": ["record"] },
    });
    let log = format!("{started}\n{rest}{consent}\n");
    fs::write(named.join("events.ndjson"), log).expect("a log");
    done(dir.path(), &["rebuild", "last"]);
    (dir, named)
}

const GUIDE: &str = r#"
goal = "Why Acme left"

[[phase]]
title = "Anna's week"

[[phase.question]]
ask = "Anna, how often does that happen?"
follow_ups = ["What does Szabó say?"]
"#;

#[test]
fn nothing_that_is_redacted_is_in_any_export_or_clip() {
    let (dir, session) = named_session();
    let at = dir.path();
    let guide = at.join("guide.toml");
    fs::write(&guide, GUIDE).expect("a guide");
    done(at, &["guide", "apply", "last", &guide.to_string_lossy()]);
    let segment = segment(&session, 8);
    let id = segment["id"].as_str().expect("an id");
    let words: Vec<&str> = segment["text"].as_str().expect("text").split(' ').collect();
    let told = format!(
        "{} Anna's here, Kovacs. Mail anna.k@acme.com or 555 010 9999 {}",
        words[0],
        words[1..].join(" ")
    );
    done(at, &["correct", "last", id, &told]);
    done(at, &["speakers", "last", "--rename", "sp2=Anna Kovács"]);
    let moment = (segment["start_ms"].as_u64().expect("ms") + 500) / 1_000;
    let moment = format!("{}:{:02}", moment / 60, moment % 60);
    done(
        at,
        &[
            "mark",
            "last",
            "pain",
            "--at",
            &moment,
            "--note",
            "Annie told Dr. Szabó of ACME",
            "--tag",
            "acme",
            "--author",
            "Anna",
        ],
    );

    expect_code(
        &command(at, &["export", "last", "--as", "txt", "--redacted"]),
        1,
    );
    let preview = done(
        at,
        &[
            "redact",
            "last",
            "--preview",
            "--name",
            "Anna Kovács, Annie",
            "--name",
            "Acme",
        ],
    );
    assert!(
        preview.contains("[e-mail 1]") && preview.contains("P01"),
        "{preview}"
    );
    assert!(!session.join("redactions.json").exists() && !at.join("people.json").exists());
    done(
        at,
        &[
            "redact",
            "last",
            "--name",
            "Anna Kovács, Annie",
            "--name",
            "Acme",
        ],
    );
    let mode = |path: &Path| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).expect("a file").permissions().mode() & 0o777
    };
    assert_eq!(
        [
            mode(&at.join("people.json")),
            mode(&session.join("redactions.json"))
        ],
        [0o600; 2]
    );
    survives_a_rebuild(at, &session);

    // A clip as it was recorded, which the sheet that leaves must not point at.
    done(at, &["clip", "last", "--marker", "m1"]);
    done(at, &["export", "last", "--as", "all"]);
    every_export_has_a_secret(&session.join("exports"));
    let sheet = fs::read_to_string(session.join("exports/quotes.csv")).expect("a sheet");
    assert!(sheet.contains(",clips/c0001.wav,"), "{sheet}");
    let exports = session.join("exports/redacted");
    done(at, &["export", "last", "--as", "all", "--redacted"]);
    let sheet = fs::read_to_string(exports.join("quotes.csv")).expect("a sheet");
    assert!(!sheet.contains("c0001"), "{sheet}");
    let asked = fs::read_to_string(exports.join("guide.csv")).expect("a table");
    assert!(
        asked.contains("P01, how often") && asked.contains("P01's week"),
        "{asked}"
    );
    assert_eq!(folder_is_clean(&exports), verbatim::export::FORMATS.len());
    let drawn = |folder: &Path| fs::read(folder.join("timeline.png")).expect("a picture");
    assert!(drawn(&exports) != drawn(&session.join("exports")));
    let text = fs::read_to_string(exports.join("transcript.txt")).expect("text");
    for kept in [
        "Consent: P01 of P02 agreed; [e-mail 1]",
        "P01's here, P01. Mail [e-mail 1] or [phone 1]",
        "] P01: ",
        "P01 told Dr. P03 of P02",
    ] {
        assert!(text.contains(kept), "{kept} is missing in\n{text}");
    }

    let pack = at.join("pack");
    let made = done(
        at,
        &[
            "clips",
            "last",
            "--all-markers",
            "--redacted",
            "--json",
            "--out",
            &pack.to_string_lossy(),
        ],
    );
    is_clean("the JSON of the pack", made.as_bytes());
    assert_eq!(folder_is_clean(&pack), 3);
    let alone = at.join("alone");
    let alone = alone.to_string_lossy();
    let cut = [
        "clip",
        "last",
        "--marker",
        "m1",
        "--redacted",
        "--json",
        "--out",
        &alone,
    ];
    is_clean("the JSON of a clip", done(at, &cut).as_bytes());
    assert_eq!(folder_is_clean(Path::new(&*alone)), 2);
    let clip: Value = serde_json::from_str::<Value>(&made).expect("JSON")[0]["clip"].clone();
    only_a_tone_is_heard(&session, &pack, &clip);
    done(at, &["export", "last", "--as", "all", "--redacted"]);
    let sheet = fs::read_to_string(exports.join("quotes.csv")).expect("a sheet");
    assert!(sheet.contains(",clips/c0002.wav,"), "{sheet}");
    assert_eq!(folder_is_clean(&exports), verbatim::export::FORMATS.len());

    // Again, and everything is as it was.
    let files = || {
        let read = |path: &Path| fs::read(path).expect("a file");
        let mut all: Vec<Vec<u8>> = Vec::new();
        for folder in [&exports, &pack] {
            let entries = fs::read_dir(folder).expect("a folder");
            let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
            paths.sort();
            all.extend(paths.iter().map(|path| read(path)));
        }
        all.push(read(&session.join("redactions.json")));
        all.push(read(&at.join("people.json")));
        all
    };
    let before = files();
    done(at, &["redact", "last"]);
    done(at, &["export", "last", "--as", "all", "--redacted"]);
    done(
        at,
        &[
            "clips",
            "last",
            "--all-markers",
            "--redacted",
            "--out",
            &pack.to_string_lossy(),
        ],
    );
    assert!(files() == before);
    assert_eq!(
        (
            count(&session, "redaction.set"),
            count(&session, "clip.created")
        ),
        (1, 2)
    );

    // What is written after the rules were made is found all the same.
    done(
        at,
        &[
            "correct",
            "last",
            id,
            "My name is Zebulon and I mail z@acme.com",
        ],
    );
    let late = done(
        at,
        &["export", "last", "--as", "txt", "--redacted", "--out", "-"],
    );
    assert!(
        late.contains("My name is [name] and I mail [e-mail]"),
        "{late}"
    );
}

/// In the stretches that a clip hides, its samples do not depend on what was recorded.
fn only_a_tone_is_heard(session: &Path, pack: &Path, clip: &Value) {
    let (_, held) = wav(&pack.join(clip["media"]["file"].as_str().expect("a name")));
    let (_, system) = wav(&session.join("audio/system.wav"));
    let start = clip["start_sample"].as_u64().expect("a sample") as usize;
    let stretches: Vec<&Value> = array(&clip["redacted"]).collect();
    assert!(!stretches.is_empty(), "nothing is hidden in {clip}");
    let mut hidden = 0;
    for stretch in stretches {
        let at = |name: &str| stretch[name].as_u64().expect("ms") as usize * 48;
        let (from, to) = (
            at("start_ms").max(start + 960),
            at("end_ms").min(start + held.len() - 960),
        );
        for sample in from..to {
            let edge = (sample - at("start_ms")).min(at("end_ms") - 1 - sample);
            let gain = (edge as f64 / 240.0).min(1.0);
            let tone = 3_277.0 * gain * (sample as f64 / 48.0 * std::f64::consts::TAU).sin();
            let off = f64::from(held[sample - start]) - tone;
            assert!(off.abs() < 2.0, "at {sample}: {off}");
        }
        assert!(
            system[from..to].iter().any(|s| s.unsigned_abs() > 1_000),
            "nothing was said there"
        );
        hidden += to - from;
    }
    assert!(hidden > 30_000, "{hidden} samples");
}

//! The review, its rules, the guide and the drawings, by the program as its users run it.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::measure::array;
use support::program::{
    expect_code, json, only_session, repository, run, sample_call, stderr, stdout, verbatim,
};

/// The sample call, transcribed by the starter.
fn transcribed(dir: &Path) -> PathBuf {
    let output = run(verbatim(dir)
        .args(["transcribe", "--model"])
        .arg(repository("models/ggml-starter-q8_0.bin"))
        .args([sample_call("mic.flac"), sample_call("system.flac")]));
    expect_code(&output, 0);
    only_session(dir)
}

fn done(dir: &Path, arguments: &[&str]) -> String {
    let output = run(verbatim(dir).args(arguments));
    expect_code(&output, 0);
    stdout(&output)
}

fn refused(dir: &Path, arguments: &[&str], told: &str) {
    let output = run(verbatim(dir).args(arguments));
    expect_code(&output, 2);
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
}

const GUIDE: &str = r#"
goal = "Why they left"

[[phase]]
title = "Warm-up"

[[phase.question]]
ask = "Tell me about the last time you made the weekly report."
follow_ups = ["How often does that happen?", "Can you give me an example?"]

[[phase]]
title = "Today"

[[phase.question]]
ask = "What other spreadsheets are there in the marketing department?"
"#;

#[test]
fn a_session_is_reviewed_and_its_rules_are_data() {
    let dir = tempfile::tempdir().expect("a folder");
    let dir = dir.path();
    let session = transcribed(dir);
    is_reviewed(dir, &session);
    is_drawn(dir, &session);
    rules_can_be_changed(dir, &session);
    a_guide_is_held_against_it(dir, &session);
}

fn is_reviewed(dir: &Path, session: &Path) {
    let review = json(&session.join("review.json"));
    let asked = array(&review["questions"]).filter(|q| q["evidence"]["track"] == "mic");
    assert!(asked.count() >= 7, "{review:#}");
    let slow = array(&review["answers"]).filter(|a| a["after_long_silence"] == true);
    let waits: Vec<u64> = slow.filter_map(|a| a["latency_ms"].as_u64()).collect();
    assert!(waits.iter().any(|ms| ms.abs_diff(3_400) < 150), "{waits:?}");
    assert!(!array(&review["quotes"]).any(|q| q["evidence"]["track"] == "mic"));
    let text = done(dir, &["review", "last"]);
    assert!(
        text.starts_with("Guesses by the rules en 1 (of the program)"),
        "{text}"
    );
    let answers = || array(&review["answers"]).filter(|a| a["track"] == "system");
    let longest = answers().filter_map(|a| a["latency_ms"].as_u64()).max();
    let longest = longest.expect("an answer");
    let answered = format!(
        "(median of {}), {}.{} s at most",
        answers().count(),
        longest / 1_000,
        longest % 1_000 / 100
    );
    for part in [
        "Questions: ",
        "\nAnswers: ",
        "Participant after 0.",
        &answered,
        "Answers after a long silence",
        "Numbers",
        "Quote candidates",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let printed: Value =
        serde_json::from_str(&done(dir, &["review", "last", "--json"])).expect("JSON");
    assert_eq!(printed, review);
    // Measured figures and guesses never share a file.
    let stats = fs::read_to_string(session.join("stats.json")).expect("stats");
    assert!(!stats.contains("question") && !stats.contains("score"));
    rebuilt(dir, session);
}

/// `rebuild` gives the same bytes.
fn rebuilt(dir: &Path, session: &Path) {
    let read =
        || ["review.json", "stats.json"].map(|name| fs::read(session.join(name)).expect(name));
    let before = read();
    done(dir, &["rebuild", "last"]);
    assert_eq!(before, read());
}

fn is_drawn(dir: &Path, session: &Path) {
    done(
        dir,
        &["mark", "last", "pain", "--at", "00:31", "--note", "by hand"],
    );
    let shown = done(dir, &["show", "last", "--summary"]);
    assert!(!shown.contains('\u{1b}'), "{shown}");
    for part in [
        "█",
        "a  00:31  😣 pain  by hand",
        "2 to 3 s",
        "words/min",
        "Maybe a quote",
        "Questions     ",
        "Answers       ",
        "Participant after 0.",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let one = done(
        dir,
        &["export", "last", "--as", "timeline.svg", "--out", "-"],
    );
    assert!(
        one.starts_with("<?xml") && one.contains("by hand") && one.trim_end().ends_with("</svg>")
    );
    assert_eq!(
        one,
        done(
            dir,
            &["export", "last", "--as", "timeline.svg", "--out", "-"]
        )
    );
    assert!(session.join("markers.json").exists());
}

fn rules_can_be_changed(dir: &Path, session: &Path) {
    assert_eq!(done(dir, &["rules", "list"]), "en  of the program\n");
    let rules = dir.join("my.toml");
    let path = rules.to_str().expect("a path");
    let text = done(dir, &["rules", "export", "en"]);
    assert_eq!(
        text,
        fs::read_to_string(repository("rules/en.toml")).expect("the rules")
    );
    fs::write(&rules, text.replace("question = 0.5 ", "question = 0.999 ")).expect("written");
    assert!(done(dir, &["rules", "check", path]).contains("rules for en, version 1"));
    let before = json(&session.join("review.json"));
    let again = done(dir, &["review", "last", "--rules", path]);
    assert!(again.contains("of this session, rules.toml"), "{again}");
    let after = json(&session.join("review.json"));
    let count = |review: &Value| array(&review["questions"]).count();
    assert!(count(&after) < count(&before));
    rebuilt(dir, session);
    fs::write(
        &rules,
        text.replace("finds = \"question\"", "find = \"question\""),
    )
    .expect("written");
    refused(dir, &["review", "last", "--rules", path], "line ");
    refused(dir, &["rules", "check", path], "find");
    fs::write(
        &rules,
        text.replace("language = \"en\"", "language = \"de\""),
    )
    .expect("written");
    refused(
        dir,
        &["review", "last", "--rules", path],
        "the text is in en",
    );
    refused(dir, &["rules", "export", "xx"], "there are some for: en");
    assert_eq!(
        json(&session.join("review.json")),
        after,
        "a refusal changes nothing"
    );
    // A file that somebody broke by hand takes the guesses away, and nothing else.
    fs::write(session.join("rules.toml"), "language = 3").expect("written");
    done(dir, &["rebuild", "last"]);
    assert!(
        done(dir, &["review", "last"])
            .starts_with("Nothing is guessed here: rules.toml cannot be used")
    );
    done(dir, &["review", "last", "--rules", "bundled"]);
    assert_eq!(json(&session.join("review.json")), before);
    the_users_rules_stand_between(dir, session, &text, &before);
}

/// A session's own rules, then the user's, then the program's.
fn the_users_rules_stand_between(dir: &Path, session: &Path, text: &str, before: &Value) {
    let folder = dir.join("my-rules");
    fs::create_dir(&folder).expect("a folder");
    let mine = folder.join("en.toml");
    let stricter = text.replace("question = 0.5 ", "question = 0.999 ");
    fs::write(&mine, &stricter).expect("written");
    let review = || json(&session.join("review.json"));
    let source = || review()["rules"]["source"].clone();
    done(dir, &["rebuild", "last"]);
    assert_eq!(source(), "user");
    assert_ne!(review()["questions"], before["questions"]);
    assert!(done(dir, &["review", "last"]).contains("(of yours)"));
    let listed = done(dir, &["rules", "list"]);
    assert!(
        listed.contains(&format!("en  yours: {}\n", mine.display())),
        "{listed}"
    );
    done(dir, &["review", "last", "--rules", "bundled"]);
    assert_eq!(source(), "session");
    assert_eq!(review()["questions"], before["questions"]);
    done(dir, &["review", "last", "--rules", "usual"]);
    assert_eq!(source(), "user");
    fs::write(&mine, stricter.replace("finds = \"question\"", "find = 1")).expect("written");
    let listed = done(dir, &["rules", "list"]);
    assert!(
        listed.contains("cannot be used: ") && listed.contains("line "),
        "{listed}"
    );
    done(dir, &["rebuild", "last"]);
    let told = done(dir, &["review", "last"]);
    assert!(
        told.starts_with(
            "Nothing is guessed here: rules/en.toml of your configuration cannot be used: line "
        ),
        "{told}"
    );
    fs::remove_dir_all(&folder).expect("removed");
    done(dir, &["rebuild", "last"]);
    assert_eq!(review(), *before);
}

fn a_guide_is_held_against_it(dir: &Path, session: &Path) {
    let guide = dir.join("guide.toml");
    let path = guide.to_str().expect("a path");
    fs::write(&guide, GUIDE).expect("written");
    let told = done(dir, &["guide", "check", path]);
    assert!(
        told.contains("Goal: Why they left") && told.contains("g1.2"),
        "{told}"
    );
    assert!(
        done(dir, &["guide", "apply", "last", path])
            .contains("1 of 2 questions and 2 of 2 follow-ups sound asked")
    );
    let covered = json(&session.join("review.json"))["guide"].clone();
    let hinted: Vec<bool> = array(&covered["items"])
        .map(|i| i["hint"].is_object())
        .collect();
    assert_eq!(hinted, [true, true, true, false], "{covered:#}");
    assert_eq!(
        (&covered["ticked"], &covered["hinted"]),
        (&0.into(), &1.into())
    );
    let sheet = done(dir, &["export", "last", "--as", "guide.csv", "--out", "-"]);
    assert_eq!(sheet.lines().count(), 5, "{sheet}");
    let page = done(dir, &["export", "last", "--as", "md", "--out", "-"]);
    assert!(
        page.contains("## Interview guide") && page.contains("- [ ] How often"),
        "{page}"
    );
    done(dir, &["export", "last", "--as", "docx"]);
    let document = fs::read(session.join("exports/transcript.docx")).expect("a document");
    let holds = |text: &str| {
        let mut parts = document.windows(text.len());
        parts.any(|part| part == text.as_bytes())
    };
    assert!(holds("Interview guide") && holds("How often does that happen?"));
    rebuilt(dir, session);
    fs::write(
        &guide,
        GUIDE.replace("title = \"Today\"", "titel = \"Today\""),
    )
    .expect("written");
    refused(dir, &["guide", "check", path], "line 12");
    refused(dir, &["record", "--guide", path], "titel");
    refused(
        dir,
        &["guide", "check", "nowhere.toml"],
        "cannot read nowhere.toml",
    );
}

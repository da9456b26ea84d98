//! Clips of the sample call: the sound that was asked for, what is told about it, and for whom.
#![cfg(target_os = "linux")]

mod support;
#[path = "schema/validator.rs"]
mod validator;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use sha2::{Digest, Sha256};
use support::measure::array;
use support::process::Recorder;
use support::program::{
    count, events, expect_code, flac, json, only_session, run, sample_call, stderr, stdout,
    verbatim, wav, write_wav,
};
use verbatim::clip::find::find;
use verbatim::store::schema;

/// The sample call, transcribed once with the starter.
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
    let from = only_session(transcribed());
    let to = dir.path().join("2026-11-22-1405-sample-call");
    copy(&from, &to);
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

/// Cuts a clip; returns its JSON, which is what stands beside the sound and is valid.
fn clip(dir: &Path, session: &Path, arguments: &[&str]) -> Value {
    let output = command(dir, &[&["clip", "last", "--json"], arguments].concat());
    expect_code(&output, 0);
    let printed: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let id = printed["clip"]["id"].as_str().expect("an id");
    let beside = json(&session.join(format!("clips/{id}.json")));
    assert_eq!(printed, beside);
    check(&session.join("clips"), &beside);
    let list = json(&session.join("clips.json"));
    let schema = schema::schema("clips").expect("a schema");
    assert_eq!(validator::faults(&schema, &list), [""; 0]);
    assert!(array(&list["clips"]).any(|clip| *clip == printed["clip"]));
    printed
}

/// The JSON is valid, and its file is what it says.
fn check(folder: &Path, document: &Value) {
    let schema = schema::schema("clip").expect("a schema");
    assert_eq!(validator::faults(&schema, document), [""; 0], "{document}");
    let media = &document["clip"]["media"];
    let bytes = fs::read(folder.join(media["file"].as_str().expect("a name"))).expect("the sound");
    assert_eq!(media["bytes"], bytes.len());
    let hash: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(media["sha256"], hash);
}

fn span(document: &Value) -> (usize, usize) {
    let number = |name: &str| document["clip"][name].as_u64().expect("a number") as usize;
    (number("start_sample"), number("samples"))
}

/// The archive's samples of a clip: what its tracks add up to.
fn archived(session: &Path, document: &Value) -> Vec<i16> {
    let (start, samples) = span(document);
    let mut sum = vec![0_i16; samples];
    for track in array(&document["clip"]["tracks"]) {
        let name = format!("audio/{}.wav", track.as_str().expect("a track"));
        let (_, whole) = wav(&session.join(name));
        for (sum, sample) in sum.iter_mut().zip(&whole[start..]) {
            *sum = sum.saturating_add(*sample);
        }
    }
    sum
}

fn sound(session: &Path, document: &Value) -> Vec<i16> {
    let name = document["clip"]["media"]["file"].as_str().expect("a name");
    let path = session.join("clips").join(name);
    match name.ends_with(".flac") {
        true => flac(&path),
        false => wav(&path).1,
    }
}

/// The clip holds the archive's samples, but for 10 ms of fade at each end.
fn is_cut_exactly(session: &Path, document: &Value) {
    let (held, expected) = (sound(session, document), archived(session, document));
    assert_eq!(held.len(), expected.len());
    let inner = 480..held.len() - 480;
    assert!(held[inner.clone()] == expected[inner], "other samples");
    assert!(held[0].unsigned_abs() < 50 && held[held.len() - 1].unsigned_abs() < 50);
}

/// What the starter hears in a clip.
fn heard(session: &Path, document: &Value) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let name = document["clip"]["media"]["file"].as_str().expect("a name");
    let file = session.join("clips").join(name);
    expect_code(&run(verbatim(dir.path()).arg("transcribe").arg(file)), 0);
    let transcript = json(&only_session(dir.path()).join("transcript.json"));
    let texts =
        array(&transcript["segments"]).map(|s| s["text"].as_str().expect("text").to_owned());
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_quote_is_cut_out_of_its_turn_and_nothing_else() {
    let (dir, session) = session();
    let quote = "thirteen hours every week";
    let document = clip(dir.path(), &session, &["--quote", quote]);
    is_cut_exactly(&session, &document);
    // By ear and by the sound's envelope: "save" ends at 88.25 s, "week" ends at 89.62 s, and "I have"
    // begins at 89.76 s.
    let (start, samples) = span(&document);
    let (from, to) = (start / 48, (start + samples) / 48);
    assert!((88_220..88_300).contains(&from), "begins at {from} ms");
    assert!((89_600..89_760).contains(&to), "ends at {to} ms");

    let heard = heard(&session, &document).to_lowercase();
    let words: Vec<&str> = heard.split_whitespace().collect();
    let like = find(quote, words.iter().copied());
    // The starter writes "thurty nowers" for what it hears.
    assert!(like[0].score >= 0.7, "heard: {heard}");
    assert_eq!(
        (like[0].first, like[0].last),
        (0, words.len() - 1),
        "more is heard: {heard}"
    );

    let said = &document["clip"]["said"][0];
    assert_eq!(
        (&said["role"], &said["track"]),
        (&"participant".into(), &"system".into())
    );
    assert_eq!(array(&said["words"]).count(), 4);
    let targets: Vec<&Value> = array(&document["annotation"]["target"]).collect();
    let text = targets.last().expect("a target");
    assert_eq!(text["selector"]["type"], "TextQuoteSelector");
    assert_eq!(text["selector"]["exact"], said["text"]);
    assert!(
        text["selector"]["prefix"]
            .as_str()
            .expect("words")
            .ends_with("save")
    );
    assert!(
        text["selector"]["suffix"]
            .as_str()
            .expect("words")
            .starts_with('I')
    );
    let value = format!(
        "t={}.{:03},{}.{:03}",
        from / 1_000,
        from % 1_000,
        to / 1_000,
        to % 1_000
    );
    assert_eq!(targets[0]["selector"]["value"], value);
    assert_eq!(targets[0]["source"], "audio/mic.wav");

    // The same clip is not cut twice, and survives a rebuild.
    assert_eq!(clip(dir.path(), &session, &["--quote", quote]), document);
    assert_eq!(count(&session, "clip.created"), 1);
    let list = fs::read(session.join("clips.json")).expect("a list");
    expect_code(&command(dir.path(), &["rebuild", "last"]), 0);
    assert_eq!(fs::read(session.join("clips.json")).expect("a list"), list);
}

#[test]
fn a_quote_that_may_be_several_shows_them_to_choose_from() {
    let (dir, session) = session();
    let unclear = command(dir.path(), &["clip", "last", "--quote", "hours"]);
    expect_code(&unclear, 2);
    let told = stderr(&unclear);
    assert!(
        told.contains("--pick") && told.contains("00:31") && told.contains("100 %"),
        "{told}"
    );
    // A word is shown where it stands.
    assert!(told.contains("thirteen \"hours\" every week"), "{told}");
    let picked = clip(dir.path(), &session, &["--quote", "hours", "--pick", "2"]);
    let start = picked["clip"]["start_ms"].as_u64().expect("ms");
    assert!((36_000..38_500).contains(&start), "{start}");
    let nothing = command(
        dir.path(),
        &["clip", "last", "--quote", "quantum chromodynamics"],
    );
    expect_code(&nothing, 2);
    assert!(
        stderr(&nothing).contains("nobody says"),
        "{}",
        stderr(&nothing)
    );
    for wrong in [
        &["clip", "last"][..],
        &["clip", "last", "--from", "1:00"],
        &["clip", "last", "--marker", "m1"],
    ] {
        expect_code(&command(dir.path(), wrong), 2);
    }
    let beyond = command(
        dir.path(),
        &["clip", "last", "--from", "9:00", "--to", "9:05"],
    );
    expect_code(&beyond, 2);
}

/// A clip in Opus, as ffmpeg reads it: exactly as long as the archive's samples, and as loud at every moment.
fn is_opus(session: &Path, document: &Value) {
    assert_eq!(document["clip"]["media"]["media_type"], "audio/ogg");
    let name = document["clip"]["media"]["file"].as_str().expect("a name");
    let decoded = session.join("decoded.wav");
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(session.join("clips").join(name))
        .args(["-c:a", "pcm_s16le"])
        .arg(&decoded)
        .output()
        .expect("ffmpeg starts");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        stderr(&output)
    );
    let (spec, heard) = wav(&decoded);
    let expected = archived(session, document);
    assert_eq!((spec.sample_rate, heard.len()), (48_000, expected.len()));
    // The codec keeps what is heard and not the samples: loudness is compared every 10 ms.
    let loudness = |samples: &[i16]| -> Vec<f64> {
        let mean = |frame: &[i16]| frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 480.0;
        samples
            .chunks(480)
            .map(|frame| mean(frame).sqrt())
            .collect()
    };
    let (heard, expected) = (loudness(&heard), loudness(&expected));
    let all: f64 = expected.iter().map(|level| level * level).sum();
    let off: f64 = heard
        .iter()
        .zip(&expected)
        .map(|(a, b)| (a - b).powi(2))
        .sum();
    assert!(
        off < 0.1 * all,
        "{:.3} of the loudness is something else",
        off / all
    );
}

#[test]
fn turns_times_tracks_and_formats() {
    let (dir, session) = session();
    let turns = json(&session.join("turns.json"));
    let turn = array(&turns["turns"])
        .find(|t| t["track"] == "system")
        .expect("a turn");
    let id = turn["id"].as_str().expect("an id");
    let cut = clip(dir.path(), &session, &["--turn", id, "--track", "system"]);
    is_cut_exactly(&session, &cut);
    for edge in ["start_ms", "end_ms"] {
        let off = cut["clip"][edge].as_i64().expect("ms") - turn[edge].as_i64().expect("ms");
        assert!(off.abs() <= 260, "{edge} is {off} ms off");
    }
    let exact = [
        "--from", "0:20", "--to", "0:25.5", "--exact", "--format", "flac", "--track", "mic",
    ];
    let cut = clip(dir.path(), &session, &exact);
    assert_eq!(span(&cut), (20 * 48_000, 5 * 48_000 + 24_000));
    assert_eq!(cut["clip"]["media"]["media_type"], "audio/flac");
    is_cut_exactly(&session, &cut);
    is_opus(
        &session,
        &clip(
            dir.path(),
            &session,
            &[&exact[..6], &["opus"], &exact[7..]].concat(),
        ),
    );
    let refused = command(
        dir.path(),
        &["clip", "last", "--turn", "1", "--track", "track3"],
    );
    expect_code(&refused, 2);
    assert!(
        stderr(&refused).contains("mic and system"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn a_pack_of_the_markers_plays_by_itself() {
    let (dir, session) = session();
    let mark = |arguments: &[&str]| {
        let output = command(dir.path(), &[&["mark", "last"], arguments].concat());
        expect_code(&output, 0);
    };
    mark(&[
        "pain",
        "--at",
        "0:30",
        "--note",
        "<b>\"copies\" by hand</b>",
        "--severity",
        "3",
    ]);
    mark(&[
        "delight", "--at", "1:29", "--tag", "time", "--author", "Ben",
    ]);
    mark(&["quote", "--at", "0:02"]);
    let out = dir.path().join("pack");
    let pack = |more: &[&str]| {
        let folder = out.to_string_lossy().into_owned();
        let fixed = ["clips", "last", "--all-markers", "--out", &folder, "--json"];
        let output = command(dir.path(), &[&fixed, more].concat());
        expect_code(&output, 0);
        serde_json::from_str::<Value>(&stdout(&output)).expect("JSON")
    };
    let made = pack(&[]);
    assert_eq!(array(&made).count(), 3);
    let page = fs::read_to_string(out.join("index.html")).expect("a page");
    for document in array(&made) {
        let id = document["clip"]["id"].as_str().expect("an id");
        check(&out, document);
        assert_eq!(*document, json(&out.join(format!("{id}.json"))));
        assert!(page.contains(&format!("src=\"{id}.wav\"")));
        is_cut_exactly(&session, document);
        let marker = &document["clip"]["marker"];
        let (from, to) = (&document["clip"]["start_ms"], &document["clip"]["end_ms"]);
        let t_ms = marker["t_ms"].as_u64().expect("ms");
        assert!(from.as_u64().expect("ms") <= t_ms && t_ms < to.as_u64().expect("ms"));
    }
    assert!(
        page.contains("&lt;b&gt;&quot;copies&quot; by hand"),
        "the note is not escaped"
    );
    for foreign in ["http:", "https:", "//", "<script", "url(", "@import"] {
        assert!(!page.contains(foreign), "the page has {foreign}");
    }
    // The same pack again is the same files, and the session tells of no other clips.
    let before = fs::read(out.join("index.html")).expect("a page");
    assert_eq!(pack(&[]), made);
    assert_eq!(fs::read(out.join("index.html")).expect("a page"), before);
    assert_eq!(count(&session, "clip.created"), 3);
    assert_eq!(array(&pack(&["--kind", "pain"])).count(), 1);
}

#[test]
fn nothing_is_made_public_that_consent_does_not_cover() {
    let (dir, session) = session();
    let public = ["clip", "last", "--from", "0:20", "--to", "0:26", "--public"];
    let refused = command(dir.path(), &public);
    expect_code(&refused, 4);
    assert!(stderr(&refused).contains("--force"), "{}", stderr(&refused));
    assert!(!session.join("clips").exists() && count(&session, "clip.created") == 0);
    expect_code(
        &command(dir.path(), &[&public[..], &["--force"]].concat()),
        0,
    );
    let log = events(&session);
    let noted = log
        .iter()
        .find(|e| e["type"] == "consent.overridden")
        .expect("a note");
    assert_eq!(noted["data"]["scope"], "quote-publicly");
    assert_eq!(noted["data"]["made"][0], "c0001");
}

#[test]
fn consent_is_noted_in_scopes_and_goes_with_the_clip() {
    let dir = tempfile::tempdir().expect("a folder");
    let scopes = "transcribe,record,quote-publicly,record";
    let arguments = ["--no-live", "--for", "6s", "--consent-scope", scopes];
    let mut recorder = Recorder::of_files(dir.path(), &arguments);
    recorder.wait();
    let session = only_session(dir.path());
    let manifest = json(&session.join("session.json"));
    let expected: Value = serde_json::json!(["record", "transcribe", "quote-publicly"]);
    assert_eq!(manifest["consent"][0]["scopes"], expected);
    let document = clip(
        dir.path(),
        &session,
        &["--from", "0:01", "--to", "0:05", "--public"],
    );
    assert_eq!(document["clip"]["consent"], expected);
    assert_eq!(document["clip"]["said"], serde_json::json!([]));
    is_cut_exactly(&session, &document);
    assert_eq!(count(&session, "consent.overridden"), 0);
}

#[test]
fn a_moment_is_linked_in_the_file_that_holds_it() {
    const PART: usize = 30 * 48_000;
    let (dir, session) = session();
    for track in ["mic", "system"] {
        let (spec, samples) = wav(&session.join(format!("audio/{track}.wav")));
        for (n, part) in samples.chunks(PART).enumerate() {
            let name = match n {
                0 => format!("audio/{track}.wav"),
                _ => format!("audio/{track}.{:03}.wav", n + 1),
            };
            write_wav(&session.join(name), spec.sample_rate, 1, part);
        }
    }
    expect_code(&command(dir.path(), &["rebuild", "last"]), 0);
    let targets = |document: &Value| -> Vec<(String, String)> {
        let sound = array(&document["annotation"]["target"])
            .filter(|target| target["selector"]["type"] == "FragmentSelector");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        sound
            .map(|t| (text(&t["source"]), text(&t["selector"]["value"])))
            .collect()
    };
    let quote = clip(
        dir.path(),
        &session,
        &["--quote", "thirteen hours every week"],
    );
    let (start, samples) = span(&quote);
    let (from, to) = (start / 48 - 60_000, (start + samples) / 48 - 60_000);
    let inside = |ms: usize| format!("{}.{:03}", ms / 1_000, ms % 1_000);
    let fragment = format!("t={},{}", inside(from), inside(to));
    let expected = ["mic", "system"].map(|t| (format!("audio/{t}.003.wav"), fragment.clone()));
    assert_eq!(targets(&quote), expected);
    // The file holds there what the clip holds.
    let (_, mic) = wav(&session.join("audio/mic.003.wav"));
    let (_, system) = wav(&session.join("audio/system.003.wav"));
    let at = start - 2 * PART + 2_400;
    let sum = |n: usize| mic[at + n].saturating_add(system[at + n]);
    assert!((0..4_800).all(|n| sum(n) == sound(&session, &quote)[2_400 + n]));

    let across = clip(
        dir.path(),
        &session,
        &["--from", "0:29", "--to", "0:31", "--exact"],
    );
    let expected = [
        ("audio/mic.wav", "t=29.000,30.000"),
        ("audio/mic.002.wav", "t=0.000,1.000"),
        ("audio/system.wav", "t=29.000,30.000"),
        ("audio/system.002.wav", "t=0.000,1.000"),
    ];
    assert_eq!(
        targets(&across),
        expected.map(|(a, b)| (a.into(), b.into()))
    );

    // A search leads there, too; and where the sound is FLAC, into that.
    let found = || -> Vec<String> {
        let output = command(dir.path(), &["search", "thirteen hours", "--json"]);
        expect_code(&output, 0);
        let found: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let links = array(&found["hits"]).map(|hit| hit["link"].as_str().expect("a link"));
        let mine = links.filter(|link| link.contains("/audio/system."));
        mine.map(str::to_owned).collect()
    };
    let links = found();
    let inside = format!("{}/audio/system.003.wav#t=28.", session.display());
    assert!(links[0].starts_with(&inside), "{links:?}");
    let manifest = session.join("session.json");
    let kept = fs::read_to_string(&manifest).expect("the manifest");
    fs::write(&manifest, kept.replace(".wav\"", ".flac\"")).expect("a manifest");
    assert!(found()[0].contains("/audio/system.003.flac#t=28."));
    fs::write(&manifest, kept).expect("a manifest");

    let marked = ["mark", "last", "quote", "--at", "1:28"];
    expect_code(&command(dir.path(), &marked), 0);
    let output = command(dir.path(), &["export", "last", "--as", "md", "--out", "-"]);
    expect_code(&output, 0);
    let text = stdout(&output);
    // The quote begins 13.5 s into the third file, and goes on in the fourth.
    assert!(text.contains("audio/system.003.wav#t=13.52,30"), "{text}");
    // ELAN is told of every file, and how long before its start the timeline begins.
    let output = command(
        dir.path(),
        &["export", "last", "--as", "elan", "--out", "-"],
    );
    expect_code(&output, 0);
    let text = stdout(&output);
    for (n, file) in ["mic.wav", "mic.002.wav", "mic.003.wav", "mic.004.wav"]
        .iter()
        .enumerate()
    {
        let origin = match n {
            0 => String::new(),
            n => format!(" TIME_ORIGIN=\"-{}\"", n * 30_000),
        };
        let descriptor = format!("RELATIVE_MEDIA_URL=\"../audio/{file}\"{origin}/>");
        assert!(text.contains(&descriptor), "no {descriptor}");
    }
    let manifest = json(&session.join("session.json"));
    let lengths: Vec<u64> = array(&manifest["tracks"][0]["file_samples"])
        .map(|n| n.as_u64().expect("samples"))
        .collect();
    assert_eq!(
        lengths.iter().sum::<u64>(),
        manifest["tracks"][0]["samples"]
    );
    assert_eq!(lengths[0], PART as u64);
}

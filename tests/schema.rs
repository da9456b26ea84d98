//! The wire formats against a second declaration of them and against the published JSON Schemas.
//!
//! The material is a log that holds every event type and the documents that are folded from it.

#[path = "schema/declared.rs"]
mod declared;
#[path = "schema/validator.rs"]
mod validator;

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use verbatim::audio::Track;
use verbatim::document::clip::ClipDocument;
use verbatim::document::marker::MarkersDocument;
use verbatim::document::people::PeopleDocument;
use verbatim::event::{Envelope, Event, QueueEnvelope};
use verbatim::store::fold::{Documents, fold};
use verbatim::store::{documents, schema};

/// A session of two tracks with every event type: late start, clock hole, overlap, backchannel,
/// covered, rejected, deferred and never attempted speech, and a recovery after the stop.
const LOG: &str = include_str!("schema/every-event.ndjson");

/// Markers with and without everything optional.
const MARKERS: &str = include_str!("fixtures/session/markers.json");

/// The key to pseudonyms.
const PEOPLE: &str = include_str!("schema/people.json");

/// The JSON beside a clip, with everything optional.
const CLIP: &str = include_str!("schema/clip.json");

fn lines() -> Vec<&'static str> {
    LOG.lines().collect()
}

fn events() -> Vec<Envelope> {
    let parse = |line: &&str| serde_json::from_str(line).expect("a line of the script");
    lines().iter().map(parse).collect()
}

fn folded(events: Vec<Envelope>) -> Documents {
    // The microphone has two parts, so that a list of files with more than one entry is seen.
    let files = |track| match track {
        Track::Mic => vec!["audio/mic.flac".to_owned(), "audio/mic.002.flac".to_owned()],
        track => vec![format!("audio/{track}.wav")],
    };
    fold(events, &files).expect("documents")
}

/// The documents by schema name, as they stand in their files; the markers stand apart.
fn written(documents: &Documents) -> [(&'static str, Vec<u8>); 5] {
    let bytes = "a document can be written";
    [
        (
            "session",
            documents::bytes(&documents.manifest).expect(bytes),
        ),
        ("turns", documents::bytes(&documents.turns).expect(bytes)),
        (
            "transcript",
            documents::bytes(&documents.transcript).expect(bytes),
        ),
        ("stats", documents::bytes(&documents.stats).expect(bytes)),
        ("review", documents::bytes(&documents.review).expect(bytes)),
    ]
}

/// Every document of a session, those that events make and the markers.
fn every_document() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::from(written(&folded(events())));
    all.push(("markers", MARKERS.as_bytes().to_vec()));
    let clips = folded(events()).clips.expect("a clip");
    all.push(("clips", documents::bytes(&clips).expect("a document")));
    all.push(("clip", CLIP.as_bytes().to_vec()));
    let (corrections, redactions) = edits();
    all.push(("corrections", corrections));
    all.push(("redactions", redactions));
    all.push(("people", PEOPLE.as_bytes().to_vec()));
    all
}

/// The corrections and redactions of the log.
fn edits() -> (Vec<u8>, Vec<u8>) {
    let documents = folded(events());
    let corrections = documents.corrections.expect("a correction");
    let redactions = documents.redactions.expect("redactions");
    let bytes = "a document can be written";
    (
        documents::bytes(&corrections).expect(bytes),
        documents::bytes(&redactions).expect(bytes),
    )
}

/// The type of an event. There is no other arm: a new event type does not compile until it has a
/// name here, and then fails until it stands in the script and in the second declaration.
fn type_of(event: &Event) -> &'static str {
    match event {
        Event::SessionStarted(_) => "session.started",
        Event::SessionStopped(_) => "session.stopped",
        Event::SessionPaused(_) => "session.paused",
        Event::SessionResumed(_) => "session.resumed",
        Event::SessionRecovered(_) => "session.recovered",
        Event::ConsentRecorded(_) => "consent.recorded",
        Event::ConsentWithdrawn(_) => "consent.withdrawn",
        Event::TrackStarted(_) => "track.started",
        Event::TrackGap(_) => "track.gap",
        Event::DeviceChanged(_) => "device.changed",
        Event::TrackHealth(_) => "track.health",
        Event::TrackEnded(_) => "track.ended",
        Event::SpeechStart(_) => "speech.start",
        Event::SpeechEnd(_) => "speech.end",
        Event::SpeechEcho(_) => "speech.echo",
        Event::TurnEnd(_) => "turn.end",
        Event::SilenceEnd(_) => "silence.end",
        Event::PassStarted(_) => "pass.started",
        Event::PassEnded(_) => "pass.ended",
        Event::LanguageDetected(_) => "language.detected",
        Event::TranscriptFinal(_) => "transcript.final",
        Event::TranscriptDeferred(_) => "transcript.deferred",
        Event::MarkerAdded(_) => "marker.added",
        Event::MarkerChanged(_) => "marker.changed",
        Event::MarkerRemoved(_) => "marker.removed",
        Event::GuideLoaded(_) => "guide.loaded",
        Event::GuideTicked(_) => "guide.ticked",
        Event::GuideUnticked(_) => "guide.unticked",
        Event::ClipCreated(_) => "clip.created",
        Event::ArchiveConverted(_) => "archive.converted",
        Event::SourceCopied(_) => "source.copied",
        Event::ConsentOverridden(_) => "consent.overridden",
        Event::SpeakerChanged(_) => "speaker.changed",
        Event::TextCorrected(_) => "text.corrected",
        Event::TextRestored(_) => "text.restored",
        Event::RedactionSet(_) => "redaction.set",
        Event::Backlog(_) => "backlog",
        Event::Warning(_) => "warning",
        Event::Heartbeat(_) => "heartbeat",
    }
}

/// Reads JSON strictly by a declaration and holds what it says against the text: same fields, same
/// order, same values.
fn declares<T: Serialize + DeserializeOwned>(what: &str, text: &[u8]) {
    let value: T = serde_json::from_slice(text)
        .unwrap_or_else(|e| panic!("{what}: {e}\n{}", String::from_utf8_lossy(text)));
    let mut again = serde_json::to_vec_pretty(&value).expect("JSON");
    again.push(b'\n');
    assert_eq!(
        String::from_utf8_lossy(&again),
        String::from_utf8_lossy(text),
        "{what}: fields in another order"
    );
}

fn data_is_declared(line: &declared::Line) {
    fn strict<T: DeserializeOwned>(line: &declared::Line) {
        if let Err(e) = serde_json::from_value::<T>(line.data.clone()) {
            panic!("{}: {e} in {}", line.r#type, line.data);
        }
    }
    match line.r#type.as_str() {
        "session.started" => strict::<declared::SessionStarted>(line),
        "session.stopped" => strict::<declared::SessionStopped>(line),
        "session.paused" | "session.resumed" => strict::<declared::AtSample>(line),
        "session.recovered" => strict::<declared::SessionRecovered>(line),
        "consent.recorded" => strict::<declared::ConsentRecorded>(line),
        "consent.withdrawn" => strict::<declared::ConsentWithdrawn>(line),
        "track.started" => strict::<declared::TrackStarted>(line),
        "track.gap" => strict::<declared::TrackGap>(line),
        "device.changed" => strict::<declared::DeviceChanged>(line),
        "track.health" => strict::<declared::TrackHealth>(line),
        "track.ended" => strict::<declared::TrackEnded>(line),
        "speech.start" => strict::<declared::SpeechStart>(line),
        "speech.end" | "turn.end" => strict::<declared::TrackRange>(line),
        "archive.converted" => strict::<declared::ArchiveConverted>(line),
        "source.copied" => strict::<declared::SourceCopied>(line),
        "speech.echo" => strict::<declared::SpeechEcho>(line),
        "silence.end" => strict::<declared::Range>(line),
        "pass.started" => strict::<declared::Pass>(line),
        "pass.ended" => strict::<declared::PassEnded>(line),
        "language.detected" => strict::<declared::LanguageDetected>(line),
        "transcript.final" => strict::<declared::TranscriptFinal>(line),
        "transcript.deferred" => strict::<declared::TranscriptDeferred>(line),
        "marker.added" | "marker.changed" => strict::<declared::Marker>(line),
        "marker.removed" => strict::<declared::MarkerRemoved>(line),
        "guide.loaded" => strict::<declared::Guide>(line),
        "guide.ticked" => strict::<declared::GuideTicked>(line),
        "guide.unticked" => strict::<declared::GuideUnticked>(line),
        "clip.created" => strict::<declared::Clip>(line),
        "consent.overridden" => strict::<declared::ConsentOverridden>(line),
        "speaker.changed" => strict::<declared::SpeakerChanged>(line),
        "text.corrected" => strict::<declared::TextCorrected>(line),
        "text.restored" => strict::<declared::TextRestored>(line),
        "redaction.set" => strict::<declared::Rules>(line),
        "backlog" => strict::<declared::Backlog>(line),
        "warning" => strict::<declared::Warning>(line),
        "heartbeat" => strict::<declared::Heartbeat>(line),
        other => panic!("{other} is not declared"),
    }
}

#[test]
fn lines_about_files_are_as_declared() {
    let words = declared::FileState::WORDS.iter();
    let lines = words.enumerate().flat_map(|(n, state)| {
        let data = json!({
            "files": ["a/call.wav"], "state": state, "audio_ms": 60_000, "took_ms": 5, "words": 120,
            "attempts": 1,
        });
        let mut full = data.clone();
        full["session"] = json!("2026-11-22-1405-call");
        full["lost_ms"] = json!(n + 1);
        full["reason"] = json!("the disk is full");
        [data, full].map(|data| {
            json!({"v": 1, "at": "2026-11-22T14:05:33.120+01:00", "type": "file.ended", "data": data})
        })
    });
    for line in lines {
        let ours: QueueEnvelope = serde_json::from_value(line.clone()).expect("a line");
        let text = serde_json::to_vec_pretty(&ours).expect("JSON");
        declares::<declared::QueueLine>("file.ended", &[&text[..], b"\n"].concat());
        assert_eq!(serde_json::to_value(&ours).expect("JSON"), line);
    }
}

#[test]
fn every_document_is_as_declared() {
    let documents = folded(events());
    let [session, turns, transcript, stats, review] = written(&documents).map(|(_, bytes)| bytes);
    declares::<declared::SessionJson>("session.json", &session);
    declares::<declared::TurnsJson>("turns.json", &turns);
    declares::<declared::TranscriptJson>("transcript.json", &transcript);
    declares::<declared::StatsJson>("stats.json", &stats);
    declares::<declared::ReviewJson>("review.json", &review);
}

#[test]
fn clips_are_as_declared() {
    let clips = folded(events()).clips.expect("a clip");
    let clips = documents::bytes(&clips).expect("a document can be written");
    declares::<declared::ClipsJson>("clips.json", &clips);
    declares::<declared::ClipJson>("clip.json", CLIP.as_bytes());
    let document: ClipDocument = serde_json::from_str(CLIP).expect("a clip");
    let again = documents::bytes(&document).expect("a document can be written");
    assert_eq!(String::from_utf8_lossy(&again), CLIP);
}

#[test]
fn corrections_redactions_and_people_are_as_declared() {
    let (corrections, redactions) = edits();
    declares::<declared::CorrectionsJson>("corrections.json", &corrections);
    declares::<declared::RedactionsJson>("redactions.json", &redactions);
    declares::<declared::PeopleJson>("people.json", PEOPLE.as_bytes());
    let document: PeopleDocument = serde_json::from_str(PEOPLE).expect("people");
    let again = documents::bytes(&document).expect("a document can be written");
    assert_eq!(String::from_utf8_lossy(&again), PEOPLE);
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
    let (corrections, redactions) = (read(&corrections), read(&redactions));
    // The second correction was taken back.
    assert_eq!(corrections["corrections"].as_array().map(Vec::len), Some(1));
    assert_eq!(corrections["corrections"][0]["text"], "Anna stopped.");
    assert_eq!(corrections["corrections"][0]["words"][0]["text"], "Anna");
    assert_eq!(redactions["found"][0]["text"], "Anna");
    assert_eq!(redactions["found"][0]["instead"], "P01");
    let speaker = &folded(events()).transcript.speakers[1];
    assert_eq!(
        (speaker.label.as_str(), speaker.participant.as_deref()),
        ("Anna", Some("P01"))
    );
}

#[test]
fn markers_of_the_log_are_as_declared_and_end_with_the_call() {
    let markers = folded(events()).markers.expect("markers");
    let bytes = documents::bytes(&markers).expect("a document can be written");
    declares::<declared::MarkersJson>("markers.json", &bytes);
    let told: Vec<_> = markers
        .markers
        .iter()
        .map(|m| (m.id.as_str(), m.note.is_some(), m.end_ms))
        .collect();
    // The removed one is gone; the last one's window reached beyond the end.
    assert_eq!(told, [("m0001", true, 10_000), ("m0002", false, 60_000)]);
}

#[test]
fn markers_are_as_declared_and_written_as_they_were_read() {
    declares::<declared::MarkersJson>("markers.json", MARKERS.as_bytes());
    let document: MarkersDocument = serde_json::from_str(MARKERS).expect("markers");
    let again = documents::bytes(&document).expect("a document can be written");
    assert_eq!(String::from_utf8_lossy(&again), MARKERS);
    let schema = schema::schema("markers").expect("a schema");
    for (field, wrong) in [
        ("severity", json!(0)),
        ("severity", json!(4)),
        ("tags", json!("a")),
        ("kind", json!(null)),
    ] {
        let mut value: Value = serde_json::from_str(MARKERS).expect("JSON");
        value["markers"][0][field] = wrong;
        assert!(!validator::faults(&schema, &value).is_empty(), "{field}");
    }
}

#[test]
fn an_imported_session_without_anything_optional_is_as_declared() {
    let mut events = events();
    events.truncate(1);
    let Event::SessionStarted(started) = &mut events[0].event else {
        panic!("the script begins with session.started");
    };
    let source = json!({"name": "call.wav", "sha256": "00", "channel": 1});
    started.tracks[0].source = serde_json::from_value(source).ok();
    started.tracks[0].device = None;
    started.title = None;
    started.goal = None;
    let documents = folded(events);
    let [session, turns, transcript, stats, review] = written(&documents).map(|(_, bytes)| bytes);
    declares::<declared::SessionJson>("session.json", &session);
    declares::<declared::TurnsJson>("turns.json", &turns);
    declares::<declared::TranscriptJson>("transcript.json", &transcript);
    declares::<declared::StatsJson>("stats.json", &stats);
    declares::<declared::ReviewJson>("review.json", &review);
    let session: Value = serde_json::from_slice(&session).expect("JSON");
    assert_eq!(session["status"], "recording");
    assert_eq!(session["tracks"][0]["source"]["channel"], 1);
    for absent in ["title", "goal", "stop_reason"] {
        assert!(session.get(absent).is_none(), "{absent} is written as null");
    }
}

#[test]
fn optional_fields_are_there_when_they_have_something_to_say() {
    let documents = folded(events());
    let expected = [
        ("session", "/title", json!("Acme „onboarding“")),
        ("session", "/goal", json!("Learn why they left")),
        ("session", "/stop_reason", json!("user")),
        (
            "session",
            "/consent/0/at",
            json!("2026-11-22T14:05:33.120+01:00"),
        ),
        ("session", "/consent/1/scopes/1", json!("quote-internally")),
        ("session", "/withdrawn/0/scopes/0", json!("quote-publicly")),
        ("session", "/tracks/0/device/backend", json!("pulse")),
        ("session", "/tracks/0/skew_ppm", json!(-12.5)),
        ("session", "/tracks/0/corrected_samples", json!(42)),
        (
            "session",
            "/tracks/0/device_changes/0/start_ms",
            json!(31_000),
        ),
        (
            "turns",
            "/session",
            json!("019aabcd-0000-7000-8000-000000000001"),
        ),
        ("turns", "/silences/1/before", json!("system")),
        ("turns", "/silences/1/after", json!("mic")),
        ("turns", "/floor/2/track", json!("mic")),
        (
            "stats",
            "/session",
            json!("019aabcd-0000-7000-8000-000000000001"),
        ),
        ("stats", "/tracks/1/median_response_ms", json!(5_250)),
        ("stats", "/tracks/1/longest_response_ms", json!(10_000)),
        ("stats", "/tracks/0/longest_turn/id", json!("t0001")),
        ("stats", "/tracks/0/sound/peak_db", json!(-6.0)),
        ("stats", "/tracks/0/sound/lost_ms", json!(1_000)),
        ("stats", "/tracks/1/words_per_minute", json!(18.5)),
        ("review", "/questions/0/form/form", json!("open")),
        ("review", "/rules/source", json!("bundled")),
        ("review", "/guide/items/0/hint/score", json!(1.0)),
        ("review", "/guide/items/2/ticked_ms", json!(20_000)),
        ("review", "/guide/ticked", json!(1)),
        ("stats", "/phases/1/tracks/1/speech_ms", json!(4_000)),
        ("stats", "/tracks/0/fillers/count", json!(0)),
        ("stats", "/interruptions/0/yielded", json!("system")),
        ("stats", "/silences/2/broken/0/before", json!("system")),
    ];
    let written = written(&documents);
    for (name, pointer, wanted) in expected {
        let (_, bytes) = written
            .iter()
            .find(|(n, _)| *n == name)
            .expect("a document");
        let document: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(document.pointer(pointer), Some(&wanted), "{name}{pointer}");
    }
}

#[test]
fn the_documents_say_what_the_script_says() {
    let documents = folded(events());
    let figures = |n: usize| {
        let track = &documents.manifest.tracks[n];
        (
            track.lost_samples,
            track.peak,
            track.zero_share,
            track.gaps.len(),
            track.offset_ms,
        )
    };
    // The two pieces of the microphone's hole abut and have one cause: one gap of a second.
    // The pause is a gap of its own, and nothing of it is lost.
    assert_eq!(figures(0), (48_000, 0.5, 0.1017, 2, 0));
    assert_eq!(figures(1), (24_000, 1.0, 0.5085, 2, 500));
    let paused = documents.manifest.tracks.iter();
    assert!(paused.clone().all(|track| track.paused_samples == 48_000));
    let mic = &documents.manifest.tracks[0];
    assert_eq!(mic.files, ["audio/mic.flac", "audio/mic.002.flac"]);
    assert_eq!((mic.gaps[0].start_ms, mic.gaps[0].end_ms), (30_000, 31_000));
    let covered = |n: usize| {
        let coverage = &documents.transcript.coverage[n];
        (
            coverage.voiced_ms,
            coverage.covered_ms,
            coverage.attempted.len(),
        )
    };
    assert_eq!(covered(0), (6_300, 3_000, 2));
    assert_eq!(covered(1), (8_500, 6_500, 2));
    let without = serde_json::to_value(&documents.transcript.untranscribed).expect("JSON");
    assert_eq!(
        without,
        json!([
            {"track": "mic", "start_ms": 6_000, "end_ms": 6_300, "reason": "rejected"},
            {"track": "system", "start_ms": 7_000, "end_ms": 9_000, "reason": "no_text"},
            {"track": "mic", "start_ms": 8_000, "end_ms": 10_000, "reason": "deferred"},
            // Nobody said a word about the last span, and the consent does not cover its text.
            {"track": "mic", "start_ms": 40_000, "end_ms": 41_000, "reason": "not_allowed"},
        ])
    );
    assert_eq!(documents.stats.overlap_ms, 1_300);
    assert_eq!(documents.stats.gap_ms, 2_500);
    let shares = [0, 1].map(|n: usize| documents.stats.tracks[n].talk_share);
    assert_eq!(shares, [0.4257, 0.5743]);
    let speakers = documents
        .transcript
        .segments
        .iter()
        .map(|s| s.speaker.as_str());
    assert_eq!(speakers.collect::<Vec<_>>(), ["sp1", "sp2", "sp2"]);
    // The call was recovered, and speech still waits for the recogniser.
    let status = serde_json::to_value(documents.manifest.status).expect("JSON");
    assert_eq!(status, "stopped");
}

#[test]
fn the_floor_tiles_the_timeline() {
    let floor = folded(events()).turns.floor;
    let mut at = 0;
    for span in &floor {
        assert_eq!(span.start_ms, at);
        assert!(span.end_ms > span.start_ms);
        at = span.end_ms;
    }
    assert_eq!(at, 60_000);
}

#[test]
fn every_event_line_is_as_declared() {
    for (number, text) in lines().into_iter().enumerate() {
        let line: declared::Line = serde_json::from_str(text).expect("a declared line");
        assert_eq!((line.v, line.seq), (1, number as u64 + 1));
        data_is_declared(&line);
        let event: Envelope = serde_json::from_str(text).expect("an event");
        assert_eq!(type_of(&event.event), line.r#type);
        // The program writes exactly the line that the script holds: same fields, order and numbers.
        assert_eq!(serde_json::to_string(&event).expect("JSON"), text);
    }
}

#[test]
fn the_script_holds_every_event_type_and_the_schema_lists_no_other() {
    let held: BTreeSet<&str> = events().iter().map(|e| type_of(&e.event)).collect();
    let schema = schema::schema("event").expect("a schema");
    let listed: BTreeSet<&str> = schema["oneOf"]
        .as_array()
        .expect("one entry for each type")
        .iter()
        .map(|entry| {
            entry["properties"]["type"]["const"]
                .as_str()
                .expect("a type")
        })
        .collect();
    assert_eq!(held, listed);
}

#[test]
fn closed_lists_of_words_are_as_declared() {
    let mut seen = BTreeSet::new();
    for name in schema::names() {
        let schema = schema::schema(name).expect("a schema");
        for (definition, content) in schema["$defs"].as_object().into_iter().flatten() {
            let Some(words) = words_of(content) else {
                continue;
            };
            let declared = declared::WORD_LISTS.iter().find(|(n, _)| n == definition);
            let (_, declared) = declared.unwrap_or_else(|| panic!("{definition} is not declared"));
            assert_eq!(
                words,
                declared.iter().copied().collect(),
                "{definition} in {name}"
            );
            seen.insert(definition.clone());
        }
    }
    assert_eq!(seen.len(), declared::WORD_LISTS.len(), "{seen:?}");
}

/// The words of a schema that is a closed list of strings: either a plain list, or one entry a word
/// where words have descriptions.
fn words_of(schema: &Value) -> Option<BTreeSet<&str>> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::as_str).collect();
    }
    let mut words = BTreeSet::new();
    for entry in schema["oneOf"].as_array()? {
        match entry["enum"].as_array() {
            Some(listed) => words.extend(listed.iter().filter_map(Value::as_str)),
            None => words.extend(entry["const"].as_str()),
        }
    }
    (!words.is_empty()).then_some(words)
}

#[test]
fn documents_and_events_are_valid_by_the_published_schemas() {
    for (name, bytes) in every_document() {
        let schema = schema::schema(name).expect("a schema");
        let document = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(validator::faults(&schema, &document), [""; 0], "{name}");
    }
    let (event, stream) = (schema::schema("event"), schema::schema("stream"));
    for text in lines() {
        let line = serde_json::from_str(text).expect("JSON");
        for schema in [&event, &stream] {
            let schema = schema.as_ref().expect("a schema");
            assert_eq!(validator::faults(schema, &line), [""; 0], "{text}");
        }
    }
}

/// What `--json` prints and the log does not hold, with and without a field that must be there.
#[test]
fn lines_that_are_shown_only_are_valid_by_the_schema_of_the_stream() {
    let schema = schema::schema("stream").expect("a schema");
    let event = schema::schema("event").expect("a schema");
    let at = "2026-11-22T14:05:33.120+01:00";
    let word = json!({"text": "It", "start_ms": 1_200, "end_ms": 1_400});
    let partial = json!({"utterance": "u0001", "track": "mic", "revision": 3, "start_ms": 1_200,
        "heard_ms": 1_600, "committed": 0, "words": [word]});
    let ended = json!({"files": ["call.wav"], "state": "done", "audio_ms": 1, "took_ms": 1,
        "words": 1, "attempts": 1});
    let lines = [
        json!({"v": 1, "session": "019aabcd-0000-7000-8000-000000000001", "t_ms": 1_700, "at": at,
            "type": "transcript.partial", "data": partial}),
        json!({"v": 1, "at": at, "type": "file.ended", "data": ended}),
    ];
    for line in lines {
        assert_eq!(validator::faults(&schema, &line), [""; 0], "{line}");
        assert!(
            !validator::faults(&event, &line).is_empty(),
            "{line} is logged"
        );
        for field in line["data"].as_object().expect("data").keys() {
            let mut without = line.clone();
            without["data"].as_object_mut().expect("data").remove(field);
            let faults = validator::faults(&schema, &without);
            assert!(!faults.is_empty(), "valid without {field}");
        }
    }
}

/// A validator that calls everything valid would prove nothing, nor would a schema that demands
/// nothing: each required field taken away, and each value replaced by another kind, is a fault.
#[test]
fn the_schemas_reject_what_is_no_document() {
    for (name, bytes) in every_document() {
        let schema = schema::schema(name).expect("a schema");
        let document: Value = serde_json::from_slice(&bytes).expect("JSON");
        for field in schema["required"].as_array().expect("required fields") {
            let field = field.as_str().expect("a name");
            let mut without = document.clone();
            without.as_object_mut().expect("an object").remove(field);
            assert!(
                !validator::faults(&schema, &without).is_empty(),
                "{name} without {field}"
            );
            let mut other = document.clone();
            other[field] = json!({"another": "kind"});
            assert!(
                !validator::faults(&schema, &other).is_empty(),
                "{name} with odd {field}"
            );
        }
    }
    let schema = schema::schema("event").expect("a schema");
    for (pointer, wrong) in [
        ("/type", json!("session.begun")),
        ("/seq", json!(-1)),
        ("/data", json!({})),
        ("/data/tracks/1/track", json!("track0")),
        ("/data/origin", json!("Live")),
    ] {
        let mut line: Value = serde_json::from_str(lines()[0]).expect("JSON");
        *line.pointer_mut(pointer).expect("a field") = wrong;
        assert!(!validator::faults(&schema, &line).is_empty(), "{pointer}");
    }
}

/// Every schema says which document and version it is about.
#[test]
fn documents_name_their_schema_and_version() {
    for (name, bytes) in every_document() {
        let document: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(document["schema"], format!("verbatim.{name}"));
        assert_eq!(document["schema_version"], "1.0");
        assert!(bytes.ends_with(b"}\n") && !bytes.contains(&b'\r'));
    }
}

//! The documents and events declared a second time, with unknown fields denied: a format that changes
//! without a word fails here. What is printed by `verbatim schema` must fit the same documents.
#![allow(dead_code, reason = "the declarations are there to be parsed into")]

#[path = "support/script.rs"]
mod script;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use verbatim::store::documents::bytes;
use verbatim::store::fold::{Documents, fold};
use verbatim::store::schema::schema;

macro_rules! declare {
    ($($name:ident { $($field:ident : $kind:ty),* $(,)? })*) => {
        $(
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct $name { $($field: $kind),* }
        )*
    };
}

declare! {
    Session {
        schema: String, schema_version: String, id: String, status: String, origin: String,
        title: Option<String>, goal: Option<String>, consent: Vec<Consent>, started_at: String,
        duration_ms: u64, duration_samples: u64, stop_reason: Option<String>, program: String,
        detector: String, tracks: Vec<SessionTrack>,
    }
    Consent { text: String, at: String }
    SessionTrack {
        track: String, files: Vec<String>, device: Option<Device>, source: Option<Source>,
        native_rate: u32, native_channels: u16, offset_ms: u64, offset_samples: u64, samples: u64,
        lost_samples: u64, peak: f64, clipped_samples: u64, zero_share: f64, skew_ppm: Option<f64>,
        gaps: Vec<Gap>,
    }
    Device { id: String, name: String, backend: String }
    Source { name: String, sha256: String, channel: Option<u16> }
    Gap { start_ms: u64, end_ms: u64, start_sample: u64, samples: u64, cause: String }
    Range { start_ms: u64, end_ms: u64 }

    Turns {
        schema: String, schema_version: String, session: Option<String>, duration_ms: u64,
        detector: String, tracks: Vec<TurnsTrack>, turns: Vec<Turn>, silences: Vec<Silence>,
        overlaps: Vec<Overlap>, floor: Vec<Floor>,
    }
    TurnsTrack {
        track: String, speech_ms: u64, talk_share: f64, speech: Vec<Range>, gaps: Vec<Gap>,
    }
    Turn {
        id: String, track: String, kind: String, start_ms: u64, end_ms: u64, speech_ms: u64,
    }
    Silence { start_ms: u64, end_ms: u64, after: Option<String>, before: Option<String> }
    Overlap { start_ms: u64, end_ms: u64, tracks: Vec<String> }
    Floor { start_ms: u64, end_ms: u64, state: String, track: Option<String> }

    Transcript {
        schema: String, schema_version: String, session: String, speakers: Vec<Speaker>,
        passes: Vec<PassRow>, segments: Vec<SegmentRow>, coverage: Vec<CoverageRow>,
        untranscribed: Vec<Untranscribed>,
    }
    Speaker { id: String, label: String, role: String, track: String, basis: String }
    PassRow {
        id: String, mode: String, engine: String, model: String, model_sha256: String,
        language: String, settings: String, timing_method: String,
    }
    SegmentRow {
        id: String, track: String, speaker: String, start_ms: u64, end_ms: u64, text: String,
        utterance: String, pass: String, avg_logprob: f64, no_speech_prob: f64,
        words: Vec<WordRow>,
    }
    WordRow { id: String, text: String, start_ms: u64, end_ms: u64, probability: f64 }
    CoverageRow { track: String, voiced_ms: u64, covered_ms: u64, attempted: Vec<Range> }
    Untranscribed { track: String, start_ms: u64, end_ms: u64, reason: String }

    Stats {
        schema: String, schema_version: String, session: Option<String>, duration_ms: u64,
        tracks: Vec<StatsTrack>, silence_ms: u64, overlap_ms: u64, gap_ms: u64,
        longest_silences: Vec<Silence>,
    }
    StatsTrack {
        track: String, speech_ms: u64, talk_share: f64, turns: u32, backchannels: u32,
        longest_turn_ms: u64, median_turn_ms: u64, median_response_ms: Option<u64>,
    }

    Line { v: u32, seq: u64, session: String, t_ms: u64, at: String, r#type: String, data: Value }
    Started {
        origin: String, started_at: String, title: Option<String>, goal: Option<String>,
        program: String, detector: String, tracks: Vec<Planned>,
    }
    Planned { track: String, device: Option<Device>, source: Option<Source> }
    ConsentLine { text: String }
    Health { track: String, state: String }
    TrackStarted { track: String, offset_samples: u64, rate: u32, channels: u16 }
    TrackEnded {
        track: String, samples: u64, peak: u16, clipped_samples: u64, zero_samples: u64,
        skew_ppm: Option<f64>,
    }
    GapLine { track: String, start_sample: u64, samples: u64, cause: String }
    SpeechStart { track: String, start_ms: u64 }
    Stretch { track: String, start_ms: u64, end_ms: u64 }
    Final {
        utterance: String, track: String, pass: String, start_ms: u64, end_ms: u64,
        segments: Vec<SegmentRow>, untranscribed: Option<Vec<Untranscribed>>,
    }
    Backlog { utterances: u32, waiting_ms: u64 }
    Warning { code: String, track: Option<String>, message: String }
    Heartbeat { samples: Vec<u64> }
    Stopped { reason: String, duration_samples: u64 }
}

fn documents() -> Documents {
    fold(script::envelopes(script::whole_call()), &|_| 1).expect("the script is a session")
}

fn parse<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{e} in {value:#}"))
}

fn as_value(document: &impl serde::Serialize) -> Value {
    serde_json::from_slice(&bytes(document).expect("JSON")).expect("JSON")
}

#[test]
fn documents_have_the_declared_fields_and_no_others() {
    let documents = documents();
    let session: Session = parse(as_value(&documents.manifest));
    assert_eq!(
        (session.schema.as_str(), session.schema_version.as_str()),
        ("verbatim.session", "1.0")
    );
    assert_eq!(session.status, "stopped", "an utterance is deferred");
    assert_eq!(session.tracks[1].lost_samples, 48_001);
    assert_eq!(session.tracks[1].offset_ms, 100);
    assert_eq!(session.tracks[0].skew_ppm, Some(12.3457));
    let turns: Turns = parse(as_value(&documents.turns));
    assert_eq!(turns.schema, "verbatim.turns");
    assert_eq!(turns.overlaps.len(), 1);
    assert_eq!(turns.tracks[1].gaps[0].cause, "clock_hole");
    let transcript: Transcript = parse(as_value(&documents.transcript));
    assert_eq!(transcript.schema, "verbatim.transcript");
    assert_eq!(transcript.segments[1].speaker, "sp2");
    assert_eq!(transcript.untranscribed[0].reason, "deferred");
    assert_eq!(
        transcript.coverage[0].voiced_ms - transcript.coverage[0].covered_ms,
        1_000
    );
    let stats: Stats = parse(as_value(&documents.stats));
    assert_eq!(stats.schema, "verbatim.stats");
    assert!(stats.gap_ms > 0 && stats.overlap_ms == 500);
}

#[test]
fn every_event_has_the_declared_fields_and_no_others() {
    let mut seen = std::collections::BTreeSet::new();
    for envelope in script::envelopes(script::whole_call()) {
        let line: Line = parse(as_value(&envelope));
        let data = line.data;
        match line.r#type.as_str() {
            "session.started" => drop(parse::<Started>(data)),
            "session.stopped" => drop(parse::<Stopped>(data)),
            "consent.recorded" => drop(parse::<ConsentLine>(data)),
            "track.started" => drop(parse::<TrackStarted>(data)),
            "track.gap" => drop(parse::<GapLine>(data)),
            "track.health" => drop(parse::<Health>(data)),
            "track.ended" => drop(parse::<TrackEnded>(data)),
            "speech.start" => drop(parse::<SpeechStart>(data)),
            "speech.end" | "turn.end" => drop(parse::<Stretch>(data)),
            "silence.end" => drop(parse::<Range>(data)),
            "pass.started" => drop(parse::<PassRow>(data)),
            "transcript.final" => drop(parse::<Final>(data)),
            "transcript.deferred" => drop(parse::<Untranscribed>(data)),
            "backlog" => drop(parse::<Backlog>(data)),
            "warning" => drop(parse::<Warning>(data)),
            "heartbeat" => drop(parse::<Heartbeat>(data)),
            other => panic!("{other} is not declared"),
        }
        seen.insert(line.r#type);
    }
    assert_eq!(
        seen.len(),
        17,
        "the script has every type of event: {seen:?}"
    );
}

#[test]
fn printed_schemas_fit_the_documents() {
    let documents = documents();
    let pairs = [
        ("session", as_value(&documents.manifest)),
        ("turns", as_value(&documents.turns)),
        ("transcript", as_value(&documents.transcript)),
        ("stats", as_value(&documents.stats)),
    ];
    for (name, document) in pairs {
        check(name, &document);
        let mut broken = document.clone();
        broken["schema_version"] = 7.into();
        assert!(
            !fits(name, &broken),
            "the schema of {name} takes a number for its version"
        );
    }
    for envelope in script::envelopes(script::whole_call()) {
        check("event", &as_value(&envelope));
    }
}

fn validator(name: &str) -> jsonschema::Validator {
    jsonschema::draft202012::new(&schema(name).expect("a schema")).expect("a valid schema")
}

fn check(name: &str, document: &Value) {
    let faults: Vec<String> = validator(name)
        .iter_errors(document)
        .map(|e| format!("{e} at {}", e.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{name}: {faults:?}");
}

fn fits(name: &str, document: &Value) -> bool {
    validator(name).is_valid(document)
}

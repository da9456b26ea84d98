//! JSON Schemas (2020-12) of the documents, of a line of the event log and of a line of `--json`.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::document::SCHEMA_VERSION;
use crate::document::clip::{self, ClipDocument, ClipsDocument};
use crate::document::correction::{self, CorrectionsDocument};
use crate::document::manifest::{self, Manifest};
use crate::document::marker::{self, MarkersDocument};
use crate::document::people::{self, PeopleDocument};
use crate::document::redaction::{self, RedactionsDocument};
use crate::document::review::{self, ReviewDocument};
use crate::document::stats::{self, StatsDocument};
use crate::document::transcript::{self, TranscriptDocument};
use crate::document::turns::{self, TurnsDocument};
use crate::event::{EVENT_VERSION, Envelope, Line};

/// Names that [`schema`] knows.
pub fn names() -> &'static [&'static str] {
    &[
        "clip",
        "clips",
        "corrections",
        "event",
        "markers",
        "people",
        "redactions",
        "review",
        "session",
        "stats",
        "stream",
        "transcript",
        "turns",
    ]
}

/// The schema of a document, of a line of `events.ndjson` for `event`, or of a line that `--json`
/// prints for `stream`.
///
/// It allows fields that it does not name, as readers do.
pub fn schema(name: &str) -> Option<Value> {
    match name {
        "clip" => Some(document::<ClipDocument>(
            "The JSON beside a clip",
            clip::CLIP_SCHEMA,
        )),
        "clips" => Some(document::<ClipsDocument>("clips.json", clip::SCHEMA)),
        "corrections" => Some(document::<CorrectionsDocument>(
            "corrections.json",
            correction::SCHEMA,
        )),
        "event" => Some(event()),
        "markers" => Some(document::<MarkersDocument>("markers.json", marker::SCHEMA)),
        "people" => Some(document::<PeopleDocument>("people.json", people::SCHEMA)),
        "redactions" => Some(document::<RedactionsDocument>(
            "redactions.json",
            redaction::SCHEMA,
        )),
        "review" => Some(document::<ReviewDocument>("review.json", review::SCHEMA)),
        "session" => Some(document::<Manifest>("session.json", manifest::SCHEMA)),
        "stats" => Some(document::<StatsDocument>("stats.json", stats::SCHEMA)),
        "stream" => Some(named::<Line>(
            "A line of --json output",
            &format!("verbatim.stream:{EVENT_VERSION}"),
        )),
        "transcript" => Some(document::<TranscriptDocument>(
            "transcript.json",
            transcript::SCHEMA,
        )),
        "turns" => Some(document::<TurnsDocument>("turns.json", turns::SCHEMA)),
        _ => None,
    }
}

fn document<T: JsonSchema>(file: &str, name: &str) -> Value {
    let mut schema = named::<T>(file, &format!("{name}:{SCHEMA_VERSION}"));
    schema["properties"]["schema"]["const"] = json!(name);
    // Any minor version of this major: later ones only add fields.
    let major = SCHEMA_VERSION.split('.').next().unwrap_or_default();
    schema["properties"]["schema_version"]["pattern"] = json!(format!(r"^{major}\.[0-9]+$"));
    schema
}

fn event() -> Value {
    let mut schema = named::<Envelope>(
        "A line of events.ndjson",
        &format!("verbatim.event:{EVENT_VERSION}"),
    );
    schema["properties"]["v"]["const"] = json!(EVENT_VERSION);
    schema
}

fn named<T: JsonSchema>(title: &str, id: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    schema["$id"] = json!(format!("urn:{}", id.replacen('.', ":", 1)));
    schema["title"] = json!(title);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_schema_of_its_own() {
        for name in names() {
            let schema = schema(name).unwrap();
            assert_eq!(
                schema["$schema"], "https://json-schema.org/draft/2020-12/schema",
                "{name}"
            );
            let has_form = schema["properties"].is_object() || schema["anyOf"].is_array();
            assert!(has_form, "{name}");
            assert!(schema["title"].is_string(), "{name}");
        }
        assert_eq!(
            schema("turns").unwrap()["$id"],
            format!("urn:verbatim:turns:{SCHEMA_VERSION}")
        );
        assert!(schema("diary").is_none());
    }
}

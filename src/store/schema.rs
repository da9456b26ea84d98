//! JSON Schemas (2020-12) of the documents and of one line of the event log.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::document::manifest::Manifest;
use crate::document::stats::StatsDocument;
use crate::document::transcript::TranscriptDocument;
use crate::document::turns::TurnsDocument;
use crate::event::Envelope;

/// Names that [`schema`] knows.
pub fn names() -> &'static [&'static str] {
    &["event", "session", "stats", "transcript", "turns"]
}

/// The schema of a document, or of a line of `events.ndjson` for `event`.
pub fn schema(name: &str) -> Option<Value> {
    match name {
        "event" => Some(generate::<Envelope>()),
        "session" => Some(generate::<Manifest>()),
        "stats" => Some(generate::<StatsDocument>()),
        "transcript" => Some(generate::<TranscriptDocument>()),
        "turns" => Some(generate::<TurnsDocument>()),
        _ => None,
    }
}

fn generate<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
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
            assert!(schema["properties"].is_object(), "{name}");
        }
        assert!(schema("markers").is_none());
    }
}

//! Calls from text: turns follow each other, words share the time of their turn.

use std::collections::BTreeSet;

use serde_json::Value;
use verbatim::audio::Track;
use verbatim::document::review::{ReviewDocument, RulesSource};
use verbatim::document::transcript::TranscriptDocument;
use verbatim::document::turns::TurnsDocument;
use verbatim::insight::review::{RuleChoice, review};
use verbatim::insight::rules::Rules;
use verbatim::time::{Span, Tick};
use verbatim::voice::document::{Heard, Provenance, turns_document};
use verbatim::voice::turns::TurnOptions;

/// Time between two turns, and the length of a word, in milliseconds.
const BETWEEN: u64 = 500;
const WORD: u64 = 300;

/// A call that is written turn by turn.
pub struct Call {
    said: Vec<(Track, u64, u64, String)>,
    language: Option<String>,
}

/// Text without capitals and punctuation, as some recognisers write it.
pub fn bare(text: &str) -> String {
    let kept: String = text
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '\'' | ' '))
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sample call by its truth.
pub fn sample(write: fn(&str) -> String) -> Call {
    let truth: Value =
        serde_json::from_str(include_str!("../fixtures/sample-call/truth.json")).expect("JSON");
    let mut call = Call::new();
    for turn in truth["turns"].as_array().expect("turns") {
        let track = match turn["track"].as_str() {
            Some("mic") => Track::Mic,
            _ => Track::System,
        };
        let ms = |name: &str| turn[name].as_u64().expect("ms");
        let text = turn["text"].as_str().expect("a text");
        call.said
            .push((track, ms("start_ms"), ms("end_ms"), write(text)));
    }
    call
}

impl Call {
    pub fn new() -> Call {
        Call {
            said: Vec::new(),
            language: Some("en".into()),
        }
    }

    pub fn language(mut self, code: &str) -> Call {
        self.language = Some(code.into());
        self
    }

    pub fn without_passes(mut self) -> Call {
        self.language = None;
        self
    }

    pub fn say(mut self, track: Track, text: &str) -> Call {
        let start = self.said.last().map_or(0, |(_, _, end, _)| end + BETWEEN);
        let words = text.split_whitespace().count() as u64;
        self.said
            .push((track, start, start + words * WORD, text.to_owned()));
        self
    }

    pub fn review(&self) -> ReviewDocument {
        self.reviewed(None)
    }

    pub fn review_by(&self, rules: Rules) -> ReviewDocument {
        self.reviewed(Some(rules))
    }

    fn reviewed(&self, own: Option<Rules>) -> ReviewDocument {
        let (transcript, turns) = (self.transcript(), self.turns());
        let choice = RuleChoice::of(&transcript, |_| Some((RulesSource::Session, Ok(own?))));
        review(&transcript, &turns, &choice)
    }

    /// Ids of all words.
    pub fn words(&self) -> BTreeSet<String> {
        let segments = self.transcript().segments;
        let words = segments.into_iter().flat_map(|segment| segment.words);
        words.map(|word| word.id).collect()
    }

    fn turns(&self) -> TurnsDocument {
        let end = self
            .said
            .iter()
            .map(|(_, _, end, _)| *end)
            .max()
            .unwrap_or(0);
        let heard = [Track::Mic, Track::System].map(|track| Heard {
            track,
            speech: self
                .said
                .iter()
                .filter(|(by, ..)| *by == track)
                .map(|(_, start, end, _)| Span::from_ms(*start, *end))
                .collect(),
            echo: Vec::new(),
            gaps: Vec::new(),
        });
        let provenance = Provenance {
            session: None,
            detector: "test".into(),
        };
        turns_document(
            provenance,
            &heard,
            Tick::from_ms(end),
            TurnOptions::default(),
        )
    }

    fn transcript(&self) -> TranscriptDocument {
        let mut word = 0;
        let segments: Vec<Value> = self
            .said
            .iter()
            .enumerate()
            .map(|(n, (track, start, end, text))| {
                let words: Vec<&str> = text.split_whitespace().collect();
                let step = (end - start) / words.len().max(1) as u64;
                let words: Vec<Value> = words
                    .iter()
                    .enumerate()
                    .map(|(n, text)| {
                        word += 1;
                        let from = start + n as u64 * step;
                        serde_json::json!({
                            "id": format!("w{word:06}"), "text": text, "probability": 1.0,
                            "start_ms": from, "end_ms": from + step,
                        })
                    })
                    .collect();
                serde_json::json!({
                    "id": format!("s{n:04}"), "track": track.to_string(), "speaker": track.to_string(),
                    "start_ms": start, "end_ms": end, "text": text, "utterance": format!("u{n:04}"),
                    "pass": "p1", "avg_logprob": -0.2, "no_speech_prob": 0.0, "words": words,
                })
            })
            .collect();
        let passes: Vec<Value> = self
            .language
            .iter()
            .map(|language| {
                serde_json::json!({
                    "id": "p1", "mode": "live", "engine": "test", "model": "test", "model_sha256": "00",
                    "language": language, "settings": "", "timing_method": "letters",
                })
            })
            .collect();
        let speaker = |track: &str, role: &str| serde_json::json!({"id": track, "label": role, "role": role, "track": track, "basis": "track"});
        let document = serde_json::json!({
            "schema": "verbatim.transcript", "schema_version": "1.0", "session": "s",
            "speakers": [speaker("mic", "interviewer"), speaker("system", "participant")],
            "passes": passes, "segments": segments, "coverage": [], "untranscribed": [],
        });
        serde_json::from_value(document).expect("a transcript")
    }
}

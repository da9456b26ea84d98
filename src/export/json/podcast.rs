//! Transcript of the podcast namespace, version 1.0.0: a segment a caption.

use serde::Serialize;

use super::text;
use crate::export::call::Call;
use crate::export::cues::{Names, cues};
use crate::export::plain::seconds_f64;

#[derive(Serialize)]
struct Transcript {
    version: &'static str,
    segments: Vec<Segment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Segment {
    speaker: String,
    start_time: f64,
    end_time: f64,
    body: String,
}

/// The call as a podcast transcript.
pub fn write(call: &Call) -> String {
    let segment = |cue: crate::export::cues::Cue| Segment {
        speaker: call.voices[cue.voice].label.clone(),
        start_time: seconds_f64(cue.start_ms),
        end_time: seconds_f64(cue.end_ms),
        body: cue.text(),
    };
    text(&Transcript {
        version: "1.0.0",
        segments: cues(call, Names::Apart).into_iter().map(segment).collect(),
    })
}

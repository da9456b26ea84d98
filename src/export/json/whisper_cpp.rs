//! Full JSON output of whisper.cpp. Its tokens are words here, without token ids; `speaker` is the
//! channel, as with its stereo diarization: `0` the microphone, `1` the other side.

use serde::Serialize;

use super::text;
use crate::audio::Track;
use crate::export::call::Call;
use crate::export::plain::clock_ms;

#[derive(Serialize)]
struct Document<'a> {
    systeminfo: &'static str,
    model: Model<'a>,
    params: Params<'a>,
    result: Found<'a>,
    transcription: Vec<Segment>,
}

#[derive(Serialize)]
struct Model<'a> {
    r#type: &'a str,
}

#[derive(Serialize)]
struct Params<'a> {
    model: &'a str,
    language: &'a str,
    translate: bool,
}

#[derive(Serialize)]
struct Found<'a> {
    language: &'a str,
}

#[derive(Serialize)]
struct Segment {
    timestamps: Stamps,
    offsets: Offsets,
    text: String,
    speaker: &'static str,
    tokens: Vec<Token>,
}

#[derive(Serialize)]
struct Token {
    text: String,
    timestamps: Stamps,
    offsets: Offsets,
    p: f64,
    t_dtw: i64,
}

#[derive(Serialize)]
struct Stamps {
    from: String,
    to: String,
}

#[derive(Serialize)]
struct Offsets {
    from: u64,
    to: u64,
}

/// The call as whisper.cpp would write it.
pub fn write(call: &Call) -> String {
    let model = call.model();
    let language = call.language();
    let segments = call.said.iter().map(|said| Segment {
        timestamps: stamps(said.start_ms, said.end_ms),
        offsets: offsets(said.start_ms, said.end_ms),
        text: format!(" {}", said.text),
        speaker: match said.track {
            Track::Mic => "0",
            Track::System => "1",
            Track::Imported(_) => "?",
        },
        tokens: said
            .words
            .iter()
            .map(|word| Token {
                text: match word.spaced || word.start_ms == said.start_ms {
                    true => format!(" {}", word.text),
                    false => word.text.clone(),
                },
                timestamps: stamps(word.start_ms, word.end_ms),
                offsets: offsets(word.start_ms, word.end_ms),
                p: word.probability,
                t_dtw: -1,
            })
            .collect(),
    });
    text(&Document {
        systeminfo: "",
        model: Model { r#type: model },
        params: Params {
            model,
            language,
            translate: false,
        },
        result: Found { language },
        transcription: segments.collect(),
    })
}

fn stamps(from: u64, to: u64) -> Stamps {
    Stamps {
        from: clock_ms(from, ','),
        to: clock_ms(to, ','),
    }
}

fn offsets(from: u64, to: u64) -> Offsets {
    Offsets { from, to }
}

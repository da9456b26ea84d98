//! How a recogniser is set up to decode as a session does, one window at a time.

use std::path::Path;

use verbatim::engine::protocol::{AudioContext, Settings, VERSION, WordTimes};
use verbatim::models::{SearchPaths, locate};

/// Settings for a model file, with what the catalogue says of it.
pub fn settings(model: &Path) -> Settings {
    let search = SearchPaths {
        user: Path::new(env!("CARGO_MANIFEST_DIR")).join("models"),
        bundled: Vec::new(),
    };
    let located = locate(&model.to_string_lossy(), &search).expect("the model is found");
    Settings {
        version: VERSION,
        window_s: located.longest_window_s(),
        audio_context: match located.short_audio_context() {
            true => AudioContext::Fitted,
            false => AudioContext::Full,
        },
        model: located.path,
        language: "en".into(),
        threads: 1,
        workers: 1,
        word_times: WordTimes::Letters,
        glossary: Default::default(),
    }
}

/// Settings for the bundled starter.
pub fn starter() -> Settings {
    settings(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-starter-q8_0.bin"))
}

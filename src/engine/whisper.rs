//! whisper.cpp, in the process that calls it. An assertion inside it ends that process, which is why
//! only the recogniser's own process uses this.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use whisper_rs::{
    FullParams, SamplingStrategy, WHISPER_CPP_VERSION, WhisperContext, WhisperContextParameters,
    WhisperState, WhisperTokenId, get_lang_id, get_lang_str, install_logging_hooks,
    print_system_info,
};

use super::protocol::{AudioContext, Settings};
use crate::audio::ANALYSIS_RATE;
use crate::error::{Error, ErrorKind, Result};
use crate::text::{Limits, RawSegment, RawToken, Transcriber};

/// First bytes of a ggml model file.
const MAGIC: [u8; 4] = *b"lmgg";

/// Sound that whisper.cpp refuses to decode is shorter than this, in samples; shorter windows are
/// filled up with silence.
const SHORTEST: usize = ANALYSIS_RATE as usize * 11 / 10;

/// Silence after the last sample, in samples, so that the last word is not cut: 0.3 s.
const TAIL: usize = ANALYSIS_RATE as usize * 3 / 10;

/// Encoder positions in a second of sound.
const POSITIONS_PER_SECOND: usize = 50;

/// Encoder positions beyond the sound that a fitted context keeps.
const SPARE_POSITIONS: usize = 32;

/// Tokens that a second of speech can need: five words of four tokens. A decoder that is caught in a
/// loop stops there.
const TOKENS_PER_SECOND: usize = 20;

/// Tokens that any window may have.
const SPARE_TOKENS: usize = 16;

/// A loaded model with its working memory.
pub struct Whisper {
    state: WhisperState,
    params: FullParams<'static, 'static>,
    first_special: WhisperTokenId,
    context: AudioContext,
    limits: Limits,
}

impl Whisper {
    /// Loads a model.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Model`] when the file is missing, no model or damaged, [`ErrorKind::Usage`] for a
    /// language that is none.
    pub fn load(settings: &Settings) -> Result<Whisper> {
        install_logging_hooks();
        check_magic(&settings.model)?;
        let language = language(&settings.language)?;
        let damaged = |e| {
            Error::new(
                ErrorKind::Model,
                format!("{} cannot be loaded", settings.model.display()),
            )
            .because(e)
            .hint("verbatim models verify tells whether it is damaged")
        };
        let mut how = WhisperContextParameters::new();
        how.use_gpu(cfg!(any(
            feature = "cuda",
            feature = "vulkan",
            feature = "metal"
        )));
        let context = WhisperContext::new_with_params(&settings.model, how).map_err(damaged)?;
        let state = context.create_state().map_err(damaged)?;
        Ok(Whisper {
            first_special: context.token_eot(),
            state,
            params: params(language, settings.threads),
            context: settings.audio_context,
            limits: Limits {
                window_samples: (settings.window_s * ANALYSIS_RATE) as usize,
            },
        })
    }

    /// Loading and decoding engine, for provenance.
    pub fn engine() -> String {
        format!("whisper.cpp {WHISPER_CPP_VERSION}")
    }
}

/// What whisper.cpp can use of this processor, in one line.
pub fn system_info() -> String {
    print_system_info().trim().to_owned()
}

/// Parameters for every window. They are built once: setting strings leaks memory on every call.
fn params(language: &'static str, threads: u16) -> FullParams<'static, 'static> {
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_n_threads(i32::from(threads));
    params.set_language(Some(language));
    params.set_translate(false);
    params.set_no_context(true);
    params.set_token_timestamps(true);
    params.set_temperature_inc(0.0);
    params.set_print_special(false);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    params
}

fn language(code: &str) -> Result<&'static str> {
    get_lang_id(code).and_then(get_lang_str).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            format!("\"{code}\" is no language Whisper knows"),
        )
        .hint("give an ISO 639-1 code such as en, de or es")
    })
}

/// A file that is no model ends in an error here, not in an assertion inside the library.
fn check_magic(path: &Path) -> Result<()> {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    let wrong = |what: &str| {
        Error::new(ErrorKind::Model, format!("{} {what}", path.display()))
            .hint("verbatim models list shows the models there are")
    };
    match read {
        Err(e) => Err(wrong("cannot be read").because(e)),
        Ok(()) if magic != MAGIC => Err(wrong("is not a ggml model")),
        Ok(()) => Ok(()),
    }
}

impl Transcriber for Whisper {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        let mut sound: Vec<f32> = audio.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        sound.resize((audio.len() + TAIL).max(SHORTEST), 0.0);
        let seconds = sound.len().div_ceil(ANALYSIS_RATE as usize);
        let mut params = self.params.clone();
        params.set_max_tokens((seconds * TOKENS_PER_SECOND + SPARE_TOKENS) as i32);
        if self.context == AudioContext::Fitted {
            let positions =
                sound.len() * POSITIONS_PER_SECOND / ANALYSIS_RATE as usize + SPARE_POSITIONS;
            params.set_audio_ctx(positions.min(1_500) as i32);
        }
        self.state.full(params, &sound).map_err(|e| {
            Error::new(ErrorKind::Engine, "whisper.cpp could not decode a window").because(e)
        })?;
        Ok(self.segments())
    }
}

impl Whisper {
    /// Segments are collected after the call: callbacks see wrong counts.
    fn segments(&self) -> Vec<RawSegment> {
        self.state
            .as_iter()
            .map(|segment| {
                let tokens = (0..segment.n_tokens())
                    .filter_map(|index| segment.get_token(index))
                    .filter(|token| token.token_id() < self.first_special)
                    .filter_map(|token| {
                        let data = token.token_data();
                        Some(RawToken {
                            bytes: token.to_bytes().ok()?.to_vec(),
                            start_cs: data.t0,
                            end_cs: data.t1,
                            probability: token.token_probability(),
                        })
                    })
                    .collect();
                RawSegment {
                    start_cs: segment.start_timestamp(),
                    end_cs: segment.end_timestamp(),
                    no_speech_prob: segment.no_speech_probability(),
                    tokens,
                }
            })
            .collect()
    }
}

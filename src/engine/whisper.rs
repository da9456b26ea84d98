//! whisper.cpp, in the process that calls it. An assertion inside it ends that process, which is why
//! only the recogniser's own process uses this.

mod align;
pub mod languages;
mod spread;

use std::collections::HashMap;
use std::sync::Arc;

use whisper_rs::whisper_rs_sys::whisper_ahead;
use whisper_rs::{
    FullParams, SamplingStrategy, WHISPER_CPP_VERSION, WhisperContext, WhisperContextParameters,
    WhisperSegment, WhisperState, WhisperTokenId, get_lang_id, get_lang_str, install_logging_hooks,
    print_system_info,
};

use self::spread::spread;
use super::model_file;
use super::protocol::{AudioContext, Settings, WordTimes};
use crate::audio::ANALYSIS_RATE;
use crate::error::{Error, ErrorKind, Result};
use crate::text::glossary::Glossary;
use crate::text::language::{AUTO, Chance};
use crate::text::{Limits, RawSegment, RawToken, TokenTimes, Transcriber};

/// Sound that whisper.cpp refuses to decode is shorter than this, in samples; shorter windows are
/// filled up with silence.
const SHORTEST: usize = ANALYSIS_RATE as usize * 11 / 10;

/// Silence after the last sample, in samples, so that the last word is not cut: 0.3 s.
const TAIL: usize = ANALYSIS_RATE as usize * 3 / 10;

/// Sound at the end that is not worth another pass of the encoder when everything before it has its
/// text, in milliseconds. It is still heard in the first pass; nobody says a word in it.
const REST_MS: usize = 300;

/// Samples in a millisecond.
const SAMPLES_PER_MS: usize = ANALYSIS_RATE as usize / 1_000;

/// Encoder positions in a second of sound.
const POSITIONS_PER_SECOND: usize = 50;

/// Encoder positions beyond the sound that a fitted context keeps.
const SPARE_POSITIONS: usize = 32;

/// Lengths that whisper.cpp's kernels for matrices take are multiples of this. The 1,500 positions of
/// Whisper's encoder are none, and it works a fifth faster on 1,488. What is left out then is a quarter of
/// a second of the silence after the sound: of tiny.en's words in half an hour 0.3 % became others, and 3.1
/// instead of 3.2 % were wrong.
const POSITIONS_AT_ONCE: usize = 16;

/// Tokens that a second of speech can need: five words of four tokens. A decoder that is caught in a
/// loop stops there.
const TOKENS_PER_SECOND: usize = 20;

/// The language of models that know one only.
const ENGLISH: &str = "en";

/// Tokens that any window may have.
const SPARE_TOKENS: usize = 16;

/// A loaded model with working memory of its own.
pub struct Whisper {
    model: Arc<Model>,
    state: WhisperState,
    threads: u16,
    glossary: Glossary,
    /// What is asked of whisper.cpp, by language.
    asked: HashMap<&'static str, Asked>,
    language: &'static str,
    first_special: WhisperTokenId,
    context: AudioContext,
    times: TokenTimes,
    /// How late times that were heard are, in 10 ms ticks.
    lag_cs: i64,
    positions: usize,
    limits: Limits,
}

/// A model's weights, which all decoders share.
struct Model {
    context: WhisperContext,
    /// The languages that it knows.
    languages: Vec<&'static str>,
    /// whisper.cpp keeps a pointer to them, and looks whenever it makes working memory.
    _heads: Vec<whisper_ahead>,
}

/// What is asked of whisper.cpp. It is built once for each language: setting strings leaks memory on
/// every call.
#[derive(Clone)]
struct Asked {
    plain: FullParams<'static, 'static>,
    /// The same with the glossary, where there is one.
    told: Option<FullParams<'static, 'static>>,
}

impl Whisper {
    /// Loads a model once, with a decoder for each worker.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Model`] when the file is missing, no model or damaged, [`ErrorKind::Usage`] for a
    /// language that is none.
    pub fn load(settings: &Settings) -> Result<Vec<Whisper>> {
        install_logging_hooks();
        model_file::check(&settings.model)?;
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
        let heads = align::heads(&settings.word_times);
        how.dtw_parameters(align::parameters(&settings.word_times, &heads)?);
        let context = WhisperContext::new_with_params(&settings.model, how).map_err(damaged)?;
        let languages = languages::of(&context);
        let language = match settings.language.as_str() {
            AUTO => ENGLISH,
            name => languages::find(name, &languages)?,
        };
        let model = Arc::new(Model {
            context,
            languages,
            _heads: heads,
        });
        let asked = HashMap::from([(
            language,
            Asked::of(language, (settings.threads, &settings.glossary)),
        )]);
        let decoder = |_| {
            Ok(Whisper {
                first_special: model.context.token_eot(),
                positions: usize::try_from(model.context.n_audio_ctx()).unwrap_or_default(),
                state: model.context.create_state().map_err(damaged)?,
                model: Arc::clone(&model),
                threads: settings.threads,
                glossary: settings.glossary.clone(),
                asked: asked.clone(),
                language,
                context: settings.audio_context,
                times: match settings.word_times {
                    WordTimes::Letters => TokenTimes::Shared,
                    WordTimes::Preset(_) | WordTimes::Heads(_) => TokenTimes::Heard,
                },
                lag_cs: align::lag_cs(&settings.word_times),
                limits: Limits {
                    window_samples: (settings.window_s * ANALYSIS_RATE) as usize,
                },
            })
        };
        (0..settings.workers.max(1)).map(decoder).collect()
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

impl Asked {
    fn of(language: &'static str, (threads, glossary): (u16, &Glossary)) -> Asked {
        let mut plain = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        plain.set_n_threads(i32::from(threads));
        plain.set_language(Some(language));
        plain.set_translate(false);
        plain.set_no_context(true);
        plain.set_temperature_inc(0.0);
        plain.set_print_special(false);
        plain.set_print_progress(false);
        plain.set_print_realtime(false);
        plain.set_print_timestamps(false);
        // Text context is off, so that the glossary is the same before every window.
        let told = (!glossary.is_empty()).then(|| {
            let mut told = plain.clone();
            told.set_initial_prompt(&glossary.prompt());
            told
        });
        Asked { plain, told }
    }
}

impl Transcriber for Whisper {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn transcribe(&mut self, audio: &[i16]) -> Result<Vec<RawSegment>> {
        let mut sound: Vec<f32> = audio.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        sound.resize((audio.len() + TAIL).max(SHORTEST), 0.0);
        let how = (self.threads, &self.glossary);
        let asked = self.asked.entry(self.language);
        let asked = asked
            .or_insert_with(|| Asked::of(self.language, how))
            .clone();
        if let Some(params) = asked.told {
            let segments = self.decode(params, (audio.len(), &sound))?;
            if !self.glossary.is_echoed_by(&text(&segments)) {
                return Ok(segments);
            }
        }
        self.decode(asked.plain, (audio.len(), &sound))
    }

    fn speak(&mut self, language: &str) {
        // A code that no model knows never gets here; it would leave the language as it is.
        if let Some(language) = get_lang_id(language).and_then(get_lang_str) {
            self.language = language;
        }
    }

    fn languages(&mut self, audio: &[i16]) -> Result<Vec<Chance>> {
        if self.model.languages.len() < 2 {
            return Ok(Vec::new());
        }
        let sound: Vec<f32> = audio.iter().map(|&s| f32::from(s) / 32_768.0).collect();
        let failed =
            |e| Error::new(ErrorKind::Engine, "whisper.cpp could not tell a language").because(e);
        let threads = usize::from(self.threads);
        // A state keeps the length of context that it decoded with last, and what it tells would depend on
        // that: one of its own hears all.
        let mut state = self.model.context.create_state().map_err(failed)?;
        state.pcm_to_mel(&sound, threads).map_err(failed)?;
        let (_, chances) = state.lang_detect(0, threads).map_err(failed)?;
        Ok(languages::likely(&self.model.languages, &chances))
    }
}

impl Whisper {
    /// Decodes `sound`, whose first samples, as many as are told, are the window's.
    fn decode(
        &mut self,
        mut params: FullParams<'static, 'static>,
        (samples, sound): (usize, &[f32]),
    ) -> Result<Vec<RawSegment>> {
        let seconds = sound.len().div_ceil(ANALYSIS_RATE as usize);
        let worth_ms = (samples / SAMPLES_PER_MS).saturating_sub(REST_MS);
        params.set_duration_ms(worth_ms.max(REST_MS) as i32);
        params.set_max_tokens((seconds * TOKENS_PER_SECOND + SPARE_TOKENS) as i32);
        params.set_audio_ctx(positions(self.context, self.positions, sound.len()) as i32);
        self.state.full(params, sound).map_err(|e| {
            Error::new(ErrorKind::Engine, "whisper.cpp could not decode a window").because(e)
        })?;
        Ok(self.segments())
    }

    /// Segments are collected after the call: callbacks see wrong counts.
    fn segments(&self) -> Vec<RawSegment> {
        self.state.as_iter().map(|s| self.segment(&s)).collect()
    }

    fn segment(&self, segment: &WhisperSegment<'_>) -> RawSegment {
        let (start_cs, end_cs) = (segment.start_timestamp(), segment.end_timestamp());
        let tokens: Vec<_> = (0..segment.n_tokens())
            .filter_map(|index| segment.get_token(index))
            .filter(|token| token.token_id() < self.first_special)
            .filter_map(|token| {
                let end_cs = token.token_data().t_dtw;
                Some((token.to_bytes().ok()?, token.token_probability(), end_cs))
            })
            .collect();
        let aligned = match self.times {
            TokenTimes::Shared => None,
            TokenTimes::Heard => {
                let ends: Vec<i64> = tokens.iter().map(|(.., end_cs)| *end_cs).collect();
                align::heard((start_cs, end_cs), &ends, self.lag_cs)
            }
        };
        let times = match aligned {
            Some(_) => TokenTimes::Heard,
            None => TokenTimes::Shared,
        };
        let shared = || {
            let bytes: Vec<&[u8]> = tokens.iter().map(|(bytes, ..)| *bytes).collect();
            spread(start_cs, end_cs, &bytes)
        };
        RawSegment {
            start_cs,
            end_cs,
            no_speech_prob: probability(segment.no_speech_probability()),
            times,
            tokens: tokens
                .iter()
                .zip(aligned.unwrap_or_else(shared))
                .map(|((bytes, p, _), (start_cs, end_cs))| RawToken {
                    bytes: bytes.to_vec(),
                    start_cs,
                    end_cs,
                    probability: probability(*p),
                })
                .collect(),
        }
    }
}

/// Encoder positions for so many samples, of a model that has `most`.
fn positions(context: AudioContext, most: usize, samples: usize) -> usize {
    let fitted = samples * POSITIONS_PER_SECOND / ANALYSIS_RATE as usize + SPARE_POSITIONS;
    let wanted = match context {
        AudioContext::Full => fitted.max(most - most % POSITIONS_AT_ONCE),
        AudioContext::Fitted => fitted,
    };
    wanted.min(most)
}

/// The text of segments.
fn text(segments: &[RawSegment]) -> String {
    let tokens = segments.iter().flat_map(|segment| &segment.tokens);
    let bytes: Vec<u8> = tokens
        .flat_map(|token| token.bytes.iter().copied())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A probability that JSON can carry: arithmetic gone wrong in the library counts as certainty of
/// nothing.
fn probability(value: f32) -> f32 {
    if value.is_finite() {
        value.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_context_leaves_out_silence_alone() {
        let of = |seconds: f64| positions(AudioContext::Full, 1_500, (seconds * 16_000.0) as usize);
        assert_eq!([of(1.1), of(28.3), of(29.1)], [1_488; 3]);
        assert_eq!([of(29.2), of(30.0), of(31.0)], [1_492, 1_500, 1_500]);
        assert_eq!(positions(AudioContext::Full, 1_024, 16_000), 1_024);
    }

    #[test]
    fn a_fitted_context_is_as_long_as_the_sound_and_a_little_more() {
        let of = |seconds: usize| positions(AudioContext::Fitted, 1_500, seconds * 16_000);
        assert_eq!([of(2), of(15), of(30)], [132, 782, 1_500]);
    }
}

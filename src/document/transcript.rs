//! `transcript.json`: who said what, when, by which pass, and what has no text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{Range, Untranscribed};
use crate::audio::Track;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.transcript";

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptDocument {
    /// Always `verbatim.transcript`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// Who speaks.
    pub speakers: Vec<Speaker>,
    /// The runs of a model that made the text, in order.
    pub passes: Vec<Pass>,
    /// The text, sorted by start, track and id.
    pub segments: Vec<Segment>,
    /// How much of the speech has text, per track.
    pub coverage: Vec<Coverage>,
    /// Speech without text, sorted by start and track.
    pub untranscribed: Vec<Untranscribed>,
}

/// What a speaker does in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks.
    Interviewer,
    /// Answers.
    Participant,
    /// Listens.
    Observer,
    /// Not known.
    Unknown,
}

/// What tells speakers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpeakerBasis {
    /// One speaker a track.
    Track,
    /// The user said so.
    Manual,
    /// Voices were told apart.
    Diarization,
}

/// A row of the speaker table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// Id used by segments, such as `sp1`.
    pub id: String,
    /// Name to show.
    pub label: String,
    /// What the speaker does in the call.
    pub role: Role,
    /// The track the speaker is heard on.
    pub track: Track,
    /// What tells this speaker from the others.
    pub basis: SpeakerBasis,
    /// Other tracks that the speaker is heard on, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Track>,
    /// Id of the person across sessions, such as `P01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
}

/// When a pass ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassMode {
    /// During the call, utterance by utterance.
    Live,
    /// After the call, from the archive.
    Batch,
}

/// Which speech a pass works on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassScope {
    /// Speech that has no text.
    #[default]
    Missing,
    /// Speech that has its text from another model: what the pass covers takes the place of it once
    /// the whole pass is complete.
    Again,
}

impl PassScope {
    /// Whether the pass works on speech without text, as most do.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it by reference"
    )]
    fn is_missing(&self) -> bool {
        *self == PassScope::Missing
    }
}

/// How word times were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimingMethod {
    /// Words share their segment's sound by their letters and stops.
    Letters,
    /// Alignment heads and dynamic time warping; by letters where a stretch of sound could not be
    /// aligned.
    Dtw,
}

/// One run of one model over stated ranges: where its text comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pass {
    /// Id used by segments, such as `p1`.
    pub id: String,
    /// Live or batch.
    pub mode: PassMode,
    /// Engine and version, such as `whisper.cpp 1.8.3`.
    pub engine: String,
    /// File name of the model.
    pub model: String,
    /// SHA-256 of the model file, lower-case hex.
    pub model_sha256: String,
    /// Language told to the model, as Whisper's code, mostly ISO 639-1; `auto` where each track's was
    /// found out by the model, see `languages`.
    pub language: String,
    /// Decoding settings in one line, such as `greedy, no context, windows <= 15 s`.
    pub settings: String,
    /// How word times were found.
    pub timing_method: TimingMethod,
    /// Which speech it works on; absent for speech without text.
    #[serde(default, skip_serializing_if = "PassScope::is_missing")]
    pub scope: PassScope,
    /// The language of each track, sorted by track; absent where it was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<TrackLanguage>,
}

impl Pass {
    /// The language of most of the text: the one that was told, or the one that is sure of, or heard
    /// longest on, a track. `und` where it was to be found out and nobody spoke.
    pub fn spoken(&self) -> &str {
        let longest = self.languages.iter().rev().max_by_key(|found| {
            let sure = found.basis != LanguageBasis::Likeliest;
            (sure, found.heard_ms)
        });
        match longest {
            Some(found) => &found.language,
            None if self.language == "auto" => "und",
            None => &self.language,
        }
    }
}

/// Why a language is taken for that of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LanguageBasis {
    /// The model was sure after some seconds of speech.
    Sure,
    /// The model was never sure; it is the likeliest of all.
    Likeliest,
    /// An earlier pass of the same model was sure.
    Earlier,
}

/// The language that a model found on a track, and kept for all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackLanguage {
    /// Which track.
    pub track: Track,
    /// Whisper's code of the language, such as `de`.
    pub language: String,
    /// How likely the model took it for, over all that it heard for this, rounded to 4 places.
    pub probability: f64,
    /// Speech that the model heard for this, in milliseconds.
    pub heard_ms: u64,
    /// Why it is taken.
    pub basis: LanguageBasis,
}

/// A stretch of text by one speaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// Id, such as `s0042`; never reused in a session.
    pub id: String,
    /// The track it was heard on.
    pub track: Track,
    /// Id in the speaker table.
    pub speaker: String,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// The words as recognised, trimmed.
    pub text: String,
    /// Utterance it belongs to.
    pub utterance: String,
    /// Pass that made it.
    pub pass: String,
    /// Mean log probability of the tokens, rounded to 4 places.
    pub avg_logprob: f64,
    /// The model's probability that nobody speaks, rounded to 4 places.
    pub no_speech_prob: f64,
    /// Words with times.
    pub words: Vec<Word>,
    /// The text and its words are not what was recognised: a correction is laid over them. Never set
    /// in `transcript.json`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
}

/// A word with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// Id, such as `w000123`; never reused in a session.
    pub id: String,
    /// The word with its punctuation, without surrounding space.
    pub text: String,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
    /// Probability by the model, rounded to 4 places.
    pub probability: f64,
}

/// How much of a track's speech has text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Which track.
    pub track: Track,
    /// Speech found, in milliseconds.
    pub voiced_ms: u64,
    /// Speech with text, in milliseconds.
    pub covered_ms: u64,
    /// Ranges that passes worked on.
    pub attempted: Vec<Range>,
}

//! `clips.json`, and the JSON beside each clip: a stretch of the sound with the words in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{ConsentScope, Range};
use super::marker::Marker;
use super::transcript::{Role, Word};
use crate::audio::Track;

/// Value of `schema` in `clips.json`.
pub const SCHEMA: &str = "verbatim.clips";

/// Value of `schema` in the JSON beside a clip.
pub const CLIP_SCHEMA: &str = "verbatim.clip";

/// The list of a session's clips. A session without it has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClipsDocument {
    /// Always `verbatim.clips`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// The clips, sorted by id.
    pub clips: Vec<Clip>,
}

/// The JSON beside one clip, which goes where the clip goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClipDocument {
    /// Always `verbatim.clip`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id.
    pub session: String,
    /// Title of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When the session began, RFC 3339 with offset.
    pub started_at: String,
    /// The clip.
    pub clip: Clip,
    /// The same as a W3C Web Annotation: a media fragment of the session's sound, and its quote.
    pub annotation: Annotation,
}

/// A stretch of the sound in a file of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clip {
    /// Id, such as `c0002`; never reused in a session.
    pub id: String,
    /// First millisecond of the clip on the session's timeline.
    pub start_ms: u64,
    /// First millisecond after it.
    pub end_ms: u64,
    /// First archive sample of the clip; its length is `samples`.
    pub start_sample: u64,
    /// Length in samples at 48 kHz.
    pub samples: u64,
    /// The tracks that are heard, mixed at equal weight where there is more than one.
    pub tracks: Vec<Track>,
    /// Length of the fade at each end, in milliseconds; the rest is the archive's samples.
    pub fade_ms: u64,
    /// The sound.
    pub media: Media,
    /// What is said in it, in order of start; words verbatim, as they are recognised.
    pub said: Vec<Quote>,
    /// The marker that it was cut for, as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<Marker>,
    /// What the participants' consent covers, sorted; empty when none was noted, or in words only.
    pub consent: Vec<ConsentScope>,
    /// Stretches in which a tone stands in place of what is said, sorted; absent where the clip is as it
    /// was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Vec<Range>>,
}

/// A media file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// File name; the file stands beside the JSON.
    pub file: String,
    /// Media type, such as `audio/wav`.
    pub media_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

/// Words of one speaker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// Id in the speaker table.
    pub speaker: String,
    /// The speaker's name to show.
    pub label: String,
    /// What the speaker does in the call.
    pub role: Role,
    /// The track it was heard on.
    pub track: Track,
    /// The words, verbatim.
    pub text: String,
    /// The same with times on the session's timeline.
    pub words: Vec<Word>,
    /// Somebody corrected what was recognised.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub corrected: bool,
}

/// A W3C Web Annotation (JSON-LD).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Annotation {
    /// Always `http://www.w3.org/ns/anno.jsonld`.
    #[serde(rename = "@context")]
    pub context: String,
    /// Always `Annotation`.
    #[serde(rename = "type")]
    pub kind: String,
    /// URN of the clip.
    pub id: String,
    /// Why it was made: `highlighting`, or `tagging` for one with a marker.
    pub motivation: String,
    /// The sound, and the text, that it is about.
    pub target: Vec<Target>,
}

/// A target of an annotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// What it is a part of, relative to the session folder.
    pub source: String,
    /// Which part.
    pub selector: Selector,
}

/// A part of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type")]
pub enum Selector {
    /// A stretch of time.
    FragmentSelector {
        /// Always `http://www.w3.org/TR/media-frags/`.
        #[serde(rename = "conformsTo")]
        conforms_to: String,
        /// Such as `t=12.300,18.900`, in seconds.
        value: String,
    },
    /// Words, with some of those around them.
    TextQuoteSelector {
        /// The words.
        exact: String,
        /// What stands before.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
        /// What stands after.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        suffix: String,
    },
}

//! `session.json`: what a session is and how its audio was captured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clip::Media;
use super::common::{ConsentScope, DeviceChangeReason, DeviceInfo, Gap, Range};
use crate::audio::Track;
use crate::event::{NoAudio, Origin, SourceFile, StopReason};
use crate::time::Tick;

/// Value of `schema`.
pub const SCHEMA: &str = "verbatim.session";

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Audio still comes, or the recorder died.
    Recording,
    /// The audio is complete, text is missing.
    Stopped,
    /// Audio and text are complete.
    Complete,
    /// The recorder died; the audio was made whole and the text is complete.
    Recovered,
}

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Always `verbatim.session`.
    pub schema: String,
    /// Version of the schema, `major.minor`.
    pub schema_version: String,
    /// Session id (UUID version 7, sorts by time).
    pub id: String,
    /// How far the session has come.
    pub status: Status,
    /// Where the audio comes from.
    pub origin: Origin,
    /// Title given by the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the user wants to learn from the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Consent as the user noted it, without what was withdrawn since.
    pub consent: Vec<Consent>,
    /// What was withdrawn, in the order of the withdrawals; absent when nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawal>,
    /// Local start time, RFC 3339 with offset.
    pub started_at: String,
    /// Length of the timeline; 0 while recording.
    pub duration_ms: u64,
    /// Length of the timeline in archive samples; 0 while recording.
    pub duration_samples: u64,
    /// Why it stopped; absent while recording and after a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// Program and version that recorded.
    pub program: String,
    /// Voice activity detector.
    pub detector: String,
    /// What the session keeps where no audio may be kept; absent when audio is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_audio: Option<NoAudio>,
    /// The tracks in order.
    pub tracks: Vec<TrackManifest>,
}

/// Consent of the people in the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Consent {
    /// What was agreed.
    pub text: String,
    /// When it was noted, RFC 3339 with offset.
    pub at: String,
    /// What the recording may be used for, sorted; empty when only the words above say so, and when all
    /// of it was withdrawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ConsentScope>,
}

/// Consent that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Withdrawal {
    /// How, in the user's words; may be empty.
    pub text: String,
    /// When it was noted, RFC 3339 with offset.
    pub at: String,
    /// What the recording could no longer be used for from then on, sorted.
    pub scopes: Vec<ConsentScope>,
}

impl Manifest {
    /// Whether this use was withdrawn, and not agreed to again since.
    pub fn refuses(&self, scope: ConsentScope) -> bool {
        // A withdrawal takes the scope out of every note before it: one that has it came later.
        self.withdrawn.iter().any(|w| w.scopes.contains(&scope))
            && !self.consent.iter().any(|c| c.scopes.contains(&scope))
    }
}

/// How a track was captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrackManifest {
    /// Which track.
    pub track: Track,
    /// Archive files in order, relative to the session folder.
    pub files: Vec<String>,
    /// Archive samples in each of them; absent where there is one file at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_samples: Vec<u64>,
    /// The device; absent for imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceInfo>,
    /// The imported file; absent for live sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceFile>,
    /// Native sample rate in hertz; 0 until samples arrive.
    pub native_rate: u32,
    /// Native channel count; 0 until samples arrive.
    pub native_channels: u16,
    /// Silence written before the first captured sample, in milliseconds.
    pub offset_ms: u64,
    /// The same in archive samples.
    pub offset_samples: u64,
    /// Archive samples in the files; 0 while recording.
    pub samples: u64,
    /// Archive samples that were not captured, pauses aside.
    pub lost_samples: u64,
    /// Archive samples that were not captured because the user had paused; absent without a pause.
    #[serde(default, skip_serializing_if = "crate::event::is_nought")]
    pub paused_samples: u64,
    /// Largest absolute sample as a share of full scale, rounded to 4 places.
    pub peak: f64,
    /// Samples at full scale.
    pub clipped_samples: u64,
    /// Share of exactly zero samples, rounded to 4 places.
    pub zero_share: f64,
    /// Clock skew against the session clock, in parts per million, rounded to 4 places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew_ppm: Option<f64>,
    /// Archive samples that were put in, or taken out if negative, to bring the track from the
    /// device's clock to the session's.
    #[serde(default, skip_serializing_if = "crate::event::is_zero")]
    pub corrected_samples: i64,
    /// Audio that was not captured.
    pub gaps: Vec<Gap>,
    /// Where an imported file should go on by its own header, and does not: it was cut short. It lies
    /// after the end of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<Range>,
    /// The files with their form, size and hash, where they were converted after the recording.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub converted: Vec<Media>,
    /// The devices that the track was recorded from after the first one, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_changes: Vec<DeviceChange>,
}

/// From here on a track was recorded from this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceChange {
    /// From this millisecond on.
    pub start_ms: u64,
    /// The same in archive samples.
    pub start_sample: u64,
    /// The device.
    pub device: DeviceInfo,
    /// Its native sample rate in hertz.
    pub native_rate: u32,
    /// Its native channel count.
    pub native_channels: u16,
    /// Why.
    pub reason: DeviceChangeReason,
}

/// A stretch of a track in one of its archive files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the session folder.
    pub file: String,
    /// First millisecond inside, from the file's own start.
    pub start_ms: u64,
    /// First millisecond after, from the file's own start.
    pub end_ms: u64,
}

impl TrackManifest {
    /// Where the sound of `start_ms` up to `end_ms` of the timeline lies: in one file, or in several
    /// that follow each other. There is always a first one.
    pub fn places(&self, start_ms: u64, end_ms: u64) -> Vec<Place> {
        let mut places = Vec::new();
        let mut from_ms = 0;
        let mut end = Tick::ZERO;
        // Without their lengths only the first of several files can be told.
        let known = match self.file_samples.len() == self.files.len() {
            true => &self.files[..],
            false => &self.files[..self.files.len().min(1)],
        };
        for (n, file) in known.iter().enumerate() {
            let last = n + 1 == known.len();
            end = end.after(self.file_samples.get(n).copied().unwrap_or(0));
            let until_ms = if last { u64::MAX } else { end.ms() };
            let begins = start_ms.max(from_ms);
            if begins < until_ms && (places.is_empty() || begins < end_ms) {
                places.push(Place {
                    file: file.clone(),
                    start_ms: begins - from_ms,
                    end_ms: end_ms.min(until_ms).max(begins) - from_ms,
                });
            }
            from_ms = until_ms;
        }
        if places.is_empty() {
            places.push(Place {
                file: format!("audio/{}.wav", self.track),
                start_ms,
                end_ms,
            });
        }
        places
    }
}

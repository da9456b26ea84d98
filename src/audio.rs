//! What a sample belongs to and how it is laid out.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Sample rate of the archive in hertz. Archive files are mono, signed 16 bit.
pub const ARCHIVE_RATE: u32 = 48_000;

/// Sample rate in hertz at which speech is detected and transcribed.
pub const ANALYSIS_RATE: u32 = 16_000;

/// One side of the call, kept apart from the others from capture to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Track {
    /// The user's own microphone.
    Mic,
    /// What the computer plays: the other side of the call.
    System,
    /// A further channel of an imported file, counted from 1; also the only track of a mono import,
    /// where nothing says whose voice it holds.
    Imported(u8),
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Track::Mic => f.write_str("mic"),
            Track::System => f.write_str("system"),
            Track::Imported(n) => write!(f, "track{n}"),
        }
    }
}

/// A word that names no track.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a track: expected mic, system or track1 to track255")]
pub struct UnknownTrack(String);

impl FromStr for Track {
    type Err = UnknownTrack;

    fn from_str(name: &str) -> Result<Track, UnknownTrack> {
        match name {
            "mic" => Ok(Track::Mic),
            "system" => Ok(Track::System),
            other => other
                .strip_prefix("track")
                .and_then(|n| n.parse().ok())
                .filter(|&n| n > 0)
                .map(Track::Imported)
                .ok_or_else(|| UnknownTrack(other.to_owned())),
        }
    }
}

impl Serialize for Track {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Track {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Track, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Track {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Track".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "mic: the user's microphone; system: what the computer plays; trackN: a channel of an imported file",
            "pattern": "^(mic|system|track[1-9][0-9]{0,2})$"
        })
    }
}

/// How a device or file delivers its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Frames per second, in hertz.
    pub rate: NonZeroU32,
    /// Interleaved channels in a frame.
    pub channels: NonZeroU16,
}

impl Format {
    /// A format, or `None` when either number is zero.
    pub fn new(rate: u32, channels: u16) -> Option<Format> {
        Some(Format {
            rate: NonZeroU32::new(rate)?,
            channels: NonZeroU16::new(channels)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn track_names_come_back() {
        for track in [
            Track::Mic,
            Track::System,
            Track::Imported(1),
            Track::Imported(12),
        ] {
            assert_eq!(track.to_string().parse(), Ok(track));
        }
        assert!("track0".parse::<Track>().is_err());
        assert!("speaker".parse::<Track>().is_err());
    }
}

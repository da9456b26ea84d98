//! A short sound through the default loudspeakers.

use std::time::Duration;

use pulseaudio::protocol::stream::BufferAttr;
use pulseaudio::protocol::{
    ChannelMap, ChannelVolume, Command, CreatePlaybackStreamReply, PlaybackStreamParams,
    SampleFormat, SampleSpec,
};

use super::connect;
use super::line::{ANSWER, Fault};
use crate::audio::ARCHIVE_RATE;
use crate::capture::bounded::bounded;
use crate::error::{Error, ErrorKind, Result};

/// Longest sound in seconds: servers take that much before they play.
const LONGEST_S: u64 = 10;

/// Plays mono samples at 48 kHz, and returns when they have been heard.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when no server answers, or it does not play them in time.
pub(in crate::capture) fn play(samples: &[f32]) -> Result<()> {
    let most = (LONGEST_S * u64::from(ARCHIVE_RATE)) as usize;
    let samples = &samples[..samples.len().min(most)];
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let length = Duration::from_secs((samples.len() as u64).div_ceil(u64::from(ARCHIVE_RATE)));
    let limit = length + ANSWER;
    bounded("play a test tone", limit, move || {
        let refused = |fault: Fault| {
            Error::new(ErrorKind::NoDevice, "cannot play a test tone")
                .because(fault)
                .hint("check the default loudspeakers; --no-tone leaves the tone out")
        };
        let line = connect()?;
        let stream: CreatePlaybackStreamReply = line
            .ask(&Command::CreatePlaybackStream(whole(bytes.len())))
            .map_err(refused)?;
        line.send(stream.channel, &bytes).map_err(refused)?;
        line.order_within(limit, &Command::DrainPlaybackStream(stream.channel))
            .map_err(refused)
    })
}

/// A stream whose buffer takes all of the sound at once, so that the server need not ask for more.
fn whole(bytes: usize) -> PlaybackStreamParams {
    PlaybackStreamParams {
        sample_spec: SampleSpec {
            format: SampleFormat::Float32Le,
            channels: 1,
            sample_rate: ARCHIVE_RATE,
        },
        channel_map: ChannelMap::mono(),
        cvolume: Some(ChannelVolume::norm(1)),
        buffer_attr: BufferAttr {
            target_length: bytes as u32,
            // The rest is the server's own choice.
            max_length: u32::MAX,
            pre_buffering: u32::MAX,
            minimum_request_length: u32::MAX,
            fragment_size: u32::MAX,
        },
        ..PlaybackStreamParams::default()
    }
}

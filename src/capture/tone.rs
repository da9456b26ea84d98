//! Playing a short sound through the default loudspeakers, to hear whether it arrives.

use std::time::Duration;

use pollster::block_on;
use pulseaudio::protocol::stream::BufferAttr;
use pulseaudio::protocol::{
    ChannelMap, ChannelVolume, PlaybackStreamParams, SampleFormat, SampleSpec,
};
use pulseaudio::{AsPlaybackSource, Client};

use super::bounded::bounded;
use crate::audio::ARCHIVE_RATE;
use crate::error::{Error, ErrorKind, Result};

/// How much longer than the sound itself the audio system may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Plays mono samples at 48 kHz through the default loudspeakers over the PulseAudio protocol, and
/// returns when they have been heard.
///
/// # Errors
///
/// [`ErrorKind::NoDevice`] when no server answers, or it does not play them in time.
pub fn play(samples: &[f32]) -> Result<()> {
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let length = Duration::from_secs(samples.len() as u64 / u64::from(ARCHIVE_RATE));
    bounded("play a test tone", length + PATIENCE, move || {
        let client = Client::from_env(c"verbatim")
            .map_err(|e| Error::new(ErrorKind::NoDevice, "no audio server answers").because(e))?;
        let params = PlaybackStreamParams {
            sample_spec: SampleSpec {
                format: SampleFormat::Float32Le,
                channels: 1,
                sample_rate: ARCHIVE_RATE,
            },
            channel_map: ChannelMap::mono(),
            cvolume: Some(ChannelVolume::norm(1)),
            // The server's own choice of each.
            buffer_attr: BufferAttr {
                max_length: u32::MAX,
                target_length: u32::MAX,
                pre_buffering: u32::MAX,
                minimum_request_length: u32::MAX,
                fragment_size: u32::MAX,
            },
            ..PlaybackStreamParams::default()
        };
        let mut given = 0;
        let supply = move |buffer: &mut [u8]| {
            let count = buffer.len().min(bytes.len() - given);
            buffer[..count].copy_from_slice(&bytes[given..given + count]);
            given += count;
            count
        };
        let refused = |e| {
            Error::new(ErrorKind::NoDevice, "cannot play a test tone")
                .because(e)
                .hint("check the default loudspeakers; --no-tone leaves the tone out")
        };
        let supply = supply.as_playback_source();
        let stream = block_on(client.create_playback_stream(params, supply)).map_err(refused)?;
        block_on(stream.play_all()).map_err(refused)
    })
}

//! Plays the two sides of a call into two sinks at the same moment, as the demo and the tests need.
//!
//! ```text
//! play_call --mic SINK FILE --system SINK FILE
//! ```
//!
//! Both streams are filled before either may start; they are then let go together. The server
//! converts rates. Ends when everything has been heard.

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::play(std::env::args().skip(1).collect())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("play_call speaks the PulseAudio protocol, which this system has not");
    std::process::exit(2);
}

#[cfg(target_os = "linux")]
mod linux {
    use std::error::Error;
    use std::ffi::CString;
    use std::path::Path;
    use std::thread;
    use std::time::Duration;

    use pollster::block_on;
    use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
    use pulseaudio::protocol::{
        ChannelMap, ChannelVolume, PlaybackStreamParams, SampleFormat, SampleSpec,
    };
    use pulseaudio::{AsPlaybackSource, Client, PlaybackStream};
    use verbatim::import;

    /// Sound that the server holds ready, in milliseconds: a player that waits for a busy processor must
    /// not be heard.
    const BUFFER_MS: u32 = 2_000;

    pub fn play(args: Vec<String>) -> Result<(), Box<dyn Error>> {
        let [mic, mic_sink, mic_file, system, system_sink, system_file] = &args[..] else {
            return Err("usage: play_call --mic SINK FILE --system SINK FILE".into());
        };
        if mic != "--mic" || system != "--system" {
            return Err("usage: play_call --mic SINK FILE --system SINK FILE".into());
        }
        let client = Client::from_env(c"play_call")?;
        let streams = [
            open(&client, 1, mic_sink, Path::new(mic_file))?,
            open(&client, 2, system_sink, Path::new(system_file))?,
        ];
        // The server asks for samples at once; half a second is plenty to bring them.
        thread::sleep(Duration::from_millis(500));
        let uncorked: Vec<_> = thread::scope(|scope| {
            let letting_go: Vec<_> = streams
                .iter()
                .map(|stream| scope.spawn(move || block_on(stream.uncork())))
                .collect();
            letting_go.into_iter().map(|handle| handle.join()).collect()
        });
        for result in uncorked {
            result.map_err(|_| "a thread failed")??;
        }
        for stream in &streams {
            block_on(stream.play_all())?;
        }
        Ok(())
    }

    fn open(
        client: &Client,
        group: u32,
        sink: &str,
        file: &Path,
    ) -> Result<PlaybackStream, Box<dyn Error>> {
        let (rate, samples) = mono(file)?;
        let buffer = rate / 1_000 * BUFFER_MS * 4;
        let params = PlaybackStreamParams {
            sample_spec: SampleSpec {
                format: SampleFormat::Float32Le,
                channels: 1,
                sample_rate: rate,
            },
            channel_map: ChannelMap::mono(),
            sink_name: Some(CString::new(sink)?),
            // Streams of one sync group must share a sink; these have one each.
            sync_id: group,
            cvolume: Some(ChannelVolume::norm(1)),
            buffer_attr: BufferAttr {
                max_length: u32::MAX,
                target_length: buffer,
                pre_buffering: 0,
                minimum_request_length: u32::MAX,
                fragment_size: u32::MAX,
            },
            flags: StreamFlags {
                start_corked: true,
                ..StreamFlags::default()
            },
            ..PlaybackStreamParams::default()
        };
        let bytes: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        let mut given = 0;
        let supply = move |buffer: &mut [u8]| {
            let count = buffer.len().min(bytes.len() - given);
            buffer[..count].copy_from_slice(&bytes[given..given + count]);
            given += count;
            count
        };
        Ok(block_on(client.create_playback_stream(
            params,
            supply.as_playback_source(),
        ))?)
    }

    /// A whole file as mono samples at its own rate.
    fn mono(file: &Path) -> Result<(u32, Vec<f32>), Box<dyn Error>> {
        let mut recording = import::open(file)?;
        let format = recording.format();
        let channels = usize::from(format.channels.get());
        let mut frames = Vec::new();
        while recording.read(1 << 16, &mut frames)? > 0 {}
        let mono = frames
            .chunks(channels)
            .map(|frame| frame.iter().sum::<f32>() / channels as f32)
            .collect();
        Ok((format.rate.get(), mono))
    }
}

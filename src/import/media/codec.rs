//! Packets of one stream as samples.

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;

use crate::audio::Format;
use crate::import::opus::{self, Opus};
use crate::import::{Stopped, stopped};

/// What decodes a stream.
pub(super) enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Opus),
}

impl Codec {
    /// The decoder for a stream of these parameters.
    pub(super) fn new(parameters: &AudioCodecParameters) -> Result<Codec, Stopped> {
        if parameters.codec == CODEC_ID_OPUS {
            let channels = parameters.channels.as_ref().map_or(2, |c| c.count());
            let opus = Opus::new(parameters.extra_data.as_deref(), channels)?;
            return Ok(Codec::Opus(opus));
        }
        symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map(Codec::Symphonia)
            .map_err(stopped)
    }

    /// Decodes a packet into `sound`, without the frames that the container says to leave out.
    pub(super) fn decode(
        &mut self,
        packet: &Packet,
        sound: &mut Vec<f32>,
    ) -> Result<Option<Format>, Stopped> {
        sound.clear();
        match self {
            Codec::Symphonia(decoder) => {
                let buffer: GenericAudioBufferRef<'_> = match decoder.decode(packet) {
                    Ok(buffer) => buffer,
                    Err(error) => return Err(stopped(error)),
                };
                let spec = buffer.spec();
                let channels = u16::try_from(spec.channels().count()).unwrap_or(0);
                let format = Format::new(spec.rate(), channels);
                buffer.copy_to_vec_interleaved(sound);
                Ok(format)
            }
            Codec::Opus(decoder) => {
                let channels = decoder.channels();
                let decoded = decoder.decode(&packet.data)?;
                let frames = decoded.len() / channels;
                let first = (packet.trim_start.get() as usize).min(frames);
                let last = frames
                    .saturating_sub(packet.trim_end.get() as usize)
                    .max(first);
                sound.extend_from_slice(&decoded[first * channels..last * channels]);
                Ok(Format::new(opus::RATE, channels as u16))
            }
        }
    }
}

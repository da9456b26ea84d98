//! Opus packets, as Ogg, WebM and MP4 carry them.

use opus_pure::{OpusDecoder, OpusMSDecoder};

use super::{Stopped, stopped};

/// Every Opus stream can be decoded at this rate, in hertz.
pub(super) const RATE: u32 = 48_000;

/// Frames of the longest packet: 120 ms.
const LONGEST: usize = RATE as usize * 120 / 1_000;

/// Decodes one stream of Opus packets.
pub(super) struct Opus {
    decoder: Kind,
    channels: usize,
    sound: Vec<f32>,
}

enum Kind {
    /// One or two channels in one stream.
    Plain(Box<OpusDecoder>),
    /// Several streams that make up the channels of a loudspeaker layout.
    Several(OpusMSDecoder),
}

impl Opus {
    /// A decoder for a stream. `head` is its identification: `OpusHead` as Ogg and WebM carry it, or
    /// the same fields in big-endian order as MP4 does; the two agree on the bytes read here.
    pub(super) fn new(head: Option<&[u8]>, channels: usize) -> Result<Opus, Stopped> {
        let fields = head.map(|head| head.strip_prefix(b"OpusHead").unwrap_or(head));
        // Version, channels, pre-skip (2), rate (4), gain (2), family.
        let byte = |at: usize| fields.and_then(|fields| fields.get(at)).copied();
        let channels = byte(1).map_or(channels, usize::from);
        let decoder = match byte(10).unwrap_or(0) {
            0 => OpusDecoder::new(RATE as i32, channels)
                .map(|decoder| Kind::Plain(Box::new(decoder))),
            family => OpusMSDecoder::new(RATE as i32, channels, family).map(Kind::Several),
        };
        Ok(Opus {
            decoder: decoder.map_err(stopped)?,
            channels,
            sound: vec![0.0; LONGEST * channels],
        })
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Decodes a packet; returns its interleaved samples.
    pub(super) fn decode(&mut self, packet: &[u8]) -> Result<&[f32], Stopped> {
        // An empty packet would be taken for a lost one and made up.
        if packet.is_empty() {
            return Err(Stopped("an empty packet".into()));
        }
        let frames = match &mut self.decoder {
            Kind::Plain(decoder) => decoder.decode(packet, LONGEST, &mut self.sound),
            Kind::Several(decoder) => decoder.decode(packet, LONGEST, &mut self.sound),
        };
        Ok(&self.sound[..frames.map_err(stopped)? * self.channels])
    }
}

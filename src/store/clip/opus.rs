//! Ogg Opus by `opus-pure`: pure Rust, small, and not the same samples.

use std::io::BufWriter;
use std::path::Path;

use opus_pure::{Application, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead};

use super::Sound;
use crate::audio::ARCHIVE_RATE;
use crate::error::{Error, ErrorKind, Result};

/// Samples in a packet: 20 ms.
const FRAME: usize = ARCHIVE_RATE as usize / 50;

/// Bits a second: far above what speech needs to be clear.
const BITRATE: i32 = 96_000;

/// Writes the whole of a sound as an Ogg Opus file that plays exactly as long as the sound.
pub(super) fn write(sound: &mut Sound, file: &tempfile::NamedTempFile, path: &Path) -> Result<()> {
    let failed = |e: opus_pure::Error| {
        Error::new(ErrorKind::Disk, format!("cannot write {}", path.display())).because(e)
    };
    let mut encoder =
        OpusEncoder::new(ARCHIVE_RATE as i32, 1, Application::Audio).map_err(failed)?;
    encoder.bitrate_bps = BITRATE;
    let head = OpusHead::for_encoder(&encoder, ARCHIVE_RATE);
    let skip = usize::from(head.pre_skip);
    let total = sound.span.ticks() as usize;
    let file = file.reopen().map_err(|e| Error::io("write", path, e))?;
    let mut writer = OggOpusWriter::new(BufWriter::new(file), head).map_err(failed)?;
    // The encoder holds its last samples back until as many have followed.
    let frames = (total + skip).div_ceil(FRAME);
    let mut samples: Vec<i16> = Vec::new();
    let mut packet = vec![0; MAX_PACKET_BYTES];
    for n in 0..frames {
        while samples.len() < FRAME {
            let block = sound.next_block()?;
            if block.is_empty() {
                samples.resize(FRAME, 0);
            }
            samples.extend(block);
        }
        let length = encoder
            .encode_s16(&samples[..FRAME], FRAME, &mut packet)
            .map_err(failed)?;
        samples.drain(..FRAME);
        let packet = &packet[..length];
        match n + 1 < frames {
            true => writer.write_packet(packet).map_err(failed)?,
            // The last packet is longer than the sound; players stop where the file says.
            false => {
                let left = (skip + total) as u64 - writer.granule() as u64;
                writer
                    .write_packet_with_duration(packet, left as u32)
                    .map_err(failed)?;
            }
        }
    }
    writer.finish().map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Sound, write};
    use crate::audio::Track;
    use crate::import;
    use crate::store::testing::folder;
    use crate::store::wav::WavArchive;
    use crate::time::{Span, Tick};

    #[test]
    fn a_clip_in_opus_is_as_long_as_it_should_be_and_sounds_alike() {
        let (_dir, folder) = folder();
        let tone = |n: u32| ((f64::from(n) * 0.0575).sin() * 9_000.0) as i16;
        let samples: Vec<i16> = (0..150_000).map(tone).collect();
        let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
        archive.append(&samples).unwrap();
        archive.finish().unwrap();
        for length in [1_u64, 959, 48_000, 100_001] {
            let span = Span::new(Tick(1_001), Tick(1_001 + length));
            let sound = Sound::open(&folder, &[Track::Mic], span, 0).unwrap();
            let path = folder.path().join(format!("clip{length}.opus"));
            let media = write(sound, Format::Opus, &path).unwrap();
            assert_eq!(media.media_type, "audio/ogg");
            let mut recording = import::open(&path).unwrap();
            let mut heard = Vec::new();
            while recording.read(10_000, &mut heard).unwrap() > 0 {}
            assert_eq!(heard.len() as u64, length);
            if length == 48_000 {
                let near = |n: usize| {
                    let wanted = f32::from(samples[1_001 + n]) / 32_768.0;
                    (heard[n] - wanted).abs() < 0.05
                };
                let alike = (5_000..43_000).filter(|n| near(*n)).count();
                assert!(alike > 37_000, "{alike} of 38000 samples are near");
            }
        }
    }
}

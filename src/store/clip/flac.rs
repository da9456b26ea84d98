//! FLAC by `flacenc`: pure Rust, lossless.

use flacenc::bitsink::ByteSink;
use flacenc::component::BitRepr;
use flacenc::error::Verify;
use flacenc::source::MemSource;

use super::Sound;
use crate::audio::ARCHIVE_RATE;
use crate::error::{Error, ErrorKind, Result};
use crate::time::TICKS_PER_SECOND;

/// Longest clip that is encoded, since its samples are held in memory: half an hour.
const LONGEST: u64 = 1_800 * TICKS_PER_SECOND;

/// The whole of a sound as a FLAC file.
pub(super) fn encode(sound: &mut Sound) -> Result<Vec<u8>> {
    if sound.span.ticks() > LONGEST {
        return Err(Error::new(
            ErrorKind::Usage,
            "a clip of more than half an hour cannot be FLAC",
        )
        .hint("--format wav takes any length"));
    }
    let mut samples: Vec<i32> = Vec::new();
    loop {
        let block = sound.next_block()?;
        if block.is_empty() {
            break;
        }
        samples.extend(block.into_iter().map(i32::from));
    }
    let failed =
        |what: String| Error::new(ErrorKind::Session, format!("cannot encode FLAC: {what}"));
    let config = flacenc::config::Encoder::default()
        .into_verified()
        .map_err(|(_, e)| failed(e.to_string()))?;
    let source = MemSource::from_samples(&samples, 1, 16, ARCHIVE_RATE as usize);
    let stream = flacenc::encode_with_fixed_block_size(&config, source, config.block_size)
        .map_err(|e| failed(e.to_string()))?;
    let mut sink = ByteSink::new();
    stream.write(&mut sink).map_err(|e| failed(e.to_string()))?;
    Ok(sink.into_inner())
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Sound, write};
    use crate::audio::Track;
    use crate::store::testing::folder;
    use crate::store::wav::WavArchive;
    use crate::time::{Span, Tick};

    #[test]
    fn both_formats_hold_the_samples_of_the_archive() {
        let (_dir, folder) = folder();
        let noise = |n: u32| (n.wrapping_mul(2_654_435_761) >> 20) as i16;
        let samples: Vec<i16> = (0..150_000).map(noise).collect();
        let mut archive = WavArchive::create(&folder, Track::Mic).unwrap();
        archive.append(&samples).unwrap();
        archive.finish().unwrap();
        let span = Span::new(Tick(1_001), Tick(131_072));
        for format in [Format::Wav, Format::Flac] {
            let path = folder
                .path()
                .join("clip")
                .with_extension(format.extension());
            let sound = Sound::open(&folder, &[Track::Mic], span, 0).unwrap();
            let media = write(sound, format, &path).unwrap();
            assert_eq!(media.bytes, std::fs::metadata(&path).unwrap().len());
            let held: Vec<i16> = match format {
                Format::Wav => {
                    let mut reader = hound::WavReader::open(&path).unwrap();
                    reader.samples::<i16>().map(Result::unwrap).collect()
                }
                _ => {
                    let mut reader = claxon::FlacReader::open(&path).unwrap();
                    assert_eq!(reader.streaminfo().sample_rate, 48_000);
                    reader.samples().map(|s| s.unwrap() as i16).collect()
                }
            };
            assert!(held == samples[1_001..131_072], "{format:?}");
        }
    }
}

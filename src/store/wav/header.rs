//! The 44 bytes before the samples, and what they say about a file.

use crate::audio::ARCHIVE_RATE;

/// Length of the header in bytes.
pub(super) const HEADER_BYTES: u64 = 44;

/// Bytes of one sample.
pub(super) const SAMPLE_BYTES: u64 = 2;

/// Where the two sizes stand; every other byte is the same in every archive file.
const RIFF_SIZE: std::ops::Range<usize> = 4..8;
const DATA_SIZE: std::ops::Range<usize> = 40..44;

/// The header of a file with `samples` samples.
pub(super) fn header_for(samples: u64) -> [u8; HEADER_BYTES as usize] {
    // A part ends long before its sizes outgrow 32 bits; the largest number means "to the end".
    let data = u32::try_from(samples * SAMPLE_BYTES).unwrap_or(u32::MAX);
    let riff = data.saturating_add(HEADER_BYTES as u32 - 8);
    let byte_rate = ARCHIVE_RATE * SAMPLE_BYTES as u32;
    let mut header = [0; HEADER_BYTES as usize];
    header[0..4].copy_from_slice(b"RIFF");
    header[RIFF_SIZE].copy_from_slice(&riff.to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16_u32.to_le_bytes());
    header[20..22].copy_from_slice(&1_u16.to_le_bytes()); // integer samples
    header[22..24].copy_from_slice(&1_u16.to_le_bytes()); // one channel
    header[24..28].copy_from_slice(&ARCHIVE_RATE.to_le_bytes());
    header[28..32].copy_from_slice(&byte_rate.to_le_bytes());
    header[32..34].copy_from_slice(&(SAMPLE_BYTES as u16).to_le_bytes());
    header[34..36].copy_from_slice(&16_u16.to_le_bytes()); // bits of a sample
    header[36..40].copy_from_slice(b"data");
    header[DATA_SIZE].copy_from_slice(&data.to_le_bytes());
    header
}

/// What a file is, told from its first bytes and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// An archive file with this many whole samples. Its length decides, for the sizes in the
    /// header are behind while the file is being written and after a crash.
    Samples(u64),
    /// Some other file, on which this header must not be written.
    Foreign,
}

/// Looks at `head`, the first [`HEADER_BYTES`] of a file or all of a shorter one, and the file's
/// length in bytes.
pub(super) fn held(head: &[u8], length: u64) -> Held {
    let usual = header_for(0);
    let is_size = |at: usize| RIFF_SIZE.contains(&at) || DATA_SIZE.contains(&at);
    let fits = head
        .iter()
        .zip(usual)
        .enumerate()
        .all(|(at, (&found, usual))| found == usual || is_size(at));
    // A power cut can leave zeros where the header was to go.
    let blank = head.iter().all(|&byte| byte == 0);
    if !fits && !blank {
        return Held::Foreign;
    }
    let rest = length.saturating_sub(HEADER_BYTES);
    let size = |range: std::ops::Range<usize>| {
        head.get(range)
            .and_then(|bytes| bytes.try_into().ok())
            .map(|bytes| u64::from(u32::from_le_bytes(bytes)))
    };
    // A finished file that another program has tagged has chunks behind its samples, and an outer
    // size that counts them.
    let data = match (size(RIFF_SIZE), size(DATA_SIZE)) {
        (Some(riff), Some(data)) if riff + 8 == length && data < rest => data,
        _ => rest,
    };
    Held::Samples(data / SAMPLE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_the_file_counts_more_than_its_header() {
        let header = header_for(100);
        assert_eq!(held(&header, 44 + 5_001), Held::Samples(2_500));
        assert_eq!(held(&header, 44 + 10), Held::Samples(5));
        assert_eq!(held(&header[..20], 20), Held::Samples(0));
        assert_eq!(held(&[], 0), Held::Samples(0));
        assert_eq!(held(&[0; 44], 44 + 8), Held::Samples(4));
    }

    #[test]
    fn chunks_behind_the_samples_are_no_samples() {
        let mut tagged = header_for(100);
        tagged[4..8].copy_from_slice(&(36_u32 + 200 + 26).to_le_bytes());
        assert_eq!(held(&tagged, 44 + 200 + 26), Held::Samples(100));
    }

    #[test]
    fn another_rate_or_format_is_foreign() {
        let mut other = header_for(100);
        other[24..28].copy_from_slice(&44_100_u32.to_le_bytes());
        assert_eq!(held(&other, 1_000), Held::Foreign);
        assert_eq!(held(b"fLaC", 4), Held::Foreign);
    }
}

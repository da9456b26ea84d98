//! Times of tokens inside a segment.
//!
//! whisper.cpp's own token times look at the loudness of the wrong stretch of sound for every segment
//! but the first one of a window, so they are not used.

/// Start and end of each token, in 10 ms ticks: the segment is shared out by how long its letters,
/// digits and stops take to speak. Times are monotone and fill the segment from start to end.
pub(super) fn spread(start_cs: i64, end_cs: i64, tokens: &[&[u8]]) -> Vec<(i64, i64)> {
    let length = (end_cs - start_cs).max(0) as f64;
    let whole: f64 = tokens.iter().map(|token| spoken_length(token)).sum();
    let mut before = 0.0;
    let mut at = start_cs;
    tokens
        .iter()
        .map(|token| {
            before += spoken_length(token);
            let until = start_cs + (length * before / whole.max(1e-9)).round() as i64;
            let time = (at, until);
            at = until;
            time
        })
        .collect()
}

/// How long a token takes to speak, in letters.
fn spoken_length(token: &[u8]) -> f64 {
    token
        .iter()
        .map(|byte| match byte {
            b' ' => 0.0,
            b'0'..=b'9' => 3.0,
            b'.' | b'!' | b'?' => 2.0,
            b',' | b';' | b':' => 1.5,
            // The bytes of a longer character after its first.
            0x80..=0xBF => 0.0,
            // First bytes of characters that mostly stand for syllables or words.
            0xE0..=0xFF => 3.0,
            _ => 1.0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segment_is_filled_and_longer_tokens_take_longer() {
        let times = spread(100, 300, &[b" a", b" considerable", b" 9", b"."]);
        assert_eq!(times[0].0, 100);
        assert_eq!(times[3].1, 300);
        assert!(times.windows(2).all(|pair| pair[0].1 == pair[1].0));
        let length = |index: usize| times[index].1 - times[index].0;
        assert!(length(1) > length(2) && length(2) > length(0));
    }

    #[test]
    fn tokens_without_letters_and_segments_without_length_do_no_harm() {
        assert_eq!(spread(5, 5, &[b" a", b" b"]), [(5, 5), (5, 5)]);
        assert_eq!(spread(0, 10, &[b" ", b""]), [(0, 0), (0, 0)]);
        assert_eq!(spread(9, 3, &[b"a"]), [(9, 9)]);
        assert!(spread(0, 10, &[]).is_empty());
    }
}

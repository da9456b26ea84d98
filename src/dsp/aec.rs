//! Taking what the loudspeakers play out of what the microphone hears: WebRTC's third echo canceller.

use std::fmt;

use sonora_aec3::block::Block;
use sonora_aec3::block_processor::BlockProcessor;
use sonora_aec3::config::EchoCanceller3Config;

use crate::audio::ANALYSIS_RATE;

/// Samples at 16 kHz that are worked on at a time: 4 ms.
pub const BLOCK: usize = 64;

/// Correlators that look for the delay of the echo; together they see 0.7 s of it, which is as late as
/// a wireless loudspeaker is.
const CORRELATORS: usize = 7;

/// Blocks for which the filter follows a room: 128 ms.
const ROOM_BLOCKS: usize = 32;

/// Takes the echo of one track out of another, block by block, and learns the way from loudspeaker to
/// microphone meanwhile. The echo must come after its sound, by at most 0.7 s.
///
/// What comes out is the microphone less the echo that the filter foretells, and nothing else: the
/// suppressor that follows the filter in calls also takes down the voice in the room, most of all
/// where there is little echo or none.
pub struct EchoCanceller {
    processor: BlockProcessor,
    played: Block,
    heard: Block,
    /// What the filter leaves of the microphone.
    left: Block,
}

impl fmt::Debug for EchoCanceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EchoCanceller").finish_non_exhaustive()
    }
}

impl EchoCanceller {
    /// A canceller that knows nothing of the room yet.
    pub fn new() -> EchoCanceller {
        let mut config = EchoCanceller3Config::default();
        config.delay.num_filters = CORRELATORS;
        let filter = &mut config.filter;
        filter.refined.length_blocks = ROOM_BLOCKS;
        filter.refined_initial.length_blocks = ROOM_BLOCKS;
        filter.coarse.length_blocks = ROOM_BLOCKS;
        filter.coarse_initial.length_blocks = ROOM_BLOCKS;
        filter.export_linear_aec_output = true;
        EchoCanceller {
            processor: BlockProcessor::new(&config, ANALYSIS_RATE as usize, 1, 1),
            played: Block::new(1, 1),
            heard: Block::new(1, 1),
            left: Block::new(1, 1),
        }
    }

    /// Takes as many samples of both tracks at 16 kHz, whole blocks of [`BLOCK`], and appends the
    /// microphone without the echo: as many samples, at their place. A rest that fills no block is left
    /// out.
    pub fn push(&mut self, heard: &[i16], played: &[i16], out: &mut Vec<i16>) {
        let blocks = heard.chunks_exact(BLOCK).zip(played.chunks_exact(BLOCK));
        for (heard, played) in blocks {
            copy(played, self.played.view_mut(0, 0));
            copy(heard, self.heard.view_mut(0, 0));
            self.processor.buffer_render(&self.played);
            let is_clipped = heard.iter().any(|s| s.unsigned_abs() >= i16::MAX as u16);
            self.processor.process_capture(
                false,
                is_clipped,
                Some(&mut self.left),
                &mut self.heard,
            );
            let clean = self.left.view(0, 0).iter();
            // A cast keeps to the range of 16 bits.
            out.extend(clean.map(|sample| sample.round() as i16));
        }
    }
}

impl Default for EchoCanceller {
    fn default() -> EchoCanceller {
        EchoCanceller::new()
    }
}

/// The canceller counts in steps of 16 bits.
fn copy(samples: &[i16], block: &mut [f32]) {
    for (to, from) in block.iter_mut().zip(samples) {
        *to = f32::from(*from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise in bursts of 0.7 s with 0.3 s of rest, as loud as speech.
    fn bursts(seed: u64, seconds: usize) -> Vec<i16> {
        let mut state = seed;
        let mut soft = 0.0_f64;
        (0..seconds * 16_000)
            .map(|n| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let noise = ((state >> 40) as f64 / f64::from(1 << 24) - 0.5) * 6_000.0;
                soft += 0.3 * (noise - soft);
                if n % 16_000 < 11_200 { soft as i16 } else { 0 }
            })
            .collect()
    }

    /// A room: the sound after 50 ms, and twice again.
    fn room(played: &[i16]) -> Vec<i16> {
        let at = |n: usize, delay: usize| n.checked_sub(delay).map_or(0, |n| i32::from(played[n]));
        (0..played.len())
            .map(|n| (at(n, 800) / 3 + at(n, 1_040) / 6 - at(n, 1_300) / 8) as i16)
            .collect()
    }

    fn clean(heard: &[i16], played: &[i16]) -> Vec<i16> {
        let mut out = Vec::new();
        EchoCanceller::new().push(heard, played, &mut out);
        out
    }

    fn energy(samples: &[i16]) -> f64 {
        let squares = samples.iter().map(|s| f64::from(*s) * f64::from(*s));
        squares.sum::<f64>() / samples.len() as f64
    }

    #[test]
    fn an_echo_is_taken_out() {
        let played = bursts(1, 12);
        let heard = room(&played);
        let left = clean(&heard, &played);
        let (before, after) = (energy(&heard[96_000..]), energy(&left[96_000..]));
        let db = 10.0 * (before / after.max(1e-9)).log10();
        assert!(db > 20.0, "{db:.1} dB");
    }

    #[test]
    fn a_voice_in_a_quiet_room_keeps_its_place_and_its_sound() {
        let voice = bursts(2, 8);
        let left = clean(&voice, &vec![0; voice.len()]);
        let differences: Vec<i16> = left.iter().zip(&voice).map(|(a, b)| a - b).collect();
        let db = 10.0 * (energy(&voice) / energy(&differences[16_000..]).max(1e-9)).log10();
        assert!(db > 20.0, "{db:.1} dB");
    }

    #[test]
    fn how_the_sound_is_cut_does_not_matter() {
        let played = bursts(3, 3);
        let heard = room(&played);
        let whole = clean(&heard, &played);
        let mut canceller = EchoCanceller::new();
        let mut out = Vec::new();
        for n in (0..heard.len()).step_by(5 * BLOCK) {
            let to = (n + 5 * BLOCK).min(heard.len());
            canceller.push(&heard[n..to], &played[n..to], &mut out);
        }
        assert_eq!(out, whole);
    }
}

//! Brings a track's speech near the level that detectors are made for.

/// How the gain moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevellerOptions {
    /// Level that speech is brought to, in dBFS.
    pub target_db: f32,
    /// Largest gain and largest cut, in dB. More would lift another room's voices to speech level.
    pub limit_db: f32,
    /// How far a frame must stand above the background to count as speech, in dB; the gain rests
    /// while nothing does, so that silence is not pumped up.
    pub above_floor_db: f32,
    /// Fastest rise of the gain in dB per second of speech.
    pub rise_db_per_s: f32,
    /// Fastest fall of the gain in dB per second of speech. Faster than the rise, because loud sound
    /// clips at once and quiet sound is only less certain.
    pub fall_db_per_s: f32,
}

impl Default for LevellerOptions {
    fn default() -> LevellerOptions {
        LevellerOptions {
            target_db: -24.0,
            limit_db: 18.0,
            above_floor_db: 10.0,
            rise_db_per_s: 6.0,
            fall_db_per_s: 20.0,
        }
    }
}

/// A slow, bounded gain.
#[derive(Clone, Debug)]
pub struct Leveller {
    options: LevellerOptions,
    frame_s: f32,
    gain_db: f32,
}

impl Leveller {
    /// A leveller at 0 dB for frames of `frame_ms` milliseconds.
    pub fn new(options: LevellerOptions, frame_ms: f32) -> Leveller {
        Leveller {
            options,
            frame_s: frame_ms / 1_000.0,
            gain_db: 0.0,
        }
    }

    /// Moves the gain by one frame of `level_db` over a background of `floor_db` and writes the
    /// levelled frame to `out`, which is cleared first.
    pub fn apply(&mut self, frame: &[i16], level_db: f32, floor_db: f32, out: &mut Vec<i16>) {
        let o = &self.options;
        if level_db >= floor_db + o.above_floor_db {
            let wanted = (o.target_db - level_db).clamp(-o.limit_db, o.limit_db);
            let step = (wanted - self.gain_db).clamp(
                -o.fall_db_per_s * self.frame_s,
                o.rise_db_per_s * self.frame_s,
            );
            self.gain_db += step;
        }
        let factor = 10f32.powf(self.gain_db / 20.0);
        out.clear();
        // The cast saturates, so a loud frame under a high gain clips instead of wrapping.
        out.extend(
            frame
                .iter()
                .map(|&sample| (f32::from(sample) * factor) as i16),
        );
    }

    /// The gain now, in dB.
    pub fn gain_db(&self) -> f32 {
        self.gain_db
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(leveller: &mut Leveller, level_db: f32, floor_db: f32, frames: usize) -> f32 {
        let mut out = Vec::new();
        for _ in 0..frames {
            leveller.apply(&[100; 320], level_db, floor_db, &mut out);
        }
        leveller.gain_db()
    }

    #[test]
    fn quiet_speech_is_lifted_slowly_and_up_to_the_limit() {
        let mut leveller = Leveller::new(LevellerOptions::default(), 20.0);
        assert!((run(&mut leveller, -50.0, -70.0, 50) - 6.0).abs() < 0.1);
        assert_eq!(run(&mut leveller, -50.0, -70.0, 500), 18.0);
    }

    #[test]
    fn loud_speech_is_cut_down_to_the_limit() {
        let mut leveller = Leveller::new(LevellerOptions::default(), 20.0);
        assert_eq!(run(&mut leveller, -1.0, -70.0, 500), -18.0);
    }

    #[test]
    fn background_alone_moves_nothing() {
        let mut leveller = Leveller::new(LevellerOptions::default(), 20.0);
        run(&mut leveller, -30.0, -60.0, 500);
        let gain = leveller.gain_db();
        assert_eq!(run(&mut leveller, -60.0, -62.0, 5_000), gain);
    }

    #[test]
    fn a_lifted_frame_clips_and_does_not_wrap() {
        let mut leveller = Leveller::new(LevellerOptions::default(), 20.0);
        run(&mut leveller, -50.0, -70.0, 500);
        let mut out = Vec::new();
        leveller.apply(&[30_000, -30_000], -60.0, -60.0, &mut out);
        assert_eq!(out, [i16::MAX, i16::MIN]);
    }
}

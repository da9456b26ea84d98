//! What can be set about finding spans, and why it is set as it is.

/// How spans are found. All times are in milliseconds and are rounded to whole frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanOptions {
    /// Least probability of a voiced frame while nobody speaks.
    pub onset_probability: f32,
    /// Least probability of a voiced frame inside speech; lower, because speech that is under way is
    /// likelier than speech that begins.
    pub stay_probability: f32,
    /// Least probability of a voiced frame whose pitch and level speak for a voice as well: one that
    /// is at least `pitched_periodicity` periodic and stands `pitched_gate_db` above the background.
    pub pitched_probability: f32,
    /// What counts as pitch there, 0 to 1.
    pub pitched_periodicity: f32,
    /// What counts as standing out there, in dB.
    pub pitched_gate_db: f32,
    /// How far a voiced frame stands above the background, in dB.
    pub gate_db: f32,
    /// The same for a periodic frame, in dB; lower, because noise is not periodic.
    pub periodic_gate_db: f32,
    /// How far below the loudest recent speech a voiced frame inside speech may lie, in dB: what is
    /// quieter is another room.
    pub range_db: f32,
    /// The same for a frame with which speech begins, in dB. A distant voice is soft throughout,
    /// while the near one is soft where words end.
    pub onset_range_db: f32,
    /// Level in dBFS below which no frame is voiced, whatever the background.
    pub least_db: f32,
    /// How far above the background a frame beside speech must stand to belong to it, in dB.
    pub edge_db: f32,
    /// Least periodicity, 0 to 1, of a sound with pitch. Noise stays below 0.45, most frames of
    /// voiced speech are above 0.6. At 0 every frame counts as periodic, for detectors that need no
    /// such help.
    pub least_periodicity: f32,
    /// Least periodicity of a frame that supports speech. Key strokes and low noise pass the lower
    /// bound by chance now and then; a vowel passes this one.
    pub support_periodicity: f32,
    /// How long after a supporting frame voiced frames still count: the longest run of hissed and
    /// stopped sounds.
    pub support_ms: u32,
    /// Stretch of loud, lively sound that supports speech without pitch.
    pub whisper_ms: u32,
    /// Share of such a stretch that must be voiced and nearly as loud as its loudest frame; key
    /// strokes die away at once and leave holes.
    pub whisper_share: f32,
    /// What nearly as loud means, in dB.
    pub whisper_depth_db: f32,
    /// Least range of levels among those frames, in dB; a fan's are all alike.
    pub whisper_range_db: f32,
    /// Least range of levels, in dB, over the onset window, or inside speech over `whisper_ms`, with
    /// which a periodic sound supports speech: hum and tones do not move.
    pub lively_db: f32,
    /// Window in which an onset is looked for.
    pub onset_window_ms: u32,
    /// Voiced time inside the window that makes an onset. A click or a knock is shorter, a
    /// backchannel of 200 ms is longer.
    pub onset_voiced_ms: u32,
    /// How far the start may go back from the first voiced frame to where the sound begins: a
    /// breathed or hissed first sound that the detector does not call speech.
    pub reach_back_ms: u32,
    /// How far the end may go on from the last voiced frame to where the sound ends.
    pub reach_on_ms: u32,
    /// How far the end may go on, from the last voiced frame, in a sound that dies away and that the
    /// detector calls speech all the while: the end of a word of the near voice falls as far below its
    /// loud parts as another voice in the room lies. Counts where it is more than `reach_on_ms`.
    pub tail_ms: u32,
    /// Time without a voiced frame that ends a span. Pauses inside a phrase are shorter; a longer
    /// time delays every end by as much.
    pub hang_ms: u32,
}

impl SpanOptions {
    /// For a neural detector, whose probabilities tell a voice from other sound by themselves: pitch
    /// is not asked for. What only the level tells stays: that a voice is near.
    ///
    /// Such a detector needs some tenths of a second to become sure, so a lone "yes" of 200 ms ends
    /// before its probability has risen. Noise and key strokes hardly ever reach a tenth, so a weak
    /// word of the detector counts where pitch and level say the same.
    pub fn neural() -> SpanOptions {
        SpanOptions {
            onset_probability: 0.5,
            stay_probability: 0.35,
            pitched_probability: 0.1,
            pitched_periodicity: 0.65,
            pitched_gate_db: 20.0,
            // Noise that the network takes for a voice beside one ends here; speech in noise of 5 dB
            // still passes.
            gate_db: 1.0,
            periodic_gate_db: 1.0,
            range_db: 17.0,
            onset_range_db: 14.0,
            least_periodicity: 0.0,
            support_periodicity: 0.0,
            lively_db: 0.0,
            onset_voiced_ms: 64,
            tail_ms: 320,
            ..SpanOptions::default()
        }
    }
}

/// For a light detector.
impl Default for SpanOptions {
    fn default() -> SpanOptions {
        SpanOptions {
            onset_probability: 0.6,
            stay_probability: 0.3,
            // A light detector says yes or no.
            pitched_probability: 1.0,
            pitched_periodicity: 1.0,
            pitched_gate_db: 0.0,
            gate_db: 6.0,
            periodic_gate_db: 2.0,
            range_db: 22.0,
            onset_range_db: 22.0,
            least_db: -62.0,
            edge_db: 5.0,
            least_periodicity: 0.5,
            support_periodicity: 0.65,
            support_ms: 400,
            whisper_ms: 800,
            whisper_share: 0.6,
            whisper_depth_db: 15.0,
            whisper_range_db: 8.0,
            lively_db: 2.0,
            onset_window_ms: 200,
            onset_voiced_ms: 120,
            reach_back_ms: 160,
            reach_on_ms: 120,
            // A light detector calls steady noise speech, too, which would draw out every end.
            tail_ms: 0,
            hang_ms: 400,
        }
    }
}

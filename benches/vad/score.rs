//! How well spans that were found match the speech that is there, summed over many recordings.

use crate::support::median;

/// How far sound beside a phrase may be called speech without being a false alarm, in milliseconds.
const BESIDE_MS: u64 = 200;

/// How late a phrase may be found before its first sound is lost, in milliseconds: the pre-roll that
/// the recogniser gets is longer.
const CLIPPED_MS: u64 = 300;

/// What is true of a recording. Spans are in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// Where speech sounds, with pauses below 100 ms filled.
    pub sound: Vec<(u64, u64)>,
    /// Phrases: the same with pauses below 400 ms filled. What lies in a phrase and is no sound may
    /// be called either way.
    pub phrases: Vec<(u64, u64)>,
    /// Length of the recording.
    pub length_ms: u64,
}

/// Sums over recordings.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    hit: u64,
    wrong: u64,
    lost: u64,
    onsets: Vec<f64>,
    offsets: Vec<f64>,
    phrases: usize,
    clipped: usize,
    missed: usize,
    false_alarms: usize,
    length_ms: u64,
    found_ms: u64,
}

impl Tally {
    /// Counts what was found in a recording.
    pub fn add(&mut self, found: &[(u64, u64)], truth: &Truth) {
        let (mut cursor_found, mut cursor_sound, mut cursor_phrase) = (0, 0, 0);
        for at in (0..truth.length_ms).step_by(10) {
            let said = inside(found, &mut cursor_found, at);
            match (said, inside(&truth.sound, &mut cursor_sound, at)) {
                (true, true) => self.hit += 1,
                (false, true) => self.lost += 1,
                (true, false) if !inside(&truth.phrases, &mut cursor_phrase, at) => self.wrong += 1,
                _ => {}
            }
        }
        let touch = |a: &(u64, u64), b: &(u64, u64)| a.0 < b.1 && b.0 < a.1;
        let mut before = 0;
        for phrase in &truth.phrases {
            self.phrases += 1;
            let mut touching = found.iter().filter(|span| touch(span, phrase));
            if let Some(first) = touching.next() {
                let last = touching.next_back().unwrap_or(first);
                // A span that began with the phrase before has no onset here.
                if first.0 >= before {
                    self.onsets.push(first.0.abs_diff(phrase.0) as f64);
                }
                self.offsets.push(last.1.abs_diff(phrase.1) as f64);
                self.clipped += usize::from(first.0 > phrase.0 + CLIPPED_MS);
            } else {
                self.missed += 1;
            }
            before = phrase.1;
        }
        let near = |span: &(u64, u64)| {
            let wide = (span.0.saturating_sub(BESIDE_MS), span.1 + BESIDE_MS);
            truth.phrases.iter().any(|phrase| touch(&wide, phrase))
        };
        self.false_alarms += found.iter().filter(|span| !near(span)).count();
        self.found_ms += found.iter().map(|span| span.1 - span.0).sum::<u64>();
        self.length_ms += truth.length_ms;
    }

    /// A table's line: F1, precision, recall, onset and offset errors, clipped, missed, false alarms.
    pub fn line(&self) -> String {
        let precision = self.hit as f64 / (self.hit + self.wrong).max(1) as f64;
        let recall = self.hit as f64 / (self.hit + self.lost).max(1) as f64;
        let f1 = 2.0 * precision * recall / (precision + recall).max(1e-9);
        let share = |count: usize| 100.0 * count as f64 / self.phrases.max(1) as f64;
        let (onset, onset_95) = middle_and_high(&self.onsets);
        let (offset, offset_95) = middle_and_high(&self.offsets);
        format!(
            "{f1:.3} | {precision:.3} | {recall:.3} | {onset:.0} / {onset_95:.0} | \
             {offset:.0} / {offset_95:.0} | {:.1} % | {:.1} % | {:.2}",
            share(self.clipped),
            share(self.missed),
            self.false_alarms as f64 * 60_000.0 / self.length_ms.max(1) as f64,
        )
    }

    /// Seconds called speech in ten minutes, and spans, for recordings without speech.
    pub fn noise_line(&self) -> String {
        let scale = 600_000.0 / self.length_ms.max(1) as f64;
        format!(
            "{:.1} s | {:.1}",
            self.found_ms as f64 / 1_000.0 * scale,
            self.false_alarms as f64 * scale
        )
    }
}

/// Whether `at` lies in one of `spans`; calls come with rising `at`.
fn inside(spans: &[(u64, u64)], cursor: &mut usize, at: u64) -> bool {
    while spans.get(*cursor).is_some_and(|span| span.1 <= at) {
        *cursor += 1;
    }
    spans.get(*cursor).is_some_and(|span| span.0 <= at)
}

fn middle_and_high(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    let middle = median(&mut sorted);
    let high = sorted.get(sorted.len() * 95 / 100).copied();
    (middle, high.unwrap_or(0.0))
}

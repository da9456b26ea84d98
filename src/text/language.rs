//! Which language a track is in, by what a multilingual model takes its first windows for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::transcript::LanguageBasis;

/// The language that stands for one that is still to be found out.
pub const AUTO: &str = "auto";

/// Speech after which a language is settled when it is likely enough, in milliseconds. A word or two
/// of greeting are taken for many languages.
const ENOUGH_MS: u64 = 8_000;

/// Share of the model's belief that makes a language sure.
const SURE: f64 = 0.8;

/// Speech after which the likeliest language is settled, however unlikely, in milliseconds: a track in
/// two languages is never sure, and each look costs as much as reading a window.
const MOST_MS: u64 = 90_000;

/// How likely a window is in a language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// Whisper's code of the language, such as `de`.
    pub language: String,
    /// 0 to 1.
    pub probability: f32,
}

/// What is known of a track's language.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The likeliest language.
    pub language: String,
    /// Its probability over what was heard, 0 to 1, rounded to 4 places.
    pub probability: f64,
    /// Speech that was heard for it, in milliseconds.
    pub heard_ms: u64,
    /// Why it is taken.
    pub basis: LanguageBasis,
}

/// Settles on the language of a track: windows count by their length of speech, and once one language
/// is sure, or enough was heard, it is kept for the rest of the track.
#[derive(Clone, Debug, Default)]
pub struct LanguageLock {
    beliefs: BTreeMap<String, f64>,
    heard_ms: u64,
}

impl LanguageLock {
    /// Takes what a window of `speech_ms` of speech was taken for. Once the language is settled, nothing
    /// changes it.
    pub fn push(&mut self, chances: &[Chance], speech_ms: u64) {
        if self.is_settled() || speech_ms == 0 {
            return;
        }
        self.heard_ms += speech_ms;
        for chance in chances {
            let belief = self.beliefs.entry(chance.language.clone()).or_default();
            *belief += f64::from(chance.probability) * speech_ms as f64;
        }
    }

    /// Whether the language is kept from now on.
    pub fn is_settled(&self) -> bool {
        self.verdict().is_some_and(|verdict| {
            verdict.basis == LanguageBasis::Sure || verdict.heard_ms >= MOST_MS
        })
    }

    /// The likeliest language so far; of two that are alike, the first by its code. `None` before any
    /// window was heard.
    pub fn verdict(&self) -> Option<Verdict> {
        let mut best: Option<(&String, f64)> = None;
        for (language, &belief) in &self.beliefs {
            if best.is_none_or(|(_, most)| belief > most) {
                best = Some((language, belief));
            }
        }
        let (language, belief) = best?;
        let probability = belief / self.heard_ms as f64;
        let sure = probability >= SURE && self.heard_ms >= ENOUGH_MS;
        Some(Verdict {
            language: language.clone(),
            probability: (probability * 10_000.0).round() / 10_000.0,
            heard_ms: self.heard_ms,
            basis: match sure {
                true => LanguageBasis::Sure,
                false => LanguageBasis::Likeliest,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chances(of: &[(&str, f32)]) -> Vec<Chance> {
        of.iter()
            .map(|&(language, probability)| Chance {
                language: language.into(),
                probability,
            })
            .collect()
    }

    fn after(windows: &[(&[(&str, f32)], u64)]) -> (LanguageLock, Option<Verdict>) {
        let mut lock = LanguageLock::default();
        for (of, ms) in windows {
            lock.push(&chances(of), *ms);
        }
        let verdict = lock.verdict();
        (lock, verdict)
    }

    #[test]
    fn nothing_is_known_before_anybody_speaks() {
        let (lock, verdict) = after(&[(&[("de", 0.99)], 0)]);
        assert_eq!(verdict, None);
        assert!(!lock.is_settled());
    }

    #[test]
    fn one_long_window_of_one_language_is_enough() {
        let (lock, verdict) = after(&[(&[("de", 0.97), ("nl", 0.02)], 12_000)]);
        assert!(lock.is_settled());
        let verdict = verdict.unwrap();
        assert_eq!(
            (
                verdict.language.as_str(),
                verdict.probability,
                verdict.basis
            ),
            ("de", 0.97, LanguageBasis::Sure)
        );
    }

    #[test]
    fn a_greeting_settles_nothing_and_more_speech_overrules_it() {
        let (lock, verdict) = after(&[(&[("en", 0.99)], 1_500)]);
        assert!(!lock.is_settled());
        assert_eq!(verdict.unwrap().language, "en");
        let (lock, verdict) = after(&[(&[("en", 0.99)], 1_500), (&[("es", 0.98)], 14_000)]);
        assert!(lock.is_settled());
        assert_eq!(verdict.unwrap().language, "es");
    }

    #[test]
    fn two_languages_in_one_track_end_in_the_likeliest() {
        let windows = [(&[("fr", 0.9)][..], 14_000), (&[("en", 0.9)][..], 10_000)];
        let (mut lock, _) = after(&windows[..1]);
        assert!(lock.is_settled(), "what is settled stays");
        lock.push(&chances(&[("en", 1.0)]), 80_000);
        assert_eq!(lock.verdict().unwrap().language, "fr");
        let mut lock = LanguageLock::default();
        while !lock.is_settled() {
            lock.push(&chances(&[("fr", 0.5), ("en", 0.4)]), 10_000);
        }
        let verdict = lock.verdict().unwrap();
        assert_eq!(verdict.heard_ms, MOST_MS);
        assert_eq!(
            (verdict.language.as_str(), verdict.basis),
            ("fr", LanguageBasis::Likeliest)
        );
    }

    proptest! {
        #[test]
        fn it_settles_within_the_most_that_is_heard_and_keeps_what_it_settled(
            windows in proptest::collection::vec((0.0_f32..1.0, 1_u64..30_000), 1..40)
        ) {
            let mut lock = LanguageLock::default();
            let mut settled: Option<Verdict> = None;
            let mut heard = 0;
            for (p, ms) in windows {
                lock.push(&chances(&[("de", p), ("en", 1.0 - p)]), ms);
                heard += ms;
                let verdict = lock.verdict().unwrap();
                prop_assert!((0.0..=1.0).contains(&verdict.probability));
                if let Some(settled) = &settled {
                    prop_assert_eq!(settled, &verdict);
                } else if lock.is_settled() {
                    settled = Some(verdict);
                }
                prop_assert!(settled.is_some() || heard < MOST_MS);
            }
        }
    }
}

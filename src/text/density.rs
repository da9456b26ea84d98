//! How many letters go with how much speech: text that is too much or too little for its speech was
//! not heard there.

use super::guard::plain;
use crate::time::{Span, TICKS_PER_SECOND};

/// Share of the usual letters by which a text may be off. People speak half as fast again when they
/// hurry, and slower when they think.
const SHARE: f64 = 0.3;

/// Letters by which any text may be off: a lone "yes" takes as long as "I see".
const LETTERS: f64 = 5.0;

/// Speech, in seconds, after which the density of what was heard before says more than that of a
/// single window.
const ENOUGH_S: f64 = 10.0;

/// Speech, in seconds, that is long enough to tell how fast somebody speaks.
const TELLING_S: f64 = 1.0;

/// Share of the usual letters below which a text is too short for its speech.
const LEAST: f64 = 0.55;

/// Share of the usual letters above which a text is too long for its speech.
const MOST: f64 = 1.8;

/// Letters and the speech they were heard in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Density {
    letters: f64,
    seconds: f64,
}

impl Density {
    /// Takes how many letters were heard in some speech by itself.
    pub fn learn(&mut self, letters: f64, speech: Span) {
        self.letters += letters;
        self.seconds += seconds(speech);
    }

    /// Of spans that were heard together, with the letters of each, tells which texts fit their speech.
    /// What was heard before decides if it is enough, else what the spans have in common.
    pub fn fitting(&self, texts: &[(Span, f64)]) -> Vec<bool> {
        let known = match self.seconds >= ENOUGH_S {
            true => *self,
            false => texts.iter().fold(*self, |all, (speech, letters)| Density {
                letters: all.letters + letters,
                seconds: all.seconds + seconds(*speech),
            }),
        };
        let usual = known.letters / known.seconds.max(0.1);
        let fits = |&(speech, letters): &(Span, f64)| {
            let expected = usual * seconds(speech);
            (letters - expected).abs() <= SHARE * expected + LETTERS
        };
        texts.iter().map(fits).collect()
    }
}

/// How fast a speaker's words come, learnt from the spans that were heard so far.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// Letters a second of each span that was long enough, sorted.
    rates: Vec<f64>,
}

impl Rates {
    /// Learns from spans that were heard in one window, with the letters of each, and tells those that have
    /// about half or nearly twice the text that goes with their speech: a recogniser that skips speech or
    /// loses its place leaves such texts, people hardly do. What is usual is the median, which a window
    /// that lost some of its spans leaves as it was.
    pub fn misfits(&mut self, texts: &[(Span, f64)]) -> Vec<bool> {
        let long = texts
            .iter()
            .filter(|(speech, _)| seconds(*speech) >= TELLING_S);
        let rates = long.map(|&(speech, letters)| letters / seconds(speech));
        self.rates.extend(rates);
        self.rates.sort_unstable_by(f64::total_cmp);
        let Some(usual) = self.rates.get(self.rates.len() / 2) else {
            return vec![false; texts.len()];
        };
        let is_misfit = |&(speech, letters): &(Span, f64)| {
            let expected = usual * seconds(speech);
            letters + LETTERS < LEAST * expected || letters > MOST * expected + LETTERS
        };
        texts.iter().map(is_misfit).collect()
    }
}

/// Letters and digits of words.
pub fn letters<'a>(words: impl IntoIterator<Item = &'a str>) -> f64 {
    let counts = words.into_iter().map(|word| plain(word).chars().count());
    counts.sum::<usize>() as f64
}

fn seconds(speech: Span) -> f64 {
    speech.ticks() as f64 / TICKS_PER_SECOND as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Speech of so many seconds, with so many letters.
    fn text(seconds: u64, letters: f64) -> (Span, f64) {
        (Span::from_ms(0, seconds * 1_000), letters)
    }

    #[test]
    fn short_answers_may_be_slow_and_quick() {
        let mut usual = Density::default();
        usual.learn(150.0, Span::from_ms(0, 10_000));
        let answers = [text(1, 10.0), text(1, 20.0), text(2, 24.0), text(6, 70.0)];
        assert_eq!(usual.fitting(&answers), [true; 4]);
    }

    #[test]
    fn half_a_text_and_two_texts_in_one_do_not_fit() {
        let mut usual = Density::default();
        usual.learn(150.0, Span::from_ms(0, 10_000));
        let texts = [text(4, 30.0), text(4, 120.0), text(4, 60.0)];
        assert_eq!(usual.fitting(&texts), [false, false, true]);
    }

    #[test]
    fn before_anything_is_known_the_spans_tell_on_each_other() {
        let unknown = Density::default();
        let slow = [text(3, 15.0), text(5, 26.0), text(4, 18.0)];
        assert_eq!(
            unknown.fitting(&slow),
            [true; 3],
            "Chinese has fewer letters"
        );
        let swallowed = [text(4, 60.0), text(4, 8.0)];
        assert_eq!(unknown.fitting(&swallowed), [false, false]);
    }

    #[test]
    fn what_was_skipped_in_a_window_is_told_by_the_rest_of_it() {
        let window = [
            text(4, 60.0),
            text(2, 3.0),
            text(6, 20.0),
            text(5, 70.0),
            text(3, 44.0),
        ];
        assert_eq!(
            Rates::default().misfits(&window),
            [false, true, true, false, false]
        );
        let both_in_one = [text(3, 45.0), text(3, 88.0), text(3, 40.0)];
        assert_eq!(Rates::default().misfits(&both_in_one), [false, true, false]);
        assert_eq!(Rates::default().misfits(&[text(0, 0.0)]), [false]);
    }

    #[test]
    fn a_window_that_lost_most_of_its_spans_is_told_by_those_before() {
        let mut rates = Rates::default();
        let sound = [text(4, 60.0), text(5, 70.0), text(3, 44.0), text(6, 80.0)];
        assert_eq!(rates.misfits(&sound), [false; 4]);
        let lost = [text(4, 20.0), text(5, 25.0), text(3, 40.0)];
        assert_eq!(rates.misfits(&lost), [true, true, false]);
    }

    #[test]
    fn hurried_and_slow_answers_are_no_misfits() {
        let window = [
            text(1, 3.0),
            text(4, 40.0),
            text(3, 65.0),
            text(8, 100.0),
            text(1, 20.0),
        ];
        assert_eq!(Rates::default().misfits(&window), [false; 5]);
    }

    #[test]
    fn nothing_at_all_is_as_even_as_anything() {
        assert_eq!(
            Density::default().fitting(&[text(2, 0.0), text(3, 0.0)]),
            [true; 2]
        );
    }
}

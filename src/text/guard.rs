//! What a recogniser invents: loops, stock phrases over silence, sounds in brackets.

use super::words::RawWord;

/// Words a second that nobody speaks; text denser than this did not come from the sound.
const WORDS_PER_SECOND: f32 = 8.0;

/// Words below which density says nothing.
const DENSITY_WORDS: usize = 6;

/// Probability of no speech from which a segment is dropped whatever its words' probability.
const NO_SPEECH_ALONE: f32 = 0.95;

/// Probability of no speech from which a segment is dropped if its words are doubtful too.
const NO_SPEECH_DOUBTFUL: f32 = 0.6;

/// Mean log probability below which words are doubtful.
const DOUBTFUL_LOGPROB: f32 = -1.0;

/// Repetitions of one group of words, one after the other, from which they are a loop. People repeat
/// a word or phrase three or four times ("no no no no"); a caught decoder does not stop.
const LOOP_REPEATS: usize = 6;

/// Longest group of words that is looked at for loops.
const LOOP_WORDS: usize = 8;

/// What to do with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep it.
    Keep,
    /// There is no speech in it.
    Nothing,
    /// Its text was invented or is a loop.
    Reject,
}

/// Judges the words of one segment that lasts `seconds`.
pub fn judge(words: &[RawWord], no_speech_prob: f32, seconds: f32) -> Verdict {
    if words.is_empty() {
        return Verdict::Nothing;
    }
    let tokens: usize = words.iter().map(|w| w.tokens).sum();
    let logprob = words
        .iter()
        .map(|w| w.logprob * w.tokens as f32)
        .sum::<f32>()
        / tokens as f32;
    if no_speech_prob >= NO_SPEECH_ALONE
        || (no_speech_prob >= NO_SPEECH_DOUBTFUL && logprob < DOUBTFUL_LOGPROB)
    {
        return Verdict::Nothing;
    }
    let dense =
        words.len() >= DENSITY_WORDS && words.len() as f32 > WORDS_PER_SECOND * seconds.max(0.1);
    if dense || is_loop(words) {
        return Verdict::Reject;
    }
    Verdict::Keep
}

/// Whether some group of words is repeated over and over.
fn is_loop(words: &[RawWord]) -> bool {
    let plain: Vec<String> = words.iter().map(|w| plain(&w.text)).collect();
    (1..=LOOP_WORDS.min(plain.len())).any(|size| {
        let mut repeats = 1;
        let mut at = size;
        while at + size <= plain.len() {
            if plain[at..at + size] == plain[at - size..at] {
                repeats += 1;
                at += size;
                if repeats >= LOOP_REPEATS {
                    return true;
                }
            } else {
                repeats = 1;
                at += 1;
            }
        }
        false
    })
}

/// Takes out descriptions of sounds, such as `[BLANK_AUDIO]`, `(music)` and `♪`.
pub fn without_sounds(words: Vec<RawWord>) -> Vec<RawWord> {
    let mut kept = Vec::with_capacity(words.len());
    let mut inside: Option<char> = None;
    let mut held = Vec::new();
    for word in words {
        let first = word.text.chars().next();
        if inside.is_none() {
            inside = match first {
                Some('[') => Some(']'),
                Some('(') => Some(')'),
                Some('*') if word.text.len() > 1 => Some('*'),
                _ => None,
            };
            if inside.is_none() {
                if !word.text.chars().all(|c| c == '♪' || c == '♫') {
                    kept.push(word);
                }
                continue;
            }
        }
        let closes = inside.is_some_and(|close| {
            word.text
                .trim_end_matches(['.', ',', '!', '?'])
                .ends_with(close)
        });
        held.push(word);
        if closes {
            held.clear();
            inside = None;
        }
    }
    // A bracket that is never closed was no description.
    kept.append(&mut held);
    kept
}

/// A word without case and punctuation, for comparisons.
pub fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<RawWord> {
        text.split_whitespace()
            .map(|word| RawWord {
                text: word.into(),
                start_cs: 0,
                end_cs: 10,
                probability: 0.9,
                logprob: -0.1,
                tokens: 1,
            })
            .collect()
    }

    fn verdict(text: &str, seconds: f32) -> Verdict {
        judge(&said(text), 0.1, seconds)
    }

    #[test]
    fn loops_are_rejected() {
        assert_eq!(verdict(&"thank you. ".repeat(12), 20.0), Verdict::Reject);
        assert_eq!(verdict(&"the ".repeat(30), 20.0), Verdict::Reject);
        assert_eq!(
            verdict(&"I was going to say that ".repeat(7), 28.0),
            Verdict::Reject
        );
    }

    #[test]
    fn what_people_repeat_stays() {
        for text in [
            "no no no no that is wrong",
            "yes, yes, exactly, yes",
            "very very very very slow",
            "it took a long long time, a long long time",
            "and then and then and then I left",
        ] {
            assert_eq!(verdict(text, 4.0), Verdict::Keep, "{text}");
        }
    }

    #[test]
    fn text_denser_than_speech_is_rejected() {
        assert_eq!(
            verdict("thanks for watching and please subscribe now", 0.5),
            Verdict::Reject
        );
        assert_eq!(verdict("yes of course", 0.4), Verdict::Keep);
    }

    #[test]
    fn silence_is_judged_by_two_signs_or_one_strong_one() {
        let mut doubtful = said("thank you");
        for word in &mut doubtful {
            word.logprob = -1.5;
        }
        assert_eq!(judge(&doubtful, 0.7, 2.0), Verdict::Nothing);
        assert_eq!(judge(&said("thank you"), 0.7, 2.0), Verdict::Keep);
        assert_eq!(judge(&said("thank you"), 0.97, 2.0), Verdict::Nothing);
    }

    #[test]
    fn descriptions_of_sounds_are_taken_out() {
        let left = |text: &str| {
            without_sounds(said(text))
                .into_iter()
                .map(|w| w.text)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(left("[BLANK_AUDIO]"), "");
        assert_eq!(
            left("(soft music) Hello there. [door closes]"),
            "Hello there."
        );
        assert_eq!(left("♪ ♪"), "");
        assert_eq!(left("we (that is, Anna"), "we (that is, Anna");
    }
}

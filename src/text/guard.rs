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

/// Repetitions of one word, one after the other, from which it is a loop. People say "no no no no";
/// a caught decoder does not stop.
const WORD_REPEATS: usize = 8;

/// Repetitions of two words from which they are a loop.
const PAIR_REPEATS: usize = 6;

/// Repetitions of three words or more from which they are a loop.
const PHRASE_REPEATS: usize = 5;

/// Repetitions of three words or more that a second look is worth: people do say "I don't know" three
/// times, but a recogniser that lost its place says such things more often.
const DOUBTFUL_REPEATS: usize = 3;

/// Times that text may be shorter when what it says again is left out. Speech stays below two; loops
/// that change a little from round to round come to three and more.
const REDUNDANCY: f32 = 2.5;

/// Letters below which redundancy says nothing.
const REDUNDANCY_LETTERS: usize = 80;

/// Letters that must come again to count as said again.
const SAID_AGAIN: usize = 6;

/// Longest word of a language with letters; a decoder caught inside a word makes longer ones.
const LONGEST_WORD: usize = 40;

/// Longest group of words that is looked at for loops.
const LOOP_WORDS: usize = 8;

/// What to do with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Keep it.
    Keep,
    /// Keep it unless the same speech gives something else when it is decoded alone.
    Doubtful,
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
    let plain: Vec<String> = words.iter().map(|w| plain(&w.text)).collect();
    if dense || is_loop(&plain) || is_stutter(&plain) || is_redundant(&plain.concat()) {
        return Verdict::Reject;
    }
    match (3..=LOOP_WORDS).any(|size| repeats(&plain, size) >= DOUBTFUL_REPEATS) {
        true => Verdict::Doubtful,
        false => Verdict::Keep,
    }
}

/// Whether some group of words is repeated over and over.
fn is_loop(plain: &[String]) -> bool {
    (1..=LOOP_WORDS).any(|size| {
        let most = match size {
            1 => WORD_REPEATS,
            2 => PAIR_REPEATS,
            _ => PHRASE_REPEATS,
        };
        repeats(plain, size) >= most
    })
}

/// How often a group of `size` words comes at most, one time right after the other.
fn repeats(plain: &[String], size: usize) -> usize {
    let mut most = 0;
    for first in 0..size.min(plain.len()) {
        let groups: Vec<&[String]> = plain[first..].chunks_exact(size).collect();
        let runs = groups.chunk_by(|a, b| a == b).map(<[_]>::len);
        most = most.max(runs.max().unwrap_or(0));
    }
    most
}

/// Whether a word goes on and on inside itself. Only letters of alphabets are looked at: languages
/// without spaces come as long words.
fn is_stutter(plain: &[String]) -> bool {
    plain
        .iter()
        .filter(|word| word.is_ascii() && word.len() > LONGEST_WORD)
        .any(|word| redundancy(word) > REDUNDANCY)
}

fn is_redundant(text: &str) -> bool {
    text.chars().count() >= REDUNDANCY_LETTERS && redundancy(text) > REDUNDANCY
}

/// Length of a text over the length of what is left when stretches that came before are left out.
fn redundancy(text: &str) -> f32 {
    let letters: Vec<char> = text.chars().collect();
    let (mut at, mut left) = (0, 0.0);
    while at < letters.len() {
        let again = (0..at)
            .map(|from| {
                let pairs = letters[from..].iter().zip(&letters[at..]);
                pairs.take_while(|(a, b)| a == b).count()
            })
            .max()
            .unwrap_or(0);
        if again >= SAID_AGAIN {
            // A stretch said again is as long as a pointer to it: about three letters.
            left += 3.0;
            at += again;
        } else {
            left += 1.0;
            at += 1;
        }
    }
    letters.len() as f32 / f32::max(left, 1.0)
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
    fn loops_that_change_and_loops_inside_a_word_are_rejected() {
        let drifting = "and I think that we should go there and I think that we could go there and \
                        I think that we should go here and I think that we should go there and I \
                        think that we would go there and I think that we should go there now";
        assert_eq!(verdict(drifting, 20.0), Verdict::Reject);
        assert_eq!(verdict(&"ha".repeat(60), 10.0), Verdict::Reject);
        let grown = "it was vagery vageriven vagery vageriven vagery vageriven vagery vageriven \
                     vagery vageriven vagery vageriven then";
        assert_eq!(verdict(grown, 20.0), Verdict::Reject);
    }

    #[test]
    fn a_phrase_three_times_over_is_worth_a_second_look() {
        let text = "I look at the first chart the first chart the first chart then";
        assert_eq!(verdict(text, 5.0), Verdict::Doubtful);
        let text = "I don't know, I don't know, I don't know what to say";
        assert_eq!(verdict(text, 5.0), Verdict::Doubtful);
    }

    #[test]
    fn plain_speech_is_far_from_redundant() {
        let text = "We tried a shared calendar and a lot of email. My manager even wrote a small \
                    program, but it broke after two weeks. Then we tried a shared spreadsheet and \
                    a lot of meetings, and my manager wrote another small program, which broke \
                    after two days.";
        let plain: Vec<String> = text.split_whitespace().map(plain).collect();
        assert!(redundancy(&plain.concat()) < 2.0);
        assert_eq!(verdict(text, 30.0), Verdict::Keep);
    }

    #[test]
    fn what_people_repeat_stays() {
        for text in [
            "no no no no that is wrong",
            "yes, yes, exactly, yes",
            "very very very very slow",
            "no, no, no, no, no, no, stop",
            "yes yes, exactly, yes yes, exactly",
            "ha ha ha ha ha",
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

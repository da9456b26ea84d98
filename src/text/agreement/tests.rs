//! Scripted decodes.

use proptest::prelude::*;

use super::super::align::testing::{said, text};
use super::*;

/// The decode of an utterance in which a word is spoken every 0.4 s, as far as it is spoken.
fn heard(words: &str, at_ms: u64) -> (Vec<TimedWord>, Tick) {
    let mut words = said(0, words);
    words.retain(|(_, time)| time.start.ms() < at_ms);
    (words, Tick::from_ms(at_ms))
}

fn agreement() -> Agreement {
    Agreement::new(AgreementOptions::default(), Tick::ZERO)
}

fn phrase(words: Vec<TimedWord>) -> Phrase {
    Phrase {
        speech: Span::from_ms(0, 60_000),
        words,
        no_speech_prob: 0.1,
    }
}

fn said_in(phrases: &[Phrase]) -> String {
    let texts: Vec<String> = phrases.iter().map(|phrase| text(&phrase.words)).collect();
    texts.join(" ")
}

#[test]
fn words_are_committed_once_two_decodes_agree() {
    let mut agreement = agreement();
    let mut push = |words, at| {
        let (words, at) = heard(words, at);
        let partial = agreement.push(words, at)?;
        Some((partial.revision, partial.committed, text(&partial.words)))
    };
    // The word that is just being spoken is not shown, nor is the one that may go on.
    assert_eq!(push("it was lasts", 1_000), Some((1, 0, "it".into())));
    assert_eq!(
        push("It was last friday night", 1_800),
        Some((2, 2, "It was last".into()))
    );
    // Its last word may yet turn out to be another one.
    assert_eq!(
        push("It was last Friday. I opened", 2_600),
        Some((3, 4, "It was last Friday. I".into()))
    );
    assert_eq!(
        push("It was last Friday. I opened", 2_600),
        Some((4, 5, "It was last Friday. I opened".into()))
    );
    assert_eq!(push("It was last Friday. I opened", 2_600), None);
}

#[test]
fn a_doubtful_word_waits_for_a_second_decode() {
    let mut agreement = agreement();
    let doubtful = |words: &mut Vec<TimedWord>| words[1].0.probability = 0.79;
    let (mut words, at) = heard("we lost three days", 2_400);
    doubtful(&mut words);
    let partial = agreement.push(words, at).expect("a partial");
    assert_eq!((partial.committed, text(&partial.words)), (0, "we".into()));
    let (mut words, at) = heard("we last three days", 2_500);
    doubtful(&mut words);
    // Another wording is still in doubt.
    let partial = agreement.push(words.clone(), at).expect("a partial");
    assert_eq!((partial.committed, text(&partial.words)), (1, "we".into()));
    let partial = agreement.push(words, at).expect("a partial");
    assert_eq!(text(&partial.words), "we last three days");
}

#[test]
fn an_empty_decode_takes_nothing_away() {
    let mut agreement = agreement();
    let (words, at) = heard("a b c", 2_000);
    agreement.push(words, at);
    assert_eq!(agreement.push(Vec::new(), Tick::from_ms(3_000)), None);
    let (words, at) = heard("a b c d", 4_000);
    assert_eq!(agreement.push(words, at).unwrap().committed, 3);
}

#[test]
fn without_agreement_old_words_are_committed_after_a_while() {
    let mut agreement = agreement();
    for (k, words) in [
        "a b c d",
        "x b c d e f",
        "y b c d e f g h",
        "z b c d e f g h i j",
    ]
    .into_iter()
    .enumerate()
    {
        let (words, at) = heard(words, 1_200 * (k as u64 + 1));
        agreement.push(words, at);
    }
    // 4.8 s are heard; what ended before 3.3 s is committed.
    assert_eq!(text(&agreement.committed), "z b c d e f g h");
}

#[test]
fn words_that_are_shown_do_not_vanish_because_a_decode_leaves_them_out() {
    let mut agreement = agreement();
    let (words, at) = heard("so we went", 1_800);
    let partial = agreement.push(words, at).expect("a partial");
    assert_eq!(
        (partial.committed, text(&partial.words)),
        (0, "so we went".into())
    );
    // Another first word is in doubt, so nothing of this decode may be shown.
    let (mut words, at) = heard("Joe we went there", 2_200);
    words[0].0.probability = 0.4;
    assert_eq!(agreement.push(words, at), None);
    let (words, at) = heard("so", 2_400);
    assert_eq!(agreement.push(words, at), None);
}

#[test]
fn a_first_decode_commits_nothing_however_late_it_comes() {
    let mut agreement = agreement();
    let (words, at) = heard("a b c d e f g h i j k l m n o", 6_000);
    assert_eq!(
        agreement.push(words, at).map(|partial| partial.committed),
        Some(0)
    );
    let (words, at) = heard("x b c d e f g h i j k l m n o", 6_200);
    // 6.2 s are heard; what ended before 4.7 s is committed.
    let partial = agreement.push(words, at).expect("a partial");
    assert_eq!(
        text(&partial.words[..partial.committed]),
        "x b c d e f g h i j k"
    );
}

#[test]
fn the_final_keeps_committed_words_and_adds_the_rest() {
    let mut agreement = agreement();
    for at in [2_000, 2_400] {
        let (words, at) = heard("we spent fifteen hours", at);
        agreement.push(words, at);
    }
    assert_eq!(agreement.committed(), 4);
    let finals = vec![
        phrase(said(50, "We spend about fifteen")),
        phrase(said(1_650, "hours. every month")),
    ];
    let settled = agreement.settle(Span::from_ms(0, 60_000), finals);
    assert_eq!(said_in(&settled), "we spent fifteen hours every month");
    assert_eq!(settled.len(), 2);
    assert_eq!(settled[0].words[0].1, Span::from_ms(50, 450));
    assert_eq!(settled[1].words[0].1, Span::from_ms(1_650, 2_050));
}

#[test]
fn committed_words_stay_when_the_final_has_none() {
    let mut agreement = agreement();
    for at in [2_000, 2_400] {
        let (words, at) = heard("yes exactly", at);
        agreement.push(words, at);
    }
    let settled = agreement.settle(Span::from_ms(0, 2_000), Vec::new());
    assert_eq!(said_in(&settled), "yes exactly");
}

/// Time since the decode before, in milliseconds, and what is misheard.
type Step = (u64, Vec<(usize, u8)>);

/// Decodes of a growing utterance: what is said, with some words misheard in some of them.
fn decodes() -> impl Strategy<Value = (Vec<u8>, Vec<Step>)> {
    let said = prop::collection::vec(0u8..6, 1..40);
    let errors = prop::collection::vec((0usize..40, 0u8..8), 0..4);
    let steps = prop::collection::vec((200u64..2_500, errors), 1..20);
    (said, steps)
}

/// What a decode gives: words are named by number; an error 6 leaves a word out, 7 says it twice.
fn misheard(said_words: &[u8], errors: &[(usize, u8)]) -> String {
    let mut words = Vec::new();
    for (k, &word) in said_words.iter().enumerate() {
        match errors.iter().find(|(at, _)| *at == k) {
            Some((_, 6)) => {}
            Some((_, 7)) => words.extend([word, word]),
            Some(&(_, other)) => words.push(other),
            None => words.push(word),
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("w{word}")).collect();
    words.join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn committed_words_only_grow_and_begin_every_text((said_words, steps) in decodes()) {
        let mut agreement = agreement();
        let (mut at, mut before, mut revision) = (0, Vec::new(), 0);
        for (wait, errors) in &steps {
            at += wait;
            let (words, end) = heard(&misheard(&said_words, errors), at);
            if let Some(partial) = agreement.push(words, end) {
                revision += 1;
                prop_assert_eq!(partial.revision, revision);
                prop_assert!(partial.committed >= before.len());
                prop_assert_eq!(&partial.words[..before.len()], &before[..]);
                before = partial.words[..partial.committed].to_vec();
            }
            prop_assert_eq!(&agreement.committed, &before);
        }
        let finals = vec![phrase(said(0, &misheard(&said_words, &[])))];
        let settled = said_in(&agreement.settle(Span::from_ms(0, 60_000), finals));
        prop_assert!(settled.starts_with(&text(&before)));
    }

    /// Decodes that mishear nothing, however they are spaced, lose no word and double none.
    #[test]
    fn no_word_is_lost_or_doubled_where_commits_join(
        said_words in prop::collection::vec(0u8..3, 1..40),
        waits in prop::collection::vec(100u64..3_000, 1..20),
    ) {
        let whole = misheard(&said_words, &[]);
        let mut agreement = agreement();
        let mut at = 0;
        for wait in waits {
            at += wait;
            let (words, end) = heard(&whole, at);
            if let Some(partial) = agreement.push(words, end) {
                prop_assert!(whole.starts_with(&text(&partial.words)));
            }
        }
        let finals = vec![phrase(said(0, &whole))];
        let settled = agreement.settle(Span::from_ms(0, 60_000), finals);
        prop_assert_eq!(said_in(&settled), whole);
    }

    /// However much the decodes differ, no word waits longer than the forced commit allows.
    #[test]
    fn the_delay_of_a_commit_is_bounded(
        steps in prop::collection::vec((300u64..1_500, 0u8..200), 4..30),
    ) {
        let mut agreement = agreement();
        let mut at = 0;
        for (wait, salt) in steps {
            at += wait;
            let words: Vec<String> = (0..at / 400 + 1).map(|k| format!("{salt}x{k}")).collect();
            let (words, end) = heard(&words.join(" "), at);
            agreement.push(words, end);
            let committed = agreement.committed.last().map_or(0, |(_, time)| time.end.ms());
            let options = AgreementOptions::default();
            let most = u64::from(options.force_ms + options.force_margin_ms) + 1_500 + 400;
            prop_assert!(at - committed <= most, "{at}: committed up to {committed}");
        }
    }
}

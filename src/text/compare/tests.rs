use proptest::prelude::*;

use super::*;

fn plain_text(text: &str) -> Vec<Passage> {
    passages(text).unwrap()
}

#[test]
fn case_and_punctuation_are_no_difference() {
    let found = compare(
        &plain_text("It was last Friday - really."),
        &plain_text("it was, last friday really"),
    );
    assert_eq!(found.counts.right, 5);
    assert!(found.differences.is_empty());
    assert_eq!(found.counts.error_rate(), Some(0.0));
}

#[test]
fn differences_are_told_with_what_stands_before_them() {
    let found = compare(
        &plain_text("I open four spreadsheets and copy the numbers by hand"),
        &plain_text("I open for spreadsheets and the numbers by big hand"),
    );
    let told: Vec<(&str, &str, &str)> = found
        .differences
        .iter()
        .map(|d| (d.after.as_str(), d.reference.as_str(), d.other.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("I open", "four", "for"),
            ("four spreadsheets and", "copy", ""),
            ("the numbers by", "", "big"),
        ]
    );
    let counts = found.counts;
    assert_eq!((counts.replaced, counts.missing, counts.added), (1, 1, 1));
    assert_eq!(counts.error_rate(), Some(0.3));
}

#[test]
fn nothing_to_compare_with_has_no_rate() {
    let found = compare(&[], &plain_text("thank you"));
    assert_eq!(found.counts.error_rate(), None);
    assert_eq!(found.counts.added, 2);
}

#[test]
fn tracks_are_held_against_their_counterparts() {
    let of = |track, start_ms, text: &str| Passage {
        track: Some(track),
        start_ms: Some(start_ms),
        text: text.into(),
    };
    let a = [
        of(Track::Mic, 0, "tell me about it"),
        of(Track::System, 900, "yes gladly"),
    ];
    // The same words, with the short answer put first.
    let b = [
        of(Track::System, 0, "yes gladly"),
        of(Track::Mic, 10, "tell me about it"),
    ];
    assert_eq!(compare(&a, &b).counts.right, 6);
    assert!(
        compare(&a, &plain_text("yes gladly tell me about it"))
            .counts
            .right
            < 6
    );
}

#[test]
fn scripts_without_spaces_are_compared_by_characters() {
    let found = compare(&plain_text("今日は良い天気"), &plain_text("今日は悪い天気"));
    assert_eq!((found.counts.reference, found.counts.right), (7, 6));
    assert_eq!(pieces("GPT模型x"), ["GPT", "模", "型", "x"]);
}

#[test]
fn captions_are_read_without_their_times_and_tags() {
    let srt = "1\r\n00:00:01,200 --> 00:00:03,000\r\n<i>Thanks</i> for\r\njoining.\r\n\r\n2\r\n01:00:00,5 --> 01:00:01,000\r\nYes\r\n";
    let read = plain_text(srt);
    let told: Vec<(Option<u64>, &str)> =
        read.iter().map(|p| (p.start_ms, p.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (Some(1_200), "Thanks for joining."),
            (Some(3_600_500), "Yes")
        ]
    );
    let vtt = "WEBVTT\n\nNOTE not said\n\n00:07.227 --> 00:08.829 align:start\n<v Participant>Yes, that is fine.\n";
    assert_eq!(plain_text(vtt)[0].text, "Yes, that is fine.");
    assert_eq!(plain_text(vtt)[0].start_ms, Some(7_227));
}

#[test]
fn json_of_several_programs_is_read() {
    let whisper = r#"{"transcription":[{"offsets":{"from":1200,"to":6627},"text":" Thanks."}]}"#;
    let openai = r#"{"text":"Thanks.","segments":[{"start":1.2,"end":6.627,"text":" Thanks."}]}"#;
    let podcast = r#"{"segments":[{"startTime":1.2,"body":"Thanks."}]}"#;
    let truth = r#"{"turns":[{"track":"mic","start_ms":1200,"text":"Thanks."}]}"#;
    let deepgram = r#"{"results":{"utterances":[{"start":1.2,"transcript":"Thanks."}]}}"#;
    for text in [whisper, openai, podcast, truth, deepgram] {
        let read = plain_text(text);
        assert_eq!(read.len(), 1, "{text}");
        assert_eq!(read[0].text.trim(), "Thanks.", "{text}");
        assert_eq!(read[0].start_ms, Some(1_200), "{text}");
    }
    assert_eq!(plain_text(truth)[0].track, Some(Track::Mic));
    assert_eq!(plain_text(r#"{"text":"only this"}"#)[0].text, "only this");
    assert_eq!(passages("{\"text\":"), Err(Unreadable::Damaged));
    assert_eq!(passages("{\"a\":1}"), Err(Unreadable::NoText));
}

proptest! {
    #[test]
    fn every_word_is_counted_once(
        a in proptest::collection::vec("[a-d]", 0..40),
        b in proptest::collection::vec("[a-d]", 0..40),
    ) {
        let counts = compare(&plain_text(&a.join(" ")), &plain_text(&b.join(" "))).counts;
        prop_assert_eq!(counts.reference, a.len());
        prop_assert_eq!(counts.right + counts.replaced + counts.missing, a.len());
        prop_assert_eq!(counts.right + counts.replaced + counts.added, b.len());
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,200}") {
        if let Ok(read) = passages(&text) {
            compare(&read, &read);
        }
    }
}

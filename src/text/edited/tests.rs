//! What people do to a transcript in an editor.

use super::*;

fn segments(said: &[(&str, &str)]) -> Vec<Exported> {
    let numbered = said.iter().zip(1..);
    let exported = numbered.map(|((voice, text), n)| Exported {
        id: format!("s{n:04}"),
        voice: (*voice).into(),
        text: (*text).into(),
    });
    exported.collect()
}

fn call() -> Vec<Exported> {
    segments(&[
        ("Anna", "Why did you leave?"),
        ("Ben", "It was the price,"),
        ("Ben", "and thurty nowers every week."),
        ("Anna", "I see."),
    ])
}

fn read(text: &str) -> Result<Edited, Unfit> {
    edited(&call(), &blocks(text, &["Anna", "Ben"]))
}

fn changed(text: &str) -> Vec<(String, String)> {
    let edited = read(text).unwrap();
    assert!(edited.gone.is_empty(), "{edited:?}");
    edited.texts
}

fn text(id: &str, text: &str) -> (String, String) {
    (id.into(), text.into())
}

const TEXT: &str = "Call with Ben: why\n\nRecorded: today\n\nMarkers\n\n[00:00:03] pain: by hand\n    \
    Ben: “price”\n\nTranscript\n\n[00:00:01] Anna: Why did you leave?\n\
    [00:00:03] Ben: It was the price, and thurty nowers every week.\n[00:00:09] Anna: I see.\n";

#[test]
fn a_text_that_nobody_touched_changes_nothing() {
    assert_eq!(read(TEXT), Ok(Edited::default()));
}

#[test]
fn words_that_were_mended_put_in_and_taken_out_find_their_segment() {
    let mended = TEXT
        .replace("thurty nowers", "thirteen hours")
        .replace("It was", "It was really")
        .replace("I see.", "I");
    assert_eq!(
        changed(&mended),
        [
            text("s0002", "It was really the price,"),
            text("s0003", "and thirteen hours every week."),
            text("s0004", "I"),
        ]
    );
    // Punctuation and capitals are corrections, too, and a paragraph may be broken into lines.
    let broken = TEXT.replace("price, and", "price. \nAnd");
    assert_eq!(
        changed(&broken),
        [
            text("s0002", "It was the price."),
            text("s0003", "And thurty nowers every week."),
        ]
    );
}

#[test]
fn markdown_and_captions_say_the_same() {
    let markdown = "---\nschema: x\n---\n\n# Call\n\n- [00:00:01] pain\n\n## Transcript\n\n\
        [00:00:01] **Anna:** Why did you leave \\*here\\*?\n\n[00:00:03] **Ben:** It was the price, and \
        thurty nowers every week.\n\n[00:00:09] **Anna:** I see.\n";
    assert_eq!(
        changed(markdown),
        [text("s0001", "Why did you leave *here*?")]
    );
    let subrip = "1\r\n00:00:01,000 --> 00:00:02,000\r\nAnna: Why did you leave?\r\n\r\n\
        2\r\n00:00:03,000 --> 00:00:05,000\r\nBen: It was the price,\r\nand thirty\r\n\r\n\
        3\r\n00:00:05,000 --> 00:00:09,000\r\nhours every week.\r\n\r\n\
        4\r\n00:00:09,000 --> 00:00:10,000\r\nAnna: I see.\r\n";
    let hours = [text("s0003", "and thirty hours every week.")];
    assert_eq!(changed(subrip), hours);
    // Two voices at once: their captions stand between each other, and their words stay apart.
    let webvtt = "WEBVTT\n\nNOTE Call, 2026\n\n1\n00:00:01.000 --> 00:00:02.000\n<v Anna>Why did you\nleave?</v>\n\n\
        2\n00:00:03.000 --> 00:00:05.000\n<v Ben>It was the price,</v>\n\n\
        4\n00:00:04.000 --> 00:00:05.000\n<v Anna>I see.</v>\n\n\
        3\n00:00:05.000 --> 00:00:09.000\n<v Ben>and thirty hours every week.</v>\n";
    assert_eq!(changed(webvtt), hours);
}

#[test]
fn what_was_taken_out_whole_is_told_and_not_made_empty() {
    let cut = TEXT.replace("[00:00:09] Anna: I see.\n", "");
    let edited = read(&cut).unwrap();
    assert_eq!(
        (edited.texts.len(), &edited.gone[..]),
        (0, &["s0004".to_owned()][..])
    );
}

#[test]
fn words_between_two_segments_go_with_their_line() {
    let call = segments(&[("Ben", "one two"), ("Ben", "three four")]);
    let read = |text: &str| edited(&call, &blocks(text, &["Ben"])).unwrap().texts;
    let before = "[00:01] Ben: one two and\n[00:02] Ben: three four\n";
    assert_eq!(read(before), [text("s0001", "one two and")]);
    let after = "[00:01] Ben: one two\n[00:02] Ben: and three four\n";
    assert_eq!(read(after), [text("s0002", "and three four")]);
}

#[test]
fn what_is_of_another_call_is_refused() {
    assert_eq!(read("Dear Ben,\nhow are you?\n"), Err(Unfit::NoText));
    let renamed = TEXT.replace("Ben: It", "Benjamin: It");
    assert!(matches!(
        read(&renamed),
        Err(Unfit::Voice { name, line: 13 }) if name == "Benjamin"
    ));
    let other =
        "[00:01] Anna: Good morning everybody, shall we begin\n[00:05] Ben: yes of course\n";
    assert!(matches!(
        read(other),
        Err(Unfit::OtherCall { words: 9, .. })
    ));
}

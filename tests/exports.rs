//! Exports: the fixture's session in every format against files that were read and found good, and
//! what holds for any call at all.

#[path = "support/call.rs"]
mod call;
#[path = "exports/readers.rs"]
mod readers;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use call::{NASTY, call_of, fixture, nasty};
use proptest::prelude::*;
use readers::Caption;
use verbatim::document::marker::Marker;
use verbatim::export::call::Call;
use verbatim::export::csv::ByteOrderMark;
use verbatim::export::plain::clean;
use verbatim::export::{FORMATS, Format, cues, format, quote};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn bytes(format: &Format, call: &Call) -> Vec<u8> {
    format.write(call, ByteOrderMark::Auto).expect(format.name)
}

fn text(name: &str, call: &Call) -> String {
    let format = format(name).expect(name);
    String::from_utf8(bytes(format, call)).expect("UTF-8")
}

#[test]
fn the_session_looks_in_every_format_as_it_was_found_good() {
    let call = fixture();
    for format in FORMATS {
        let golden = repository("tests/golden/exports").join(format.file);
        let made = bytes(format, &call);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(golden.parent().expect("a folder")).expect("a folder");
            fs::write(&golden, &made).expect("the golden file is written");
        }
        let expected = fs::read(&golden).expect("the golden file");
        if made != expected {
            let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(
                shown(&made),
                shown(&expected),
                "{}: UPDATE_GOLDEN=1 rewrites the file",
                format.file
            );
        }
    }
}

#[test]
fn the_readme_lists_every_format() {
    let readme = fs::read_to_string(repository("README.md")).expect("the README");
    for format in FORMATS {
        let row = format!(
            "| `{}` | `{}` | {} |",
            format.name, format.file, format.help
        );
        assert!(readme.contains(&row), "the README lacks the row\n{row}");
    }
}

#[test]
fn names_and_files_are_each_formats_own() {
    for (n, format) in FORMATS.iter().enumerate() {
        for other in &FORMATS[..n] {
            assert!(other.name != format.name && other.file != format.file);
        }
        assert_ne!(format.name, "all");
        assert!(!format.name.contains([',', ' ']) && !format.file.contains('/'));
    }
}

#[test]
fn a_mark_for_spreadsheets_stands_where_it_is_wanted() {
    let call = fixture();
    let starts = |name: &str, mark| {
        let bytes = format(name).expect(name).write(&call, mark).expect(name);
        bytes.starts_with("\u{FEFF}".as_bytes())
    };
    assert!(starts("quotes.csv", ByteOrderMark::Auto) && !starts("csv", ByteOrderMark::Auto));
    assert!(starts("csv", ByteOrderMark::Always) && !starts("quotes.csv", ByteOrderMark::Never));
    assert!(!starts("srt", ByteOrderMark::Always));
}

#[test]
fn an_empty_call_is_written_in_every_format() {
    let mut call = call_of("X", &[]);
    call.manifest.tracks.clear();
    for format in FORMATS {
        bytes(format, &call);
    }
}

/// The letters of texts, sorted: without the white space that captions may lose at the end of a line,
/// and without an order, which segments of one voice do not keep when they overlap.
fn letters(texts: impl IntoIterator<Item = String>) -> String {
    let text: String = texts.into_iter().collect();
    let mut letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn said_by(call: &Call, voice: usize) -> String {
    let own = call.said.iter().filter(|said| said.voice == voice);
    letters(own.map(|said| said.text.clone()))
}

fn captions_hold_everything(call: &Call) {
    let vtt = readers::vtt(&text("vtt", call));
    for (voice, who) in call.voices.iter().enumerate() {
        let own = vtt
            .iter()
            .filter(|cue| cue.voice.as_deref() == Some(&who.label));
        assert_eq!(letters(own.map(|cue| cue.text())), said_by(call, voice));
    }
    assert!(vtt.is_sorted_by_key(|cue| cue.start_ms));
    let srt = readers::srt(&text("srt", call));
    let mut at = 0;
    for cue in &srt {
        assert!(cue.start_ms >= at, "cues of SubRip overlap");
        at = cue.end_ms;
    }
    let named: String = srt.iter().map(Caption::text).collect();
    for said in &call.said {
        for word in &said.words {
            if word.text.chars().count() < 20 {
                let word = word.text.replace("-->", "→");
                assert!(named.contains(&word), "{word} is missing in {named}");
            }
        }
    }
    for cue in vtt.iter().chain(&srt) {
        assert!(cue.end_ms > cue.start_ms && (1..=2).contains(&cue.lines.len()));
    }
    for cue in cues::cues(call, cues::Names::Apart) {
        assert!(cue.end_ms - cue.start_ms <= cues::LONGEST_MS);
        for line in cue.lines(0) {
            let columns = verbatim::export::plain::columns(&line);
            assert!(columns <= cues::LINE_COLUMNS, "{columns} columns: {line}");
        }
    }
}

fn lanes_hold_everything(call: &Call) {
    let tiers = readers::textgrid(&text("textgrid", call));
    for (voice, who) in call.voices.iter().enumerate() {
        for name in [who.label.clone(), format!("{} words", who.label)] {
            let tier = tiers.iter().find(|tier| tier.name == name).expect(&name);
            let mut at = 0.0;
            for (from, to, _) in &tier.intervals {
                assert!(*from == at && to > from, "{name} has a hole or an overlap");
                at = *to;
            }
            let texts = tier.intervals.iter().map(|(.., text)| text.clone());
            assert_eq!(letters(texts), said_by(call, voice), "{name}");
        }
    }
    let labels = text("audacity", call);
    assert_eq!(labels.lines().count(), call.said.len() + call.markers.len());
    for line in labels.lines() {
        let [from, to, _] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three fields: {line}");
        };
        let second = |text: &str| text.parse::<f64>().expect("seconds");
        assert!(second(from) <= second(to));
    }
    for (name, voices) in [("elan", call.voices.len()), ("refi-qda", 0)] {
        let xml = match name {
            "elan" => text(name, call),
            _ => package(call, name, "project.qde"),
        };
        readers::check_xml(&xml);
        assert!(xml.matches("<TIER ").count() >= voices * 2);
    }
    readers::check_xml(&package(call, "docx", "word/document.xml"));
}

/// A file of a package.
fn package(call: &Call, name: &str, file: &str) -> String {
    let bytes = bytes(format(name).expect(name), call);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip file");
    let mut text = String::new();
    let mut file = archive.by_name(file).expect(file);
    file.read_to_string(&mut text).expect("UTF-8");
    text
}

#[test]
fn nasty_texts_pass_through_every_format() {
    let call = nasty();
    assert_eq!(call.said.len(), NASTY.len() * 2);
    captions_hold_everything(&call);
    lanes_hold_everything(&call);
}

/// A report's picture of a call with more markers than there is room for their numbers.
#[test]
fn numbers_of_markers_cover_neither_each_other_nor_the_head() {
    let mut call = fixture();
    let marker = call.markers[0].clone();
    let length = call.duration_ms();
    call.markers = (0..200)
        .map(|n| Marker {
            t_ms: length * n / 400 + length / 3 * (n % 2),
            ..marker.clone()
        })
        .collect();
    call.markers.sort_by_key(|marker| marker.t_ms);
    let svg = text("timeline.svg", &call);
    assert!(
        svg.contains("<desc>") && svg.contains("200 markers."),
        "{svg}"
    );
    let attribute = |style: &str, name: &str| -> f64 {
        let (_, rest) = style
            .split_once(&format!("{name}=\""))
            .expect("an attribute");
        let value = rest.split('"').next().expect("a value");
        value.parse().expect("a number")
    };
    let texts = svg.split("<text ").skip(1);
    let texts = texts.filter_map(|text| text.split_once('>'));
    let numbers: Vec<(f64, f64, usize)> = texts
        .filter(|(style, _)| style.contains("font-size=\"11\"") && style.contains("bold"))
        .map(|(style, rest)| {
            let shown = rest.split('<').next().expect("text");
            (attribute(style, "x"), attribute(style, "y"), shown.len())
        })
        .collect();
    assert!(
        (20..200).contains(&numbers.len()),
        "{} numbers",
        numbers.len()
    );
    for (n, (x, y, digits)) in numbers.iter().enumerate() {
        // The line of facts stands at 50, and a number is 8 high.
        assert!(*y - 8.0 > 52.0, "{y}");
        for (other, level, more) in &numbers[n + 1..] {
            let room = 3.3 * (digits + more) as f64;
            assert!(
                level != y || (other - x).abs() >= room,
                "{x} and {other} at {y}"
            );
        }
    }
}

#[test]
fn sync_points_stand_where_their_lines_begin() {
    let call = nasty();
    let project = package(&call, "refi-qda", "project.qde");
    let path = project.split("internal://").nth(1).expect("a text");
    let file = format!("sources/{}", path.split('"').next().expect("a name"));
    let text: Vec<char> = package(&call, "refi-qda", &file).chars().collect();
    let positions = project
        .split(" position=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("a number"));
    let positions: Vec<usize> = positions.map(|n| n.parse().expect("a number")).collect();
    assert_eq!(positions.len(), call.said.len() + 1);
    assert_eq!(positions.last(), Some(&text.len()));
    for (position, said) in positions.iter().zip(&call.said) {
        let line: String = text[*position..]
            .iter()
            .take_while(|c| **c != '\n')
            .collect();
        assert_eq!(line, format!("{}: {}", call.voice(said).label, said.text));
    }
}

#[test]
fn a_cue_ends_with_a_sentence_and_at_a_pause_and_names_come_where_voices_change() {
    let long = "This is a first sentence of some length. And here is a second one, longer still.";
    let mut call = call_of(
        "V",
        &[
            ("mic", 0, 6_000, long.to_owned()),
            ("mic", 7_000, 9_000, "One two".to_owned()),
            ("system", 7_500, 7_600, "Yes.".to_owned()),
        ],
    );
    call.said[1].words[1].start_ms = 8_500;
    call.said[1].words[0].end_ms = 7_400;
    let texts: Vec<String> = readers::srt(&text("srt", &call))
        .iter()
        .map(|cue| format!("{} {}", cue.start_ms, cue.text()))
        .collect();
    let expected = [
        "0 V0: This is a first\nsentence of some length.",
        "3000 And here is a second one, longer still.",
        "7000 One",
        "7500 V1: Yes.",
        "8500 V0: two",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn a_letter_to_the_participant_holds_nothing_that_was_noted_for_oneself() {
    let mut call = call::fixture();
    for marker in &mut call.markers {
        marker.note = Some("zzz private zzz".into());
        marker.tags = vec!["zzz".into()];
        marker.emotion = Some("zzz".into());
        marker.author = Some("zzz".into());
    }
    let own =
        |m: &verbatim::document::marker::Marker| ["task", "follow-up"].contains(&m.kind.as_str());
    let promises = call.markers.iter().filter(|m| own(m)).count();
    let letter = text("thanks", &call);
    assert!(!letter.contains("zzz"), "{letter}");
    assert!(letter.contains("on 22 November 2026."), "{letter}");
    assert_eq!(letter.matches("- [promise]").count(), promises);
    let taken = letter.lines().filter(|l| l.contains(". “"));
    for line in taken {
        let said = line
            .split_once('“')
            .expect("a quote")
            .1
            .trim_end_matches('”');
        let first = said.split(" \\[…\\] ").next().expect("words");
        let own = call
            .said
            .iter()
            .filter(|s| call.voices[s.voice].label == "Participant");
        let own: Vec<&str> = own.map(|s| s.text.as_str()).collect();
        assert!(own.join(" ").contains(first), "{first}");
    }
}

#[test]
fn a_quote_is_the_participants_sentences_and_tells_what_it_leaves_out() {
    let say = |text: &str| text.to_owned();
    let mut call = call_of(
        "Voice ",
        &[
            ("mic", 0, 4_000, say("What do you do then?")),
            (
                "system",
                5_000,
                10_000,
                say("Well. I copy them by hand. It takes five"),
            ),
            ("mic", 7_000, 7_500, say("Oh dear.")),
            ("system", 10_000, 12_000, say("hours. Every week.")),
            ("mic", 12_500, 14_000, say("And who reads all of it?")),
            ("system", 14_500, 16_000, say("Nobody does.")),
        ],
    );
    let mut quoted = |start_ms: u64, end_ms: u64| {
        let marker = &mut call.markers[0];
        (marker.start_ms, marker.end_ms) = (start_ms, end_ms);
        let marker = marker.clone();
        quote::quote(&call, &marker).map(|quote| (quote.voice, quote.text))
    };
    let of = |voice: usize, text: &str| Some((voice, say(text)));
    let sentence = "I copy them by hand. It takes five hours.";
    assert_eq!(quoted(6_500, 10_900), of(1, sentence));
    let both = "Every week. […] Nobody does.";
    assert_eq!(quoted(11_000, 15_500), of(1, both));
    assert_eq!(quoted(500, 1_000), of(0, "What do you do then?"));
    assert_eq!(quoted(4_200, 4_800), None);
}

/// Any text, with the nasty ones among them.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        proptest::sample::select(&NASTY[..]).prop_map(str::to_owned),
        "[a-z]{1,9}( [a-z]{1,12}[.,?]?){0,40}",
    ];
    proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.join(" "))
}

fn any_call() -> impl Strategy<Value = Call> {
    let track = proptest::sample::select(&["mic", "system"][..]);
    let segment = (track, 0_u64..100_000, 0_u64..25_000, any_text())
        .prop_map(|(track, start, length, text)| (track, start, start + length, text));
    proptest::collection::vec(segment, 0..8).prop_map(|segments| call_of("Voice ", &segments))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_call_can_be_written_and_read_again(call in any_call()) {
        captions_hold_everything(&call);
        lanes_hold_everything(&call);
        for format in FORMATS {
            let made = bytes(format, &call);
            prop_assert_eq!(&made, &bytes(format, &call.clone()), "{} differs", format.name);
            if format.file.ends_with(".json") {
                serde_json::from_slice::<serde_json::Value>(&made).expect(format.name);
            }
            if format.is_text() {
                let text = String::from_utf8(made).expect("UTF-8");
                let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
                prop_assert!(!text.contains(odd), "{} holds a control character", format.name);
            }
        }
    }

    #[test]
    fn words_that_do_not_fit_their_text_give_way_to_it(said in any_text(), other in any_text()) {
        let mut call = call_of("X", &[("mic", 500, 9_500, said)]);
        call.transcript.segments[0].text = other.clone();
        let call = Call::new(call.manifest, call.turns, call.transcript, Vec::new());
        for said in &call.said {
            prop_assert_eq!(&said.text, &clean(&other));
            let words = letters(said.words.iter().map(|word| word.text.clone()));
            prop_assert_eq!(words, letters([said.text.clone()]));
            let mut at = said.start_ms;
            for word in &said.words {
                prop_assert!(word.start_ms >= at && word.end_ms >= word.start_ms);
                prop_assert!(word.end_ms <= said.end_ms);
                at = word.start_ms;
            }
        }
    }
}

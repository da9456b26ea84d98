//! Files as the programs write them.

use proptest::prelude::*;

use super::*;

fn times(text: &[u8], rate: &str) -> Vec<(u64, u64, String, String)> {
    let rate = rate.parse().unwrap();
    let found = read(text, None, rate).unwrap();
    found
        .into_iter()
        .map(|m| (m.start_ms, m.end_ms, m.label, m.note))
        .collect()
}

fn row(start_ms: u64, end_ms: u64, label: &str, note: &str) -> (u64, u64, String, String) {
    (start_ms, end_ms, label.into(), note.into())
}

#[test]
fn audacity_labels_with_points_ranges_and_frequencies() {
    let text = b"1.500000\t1.500000\tpain: copies\n\\\t100.0\t200.0\n12.25\t14\t\n";
    assert_eq!(
        times(text, "25"),
        [
            row(1_500, 1_500, "pain: copies", ""),
            row(12_250, 14_000, "", "")
        ]
    );
}

#[test]
fn premiere_markers_in_utf_16_with_tabs() {
    let text = "Marker Name\tDescription\tIn\tOut\tDuration\tMarker Type\r\n\
                Quote\tthirteen hours\t00:00:10:12\t00:00:12:00\t00:00:01:13\tComment\r\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(
        times(&bytes, "25"),
        [row(10_480, 12_000, "Quote", "thirteen hours")]
    );
}

#[test]
fn a_comma_table_with_quotes_and_dropped_frames() {
    let text = b"\"#\",\"Record In\",\"Record Out\",\"Name\",\"Notes\"\n\
                 \"1\",\"00:01:00;02\",\"00:01:00;02\",\"a, \"\"b\"\"\",\"two\nlines\"\n";
    // The first frame of a minute whose first two numbers are dropped.
    assert_eq!(
        times(text, "29.97"),
        [row(60_060, 60_060, "a, \"b\"", "two\nlines")]
    );
}

#[test]
fn marks_of_an_obs_recording() {
    let text = "Date Time, Stream Start, Stream Timestamp, Stream End Mark Timestamp, \
                Recording Full Path, Recording Filename, Recording Timestamp, \
                Recording End Mark Timestamp, Recording Timestamp on File, \
                Recording End Mark Timestamp on File, Comment\n\
                2026-11-22 14:05:10, n/a, n/a, n/a, /v/a.mkv, a.mkv, 00:01:10, n/a, 00:00:10, n/a, pain: slow, and odd\n\
                2026-11-22 14:06:10, n/a, n/a, n/a, /v/a.mkv, a.mkv, 00:02:10, 00:02:12, 00:01:10, 00:01:12, \n\
                2026-11-22 15:06:10, n/a, 00:00:05, n/a, , , n/a, n/a, n/a, n/a, not recorded\n\
                2026-11-22 16:06:10, n/a, n/a, n/a, /v/b.mkv, b.mkv, 00:00:03, n/a, 00:00:03, n/a, ";
    assert_eq!(
        times(text.as_bytes(), "25"),
        [
            row(10_000, 10_000, "pain: slow, and odd", ""),
            row(70_000, 72_000, "", ""),
            row(3_000, 3_000, "", ""),
        ]
    );
    let all = || read(text.as_bytes(), None, FrameRate::default()).unwrap();
    let of = |sources: &[&str]| of_recording(all(), sources).map(|found| found.len());
    assert_eq!(
        (of(&["a.mkv"]).unwrap(), of(&["b.mkv", "x"]).unwrap()),
        (2, 1)
    );
    let several = of(&["c.mkv"]).unwrap_err().to_string();
    assert!(several.contains("a.mkv, b.mkv"), "{several}");
    // Tables that tell of no recordings are taken whole, and so are those without a comment.
    let plain = b"Date Time, Recording Filename, Recording Timestamp\nx, a.mkv, 00:00:04";
    assert_eq!(times(plain, "25"), [row(4_000, 4_000, "", "")]);
}

#[test]
fn a_marker_edl() {
    let text = b"TITLE: Call\nFCM: NON-DROP FRAME\n\n\
        001  001      V     C        00:00:05:00 00:00:05:01 00:00:05:00 00:00:05:01  \n\
        says so\n |C:ResolveColorBlue |M:Marker 1 |D:1\n\n\
        002  001      V     C        00:00:09:12 00:00:09:13 00:00:09:12 00:00:09:13  \n \
        |C:ResolveColorRed |M:pain |D:48\n";
    assert_eq!(
        times(text, "24"),
        [
            row(5_000, 5_000, "Marker 1", "says so"),
            row(9_500, 11_500, "pain", "")
        ]
    );
}

#[test]
fn chapters_in_their_time_base() {
    let text = b";FFMETADATA1\ntitle=Call\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=9000\n\
                 title=Prices \\= more\n[CHAPTER]\nSTART=9000000000\nEND=10000000000\n";
    assert_eq!(
        times(text, "25"),
        [
            row(1_500, 1_500, "Prices = more", ""),
            row(9_000, 9_000, "", "")
        ]
    );
}

#[test]
fn a_label_that_names_a_kind_gives_its_kind() {
    let imported = |label: &str| Imported {
        start_ms: 1_000,
        end_ms: 2_000,
        label: label.into(),
        recording: String::new(),
        note: "more".into(),
    };
    let kinds = Kinds::default();
    let made = draft(&imported("Pain: copies"), &kinds, "idea", Some("Ben"));
    assert_eq!(
        (made.kind.as_str(), made.note.as_deref()),
        ("pain", Some("copies\nmore"))
    );
    assert_eq!(
        (made.stretch, made.author.as_deref()),
        (Some((1_000, 2_000)), Some("Ben"))
    );
    let made = draft(&imported("12:30 call"), &kinds, "idea", None);
    assert_eq!(
        (made.kind.as_str(), made.note.as_deref()),
        ("idea", Some("12:30 call\nmore"))
    );
}

#[test]
fn what_cannot_be_read_is_named_by_its_line() {
    for (text, named) in [
        (&b"hello\n"[..], "line 1"),
        (b"1\t2\ta\nx\n", "line 2"),
        (b"Name,In\n\"a\nb\",00:00:01:00\nc,soon\n", "line 4"),
        (b"Name,In\n", "no marker"),
        (b"\xff\xff\xff", "not text"),
        (b"", "line 1"),
    ] {
        let error = read(text, None, FrameRate::default()).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
    assert!("0".parse::<FrameRate>().is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        text in "(\\[CHAPTER\\]|START=|TIMEBASE=|Name|In|\\|M:|[0-9:;.,\t\"=/\n ]){0,30}",
    ) {
        for format in [None, Some(Format::Audacity), Some(Format::Table), Some(Format::Edl), Some(Format::Ffmetadata)] {
            let _ = read(&bytes, format, FrameRate::default());
            let _ = read(text.as_bytes(), format, FrameRate::default());
        }
    }
}

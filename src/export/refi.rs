//! REFI-QDA project (.qdpx), for programs of qualitative analysis.
//!
//! The transcript is a text with a line a segment and a sync point at each line's beginning; it
//! belongs to the participant's track. Kinds of marker and tags are codes; a marker codes the lines
//! of its quote, or a stretch of sound where nobody speaks. The sound stays outside the package and
//! is found relative to the session's folder.

use std::collections::BTreeSet;

use super::call::Call;
use super::package::pack;
use super::plain::{clean, clean_some, whole_seconds};
use super::quote::{Quote, quote};
use super::xml::Xml;
use crate::document::marker::Marker;
use crate::error::Result;

/// A place in the text and its time. Positions count Unicode code points.
struct SyncPoint {
    position: usize,
    ms: u64,
}

/// The call as a project.
///
/// # Errors
///
/// As [`pack`].
pub fn write(call: &Call) -> Result<Vec<u8>> {
    let (text, points) = text(call);
    let source = format!("Sources/{}.txt", guid(call, "text"));
    pack(&[
        ("project.qde".into(), project(call, &points).into_bytes()),
        (source, text.into_bytes()),
    ])
}

/// The text and its sync points: one for each segment, and one at the end.
fn text(call: &Call) -> (String, Vec<SyncPoint>) {
    let mut text = String::new();
    let mut points = Vec::new();
    let mut position = 0;
    for said in &call.said {
        let line = format!("{}: {}\n", call.voice(said).label, said.text);
        points.push(SyncPoint {
            position,
            ms: said.start_ms,
        });
        position += line.chars().count();
        text.push_str(&line);
    }
    points.push(SyncPoint {
        position,
        ms: call.duration_ms(),
    });
    (text, points)
}

fn project(call: &Call, points: &[SyncPoint]) -> String {
    let mut xml = Xml::new();
    let (user, made) = (guid(call, "user"), whole_seconds(&call.manifest.started_at));
    xml.open(
        "Project",
        &[
            ("xmlns", "urn:QDA-XML:project:1.0"),
            ("name", &call.title()),
            ("origin", "verbatim"),
            ("creatingUserGUID", &user),
            ("creationDateTime", &made),
            ("basePath", ".."),
        ],
    );
    xml.open("Users", &[])
        .empty("User", &[("guid", &user), ("name", "verbatim")])
        .close();
    let codes: BTreeSet<String> = call.markers.iter().flat_map(codes).collect();
    if !codes.is_empty() {
        xml.open("CodeBook", &[]).open("Codes", &[]);
        for code in &codes {
            let guid = code_guid(call, code);
            xml.empty(
                "Code",
                &[("guid", &guid), ("name", code), ("isCodable", "true")],
            );
        }
        xml.close().close();
    }
    sources(call, points, &mut xml);
    xml.finish()
}

fn sources(call: &Call, points: &[SyncPoint], xml: &mut Xml) {
    let main = call.main_track();
    let mut tracks = vec![main];
    tracks.extend(call.manifest.tracks.iter().map(|t| t.track));
    tracks.dedup();
    let others = tracks[1..].iter().filter(|track| **track != main);
    xml.open("Sources", &[]);
    for track in std::iter::once(&main).chain(others) {
        let id = guid(call, &format!("source {track}"));
        let path = format!("relative:///{}", call.audio_file(*track));
        let name = format!("{} ({track})", call.title());
        xml.open(
            "AudioSource",
            &[("guid", &id), ("name", &name), ("path", &path)],
        );
        if *track == main {
            transcript(call, points, xml);
            for marker in &call.markers {
                if quote(call, marker).is_none() {
                    selection(call, marker, None, xml);
                }
            }
        }
        xml.close();
    }
    xml.close();
}

fn transcript(call: &Call, points: &[SyncPoint], xml: &mut Xml) {
    let path = format!("internal://{}.txt", guid(call, "text"));
    xml.open(
        "Transcript",
        &[
            ("guid", &guid(call, "transcript")),
            ("name", &call.title()),
            ("plainTextPath", &path),
        ],
    );
    for (n, point) in points.iter().enumerate() {
        xml.empty(
            "SyncPoint",
            &[
                ("guid", &point_guid(call, n)),
                ("timeStamp", &point.ms.to_string()),
                ("position", &point.position.to_string()),
            ],
        );
    }
    for marker in &call.markers {
        if let Some(quote) = quote(call, marker) {
            selection(call, marker, Some(&quote), xml);
        }
    }
    xml.close();
}

/// A marker's codes on the lines of its quote, or on its stretch of the sound.
fn selection(call: &Call, marker: &Marker, quote: Option<&Quote>, xml: &mut Xml) {
    let id = guid(call, &format!("selection {}", marker.id));
    let name = clean(&format!("{} {}", marker.id, marker.kind));
    match quote.map(|quote| lines(call, quote)) {
        Some((first, last)) => xml.open(
            "TranscriptSelection",
            &[
                ("guid", &id),
                ("name", &name),
                ("fromSyncPoint", &point_guid(call, first)),
                ("toSyncPoint", &point_guid(call, last + 1)),
            ],
        ),
        None => xml.open(
            "AudioSelection",
            &[
                ("guid", &id),
                ("name", &name),
                ("begin", &marker.start_ms.to_string()),
                ("end", &marker.end_ms.to_string()),
            ],
        ),
    };
    if let Some(note) = clean_some(marker.note.as_deref()) {
        xml.leaf("Description", &[], &note);
    }
    for (code, number) in codes(marker).into_iter().zip(1..) {
        let coding = guid(call, &format!("coding {} {number}", marker.id));
        let target = code_guid(call, &code);
        xml.open("Coding", &[("guid", &coding)])
            .empty("CodeRef", &[("targetGUID", &target)])
            .close();
    }
    xml.close();
}

/// The first and the last line that a quote's words stand in.
fn lines(call: &Call, quote: &Quote) -> (usize, usize) {
    let holds = |n: &usize| {
        let said = &call.said[*n];
        let words = &said.words;
        said.voice == quote.voice
            && words
                .iter()
                .any(|w| w.start_ms >= quote.start_ms && w.end_ms <= quote.end_ms)
    };
    let mut held = (0..call.said.len()).filter(holds);
    let first = held.next().unwrap_or(0);
    (first, held.next_back().unwrap_or(first))
}

/// The codes of a marker: its kind and its tags.
fn codes(marker: &Marker) -> Vec<String> {
    let all = std::iter::once(&marker.kind).chain(&marker.tags);
    let mut codes: Vec<String> = Vec::new();
    for code in all.filter_map(|code| clean_some(Some(code))) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn code_guid(call: &Call, code: &str) -> String {
    guid(call, &format!("code {code}"))
}

fn point_guid(call: &Call, number: usize) -> String {
    guid(call, &format!("sync point {number}"))
}

/// A GUID for a part of the session, the same at every export: FNV-1a of the session's id and the
/// part's name, marked as a UUID of version 8, which leaves the making to the maker.
fn guid(call: &Call, part: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = call.manifest.id.bytes().chain([0]).chain(part.bytes());
    let hash = bytes.fold(BASIS, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    let marked = hash & !(0xf << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let hex = format!("{marked:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &hex[range]);
    parts.join("-")
}

//! REFI-QDA project (.qdpx), for programs of qualitative analysis.
//!
//! Every part bears its maker and its time, and names can be names of files: readers depend on both
//! although the standard does not demand it. The folder is called `sources`, as NVivo calls it.
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
    let source = format!("sources/{}.txt", guid(call, "text"));
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
    let (user, made) = maker(call, None);
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
        .empty("User", &[("guid", &user), ("name", "verbatim")]);
    let authors = call.markers.iter().filter_map(author);
    for author in authors.collect::<BTreeSet<String>>() {
        let (user, _) = maker(call, Some(&author));
        xml.empty("User", &[("guid", &user), ("name", &author)]);
    }
    xml.close();
    let codes: BTreeSet<String> = call.markers.iter().flat_map(codes).collect();
    if !codes.is_empty() {
        xml.open("CodeBook", &[]).open("Codes", &[]);
        for code in &codes {
            let guid = code_guid(code);
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
    let (user, made) = maker(call, None);
    let mut tracks = vec![main];
    tracks.extend(call.manifest.tracks.iter().map(|t| t.track));
    tracks.dedup();
    let others = tracks[1..].iter().filter(|track| **track != main);
    xml.open("Sources", &[]);
    for track in std::iter::once(&main).chain(others) {
        let id = guid(call, &format!("source {track}"));
        let path = format!("relative:///{}", call.audio_file(*track));
        let name = file_name(&format!("{} ({track}).wav", call.title()));
        xml.open(
            "AudioSource",
            &[
                ("guid", &id),
                ("name", &name),
                ("path", &path),
                ("creatingUser", &user),
                ("creationDateTime", &made),
            ],
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
    let (user, made) = maker(call, None);
    xml.open(
        "Transcript",
        &[
            ("guid", &guid(call, "transcript")),
            ("name", &file_name(&format!("{}.txt", call.title()))),
            ("plainTextPath", &path),
            ("creatingUser", &user),
            ("creationDateTime", &made),
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
    let (user, made) = maker(call, author(marker).as_deref());
    let (element, (from, to), (begins, ends)) = match quote.map(|quote| lines(call, quote)) {
        Some((first, last)) => (
            "TranscriptSelection",
            ("fromSyncPoint", "toSyncPoint"),
            (point_guid(call, first), point_guid(call, last + 1)),
        ),
        None => (
            "AudioSelection",
            ("begin", "end"),
            (marker.start_ms.to_string(), marker.end_ms.to_string()),
        ),
    };
    xml.open(
        element,
        &[
            ("guid", &id),
            ("name", &name),
            (from, &begins),
            (to, &ends),
            ("creatingUser", &user),
            ("creationDateTime", &made),
        ],
    );
    if let Some(note) = clean_some(marker.note.as_deref()) {
        xml.leaf("Description", &[], &note);
    }
    for (code, number) in codes(marker).into_iter().zip(1..) {
        let coding = guid(call, &format!("coding {} {number}", marker.id));
        let target = code_guid(&code);
        let attributes = [
            ("guid", coding.as_str()),
            ("creatingUser", &user),
            ("creationDateTime", &made),
        ];
        xml.open("Coding", &attributes)
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

fn author(marker: &Marker) -> Option<String> {
    clean_some(marker.author.as_deref())
}

/// GUID of whoever made a part, and when: the call's beginning, for markers do not tell when they
/// were written down.
fn maker(call: &Call, author: Option<&str>) -> (String, String) {
    let user = match author {
        Some(author) => shared_guid(&format!("user {author}")),
        None => shared_guid("user"),
    };
    (user, whole_seconds(&call.manifest.started_at))
}

/// A name that any system takes for a file's.
fn file_name(name: &str) -> String {
    name.replace(['/', '\\', ':', '*', '?', '"', '<', '>', '|'], "-")
}

fn code_guid(code: &str) -> String {
    shared_guid(&format!("code {code}"))
}

fn point_guid(call: &Call, number: usize) -> String {
    guid(call, &format!("sync point {number}"))
}

/// A GUID for a part of the session, the same at every export.
fn guid(call: &Call, part: &str) -> String {
    shared_guid(&format!("{}\0{part}", call.manifest.id))
}

/// A GUID for a name, the same in every session: codes and people stay one when projects are put
/// together. It is FNV-1a of the name, marked as a UUID of version 8, which leaves the making to the
/// maker.
fn shared_guid(name: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = name.bytes().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    let marked = hash & !(0xf << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let hex = format!("{marked:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &hex[range]);
    parts.join("-")
}

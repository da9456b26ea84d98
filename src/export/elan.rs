//! ELAN annotation format 3.0: for each voice a tier of segments and one of words, and a tier of
//! markers. A tier holds one annotation at a time, so what overlaps inside a tier is put one after
//! the other; tiers of different voices overlap as the voices do.

use super::call::Call;
use super::lane::{Slot, line_up};
use super::plain::whole_seconds;
use super::prose::moments;
use super::xml::Xml;
use crate::document::manifest::{Place, TrackManifest};

/// Linguistic type of every tier: aligned to time, without constraints.
const TYPE: &str = "aligned";

struct Tier {
    name: String,
    participant: String,
    annotations: Vec<Slot<String>>,
}

/// The call as an EAF document.
pub fn write(call: &Call) -> String {
    let tiers = tiers(call);
    let count: usize = tiers.iter().map(|tier| tier.annotations.len()).sum();
    let mut xml = Xml::new();
    xml.open(
        "ANNOTATION_DOCUMENT",
        &[
            ("AUTHOR", "verbatim"),
            ("DATE", &whole_seconds(&call.manifest.started_at)),
            ("FORMAT", "3.0"),
            ("VERSION", "3.0"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            (
                "xsi:noNamespaceSchemaLocation",
                "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
            ),
        ],
    );
    header(call, count, &mut xml);
    let slots = times(&tiers, &mut xml);
    let mut annotation = 0;
    for tier in &tiers {
        xml.open(
            "TIER",
            &[
                ("LINGUISTIC_TYPE_REF", TYPE),
                ("PARTICIPANT", &tier.participant),
                ("TIER_ID", &tier.name),
            ],
        );
        for slot in &tier.annotations {
            let (from, to) = slots[annotation];
            annotation += 1;
            xml.open("ANNOTATION", &[]).open(
                "ALIGNABLE_ANNOTATION",
                &[
                    ("ANNOTATION_ID", &format!("a{annotation}")),
                    ("TIME_SLOT_REF1", &format!("ts{from}")),
                    ("TIME_SLOT_REF2", &format!("ts{to}")),
                ],
            );
            xml.leaf("ANNOTATION_VALUE", &[], &slot.what);
            xml.close().close();
        }
        xml.close();
    }
    xml.empty(
        "LINGUISTIC_TYPE",
        &[
            ("GRAPHIC_REFERENCES", "false"),
            ("LINGUISTIC_TYPE_ID", TYPE),
            ("TIME_ALIGNABLE", "true"),
        ],
    );
    xml.finish()
}

fn tiers(call: &Call) -> Vec<Tier> {
    let slot = |start_ms: u64, end_ms: u64, text: &str| Slot {
        start_ms,
        end_ms,
        what: text.to_owned(),
    };
    let mut tiers = Vec::new();
    for (voice, label) in call.voices.iter().map(|v| v.label.clone()).enumerate() {
        let own = || call.said.iter().filter(|said| said.voice == voice);
        let segments = own().map(|s| slot(s.start_ms, s.end_ms, &s.text)).collect();
        let words = own()
            .flat_map(|said| &said.words)
            .map(|w| slot(w.start_ms, w.end_ms, &w.text))
            .collect();
        for (name, slots) in [(label.clone(), segments), (format!("{label} words"), words)] {
            tiers.push(Tier {
                name,
                participant: label.clone(),
                annotations: line_up(slots, 1),
            });
        }
    }
    if !call.markers.is_empty() {
        let slots = moments(call)
            .into_iter()
            .map(|m| slot(m.marker.start_ms, m.marker.end_ms, &m.says))
            .collect();
        tiers.push(Tier {
            name: "markers".into(),
            participant: String::new(),
            annotations: line_up(slots, 1),
        });
    }
    tiers
}

fn header(call: &Call, last: usize, xml: &mut Xml) {
    xml.open(
        "HEADER",
        &[("MEDIA_FILE", ""), ("TIME_UNITS", "milliseconds")],
    );
    let kept = |track: &&TrackManifest| !track.files.is_empty();
    for track in call.manifest.tracks.iter().filter(kept) {
        let places = track.places(0, u64::MAX);
        let mut begins_ms = 0;
        for place in &places {
            media(place, begins_ms, xml);
            begins_ms += place.end_ms;
        }
    }
    let last = last.to_string();
    xml.leaf("PROPERTY", &[("NAME", "lastUsedAnnotationId")], &last);
    xml.close();
}

/// Names an archive file. ELAN looks for it beside the document, which lies in the folder of exports.
/// `TIME_ORIGIN` is the moment in the file at which the timeline begins: for a file that goes on where
/// another ends, so long before its own start.
fn media(place: &Place, begins_ms: u64, xml: &mut Xml) {
    let path = format!("../{}", place.file);
    let kind = match place.file.ends_with(".wav") {
        true => "audio/x-wav",
        false => "audio/*",
    };
    let origin = format!("-{begins_ms}");
    let mut attributes = vec![
        ("MEDIA_URL", path.as_str()),
        ("MIME_TYPE", kind),
        ("RELATIVE_MEDIA_URL", path.as_str()),
    ];
    if begins_ms > 0 {
        attributes.push(("TIME_ORIGIN", origin.as_str()));
    }
    xml.empty("MEDIA_DESCRIPTOR", &attributes);
}

/// Writes the time slots in order of time; returns the numbers of each annotation's two, in the order
/// of tiers and annotations.
fn times(tiers: &[Tier], xml: &mut Xml) -> Vec<(usize, usize)> {
    let all = tiers.iter().flat_map(|tier| &tier.annotations);
    let mut edges: Vec<(u64, usize)> = all
        .enumerate()
        .flat_map(|(n, slot)| [(slot.start_ms, n * 2), (slot.end_ms, n * 2 + 1)])
        .collect();
    edges.sort_unstable();
    let mut numbers = vec![0; edges.len()];
    xml.open("TIME_ORDER", &[]);
    for ((ms, edge), number) in edges.into_iter().zip(1..) {
        numbers[edge] = number;
        let (id, value) = (format!("ts{number}"), ms.to_string());
        xml.empty(
            "TIME_SLOT",
            &[("TIME_SLOT_ID", &id), ("TIME_VALUE", &value)],
        );
    }
    xml.close();
    numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect()
}

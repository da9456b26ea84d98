//! Word document: title, facts, markers with their quotes, and the text in paragraphs.

use super::call::Call;
use super::office::{CORE, OFFICE, content_types, core, relations, root};
use super::package::pack;
use super::plain::{clock, is_right_to_left};
use super::prose::{covered, facts, moments, paragraphs};
use super::xml::Xml;
use crate::error::Result;

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const WORD_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

const DOCUMENT: &str = "word/document.xml";
const STYLE_SHEET: &str = "word/styles.xml";

/// Styles of the document: id, name, size in half points, and what else sets it off.
const STYLES: [(&str, &str, &str, &[&str]); 4] = [
    ("Normal", "Normal", "22", &[]),
    ("Title", "Title", "36", &["w:b"]),
    ("Heading1", "heading 1", "28", &["w:b"]),
    ("Quote", "Quote", "22", &["w:i"]),
];

/// The call as a Word document.
///
/// # Errors
///
/// As [`pack`].
pub fn write(call: &Call) -> Result<Vec<u8>> {
    let types = [DOCUMENT, STYLE_SHEET].map(|part| (part, kind_of(part)));
    let types = types.each_ref().map(|(part, kind)| (*part, kind.as_str()));
    let parts = [
        ("[Content_Types].xml", content_types(&types)),
        ("_rels/.rels", root(DOCUMENT)),
        (CORE, core(call)),
        (DOCUMENT, document(call)),
        (
            "word/_rels/document.xml.rels",
            relations(&[(OFFICE, "styles", "styles.xml")]),
        ),
        (STYLE_SHEET, styles()),
    ];
    pack(&parts.map(|(name, text)| (name.to_owned(), text.into_bytes())))
}

/// The type of a part of ours.
fn kind_of(part: &str) -> String {
    let end = match part {
        DOCUMENT => "document.main",
        _ => "styles",
    };
    format!("{WORD_TYPE}.{end}+xml")
}

fn styles() -> String {
    let mut xml = Xml::new();
    xml.open("w:styles", &[("xmlns:w", WORD)]);
    for (id, name, size, marks) in STYLES {
        let mut attributes = vec![("w:type", "paragraph")];
        if id == "Normal" {
            attributes.push(("w:default", "1"));
        }
        attributes.push(("w:styleId", id));
        xml.open("w:style", &attributes);
        xml.empty("w:name", &[("w:val", name)]);
        if id != "Normal" {
            xml.empty("w:basedOn", &[("w:val", "Normal")]);
            xml.empty("w:next", &[("w:val", "Normal")]);
        }
        xml.open("w:pPr", &[])
            .empty("w:spacing", &[("w:after", "120")])
            .close();
        xml.open("w:rPr", &[]);
        for mark in marks {
            xml.empty(mark, &[]);
        }
        xml.empty("w:sz", &[("w:val", size)]).close();
        xml.close();
    }
    xml.finish()
}

fn document(call: &Call) -> String {
    let mut xml = Xml::new();
    xml.open("w:document", &[("xmlns:w", WORD)])
        .open("w:body", &[]);
    paragraph("Title", &[("", &call.title())], &mut xml);
    for (name, value) in facts(call) {
        paragraph(
            "Normal",
            &[("w:b", &format!("{name}: ")), ("", &value)],
            &mut xml,
        );
    }
    if !call.markers.is_empty() {
        paragraph("Heading1", &[("", "Markers")], &mut xml);
    }
    for moment in moments(call) {
        let time = format!("[{}] ", clock(moment.marker.t_ms));
        paragraph("Normal", &[("", &time), ("", &moment.says)], &mut xml);
        if let Some(quote) = moment.quote {
            let name = format!("{}: ", call.voices[quote.voice].label);
            let text = format!("“{}”", quote.text);
            paragraph("Quote", &[("w:b", &name), ("", &text)], &mut xml);
        }
    }
    guide(call, &mut xml);
    paragraph("Heading1", &[("", "Transcript")], &mut xml);
    for said in paragraphs(call) {
        let time = format!("[{}] ", clock(said.start_ms));
        let name = format!("{}: ", call.voices[said.voice].label);
        paragraph(
            "Normal",
            &[("", &time), ("w:b", &name), ("", &said.text)],
            &mut xml,
        );
    }
    xml.finish()
}

/// What was asked of the guide.
fn guide(call: &Call, xml: &mut Xml) {
    if call.guide.is_none() {
        return;
    }
    paragraph("Heading1", &[("", "Interview guide")], xml);
    paragraph("Normal", &[("", "✓ ticked, ~ sounds asked, · open")], xml);
    for (title, item) in covered(call) {
        if let Some(title) = title {
            paragraph("Normal", &[("w:b", &title)], xml);
        }
        let at = item.at_ms.map(|at| format!("[{}] ", clock(at)));
        let indent = if item.follows { "    " } else { "" };
        let head = format!("{indent}{} {}", item.state, at.unwrap_or_default());
        paragraph("Normal", &[("", &head), ("", &item.ask)], xml);
    }
}

/// A paragraph of runs, each with the mark that sets it off, or none. A last run from right to left
/// makes the paragraph one.
fn paragraph(style: &str, runs: &[(&'static str, &str)], xml: &mut Xml) {
    let leftward = runs.last().is_some_and(|(_, text)| is_right_to_left(text));
    xml.open("w:p", &[]).open("w:pPr", &[]);
    xml.empty("w:pStyle", &[("w:val", style)]);
    if leftward {
        xml.empty("w:bidi", &[]);
    }
    xml.close();
    for (mark, text) in runs {
        xml.open("w:r", &[]);
        if !mark.is_empty() || is_right_to_left(text) {
            xml.open("w:rPr", &[]);
            if !mark.is_empty() {
                xml.empty(mark, &[]);
            }
            if is_right_to_left(text) {
                xml.empty("w:rtl", &[]);
            }
            xml.close();
        }
        xml.leaf("w:t", &[("xml:space", "preserve")], text).close();
    }
    xml.close();
}

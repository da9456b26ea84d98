//! Tables with a header: comma, semicolon or tab between fields, quotes as in RFC 4180.

use super::timecode::FrameRate;
use super::{Imported, wrong};
use crate::error::Result;

/// Columns by the names that editors give them, in small letters; the first that is there counts.
const START: &[&str] = &[
    "in",
    "record in",
    "start",
    "start_ms",
    "timecode",
    "time",
    "position",
    "recording timestamp on file",
    "recording timestamp",
];
const END: &[&str] = &[
    "out",
    "record out",
    "end",
    "end_ms",
    "recording end mark timestamp on file",
];
const LABEL: &[&str] = &["marker name", "name", "kind", "label", "title"];
const NOTE: &[&str] = &["description", "notes", "note", "comments", "comment"];
const RECORDING: &[&str] = &["recording filename"];

/// What Local Stream Marker writes where there is no time, such as a mark of a stream that was not recorded.
const NO_TIME: &str = "n/a";

/// Whether a line names a column of times, and one of texts or of recordings.
pub(super) fn is_header(line: &str) -> bool {
    let names = names(&fields(line, separator(line)).0);
    let about = [LABEL, NOTE, RECORDING];
    column(&names, START).is_some() && about.iter().any(|about| column(&names, about).is_some())
}

pub(super) fn read(text: &str, rate: FrameRate) -> Result<Vec<Imported>> {
    let first = text.lines().next().unwrap_or_default();
    if !is_header(first) {
        return Err(wrong("names no column of times and one of texts", 1));
    }
    let separator = separator(first);
    let mut rest = text;
    let mut line = 1;
    let mut columns = None;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (row, read) = fields(rest, separator);
        let begins = line;
        line += rest[..read].matches('\n').count();
        rest = &rest[read..];
        let Some(columns) = &columns else {
            columns = Some(names(&row));
            continue;
        };
        if row.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let field = |wanted: &[&str]| {
            column(columns, wanted)
                .and_then(|n| row.get(n))
                .map(|f| f.trim())
        };
        let time = |wanted: &[&str]| {
            let name = column(columns, wanted).map(|n| columns[n].as_str());
            let field = field(wanted).filter(|field| !field.is_empty() && *field != NO_TIME)?;
            match name.is_some_and(|name| name.ends_with("_ms")) {
                true => field.parse().ok(),
                false => rate.parse(field),
            }
        };
        if field(START) == Some(NO_TIME) {
            continue;
        }
        let start_ms = time(START).ok_or_else(|| wrong("has no time that can be read", begins))?;
        // Where nothing else is told of a marker, its comment is its label, and may name a kind.
        let (label, note) = match field(LABEL) {
            Some(label) => (label.to_owned(), note(columns, &row)),
            None => (note(columns, &row), String::new()),
        };
        found.push(Imported {
            start_ms,
            end_ms: time(END).unwrap_or(start_ms).max(start_ms),
            label,
            note,
            recording: field(RECORDING).unwrap_or_default().to_owned(),
        });
    }
    Ok(found)
}

/// The text of a row beside its label. Where it is the last column, a program that writes no quotes may
/// have put separators into it.
fn note(columns: &[String], row: &[String]) -> String {
    let Some(n) = column(columns, NOTE) else {
        return String::new();
    };
    let end = match n + 1 == columns.len() {
        true => row.len(),
        false => n + 1,
    };
    let texts = row.get(n..end).unwrap_or_default();
    texts.join(",").trim().to_owned()
}

/// The rows of a table, the header first. The separator is the header's.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let separator = separator(text.lines().next().unwrap_or_default());
    let mut rest = text.trim_start_matches('\u{FEFF}');
    let mut rows = Vec::new();
    while !rest.is_empty() {
        let (row, read) = fields(rest, separator);
        rest = &rest[read..];
        rows.push(row);
    }
    rows
}

fn names(header: &[String]) -> Vec<String> {
    header
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect()
}

fn column(names: &[String], wanted: &[&str]) -> Option<usize> {
    wanted
        .iter()
        .find_map(|wanted| names.iter().position(|name| name == wanted))
}

fn separator(header: &str) -> char {
    ['\t', ';', ',']
        .into_iter()
        .max_by_key(|&c| header.matches(c).count())
        .unwrap_or(',')
}

/// The fields of the first row, and how many bytes it takes with its end.
fn fields(text: &str, separator: char) -> (Vec<String>, usize) {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let empty = fields.last().is_some_and(String::is_empty);
        match c {
            '"' if quoted && chars.next_if(|(_, next)| *next == '"').is_some() => {
                push(&mut fields, c)
            }
            '"' if quoted => quoted = false,
            '"' if empty => quoted = true,
            '\n' if !quoted => return (fields, at + 1),
            '\r' if !quoted => {}
            c if c == separator && !quoted => fields.push(String::new()),
            c => push(&mut fields, c),
        }
    }
    (fields, text.len())
}

fn push(fields: &mut [String], c: char) {
    if let Some(field) = fields.last_mut() {
        field.push(c);
    }
}

//! Excel workbook: the quote sheet, and the tables of sticky notes, markers, turns and segments.
//!
//! Where the comma is the decimal sign, a spreadsheet shows a CSV file that it opens in one column; a
//! workbook it opens right anywhere. Text is stored as text here, so nothing in it is a formula and
//! nothing needs an apostrophe.

use super::call::Call;
use super::csv::{Cell, Table};
use super::office::{CORE, OFFICE, content_types, core, relations, root};
use super::package::pack;
use super::sheets;
use super::xml::Xml;
use crate::error::Result;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const SHEET_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const WORKBOOK: &str = "xl/workbook.xml";
const STYLE_SHEET: &str = "xl/styles.xml";

/// Longest text of a cell that Excel takes, in UTF-16 units.
const LONGEST: usize = 32_767;

/// Narrowest and widest column, in characters; a longer text is wrapped.
const WIDTHS: (usize, usize) = (8, 60);

/// Style of a cell in the head, and below it: their places in the list of formats.
const HEAD: &str = "1";
const BODY: &str = "2";

/// The call as a workbook.
///
/// # Errors
///
/// As [`pack`].
pub fn write(call: &Call) -> Result<Vec<u8>> {
    let tables = [
        ("Quotes", sheets::quotes(call)),
        ("Sticky notes", sheets::stickies(call)),
        ("Markers", sheets::markers(call)),
        ("Turns", sheets::turns(call)),
        ("Segments", sheets::segments(call)),
    ];
    let names = tables.each_ref().map(|(name, _)| *name);
    let paths: Vec<String> = (1..=tables.len())
        .map(|n| format!("worksheets/sheet{n}.xml"))
        .collect();
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), types(&paths)),
        ("_rels/.rels".to_owned(), root(WORKBOOK)),
        (CORE.to_owned(), core(call)),
        (WORKBOOK.to_owned(), workbook(&names)),
        ("xl/_rels/workbook.xml.rels".to_owned(), leads(&paths)),
        (STYLE_SHEET.to_owned(), styles()),
    ];
    for ((_, table), path) in tables.iter().zip(&paths) {
        parts.push((format!("xl/{path}"), sheet(table)));
    }
    let parts: Vec<(String, Vec<u8>)> = parts
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    pack(&parts)
}

fn types(paths: &[String]) -> String {
    let kind = |end: &str| format!("{SHEET_TYPE}.{end}+xml");
    let mut all = vec![
        (WORKBOOK.to_owned(), kind("sheet.main")),
        (STYLE_SHEET.to_owned(), kind("styles")),
    ];
    all.extend(
        paths
            .iter()
            .map(|path| (format!("xl/{path}"), kind("worksheet"))),
    );
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(part, kind)| (part.as_str(), kind.as_str()))
        .collect();
    content_types(&all)
}

/// What the workbook leads to: its sheets in order, then the styles.
fn leads(paths: &[String]) -> String {
    let sheets = paths
        .iter()
        .map(|path| (OFFICE, "worksheet", path.as_str()));
    let all: Vec<_> = sheets.chain([(OFFICE, "styles", "styles.xml")]).collect();
    relations(&all)
}

fn workbook(names: &[&str]) -> String {
    let mut xml = Xml::new();
    let relations = format!("{OFFICE}/relationships");
    xml.open("workbook", &[("xmlns", MAIN), ("xmlns:r", &relations)]);
    xml.open("sheets", &[]);
    for (name, number) in names.iter().zip(1..) {
        let (id, relation) = (format!("{number}"), format!("rId{number}"));
        xml.empty(
            "sheet",
            &[("name", name), ("sheetId", &id), ("r:id", &relation)],
        );
    }
    xml.finish()
}

/// Three formats: the one that every workbook must have, the head's in bold, and text that wraps.
fn styles() -> String {
    let mut xml = Xml::new();
    xml.open("styleSheet", &[("xmlns", MAIN)]);
    xml.open("fonts", &[("count", "2")]);
    for bold in [None, Some("b")] {
        xml.open("font", &[]);
        if let Some(bold) = bold {
            xml.empty(bold, &[]);
        }
        xml.empty("sz", &[("val", "11")]);
        xml.empty("name", &[("val", "Calibri")]).close();
    }
    xml.close();
    xml.open("fills", &[("count", "2")]);
    for pattern in ["none", "gray125"] {
        xml.open("fill", &[]);
        xml.empty("patternFill", &[("patternType", pattern)])
            .close();
    }
    xml.close();
    xml.open("borders", &[("count", "1")]);
    xml.empty("border", &[]).close();
    let plain = [("numFmtId", "0"), ("fillId", "0"), ("borderId", "0")];
    let font = |id| [&plain[..], &[("fontId", id)]].concat();
    xml.open("cellStyleXfs", &[("count", "1")]);
    xml.empty("xf", &font("0")).close();
    xml.open("cellXfs", &[("count", "3")]);
    let of = |id| [&font(id)[..], &[("xfId", "0")]].concat();
    xml.empty("xf", &of("0"));
    xml.empty("xf", &[&of("1")[..], &[("applyFont", "1")]].concat());
    xml.open("xf", &[&of("0")[..], &[("applyAlignment", "1")]].concat());
    xml.empty("alignment", &[("vertical", "top"), ("wrapText", "1")]);
    xml.finish()
}

fn sheet(table: &Table) -> String {
    let mut xml = Xml::new();
    xml.open("worksheet", &[("xmlns", MAIN)]);
    xml.open("sheetViews", &[]);
    xml.open("sheetView", &[("workbookViewId", "0")]);
    xml.empty(
        "pane",
        &[
            ("ySplit", "1"),
            ("topLeftCell", "A2"),
            ("activePane", "bottomLeft"),
            ("state", "frozen"),
        ],
    );
    xml.close().close();
    xml.open("cols", &[]);
    for (column, name) in table.head().iter().enumerate() {
        let (number, width) = (format!("{}", column + 1), width(table, column, name));
        xml.empty(
            "col",
            &[
                ("min", &number),
                ("max", &number),
                ("width", &width.to_string()),
                ("customWidth", "1"),
            ],
        );
    }
    xml.close();
    xml.open("sheetData", &[]);
    let head: Vec<Cell> = table
        .head()
        .iter()
        .map(|name| name.as_str().into())
        .collect();
    row(&mut xml, 1, &head, HEAD);
    for (cells, number) in table.rows().iter().zip(2..) {
        row(&mut xml, number, cells, BODY);
    }
    xml.finish()
}

fn row(xml: &mut Xml, number: usize, cells: &[Cell], style: &str) {
    xml.open("row", &[("r", &number.to_string())]);
    for (column, cell) in cells.iter().enumerate() {
        let place = format!("{}{number}", letters(column));
        let place = [("r", place.as_str()), ("s", style)];
        match cell {
            Cell::Empty => {}
            Cell::Number(value) => {
                xml.open("c", &place);
                xml.leaf("v", &[], &value.to_string()).close();
            }
            Cell::Text(text) => {
                xml.open("c", &[&place[..], &[("t", "inlineStr")]].concat());
                xml.open("is", &[]);
                xml.leaf("t", &[("xml:space", "preserve")], &fit(text));
                xml.close().close();
            }
        }
    }
    xml.close();
}

/// The letters of a column: A, B, ..., Z, AA, ...
fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (column % 26) as u8));
        column /= 26;
        if column == 0 {
            return letters.iter().rev().collect();
        }
        column -= 1;
    }
}

fn width(table: &Table, column: usize, name: &str) -> usize {
    let lengths = table.rows().iter().map(|cells| match &cells[column] {
        Cell::Text(text) => text.chars().count(),
        Cell::Number(number) => number.to_string().len(),
        Cell::Empty => 0,
    });
    let longest = lengths.max().unwrap_or(0).max(name.chars().count());
    longest.clamp(WIDTHS.0, WIDTHS.1) + 2
}

/// Text as it may stand in a cell: at most as long as Excel takes, and with the underscore of `_x0041_`
/// spelt out, which Excel would read as a letter.
fn fit(text: &str) -> String {
    let (mut fits, mut units) = (String::new(), 0);
    for (at, c) in text.char_indices() {
        let rest = &text.as_bytes()[at..];
        let code = rest.len() >= 7
            && rest[..2] == *b"_x"
            && rest[2..6].iter().all(u8::is_ascii_hexdigit)
            && rest[6] == b'_';
        units += c.len_utf16();
        if units >= LONGEST {
            fits.push('…');
            break;
        }
        match code {
            true => fits.push_str("_x005F_"),
            false => fits.push(c),
        }
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        for (column, wanted) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (702, "AAA")] {
            assert_eq!(letters(column), wanted);
        }
    }

    #[test]
    fn a_cell_holds_what_excel_takes_and_no_letter_by_its_code() {
        assert_eq!(fit("a_x0041_b _xy"), "a_x005F_x0041_b _xy");
        let long = fit(&"𝄞".repeat(40_000));
        assert_eq!(long.encode_utf16().count(), LONGEST);
        assert!(long.ends_with('…'));
    }
}

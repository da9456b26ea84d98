//! Tables as CSV (RFC 4180): comma, CRLF, quotes where they are needed.
//!
//! A cell that a spreadsheet would take for a formula is defused: text that begins with `=`, `+`,
//! `-` or `@` (or their full-width forms) gets an apostrophe before it, which spreadsheets show as
//! "this is text". Whoever reads the file by program takes one apostrophe away where such a text
//! follows it.

/// Whether a table begins with a byte order mark, by which spreadsheets know UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByteOrderMark {
    /// On sheets made for people, not on data for programs.
    #[default]
    Auto,
    /// On every table.
    Always,
    /// On none.
    Never,
}

/// A table: a head and rows of as many cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Text from anywhere.
    Text(String),
    /// A number.
    Number(u64),
    /// Nothing.
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Number(number)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Cell {
        cell.map_or(Cell::Empty, Into::into)
    }
}

impl Table {
    /// A table with nothing but its head.
    pub fn new(head: &[&str]) -> Table {
        Table {
            head: head.iter().map(|&name| name.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. It has as many cells as the head: what is missing is empty, what is too much is
    /// left out.
    pub fn row(&mut self, mut cells: Vec<Cell>) {
        cells.resize(self.head.len(), Cell::Empty);
        self.rows.push(cells);
    }

    /// Names of the columns.
    pub fn head(&self) -> &[String] {
        &self.head
    }

    /// The rows below the head, each with as many cells.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// The table as the text of a CSV file.
    pub fn into_text(self) -> String {
        let head = self.head.into_iter().map(Cell::Text).collect();
        let mut text = String::new();
        for row in std::iter::once(head).chain(self.rows) {
            write_row(&row, &mut text);
        }
        text
    }
}

fn write_row(cells: &[Cell], text: &mut String) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        match cell {
            Cell::Text(cell) => text.push_str(&field(&defuse(cell))),
            Cell::Number(number) => text.push_str(&number.to_string()),
            Cell::Empty => {}
        }
    }
    text.push_str("\r\n");
}

/// Text with an apostrophe before it where a spreadsheet would see a formula. Apostrophes of its own
/// do not hide one, so that ours can be told from them.
fn defuse(text: &str) -> String {
    match is_formula(text) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// A cell as it was before it was written: without the apostrophe that keeps spreadsheets from seeing a
/// formula.
pub fn restored(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

/// Whether what a spreadsheet looks at first is the beginning of a formula: it skips white space and
/// marks that nobody sees.
fn is_formula(text: &str) -> bool {
    let skipped = |c: char| {
        let unseen = matches!(c, '\'' | '\u{200B}'..='\u{200F}' | '\u{FEFF}');
        unseen || c.is_whitespace() || c.is_control()
    };
    text.trim_start_matches(skipped)
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn field(text: &str) -> String {
    let plain = !text.contains([',', '"', '\r', '\n', ';', '\t']) && text.trim() == text;
    match plain {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Rows of a CSV file, read by the letter of RFC 4180.
    fn read(text: &str) -> Vec<Vec<String>> {
        let mut rows = vec![vec![String::new()]];
        let mut chars = text.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            let row = rows.last_mut().unwrap();
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    row.last_mut().unwrap().push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => row.push(String::new()),
                '\r' if !quoted && chars.peek() == Some(&'\n') => {
                    chars.next();
                    rows.push(vec![String::new()]);
                }
                c => row.last_mut().unwrap().push(c),
            }
        }
        assert_eq!(rows.pop().unwrap(), [""], "the last line ends");
        rows
    }

    proptest! {
        #[test]
        fn cells_come_back_and_none_is_a_formula(
            cells in proptest::collection::vec(proptest::collection::vec(any::<String>(), 3), 0..5),
        ) {
            let mut table = Table::new(&["a", "b", "c"]);
            for row in &cells {
                table.row(row.iter().map(|text| text.as_str().into()).collect());
            }
            let rows = read(&table.into_text());
            prop_assert_eq!(rows.len(), cells.len() + 1);
            for (row, wanted) in rows[1..].iter().zip(&cells) {
                for (cell, wanted) in row.iter().zip(wanted) {
                    prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']));
                    let ours = cell.strip_prefix('\'').filter(|rest| is_formula(rest));
                    prop_assert_eq!(ours.unwrap_or(cell), wanted);
                }
            }
        }
    }

    #[test]
    fn formulas_are_text() {
        for wrong in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            " \t=1",
            "\u{200f}=1",
            "＝1",
        ] {
            assert!(defuse(wrong).starts_with('\''), "{wrong}");
        }
        assert_eq!(defuse("'=1"), "''=1");
        for harmless in ["5 = five", "'Cause I said so", ""] {
            assert_eq!(defuse(harmless), harmless);
        }
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_head() {
        let mut table = Table::new(&["a", "b"]);
        table.row(vec!["1;2".into()]);
        table.row(vec![7.into(), Cell::Empty, "x".into()]);
        assert_eq!(table.into_text(), "a,b\r\n\"1;2\",\r\n7,\r\n");
    }
}

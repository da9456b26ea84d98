//! A session as the index keeps it: what can be found in it, folded and in one piece.
//!
//! The folded passages lie one behind the other, so that a search reads one run of bytes, and only
//! what it finds is taken apart. Numbers are little-endian; texts have their length before them.

use super::fold::fold;
use super::passage::{Passage, PassageKind};
use crate::audio::Track;
use crate::document::marker::Marker;
use crate::document::transcript::Role;

/// Which session a section is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the session's folder.
    pub folder: String,
    /// What its documents looked like from outside when they were read.
    pub stamp: Vec<u8>,
    /// Session id.
    pub id: String,
    /// Title, or nothing.
    pub title: String,
    /// When it began, RFC 3339 with offset.
    pub started_at: String,
}

/// The stretch of a marker, and what it says about what is said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Kind of the marker.
    pub kind: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// First millisecond inside.
    pub start_ms: u64,
    /// First millisecond after.
    pub end_ms: u64,
}

impl From<&Marker> for Marked {
    fn from(marker: &Marker) -> Marked {
        Marked {
            kind: marker.kind.clone(),
            tags: marker.tags.clone(),
            start_ms: marker.start_ms,
            end_ms: marker.end_ms,
        }
    }
}

/// Puts a session together as a section.
pub fn write(head: &Head, marked: &[Marked], passages: &[Passage]) -> Vec<u8> {
    let mut pen = Pen(Vec::new());
    for text in [&head.folder, &head.id, &head.title, &head.started_at] {
        pen.bytes(text.as_bytes());
    }
    pen.bytes(&head.stamp);
    let (mut folded, mut rows) = (String::new(), Pen(Vec::new()));
    let mut table = Pen(Vec::new());
    for passage in passages {
        table.number(folded.len() as u64);
        table.number(rows.0.len() as u64);
        folded.push_str(&fold(&passage.text));
        folded.push('\n');
        rows.passage(passage);
    }
    pen.bytes(folded.as_bytes());
    pen.bytes(&table.0);
    pen.bytes(&rows.0);
    pen.number(marked.len() as u64);
    for marked in marked {
        pen.bytes(marked.kind.as_bytes());
        pen.number(marked.start_ms);
        pen.number(marked.end_ms);
        pen.number(marked.tags.len() as u64);
        for tag in &marked.tags {
            pen.bytes(tag.as_bytes());
        }
    }
    pen.0
}

/// A section, read without taking it apart.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// Name of the session's folder.
    pub folder: &'a str,
    /// Session id.
    pub id: &'a str,
    /// Title, or nothing.
    pub title: &'a str,
    /// When it began.
    pub started_at: &'a str,
    /// What its documents looked like from outside when they were read.
    pub stamp: &'a [u8],
    /// Every passage folded, each with a line's end behind it.
    folded: &'a str,
    table: &'a [u8],
    rows: &'a [u8],
    marked: &'a [u8],
}

impl<'a> Section<'a> {
    /// Reads a section; `None` when it is damaged.
    pub fn read(bytes: &'a [u8]) -> Option<Section<'a>> {
        let mut eye = Eye(bytes);
        Some(Section {
            folder: eye.text()?,
            id: eye.text()?,
            title: eye.text()?,
            started_at: eye.text()?,
            stamp: eye.bytes()?,
            folded: eye.text()?,
            table: eye.bytes()?,
            rows: eye.bytes()?,
            marked: eye.0,
        })
    }

    /// Numbers of the passages in which `wanted` holds, of those that have `needle`.
    pub fn find(&self, needle: &str, wanted: impl Fn(&str) -> bool) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = self.folded[from..].find(needle) {
            let row = self.row_at(from + at)?;
            let (start, end) = self.line(row)?;
            if wanted(self.folded.get(start..end)?) {
                found.push(row);
            }
            from = end + 1;
        }
        Some(found)
    }

    /// A passage by its number.
    pub fn passage(&self, row: usize) -> Option<Passage> {
        let at = self.entry(row)?.1;
        Eye(self.rows.get(at..)?).passage()
    }

    /// Who says a passage, by its number, and what the speaker does in the call.
    pub fn speaker(&self, row: usize) -> Option<(&'a str, Role)> {
        let at = self.entry(row)?.1;
        let mut eye = Eye(self.rows.get(at..)?);
        let (_, role) = (eye.take(1)?, eye.role()?);
        let (_, _) = (eye.bytes()?, eye.bytes()?);
        Some((eye.text()?, role))
    }

    /// The stretches of the session's markers.
    pub fn marked(&self) -> Option<Vec<Marked>> {
        let mut eye = Eye(self.marked);
        let count = eye.number()?;
        (0..count).map(|_| eye.marked()).collect()
    }

    /// Where a row's folded text and its data begin.
    fn entry(&self, row: usize) -> Option<(usize, usize)> {
        let mut eye = Eye(self.table.get(row * 16..)?);
        Some((eye.number()? as usize, eye.number()? as usize))
    }

    /// Where a row's folded text begins and ends.
    fn line(&self, row: usize) -> Option<(usize, usize)> {
        let start = self.entry(row)?.0;
        let length = self.folded.get(start..)?.find('\n')?;
        Some((start, start + length))
    }

    /// The row that holds a place of the folded text.
    fn row_at(&self, place: usize) -> Option<usize> {
        let (mut low, mut high) = (0, self.table.len() / 16);
        while low < high {
            let middle = (low + high) / 2;
            match self.entry(middle)?.0 <= place {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low.checked_sub(1)
    }
}

struct Pen(Vec<u8>);

impl Pen {
    fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn passage(&mut self, passage: &Passage) {
        self.0.push(match passage.kind {
            PassageKind::Said => 0,
            PassageKind::Note => 1,
            PassageKind::Clip => 2,
        });
        self.0.push(match passage.role {
            Role::Interviewer => 0,
            Role::Participant => 1,
            Role::Observer => 2,
            Role::Unknown => 3,
        });
        let track = passage.track.map(|track| track.to_string());
        self.bytes(track.unwrap_or_default().as_bytes());
        self.bytes(passage.id.as_bytes());
        self.bytes(passage.speaker.as_bytes());
        self.number(passage.start_ms);
        self.number(passage.end_ms);
        self.bytes(passage.text.as_bytes());
        self.number(passage.times.len() as u64);
        for (at, ms) in &passage.times {
            // Both fit: a passage is short, and a session no longer than 49 days.
            self.0.extend((*at as u32).to_le_bytes());
            self.0.extend((*ms as u32).to_le_bytes());
        }
    }
}

struct Eye<'a>(&'a [u8]);

impl<'a> Eye<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn short(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn passage(&mut self) -> Option<Passage> {
        let kind = match self.take(1)? {
            [0] => PassageKind::Said,
            [1] => PassageKind::Note,
            [2] => PassageKind::Clip,
            _ => return None,
        };
        let role = self.role()?;
        let track: Option<Track> = match self.text()? {
            "" => None,
            track => Some(track.parse().ok()?),
        };
        Some(Passage {
            kind,
            role,
            track,
            id: self.text()?.to_owned(),
            speaker: self.text()?.to_owned(),
            start_ms: self.number()?,
            end_ms: self.number()?,
            text: self.text()?.to_owned(),
            times: self.times()?,
        })
    }

    fn role(&mut self) -> Option<Role> {
        match self.take(1)? {
            [0] => Some(Role::Interviewer),
            [1] => Some(Role::Participant),
            [2] => Some(Role::Observer),
            [3] => Some(Role::Unknown),
            _ => None,
        }
    }

    fn times(&mut self) -> Option<Vec<(usize, u64)>> {
        let count = self.number()?;
        (0..count)
            .map(|_| Some((self.short()? as usize, u64::from(self.short()?))))
            .collect()
    }

    fn marked(&mut self) -> Option<Marked> {
        Some(Marked {
            kind: self.text()?.to_owned(),
            start_ms: self.number()?,
            end_ms: self.number()?,
            tags: {
                let count = self.number()?;
                let tags = (0..count).map(|_| self.text().map(str::to_owned));
                tags.collect::<Option<Vec<String>>>()?
            },
        })
    }
}

//! What MP4 and QuickTime files tell about time that the demuxer keeps to itself: when they were
//! made, and how much of each stream's beginning is the encoder's own.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Boxes that are walked through at one level; more than any program writes.
const MOST_BOXES: usize = 10_000;

/// Bytes of a box that are looked at.
const LONGEST: u64 = 4_096;

/// Seconds from 1904, where MP4 begins to count, to 1970.
const EPOCH: u64 = 2_082_844_800;

/// Times of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Times {
    /// When the file was made, RFC 3339 in UTC.
    pub(super) created: Option<String>,
    /// For each stream, in the file's order.
    pub(super) streams: Vec<StreamTimes>,
}

/// Times of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct StreamTimes {
    pub(super) id: u32,
    /// Units in a second of this stream.
    pub(super) timescale: u32,
    /// Media time, in units, at which what is to be heard begins.
    pub(super) media_start: u64,
    /// Length of what is to be heard, in seconds; 0 where it is not told.
    pub(super) heard_s: f64,
    /// How much later than the file this stream begins, in seconds.
    pub(super) late_s: f64,
}

/// Reads the times; a file that is none, or is damaged, tells nothing.
pub(super) fn times(file: &mut File) -> Times {
    let mut times = Times::default();
    let mut scale = 0;
    let end = file.metadata().map_or(0, |metadata| metadata.len());
    walk(file, 0, end, &mut |file, id, from, to| match &id {
        b"moov" => walk(file, from, to, &mut |file, id, from, to| match &id {
            b"mvhd" => {
                let body = body(file, from, to)?;
                (times.created, scale) = header(&body);
                Ok(())
            }
            b"trak" => {
                times.streams.push(stream(file, from, to, scale)?);
                Ok(())
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
    .unwrap_or_default();
    times
}

/// Creation time and units in a second of `mvhd`.
fn header(body: &[u8]) -> (Option<String>, u32) {
    let (made, scale) = match body.first() {
        Some(0) => (u32_at(body, 4).map(u64::from), u32_at(body, 12)),
        Some(1) => (u64_at(body, 4), u32_at(body, 20)),
        _ => (None, None),
    };
    // Programs without a clock write 0, and some count from 1970.
    let made = made
        .and_then(|made| made.checked_sub(EPOCH))
        .filter(|made| (1..1 << 33).contains(made));
    (made.map(rfc3339), scale.unwrap_or(0))
}

/// A time in seconds since 1970 as RFC 3339, by the proleptic Gregorian calendar.
fn rfc3339(seconds: u64) -> String {
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the leap day is the last of a year; 400 of them are an era.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..=9 => (era * 400 + year, month + 3),
        _ => (era * 400 + year + 1, month - 9),
    };
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn stream(file: &mut File, from: u64, to: u64, movie_scale: u32) -> io::Result<StreamTimes> {
    let mut times = StreamTimes::default();
    walk(file, from, to, &mut |file, id, from, to| {
        match &id {
            b"tkhd" => {
                let body = body(file, from, to)?;
                let at = if body.first() == Some(&1) { 20 } else { 12 };
                times.id = u32_at(&body, at).unwrap_or(0);
            }
            b"edts" => walk(file, from, to, &mut |file, id, from, to| {
                if id == *b"elst" {
                    let edit = edit(&body(file, from, to)?);
                    times.media_start = edit.start;
                    if movie_scale > 0 {
                        times.heard_s = edit.length as f64 / f64::from(movie_scale);
                        times.late_s = edit.empty as f64 / f64::from(movie_scale);
                    }
                }
                Ok(())
            })?,
            b"mdia" => walk(file, from, to, &mut |file, id, from, to| {
                if id == *b"mdhd" {
                    let body = body(file, from, to)?;
                    let at = if body.first() == Some(&1) { 20 } else { 12 };
                    times.timescale = u32_at(&body, at).unwrap_or(0);
                }
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(times)
}

/// What an edit list says; lengths in units of the file, the start in units of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Edit {
    /// Nothing to be heard at first.
    empty: u64,
    /// Media time at which the sound begins.
    start: u64,
    /// Length of the sound.
    length: u64,
}

/// The only edit that shows media, and the empty ones before it. A list of several is a cut that was
/// made without taking anything away; all of the media is read then.
fn edit(body: &[u8]) -> Edit {
    let long = body.first() == Some(&1);
    let size = if long { 20 } else { 12 };
    let mut found = Edit::default();
    for entry in body.get(8..).unwrap_or_default().chunks_exact(size) {
        let (length, start) = match long {
            true => (u64_at(entry, 0), u64_at(entry, 8)),
            false => (
                u32_at(entry, 0).map(u64::from),
                // Minus one, for an empty edit, stays minus one.
                u32_at(entry, 4).map(|start| i64::from(start as i32) as u64),
            ),
        };
        let (Some(length), Some(start)) = (length, start) else {
            break;
        };
        match (start > u64::MAX / 2, found.length > 0) {
            (true, false) => found.empty = found.empty.saturating_add(length),
            (true, true) => {}
            (false, false) => (found.start, found.length) = (start, length),
            (false, true) => return Edit::default(),
        }
    }
    found
}

/// What is done with each box: the file, its kind, and where its content begins and ends.
type EachBox<'a> = dyn FnMut(&mut File, [u8; 4], u64, u64) -> io::Result<()> + 'a;

/// Calls `each` with the name and the bounds of the body of every box from `from` to `to`.
fn walk(file: &mut File, from: u64, to: u64, each: &mut EachBox<'_>) -> io::Result<()> {
    let mut at = from;
    for _ in 0..MOST_BOXES {
        if at.saturating_add(8) > to {
            break;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        let held = (to - at).min(16) as usize;
        file.read_exact(&mut head[..held])?;
        let (size, skip) = match u32_at(&head, 0).unwrap_or(0) {
            0 => (to - at, 8),
            1 => (u64_at(&head, 8).unwrap_or(0), 16),
            size => (u64::from(size), 8),
        };
        let end = at.saturating_add(size).min(to);
        if size < skip || end < at + skip {
            break;
        }
        each(file, [head[4], head[5], head[6], head[7]], at + skip, end)?;
        at = end;
    }
    Ok(())
}

fn body(file: &mut File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut body = Vec::new();
    Read::take(file, (to - from).min(LONGEST)).read_to_end(&mut body)?;
    Ok(body)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_dates() {
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), date);
        }
    }

    #[test]
    fn an_edit_list_of_one_shows_where_the_sound_begins() {
        let mut list = vec![0, 0, 0, 0, 0, 0, 0, 2];
        // An empty edit of a second, then two seconds of media from unit 1,024.
        list.extend([0, 0, 3, 232, 0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0]);
        list.extend([0, 0, 7, 208, 0, 0, 4, 0, 0, 1, 0, 0]);
        let wanted = Edit {
            empty: 1_000,
            start: 1_024,
            length: 2_000,
        };
        assert_eq!(edit(&list), wanted);
        // A second stretch of media is a cut, which is left as it is.
        list.extend([0, 0, 7, 208, 0, 0, 40, 0, 0, 1, 0, 0]);
        assert_eq!(edit(&list), Edit::default());
        assert_eq!(edit(&[]), Edit::default());
    }
}

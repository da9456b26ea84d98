//! The markers of a session: what the log says they are, and which event a request makes.

use super::kinds::Kinds;
use super::request::{
    Change, Draft, Moment, NOTE_CHARS, Request, WORD_CHARS, Which, severity, tags, text,
};
use crate::document::marker::Marker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, MarkerAdded, MarkerChanged, MarkerRemoved};

/// The markers of a session as a fold over its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    /// In the order in which they were set.
    markers: Vec<Marker>,
    /// Highest number that an id ever had.
    last: u32,
    /// Whether any marker was ever set.
    used: bool,
}

/// What is known of time when a request is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// The session's time now, while it runs.
    pub now_ms: Option<u64>,
    /// The session's length, when it is over.
    pub end_ms: Option<u64>,
}

impl Board {
    /// Takes an event in; events that are not about markers change nothing.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::MarkerAdded(MarkerAdded(marker)) => {
                self.used = true;
                self.last = self.last.max(number(&marker.id).unwrap_or(0));
                // A marker that is told twice is one marker.
                self.markers.retain(|known| known.id != marker.id);
                self.markers.push(marker.clone());
            }
            Event::MarkerChanged(MarkerChanged(marker)) => {
                if let Some(known) = self.markers.iter_mut().find(|m| m.id == marker.id) {
                    known.clone_from(marker);
                }
            }
            Event::MarkerRemoved(MarkerRemoved { id }) => self.markers.retain(|m| m.id != *id),
            _ => {}
        }
    }

    /// Whether any marker was ever set, also one that was taken back.
    pub fn is_used(&self) -> bool {
        self.used
    }

    /// The markers, sorted by time and id.
    pub fn sorted(&self) -> Vec<Marker> {
        let mut markers = self.markers.clone();
        markers.sort_by(|a, b| (a.t_ms, number(&a.id), &a.id).cmp(&(b.t_ms, number(&b.id), &b.id)));
        markers
    }

    /// The marker that is meant.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when there is none.
    pub fn find(&self, which: &Which) -> Result<&Marker> {
        match which {
            Which::Id(id) => self.markers.iter().find(|m| m.id == *id).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("there is no marker {id}"))
                    .hint("verbatim markers SESSION lists them")
            }),
            Which::LastOf(author) => {
                let own = |m: &&Marker| m.author == *author;
                self.markers.iter().rev().find(own).ok_or_else(|| {
                    let whose = author
                        .as_deref()
                        .map_or(String::new(), |a| format!(" by {a}"));
                    Error::new(ErrorKind::Usage, format!("there is no marker{whose} yet"))
                        .hint("set one with verbatim mark; --author names whose is meant")
                })
            }
        }
    }

    /// The event that a request makes, and the marker that it is about. Nothing changes before the
    /// event is taken in.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the request cannot be met: no such kind, marker or time.
    pub fn plan(&self, request: &Request, kinds: &Kinds, clock: Clock) -> Result<(Event, Marker)> {
        match request {
            Request::Mark(draft) => {
                let marker = self.drawn(draft, kinds, clock)?;
                Ok((Event::MarkerAdded(MarkerAdded(marker.clone())), marker))
            }
            Request::Change { marker, change } => {
                let marker = changed(self.find(marker)?, change, kinds, clock)?;
                Ok((Event::MarkerChanged(MarkerChanged(marker.clone())), marker))
            }
            Request::Remove { marker } => {
                let marker = self.find(marker)?.clone();
                let id = marker.id.clone();
                Ok((Event::MarkerRemoved(MarkerRemoved { id }), marker))
            }
        }
    }

    fn drawn(&self, draft: &Draft, kinds: &Kinds, clock: Clock) -> Result<Marker> {
        let kind = kinds.expect(&draft.kind)?;
        let t_ms = within(moment(draft.at, clock)?, clock)?;
        let (start_ms, end_ms) = draft.stretch.unwrap_or((
            t_ms.saturating_sub(kind.before_ms),
            t_ms.saturating_add(kind.after_ms),
        ));
        let (start_ms, end_ms) = stretch(start_ms, end_ms, clock)?;
        let some = |what, given: &Option<String>, longest| match given {
            Some(given) => text(what, given, longest),
            None => Ok(None),
        };
        Ok(Marker {
            id: format!("m{:04}", self.last.saturating_add(1)),
            kind: kind.name.clone(),
            t_ms,
            start_ms,
            end_ms,
            note: some("note", &draft.note, NOTE_CHARS)?,
            severity: draft.severity.map_or(Ok(None), severity)?,
            tags: tags(&draft.tags)?,
            emotion: some("emotion", &draft.emotion, WORD_CHARS)?,
            author: some("author", &draft.author, WORD_CHARS)?,
        })
    }
}

fn changed(marker: &Marker, change: &Change, kinds: &Kinds, clock: Clock) -> Result<Marker> {
    let mut marker = marker.clone();
    if let Some(kind) = &change.kind {
        marker.kind.clone_from(&kinds.expect(kind)?.name);
    }
    if let Some(t_ms) = change.t_ms {
        let t_ms = within(t_ms, clock)?;
        let moved = |edge: u64| (edge + t_ms).saturating_sub(marker.t_ms);
        (marker.start_ms, marker.end_ms) = (moved(marker.start_ms), moved(marker.end_ms));
        marker.t_ms = t_ms;
    }
    marker.start_ms = change.start_ms.unwrap_or(marker.start_ms);
    marker.end_ms = change.end_ms.unwrap_or(marker.end_ms);
    (marker.start_ms, marker.end_ms) = stretch(marker.start_ms, marker.end_ms, clock)?;
    if let Some(note) = &change.note {
        marker.note = text("note", note, NOTE_CHARS)?;
    }
    if let Some(given) = change.severity {
        marker.severity = severity(given)?;
    }
    if let Some(given) = &change.tags {
        marker.tags = tags(given)?;
    }
    if let Some(emotion) = &change.emotion {
        marker.emotion = text("emotion", emotion, WORD_CHARS)?;
    }
    Ok(marker)
}

fn moment(at: Moment, clock: Clock) -> Result<u64> {
    match (at, clock.now_ms) {
        (Moment::AtMs(t_ms), _) => Ok(t_ms),
        (Moment::AgoMs(ago), Some(now)) => Ok(now.saturating_sub(ago)),
        (Moment::AgoMs(_), None) => Err(Error::new(
            ErrorKind::Usage,
            "the session is over, so a time before now means nothing",
        )
        .hint("name the moment, as in --at 12:03")),
    }
}

/// A moment that lies in the session.
fn within(t_ms: u64, clock: Clock) -> Result<u64> {
    match clock.now_ms.or(clock.end_ms) {
        Some(end) if t_ms > end => Err(Error::new(
            ErrorKind::Usage,
            format!(
                "{} lies after the session's {}",
                super::when::clock(t_ms),
                super::when::clock(end)
            ),
        )
        .hint("times count from the start of the session")),
        _ => Ok(t_ms),
    }
}

/// A stretch that is not empty and does not reach out of a session that is over.
fn stretch(start_ms: u64, end_ms: u64, clock: Clock) -> Result<(u64, u64)> {
    let end_ms = clock.end_ms.map_or(end_ms, |end| end_ms.min(end));
    match start_ms <= end_ms {
        true => Ok((start_ms, end_ms)),
        false => Err(Error::new(
            ErrorKind::Usage,
            "the marker's stretch ends before it begins",
        )),
    }
}

fn number(id: &str) -> Option<u32> {
    id.strip_prefix('m')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIVE: Clock = Clock {
        now_ms: Some(60_000),
        end_ms: None,
    };

    fn act(board: &mut Board, request: Request) -> Result<Marker> {
        let (event, marker) = board.plan(&request, &Kinds::default(), LIVE)?;
        board.take(&event);
        Ok(marker)
    }

    fn mark(kind: &str, ago_ms: u64, author: Option<&str>) -> Request {
        Request::Mark(Draft {
            author: author.map(str::to_owned),
            ..Draft::new(kind, Moment::AgoMs(ago_ms))
        })
    }

    #[test]
    fn a_marker_stands_at_its_key_press_whatever_is_noted_later() {
        let mut board = Board::default();
        let set = act(&mut board, mark("pain", 15_000, None)).unwrap();
        assert_eq!(
            (set.t_ms, set.start_ms, set.end_ms),
            (45_000, 30_000, 50_000)
        );
        let change = Change {
            note: Some(" copies\u{7} by hand ".into()),
            severity: Some(3),
            ..Change::default()
        };
        let marker = Which::LastOf(None);
        let noted = act(&mut board, Request::Change { marker, change }).unwrap();
        assert_eq!(noted.note.as_deref(), Some("copies by hand"));
        assert_eq!(
            (noted.id.as_str(), noted.t_ms, noted.severity),
            ("m0001", 45_000, Some(3))
        );
        assert_eq!(board.sorted(), [noted]);
    }

    #[test]
    fn undo_takes_the_authors_own_last_marker_and_ids_are_not_used_again() {
        let mut board = Board::default();
        act(&mut board, mark("quote", 0, None)).unwrap();
        act(&mut board, mark("quote", 0, Some("Ben"))).unwrap();
        act(&mut board, mark("idea", 9_000, None)).unwrap();
        let marker = Which::LastOf(Some("Ben".into()));
        assert_eq!(
            act(
                &mut board,
                Request::Remove {
                    marker: marker.clone()
                }
            )
            .unwrap()
            .id,
            "m0002"
        );
        assert!(act(&mut board, Request::Remove { marker }).is_err());
        let mine = Request::Remove {
            marker: Which::LastOf(None),
        };
        assert_eq!(act(&mut board, mine).unwrap().id, "m0003");
        assert_eq!(act(&mut board, mark("idea", 0, None)).unwrap().id, "m0004");
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let mut board = Board::default();
        act(&mut board, mark("quote", 0, None)).unwrap();
        let before = board.clone();
        let long = "x".repeat(NOTE_CHARS + 1);
        let change = |change| Request::Change {
            marker: Which::Id("m0001".into()),
            change,
        };
        for request in [
            mark("qoute", 0, None),
            Request::Mark(Draft::new("quote", Moment::AtMs(60_001))),
            Request::Remove {
                marker: Which::Id("m0009".into()),
            },
            change(Change {
                severity: Some(4),
                ..Change::default()
            }),
            change(Change {
                note: Some(long),
                ..Change::default()
            }),
            change(Change {
                start_ms: Some(70_000),
                end_ms: Some(60_000),
                ..Change::default()
            }),
        ] {
            let error = act(&mut board, request).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        }
        assert_eq!(board, before);
        let over = Clock {
            now_ms: None,
            end_ms: Some(60_000),
        };
        let ago = board.plan(&mark("quote", 1, None), &Kinds::default(), over);
        assert!(ago.is_err());
        let late = Request::Mark(Draft::new("quote", Moment::AtMs(59_000)));
        let (_, late) = board.plan(&late, &Kinds::default(), over).unwrap();
        assert_eq!(late.end_ms, 60_000);
    }

    fn request() -> impl Strategy<Value = Request> {
        let author = || proptest::option::of("[ab]");
        let which = || {
            prop_oneof![
                author().prop_map(Which::LastOf),
                (1_u32..12).prop_map(|n| Which::Id(format!("m{n:04}"))),
            ]
        };
        prop_oneof![
            (0_u64..70_000, author(), proptest::option::of(0_u8..5)).prop_map(
                |(at, author, severity)| Request::Mark(Draft {
                    author,
                    severity,
                    ..Draft::new("pain", Moment::AtMs(at))
                })
            ),
            (which(), proptest::option::of(0_u64..70_000), ".{0,8}").prop_map(
                |(marker, t_ms, note)| Request::Change {
                    marker,
                    change: Change {
                        t_ms,
                        note: Some(note),
                        ..Change::default()
                    },
                }
            ),
            which().prop_map(|marker| Request::Remove { marker }),
        ]
    }

    proptest! {
        #[test]
        fn markers_are_the_fold_of_their_events(requests in proptest::collection::vec(request(), 0..40)) {
            let mut board = Board::default();
            let mut log = Vec::new();
            let mut ids = std::collections::HashSet::new();
            let mut expected = 0_i64;
            for request in requests {
                let Ok((event, marker)) = board.plan(&request, &Kinds::default(), LIVE) else { continue };
                if let Event::MarkerAdded(_) = event {
                    prop_assert!(ids.insert(marker.id.clone()), "{} is used twice", marker.id);
                    expected += 1;
                }
                expected -= i64::from(matches!(event, Event::MarkerRemoved(_)));
                prop_assert!(marker.t_ms <= 60_000 && marker.start_ms <= marker.end_ms);
                board.take(&event);
                log.push(serde_json::to_string(&event).unwrap());
            }
            let mut again = Board::default();
            for line in &log {
                again.take(&serde_json::from_str(line).unwrap());
            }
            prop_assert_eq!(board.sorted().len() as i64, expected);
            prop_assert!(board.sorted().is_sorted_by_key(|m| m.t_ms));
            prop_assert_eq!(&again, &board);
        }
    }
}

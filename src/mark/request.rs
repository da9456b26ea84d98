//! What may be asked of a session's markers, as it also travels to a running recorder.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Longest note, in characters.
pub const NOTE_CHARS: usize = 4_000;

/// Longest tag, emotion or author, in characters.
pub const WORD_CHARS: usize = 200;

/// Most tags of a marker.
pub const TAGS: usize = 32;

/// Something to do to a session's markers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Point at a moment.
    Mark(Draft),
    /// Change a marker: a note that was typed afterwards, a better time.
    Change {
        /// Which.
        marker: Which,
        /// How.
        change: Change,
    },
    /// Take a marker back.
    Remove {
        /// Which.
        marker: Which,
    },
}

/// Which marker is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The one of this id.
    Id(String),
    /// The one that an author set last; `None` is the person who records.
    LastOf(Option<String>),
}

/// A moment as it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// So many milliseconds before the request arrives; only while the session runs.
    AgoMs(u64),
    /// So many milliseconds after the session began.
    AtMs(u64),
}

/// A marker that is not set yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Name of its kind.
    pub kind: String,
    /// When.
    pub at: Moment,
    /// The stretch that it is about, in milliseconds; absent for the window of its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<(u64, u64)>,
    /// What the author wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
    /// Tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What the speaker felt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
    /// Who sets it; absent for the person who records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

impl Draft {
    /// A marker about which nothing is known but its kind and moment.
    pub fn new(kind: impl Into<String>, at: Moment) -> Draft {
        Draft {
            kind: kind.into(),
            at,
            stretch: None,
            note: None,
            severity: None,
            tags: Vec::new(),
            emotion: None,
            author: None,
        }
    }
}

/// What changes of a marker; what is absent stays. An empty text takes a text away, no tags take all
/// tags away, and severity 0 takes the severity away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// Name of the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The moment in milliseconds; the stretch moves along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t_ms: Option<u64>,
    /// Start of the stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    /// End of the stretch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
    /// What the author wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
    /// Tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// What the speaker felt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotion: Option<String>,
}

/// A text as it is kept: without control characters other than line breaks and tabs, and without white
/// space around it; `None` when nothing is left.
pub(super) fn text(what: &str, text: &str, longest: usize) -> Result<Option<String>> {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let kept = kept.trim();
    if kept.chars().count() > longest {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("the {what} is longer than {longest} characters"),
        )
        .hint("shorten it"));
    }
    Ok((!kept.is_empty()).then(|| kept.to_owned()))
}

/// Tags as they are kept, each once.
pub(super) fn tags(given: &[String]) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for tag in given {
        if let Some(tag) = text("tag", tag, WORD_CHARS)?
            && !kept.contains(&tag)
        {
            kept.push(tag);
        }
    }
    match kept.len() <= TAGS {
        true => Ok(kept),
        false => Err(Error::new(
            ErrorKind::Usage,
            format!("a marker has at most {TAGS} tags"),
        )),
    }
}

/// A severity as it is kept.
pub(super) fn severity(given: u8) -> Result<Option<u8>> {
    match given {
        0 => Ok(None),
        1..=3 => Ok(Some(given)),
        _ => Err(Error::new(
            ErrorKind::Usage,
            format!("severity {given} is not 1, 2 or 3"),
        )),
    }
}

//! The door through which other programs of the same user reach a running recorder.
//!
//! A recorder listens on a Unix socket in a folder that only its owner can enter, and on Windows on a
//! named pipe that only its owner can open. A client writes one JSON object a line and reads one back
//! for each; `docs/EVENTS.md` is the contract. Whatever a client does or leaves undone, it costs a
//! thread or a task of its own at most, and those are counted.

#[cfg(any(unix, all(windows, feature = "session")))]
mod lines;
#[cfg(any(unix, all(windows, feature = "session")))]
mod open;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(all(windows, feature = "session"))]
mod windows;
#[cfg(all(windows, feature = "session"))]
use windows as system;
#[cfg(not(any(unix, all(windows, feature = "session"))))]
mod nowhere;
#[cfg(not(any(unix, all(windows, feature = "session"))))]
use nowhere as system;
#[cfg(all(test, any(unix, all(windows, feature = "session"))))]
mod tests;

use serde::{Deserialize, Serialize};

use crate::audio::Track;
use crate::document::marker::Marker;
use crate::error::{Error, ErrorKind, Result};
use crate::event::HealthState;
use crate::mark::request::Request;

#[cfg(not(any(unix, all(windows, feature = "session"))))]
pub use nowhere::Listening;
#[cfg(any(unix, all(windows, feature = "session")))]
pub use open::Listening;
pub use system::{Recorder, listen, recorders};

/// Version of the contract, in each reply's `v`.
pub const VERSION: u32 = 1;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ask {
    /// Something about the session.
    Query(Query),
    /// Something to do to its markers.
    Request(Request),
    /// Something to do to the recording.
    Command(Command),
}

/// Something to do to the recording. What is so already is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Command {
    /// Record nothing until it is resumed; the timeline goes on.
    Pause,
    /// Record again.
    Resume,
    /// End the recording; the last text is still written.
    Stop,
}

/// What a recorder is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// It waits for the first samples.
    #[default]
    Starting,
    /// It records.
    Recording,
    /// It is paused: nothing is recorded.
    Paused,
    /// The recording is over, and its last text is being written.
    Stopping,
}

/// How a recorder does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What it is doing.
    pub state: Doing,
    /// Where the pause began, in milliseconds of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_since_ms: Option<u64>,
    /// The planned length in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_ms: Option<u64>,
    /// The tracks in order.
    pub tracks: Vec<TrackStatus>,
    /// What is wrong right now, a line each for people.
    pub alarms: Vec<String>,
}

/// How a track does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackStatus {
    /// Which track.
    pub track: Track,
    /// What it does.
    pub state: HealthState,
    /// Its level in dB below full scale, negative; absent for exact silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_db: Option<i32>,
    /// Milliseconds that were not captured, pauses aside.
    pub lost_ms: u64,
}

/// A question that changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Query {
    /// Which session is it, and how late is it there?
    Status,
    /// Which markers are there?
    Markers,
}

/// What a recorder answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Version of the contract.
    pub v: u32,
    /// Whether what was asked for is done. A marker is then on the disk.
    pub ok: bool,
    /// Session id.
    #[serde(default)]
    pub session: String,
    /// The session's folder.
    #[serde(default)]
    pub folder: String,
    /// The session's time now, in milliseconds.
    #[serde(default)]
    pub t_ms: u64,
    /// The marker that was set, changed or taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<Marker>,
    /// How the recorder does, for `status` and for what is done to the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// All markers, for `markers`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markers: Option<Vec<Marker>>,
    /// Why it is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What kind of thing is wrong.
    pub kind: RefusalKind,
    /// One line for people.
    pub message: String,
}

/// What kind of thing is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The request itself.
    Usage,
    /// The session is over, or something of it is damaged.
    Session,
    /// The disk.
    Disk,
}

impl Reply {
    /// An answer to a request that cannot be met.
    pub fn refused(error: &Error) -> Reply {
        let kind = match error.kind() {
            ErrorKind::Usage => RefusalKind::Usage,
            ErrorKind::Disk => RefusalKind::Disk,
            _ => RefusalKind::Session,
        };
        Reply {
            v: VERSION,
            ok: false,
            session: String::new(),
            folder: String::new(),
            t_ms: 0,
            marker: None,
            status: None,
            markers: None,
            error: Some(Refusal {
                kind,
                message: error.to_string(),
            }),
        }
    }

    /// This reply, or the error that it tells of.
    ///
    /// # Errors
    ///
    /// What the recorder refused.
    pub fn accepted(self) -> Result<Reply> {
        match self.error {
            None if self.ok => Ok(self),
            None => Err(Error::new(ErrorKind::Session, "the recorder refused")),
            Some(Refusal { kind, message }) => {
                let kind = match kind {
                    RefusalKind::Usage => ErrorKind::Usage,
                    RefusalKind::Session => ErrorKind::Session,
                    RefusalKind::Disk => ErrorKind::Disk,
                };
                Err(Error::new(kind, message))
            }
        }
    }
}

/// Answers what clients ask; called from their threads.
pub type Answer = dyn Fn(Ask) -> Reply + Send + Sync;

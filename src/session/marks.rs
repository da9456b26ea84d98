//! The handle by which a terminal and other programs set markers while a session runs.

use std::sync::Arc;
use std::time::Instant;

use super::helm::Helm;
use super::log::EventLog;
use crate::control::{self, Ask, Listening, Query, Reply};
use crate::document::guide::Guide;
use crate::document::marker::Marker;
use crate::error::Result;
use crate::event::{Event, GuideLoaded, Warning, WarningCode};
use crate::mark::board::Clock;
use crate::mark::kinds::Kinds;
use crate::mark::request::{Change, Draft, Moment, Request, Which};
use crate::store::folder::SessionFolder;
use crate::time::Tick;

/// Sets and changes the markers of a running session.
///
/// Cloneable; any thread may call it, also the one that runs the session. Every call that changes
/// something returns when its event is in the log and on the disk, which takes as long as the disk
/// takes to sync: a process that is killed right afterwards has not lost it. The event is also an
/// [`Update`](super::Update).
#[derive(Clone, Debug)]
pub struct Marks {
    log: EventLog,
    kinds: Arc<Kinds>,
    helm: Helm,
}

/// When a marker was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The key was pressed at this instant.
    Pressed(Instant),
    /// It stands at this time of the session.
    At(Tick),
}

/// A running session's markers and its open ear; both close with this value.
#[derive(Debug)]
pub(super) struct Marking {
    pub(super) marks: Marks,
    listening: Option<Listening>,
}

impl Marking {
    /// Begins to listen. A recorder that nobody can reach records all the same, and says so.
    ///
    /// # Errors
    ///
    /// When the log cannot be written.
    pub(super) fn begin(
        log: &mut EventLog,
        kinds: Kinds,
        helm: Helm,
        folder: &SessionFolder,
    ) -> Result<Marking> {
        let marks = Marks {
            log: log.clone(),
            kinds: Arc::new(kinds),
            helm,
        };
        let listening = match marks.listen(folder) {
            Ok(listening) => Some(listening),
            Err(error) => {
                log.record(Event::Warning(Warning {
                    code: WarningCode::ControlUnavailable,
                    track: None,
                    alarm: None,
                    message: format!("no markers from other programs: {error}"),
                }))?;
                None
            }
        };
        Ok(Marking { marks, listening })
    }

    /// Closes both. Nothing is marked any more when this returns.
    pub(super) fn end(&mut self) {
        self.marks.close();
        self.listening = None;
    }
}

impl Drop for Marking {
    fn drop(&mut self) {
        self.end();
    }
}

impl Marks {
    /// Pauses, resumes and stops the session.
    pub fn helm(&self) -> &Helm {
        &self.helm
    }

    /// The kinds of marker, with their emoji, colours and keys.
    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    /// The session's time now.
    pub fn now(&self) -> Tick {
        self.log.now()
    }

    /// The markers as they are, sorted by time.
    pub fn markers(&self) -> Vec<Marker> {
        self.log.markers()
    }

    /// Sets a marker of the kind of this name. `author` is absent for the person who records.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when there is no such kind or time,
    /// [`ErrorKind::Session`](crate::ErrorKind::Session) when the session is over,
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the log cannot be written.
    pub fn mark(&self, kind: &str, when: When, author: Option<&str>) -> Result<Marker> {
        let tick = self.tick_of(when);
        self.ask(&Request::Mark(Draft {
            author: author.map(str::to_owned),
            ..Draft::new(kind, Moment::AtMs(tick.ms()))
        }))
    }

    /// Changes a marker: the note that was typed after the key press, its severity, tags, emotion.
    ///
    /// # Errors
    ///
    /// As [`Marks::mark`]; also when there is no such marker.
    pub fn annotate(&self, id: &str, change: Change) -> Result<Marker> {
        let marker = Which::Id(id.to_owned());
        self.ask(&Request::Change { marker, change })
    }

    /// Takes back the marker that the author set last; returns it.
    ///
    /// # Errors
    ///
    /// As [`Marks::mark`]; also when the author has none.
    pub fn undo(&self, author: Option<&str>) -> Result<Marker> {
        let marker = Which::LastOf(author.map(str::to_owned));
        self.ask(&Request::Remove { marker })
    }

    /// Takes a marker back; returns it.
    ///
    /// # Errors
    ///
    /// As [`Marks::mark`]; also when there is no such marker.
    pub fn remove(&self, id: &str) -> Result<Marker> {
        let marker = Which::Id(id.to_owned());
        self.ask(&Request::Remove { marker })
    }

    /// Does what a request asks for.
    ///
    /// # Errors
    ///
    /// As [`Marks::mark`].
    pub fn ask(&self, request: &Request) -> Result<Marker> {
        let clock = Clock {
            now_ms: Some(self.now().ms()),
            end_ms: None,
        };
        self.log
            .mark(|board| board.plan(request, &self.kinds, clock))
    }

    /// Gives the session an interview guide, in the place of one that it may have.
    ///
    /// # Errors
    ///
    /// As [`Marks::mark`].
    pub fn load_guide(&self, guide: Guide) -> Result<()> {
        self.log
            .guide(|_| Ok(Event::GuideLoaded(GuideLoaded(guide))))
    }

    /// Ticks a question of the guide, or takes its tick back.
    ///
    /// # Errors
    ///
    /// As [`Marks::mark`]; also when the guide has no such question.
    pub fn tick(&self, item: &str, when: When) -> Result<()> {
        let t_ms = self.tick_of(when).ms();
        self.log.guide(|guide| guide.toggle(item, t_ms))
    }

    fn tick_of(&self, when: When) -> Tick {
        match when {
            When::Pressed(instant) => self.log.at(instant),
            When::At(tick) => tick,
        }
    }

    fn close(&self) {
        self.log.close();
    }

    /// Lets other programs of this user set markers, as long as the value lives.
    fn listen(&self, folder: &SessionFolder) -> Result<Listening> {
        let marks = self.clone();
        let path = std::path::absolute(folder.path()).unwrap_or_else(|_| folder.path().into());
        let path = path.to_string_lossy().into_owned();
        control::listen(
            self.log.session(),
            Arc::new(move |ask| marks.answer(&ask, &path)),
        )
    }

    fn answer(&self, ask: &Ask, folder: &str) -> Reply {
        let (mut marker, mut markers, mut status) = (None, None, None);
        let done = match ask {
            Ask::Query(Query::Status) => {
                status = Some(self.helm.status());
                Ok(())
            }
            Ask::Query(Query::Markers) => {
                markers = Some(self.markers());
                Ok(())
            }
            Ask::Request(request) => self.ask(request).map(|set| marker = Some(set)),
            Ask::Command(command) => self.helm.command(*command).map(|now| status = Some(now)),
        };
        if let Err(error) = done {
            return Reply::refused(&error);
        }
        Reply {
            v: control::VERSION,
            ok: true,
            session: self.log.session().to_owned(),
            folder: folder.to_owned(),
            t_ms: self.now().ms(),
            marker,
            status,
            markers,
            error: None,
        }
    }
}

//! Speakers and texts of a session, changed by hand: each change is an event, and what was recognised
//! stays.

use super::mark::lock;
use crate::clock::wall_clock;
use crate::document::common::ConsentScope;
use crate::document::manifest::Status;
use crate::document::transcript::{Segment, Speaker};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{
    ConsentOverridden, ConsentRecorded, ConsentWithdrawn, Event, SpeakerChanged, TextCorrected,
    TextRestored,
};
use crate::library::fold::fold;
use crate::redact::people::person;
use crate::store::fold::Documents;
use crate::store::folder::{Lock, SessionFolder};
use crate::store::journal::Journal;
use crate::store::{documents, people};

/// The sole right to change a session's transcript by hand.
#[derive(Debug)]
pub struct Editor {
    folder: SessionFolder,
    journal: Journal,
    documents: Documents,
    _lock: Lock,
}

/// What a correction came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corrected {
    /// The text is another now.
    Changed,
    /// It was that already.
    Same,
}

impl Editor {
    /// Takes the right to write to a session that is over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when it is still being recorded, or another process writes to it.
    pub fn open(folder: &SessionFolder) -> Result<Editor> {
        let lock = lock(folder)?;
        let documents = documents::fold_folder(folder)?;
        if documents.manifest.status == Status::Recording {
            return Err(Error::new(
                ErrorKind::Session,
                format!("the recorder of {} died", folder.path().display()),
            )
            .hint("verbatim finish makes the session whole"));
        }
        Ok(Editor {
            folder: folder.clone(),
            journal: Journal::reopen(folder)?,
            documents,
            _lock: lock,
        })
    }

    /// The documents as they are now.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The session's folder.
    pub fn folder(&self) -> &SessionFolder {
        &self.folder
    }

    /// Logs events and writes the documents that follow from them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the session cannot be written.
    pub(super) fn record(&mut self, events: Vec<Event>) -> Result<()> {
        let t_ms = self.documents.turns.duration_ms;
        for event in events {
            self.journal.append(event, t_ms, &wall_clock())?;
        }
        self.documents = documents::write(&self.folder)?;
        Ok(())
    }

    /// Changes rows of the speaker table: all of what is asked for, or nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when two speakers would each be the other, [`ErrorKind::Disk`] when the
    /// session cannot be written.
    pub fn speakers(&mut self, changes: Vec<SpeakerChanged>) -> Result<()> {
        for changed in &changes {
            let other = changed.same_as.as_deref().filter(|other| !other.is_empty());
            let table = &self.documents.transcript.speakers;
            if other
                .is_some_and(|other| other == changed.id || !table.iter().any(|s| s.id == other))
            {
                return Err(Error::new(
                    ErrorKind::Usage,
                    format!(
                        "{} cannot be the same as {}",
                        changed.id,
                        other.unwrap_or_default()
                    ),
                )
                .hint("name a speaker that verbatim speakers lists, other than itself"));
            }
        }
        self.record(changes.into_iter().map(Event::SpeakerChanged).collect())
    }

    /// The id across sessions of whoever goes by a name: the one that `people.json` beside the session
    /// knows, or the next one.
    ///
    /// # Errors
    ///
    /// As [`people::read`] and [`people::write`].
    pub fn participant(&self, name: &str) -> Result<String> {
        let mut known = people::read(&self.folder)?;
        let before = known.clone();
        let id = person(&mut known, &[name.to_owned()]);
        if known != before {
            people::write(&self.folder, &known)?;
        }
        Ok(id)
    }

    /// Corrects the text of segments: all of them, or none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when there is no such segment or the text is empty, [`ErrorKind::Disk`] when
    /// the session cannot be written.
    pub fn correct(
        &mut self,
        texts: &[(String, String)],
        author: Option<&str>,
    ) -> Result<Vec<Corrected>> {
        let mut events = Vec::new();
        let mut made = Vec::new();
        for (id, text) in texts {
            let raw = self.segment(id)?;
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.is_empty() {
                return Err(
                    Error::new(ErrorKind::Usage, format!("{id} would have no text"))
                        .hint("a correction says what is said there; --undo takes one back"),
                );
            }
            let now = self.corrected(&raw.id).unwrap_or(&raw.text);
            made.push(match *now == text {
                true => Corrected::Same,
                false => Corrected::Changed,
            });
            if *now == text {
                continue;
            }
            // Who types what was recognised takes the correction back.
            events.push(match raw.text == text {
                true => Event::TextRestored(TextRestored {
                    segment: raw.id.clone(),
                }),
                false => Event::TextCorrected(TextCorrected {
                    segment: raw.id.clone(),
                    raw: raw.text.clone(),
                    text,
                    author: author.map(str::to_owned),
                }),
            });
        }
        if !events.is_empty() {
            self.record(events)?;
        }
        Ok(made)
    }

    /// Keeps what the participants agreed to after the call, beside what was noted before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when it says nothing, [`ErrorKind::Disk`] when the session cannot be written.
    pub fn consent(&mut self, consent: ConsentRecorded) -> Result<()> {
        if consent.text.trim().is_empty() && consent.scopes.is_empty() {
            return Err(
                Error::new(ErrorKind::Usage, "the note of a consent is empty")
                    .hint("write what was agreed, or name it with --scope"),
            );
        }
        self.record(vec![Event::ConsentRecorded(consent)])
    }

    /// Keeps that participants took back what they had agreed to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the session cannot be written.
    pub fn withdraw(&mut self, withdrawn: ConsentWithdrawn) -> Result<()> {
        self.record(vec![Event::ConsentWithdrawn(withdrawn)])
    }

    /// Keeps that something is made although no consent covers it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the session cannot be written.
    pub fn override_consent(&mut self, scope: ConsentScope, made: Vec<String>) -> Result<()> {
        self.record(vec![Event::ConsentOverridden(ConsentOverridden {
            scope,
            made,
        })])
    }

    /// Takes the correction of a segment back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when it has none, [`ErrorKind::Disk`] when the session cannot be written.
    pub fn restore(&mut self, id: &str) -> Result<()> {
        let corrections = self
            .documents
            .corrections
            .iter()
            .flat_map(|c| &c.corrections);
        let segment = corrections
            .map(|c| &c.segment)
            .find(|segment| same_id(segment, id));
        let Some(segment) = segment.cloned() else {
            return Err(
                Error::new(ErrorKind::Usage, format!("{id} has no correction"))
                    .hint("verbatim correct SESSION lists them"),
            );
        };
        self.record(vec![Event::TextRestored(TextRestored { segment })])
    }

    fn segment(&self, id: &str) -> Result<&Segment> {
        let mut segments = self.documents.transcript.segments.iter();
        segments
            .find(|segment| same_id(&segment.id, id))
            .ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("there is no segment {id}")).hint(
                    "transcript.json has the ids, and so has verbatim export SESSION --as csv",
                )
            })
    }

    fn corrected(&self, id: &str) -> Option<&String> {
        let document = self.documents.corrections.as_ref()?;
        let correction = document.corrections.iter().find(|c| c.segment == id)?;
        Some(&correction.text)
    }
}

/// `s42` is `s0042`.
fn same_id(id: &str, typed: &str) -> bool {
    let number = |id: &str| id.strip_prefix('s').and_then(|n| n.parse::<u32>().ok());
    id == typed || number(id).is_some_and(|n| number(typed) == Some(n))
}

/// The speaker that is meant: by id, by name, by track, or by what the speaker does.
///
/// # Errors
///
/// [`ErrorKind::Usage`] when there is none, or more than one.
pub fn speaker<'a>(speakers: &'a [Speaker], typed: &str) -> Result<&'a Speaker> {
    let folded = fold(typed);
    let exact =
        |s: &&Speaker| s.id == typed || s.track.to_string() == typed || fold(&s.label) == folded;
    let like = |s: &&Speaker| crate::library::passage::is_speaker(typed, &s.label, s.role);
    let found: Vec<&Speaker> = match speakers.iter().filter(exact).collect::<Vec<_>>() {
        found if found.is_empty() => speakers.iter().filter(like).collect(),
        found => found,
    };
    match found[..] {
        [speaker] => Ok(speaker),
        [] => Err(
            Error::new(ErrorKind::Usage, format!("there is no speaker {typed}"))
                .hint("verbatim speakers SESSION lists them"),
        ),
        _ => Err(
            Error::new(ErrorKind::Usage, format!("{typed} may be several speakers"))
                .hint("name one by its id, such as sp2"),
        ),
    }
}

//! Many calls, one after another: while one is turned into text, the next is read.
//!
//! | thread | does | hands on | when that is full |
//! |---|---|---|---|
//! | reader | hashes, looks for what is done, decodes, finds speech | sessions without text, at most `jobs` - 2 waiting | waits |
//! | caller | decodes windows, writes documents | [`Ended`] | |
//!
//! There is no state beside the sessions: a session knows what it was made of, how far it is, and what
//! its windows held. The same queue again goes on where it stopped.

mod known;
mod later;
mod outlook;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use self::known::{Known, Standing};
use self::later::catch_up;
pub use self::outlook::{Outlook, Prospect, look};
use self::watch::CallWatch;
use super::archive::archive;
use super::import::{ImportOptions, Imported, import_as, planned, resume_import};
use super::intake::{self, Layout};
use super::listen::length_ms;
use super::log::{Permit, Step};
use super::losses::lost_ms;
use super::text::{transcribe_waiting, waiting};
use crate::document::transcript::Pass;
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Envelope, FileState};
use crate::store::archive::Form;
use crate::store::documents;
use crate::text::Recogniser;
use crate::voice::DetectorMaker;

/// Pause before the first retry; each further one waits twice as long.
const BACK_OFF: Duration = Duration::from_millis(500);

/// The recordings of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its files.
    pub files: Vec<PathBuf>,
}

/// What to do with what is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    /// It stays as it is.
    Skip,
    /// Another session is made.
    Again,
}

/// How the queue works.
pub struct QueueOptions {
    /// What sessions are called and where they go; without a title they have their file's name.
    pub import: ImportOptions,
    /// Which parts of a file are which track.
    pub layout: Layout,
    /// Finds speech.
    pub detector: DetectorMaker,
    /// Calls that are worked on at the same time, from 1.
    pub jobs: usize,
    /// How often what failed for a reason that may pass is tried again.
    pub retries: u32,
    /// What to do with what is complete.
    pub completed: Completed,
    /// Form to keep the sound in once a call has its text, if not the one that it is in.
    pub archive: Option<Form>,
}

/// A call that is over.
#[derive(Debug)]
pub struct Ended {
    /// What became of it.
    pub state: FileState,
    /// Its session, where there is one.
    pub session: Option<PathBuf>,
    /// Length of the session in milliseconds.
    pub audio_ms: u64,
    /// How much of the recordings could not be decoded, in milliseconds.
    pub lost_ms: u64,
    /// How long its text took, in milliseconds.
    pub took_ms: u64,
    /// Words of its text.
    pub words: u64,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it is not done, or why it was tried more than once.
    pub reason: Option<Error>,
}

/// What happens in the queue.
pub enum Report<'a> {
    /// The log of a session has grown.
    Event(&'a Envelope),
    /// How far a call is.
    Progress {
        /// What runs.
        step: Step,
        /// Milliseconds of audio that are worked off.
        done_ms: u64,
        /// Milliseconds of audio in this step.
        all_ms: u64,
    },
    /// Worth telling the user.
    Note(&'a str),
    /// A call is over.
    Ended(&'a Ended),
}

/// Hears what happens to which call, counted from 0. Two threads call it.
pub type Tell<'a> = dyn Fn(usize, &Call, Report<'_>) + Sync + 'a;

/// What the reader hands on.
enum Read {
    Ready(Box<Imported>, u32, Option<Error>),
    Over(Ended),
}

/// Works off `calls`, as they come. `recogniser` loads the model, and loads it again when it had to be
/// given up. Returns what became of each call.
///
/// # Errors
///
/// What `recogniser` returns at first. What goes wrong with a single call is in its [`Ended`].
pub fn run(
    calls: impl Iterator<Item = Call> + Send,
    options: &QueueOptions,
    recogniser: &mut dyn FnMut() -> Result<Recogniser>,
    (tell, permit): (&Tell<'_>, &Permit),
) -> Result<Vec<(Call, Ended)>> {
    let mut loaded = Some(recogniser()?);
    let pass = loaded.as_ref().map(|loaded| loaded.pass.clone());
    let Some(pass) = pass else {
        return Ok(Vec::new());
    };
    let mut reader = Reader {
        options,
        pass,
        known: Known::of(&options.import.dir)?,
        tell,
        permit,
    };
    let mut results = Vec::new();
    let mut write = |index: usize, call: Call, read: Read| {
        let mut watch = CallWatch {
            index,
            call: &call,
            tell,
            permit,
        };
        let ended = match read {
            Read::Over(ended) => ended,
            Read::Ready(imported, attempts, reason) => {
                let mut writer = Writer {
                    options,
                    recogniser,
                    loaded: &mut loaded,
                };
                writer.write(&imported, (attempts, reason), &mut watch)
            }
        };
        tell(index, &call, Report::Ended(&ended));
        results.push((call, ended));
    };
    if options.jobs <= 1 {
        for (index, call) in calls.enumerate().take_while(|_| !permit.is_over()) {
            let read = reader.read(index, &call);
            write(index, call, read);
        }
        return Ok(results);
    }
    thread::scope(|scope| {
        let (handed, taken) = mpsc::sync_channel(options.jobs - 2);
        let reader = &mut reader;
        scope.spawn(move || {
            for (index, call) in calls.enumerate().take_while(|_| !permit.is_over()) {
                let read = reader.read(index, &call);
                if handed.send((index, call, read)).is_err() {
                    return;
                }
            }
        });
        for (index, call, read) in taken {
            write(index, call, read);
        }
    });
    Ok(results)
}

/// Makes sessions without text.
struct Reader<'a> {
    options: &'a QueueOptions,
    pass: Pass,
    known: Known,
    tell: &'a Tell<'a>,
    permit: &'a Permit,
}

impl Reader<'_> {
    fn read(&mut self, index: usize, call: &Call) -> Read {
        let begun = Instant::now();
        let (mut attempt, mut last) = (0, None);
        loop {
            attempt += 1;
            let error = match self.attempt(index, call) {
                Ok(Read::Ready(imported, ..)) => return Read::Ready(imported, attempt, last),
                Ok(over) => return over,
                Err(error) => error,
            };
            let again = attempt <= self.options.retries && error.kind() == ErrorKind::Disk;
            if !again || self.permit.is_over() {
                return Read::Over(failed(error, (begun, attempt)));
            }
            (self.tell)(index, call, Report::Note(&retried(&error)));
            thread::sleep(BACK_OFF * 2_u32.pow(attempt.min(6)));
            last = Some(error);
        }
    }

    fn attempt(&mut self, index: usize, call: &Call) -> Result<Read> {
        let options = self.options;
        let plans = intake::arrange(&call.files, &options.layout)?;
        let mut import = options.import.clone();
        import.title = import.title.or_else(|| title(&call.files));
        let started = planned(&plans, &import, &options.detector)?;
        let mut watch = CallWatch {
            index,
            call,
            tell: self.tell,
            permit: self.permit,
        };
        let standing = match options.completed {
            Completed::Again => Standing::None,
            Completed::Skip => self.known.standing(&started, &self.pass)?,
        };
        let imported = match standing {
            Standing::Complete(session) => {
                catch_up(&session, &plans, options, &mut watch)?;
                return Ok(Read::Over(Ended {
                    state: FileState::Skipped,
                    session: Some(session),
                    audio_ms: plans.iter().map(length_ms).max().unwrap_or(0),
                    lost_ms: 0,
                    took_ms: 0,
                    words: 0,
                    attempts: 0,
                    reason: None,
                }));
            }
            Standing::Begun(folder) => {
                let name = folder.path().display().to_string();
                watch.note(&format!("goes on with {name}"));
                resume_import(folder, &plans, &options.detector, &mut watch)?
            }
            Standing::None => {
                let dir = &options.import.dir;
                let started = started.clone();
                import_as(started, &plans, dir, (&options.detector, &mut watch))?
            }
        };
        self.known.add(&started, imported.folder.path().to_owned());
        for note in &imported.notes {
            watch.note(note);
        }
        Ok(Read::Ready(Box::new(imported), 1, None))
    }
}

/// Gives sessions their text.
struct Writer<'a> {
    options: &'a QueueOptions,
    recogniser: &'a mut dyn FnMut() -> Result<Recogniser>,
    loaded: &'a mut Option<Recogniser>,
}

impl Writer<'_> {
    fn write(
        &mut self,
        imported: &Imported,
        (mut attempts, mut last): (u32, Option<Error>),
        watch: &mut CallWatch<'_>,
    ) -> Ended {
        let begun = Instant::now();
        let mut retry = 0;
        loop {
            let error = match self.attempt(imported, watch) {
                Ok(ended) => {
                    let ended = Ended {
                        took_ms: begun.elapsed().as_millis() as u64,
                        attempts,
                        reason: last,
                        ..ended
                    };
                    return self.archived(imported, ended, watch);
                }
                Err(error) => error,
            };
            let kinds = [ErrorKind::Model, ErrorKind::Engine, ErrorKind::Disk];
            if retry >= self.options.retries || !kinds.contains(&error.kind()) {
                let folder = imported.folder.path();
                return Ended {
                    session: Some(folder.to_owned()),
                    ..failed(keep(error, folder), (begun, attempts))
                };
            }
            watch.note(&retried(&error));
            thread::sleep(BACK_OFF * 2_u32.pow(retry.min(6)));
            (retry, attempts) = (retry + 1, attempts + 1);
            last = Some(error);
        }
    }

    /// Brings the sound of a call that has its text into the form in which it is kept.
    fn archived(&self, imported: &Imported, ended: Ended, watch: &mut CallWatch<'_>) -> Ended {
        let form = self.options.archive;
        match form.map_or(Ok(()), |form| archive(&imported.folder, form, watch)) {
            Ok(()) => ended,
            Err(error) => Ended {
                state: state_after(&error),
                reason: Some(error),
                ..ended
            },
        }
    }

    /// Tries once. A recogniser that failed is loaded anew for the next time.
    fn attempt(&mut self, imported: &Imported, watch: &mut CallWatch<'_>) -> Result<Ended> {
        let mut recogniser = match self.loaded.take() {
            Some(recogniser) => recogniser,
            None => (self.recogniser)()?,
        };
        transcribe_waiting(&imported.folder, &mut recogniser, watch)?;
        *self.loaded = Some(recogniser);
        let documents = documents::fold_folder(&imported.folder)?;
        let segments = documents.transcript.segments.iter();
        let complete = waiting(&documents.transcript).is_empty();
        Ok(Ended {
            state: match complete {
                true => FileState::Done,
                false => FileState::Incomplete,
            },
            session: Some(imported.folder.path().to_owned()),
            audio_ms: documents.manifest.duration_ms,
            lost_ms: lost_ms(&documents.manifest),
            took_ms: 0,
            words: segments.map(|segment| segment.words.len() as u64).sum(),
            attempts: 0,
            reason: None,
        })
    }
}

/// A call that came to nothing, or was stopped.
fn failed(error: Error, (begun, attempts): (Instant, u32)) -> Ended {
    Ended {
        state: state_after(&error),
        session: None,
        audio_ms: 0,
        lost_ms: 0,
        took_ms: begun.elapsed().as_millis() as u64,
        words: 0,
        attempts,
        reason: Some(error),
    }
}

fn state_after(error: &Error) -> FileState {
    match error.kind() {
        ErrorKind::Interrupted => FileState::Stopped,
        _ => FileState::Failed,
    }
}

/// Tells that what was imported is not lost.
fn keep(error: Error, folder: &Path) -> Error {
    let kind = error.kind();
    if kind == ErrorKind::Interrupted {
        return error;
    }
    Error::new(kind, format!("no text for {}", folder.display()))
        .because(error)
        .hint("its audio and turns are complete; verbatim finish writes the text")
}

fn retried(error: &Error) -> String {
    format!("tried again, because: {error}")
}

/// The name of a call's first file, without what tells its format.
fn title(files: &[PathBuf]) -> Option<String> {
    let stem = files.first()?.file_stem()?;
    Some(stem.to_string_lossy().into_owned())
}

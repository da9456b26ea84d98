//! The thread that decodes: one job at a time, in, text out.

use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::RecogniserMaker;
use crate::document::transcript::Pass;
use crate::error::{Error, ErrorKind, Result};
use crate::store::folder::SessionFolder;
use crate::store::speech::SpeechReader;
use crate::text::schedule::Job;
use crate::text::transcribe::{SpanText, transcribe_utterances};
use crate::text::{Recogniser, Transcriber};
use crate::time::Span;

/// Jobs that wait for the thread at most: the scheduler gives out one at a time.
const JOBS: usize = 1;

/// Messages that wait for the session task at most.
const MESSAGES: usize = 64;

/// What the scribe tells the session.
#[derive(Debug)]
pub(super) enum ScribeMessage {
    /// The model is loaded.
    Ready(Pass),
    /// There is no recogniser, or none any more; nothing more will be transcribed.
    Unavailable(Error),
    /// The recogniser's process died and was started again.
    Restarted,
    /// A job is done.
    Decoded(Decoded),
}

/// What came of a job.
#[derive(Debug)]
pub(super) struct Decoded {
    /// A text for each utterance of the job; `None` when the recogniser failed on it.
    pub(super) texts: Option<Vec<SpanText>>,
    /// Processor time it took.
    pub(super) cpu: Duration,
}

/// The session's end of the thread.
#[derive(Debug)]
pub(super) struct Scribe {
    jobs: Option<std_mpsc::SyncSender<Job>>,
    pub(super) messages: mpsc::Receiver<ScribeMessage>,
}

impl Scribe {
    /// Starts the scribe thread, if a recogniser is wanted at all.
    pub(super) fn begin(maker: Option<RecogniserMaker>, folder: &SessionFolder) -> Result<Scribe> {
        let (out, messages) = mpsc::channel(MESSAGES);
        let Some(maker) = maker else {
            return Ok(Scribe {
                jobs: None,
                messages,
            });
        };
        let (jobs, work) = std_mpsc::sync_channel(JOBS);
        let folder = folder.clone();
        thread::Builder::new()
            .name("scribe".into())
            .spawn(move || run(maker, &folder, &work, &out))
            .map_err(|e| {
                Error::new(ErrorKind::Engine, "cannot start the scribe thread").because(e)
            })?;
        Ok(Scribe {
            jobs: Some(jobs),
            messages,
        })
    }

    /// Hands out a job. A thread that has ended says so by a message of its own.
    pub(super) fn hand(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            drop(jobs.try_send(job));
        }
    }

    /// Ends the thread once its job is done.
    pub(super) fn close(&mut self) {
        self.jobs = None;
    }
}

/// The thread. A closed `out` means that the session has gone; so does the thread then.
fn run(
    maker: RecogniserMaker,
    folder: &SessionFolder,
    work: &std_mpsc::Receiver<Job>,
    out: &mpsc::Sender<ScribeMessage>,
) {
    let Recogniser {
        mut transcriber,
        pass,
        hearing,
    } = match maker() {
        Ok(recogniser) => recogniser,
        Err(error) => {
            drop(out.blocking_send(ScribeMessage::Unavailable(error)));
            return;
        }
    };
    if out.blocking_send(ScribeMessage::Ready(pass)).is_err() {
        return;
    }
    let mut archive = SpeechReader::hearing(folder, hearing);
    let (mut restarts, mut cpu) = (0, Duration::ZERO);
    for job in work {
        let result = decode(&job, transcriber.as_mut(), &mut archive);
        let seen = transcriber.restarts();
        if seen > restarts {
            restarts = seen;
            if out.blocking_send(ScribeMessage::Restarted).is_err() {
                return;
            }
        }
        let texts = match result {
            Ok(texts) => Some(texts),
            Err(error) if error.kind() == ErrorKind::Model => {
                drop(out.blocking_send(ScribeMessage::Unavailable(error)));
                return;
            }
            Err(_) => None,
        };
        let used = transcriber.cpu();
        let decoded = Decoded {
            texts,
            cpu: used.saturating_sub(cpu),
        };
        cpu = used;
        if out.blocking_send(ScribeMessage::Decoded(decoded)).is_err() {
            return;
        }
    }
}

fn decode(
    job: &Job,
    transcriber: &mut dyn Transcriber,
    archive: &mut SpeechReader,
) -> Result<Vec<SpanText>> {
    let Some(first) = job.utterances.first() else {
        return Ok(Vec::new());
    };
    let parts: Vec<(Span, Span)> = job
        .utterances
        .iter()
        .map(|utterance| (utterance.span, utterance.audio))
        .collect();
    transcribe_utterances(first.track, &parts, transcriber, &mut |track, span| {
        archive.read(track, span)
    })
}

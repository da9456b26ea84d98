//! The thread that decodes: one job at a time, in, text out.

use std::collections::BTreeMap;
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::RecogniserMaker;
use crate::audio::Track;
use crate::document::transcript::Pass;
use crate::error::{Error, ErrorKind, Result};
use crate::store::folder::SessionFolder;
use crate::store::speech::SpeechReader;
use crate::text::density::Density;
use crate::text::schedule::{Job, Purpose};
use crate::text::transcribe::{Together, transcribe_together, transcribe_utterance};
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
    /// A text for each utterance of the job, and how many had to be heard twice; `None` when the
    /// recogniser failed on it.
    pub(super) texts: Option<Together>,
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
    let mut usual = BTreeMap::new();
    let (mut restarts, mut cpu) = (0, Duration::ZERO);
    for job in work {
        let result = decode(&job, &mut usual, transcriber.as_mut(), &mut archive);
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

/// Decodes a job. `usual` holds how long the texts of each track's speaker are.
fn decode(
    job: &Job,
    usual: &mut BTreeMap<Track, Density>,
    transcriber: &mut dyn Transcriber,
    archive: &mut SpeechReader,
) -> Result<Together> {
    let parts: Vec<(Span, Span)> = job
        .utterances
        .iter()
        .map(|utterance| (utterance.span, utterance.audio))
        .collect();
    let mut read = |track, span| archive.read(track, span);
    let Some(track) = job.utterances.first().map(|first| first.track) else {
        return Ok(Together::default());
    };
    let usual = usual.entry(track).or_default();
    let [part] = parts[..] else {
        return transcribe_together(track, &parts, usual, (transcriber, &mut read));
    };
    let text = transcribe_utterance(track, part, transcriber, &mut read)?;
    if job.purpose != Purpose::Look {
        usual.learn(text.letters(), part.0);
    }
    Ok(Together {
        texts: vec![text],
        again: 0,
    })
}

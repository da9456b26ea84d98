//! The thread that decodes: one job at a time, in, text out.

use std::collections::BTreeMap;
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::RecogniserMaker;
use crate::audio::Track;
use crate::document::transcript::{Pass, TrackLanguage};
use crate::error::{Error, ErrorKind, Result};
use crate::store::folder::SessionFolder;
use crate::store::speech::SpeechReader;
use crate::text::density::Density;
use crate::text::language::{AUTO, LanguageLock};
use crate::text::pack::Window;
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
    /// The language of a track, which may still change until the model is sure.
    Language(TrackLanguage),
    /// A job is done.
    Decoded(Decoded),
}

/// What came of a job.
#[derive(Debug)]
pub(super) struct Decoded {
    /// A text for each utterance of the job, and which of them have to be heard by themselves; `None`
    /// when the recogniser failed on it.
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
    let mut languages = (pass.language == AUTO).then(Languages::default);
    if out.blocking_send(ScribeMessage::Ready(pass)).is_err() {
        return;
    }
    let mut archive = SpeechReader::hearing(folder, hearing);
    let mut usual = BTreeMap::new();
    let (mut restarts, mut cpu) = (0, Duration::ZERO);
    for job in work {
        if let Some(languages) = &mut languages {
            let found = languages.settle(&job, transcriber.as_mut(), &mut archive);
            if let Some(found) = found
                && out.blocking_send(ScribeMessage::Language(found)).is_err()
            {
                return;
            }
        }
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

/// The languages of the tracks, as far as they are known.
#[derive(Debug, Default)]
struct Languages {
    locks: BTreeMap<Track, LanguageLock>,
    told: BTreeMap<Track, TrackLanguage>,
    /// The utterance of each track that was heard last, and how much of it counts already.
    counted: BTreeMap<Track, (String, u64)>,
}

impl Languages {
    /// Tells the recogniser which language a job is in, and looks for it until it is settled. Returns
    /// what is new for the log. A look that fails leaves everything as it is: the job itself then
    /// fails, too, or it was bad luck.
    fn settle(
        &mut self,
        job: &Job,
        transcriber: &mut dyn Transcriber,
        archive: &mut SpeechReader,
    ) -> Option<TrackLanguage> {
        let track = job.utterances.first()?.track;
        let lock = self.locks.entry(track).or_default();
        let mut guess = None;
        if !lock.is_settled() {
            let window = Window::together(&parts(job));
            let sound = window.sound(&mut |span| archive.read(track, span)).ok()?;
            let chances = transcriber.languages(&sound).ok()?;
            // What is still being spoken comes again, and a pause may be the end or not: what was heard
            // of an utterance counts once.
            if job.purpose != Purpose::Look {
                let last = job.utterances.last()?;
                let known = self.counted.get(&track).filter(|(id, _)| *id == last.id);
                let speech: u64 = job.utterances.iter().map(|u| u.span.ms()).sum();
                lock.push(
                    &chances,
                    speech.saturating_sub(known.map_or(0, |(_, ms)| *ms)),
                );
                self.counted
                    .insert(track, (last.id.clone(), last.span.ms()));
            } else if lock.verdict().is_none() {
                let mut once = LanguageLock::default();
                once.push(&chances, 1);
                guess = once.verdict();
            }
        }
        let known = lock.verdict();
        transcriber.speak(&known.as_ref().or(guess.as_ref())?.language);
        let found = known.map(|verdict| TrackLanguage {
            track,
            language: verdict.language,
            probability: verdict.probability,
            heard_ms: verdict.heard_ms,
            basis: verdict.basis,
        })?;
        let told = self.told.get(&track);
        if told.is_some_and(|t| (&t.language, t.basis) == (&found.language, found.basis)) {
            return None;
        }
        self.told.insert(track, found.clone());
        Some(found)
    }
}

/// The speech of each utterance of a job and the sound that goes with it.
fn parts(job: &Job) -> Vec<(Span, Span)> {
    let utterances = job.utterances.iter();
    utterances.map(|u| (u.span, u.audio)).collect()
}

/// Decodes a job. `usual` holds how long the texts of each track's speaker are.
fn decode(
    job: &Job,
    usual: &mut BTreeMap<Track, Density>,
    transcriber: &mut dyn Transcriber,
    archive: &mut SpeechReader,
) -> Result<Together> {
    let parts = parts(job);
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
        again: Vec::new(),
    })
}

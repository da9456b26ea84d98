//! The thread that turns utterances into text, and the session's view of it.

use std::sync::mpsc as std_mpsc;
use std::thread;

use tokio::sync::mpsc;

use super::RecogniserMaker;
use crate::document::common::UntranscribedReason;
use crate::document::transcript::Pass;
use crate::error::{Error, ErrorKind, Result};
use crate::event::TranscriptFinal;
use crate::store::folder::SessionFolder;
use crate::store::speech::SpeechReader;
use crate::text::Recogniser;
use crate::text::ids::Ids;
use crate::text::transcribe::transcribe_utterance;
use crate::voice::utterance::Utterance;

/// Utterances that wait for the recogniser at most; more are left to `finish`.
const QUEUE: usize = 64;

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
    /// An utterance has its text.
    Final(TranscriptFinal),
    /// An utterance could not be transcribed now.
    Deferred(Utterance),
}

/// The session's side: what waits, and what was given up.
#[derive(Debug)]
pub(super) struct Scribe {
    queue: Option<std_mpsc::SyncSender<Utterance>>,
    pub(super) messages: mpsc::Receiver<ScribeMessage>,
    waiting: Vec<Utterance>,
    pub(super) deferred_ms: u64,
    wanted: bool,
}

impl Scribe {
    /// Starts the scribe thread, if a recogniser is wanted at all.
    pub(super) fn begin(maker: Option<RecogniserMaker>, folder: &SessionFolder) -> Result<Scribe> {
        let (out, messages) = mpsc::channel(MESSAGES);
        let wanted = maker.is_some();
        let queue = match maker {
            Some(maker) => {
                let (queue, work) = std_mpsc::sync_channel(QUEUE);
                let archive = SpeechReader::open(folder);
                thread::Builder::new()
                    .name("scribe".into())
                    .spawn(move || run(maker, archive, &work, &out))
                    .map_err(|e| {
                        Error::new(ErrorKind::Engine, "cannot start the scribe thread").because(e)
                    })?;
                Some(queue)
            }
            None => None,
        };
        Ok(Scribe {
            queue,
            messages,
            waiting: Vec::new(),
            deferred_ms: 0,
            wanted,
        })
    }

    /// Hands an utterance to the scribe; gives it back when the queue is full or closed.
    pub(super) fn enqueue(&mut self, utterance: Utterance) -> Option<Utterance> {
        match &self.queue {
            Some(queue) if queue.try_send(utterance.clone()).is_ok() => {
                self.waiting.push(utterance);
                None
            }
            _ => Some(utterance),
        }
    }

    /// Closes the queue: the scribe ends when it has worked it off.
    pub(super) fn close(&mut self) {
        self.queue = None;
    }

    /// Notes that an utterance waits no longer.
    pub(super) fn settle(&mut self, id: &str) {
        self.waiting.retain(|utterance| utterance.id != id);
    }

    /// Gives up on everything that waits.
    pub(super) fn abandon(&mut self) -> Vec<Utterance> {
        self.close();
        std::mem::take(&mut self.waiting)
    }

    /// How many utterances wait and how much speech they hold, in milliseconds.
    pub(super) fn backlog(&self) -> (u32, u64) {
        let ms = self
            .waiting
            .iter()
            .map(|utterance| utterance.span.ms())
            .sum();
        (self.waiting.len() as u32, ms)
    }

    /// Why an utterance that nobody transcribes now has no text.
    pub(super) fn reason(&self) -> UntranscribedReason {
        if self.wanted {
            UntranscribedReason::Deferred
        } else {
            UntranscribedReason::NotRequested
        }
    }
}

/// The thread. A closed `out` means that the session has gone; so does the thread then.
fn run(
    maker: RecogniserMaker,
    mut archive: SpeechReader,
    work: &std_mpsc::Receiver<Utterance>,
    out: &mpsc::Sender<ScribeMessage>,
) {
    let Recogniser {
        mut transcriber,
        mut pass,
    } = match maker() {
        Ok(recogniser) => recogniser,
        Err(error) => {
            drop(out.blocking_send(ScribeMessage::Unavailable(error)));
            return;
        }
    };
    pass.id = "p1".into();
    let pass_id = pass.id.clone();
    if out.blocking_send(ScribeMessage::Ready(pass)).is_err() {
        return;
    }
    let mut ids = Ids::default();
    let mut restarts = 0;
    for utterance in work {
        let result = transcribe_utterance(
            (utterance.track, utterance.span, utterance.audio),
            transcriber.as_mut(),
            &mut |track, span| archive.read(track, span),
            &mut ids,
        );
        let seen = transcriber.restarts();
        if seen > restarts {
            restarts = seen;
            if out.blocking_send(ScribeMessage::Restarted).is_err() {
                return;
            }
        }
        let gone = matches!(&result, Err(error) if error.kind() == ErrorKind::Model);
        let message = match result {
            Ok(outcome) => ScribeMessage::Final(outcome.into_final(&utterance, &pass_id)),
            Err(error) if gone => {
                drop(out.blocking_send(ScribeMessage::Unavailable(error)));
                return;
            }
            Err(_) => ScribeMessage::Deferred(utterance),
        };
        if out.blocking_send(message).is_err() {
            return;
        }
    }
}

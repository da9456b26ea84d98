//! The machine's own devices, asked for on a thread of their own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::Reading;
use super::keeper::{Answer, Desk, Question};
use super::open::Roll;
use crate::error::{Error, ErrorKind, Result};

/// Waits for answers of the audio system, however long they take. A thread that waits for a hung one
/// when the desk is dropped ends as soon as that answers, or is killed.
pub(super) struct SystemDesk {
    questions: Sender<Question>,
    answers: Receiver<Answer>,
    cadence: Duration,
}

impl SystemDesk {
    /// A desk over `roll`, which may be asked every `cadence`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoDevice`] when its thread cannot be started.
    pub(super) fn begin(mut roll: Roll, cadence: Duration) -> Result<SystemDesk> {
        let (questions, asked) = mpsc::channel();
        let (answered, answers) = mpsc::channel();
        thread::Builder::new()
            .name("device desk".into())
            .spawn(move || {
                while let Ok(question) = asked.recv() {
                    let answer = match question {
                        Question::List => Answer::Listed(guarded(|| roll.list())),
                        Question::Open(device) => Answer::Opened(guarded(|| roll.open(&device))),
                    };
                    if answered.send(answer).is_err() {
                        return;
                    }
                }
            })
            .map_err(|e| Error::new(ErrorKind::NoDevice, "cannot watch the devices").because(e))?;
        Ok(SystemDesk {
            questions,
            answers,
            cadence,
        })
    }
}

/// A panic in an audio system's library is an answer like any other failure: a desk that is gone would
/// never find a device again.
fn guarded<T>(ask: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|_| {
        Err(Error::new(
            ErrorKind::NoDevice,
            "the audio system's library failed",
        ))
    })
}

impl Desk for SystemDesk {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn cadence(&self) -> Duration {
        self.cadence
    }

    fn rest(&mut self, wait: Duration) -> Reading {
        thread::sleep(wait);
        Reading::Idle
    }

    fn ask(&mut self, question: Question) {
        // The thread lives as long as this sender.
        self.questions.send(question).unwrap_or_default();
    }

    fn answer(&mut self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

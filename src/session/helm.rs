//! The handle by which a terminal and other programs pause, resume and stop a running session.

use std::sync::mpsc as std_mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::control::{Command, Doing, Status};
use crate::error::{Error, ErrorKind, Result};

/// Commands that wait for the session at most.
const COMMANDS: usize = 16;

/// How long the session may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Pauses, resumes and stops a running session. Cloneable; any thread may call it but the one that
/// runs the session.
#[derive(Clone, Debug)]
pub struct Helm {
    commands: mpsc::Sender<Asked>,
    status: Arc<Mutex<Status>>,
}

/// A command, and who waits for it to be done.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) command: Command,
    pub(super) done: std_mpsc::SyncSender<()>,
}

impl Helm {
    /// A helm, and what the session hears of it.
    pub(super) fn new() -> (Helm, mpsc::Receiver<Asked>) {
        let (commands, asked) = mpsc::channel(COMMANDS);
        let helm = Helm {
            commands,
            status: Arc::default(),
        };
        (helm, asked)
    }

    /// Does what a command says, and returns how the session does then. What is so already is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when the recording is over or does not answer.
    pub fn command(&self, command: Command) -> Result<Status> {
        let now = self.status();
        if now.state == Doing::Stopping {
            return match command {
                Command::Stop => Ok(now),
                Command::Pause | Command::Resume => {
                    Err(Error::new(ErrorKind::Session, "the recording is over"))
                }
            };
        }
        let (done, answer) = std_mpsc::sync_channel(1);
        let silent = || Error::new(ErrorKind::Session, "the recorder does not answer");
        self.commands
            .try_send(Asked { command, done })
            .map_err(|_| silent())?;
        answer.recv_timeout(ANSWER).map_err(|_| silent())?;
        Ok(self.status())
    }

    /// Pauses, or ends the pause.
    ///
    /// # Errors
    ///
    /// As [`Helm::command`].
    pub fn toggle_pause(&self) -> Result<Status> {
        self.command(match self.status().state {
            Doing::Paused => Command::Resume,
            _ => Command::Pause,
        })
    }

    /// How the session does.
    pub fn status(&self) -> Status {
        self.lock().clone()
    }

    /// Tells how the session does.
    pub(super) fn tell(&self, status: Status) {
        *self.lock() = status;
    }

    /// A status is whole whoever panics: it is replaced in one step.
    fn lock(&self) -> std::sync::MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

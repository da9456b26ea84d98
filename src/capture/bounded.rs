//! Calls into an audio system that may never return.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// Runs `call` on a thread of its own and waits for it at most `limit`. A call that takes longer is
/// left behind: a suspended device or a hung server can hold it for ever, and nothing can end it.
///
/// # Errors
///
/// What `call` returns; [`ErrorKind::NoDevice`] when it does not return in time.
pub(super) fn bounded<T: Send + 'static>(
    what: &str,
    limit: Duration,
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (done, result) = mpsc::channel();
    thread::Builder::new()
        .name(what.to_owned())
        .spawn(move || {
            // Nobody waits any more for a call that came back too late.
            drop(done.send(call()));
        })
        .map_err(|e| Error::new(ErrorKind::NoDevice, format!("cannot {what}")).because(e))?;
    result.recv_timeout(limit).unwrap_or_else(|fault| {
        Err(Error::new(
            ErrorKind::NoDevice,
            match fault {
                RecvTimeoutError::Timeout => format!(
                    "cannot {what}: the audio system has not answered for {} s",
                    limit.as_secs()
                ),
                RecvTimeoutError::Disconnected => format!("cannot {what}: the audio system failed"),
            },
        )
        .hint("check that the device is not suspended; restarting the audio server may help"))
    })
}

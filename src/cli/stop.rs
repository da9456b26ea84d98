//! Ctrl-C during long work: once stops where it can go on, twice stops at once.

use std::thread;

use tokio::sync::mpsc;
use verbatim::batch::{Permit, Warrant};
use verbatim::{Error, ErrorKind, Result};

use super::record::forward_signals;
use crate::view::queue::Announcer;
use crate::view::tty;

/// Requests to stop that wait to be heard at most.
const REQUESTS: usize = 4;

/// What a program ends with that was interrupted.
const INTERRUPTED: i32 = 130;

/// A permit that is over once somebody has asked this program to stop. After that, another request
/// takes the bars away and ends the program with code 130; what was finished before is on the disk.
///
/// # Errors
///
/// [`ErrorKind::Engine`] when the system gives no thread to listen on.
pub fn permit(announcer: Announcer) -> Result<Permit> {
    let cannot =
        |e: std::io::Error| Error::new(ErrorKind::Engine, "cannot listen for Ctrl-C").because(e);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot)?;
    let warrant = Warrant::default();
    let permit = warrant.permit();
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(listen(warrant, &announcer)))
        .map_err(cannot)?;
    Ok(permit)
}

async fn listen(warrant: Warrant, announcer: &Announcer) {
    let (request, mut requested) = mpsc::channel(REQUESTS);
    // The task ends with the process.
    drop(tokio::spawn(forward_signals(request)));
    if requested.recv().await.is_none() {
        // The system lets nobody listen: the work goes on to its end.
        std::future::pending::<()>().await;
    }
    drop(warrant);
    announcer.say("finishing what is being decoded; Ctrl-C again stops at once");
    requested.recv().await;
    announcer.close();
    announcer.say("stopped at once; the same command goes on where it stopped");
    tty::restore();
    std::process::exit(INTERRUPTED);
}

//! Ctrl-C during long work: once stops where it can go on, twice stops at once.

use std::thread;

use tokio::sync::mpsc;
use verbatim::batch::{Permit, Warrant};
use verbatim::{Error, ErrorKind, Result};

use super::record::forward_signals;

/// A permit that is over once somebody has asked this program to stop. After that, another request
/// ends the program with code 130.
///
/// # Errors
///
/// [`ErrorKind::Engine`] when the system gives no thread to listen on.
pub fn permit() -> Result<Permit> {
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
        .spawn(move || runtime.block_on(listen(warrant)))
        .map_err(cannot)?;
    Ok(permit)
}

async fn listen(warrant: Warrant) {
    let (request, mut requested) = mpsc::channel(1);
    let signals = tokio::spawn(forward_signals(request));
    if requested.recv().await.is_none() {
        // The system lets nobody listen: the work goes on to its end.
        std::future::pending::<()>().await;
    }
    requested.close();
    drop(warrant);
    eprintln!("verbatim: finishing what is being decoded; Ctrl-C again stops at once");
    // The task ends with the process.
    signals.await.unwrap_or_default();
}

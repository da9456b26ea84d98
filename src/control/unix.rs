//! Unix sockets.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use super::lines::{self, CLIENTS, Lines, PATIENCE, REST};
use super::open::{self, Listening};
use super::serve::{Timed, next, serve};
use super::{Answer, Ask, Reply, place};
use crate::error::{Error, Result};

/// What names of sockets end with.
const SUFFIX: &str = "sock";

/// A listener goes on as long as this is held.
pub(super) type Open = Sender<()>;

/// Listens for clients of the session `id`; `answer` is called from their threads.
///
/// # Errors
///
/// [`ErrorKind::PermissionDenied`](crate::ErrorKind::PermissionDenied) when no safe folder can be had,
/// otherwise as [`Error::io`].
pub fn listen(id: &str, answer: Arc<Answer>) -> Result<Listening> {
    let name = open::file(Path::new(""), id, SUFFIX);
    let dir = place::safe_folder(&name.to_string_lossy())?;
    listen_in(&dir, id, answer)
}

pub(super) fn listen_in(dir: &Path, id: &str, answer: Arc<Answer>) -> Result<Listening> {
    open::clean(dir, SUFFIX, is_dead);
    let path = open::file(dir, id, SUFFIX);
    let listener = bind(dir, &path).map_err(|e| Error::io("listen on", &path, e))?;
    let (open, closed) = channel();
    Listening::start(path, open, move || accept(&listener, &closed, &answer))
}

/// Makes the listener see that it is closed: it waits for a client, and this is the last one, which says
/// nothing. Tells whether it does.
pub(super) fn wake(path: &Path) -> bool {
    UnixStream::connect(path).is_ok()
}

/// Binds the socket under another name first, so that whoever finds it by its own name can connect.
fn bind(dir: &Path, path: &Path) -> io::Result<UnixListener> {
    let hidden = dir.join(format!(".{}", std::process::id()));
    fs::remove_file(&hidden).unwrap_or_default();
    let listener = UnixListener::bind(&hidden)?;
    fs::set_permissions(&hidden, fs::Permissions::from_mode(0o600))?;
    fs::rename(&hidden, path)?;
    Ok(listener)
}

/// Whether nobody listens on a socket any more.
fn is_dead(path: &Path) -> bool {
    matches!(UnixStream::connect(path), Err(e) if e.kind() == io::ErrorKind::ConnectionRefused)
}

fn accept(listener: &UnixListener, closed: &Receiver<()>, answer: &Arc<Answer>) {
    // A clone for each client that is being served.
    let served = Arc::new(());
    loop {
        let client = listener.accept();
        if closed.try_recv() == Err(TryRecvError::Disconnected) {
            return;
        }
        let Ok((stream, _)) = client else {
            thread::sleep(REST);
            continue;
        };
        if Arc::strong_count(&served) > CLIENTS || !is_same_user(&stream) {
            continue;
        }
        let (answer, counted) = (Arc::clone(answer), Arc::clone(&served));
        let client = thread::Builder::new().name("control-client".into());
        let spawned = client.spawn(move || {
            let _counted = counted;
            // What goes wrong with a client is told to it, or it has gone.
            one(stream, &*answer).unwrap_or_default();
        });
        if spawned.is_err() {
            thread::sleep(REST);
        }
    }
}

fn one(mut stream: UnixStream, answer: &Answer) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    serve(&mut stream, answer)
}

/// Whether the client is a process of this user; the folder keeps others out already.
#[cfg(target_os = "linux")]
fn is_same_user(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid == rustix::process::getuid())
}

#[cfg(not(target_os = "linux"))]
fn is_same_user(_: &UnixStream) -> bool {
    true
}

impl Timed for UnixStream {
    fn limit_read(&self, limit: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(limit))
    }
}

/// A recorder that runs and can be asked.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
}

/// The recorders of this user that run. Sockets of recorders that died are passed over.
pub fn recorders() -> Vec<Recorder> {
    let folders = place::folders().into_iter();
    folders
        .filter(|dir| place::is_ours(dir).unwrap_or(false))
        .flat_map(|dir| open::files(&dir, SUFFIX))
        .filter(|path| UnixStream::connect(path).is_ok())
        .map(|path| Recorder { path })
        .collect()
}

impl Recorder {
    /// Asks the recorder.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`](crate::ErrorKind::Session) when it does not answer; what it refuses comes
    /// as [`Reply::accepted`] tells it.
    pub fn ask(&self, ask: &Ask) -> Result<Reply> {
        let line = lines::request(ask).map_err(lines::silent)?;
        let mut stream = UnixStream::connect(&self.path).map_err(lines::silent)?;
        stream
            .set_write_timeout(Some(PATIENCE))
            .and_then(|()| io::Write::write_all(&mut stream, &line))
            .map_err(lines::silent)?;
        lines::reply(next(&mut stream, &mut Lines::default()))
    }
}

#[cfg(test)]
pub(super) mod tests;

//! Named pipes.
//!
//! A pipe's name can be seen by everybody on the machine, and whoever is first may take it. So each
//! recorder makes up a name of its own, and tells it in a file of the user's own profile, where a
//! client looks for it. The pipe can be opened by its owner alone, and not over the network.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interprocess::ConnectWaitMode;
use interprocess::os::windows::named_pipe::tokio::{DuplexPipeStream, PipeListener};
use interprocess::os::windows::named_pipe::{PipeListenerOptions, pipe_mode::Bytes};
use interprocess::os::windows::security_descriptor::SecurityDescriptor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{sleep, timeout};
use uuid::Uuid;
use widestring::U16CString;

use super::lines::{self, CLIENTS, Lines, PATIENCE, REST};
use super::open::{self, Listening};
use super::{Answer, Ask, Reply};
use crate::error::{Error, ErrorKind, Result};

/// Names a folder of one's own for the files that tell of pipes.
const OWN: &str = "VERBATIM_RUNTIME_DIR";

/// What names of such files end with.
const SUFFIX: &str = "pipe";

/// What names of pipes begin with.
const PREFIX: &str = r"\\.\pipe\verbatim-";

/// Who may open a pipe: its owner may do all, nobody else anything, and nothing is inherited.
const OWNER_ONLY: &str = "D:P(A;;GA;;;OW)";

/// A listener goes on as long as this is held.
pub(super) type Open = oneshot::Sender<()>;

/// Listens for clients of the session `id`; `answer` is called from other threads.
///
/// # Errors
///
/// [`ErrorKind::PermissionDenied`] when there is no folder for the name of the pipe, otherwise as
/// [`Error::io`].
pub fn listen(id: &str, answer: Arc<Answer>) -> Result<Listening> {
    let dir = folder().ok_or_else(|| {
        Error::new(
            ErrorKind::PermissionDenied,
            "no folder for the name of the control pipe",
        )
        .hint(format!("name one of your own in {OWN}"))
    })?;
    fs::create_dir_all(&dir).map_err(|e| Error::io("create", &dir, e))?;
    listen_in(&dir, id, answer)
}

pub(super) fn listen_in(dir: &Path, id: &str, answer: Arc<Answer>) -> Result<Listening> {
    open::clean(dir, SUFFIX, is_dead);
    let path = open::file(dir, id, SUFFIX);
    let unheard = |e: io::Error| Error::io("listen on", &path, e);
    let runtime = runtime().map_err(unheard)?;
    let listener = {
        let _inside = runtime.enter();
        bind(&path).map_err(unheard)?
    };
    let (open, closed) = oneshot::channel();
    let told = path.clone();
    Listening::start(path, open, move || {
        runtime.block_on(accept(listener, &told, closed, answer));
        // A client that waits for its answer keeps nobody from ending.
        runtime.shutdown_background();
    })
}

/// The listener waits for its closing as well as for clients, and sees it by itself.
pub(super) fn wake(_: &Path) -> bool {
    true
}

/// The folder of this user that tells of pipes.
fn folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    named(OWN).map(PathBuf::from).or_else(|| {
        let profile = named("LOCALAPPDATA").map(PathBuf::from)?;
        Some(profile.join("verbatim").join("run"))
    })
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Makes a pipe of a name that nobody can foresee, and tells it in the file at `path`.
fn bind(path: &Path) -> io::Result<PipeListener<Bytes, Bytes>> {
    let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
    let rights = U16CString::from_str(OWNER_ONLY).map_err(io::Error::other)?;
    let listener = PipeListenerOptions::new()
        .path(name.as_str())
        .accept_remote(false)
        .security_descriptor(Some(SecurityDescriptor::deserialize(&rights)?))
        .create_tokio_duplex::<Bytes>()?;
    // Whoever finds the file finds the whole name in it.
    let hidden = path.with_extension("new");
    fs::write(&hidden, &name)?;
    fs::rename(&hidden, path)?;
    Ok(listener)
}

/// The pipe that a file tells of.
fn told(path: &Path) -> Option<String> {
    let name = fs::read_to_string(path).ok()?;
    name.starts_with(PREFIX).then_some(name)
}

/// Whether the pipe that a file tells of is gone.
fn is_dead(path: &Path) -> bool {
    told(path).is_none_or(|name| {
        let opened = OpenOptions::new().read(true).write(true).open(name);
        matches!(opened, Err(e) if e.kind() == io::ErrorKind::NotFound)
    })
}

async fn accept(
    mut listener: PipeListener<Bytes, Bytes>,
    path: &Path,
    mut closed: oneshot::Receiver<()>,
    answer: Arc<Answer>,
) {
    let mut clients = JoinSet::new();
    loop {
        let client = tokio::select! {
            _ = &mut closed => return,
            _ = clients.join_next(), if !clients.is_empty() => continue,
            client = listener.accept() => client,
        };
        match client {
            Ok(stream) if clients.len() < CLIENTS => {
                clients.spawn(one(stream, Arc::clone(&answer)));
            }
            Ok(_) => {}
            // A client that was gone before it was taken in leaves the pipe unusable.
            Err(_) => match bind(path) {
                Ok(fresh) => listener = fresh,
                Err(_) => sleep(REST).await,
            },
        }
    }
}

/// Answers a client until it goes away, takes too long, or says what is not JSON. What goes wrong with
/// it is told to it, or it has gone.
async fn one(stream: DuplexPipeStream<Bytes>, answer: Arc<Answer>) -> io::Result<()> {
    let mut held = Lines::default();
    while let Some(line) = next(&stream, &mut held).await? {
        let answer = Arc::clone(&answer);
        let replied = spawn_blocking(move || lines::reply_to(&line, &*answer)).await;
        let (bytes, goes_on) = replied.map_err(io::Error::other)??;
        timeout(PATIENCE, (&stream).write_all(&bytes)).await??;
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// The next line without its end; `None` when the stream ends between two lines.
async fn next(stream: &DuplexPipeStream<Bytes>, held: &mut Lines) -> io::Result<Option<Vec<u8>>> {
    let read = async {
        let mut stream = stream;
        loop {
            if let Some(line) = held.take()? {
                return Ok(Some(line));
            }
            let mut block = [0; 4_096];
            match stream.read(&mut block).await? {
                0 => return held.end().map(|()| None),
                count => held.push(&block[..count]),
            }
        }
    };
    timeout(PATIENCE, read).await?
}

/// A recorder that runs and can be asked.
#[derive(Debug)]
pub struct Recorder {
    pipe: String,
}

/// The recorders of this user. One that died and left its file does not answer.
pub fn recorders() -> Vec<Recorder> {
    let dir = folder();
    let files = dir.map(|dir| open::files(&dir, SUFFIX)).unwrap_or_default();
    let pipes = files.iter().filter_map(|path| told(path));
    pipes.map(|pipe| Recorder { pipe }).collect()
}

impl Recorder {
    /// Asks the recorder.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Session`] when it does not answer; what it refuses comes as [`Reply::accepted`]
    /// tells it.
    pub fn ask(&self, ask: &Ask) -> Result<Reply> {
        let line = lines::request(ask).map_err(lines::silent)?;
        let runtime = runtime().map_err(lines::silent)?;
        let asked = async {
            let path = self.pipe.as_str();
            let patience = ConnectWaitMode::Timeout(PATIENCE);
            let stream =
                DuplexPipeStream::<Bytes>::connect_by_path_with_wait_mode(path, patience).await?;
            timeout(PATIENCE, (&stream).write_all(&line)).await??;
            let reply = next(&stream, &mut Lines::default()).await;
            stream.evade_limbo();
            reply
        };
        let answered = runtime.block_on(asked);
        runtime.shutdown_background();
        lines::reply(answered)
    }
}

#[cfg(test)]
pub(super) mod tests;

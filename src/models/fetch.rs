//! Fetching a model: resumed where it stopped, started over where that cannot be, and checked over
//! its whole length before it gets its name.

use std::path::Path;
use std::thread;
use std::time::Duration;

use self::http::{Answer, Client, Failure, Opening};
use self::part::{Lock, Part};
use super::catalogue::Entry;
use super::install::{self, Installation, Outcome, Step};
use super::verify;
use crate::error::{Error, ErrorKind, Result};

mod http;
mod part;

/// Bytes beyond the furthest point so far that count as progress and make failures count from zero.
const PROGRESS_BYTES: u64 = 1 << 20;

/// How often a fetch begins again from the first byte before it gives up.
const LONGEST_RESTARTS: u32 = 2;

/// Failures after which a fetch gives up that never received a byte because nothing answers.
const OFFLINE_ATTEMPTS: u32 = 2;

/// Bytes taken from the connection at a time.
const READ_BLOCK: usize = 1 << 16;

/// How connections are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Through the proxy that the usual variables name, where they name one.
    SystemProxy,
    /// Straight to the server.
    Direct,
}

/// Where a model is fetched from, and how patiently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchOptions {
    /// Address that the entry's path is appended to: the catalogue's, or a mirror's.
    pub base_url: String,
    /// How connections are made.
    pub route: Route,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the next bytes before the connection counts as stalled.
    pub stall_timeout: Duration,
    /// Failures without progress after which the fetch gives up; at least 1.
    pub attempts: u32,
    /// Wait after the first failure; it doubles with each further one.
    pub first_wait: Duration,
    /// Longest wait between attempts.
    pub longest_wait: Duration,
}

impl FetchOptions {
    /// The usual patience, about a minute of waiting in all, with `base_url`.
    pub fn new(base_url: impl Into<String>) -> FetchOptions {
        FetchOptions {
            base_url: base_url.into(),
            route: Route::SystemProxy,
            connect_timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(30),
            attempts: 6,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
        }
    }

    /// The wait after `failures` failures in a row.
    fn wait(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first_wait
            .saturating_mul(factor)
            .min(self.longest_wait)
    }
}

/// The address of `entry` under `base_url`.
///
/// # Errors
///
/// [`ErrorKind::Model`] for a model that is not published; [`ErrorKind::Usage`] when `base_url` is no
/// http or https address.
pub fn url(entry: &Entry, base_url: &str) -> Result<String> {
    let Some(path) = &entry.path else {
        return Err(Error::new(
            ErrorKind::Model,
            format!("{} comes with the program and is not published", entry.name),
        )
        .hint("install the program again if its file is missing"));
    };
    let schemes = ["https://", "http://"];
    if !schemes.iter().any(|scheme| base_url.starts_with(scheme)) {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("{base_url:?} is not an address to fetch models from"),
        )
        .hint("give one that begins with https:// or http://"));
    }
    Ok(format!("{}/{path}", base_url.trim_end_matches('/')))
}

/// Fetches `entry` into `folder`, unless its whole file is there already.
///
/// What arrives lies in `NAME.part` until it is complete and its SHA-256 is right; only then it gets
/// its name. A broken fetch leaves that file, and the next one goes on from there. Two processes that
/// fetch the same model take turns.
///
/// # Errors
///
/// [`ErrorKind::Network`] when the server cannot be reached, keeps failing, or delivers another file;
/// [`ErrorKind::Disk`] or [`ErrorKind::PermissionDenied`] when the file cannot be written;
/// [`ErrorKind::Usage`] and [`ErrorKind::Model`] as [`url`]. A file of that name in `folder` is then
/// as it was.
pub fn fetch(
    entry: &Entry,
    folder: &Path,
    options: &FetchOptions,
    progress: &mut dyn FnMut(Step),
) -> Result<Installation> {
    let url = url(entry, &options.base_url)?;
    install::create_folder(folder)?;
    let lock = Lock::acquire(folder, &entry.file, progress)?;
    let path = folder.join(&entry.file);
    let outcome = if install::is_whole(&path, entry, progress)? {
        Outcome::AlreadyThere
    } else {
        let part = Part::open(folder, &entry.file)?;
        install::ensure_space(folder, entry.bytes.saturating_sub(part.len()))?;
        let mut download = Download {
            entry,
            client: Client::new(options),
            url,
            options,
            part,
            restarts: 0,
        };
        if let Err(error) = download.run(progress) {
            download.part.remove_if_empty()?;
            return Err(error);
        }
        download.part.publish(&path)?;
        install::sync_folder(folder)?;
        Outcome::Installed
    };
    lock.release()?;
    Ok(Installation {
        path,
        entry: entry.clone(),
        outcome,
    })
}

/// One fetch under way.
struct Download<'a> {
    entry: &'a Entry,
    client: Client,
    url: String,
    options: &'a FetchOptions,
    part: Part,
    restarts: u32,
}

impl Download<'_> {
    /// Brings the part file to the entry's content. Bytes of an earlier run get one chance: if they
    /// turn out wrong, the file is fetched once more from its beginning.
    fn run(&mut self, progress: &mut dyn FnMut(Step)) -> Result<()> {
        let mut inherited = self.part.len() > 0;
        loop {
            self.receive(progress)?;
            self.part.sync()?;
            let total = self.entry.bytes;
            let found = verify::sha256_file(self.part.path(), &mut |done, _| {
                progress(Step::Checking { done, total });
            })?;
            if found == self.entry.sha256 {
                return Ok(());
            }
            if !inherited {
                self.part.remove()?;
                return Err(self.wrong_content(&found));
            }
            inherited = false;
            self.start_over("what an earlier fetch left has other content", progress)?;
        }
    }

    /// Receives until the part file has the entry's length.
    fn receive(&mut self, progress: &mut dyn FnMut(Step)) -> Result<()> {
        let mut failures = 0;
        let mut furthest = self.part.len();
        let started_with = self.part.len();
        loop {
            let (cause, offline) = match self.attempt(progress) {
                Ok(()) => return Ok(()),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::StartOver(cause)) => {
                    self.start_over(cause, progress)?;
                    continue;
                }
                Err(Failure::Passing(cause)) => (cause, false),
                Err(Failure::Unreachable(cause)) => (cause, self.part.len() == started_with),
            };
            if self.part.len() >= furthest.saturating_add(PROGRESS_BYTES) {
                furthest = self.part.len();
                failures = 0;
            }
            failures += 1;
            let attempts = match offline {
                true => self.options.attempts.min(OFFLINE_ATTEMPTS),
                false => self.options.attempts,
            };
            if failures >= attempts {
                return Err(self.gave_up(&cause));
            }
            let wait = self.options.wait(failures);
            progress(Step::Retry {
                failures,
                attempts,
                wait,
                cause: &cause,
            });
            thread::sleep(wait);
        }
    }

    /// One connection: asks for what is missing and appends what comes.
    fn attempt(&mut self, progress: &mut dyn FnMut(Step)) -> std::result::Result<(), Failure> {
        let total = self.entry.bytes;
        let from = self.part.len();
        if from == total {
            return Ok(());
        }
        if from > total {
            return Err(Failure::StartOver(
                "what had arrived is longer than the model",
            ));
        }
        let mut answer = self.client.open(&http::Request {
            url: &self.url,
            from,
            etag: self.part.etag(),
            expected: total,
        })?;
        if answer.opening == Opening::Whole && from > 0 {
            self.start_over("the server sends the whole file again", progress)?;
        }
        self.part.set_etag(answer.etag.as_deref())?;
        self.append_body(&mut answer, progress)?;
        let got = self.part.len();
        if got == total {
            return Ok(());
        }
        Err(Failure::Passing(format!(
            "the connection ended after {got} of {total} bytes"
        )))
    }

    /// Appends what comes until the body ends. A body that is longer than the model is another file.
    fn append_body(
        &mut self,
        answer: &mut Answer,
        progress: &mut dyn FnMut(Step),
    ) -> std::result::Result<(), Failure> {
        let total = self.entry.bytes;
        let mut block = vec![0_u8; READ_BLOCK];
        loop {
            let done = self.part.len();
            progress(Step::Transfer { done, total });
            let read = answer.read(&mut block)?;
            if read == 0 {
                return Ok(());
            }
            if done + read as u64 > total {
                self.part.remove()?;
                return Err(Failure::Final(http::other_file(&self.url, total, None)));
            }
            self.part.append(&block[..read])?;
        }
    }

    fn start_over(&mut self, cause: &'static str, progress: &mut dyn FnMut(Step)) -> Result<()> {
        self.restarts += 1;
        if self.restarts > LONGEST_RESTARTS {
            return Err(self.gave_up(cause));
        }
        self.part.clear()?;
        progress(Step::StartOver { cause });
        Ok(())
    }

    /// The server failed for good, or cannot be reached at all.
    fn gave_up(&self, cause: &str) -> Error {
        let kept = match self.part.len() {
            0 => "run the same command again when there is a connection".to_owned(),
            len => format!(
                "run the same command again to go on after {} of {} MB",
                len / 1_000_000,
                self.entry.bytes / 1_000_000
            ),
        };
        Error::new(
            ErrorKind::Network,
            format!(
                "cannot fetch {} from {}: {cause}",
                self.entry.name, self.url
            ),
        )
        .hint(format!("{kept}, or {}", self.by_hand()))
    }

    fn wrong_content(&self, found: &str) -> Error {
        Error::new(
            ErrorKind::Network,
            format!(
                "{} delivers another file than {}: its SHA-256 is {found}, not {}",
                self.url, self.entry.name, self.entry.sha256
            ),
        )
        .hint("nothing was kept; try again, with another --mirror or without one")
    }

    /// How the model gets here without a connection of this machine.
    fn by_hand(&self) -> String {
        format!(
            "download {} on another machine, check that its SHA-256 is {}, and run `verbatim models \
             import {}`",
            self.url, self.entry.sha256, self.entry.file
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Catalogue;

    #[test]
    fn addresses_are_joined_with_one_slash_and_checked() {
        let catalogue = Catalogue::builtin().unwrap();
        let entry = catalogue.find("base.en").unwrap();
        for base in ["https://mirror.example/m", "https://mirror.example/m/"] {
            let joined = url(entry, base).unwrap();
            assert_eq!(joined, "https://mirror.example/m/ggml-base.en.bin");
        }
        let kind = |entry: &Entry, base: &str| url(entry, base).unwrap_err().kind();
        assert_eq!(kind(entry, "ftp://mirror.example"), ErrorKind::Usage);
        assert_eq!(kind(entry, "mirror.example"), ErrorKind::Usage);
        let starter = catalogue.find("starter").unwrap();
        assert_eq!(kind(starter, &catalogue.base_url), ErrorKind::Model);
    }

    #[test]
    fn waits_double_up_to_a_bound() {
        let options = FetchOptions::new("https://mirror.example");
        let waits: Vec<u64> = (1..8).map(|n| options.wait(n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(options.wait(u32::MAX).as_secs(), 30);
    }
}

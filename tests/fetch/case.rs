//! A small file in place of a model, and a folder and a server to fetch it with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use verbatim::models::fetch::{FetchOptions, Route, fetch};
use verbatim::models::{Catalogue, Entry, Installation, Step};
use verbatim::{ErrorKind, Result};

use super::server::{Reply, Server};

/// Size of the file that stands for a model: more than one block, no round number.
pub const BYTES: usize = 700_001;

/// The same bytes in every run, without a pattern that a shifted copy would repeat.
pub fn content() -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..BYTES)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

pub fn entry() -> Entry {
    let catalogue = Catalogue::builtin().unwrap();
    let digest = Sha256::digest(content());
    Entry {
        name: "sample".to_owned(),
        file: "ggml-sample.bin".to_owned(),
        path: Some("ggml-sample.bin".to_owned()),
        bytes: BYTES as u64,
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        ..catalogue.find("tiny.en").unwrap().clone()
    }
}

pub fn options(base_url: String) -> FetchOptions {
    FetchOptions {
        route: Route::Direct,
        connect_timeout: Duration::from_secs(5),
        stall_timeout: Duration::from_millis(400),
        attempts: 4,
        first_wait: Duration::from_millis(5),
        longest_wait: Duration::from_millis(20),
        ..FetchOptions::new(base_url)
    }
}

/// A folder, a server, and what was reported while fetching.
pub struct Case {
    pub dir: tempfile::TempDir,
    pub server: Server,
    pub retries: Vec<String>,
    pub restarts: Vec<String>,
}

impl Case {
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Case {
        Case {
            dir: tempfile::tempdir().unwrap(),
            server: Server::start(content(), replies),
            retries: Vec::new(),
            restarts: Vec::new(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Fetches, and checks on every step that nothing incomplete has the final name.
    pub fn fetch(&mut self) -> Result<Installation> {
        self.fetch_entry(&entry())
    }

    pub fn fetch_entry(&mut self, entry: &Entry) -> Result<Installation> {
        let target = self.path("ggml-sample.bin");
        let before = std::fs::read(&target).ok();
        let mut progress = |step: Step| {
            assert_eq!(std::fs::read(&target).ok(), before);
            match step {
                Step::Transfer { done, total } => assert!(done <= total),
                Step::Retry { cause, .. } => self.retries.push(cause.to_owned()),
                Step::StartOver { cause } => self.restarts.push(cause.to_owned()),
                Step::Waiting | Step::Checking { .. } => {}
            }
        };
        let options = options(self.server.base_url());
        fetch(entry, self.dir.path(), &options, &mut progress)
    }

    /// The model is there, whole, and alone.
    pub fn assert_whole(&self) {
        assert!(std::fs::read(self.path("ggml-sample.bin")).unwrap() == content());
        assert_eq!(self.files(), ["ggml-sample.bin"]);
    }

    pub fn files(&self) -> Vec<String> {
        files(self.dir.path())
    }

    pub fn failure(&mut self, kind: ErrorKind) -> String {
        let error = self.fetch().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.hint_text().is_some(), "{error}");
        assert!(!self.path("ggml-sample.bin").exists());
        error.to_string()
    }
}

pub fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

//! A recorder that runs, and what can happen to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::program::{sample_call, sessions, verbatim, wait_for};

/// A running `verbatim record`; it is killed when the test forgets it.
pub struct Recorder {
    pub child: Child,
    dir: PathBuf,
}

impl Recorder {
    /// Records the sample call's files in real time.
    pub fn of_files(dir: &Path, more: &[&str]) -> Recorder {
        let mut command = verbatim(dir);
        command
            .arg("record")
            .arg("--mic")
            .arg(format!("file:{}", sample_call("mic.flac").display()))
            .arg("--system")
            .arg(format!("file:{}", sample_call("system.flac").display()))
            .args(more);
        Recorder::start(command, dir)
    }

    /// Starts a prepared command that keeps its sessions in `dir`.
    pub fn start(mut command: Command, dir: &Path) -> Recorder {
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the recorder starts");
        Recorder {
            child,
            dir: dir.to_owned(),
        }
    }

    /// The session that it records.
    pub fn session(&self) -> PathBuf {
        wait_for("the session's folder", Duration::from_secs(20), || {
            sessions(&self.dir).pop()
        })
    }

    /// Sends it a signal by name, such as `KILL`.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the recorder ends")
    }

    /// Process id of its recogniser.
    pub fn recogniser(&self) -> u32 {
        wait_for("the recogniser's process", Duration::from_secs(20), || {
            children(self.child.id())
                .into_iter()
                .find(|&pid| command_line(pid).contains("__transcriber"))
        })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.child.kill().expect("the recorder can be killed");
            self.child.wait().expect("the recorder is reaped");
        }
    }
}

/// Sends a signal by name to a process.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()
        .expect("kill runs");
    assert!(status.success(), "kill -{name} {pid}");
}

/// Whether a process runs.
pub fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap_or("")
            .trim_start()
            .starts_with('Z')
    })
}

fn children(parent: u32) -> Vec<u32> {
    fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit(')').next().unwrap_or("");
            after_name.split_whitespace().nth(1) == Some(&parent.to_string())
        })
        .collect()
}

fn command_line(pid: u32) -> String {
    fs::read(format!("/proc/{pid}/cmdline"))
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .unwrap_or_default()
}

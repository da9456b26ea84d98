//! A private PulseAudio server with a virtual microphone and virtual speakers.

use std::path::Path;
use std::process::Command;

use super::program::repository;

/// A running server; it ends with this value.
pub struct AudioServer {
    dir: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl AudioServer {
    /// Starts a server of its own in a short folder: socket paths must stay under 108 bytes.
    pub fn start() -> AudioServer {
        let dir = tempfile::Builder::new()
            .prefix("va")
            .tempdir_in("/tmp")
            .expect("a folder for the audio server");
        let started = script("start", dir.path(), &["pulse"]);
        assert!(
            started.status.success(),
            "the private audio server did not start (are pulseaudio and pulseaudio-utils installed?):\n{}",
            String::from_utf8_lossy(&started.stderr)
        );
        let exports = script("env", dir.path(), &[]);
        let environment = String::from_utf8_lossy(&exports.stdout)
            .trim()
            .trim_start_matches("export ")
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        AudioServer { dir, environment }
    }

    /// Points a command at this server.
    pub fn serve<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }

    /// A player of the sample call: interviewer into the microphone, participant into the speakers.
    pub fn player(&self, mic: &Path, system: &Path) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_verbatim"))
            .parent()
            .expect("a folder")
            .join("examples/play_call");
        let mut command = Command::new(program);
        command
            .args(["--mic", "micsink"])
            .arg(mic)
            .args(["--system", "speakers"])
            .arg(system);
        self.serve(&mut command);
        command
    }
}

impl Drop for AudioServer {
    fn drop(&mut self) {
        script("stop", self.dir.path(), &[]);
    }
}

fn script(verb: &str, dir: &Path, more: &[&str]) -> std::process::Output {
    Command::new(repository("scripts/virtual-audio.sh"))
        .arg(verb)
        .arg(dir)
        .args(more)
        .output()
        .expect("bash runs")
}

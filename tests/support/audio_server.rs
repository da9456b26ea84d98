//! A private PulseAudio server with a virtual microphone and virtual speakers.

use std::fs::{self, File};
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::program::repository;

/// Names the server's folder to a test that runs inside its environment.
const INSIDE: &str = "VERBATIM_TEST_AUDIO_SERVER";

/// How long a test inside a server's environment may take.
const TEST: Duration = Duration::from_secs(40);

/// A running server; it ends with the value that started it.
pub struct AudioServer {
    dir: PathBuf,
    environment: Vec<(String, String)>,
    owned: Option<tempfile::TempDir>,
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
        AudioServer::at(dir.path().to_owned(), Some(dir))
    }

    /// Runs a test in a process of its own that has a server of its own: the library finds its server
    /// by the environment, which a process with several threads cannot change. `test` is the whole
    /// name of the test that calls this.
    pub fn around(test: &str, body: impl FnOnce(&AudioServer)) {
        if let Some(dir) = std::env::var_os(INSIDE) {
            return body(&AudioServer::at(dir.into(), None));
        }
        let server = AudioServer::start();
        let told = server.dir.join("test.log");
        let log = File::create(&told).expect("a log can be made");
        let mut again = Command::new(std::env::current_exe().expect("this test has a path"));
        again
            .args([test, "--exact", "--nocapture", "--test-threads=1"])
            .env(INSIDE, &server.dir)
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("a log has two writers"))
            .stdout(log);
        let mut child = server
            .serve(&mut again)
            .spawn()
            .expect("this test starts again");
        let begun = Instant::now();
        let ended = loop {
            match child.try_wait().expect("a child can be waited for") {
                Some(status) => break Some(status),
                None if begun.elapsed() > TEST => break None,
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        if ended.is_none() {
            child.kill().expect("a child can be ended");
            child.wait().expect("a child ends");
        }
        let told = fs::read_to_string(told).expect("the log can be read");
        assert!(ended.is_some(), "hung for {TEST:?}:\n{told}");
        let passed = told.contains("test result: ok. 1 passed");
        assert!(
            passed && ended.is_some_and(|status| status.success()),
            "{told}"
        );
    }

    fn at(dir: PathBuf, owned: Option<tempfile::TempDir>) -> AudioServer {
        let exports = script("env", &dir, &[]);
        let environment = String::from_utf8_lossy(&exports.stdout)
            .trim()
            .trim_start_matches("export ")
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        AudioServer {
            dir,
            environment,
            owned,
        }
    }

    /// Asks the server's own control program, and panics when that fails.
    pub fn pactl(&self, args: &[&str]) -> String {
        let mut command = Command::new("pactl");
        let output = self
            .serve(command.args(args))
            .output()
            .expect("pactl starts");
        assert!(output.status.success(), "pactl {args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The streams that clients record; the virtual microphone's own, which no client has, is left out.
    pub fn streams(&self) -> Vec<String> {
        let listed = self.pactl(&["list", "short", "source-outputs"]);
        let of_a_client = |line: &&str| line.split_whitespace().nth(2) != Some("-");
        let streams = listed.lines().filter(of_a_client);
        streams.map(str::to_owned).collect()
    }

    /// Unplugs a device: unloads the module whose arguments hold `argument`.
    pub fn unload(&self, argument: &str) {
        let modules = self.pactl(&["list", "short", "modules"]);
        let index = modules
            .lines()
            .find(|line| line.split_whitespace().any(|word| word == argument))
            .and_then(|line| line.split_whitespace().next())
            .unwrap_or_else(|| panic!("no module has {argument}:\n{modules}"));
        self.pactl(&["unload-module", index]);
    }

    /// Plugs a device in: loads a module by its name and arguments.
    pub fn load(&self, module: &str) {
        let words = module.split_whitespace();
        self.pactl(&iter::once("load-module").chain(words).collect::<Vec<_>>());
    }

    /// Starts the server again in its old place, after it was killed.
    pub fn restart(&self) {
        let started = script("start", &self.dir, &["pulse"]);
        assert!(started.status.success(), "{started:?}");
    }

    /// Sends the server a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = fs::read_to_string(self.dir.join("pulseaudio.pid")).expect("the server's id");
        let pid = pid
            .trim()
            .parse()
            .ok()
            .and_then(Pid::from_raw)
            .expect("an id of a process");
        kill_process(pid, signal).expect("the server takes signals");
    }

    /// A player of one file into one sink.
    pub fn paplay(&self, sink: &str, file: &Path) -> Command {
        let mut command = Command::new("paplay");
        command.args(["--device", sink]).arg(file);
        self.serve(&mut command);
        command
    }

    /// Points a command at this server.
    pub fn serve<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }

    /// What points a command at this server that is typed in a shell.
    pub fn assignments(&self) -> String {
        let pairs = self.environment.iter();
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join(" ")
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
        if self.owned.is_some() {
            script("stop", &self.dir, &[]);
        }
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

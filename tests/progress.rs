//! What a person sees of `verbatim transcribe` in a real terminal (tmux): bars, Ctrl-C once and twice, and
//! narrow windows.
#![cfg(target_os = "linux")]

mod support;

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use support::program::{flac, json, sample_call, sessions, write_wav};

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(120);

/// A window with a shell in it, on a tmux server of its own.
struct Window {
    socket: String,
    dir: tempfile::TempDir,
    runs: Cell<u32>,
}

impl Window {
    fn open(name: &str, width: &str) -> Window {
        let window = Window {
            socket: format!("verbatim-{name}-{}", std::process::id()),
            dir: tempfile::tempdir().expect("a folder"),
            runs: Cell::new(0),
        };
        let shell = "env PS1='ready> ' bash --norc --noprofile";
        window.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            width,
            "-y",
            "24",
            shell,
        ]);
        window.wait("ready>", |text| text.contains("ready>"));
        let inbox = window.dir.path().join("inbox");
        fs::create_dir(&inbox).expect("a folder");
        for (name, side) in [("anna", "mic"), ("ben", "system")] {
            let samples = flac(&sample_call(&format!("{side}.flac")));
            write_wav(&inbox.join(format!("{name}.wav")), 16_000, 1, &samples);
        }
        window
    }

    fn tmux(&self, args: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        let output = tmux.args(["-L", &self.socket]).args(args).output();
        let output = output.expect("tmux is installed");
        assert!(output.status.success(), "tmux {args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("a screen is text")
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Transcribes the inbox; the shell then says how that ended.
    fn transcribe(&self, more: &str) {
        self.runs.set(self.runs.get() + 1);
        let line = format!(
            "clear; VERBATIM_DIR={dir}/sessions XDG_STATE_HOME={dir} {program} transcribe --vad webrtc \
             --workers 2 {more} {dir}/inbox; echo \"run {run} code $?\"",
            run = self.runs.get(),
            dir = self.dir.path().display(),
            program = env!("CARGO_BIN_EXE_verbatim"),
        );
        self.keys(&["-l", &line]);
        self.keys(&["Enter"]);
    }

    /// The screen with its history, and lines that were wrapped as one.
    fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    /// The screen as it is.
    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The screen once the shell has said how the latest run ended; an earlier run may still be on it.
    fn wait_for_the_end(&self) -> String {
        let said = format!("run {} code ", self.runs.get());
        self.wait("the end", |screen| {
            let mut codes = screen.lines().filter_map(|line| line.strip_prefix(&said));
            codes.any(|code| code.starts_with(|c: char| c.is_ascii_digit()))
        })
    }

    fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "no {what} in\n{}", self.text());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let mut tmux = Command::new("tmux");
        drop(tmux.args(["-L", &self.socket, "kill-server"]).output());
    }
}

/// The line of all recordings, and the lines of those that are worked on.
fn bars(screen: &str) -> (Option<&str>, Vec<&str>) {
    let all = screen.lines().find(|line| line.contains(" of 2 done"));
    let each = screen.lines().filter(|line| line.contains(" % ETA"));
    (all, each.collect())
}

fn decodes(screen: &str) -> bool {
    let (all, each) = bars(screen);
    all.is_some() && each.iter().any(|line| line.contains("transcribing"))
}

fn left_of_bars(screen: &str) -> Vec<&str> {
    let bars = screen.lines().filter(|line| line.contains("ETA"));
    bars.collect()
}

/// Whether a bar of transcribing stands between its ends: how far a recording of few minutes has come is
/// told window by window.
fn is_under_way(screen: &str) -> bool {
    let (_, each) = bars(screen);
    let transcribing = each.iter().filter(|line| line.contains("transcribing"));
    let mut percents = transcribing.filter_map(|line| {
        let (before, _) = line.split_once(" %")?;
        before.rsplit([' ', ']']).next()?.parse::<u32>().ok()
    });
    percents.any(|percent| (1..100).contains(&percent))
}

#[test]
fn ctrl_c_once_finishes_the_windows_and_a_second_run_the_rest() {
    let window = Window::open("once", "120");
    window.transcribe("");
    let screen = window.wait("bars", decodes);
    let (all, each) = bars(&screen);
    let all = all.expect("a line of all");
    assert!(
        all.contains("ETA") && all.contains(" x real time") && all.contains(" of 04:0"),
        "{screen}"
    );
    let each = each
        .iter()
        .find(|line| line.contains("transcribing"))
        .expect("a bar");
    assert!(
        each.contains("x real time") && each.contains('['),
        "{screen}"
    );
    assert!(
        each.contains("anna.wav") || each.contains("ben.wav"),
        "{screen}"
    );
    window.wait("a bar under way", is_under_way);
    window.keys(&["C-c"]);
    let screen = window.wait_for_the_end();
    assert!(
        screen.contains("finishing what is being decoded; Ctrl-C again stops at once"),
        "{screen}"
    );
    assert!(screen.contains("code 3"), "{screen}");
    assert_eq!(left_of_bars(&screen), [""; 0], "{screen}");
    assert!(screen.contains("stopped"), "{screen}");
    window.transcribe("");
    let screen = window.wait_for_the_end();
    assert!(screen.contains("code 0"), "{screen}");
    assert_eq!(left_of_bars(&screen), [""; 0], "{screen}");
    let rows = screen
        .lines()
        .filter(|line| line.starts_with("anna.wav ") || line.starts_with("ben.wav "));
    assert_eq!(rows.count(), 2, "{screen}");
}

#[test]
fn ctrl_c_twice_ends_at_once_and_loses_nothing_that_was_finished() {
    let window = Window::open("twice", "100");
    let place = window.dir.path().join("sessions");
    // The first line names the pass, each after it a window; a session that is complete needs the file no more.
    let kept = |session: &Path| {
        let text = fs::read_to_string(session.join(".windows.ndjson"));
        let windows = text.map_or(0, |text| text.lines().skip(1).count());
        let manifest = session.join("session.json");
        windows > 0 || (manifest.exists() && json(&manifest)["status"] == "complete")
    };
    let has_kept = || sessions(&place).iter().any(|session| kept(session));
    window.transcribe("");
    window.wait("bars", decodes);
    // Something must have been finished for the second key to lose.
    window.wait("a finished window", |_| has_kept());
    window.keys(&["C-c"]);
    window.wait("a word", |text| text.contains("Ctrl-C again stops at once"));
    let begun = Instant::now();
    window.keys(&["C-c"]);
    let screen = window.wait_for_the_end();
    // The windows may have been finished before the second key came.
    if screen.contains("code 130") {
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert!(
            screen.contains("the same command goes on where it stopped"),
            "{screen}"
        );
    } else {
        assert!(screen.contains("code 3"), "{screen}");
    }
    assert_eq!(left_of_bars(&screen), [""; 0], "{screen}");
    assert!(has_kept());
    window.transcribe("");
    let screen = window.wait_for_the_end();
    assert!(screen.contains("code 0"), "{screen}");
    assert!(window.text().contains("goes on with"), "{}", window.text());
    for session in sessions(&place) {
        assert_eq!(json(&session.join("session.json"))["status"], "complete");
    }
}

#[test]
fn bars_keep_to_a_narrow_window() {
    let window = Window::open("narrow", "40");
    window.transcribe("");
    let shows = |screen: &str| bars(screen).0.is_some() && !bars(screen).1.is_empty();
    for _ in 0..3 {
        let screen = window.wait("bars", shows);
        let (all, each) = bars(&screen);
        assert!(all.expect("a line of all").contains("ETA"), "{screen}");
        assert!(each.len() <= 2, "{screen}");
        // A bar that does not fit leaves its pieces on the screen.
        let lines = screen.lines().filter(|line| line.contains(" of 2 done"));
        assert_eq!(lines.count(), 1, "{screen}");
        thread::sleep(Duration::from_millis(300));
    }
    window.keys(&["C-c"]);
    let screen = window.wait_for_the_end();
    assert_eq!(left_of_bars(&screen), [""; 0], "{screen}");
}

//! What a person sees: the program in a real terminal (tmux), with a shell around it.
#![cfg(target_os = "linux")]

mod support;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use support::audio_server::AudioServer;
use support::program::{count, events, json, sample_call, start, wait_for};

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window with a shell in it. Each has a tmux server of its own.
struct Window {
    socket: String,
    dir: tempfile::TempDir,
}

impl Window {
    fn open(name: &str, width: u16, height: u16) -> Window {
        let window = Window {
            socket: format!("verbatim-{name}-{}", std::process::id()),
            dir: tempfile::tempdir().expect("a folder"),
        };
        let size = [width.to_string(), height.to_string()];
        window.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &size[0],
            "-y",
            &size[1],
            "env PS1='ready> ' bash --norc --noprofile",
        ]);
        wait_for("a prompt", PATIENCE, || {
            window.text().contains("ready>").then_some(())
        });
        window
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-L", &self.socket])
            .args(args)
            .output()
            .expect("tmux is installed");
        assert!(output.status.success(), "tmux {args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("a screen is text")
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Presses a key; returns between which times that was.
    fn press(&self, key: &str) -> Range<f64> {
        let before = wall();
        self.keys(&[key]);
        before..wall()
    }

    /// Records the sample call from its files, in real time.
    fn record(&self, before: &str, options: &str) {
        let (mic, system) = (sample_call("mic.flac"), sample_call("system.flac"));
        let tracks = format!(
            "--mic file:{} --system file:{}",
            mic.display(),
            system.display()
        );
        self.run(before, &format!("{tracks} {options}"));
    }

    /// Records the sample call through the devices of a server; returns its player.
    fn record_devices(&self, server: &AudioServer) -> Child {
        self.run(&server.assignments(), "--mic mic --system speakers");
        let session = self.session();
        wait_for("both tracks", PATIENCE, || {
            (count(&session, "track.started") == 2).then_some(())
        });
        let (mic, system) = (sample_call("mic.flac"), sample_call("system.flac"));
        let mut player = server.player(&mic, &system);
        start(&mut player)
    }

    fn run(&self, before: &str, options: &str) {
        let line = format!(
            "{before} VERBATIM_DIR={} {} record --consent yes {options}",
            self.dir.path().display(),
            env!("CARGO_BIN_EXE_verbatim"),
        );
        self.keys(&["-l", &line]);
        self.keys(&["Enter"]);
    }

    /// The screen with its history.
    fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    /// The screen.
    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    fn wait(&self, what: &str) {
        let begun = Instant::now();
        while !self.text().contains(what) {
            let text = self.text();
            assert!(begun.elapsed() < PATIENCE, "no {what:?} in\n{text}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn session(&self) -> PathBuf {
        wait_for("a session", PATIENCE, || {
            let entries = std::fs::read_dir(self.dir.path()).ok()?.flatten();
            let mut folders = entries.map(|entry| entry.path());
            folders.find(|path| path.join("events.ndjson").exists())
        })
    }

    /// Kills what the shell runs.
    fn kill_job(&self) {
        let shell = self.tmux(&["display", "-p", "#{pane_pid}"]);
        let shell = shell.trim();
        let jobs = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
        for job in jobs.expect("the shell runs").split_whitespace() {
            let killed = Command::new("kill").args(["-KILL", job]).status();
            assert!(killed.expect("kill is installed").success());
        }
    }

    /// What `stty` says about the terminal.
    fn modes(&self, name: &str) -> String {
        let file = self.dir.path().join(name);
        self.keys(&["-l", &format!("stty -g > {}", file.display())]);
        self.keys(&["Enter"]);
        wait_for("stty", PATIENCE, || {
            std::fs::read_to_string(&file)
                .ok()
                .filter(|text| text.ends_with('\n'))
        })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let server = Command::new("tmux")
            .args(["-L", &self.socket, "kill-server"])
            .output();
        drop(server);
    }
}

fn finals(session: &Path) -> usize {
    count(session, "transcript.final")
}

#[test]
fn captions_scroll_above_a_block_that_follows_the_window() {
    let window = Window::open("resize", 80, 24);
    let before = window.modes("before");
    window.record("", "");
    window.wait("● REC");
    window.wait("[00:07] Participant:");
    let screen = window.screen();
    assert!(screen.contains("Ctrl-C stops ──"), "{screen}");
    assert!(screen.contains("has the floor"), "{screen}");
    for (width, height) in [("50", "16"), ("160", "40"), ("30", "6"), ("80", "24")] {
        window.tmux(&["resize-window", "-x", width, "-y", height]);
        thread::sleep(Duration::from_millis(900));
        let screen = window.screen();
        assert_eq!(screen.matches(" ok").count() > 0, width == "30", "{screen}");
        assert!(
            screen
                .lines()
                .all(|line| line.chars().count() <= width.parse().unwrap())
        );
    }
    window.wait("[00:14] Participant:");
    window.keys(&["C-c"]);
    window.wait(", complete");
    let text = window.text();
    for at in [
        "[00:01] Interviewer:",
        "[00:07] Participant:",
        "[00:09] Interviewer:",
    ] {
        assert_eq!(text.matches(at).count(), 1, "{at} in\n{text}");
    }
    // Rows that the terminal had to wrap are joined here, and so longer than the window.
    let (_, summary) = text.split_once("Recorded ").expect("a summary");
    assert!(summary.contains("Longest silences"), "{summary}");
    assert!(
        summary.lines().all(|line| line.chars().count() < 80),
        "{summary}"
    );
    assert!(
        !window.screen().contains("has the floor"),
        "the block is gone"
    );
    assert_eq!(window.modes("after"), before);
}

#[test]
fn ctrl_z_gives_the_shell_back_and_the_hole_is_told() {
    let window = Window::open("stop", 80, 24);
    let before = window.modes("before");
    window.record("", "");
    window.wait("[00:07] Participant:");
    window.keys(&["C-z"]);
    window.wait("Stopped");
    assert_eq!(window.modes("stopped"), before);
    window.keys(&["-l", "echo the shell is $((40 + 2))"]);
    window.keys(&["Enter"]);
    window.wait("the shell is 42");
    window.keys(&["-l", "fg"]);
    window.keys(&["Enter"]);
    let session = window.session();
    let told = finals(&session);
    wait_for("text after fg", PATIENCE, || {
        (finals(&session) > told).then_some(())
    });
    assert!(
        window.screen().contains("Ctrl-C stops ──"),
        "{}",
        window.screen()
    );
    window.keys(&["C-c"]);
    window.wait(", complete");
    assert_eq!(json(&session.join("session.json"))["status"], "complete");
    assert_eq!(window.modes("after"), before);
}

#[test]
fn in_the_background_it_records_and_leaves_the_keys_to_the_shell() {
    let window = Window::open("background", 80, 24);
    window.record("", "&");
    let session = window.session();
    wait_for("text", PATIENCE, || (finals(&session) >= 1).then_some(()));
    window.keys(&["-l", "echo keys are $((40 + 2))"]);
    window.keys(&["Enter"]);
    window.wait("keys are 42");
    assert!(
        !window.screen().contains("Ctrl-C stops"),
        "{}",
        window.screen()
    );
    window.keys(&["-l", "fg"]);
    window.keys(&["Enter"]);
    wait_for("the block", PATIENCE, || {
        window.screen().contains("Ctrl-C stops ──").then_some(())
    });
    window.keys(&["C-c"]);
    window.wait(", complete");
}

#[test]
fn a_kill_leaves_a_terminal_that_works() {
    let window = Window::open("kill", 80, 24);
    let before = window.modes("before");
    window.record("", "");
    window.wait("● REC");
    window.kill_job();
    window.wait("Killed");
    assert_eq!(window.modes("after"), before);
    window.keys(&["-l", "echo the shell is $((40 + 2))"]);
    window.keys(&["Enter"]);
    window.wait("the shell is 42");
}

/// The markers that were set, each with the wall clock's time of its moment in seconds.
fn set(session: &Path) -> Vec<(Value, f64)> {
    let events = events(session).into_iter();
    let added = events.filter(|event| event["type"] == "marker.added");
    added
        .map(|event| {
            let written = event["at"].as_str().expect("a time");
            let written: jiff::Timestamp = written.parse().expect("a time");
            let ms = |value: &Value| value.as_f64().expect("milliseconds");
            let marker = event["data"].clone();
            let ago = ms(&event["t_ms"]) - ms(&marker["t_ms"]);
            (marker, written.as_millisecond() as f64 / 1e3 - ago / 1e3)
        })
        .collect()
}

/// A moment is within a tenth of a second of its key press, of which is known between which times it was.
fn is_at(moment: f64, pressed: &Range<f64>) {
    assert!(
        (pressed.start - 0.01..pressed.end + 0.1).contains(&moment),
        "pressed at {pressed:?}, marked at {moment}"
    );
}

fn wall() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("later than 1970").as_secs_f64()
}

#[test]
fn a_key_marks_its_moment_and_the_note_comes_after() {
    let server = AudioServer::start();
    let window = Window::open("keys", 80, 24);
    let mut player = window.record_devices(&server);
    window.wait("? keys · Ctrl-C stops ──");
    window.wait("] Interviewer:");
    let session = window.session();
    let mut pressed = Vec::new();
    for (key, pause) in [("1", 700), ("9", 1_300), ("2", 400)] {
        pressed.push(window.press(key));
        thread::sleep(Duration::from_millis(pause));
    }
    wait_for("the markers", PATIENCE, || {
        (count(&session, "marker.added") == 3).then_some(())
    });
    let markers = set(&session);
    assert_eq!(markers.len(), 3);
    for ((marker, moment), pressed) in markers.iter().zip(&pressed) {
        is_at(*moment, pressed);
        println!(
            "{} {:.0} ms late",
            marker["kind"],
            (moment - pressed.start) * 1e3
        );
    }
    // What is typed is a note, not more markers, and words go on above it.
    window.keys(&["Enter"]);
    window.keys(&["-l", "copies 13 hours!"]);
    window.wait("note for m0003 pain: copies 13 hours!▏");
    window.wait("] Participant:");
    assert!(!window.text().contains("pain  copies"));
    window.keys(&["Enter"]);
    window.wait("😣 pain  copies 13 hours!  m0003");
    window.keys(&["!", "!", "#"]);
    window.keys(&["-l", "by hand"]);
    window.keys(&["Enter"]);
    window.wait("😣 pain !!  copies 13 hours!  #by-hand  m0003");
    window.keys(&["?"]);
    window.wait("5 🔢 number");
    window.keys(&["Escape"]);
    window.keys(&["0", "u"]);
    window.wait("m0004 is taken back");
    assert!(
        !window.screen().contains("5 🔢 number"),
        "{}",
        window.screen()
    );
    // A key, and then the process is killed.
    window.keys(&["7"]);
    thread::sleep(Duration::from_millis(150));
    window.kill_job();
    window.wait("Killed");
    let finish = format!(
        "VERBATIM_DIR={} {} finish last",
        window.dir.path().display(),
        env!("CARGO_BIN_EXE_verbatim")
    );
    window.keys(&["-l", &finish]);
    window.keys(&["Enter"]);
    let document = session.join("markers.json");
    let kinds = wait_for("the markers", PATIENCE, || {
        let markers = json_if(&document)?["markers"].as_array()?.clone();
        let kinds: Vec<String> = markers
            .iter()
            .map(|marker| marker["kind"].as_str().expect("a kind").to_owned())
            .collect();
        (kinds.len() == 4).then_some(kinds)
    });
    assert_eq!(kinds, ["quote", "surprise", "pain", "question"]);
    // What is longer than the window is wide goes on below, and no word is broken.
    let note = "the export is slow and nobody knows whether it has finished or only stopped working \
        somewhere in between";
    let mark = format!(
        "clear; VERBATIM_DIR={} {} mark last idea --at 0:01 --note '{note}'",
        window.dir.path().display(),
        env!("CARGO_BIN_EXE_verbatim")
    );
    window.keys(&["-l", &mark]);
    window.keys(&["Enter"]);
    window.wait("💡 idea  the export");
    let shown = window.screen();
    let shown: Vec<&str> = shown
        .lines()
        .skip_while(|l| !l.contains("💡 idea"))
        .collect();
    assert!(shown[1].starts_with("    "), "{shown:?}");
    let words: Vec<&str> = shown.iter().flat_map(|l| l.split_whitespace()).collect();
    for word in note.split(' ') {
        assert!(words.contains(&word), "{word} is broken in {shown:?}");
    }
    // The call is not heard to its end.
    player.kill().expect("the player ends");
    player.wait().expect("the player has ended");
}

#[test]
fn a_guide_is_ticked_by_key_and_a_kill_loses_nothing() {
    let window = Window::open("guide", 100, 40);
    let guide = window.dir.path().join("guide.toml");
    let text = "[[phase]]\ntitle = \"Start\"\n[[phase.question]]\nask = \"Is recording fine?\"\n\
        [[phase]]\ntitle = \"Today\"\n[[phase.question]]\n\
        ask = \"Tell me about the last time you made the weekly report.\"\n\
        [[phase.question]]\nask = \"What did you try before?\"\n";
    std::fs::write(&guide, text).expect("a guide");
    window.record("", &format!("--guide {}", guide.display()));
    window.wait("guide 0 of 3");
    window.wait("› · Is recording fine?");
    window.wait("[00:01] Interviewer:");
    let session = window.session();
    let pressed = window.press("t");
    window.wait("✓ Is recording fine?");
    let ticked = events(&session);
    let ticked = ticked.iter().find(|event| event["type"] == "guide.ticked");
    let ticked = ticked.expect("a tick");
    let written: jiff::Timestamp = ticked["at"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    let ms = |value: &Value| value.as_f64().expect("milliseconds");
    let ago = ms(&ticked["t_ms"]) - ms(&ticked["data"]["t_ms"]);
    is_at((written.as_millisecond() as f64 - ago) / 1e3, &pressed);
    // The question that is asked is found by its words, and offered for the next tick.
    window.wait("› ~ Tell me about the last time");
    window.wait("guide 1 of 3, 1 maybe");
    window.keys(&["g"]);
    window.wait("g list · next: Tell me");
    assert!(
        !window.screen().contains("· What did you try"),
        "{}",
        window.screen()
    );
    window.keys(&["t"]);
    thread::sleep(Duration::from_millis(150));
    window.kill_job();
    window.wait("Killed");
    let finish = format!(
        "VERBATIM_DIR={} {} finish last",
        window.dir.path().display(),
        env!("CARGO_BIN_EXE_verbatim")
    );
    window.keys(&["-l", &finish]);
    window.keys(&["Enter"]);
    let covered = wait_for("the review", PATIENCE, || {
        json_if(&session.join("stats.json"))?["phases"]
            .get(1)
            .is_some()
            .then_some(())?;
        let covered = json_if(&session.join("review.json"))?["guide"].clone();
        covered.is_object().then_some(covered)
    });
    let items = covered["items"].as_array().expect("items");
    let ticks: Vec<bool> = items
        .iter()
        .map(|item| item["ticked_ms"].is_u64())
        .collect();
    assert_eq!(ticks, [true, true, false], "{covered:#}");
    let stats = json(&session.join("stats.json"));
    let phases = stats["phases"].as_array().expect("phases");
    let titles: Vec<&str> = phases.iter().filter_map(|p| p["title"].as_str()).collect();
    assert_eq!(titles, ["Start", "Today"]);
}

fn json_if(path: &Path) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

#[test]
fn a_key_pauses_and_the_window_says_so() {
    let window = Window::open("pause", 80, 24);
    window.record("", "--planned 45m");
    window.wait("● REC");
    window.keys(&["p"]);
    window.wait("‖ PAUSED");
    window.wait("PAUSED for 00:01: nothing is recorded · p records again");
    assert!(!window.screen().contains("● REC"), "{}", window.screen());
    assert!(window.screen().contains(" of 45:00"), "{}", window.screen());
    window.keys(&["p"]);
    window.wait("-- recording again after a pause of 00:0");
    window.wait("● REC");
    window.keys(&["C-c"]);
    window.wait(", complete");
    assert!(
        window.text().contains("Paused    00:0"),
        "{}",
        window.text()
    );
}

#[test]
fn plain_is_one_line_a_piece_and_never_moves() {
    let window = Window::open("plain", 80, 24);
    let typescript = window.dir.path().join("typescript");
    window.record(
        "NO_COLOR=1",
        &format!("--plain | tee -i {}", typescript.display()),
    );
    let session = window.session();
    wait_for("text", PATIENCE, || (finals(&session) >= 2).then_some(()));
    window.keys(&["C-c"]);
    window.wait(", complete");
    let written = std::fs::read_to_string(&typescript).expect("what was written");
    assert!(
        !written.contains('\u{1b}') && !written.contains('\r'),
        "{written:?}"
    );
    assert!(!written.contains(['█', '░']), "nothing is drawn: {written}");
    assert!(written.contains("\nInterviewer  "), "{written}");
    let captions: Vec<&str> = written
        .lines()
        .filter(|line| line.starts_with('['))
        .collect();
    assert!(
        captions[0].starts_with("[00:01] Interviewer: "),
        "{captions:?}"
    );
    assert!(
        captions[1].starts_with("[00:07] Participant: "),
        "{captions:?}"
    );
}

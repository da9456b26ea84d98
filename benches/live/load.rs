//! What the recorder and its recogniser use, and what keeps the machine busy beside them.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Clock ticks in a second of `/proc/PID/stat`, the same on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

/// How often processes are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Processes that do nothing but use a processor each, until this is dropped.
pub struct Busy(Vec<Child>);

impl Busy {
    pub fn start(loops: usize) -> Busy {
        let start = || {
            Command::new("sh")
                .args(["-c", "while :; do :; done"])
                .spawn()
                .expect("a shell starts")
        };
        Busy((0..loops).map(|_| start()).collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().expect("a loop can be ended");
            child.wait().expect("a loop ends");
        }
    }
}

/// Processor seconds at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub at: Instant,
    /// Of the recorder and all processes that it started.
    pub all: f64,
    /// Of the recogniser's processes alone.
    pub recogniser: f64,
}

/// Follows a process and those that it starts.
pub struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Sample>>,
}

impl Watch {
    pub fn start(root: u32) -> Watch {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = thread::spawn(move || follow(root, &told));
        Watch { over, thread }
    }

    pub fn stop(self) -> Vec<Sample> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the watch ends")
    }
}

fn follow(root: u32, over: &AtomicBool) -> Vec<Sample> {
    // Of a process that has ended, what it had used when it was seen last.
    let mut used: BTreeMap<u32, (f64, bool)> = BTreeMap::new();
    let mut samples = Vec::new();
    while !over.load(Ordering::Relaxed) {
        for process in tree(root) {
            used.insert(process.pid, (process.seconds, process.is_recogniser));
        }
        samples.push(Sample {
            at: Instant::now(),
            all: used.values().map(|(seconds, _)| seconds).sum(),
            recogniser: used
                .values()
                .filter_map(|(seconds, recogniser)| recogniser.then_some(seconds))
                .sum(),
        });
        thread::sleep(LOOK);
    }
    samples
}

struct Process {
    pid: u32,
    parent: u32,
    seconds: f64,
    is_recogniser: bool,
}

fn tree(root: u32) -> Vec<Process> {
    let all: Vec<Process> = fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| process(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .collect();
    let is_child = |pid: u32| {
        let parent = all.iter().find(|process| process.pid == pid);
        parent.is_some_and(|process| process.parent == root)
    };
    let mine: Vec<u32> = all
        .iter()
        .map(|process| process.pid)
        .filter(|&pid| pid == root || is_child(pid))
        .collect();
    all.into_iter()
        .filter(|process| mine.contains(&process.pid))
        .collect()
}

fn process(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        seconds: (ticks(11)? + ticks(12)?) / TICKS,
        is_recogniser: String::from_utf8_lossy(&command).contains("__transcriber"),
    })
}

/// The machine's load average over a minute.
pub fn load_average() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("?").to_owned()
}

/// What the processor calls itself.
pub fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name")?.split(':').nth(1))
        .map_or("unknown processor".into(), |name| name.trim().to_owned())
}

/// Processors that this process may use.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

//! A source read on a thread of its own, as a track's lane does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use verbatim::Error;
use verbatim::capture::{Reading, Source};

/// How long one read waits.
const WAIT: Duration = Duration::from_millis(50);

/// A recording under way.
pub struct Recorder {
    shared: Arc<Shared>,
    thread: JoinHandle<Recording>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    lost: AtomicBool,
    frames: AtomicUsize,
    hold_ms: AtomicU64,
}

/// What was recorded.
pub struct Recording {
    pub channels: usize,
    /// Interleaved, full scale at 1.0.
    pub samples: Vec<f32>,
    pub overrun_frames: u64,
    /// Frames so far and the time at which the last of them was captured, for every reading.
    pub stamps: Vec<(usize, Instant)>,
    /// Why the source ended, if it did.
    pub error: Option<Error>,
    pub slowest_read: Duration,
}

impl Recorder {
    pub fn start(source: Box<dyn Source>) -> Recorder {
        let shared = Arc::new(Shared::default());
        let told = Arc::clone(&shared);
        let thread = thread::spawn(move || record(source, &told));
        Recorder { shared, thread }
    }

    pub fn frames(&self) -> usize {
        self.shared.frames.load(Ordering::Relaxed)
    }

    /// Whether the source has ended with an error.
    pub fn lost(&self) -> bool {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Makes the reader pause once before its next read.
    pub fn hold(&self, pause: Duration) {
        let pause = pause.as_millis() as u64;
        self.shared.hold_ms.store(pause, Ordering::Relaxed);
    }

    pub fn stop(self) -> Recording {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the reader does not panic")
    }
}

fn record(mut source: Box<dyn Source>, shared: &Shared) -> Recording {
    let channels = usize::from(source.format().channels.get());
    let mut recording = Recording {
        channels,
        samples: Vec::new(),
        overrun_frames: 0,
        stamps: Vec::new(),
        error: None,
        slowest_read: Duration::ZERO,
    };
    while !shared.stop.load(Ordering::Relaxed) {
        let pause = shared.hold_ms.swap(0, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(pause));
        let begun = Instant::now();
        let reading = source.read(WAIT, &mut recording.samples);
        recording.slowest_read = recording.slowest_read.max(begun.elapsed());
        let frames = recording.samples.len() / channels;
        shared.frames.store(frames, Ordering::Relaxed);
        match reading {
            Ok(Reading::Samples(stamp)) => {
                recording.overrun_frames += stamp.overrun_frames;
                let until = stamp.captured_until.expect("a device tells the time");
                recording.stamps.push((frames, until));
            }
            Ok(Reading::Idle) => {}
            Ok(change @ (Reading::Away(_) | Reading::Changed(_))) => {
                panic!("a single device stays or is lost: {change:?}")
            }
            Ok(Reading::End) => break,
            Err(error) => {
                recording.error = Some(error);
                shared.lost.store(true, Ordering::Relaxed);
                break;
            }
        }
    }
    recording
}

impl Recording {
    /// One channel's samples.
    pub fn channel(&self, channel: usize) -> Vec<f32> {
        let samples = self.samples.iter().skip(channel);
        samples.step_by(self.channels).copied().collect()
    }

    /// Whether the stamps never go back and stay within a quarter of a second of the sample count.
    pub fn stamps_follow_time(&self) -> bool {
        let (first_frames, first) = self.stamps[0];
        let near = |&(frames, until): &(usize, Instant)| {
            let counted = (frames - first_frames) as f64 / 48_000.0;
            (until.duration_since(first).as_secs_f64() - counted).abs() < 0.25
        };
        self.stamps.is_sorted_by_key(|&(_, until)| until) && self.stamps.iter().all(near)
    }
}

/// Where a run of played samples starts in what was heard: the places where they correlate as only the
/// samples themselves do.
pub fn starts(heard: &[f32], played: &[i16]) -> Vec<usize> {
    let played: Vec<f32> = played.iter().map(|&s| f32::from(s) / 32_768.0).collect();
    let energy: f32 = played.iter().map(|s| s * s).sum();
    heard
        .windows(played.len())
        .enumerate()
        .filter(|(_, window)| {
            let product: f32 = window.iter().zip(&played).map(|(a, b)| a * b).sum();
            product > 0.9 * energy
        })
        .map(|(start, _)| start)
        .collect()
}

//! What the audio callback costs: one [`Intake::push`] of 20 ms of stereo. Each sample is a single
//! callback, so the slowest one is the worst case that was seen.

use std::time::{Duration, Instant};

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use verbatim::audio::Format;
use verbatim::capture::ring::{Intake, ring};

/// Frames in a callback of 20 ms at 48 kHz.
const FRAMES: usize = 960;

fn main() {
    divan::main();
}

fn stereo() -> Format {
    Format::new(48_000, 2).expect("a format")
}

/// One callback's samples as they come over the PulseAudio protocol.
fn bytes() -> Vec<u8> {
    (0..FRAMES * 2)
        .flat_map(|n| (n as f32 / 4_096.0).to_le_bytes())
        .collect()
}

fn push(intake: &mut Intake, bytes: &[u8]) {
    let samples = black_box(bytes).as_chunks::<4>().0.iter();
    intake.push(
        samples.map(|sample| f32::from_le_bytes(*sample)),
        Instant::now(),
    );
}

/// The usual case: the reader keeps up.
#[divan::bench(sample_count = 20_000, sample_size = 1)]
fn push_960_stereo_frames(bencher: Bencher) {
    let (mut intake, mut outlet) = ring(stereo());
    let (bytes, mut frames) = (bytes(), Vec::new());
    bencher
        .counter(ItemsCount::new(FRAMES))
        .with_inputs(|| {
            frames.clear();
            outlet.read(Duration::ZERO, &mut frames);
        })
        .bench_local_values(|()| push(&mut intake, &bytes));
}

/// The reader is away and the ring is full.
#[divan::bench(sample_count = 20_000, sample_size = 1)]
fn push_into_a_full_ring(bencher: Bencher) {
    let (mut intake, _outlet) = ring(stereo());
    let bytes = bytes();
    for _ in 0..501 {
        push(&mut intake, &bytes);
    }
    bencher
        .counter(ItemsCount::new(FRAMES))
        .bench_local(|| push(&mut intake, &bytes));
}

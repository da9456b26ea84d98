//! The audio callback allocates nothing: a thread of the audio system must never wait for the
//! allocator's lock while a call is on.

#![cfg(feature = "capture")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};

use verbatim::audio::Format;
use verbatim::capture::Reading;
use verbatim::capture::ring::{Intake, ring};

/// Frames in a callback of 20 ms.
const FRAMES: usize = 960;

thread_local! {
    // Only the thread under test counts: the test harness has threads of its own.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting what the current thread asks of it.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() {
    // A thread that ends has no counter any more, and is not the one under test.
    CALLS
        .try_with(|calls| calls.set(calls.get() + 1))
        .unwrap_or_default();
}

// SAFETY: every call goes unchanged to the system's allocator; counting touches a thread-local cell
// that needs no memory of its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count();
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// Calls to the allocator that `work` makes on this thread.
fn calls(work: impl FnOnce()) -> u64 {
    let before = CALLS.get();
    work();
    CALLS.get() - before
}

/// One callback as the PulseAudio protocol makes it: little-endian bytes of stereo frames.
fn push_bytes(intake: &mut Intake, bytes: &[u8]) {
    let samples = bytes.as_chunks::<4>().0.iter();
    intake.push(
        samples.map(|sample| f32::from_le_bytes(*sample)),
        Instant::now(),
    );
}

#[test]
fn pushing_a_callback_allocates_nothing_even_when_the_ring_is_full() {
    let counted = calls(|| drop(std::hint::black_box(Box::new(1_u64))));
    assert_eq!(counted, 2, "the allocator counts");

    let (mut intake, mut outlet) = ring(Format::new(48_000, 2).unwrap());
    let bytes: Vec<u8> = (0..FRAMES * 2)
        .flat_map(|n| (n as f32 / 4_096.0).to_le_bytes())
        .collect();
    // Eleven seconds into a ring of ten: it fills up, and the rest is lost.
    let counted = calls(|| (0..550).for_each(|_| push_bytes(&mut intake, &bytes)));
    assert_eq!(counted, 0, "a ring that fills up");

    let mut frames = Vec::new();
    let Reading::Samples(stamp) = outlet.read(Duration::ZERO, &mut frames) else {
        panic!("the ring holds samples");
    };
    assert_eq!(stamp.overrun_frames, 0);
    assert_eq!(frames.len(), 500 * FRAMES * 2);

    // The loss is told with the first callback that fits again, and the ring wraps around its end.
    let counted = calls(|| (0..200).for_each(|_| push_bytes(&mut intake, &bytes)));
    assert_eq!(counted, 0, "a ring that has been read");
    let Reading::Samples(stamp) = outlet.read(Duration::ZERO, &mut frames) else {
        panic!("the ring holds samples");
    };
    assert_eq!(stamp.overrun_frames, 50 * FRAMES as u64);
    assert_eq!(frames.len(), 700 * FRAMES * 2);

    // The shortest callbacks run out of marks before they run out of room for samples.
    let counted = calls(|| (0..9_000).for_each(|_| push_bytes(&mut intake, &bytes[..8])));
    assert_eq!(counted, 0, "a ring without room for another mark");

    // Nobody reads any more.
    drop(outlet);
    let counted = calls(|| (0..10).for_each(|_| push_bytes(&mut intake, &bytes)));
    assert_eq!(counted, 0, "a ring without a reader");
}

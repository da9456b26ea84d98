use super::*;

const RATE: u32 = 48_000;
/// Frames in a reading: 20 ms.
const BLOCK: u64 = 960;

fn clock() -> TrackClock {
    TrackClock::new(NonZeroU32::new(RATE).unwrap(), ClockOptions::default())
}

/// A stream of 20 ms readings whose device runs `ppm` fast, with what happens to each reading.
struct Device {
    clock: TrackClock,
    verdicts: Vec<Verdict>,
    ppm: f64,
    /// Start of the stream, in seconds.
    start: f64,
    frames: u64,
    dice: u64,
}

impl Device {
    fn new(start: f64, ppm: f64) -> Device {
        Device {
            clock: clock(),
            verdicts: Vec::new(),
            ppm,
            start,
            frames: 0,
            dice: 88_172_645_463_325_252,
        }
    }

    /// Time at which the device has captured everything up to now.
    fn time(&self) -> f64 {
        self.start + self.frames as f64 / (f64::from(RATE) * (1.0 + self.ppm * 1e-6))
    }

    /// Evenly from 0 to 1.
    fn chance(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as f64 / (1u64 << 53) as f64
    }

    fn read(&mut self, late: f64) {
        self.read_with(late, 0);
    }

    fn read_with(&mut self, late: f64, overrun: u64) {
        self.frames += BLOCK + overrun;
        let arrival = Arrival {
            frames: BLOCK,
            captured_until: Some(Duration::from_secs_f64(self.time() + late)),
            overrun_frames: overrun,
        };
        self.clock.push(arrival, &mut self.verdicts);
    }

    /// Readings for some seconds, each up to `jitter` late.
    fn run(&mut self, seconds: f64, jitter: f64) {
        let until = self.time() + seconds;
        while self.time() < until {
            let late = self.chance() * jitter;
            self.read(late);
        }
    }

    fn holes(&self) -> Vec<(usize, u64)> {
        self.verdicts
            .iter()
            .enumerate()
            .filter(|(_, verdict)| verdict.hole_frames > 0)
            .map(|(index, verdict)| (index, verdict.hole_frames))
            .collect()
    }
}

fn near(value: u64, expected: u64, ms: u64) -> bool {
    value.abs_diff(expected) <= ms * u64::from(RATE) / 1_000
}

#[test]
fn a_stream_without_times_has_no_start_offset_and_no_holes() {
    let mut clock = clock();
    let mut out = Vec::new();
    for _ in 0..10 {
        clock.push(
            Arrival {
                frames: BLOCK,
                captured_until: None,
                overrun_frames: 0,
            },
            &mut out,
        );
    }
    assert_eq!(out, [Verdict::default(); 10]);
    assert_eq!(clock.start_ns(), Some(0));
}

#[test]
fn the_start_is_found_under_jitter() {
    let mut device = Device::new(1.25, 0.0);
    device.read(0.040);
    assert_eq!(device.clock.start_ns(), None);
    assert!(device.verdicts.is_empty());
    device.run(1.0, 0.02);
    let start = device.clock.start_ns().unwrap();
    assert!((start - 1_250_000_000).abs() < 5_000_000, "{start}");
}

#[test]
fn every_reading_gets_one_verdict() {
    let mut device = Device::new(0.5, 0.0);
    device.run(3.0, 0.05);
    device.start += 0.5;
    device.run(3.0, 0.05);
    device.clock.finish(&mut device.verdicts);
    assert_eq!(device.verdicts.len() as u64, device.frames / BLOCK);
}

#[test]
fn jitter_is_no_hole() {
    let mut device = Device::new(0.3, 0.0);
    device.run(600.0, 0.07);
    assert_eq!(device.holes(), []);
}

#[test]
fn a_late_chunk_followed_by_its_backlog_is_no_hole() {
    let mut device = Device::new(0.0, 0.0);
    device.run(5.0, 0.005);
    for _ in 0..20 {
        for k in 0..20 {
            device.read(0.4 - 0.02 * f64::from(k));
        }
        device.run(1.0, 0.005);
    }
    assert_eq!(device.holes(), []);
}

#[test]
fn bursts_of_two_seconds_are_no_hole() {
    let mut device = Device::new(0.0, 50.0);
    for _ in 0..300 {
        // A hundred readings of 20 ms all arrive when the last one is complete.
        for k in 1..=100 {
            device.read(2.0 - 0.02 * f64::from(k) + 0.001 * f64::from(k) / 100.0);
        }
    }
    assert_eq!(device.holes(), []);
    assert_eq!(device.clock.start_ns().map(|ns| ns / 10_000_000), Some(0));
}

#[test]
fn a_stopped_process_is_one_hole_of_the_right_length() {
    let mut device = Device::new(0.2, 100.0);
    device.run(60.0, 0.01);
    let before = (device.frames / BLOCK) as usize;
    device.start += 7.5;
    device.run(60.0, 0.01);
    let holes = device.holes();
    assert_eq!(holes.len(), 1);
    assert_eq!(holes[0].0, before);
    assert!(near(holes[0].1, 360_000, 10), "{holes:?}");
}

#[test]
fn a_buffer_that_was_kept_over_the_stop_is_not_counted_as_lost() {
    let mut device = Device::new(0.2, 0.0);
    device.run(30.0, 0.005);
    // Ten seconds pass; the audio system kept two of them and delivers those at once.
    device.start += 8.0;
    for k in 1..=100 {
        device.read(2.0 - 0.02 * f64::from(k));
    }
    device.run(30.0, 0.005);
    let lost: u64 = device.holes().iter().map(|hole| hole.1).sum();
    assert!(near(lost, 8 * 48_000, 10), "{lost}");
}

#[test]
fn several_holes_add_up() {
    let mut device = Device::new(0.0, -200.0);
    for _ in 0..50 {
        device.run(20.0, 0.01);
        device.start += 0.25;
    }
    device.run(20.0, 0.01);
    let holes = device.holes();
    assert_eq!(holes.len(), 50);
    let lost: u64 = holes.iter().map(|hole| hole.1).sum();
    assert!(near(lost, 600_000, 100), "{lost}");
}

#[test]
fn drift_over_four_hours_is_no_hole_and_is_measured() {
    for ppm in [-300.0, -100.0, 0.0, 100.0, 300.0] {
        let mut device = Device::new(0.1, ppm);
        device.run(4.0 * 3_600.0, 0.015);
        assert_eq!(device.holes(), [], "{ppm} ppm");
        let skew = device.clock.skew_ppm().unwrap();
        assert!((skew - ppm).abs() < 1.0, "{ppm} ppm measured as {skew:.2}");
        let drift = device.clock.drift_ns() as f64 / 1e9;
        let expected = -ppm * 1e-6 * 4.0 * 3_600.0;
        assert!((drift - expected).abs() < 0.02, "{ppm} ppm: {drift:.3} s");
    }
}

#[test]
fn skew_is_not_told_before_it_is_measured() {
    let mut device = Device::new(0.0, 100.0);
    device.run(20.0, 0.001);
    assert_eq!(device.clock.skew_ppm(), None);
    device.run(40.0, 0.001);
    assert!((device.clock.skew_ppm().unwrap() - 100.0).abs() < 20.0);
}

#[test]
fn frames_lost_in_our_buffer_are_passed_on_and_make_no_hole() {
    let mut device = Device::new(0.0, 0.0);
    device.run(5.0, 0.005);
    device.read_with(0.0, 48_000);
    device.run(5.0, 0.005);
    assert_eq!(device.holes(), []);
    let overrun: u64 = device.verdicts.iter().map(|v| v.overrun_frames).sum();
    assert_eq!(overrun, 48_000);
}

#[test]
fn held_readings_are_released_when_time_passes() {
    let mut device = Device::new(0.0, 0.0);
    device.run(2.0, 0.0);
    let told = device.verdicts.len();
    device.start += 1.0;
    device.read(0.0);
    assert_eq!(device.verdicts.len(), told);
    let now = Duration::from_secs_f64(device.time() + 0.31);
    device.clock.idle(now, &mut device.verdicts);
    assert_eq!(device.verdicts.len(), told + 1);
    assert!(near(device.verdicts[told].hole_frames, 48_000, 5));
}

#[test]
fn audio_that_comes_after_all_is_set_off_against_the_next_hole() {
    let mut device = Device::new(0.0, 0.0);
    device.run(5.0, 0.0);
    // Half a second late for a whole second, and then it is all there: no audio was lost.
    for _ in 0..50 {
        device.read(0.5);
    }
    device.run(5.0, 0.0);
    let first: u64 = device.holes().iter().map(|hole| hole.1).sum();
    assert!(near(first, 24_000, 5), "{first}");
    // Now half a second is really lost, and the track is in step again.
    device.start += 0.5;
    device.run(5.0, 0.0);
    let lost: u64 = device.holes().iter().map(|hole| hole.1).sum();
    assert_eq!(lost, first);
}

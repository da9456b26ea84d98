//! A device that says whatever comes to its mind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use verbatim::audio::Format;
use verbatim::capture::{Change, Reading, Source, Stamp};
use verbatim::document::common::{DeviceChangeReason, DeviceInfo};
use verbatim::{Error, ErrorKind};

/// Time that a random call lasts at most.
const LENGTH: Duration = Duration::from_secs(8);

/// What was said, as far as it can be known of nonsense.
#[derive(Debug, Default)]
pub struct Said {
    pub passed_ms: AtomicU64,
    /// What was delivered, as archive samples by the lowest rate that can be recorded.
    pub delivered_samples: AtomicU64,
}

/// One answer to a read.
#[derive(Clone, Copy, Debug)]
pub struct Saying {
    what: What,
    /// Time that passes before.
    after: Duration,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Samples {
        samples: usize,
        value: f32,
        /// Off the truth by this, in seconds; absent: no time.
        off_s: Option<i64>,
        overrun: u64,
    },
    Idle,
    Away,
    Changed(u32, u16),
    /// The format is another one, and nobody is told.
    Secretly(u32, u16),
    Lost,
    End,
}

/// Sayings of scripts.
pub mod says {
    use super::*;

    fn samples(samples: usize, value: f32, off_s: Option<i64>, overrun: u64) -> Saying {
        Saying {
            what: What::Samples {
                samples,
                value,
                off_s,
                overrun,
            },
            after: Duration::from_millis(20),
        }
    }

    pub fn sound(count: usize) -> Saying {
        samples(count, 0.25, Some(0), 0)
    }

    pub fn at(count: usize, off_s: i64) -> Saying {
        samples(count, 0.25, Some(off_s), 0)
    }

    pub fn untimed(count: usize) -> Saying {
        samples(count, 0.25, None, 0)
    }

    pub fn lost(count: usize, overrun: u64) -> Saying {
        samples(count, 0.25, Some(0), overrun)
    }

    pub fn value(count: usize, value: f32) -> Saying {
        samples(count, value, Some(0), 0)
    }

    pub fn changed(rate: u32, channels: u16) -> Saying {
        Saying {
            what: What::Changed(rate, channels),
            after: Duration::ZERO,
        }
    }

    pub fn away() -> Saying {
        Saying {
            what: What::Away,
            after: Duration::from_millis(1),
        }
    }
}

/// The device.
pub struct Hostile {
    pub said: Arc<Said>,
    base: Instant,
    now: Duration,
    format: Format,
    /// What it says; without a script it says anything.
    script: Option<std::vec::IntoIter<Saying>>,
    dice: u64,
    /// What it has taken a fancy to, and for how often.
    fancy: Option<(Saying, u32)>,
}

impl Hostile {
    /// A device that says anything.
    pub fn new(seed: u64) -> Hostile {
        let mut hostile = Hostile::playing(Vec::new());
        hostile.script = None;
        hostile.dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        hostile
    }

    /// A device that says what is written.
    pub fn playing(script: Vec<Saying>) -> Hostile {
        Hostile {
            said: Arc::default(),
            base: Instant::now(),
            now: Duration::ZERO,
            format: Format::new(48_000, 1).expect("a format"),
            script: Some(script.into_iter()),
            dice: 1,
            fancy: None,
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn next(&mut self) -> Saying {
        if let Some(script) = &mut self.script {
            let end = Saying {
                what: What::End,
                after: Duration::ZERO,
            };
            return script.next().unwrap_or(end);
        }
        if let Some((saying, left)) = self.fancy.take() {
            self.fancy = (left > 0).then(|| (saying, left - 1));
            return saying;
        }
        let what = match self.below(1_000) {
            _ if self.now >= LENGTH => What::End,
            0..600 => What::Samples {
                samples: self.pick(&[0, 1, 7, 480, 960, 960, 961, 4_800]),
                value: self.pick(&[
                    0.0,
                    0.25,
                    0.25,
                    0.9,
                    f32::NAN,
                    f32::INFINITY,
                    f32::MAX,
                    1e-40,
                ]),
                off_s: self.pick(&[
                    Some(0),
                    Some(0),
                    Some(0),
                    None,
                    Some(9_000_000),
                    Some(-9_000),
                    Some(-3),
                ]),
                overrun: self.pick(&[0, 0, 0, 0, 0, 1, 4_800, 1 << 33, u64::MAX]),
            },
            600..800 => What::Idle,
            800..900 => What::Away,
            900..980 => What::Changed(self.rate(), self.channels()),
            980..994 => What::Secretly(self.rate(), self.channels()),
            994..997 => What::Lost,
            _ => What::End,
        };
        let after = Duration::from_millis(self.pick(&[0, 0, 5, 20, 20, 20, 300, 1_000]));
        let saying = Saying { what, after };
        if self.below(20) == 0 {
            self.fancy = Some((saying, self.below(60) as u32));
        }
        saying
    }

    fn rate(&mut self) -> u32 {
        self.pick(&[
            48_000, 48_000, 44_100, 16_000, 8_000, 4_000, 384_000, 11_025,
        ])
    }

    fn channels(&mut self) -> u16 {
        self.pick(&[1, 1, 2, 2, 6, 255])
    }

    fn take(&mut self, rate: u32, channels: u16) {
        self.format = Format::new(rate, channels).expect("a format");
    }

    fn stamp(&self, off_s: i64) -> Instant {
        let now = self.base + self.now;
        let off = Duration::from_secs(off_s.unsigned_abs());
        let told = match off_s < 0 {
            true => now.checked_sub(off),
            false => now.checked_add(off),
        };
        told.unwrap_or(now)
    }
}

impl Source for Hostile {
    fn format(&self) -> Format {
        self.format
    }

    fn now(&self) -> Instant {
        self.base + self.now
    }

    fn read(&mut self, _: Duration, frames: &mut Vec<f32>) -> Result<Reading, Error> {
        let Saying { what, after } = self.next();
        self.now += after;
        let passed = self.now.as_millis() as u64;
        self.said.passed_ms.store(passed, Ordering::Relaxed);
        Ok(match what {
            What::Samples {
                samples,
                value,
                off_s,
                overrun,
            } => {
                frames.resize(samples, value);
                // A silent change of format may leave any rate behind.
                let most = samples as u64 * 12;
                self.said
                    .delivered_samples
                    .fetch_add(most, Ordering::Relaxed);
                Reading::Samples(Stamp {
                    captured_until: off_s.map(|off| self.stamp(off)),
                    overrun_frames: overrun,
                })
            }
            What::Idle => Reading::Idle,
            What::Away => Reading::Away("it went away".into()),
            What::Changed(rate, channels) => {
                self.take(rate, channels);
                Reading::Changed(Box::new(Change {
                    device: DeviceInfo {
                        id: "hostile".into(),
                        name: "Hostile".into(),
                        backend: "test".into(),
                    },
                    reason: DeviceChangeReason::Returned,
                }))
            }
            What::Secretly(rate, channels) => {
                self.take(rate, channels);
                Reading::Idle
            }
            What::Lost => return Err(Error::new(ErrorKind::DeviceLost, "it is lost")),
            What::End => Reading::End,
        })
    }

    fn release(&mut self) -> bool {
        self.below(2) == 0
    }
}

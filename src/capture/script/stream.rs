//! A stream of one device of a script.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Actor, Fault, Script, Stage, Window};
use crate::audio::Format;
use crate::capture::{Reading, Source, Stamp};
use crate::error::{Error, ErrorKind, Result};

/// A stream; it captures from the moment it is opened.
pub(super) struct Stream {
    script: Arc<Script>,
    actor: usize,
    stage: Stage,
    format: Format,
    dice: u64,
    /// When the next frame is captured, in seconds since the script began.
    captured: f64,
    /// The reading that comes next.
    coming: Option<Coming>,
    /// Frames that were counted as lost since the last reading.
    overrun: u64,
    /// Readings come in order.
    delivered: Duration,
    /// When the device goes away.
    ends: Duration,
}

struct Coming {
    at: Duration,
    overrun: u64,
    samples: Vec<f32>,
}

impl Stream {
    /// Opens a device of the script.
    pub(super) fn open(
        script: Arc<Script>,
        actor: usize,
        stage: &Stage,
        seed: u64,
    ) -> Result<Stream> {
        let now = stage.now();
        let Actor { device, there, .. } = &script.actors[actor];
        let format = Format::new(device.rate, device.channels)
            .ok_or_else(|| Error::new(ErrorKind::NoDevice, "a device without a format"))?;
        let until = |windows: &[Window]| windows.iter().find(|w| w.holds(now)).map(|w| w.until);
        let leaves = until(there).unwrap_or(now);
        let breaks = script.down.iter().map(|w| w.from).find(|&from| from > now);
        Ok(Stream {
            ends: breaks.map_or(leaves, |breaks| breaks.min(leaves)),
            actor,
            stage: stage.clone(),
            format,
            dice: seed.max(1),
            captured: now.as_secs_f64(),
            coming: None,
            overrun: 0,
            delivered: now,
            script,
        })
    }

    fn actor(&self) -> &Actor {
        &self.script.actors[self.actor]
    }

    /// Evenly from 0 to 1.
    fn chance(&mut self) -> f64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Captures until there is something to deliver.
    fn capture(&mut self) {
        while self.coming.is_none() && self.captured < self.ends.as_secs_f64() + 1.0 {
            let (least, most) = self.script.block;
            let frames = least + (self.chance() * f64::from(most - least + 1)) as u32;
            let late = self.script.jitter.as_secs_f64() * self.chance();
            let (from, at) = (self.captured, Duration::from_secs_f64(self.captured));
            let step = 1.0 / (f64::from(self.format.rate.get()) * (1.0 + self.ppm(at) * 1e-6));
            self.captured += f64::from(frames) * step;
            if self.captured > self.ends.as_secs_f64() {
                // The device was gone before this reading was complete.
                self.captured = f64::INFINITY;
                return;
            }
            let end = Duration::from_secs_f64(self.captured);
            let mut due = Duration::from_secs_f64(self.captured + late);
            let mut zeros = false;
            let (mut lost, mut overrun) = (false, false);
            for fault in &self.actor().faults {
                match fault {
                    Fault::Hole(w) | Fault::Jump(w) if w.holds(end) => lost = true,
                    Fault::Overrun(w) if w.holds(end) => {
                        overrun = true;
                        break;
                    }
                    Fault::Zeros(w) if w.holds(end) => zeros = true,
                    Fault::Burst(w) if w.holds(end) => due = due.max(w.until),
                    _ => {}
                }
            }
            let tally = &self.script.tally;
            if overrun {
                self.overrun += u64::from(frames);
                tally
                    .overrun
                    .fetch_add(u64::from(frames), Ordering::Relaxed);
                continue;
            } else if lost {
                tally.lost.fetch_add(u64::from(frames), Ordering::Relaxed);
                continue;
            }
            self.delivered = self.delivered.max(due);
            self.coming = Some(Coming {
                at: self.delivered,
                overrun: std::mem::take(&mut self.overrun),
                samples: match zeros {
                    true => vec![0.0; frames as usize * self.channels()],
                    false => self.samples(from, step, frames),
                },
            });
        }
    }

    fn samples(&self, from: f64, step: f64, frames: u32) -> Vec<f32> {
        let channels = self.channels();
        let sound = &self.actor().sound;
        let mut samples = Vec::with_capacity(frames as usize * channels);
        for frame in 0..frames {
            let sample = sound(from + f64::from(frame) * step);
            samples.extend(std::iter::repeat_n(sample, channels));
        }
        samples
    }

    fn channels(&self) -> usize {
        usize::from(self.format.channels.get())
    }

    /// Where the clock jumps to, if it does now.
    fn jump(&self, now: Duration) -> Option<Duration> {
        let mut faults = self.actor().faults.iter();
        faults.find_map(|fault| match fault {
            Fault::Jump(window) if window.holds(now) => Some(window.until),
            _ => None,
        })
    }

    fn ppm(&self, at: Duration) -> f64 {
        let actor = self.actor();
        let speed = actor.faults.iter().find_map(|fault| match fault {
            Fault::Speed(window, ppm) if window.holds(at) => Some(*ppm),
            _ => None,
        });
        speed.unwrap_or(actor.ppm)
    }
}

impl Source for Stream {
    fn format(&self) -> Format {
        self.format
    }

    fn now(&self) -> std::time::Instant {
        self.script.base + self.stage.now()
    }

    fn read(&mut self, wait: Duration, frames: &mut Vec<f32>) -> Result<Reading> {
        self.capture();
        let now = self.stage.now();
        if let Some(until) = self.jump(now) {
            self.stage.move_to(until);
            return Ok(Reading::Idle);
        }
        let until = (now + wait).min(self.script.length);
        // What was captured before the device went away is delivered first.
        if let Some(coming) = self.coming.take_if(|coming| coming.at <= until) {
            self.stage.move_to(coming.at);
            let count = (coming.samples.len() / self.channels()) as u64;
            let delivered = &self.script.tally.delivered;
            delivered.fetch_add(count, Ordering::Relaxed);
            frames.extend(coming.samples);
            return Ok(Reading::Samples(Stamp {
                captured_until: Some(self.script.base + coming.at),
                overrun_frames: coming.overrun,
            }));
        }
        if now >= self.script.length {
            return Ok(Reading::End);
        }
        if now >= self.ends && self.coming.is_none() {
            let name = &self.actor().device.name;
            return Err(Error::new(
                ErrorKind::DeviceLost,
                format!("{name}: the device has gone"),
            ));
        }
        self.stage.move_to(match self.coming {
            Some(_) => until,
            None => until.min(self.ends.max(now)),
        });
        Ok(Reading::Idle)
    }
}

//! The path of one track, from captured samples to the archive and to what is heard in them. A
//! device, a file and a test drive the same path.

use std::num::NonZeroU32;

use super::order::Mutes;
use crate::audio::{ARCHIVE_RATE, Format, Track};
use crate::dsp::drift::{Drift, Follower};
use crate::dsp::level::{Level, LevelMeter};
use crate::dsp::mixdown::{append_i16, to_mono};
use crate::dsp::resample::Resampler;
use crate::dsp::sketch::Sketch;
use crate::error::{Error, ErrorKind, Result};
use crate::event::TrackEnded;
use crate::store::wav::WavArchive;
use crate::time::{Span, TICKS_PER_SECOND, Tick};
use crate::voice::analysis::{Analyzer, VoiceEvent};
use crate::voice::utterance::Cut;

/// Zeros are written in pieces of this many samples.
const ZEROS: [i16; 4_800] = [0; 4_800];

/// Loudest sample that a device is believed: 24 dB over full scale, at which it is held anyhow.
const LOUDEST: f32 = 16.0;

/// One track's path. Samples reach the archive before they are listened to.
#[derive(Debug)]
pub struct TrackPath {
    track: Track,
    format: Format,
    resampler: Resampler,
    follower: Follower,
    archive: Option<WavArchive>,
    written: u64,
    meter: LevelMeter,
    analyzer: Analyzer,
    mono: Vec<f32>,
    device_clock: Vec<f32>,
    archive_rate: Vec<f32>,
    pcm: Vec<i16>,
    end: Option<Tick>,
    mutes: Mutes,
}

impl TrackPath {
    /// A path for samples of `format` into `archive`, listened to by `analyzer`. Without an archive
    /// the path only listens.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadAudio`] when the format's rate cannot be converted.
    pub fn new(
        track: Track,
        format: Format,
        archive: Option<WavArchive>,
        analyzer: Analyzer,
    ) -> Result<TrackPath> {
        Ok(TrackPath {
            track,
            format,
            resampler: Resampler::new(format.rate, archive_rate()?)?,
            follower: Follower::default(),
            archive,
            written: 0,
            meter: LevelMeter::new(),
            analyzer,
            mono: Vec::new(),
            device_clock: Vec::new(),
            archive_rate: Vec::new(),
            pcm: Vec::new(),
            end: None,
            mutes: Mutes::default(),
        })
    }

    /// Which track this is.
    pub fn track(&self) -> Track {
        self.track
    }

    /// How far the archive reaches.
    pub fn written(&self) -> Tick {
        Tick(self.written)
    }

    /// Up to where speech is decided: no later event tells of speech that ends before it.
    pub fn heard(&self) -> Tick {
        self.analyzer.position()
    }

    /// The utterance that is being spoken, as far as it is heard.
    pub fn open(&self) -> Option<Cut> {
        self.analyzer.open()
    }

    /// Sketches of the sound since this was last asked.
    pub fn take_sketches(&mut self) -> Vec<Sketch> {
        self.analyzer.take_sketches()
    }

    /// Level since this was last asked.
    pub fn take_level(&mut self) -> Level {
        self.meter.take_window()
    }

    /// Nothing is written from this tick on.
    pub fn limit(&mut self, end: Tick) {
        self.end = Some(end);
    }

    /// Whether the limit is reached.
    pub fn is_full(&self) -> bool {
        self.end.is_some_and(|end| self.written() >= end)
    }

    /// Nothing is kept from `from` on, or from where the archive reaches: zeros are written.
    pub fn mute(&mut self, from: Tick) {
        self.mutes.begin(from.max(self.written()));
    }

    /// Everything is kept from `until` on, or from where the archive reaches.
    pub fn unmute(&mut self, until: Tick) {
        self.mutes.end(until.max(self.written()));
    }

    /// Whether what comes now is not kept.
    pub fn is_mute(&self) -> bool {
        self.mutes.holds(self.written())
    }

    /// A stretch that was not kept and is over; each is told once.
    pub fn take_muted(&mut self) -> Option<Span> {
        self.mutes.over(self.written())
    }

    /// The stretches that were not kept and were not told yet, at the end of the track.
    pub fn end_muted(&mut self) -> Vec<Span> {
        self.mutes.close(self.written())
    }

    /// The part of a hole that lies outside of what is not kept anyhow.
    pub fn unmuted(&self, hole: Span) -> Span {
        self.mutes.outside(hole)
    }

    /// Makes the path ready for another stream, whose samples may have another format.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadAudio`] when the format's rate cannot be converted, [`ErrorKind::Disk`] when the
    /// archive cannot be written.
    pub fn change_format(&mut self, format: Format, heard: &mut Vec<VoiceEvent>) -> Result<()> {
        self.drain(heard)?;
        self.resampler = Resampler::new(format.rate, archive_rate()?)?;
        self.follower.begin();
        self.format = format;
        Ok(())
    }

    /// Learns how far the device's clock has drifted from the session's; what is pushed from now on is
    /// brought back to it.
    pub fn follow(&mut self, drift: Drift) {
        self.follower.steer(drift);
    }

    /// Takes interleaved frames of the path's format and appends what is heard.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the archive cannot be written.
    pub fn push(&mut self, interleaved: &[f32], heard: &mut Vec<VoiceEvent>) -> Result<()> {
        self.mono.clear();
        to_mono(interleaved, self.format.channels, &mut self.mono);
        for sample in &mut self.mono {
            // One value that is no number would spoil all that a filter hears with it.
            *sample = match sample.is_nan() {
                true => 0.0,
                false => sample.clamp(-LOUDEST, LOUDEST),
            };
        }
        self.device_clock.clear();
        self.resampler.push(&self.mono, &mut self.device_clock);
        self.archive_rate.clear();
        self.follower
            .push(&self.device_clock, &mut self.archive_rate);
        self.store(heard)
    }

    /// Writes `samples` archive samples of silence after everything that was pushed: audio that was
    /// not captured. The resampler is drained first, so that sound before and after the hole keeps
    /// its place.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the archive cannot be written.
    pub fn silence(&mut self, samples: u64, heard: &mut Vec<VoiceEvent>) -> Result<()> {
        self.drain(heard)?;
        let mut left = samples;
        while left > 0 {
            let count = left.min(ZEROS.len() as u64) as usize;
            self.write(&ZEROS[..count], heard)?;
            left -= count as u64;
        }
        Ok(())
    }

    /// Writes what the resampler still holds and makes it ready for sound after a hole.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the archive cannot be written.
    pub fn drain(&mut self, heard: &mut Vec<VoiceEvent>) -> Result<()> {
        self.device_clock.clear();
        self.resampler.finish(&mut self.device_clock);
        self.archive_rate.clear();
        self.follower
            .push(&self.device_clock, &mut self.archive_rate);
        self.follower.finish(&mut self.archive_rate);
        self.store(heard)?;
        self.resampler = Resampler::new(self.format.rate, archive_rate()?)?;
        Ok(())
    }

    /// Makes the archive readable up to its last sample.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the archive cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.archive.as_mut().map_or(Ok(()), WavArchive::flush)
    }

    /// Ends the track: the rest of the sound is written and heard.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`] when the archive cannot be written.
    pub fn finish(mut self, heard: &mut Vec<VoiceEvent>) -> Result<TrackEnded> {
        self.drain(heard)?;
        self.analyzer.finish(heard);
        let whole = self.meter.whole();
        if let Some(archive) = self.archive.take() {
            archive.finish()?;
        }
        Ok(TrackEnded {
            track: self.track,
            samples: self.written,
            peak: whole.peak,
            clipped_samples: self.meter.clipped_samples(),
            zero_samples: whole.zero_samples,
            skew_ppm: None,
            corrected_samples: self.follower.corrected(),
            missing_samples: 0,
        })
    }

    fn store(&mut self, heard: &mut Vec<VoiceEvent>) -> Result<()> {
        let mut pcm = std::mem::take(&mut self.pcm);
        pcm.clear();
        append_i16(&self.archive_rate, &mut pcm);
        let at = self.written();
        self.mutes.hush(at, &mut pcm, &mut self.meter);
        let written = self.write(&pcm, heard);
        self.pcm = pcm;
        written
    }

    /// Archive first, then the ears.
    fn write(&mut self, pcm: &[i16], heard: &mut Vec<VoiceEvent>) -> Result<()> {
        let room = self
            .end
            .map_or(u64::MAX, |end| end.0.saturating_sub(self.written));
        let pcm = &pcm[..pcm.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
        if let Some(archive) = &mut self.archive {
            archive.append(pcm)?;
        }
        self.written += pcm.len() as u64;
        self.analyzer.push(pcm, heard);
        Ok(())
    }
}

fn archive_rate() -> Result<NonZeroU32> {
    NonZeroU32::new(ARCHIVE_RATE)
        .ok_or_else(|| Error::new(ErrorKind::BadAudio, "the archive's rate is zero"))
}

/// Archive samples that last as long as `frames` frames at `rate` hertz.
pub fn archive_samples(frames: u64, rate: NonZeroU32) -> u64 {
    let rate = u64::from(rate.get());
    (frames * TICKS_PER_SECOND + rate / 2) / rate
}

//! Containers and codecs, read by symphonia; Opus packets go to their own decoder.

mod codec;
mod timeline;

use std::fs::File;
use std::path::Path;

use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_AAC, CODEC_ID_OPUS};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::{MetadataOptions, StandardTag};
use symphonia::core::packet::Packet;
use symphonia::core::units::TimeBase;

use self::codec::Codec;
use self::timeline::{Placed, Timeline};
use super::mp4::{self, StreamTimes};
use super::{Decode, Loss, Metadata, Recording, Stopped, stopped};
use crate::audio::Format;

/// Packets in a row that may fail before the rest of a file counts as undecodable.
const MOST_BAD_PACKETS: u32 = 1_000;

/// A stream that ends this much before its told length was cut, in seconds.
const CUT_SECONDS: f64 = 0.5;

type Reader = Box<dyn FormatReader>;

/// One stream of a container.
struct Media {
    reader: Reader,
    track: u32,
    time_base: Option<TimeBase>,
    codec: Codec,
    format: Format,
    timeline: Timeline,
    /// Decoded samples that were not given out yet, from `given` on.
    sound: Vec<f32>,
    given: usize,
    /// Silence to give out before them, in frames.
    silence: u64,
    /// Length that the container tells, in frames.
    promised: Option<u64>,
    bad_in_a_row: u32,
    ended: bool,
}

/// Opens stream `index` of a container.
pub(super) fn open(path: &Path, index: u16) -> Result<Recording, Stopped> {
    let mut reader = probe(path)?;
    let tracks: Vec<Track> = reader
        .tracks()
        .iter()
        .filter(|t| audio(t).is_some())
        .cloned()
        .collect();
    let streams = u16::try_from(tracks.len()).unwrap_or(u16::MAX);
    let Some(track) = tracks.get(usize::from(index)) else {
        return Err(Stopped(
            match streams {
                0 => "there is no sound in it that can be decoded".to_owned(),
                n => format!("it holds {n} streams of sound"),
            }
            .into(),
        ));
    };
    let mut metadata = tags(&mut reader);
    let times = match reader.format_info().short_name {
        "isomp4" => mp4::times(&mut File::open(path).map_err(stopped)?),
        _ => mp4::Times::default(),
    };
    metadata.created_at = times.created.clone().or(metadata.created_at);
    let edit = times
        .streams
        .iter()
        .find(|edit| edit.id == track.id)
        .copied();
    let media = Media::start(reader, track, edit.unwrap_or_default(), streams > 1)?;
    let frames = media.promised;
    let (format, losses) = (media.format, Vec::new());
    Ok(Recording {
        metadata,
        streams,
        losses,
        ..Recording::new(format, frames, Box::new(media))
    })
}

/// Finds the container. One whose index lies behind a cut is read front to back.
fn probe(path: &Path) -> Result<Reader, Stopped> {
    let seekable = || -> Result<Box<dyn MediaSource>, Stopped> {
        Ok(Box::new(File::open(path).map_err(stopped)?))
    };
    let found = probe_source(seekable()?);
    found.or_else(|error| {
        let file = File::open(path).map_err(stopped)?;
        probe_source(Box::new(ReadOnlySource::new(file))).map_err(|_| stopped(error))
    })
}

fn probe_source(source: Box<dyn MediaSource>) -> Result<Reader, Error> {
    let stream = MediaSourceStream::new(source, Default::default());
    symphonia::default::get_probe().probe(
        &Hint::new(),
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    )
}

fn audio(track: &Track) -> Option<&AudioCodecParameters> {
    track.codec_params.as_ref()?.audio()
}

fn tags(reader: &mut Reader) -> Metadata {
    let mut found = Metadata::default();
    let mut metadata = reader.metadata();
    let Some(revision) = metadata.skip_to_latest() else {
        return found;
    };
    for tag in &revision.media.tags {
        match &tag.std {
            Some(StandardTag::TrackTitle(title)) => found.title = Some(line(title)),
            Some(
                StandardTag::RecordingDate(date)
                | StandardTag::DigitizedDate(date)
                | StandardTag::EncodingDate(date),
            ) => found.created_at = Some(line(date)),
            _ => {}
        }
    }
    found.title = found.title.filter(|title| !title.is_empty());
    found.created_at = found.created_at.filter(|date| !date.is_empty());
    found
}

/// A tag as one line of a length that a title can have.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}

impl Media {
    /// Decodes up to the first sound, which tells the format: what a container says of it may be wrong.
    fn start(
        mut reader: Reader,
        track: &Track,
        edit: StreamTimes,
        several: bool,
    ) -> Result<Media, Stopped> {
        let parameters = audio(track).ok_or_else(|| Stopped("no sound".into()))?;
        let mut codec = Codec::new(parameters)?;
        let mut sound = Vec::new();
        let mut bad = 0;
        let (first, mut format) = loop {
            let packet = match reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == track.id => packet,
                Ok(Some(_)) => continue,
                Ok(None) => break (None, told(parameters)),
                Err(error) => match told(parameters) {
                    Some(format) => break (None, Some(format)),
                    None => return Err(stopped(error)),
                },
            };
            match codec.decode(&packet, &mut sound) {
                // Some encoders begin with a packet that makes no sound.
                Ok(Some(format)) if !sound.is_empty() => break (Some(packet), Some(format)),
                Ok(_) => {}
                Err(error) if bad == MOST_BAD_PACKETS => return Err(error),
                Err(_) => bad += 1,
            }
        };
        let found = format
            .as_mut()
            .ok_or_else(|| Stopped("the header says no channels or no sample rate".into()))?;
        if let (Some(packet), Some(time_base)) = (&first, track.time_base) {
            let frames = sound.len() / usize::from(found.channels.get());
            if parameters.codec == CODEC_ID_AAC && is_half(packet, time_base, *found, frames) {
                // The upper half of the band is stored apart and not decoded: what comes has half
                // the rate that the container tells.
                let half = Format::new(found.rate.get() / 2, found.channels.get());
                *found = half.unwrap_or(*found);
            }
        }
        let format = *found;
        let rate = format.rate.get();
        let skip = match &first {
            // Ogg tells the delay of Opus once and leaves it in the packets' times.
            Some(packet)
                if parameters.codec == CODEC_ID_OPUS
                    && packet.trim_start.get() == 0
                    && packet.pts.get() >= 0 =>
            {
                u64::from(track.delay.unwrap_or(0))
            }
            _ => 0,
        };
        let skip = skip.max(scaled(edit.media_start, edit.timescale, rate));
        let late = match several {
            true => (edit.late_s * f64::from(rate)).round() as u64,
            false => 0,
        };
        let until = (edit.heard_s > 0.0)
            .then(|| late.saturating_add((edit.heard_s * f64::from(rate)).round() as u64));
        let promised = length(track, rate)
            .map(|frames| (frames.saturating_sub(skip) + late).min(until.unwrap_or(u64::MAX)))
            .filter(|&frames| frames > 0);
        let mut media = Media {
            reader,
            track: track.id,
            time_base: track.time_base,
            codec,
            format,
            timeline: Timeline::new(rate, skip, until, several).begin_late(late),
            sound,
            given: 0,
            silence: 0,
            promised,
            bad_in_a_row: bad,
            ended: first.is_none(),
        };
        if let Some(packet) = first {
            media.place(&packet);
        }
        Ok(media)
    }

    /// Puts the decoded sound where its packet says.
    fn place(&mut self, packet: &Packet) {
        let channels = usize::from(self.format.channels.get());
        let frames = (self.sound.len() / channels) as u64;
        let start = self.time_base.map(|base| {
            let ticks = i128::from(packet.pts.get()) + i128::from(packet.trim_start.get());
            to_frames(ticks, base, self.format.rate.get())
        });
        let Placed {
            silence,
            skip,
            take,
        } = self.timeline.place(start, frames, self.bad_in_a_row > 0);
        self.bad_in_a_row = 0;
        self.silence = silence;
        self.given = skip as usize * channels;
        self.sound.truncate((skip + take) as usize * channels);
        self.ended |= self.timeline.is_over();
    }

    /// Decodes the next packet of the stream; false at the end.
    fn next(&mut self) -> Result<bool, Stopped> {
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return self.end(),
                Err(Error::ResetRequired) => {
                    self.follow()?;
                    continue;
                }
                Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return match self.end() {
                        Ok(_) => Err(Stopped("the file ends too early".into())),
                        early => early,
                    };
                }
                Err(error) => {
                    self.end()?;
                    return Err(stopped(error));
                }
            };
            match self.codec.decode(&packet, &mut self.sound) {
                Ok(Some(format)) if format.channels != self.format.channels => {
                    return Err(Stopped("its channels change on the way".into()));
                }
                Ok(_) => {
                    self.place(&packet);
                    return Ok(true);
                }
                Err(error) => {
                    self.sound.clear();
                    self.bad_in_a_row += 1;
                    if self.bad_in_a_row > MOST_BAD_PACKETS {
                        self.end()?;
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Goes on with the stream that follows in a chain, such as an internet radio writes.
    fn follow(&mut self) -> Result<(), Stopped> {
        let next = self
            .reader
            .tracks()
            .iter()
            .find(|track| audio(track).is_some());
        let Some((track, parameters)) = next.and_then(|track| Some((track, audio(track)?))) else {
            return Err(Stopped("its streams change on the way".into()));
        };
        self.codec = Codec::new(parameters)?;
        (self.track, self.time_base) = (track.id, track.time_base);
        self.timeline.restart();
        Ok(())
    }

    /// The end of the stream: an error where it comes before its told length.
    fn end(&mut self) -> Result<bool, Stopped> {
        self.ended = true;
        let missing = self.promised.map_or(0, |told| self.timeline.missing(told));
        if missing as f64 > CUT_SECONDS * f64::from(self.format.rate.get()) {
            self.timeline.lose_the_end(missing);
            return Err(Stopped("the file ends too early".into()));
        }
        Ok(false)
    }
}

impl Decode for Media {
    fn decode(&mut self, max_frames: usize, out: &mut Vec<f32>) -> Result<usize, Stopped> {
        let channels = usize::from(self.format.channels.get());
        let mut frames = 0;
        while frames < max_frames {
            let room = max_frames - frames;
            if self.silence > 0 {
                let count = self.silence.min(room as u64);
                out.resize(out.len() + count as usize * channels, 0.0);
                self.silence -= count;
                frames += count as usize;
                continue;
            }
            let held = self.sound.len().saturating_sub(self.given) / channels;
            if held > 0 {
                let count = held.min(room);
                let part = &self.sound[self.given..self.given + count * channels];
                out.extend(part.iter().map(|&x| if x.is_finite() { x } else { 0.0 }));
                self.given += count * channels;
                frames += count;
                continue;
            }
            if self.ended || !self.next()? {
                break;
            }
        }
        Ok(frames)
    }

    fn losses(&mut self) -> Vec<Loss> {
        self.timeline.take_losses()
    }
}

/// The format that a container tells.
fn told(parameters: &AudioCodecParameters) -> Option<Format> {
    let channels = u16::try_from(parameters.channels.as_ref()?.count()).ok()?;
    Format::new(parameters.sample_rate?, channels)
}

/// Length of a stream in frames, where it is told.
fn length(track: &Track, rate: u32) -> Option<u64> {
    let base = track.time_base?;
    let ticks = match track.duration {
        Some(duration) => i128::from(duration.get()),
        None => return track.num_frames,
    };
    u64::try_from(to_frames(ticks, base, rate)).ok()
}

/// Whether a packet gives half of the frames that it stands for.
fn is_half(packet: &Packet, base: TimeBase, format: Format, frames: usize) -> bool {
    let stood_for = to_frames(
        i128::from(packet.block_dur().get()),
        base,
        format.rate.get(),
    );
    frames > 0 && (stood_for - 2 * frames as i64).abs() <= 2
}

fn to_frames(ticks: i128, base: TimeBase, rate: u32) -> i64 {
    let scaled = ticks * i128::from(base.numer.get()) * i128::from(rate);
    let frames = scaled.div_euclid(i128::from(base.denom.get()));
    i64::try_from(frames).unwrap_or(if frames < 0 {
        i64::MIN / 4
    } else {
        i64::MAX / 4
    })
}

fn scaled(units: u64, timescale: u32, rate: u32) -> u64 {
    match timescale {
        0 => 0,
        scale => (u128::from(units) * u128::from(rate) / u128::from(scale)) as u64,
    }
}

//! Recordings in: which file and channel is which track, and their samples along each track's path.

use std::collections::HashSet;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use super::losses;
use crate::audio::{Format, Track};
use crate::error::{Error, ErrorKind, Result};
use crate::import::{self, Loss, Metadata};

/// Frames read at a time.
const BLOCK: usize = 16_384;

/// Seconds of sound in which two channels are compared.
const COMPARED_SECONDS: u64 = 60;

/// Two channels are the same recording when their difference is this much weaker than their sum, as
/// a ratio of energies (-40 dB). Two microphones in one room differ by far more.
const SAME_RATIO: f64 = 1e-4;

/// What the channels of a file mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channels {
    /// One track a channel: of two, the left is the microphone and the right the system.
    #[default]
    Split,
    /// All channels are one track.
    Mix,
}

/// Which parts of a file become tracks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What the channels of a stream mean.
    pub channels: Channels,
    /// The streams to take of a file of several, counted from 0, in the order of the tracks that they
    /// become; without any, all of them.
    pub streams: Vec<u16>,
}

/// Which track a part of a file becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceTrack {
    /// The track.
    pub track: Track,
    /// Channel of the file, from 0; `None` mixes them all.
    pub channel: Option<u16>,
}

/// A stream of sound of a file and the tracks in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePlan {
    /// The file.
    pub path: PathBuf,
    /// Which stream, from 0; `None` when the file holds only one.
    pub stream: Option<u16>,
    /// Rate and channels of the stream.
    pub format: Format,
    /// Frames in the stream, where its header says so.
    pub frames: Option<u64>,
    /// Its tracks.
    pub tracks: Vec<SourceTrack>,
    /// What the file tells about itself.
    pub metadata: Metadata,
    /// Worth telling the user about the file.
    pub notes: Vec<String>,
}

/// What streaming a file found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streamed {
    /// Worth telling the user about the file.
    pub notes: Vec<String>,
    /// Stretches without sound, in order. One that begins where the file ends is missing from it; all
    /// others were read as silence.
    pub losses: Vec<Loss>,
    /// Frames that were read.
    pub frames: u64,
}

/// Decides which tracks the files of one call hold.
///
/// One file: its channels, as the layout says; two equal channels are one track. Several streams of
/// one file, as OBS writes it, and several files: one track each, the first the microphone and the
/// second the system, unless the files' names are `mic` and `system` the other way round.
///
/// # Errors
///
/// [`ErrorKind::Usage`] for no file, the same file or stream twice, or streams of several files;
/// otherwise what [`import::open_stream`] reports.
pub fn arrange(files: &[PathBuf], layout: &Layout) -> Result<Vec<SourcePlan>> {
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "no file was named"));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = files.iter().find(|file| !seen.insert(file.as_path())) {
        return Err(Error::new(
            ErrorKind::Usage,
            format!("{} is named twice", twice.display()),
        )
        .hint("name each track's file once"));
    }
    if let [file] = files {
        return one_file(file, layout);
    }
    if !layout.streams.is_empty() {
        return Err(
            Error::new(ErrorKind::Usage, "streams are chosen of one file alone")
                .hint("name a single file with --streams"),
        );
    }
    let swapped = stem(&files[0]) == "system" && stem(&files[1]) == "mic";
    files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let track = match index {
                0 if !swapped => Track::Mic,
                1 if swapped => Track::Mic,
                0 | 1 => Track::System,
                n => Track::Imported(numbered(n + 1)?),
            };
            plan(file, None, mixed(track))
        })
        .collect()
}

/// Everything of the source as one track.
fn mixed(track: Track) -> Vec<SourceTrack> {
    let channel = None;
    vec![SourceTrack { track, channel }]
}

/// The streams of a file that holds several or of which some were chosen, or the channels of a single
/// one.
fn one_file(path: &Path, layout: &Layout) -> Result<Vec<SourcePlan>> {
    let held = import::open(path)?.streams();
    let mut seen = HashSet::new();
    if let Some(twice) = layout.streams.iter().find(|stream| !seen.insert(**stream)) {
        let what = format!("stream {} is named twice", twice + 1);
        return Err(Error::new(ErrorKind::Usage, what));
    }
    if let Some(missing) = layout.streams.iter().find(|stream| **stream >= held.max(1)) {
        let what = format!(
            "{} has no stream {}, it holds {held} of sound",
            path.display(),
            missing + 1
        );
        return Err(Error::new(ErrorKind::Usage, what).hint("streams are counted from 1"));
    }
    let streams = match layout.streams.is_empty() {
        true => (0..held.max(1)).collect(),
        false => layout.streams.clone(),
    };
    if let [stream] = streams[..] {
        let stream = (held > 1).then_some(stream);
        return Ok(vec![one_stream(path, stream, layout.channels)?]);
    }
    let streams = streams.into_iter().enumerate();
    streams
        .map(|(index, stream)| {
            let track = match index {
                0 => Track::Mic,
                1 => Track::System,
                n => Track::Imported(numbered(n + 1)?),
            };
            plan(path, Some(stream), mixed(track))
        })
        .collect()
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase()
}

fn numbered(n: usize) -> Result<u8> {
    u8::try_from(n).map_err(|_| {
        Error::new(ErrorKind::Usage, format!("{n} tracks are too many"))
            .hint("a session holds at most 255")
    })
}

fn one_stream(path: &Path, stream: Option<u16>, channels: Channels) -> Result<SourcePlan> {
    let mixed = mixed(Track::Imported(1));
    let recording = import::open_stream(path, stream.unwrap_or(0))?;
    let count = recording.format().channels.get();
    if count == 1 || channels == Channels::Mix {
        return plan(path, stream, mixed);
    }
    if count == 2 && channels_are_equal(recording)? {
        let mut plan = plan(path, stream, mixed)?;
        plan.notes
            .push("both channels hold the same sound and are taken as one track".into());
        return Ok(plan);
    }
    let tracks = (0..count)
        .map(|channel| {
            let track = match (count, channel) {
                (2, 0) => Track::Mic,
                (2, _) => Track::System,
                (_, n) => Track::Imported(numbered(usize::from(n) + 1)?),
            };
            Ok(SourceTrack {
                track,
                channel: Some(channel),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    plan(path, stream, tracks)
}

fn plan(path: &Path, stream: Option<u16>, tracks: Vec<SourceTrack>) -> Result<SourcePlan> {
    let recording = import::open_stream(path, stream.unwrap_or(0))?;
    Ok(SourcePlan {
        path: path.to_path_buf(),
        stream,
        format: recording.format(),
        frames: recording.frames(),
        tracks,
        metadata: recording.metadata().clone(),
        notes: Vec::new(),
    })
}

/// Whether the two channels of a recording carry one and the same sound in its first minute of sound.
fn channels_are_equal(mut recording: import::Recording) -> Result<bool> {
    let enough = u64::from(recording.format().rate.get()) * COMPARED_SECONDS;
    let (mut apart, mut together, mut heard) = (0.0_f64, 0.0_f64, 0_u64);
    let mut frames = Vec::new();
    while heard < enough {
        frames.clear();
        if recording.read(BLOCK, &mut frames)? == 0 {
            break;
        }
        for pair in frames.chunks_exact(2) {
            let (left, right) = (f64::from(pair[0]), f64::from(pair[1]));
            apart += (left - right).powi(2);
            together += (left + right).powi(2);
            heard += u64::from(pair[0] != 0.0 || pair[1] != 0.0);
        }
    }
    Ok(heard > 0 && apart <= together * SAME_RATIO)
}

/// Streams a planned file: `each` gets every block of every track, as frames in the format that
/// [`track_format`] tells.
///
/// # Errors
///
/// What [`import::open`] and reading report, and what `each` returns.
pub fn stream(
    plan: &SourcePlan,
    each: &mut dyn FnMut(Track, &[f32]) -> Result<()>,
) -> Result<Streamed> {
    let mut recording = import::open_stream(&plan.path, plan.stream.unwrap_or(0))?;
    let channels = usize::from(plan.format.channels.get());
    let mut frames = Vec::new();
    let mut one = Vec::new();
    let mut streamed = Streamed::default();
    loop {
        frames.clear();
        let read = recording.read(BLOCK, &mut frames)?;
        streamed.losses.extend(recording.take_losses());
        if read == 0 {
            break;
        }
        streamed.frames += read as u64;
        for source in &plan.tracks {
            match source.channel {
                None => each(source.track, &frames)?,
                Some(channel) => {
                    one.clear();
                    one.extend(frames.iter().skip(usize::from(channel)).step_by(channels));
                    each(source.track, &one)?;
                }
            }
        }
    }
    streamed.notes.clone_from(&plan.notes);
    streamed.notes.extend(recording.warnings().iter().cloned());
    streamed
        .notes
        .extend(losses::note(&streamed, plan.format.rate));
    streamed.losses.sort_by_key(|loss| loss.start);
    Ok(streamed)
}

/// The format in which [`stream`] delivers a track.
pub fn track_format(plan: &SourcePlan, source: SourceTrack) -> Format {
    Format {
        rate: plan.format.rate,
        channels: match source.channel {
            None => plan.format.channels,
            Some(_) => NonZeroU16::MIN,
        },
    }
}

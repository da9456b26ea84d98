//! A recording that stands in for a device: it is played in real time.

use std::path::Path;

use verbatim::Result;
use verbatim::audio::Track;
use verbatim::capture::paced::{Pace, PacedSource};
use verbatim::event::SourceFile;
use verbatim::import;
use verbatim::session::TrackInput;

/// Opens `path` as the source of `track`; its channels are mixed.
pub fn from_file(track: Track, path: &Path) -> Result<TrackInput> {
    let mut recording = import::open(path)?;
    let file = SourceFile {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        sha256: import::sha256(path)?,
        stream: None,
        channel: None,
        title: recording.metadata().title.clone(),
        created_at: recording.metadata().created_at.clone(),
        copy: None,
    };
    let format = recording.format();
    let source = PacedSource::new(
        format,
        Pace::RealTime,
        Box::new(move |frames, out| recording.read(frames, out)),
    );
    Ok(TrackInput {
        track,
        device: None,
        file: Some(file),
        source: Box::new(source),
    })
}

//! How fast a recogniser is on the speech of a recording.

use std::path::Path;
use std::time::{Duration, Instant};

use super::import::{ImportOptions, Sources, import_session};
use super::intake::{self, Channels, Layout};
use super::log::Watch;
use super::text::waiting;
use super::upcoming::Upcoming;
use crate::error::{Error, ErrorKind, Result};
use crate::store::documents;
use crate::text::{Hearing, Limits, Transcriber};
use crate::voice::DetectorMaker;

/// The first windows of speech of a recording, at most `most`, as a transcription would cut them: samples
/// at 16 kHz.
///
/// # Errors
///
/// As [`import_session`]; [`ErrorKind::BadAudio`] when nobody speaks.
pub fn windows(
    file: &Path,
    detector: &DetectorMaker,
    (limits, most): (Limits, usize),
    watch: &mut dyn Watch,
) -> Result<Vec<Vec<i16>>> {
    let scratch = tempfile::tempdir();
    let scratch = scratch.map_err(|e| Error::io("make a folder in", &std::env::temp_dir(), e))?;
    let layout = Layout {
        channels: Channels::Split,
        streams: Vec::new(),
    };
    let plans = intake::arrange(&[file.to_owned()], &layout)?;
    let options = ImportOptions {
        dir: scratch.path().to_owned(),
        title: None,
        goal: None,
        program: String::new(),
        sources: Sources::default(),
    };
    let imported = import_session(&plans, &options, detector, watch)?;
    let spans = waiting(&documents::fold_folder(&imported.folder)?.transcript);
    let upcoming = Upcoming::of(&imported.folder, &spans, (limits, Hearing::AsRecorded));
    let sounds = upcoming.map(|window| window.map(|window| window.sound));
    let windows = sounds.take(most).collect::<Result<Vec<_>>>()?;
    match windows.is_empty() {
        true => Err(Error::new(
            ErrorKind::BadAudio,
            format!("nobody speaks in {}", file.display()),
        )
        .hint("name a recording with some minutes of speech")),
        false => Ok(windows),
    }
}

/// How long a recogniser takes for windows, with as many at a time as it likes; `None` once it has taken
/// longer than `most`, which is looked at after each window.
///
/// # Errors
///
/// What the recogniser returns.
pub fn time(
    transcriber: &mut dyn Transcriber,
    windows: &[Vec<i16>],
    most: Duration,
) -> Result<Option<Duration>> {
    let begun = Instant::now();
    let mut next = windows.iter();
    for (at, window) in windows.iter().enumerate() {
        let begun_so_far = windows.len() - next.len();
        let wanted = (at + 1 + transcriber.ahead()).saturating_sub(begun_so_far);
        for ahead in next.by_ref().take(wanted) {
            transcriber.begin(ahead);
        }
        transcriber.transcribe(window)?;
        if begun.elapsed() > most {
            return Ok(None);
        }
    }
    Ok(Some(begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RawSegment;

    /// Takes ten milliseconds a window, and counts them.
    struct Slow(usize);

    impl Transcriber for Slow {
        fn limits(&self) -> Limits {
            Limits { window_samples: 1 }
        }

        fn transcribe(&mut self, _: &[i16]) -> Result<Vec<RawSegment>> {
            std::thread::sleep(Duration::from_millis(10));
            self.0 += 1;
            Ok(Vec::new())
        }
    }

    #[test]
    fn what_takes_too_long_is_given_up_after_a_window() {
        let windows = vec![vec![0]; 200];
        let mut slow = Slow(0);
        let given_up = time(&mut slow, &windows, Duration::from_millis(25)).unwrap();
        assert_eq!(given_up, None);
        assert!((1..=3).contains(&slow.0), "{} windows", slow.0);
        let whole = time(&mut slow, &windows[..3], Duration::from_secs(600)).unwrap();
        assert!(whole.unwrap() >= Duration::from_millis(30));
    }
}

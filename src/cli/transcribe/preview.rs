//! `transcribe --dry-run`: what would be done, and how long it would take.

use std::time::Instant;

use verbatim::batch::queue::{Call, Outlook, Prospect, look};
use verbatim::text::Recogniser;
use verbatim::{Error, Result};

use super::{TranscribeArgs, load, options};
use crate::cli::exit::Outcome;
use crate::cli::export;
use crate::view::text::clock;

/// Tells what would be done with every call.
///
/// # Errors
///
/// [`ErrorKind::Model`](verbatim::ErrorKind::Model) when the model cannot be loaded; otherwise what is
/// wrong with one of several calls stands in its line.
pub(super) fn run(args: &TranscribeArgs, calls: &[Call]) -> Result<Outcome> {
    let mut recogniser = load(args)?;
    let prospects = look(calls, &options(args), &recogniser.pass)?;
    let mut text = String::new();
    let mut new_ms = 0;
    let mut failed = None;
    for (call, prospect) in calls.iter().zip(prospects) {
        let files = call.files.iter().map(|file| file.display().to_string());
        let files = files.collect::<Vec<_>>().join(" + ");
        let what = match prospect {
            Ok(prospect) => {
                if !matches!(prospect.outlook, Outlook::Complete(_)) {
                    new_ms += prospect.audio_ms;
                }
                line(&prospect)
            }
            Err(error) => {
                let line = format!("cannot be done: {error}");
                failed = Some(error);
                line
            }
        };
        text.push_str(&format!("{files}: {what}\n"));
    }
    if new_ms > 0 {
        let speed = speed(&mut recogniser)?;
        text.push_str(&format!(
            "{} to transcribe, at most about {} at {speed:.1} x real time\n",
            clock(new_ms),
            clock((new_ms as f64 / speed) as u64)
        ));
    }
    export::print(text.as_bytes())?;
    match failed {
        None => Ok(Outcome::Done),
        Some(error) => Err(Error::new(
            error.kind(),
            "not every file can be transcribed",
        )),
    }
}

fn line(prospect: &Prospect) -> String {
    let tracks: Vec<String> = prospect.tracks.iter().map(ToString::to_string).collect();
    let what = match &prospect.outlook {
        Outlook::New => "to be transcribed".to_owned(),
        Outlook::GoesOn(path) => format!("to be gone on with in {}", path.display()),
        Outlook::Complete(path) => format!("done before, in {}", path.display()),
    };
    let length = match prospect.audio_ms {
        0 => "length unknown".into(),
        ms => clock(ms),
    };
    format!("{length}, {}; {what}", tracks.join(" and "))
}

/// How fast this machine decodes a full window of faint noise, in seconds of sound a second.
fn speed(recogniser: &mut Recogniser) -> Result<f64> {
    let samples = recogniser.transcriber.limits().window_samples;
    let noise: Vec<i16> = (0..samples as u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 26) as i16 - 32)
        .collect();
    let begun = Instant::now();
    recogniser.transcriber.transcribe(&noise)?;
    let seconds = samples as f64 / f64::from(verbatim::audio::ANALYSIS_RATE);
    Ok(seconds / begun.elapsed().as_secs_f64().max(1e-3))
}

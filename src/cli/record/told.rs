//! What `verbatim record` tells before and after.

use verbatim::Result;
use verbatim::document::common::ConsentScope;
use verbatim::event::{ConsentRecorded, StopReason};
use verbatim::session::{Summary, TrackInput};
use verbatim::store::folder::SessionFolder;

use crate::cli::show;
use crate::view::summary::Shape;

/// Tells which devices are heard, and what is not allowed.
pub(super) fn announce(inputs: &[TrackInput], consent: Option<&ConsentRecorded>) {
    for input in inputs {
        let from = match (&input.device, &input.file) {
            (Some(device), _) => format!("{} ({})", device.name, device.id),
            (None, Some(file)) => format!("{} (a file, in real time)", file.name),
            (None, None) => "unknown".into(),
        };
        eprintln!("{:<7} {from}", input.track.to_string());
    }
    match consent {
        None if inputs.is_empty() => eprintln!("no device is opened; nothing is heard or kept"),
        None => {
            eprintln!("consent not noted; --consent \"what was agreed\" keeps it with the session")
        }
        Some(consent) if !ConsentScope::Transcribe.is_within(&consent.scopes) => {
            eprintln!("the consent does not cover a transcript, so none is made");
        }
        Some(_) => {}
    }
}

/// Shows the session that was recorded, and why it ended by itself.
pub(super) fn report(folder: &SessionFolder, shape: Shape, summary: &Summary) -> Result<()> {
    println!();
    show::tell(folder, shape)?;
    let why = match summary.reason {
        StopReason::DevicesLost => "every device was lost",
        StopReason::Disk => "the disk is nearly full: free some space",
        StopReason::Silence => "nobody had spoken for long (--stop-after-silence)",
        StopReason::Slept => "the machine slept for more than an hour",
        StopReason::User | StopReason::Planned | StopReason::SourcesEnded => return Ok(()),
    };
    eprintln!("verbatim: stopped because {why}; what was recorded before is complete");
    Ok(())
}

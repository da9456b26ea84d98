//! What a session of recordings will be, before anything of them is read.

use super::{ImportOptions, Sources};
use crate::batch::copy::{Copied, Names};
use crate::batch::intake::SourcePlan;
use crate::batch::listen::detector_name;
use crate::clock::{local_time, wall_clock};
use crate::error::Result;
use crate::event::{Origin, PlannedTrack, SessionStarted, SourceFile};
use crate::import;
use crate::voice::DetectorMaker;

/// What a session of these recordings will be; hashes the files.
///
/// # Errors
///
/// As [`Error::io`] when a file cannot be read.
pub fn planned(
    plans: &[SourcePlan],
    options: &ImportOptions,
    detector: &DetectorMaker,
) -> Result<SessionStarted> {
    let mut tracks = Vec::new();
    let mut names = Names::default();
    for plan in plans {
        let sha256 = import::sha256(&plan.path)?;
        let name = plan.path.file_name().unwrap_or_default().to_string_lossy();
        let copy = match options.sources {
            Sources::Referenced => None,
            Sources::Copied => Some(names.of(&plan.path)),
        };
        tracks.extend(plan.tracks.iter().map(|source| PlannedTrack {
            track: source.track,
            device: None,
            source: Some(SourceFile {
                name: name.clone().into_owned(),
                sha256: sha256.clone(),
                stream: plan.stream,
                channel: source.channel,
                title: plan.metadata.title.clone(),
                created_at: plan.metadata.created_at.clone(),
                copy: copy.clone(),
            }),
        }));
    }
    tracks.sort_by_key(|planned| planned.track);
    Ok(SessionStarted {
        origin: Origin::Import,
        started_at: recorded_at(plans).unwrap_or_else(wall_clock),
        title: options.title.clone(),
        goal: options.goal.clone(),
        program: options.program.clone(),
        detector: detector_name(detector)?,
        no_audio: None,
        tracks,
    })
}

/// When the call was recorded, by the earliest of its files that tells.
fn recorded_at(plans: &[SourcePlan]) -> Option<String> {
    let told = plans
        .iter()
        .filter_map(|plan| plan.metadata.created_at.as_deref());
    told.filter_map(local_time).min()
}

/// The copies that a session is to hold, each file once.
pub(super) fn copies(started: &SessionStarted, plans: &[SourcePlan]) -> Vec<Copied> {
    let mut copies: Vec<Copied> = Vec::new();
    let sources = started
        .tracks
        .iter()
        .map(|planned| (planned.track, &planned.source));
    for (track, source) in sources {
        let holds = |plan: &&SourcePlan| plan.tracks.iter().any(|source| source.track == track);
        let plan = plans.iter().find(holds);
        if let (Some(plan), Some((sum, name))) = (plan, source.as_ref().and_then(copy_of)) {
            let copied = Copied::new(&plan.path, name, sum);
            if !copies.contains(&copied) {
                copies.push(copied);
            }
        }
    }
    copies
}

fn copy_of(source: &SourceFile) -> Option<(&str, &str)> {
    source
        .copy
        .as_deref()
        .map(|name| (source.sha256.as_str(), name))
}

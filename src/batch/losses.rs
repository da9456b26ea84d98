//! What of an imported recording is lost: for the log, for people, and for figures.

use std::num::NonZeroU32;

use super::intake::{SourcePlan, Streamed};
use crate::audio::Track;
use crate::document::common::GapCause;
use crate::document::manifest::{Manifest, TrackManifest};
use crate::event::TrackGap;
use crate::import::LossCause;
use crate::time::{TICKS_PER_SECOND, Tick};

/// Stretches that a line for people names; of more it tells how many there are.
const NAMED: usize = 5;

/// The stretches of a planned file that were read as silence, as gaps of each of its tracks, in order.
pub(super) fn gaps(plan: &SourcePlan, streamed: &Streamed) -> Vec<TrackGap> {
    let rate = plan.format.rate;
    let inside = streamed.losses.iter().filter(|l| l.start < streamed.frames);
    let of_track = |track: Track| {
        inside.clone().map(move |loss| {
            let start = ticks(loss.start, rate);
            let end = (loss.start.saturating_add(loss.frames)).min(streamed.frames);
            TrackGap {
                track,
                start_sample: start,
                samples: ticks(end, rate) - start,
                cause: match loss.cause {
                    LossCause::Damaged => GapCause::SourceDamaged,
                    LossCause::Hole => GapCause::SourceHole,
                },
            }
        })
    };
    let tracks = plan.tracks.iter().flat_map(|source| of_track(source.track));
    tracks.filter(|gap| gap.samples > 0).collect()
}

/// How much is missing after the last sample of a planned file, in archive samples.
pub(super) fn missing(plan: &SourcePlan, streamed: &Streamed) -> u64 {
    let after = streamed.losses.iter().find(|l| l.start >= streamed.frames);
    after.map_or(0, |loss| ticks(loss.frames, plan.format.rate))
}

/// A line for people about the lost stretches of a file, where there are any.
pub(super) fn note(streamed: &Streamed, rate: NonZeroU32) -> Option<String> {
    let named: Vec<String> = streamed
        .losses
        .iter()
        .take(NAMED)
        .map(|loss| {
            let at = |frames: u64| at(Tick(ticks(frames, rate)));
            let (from, to) = (at(loss.start), at(loss.start.saturating_add(loss.frames)));
            format!("{from} to {to}")
        })
        .collect();
    let more = match streamed.losses.len() {
        0 => return None,
        count if count > NAMED => format!(" and {} more", count - NAMED),
        _ => String::new(),
    };
    Some(format!("nothing is heard of {}{more}", named.join(", ")))
}

/// How much of a session's recordings could not be decoded, in milliseconds: of the track that lost
/// most.
pub(super) fn lost_ms(manifest: &Manifest) -> u64 {
    let of_track = |track: &TrackManifest| {
        let damaged = track.gaps.iter();
        let damaged = damaged.filter(|gap| gap.cause == GapCause::SourceDamaged);
        let inside: u64 = damaged.map(|gap| gap.end_ms - gap.start_ms).sum();
        let after = track.cut_short.map_or(0, |cut| cut.end_ms - cut.start_ms);
        inside.saturating_add(after)
    };
    manifest.tracks.iter().map(of_track).max().unwrap_or(0)
}

/// Frames of a recording as archive samples.
fn ticks(frames: u64, rate: NonZeroU32) -> u64 {
    let ticks = u128::from(frames) * u128::from(TICKS_PER_SECOND) / u128::from(rate.get());
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// A time for people, to a tenth of a second.
fn at(tick: Tick) -> String {
    let tenths = tick.ms() / 100;
    let (minutes, seconds) = (tenths / 600, tenths / 10 % 60);
    match minutes / 60 {
        0 => format!("{minutes:02}:{seconds:02}.{}", tenths % 10),
        hours => format!("{hours}:{:02}:{seconds:02}.{}", minutes % 60, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Format;
    use crate::batch::intake::SourceTrack;
    use crate::import::{Loss, Metadata};

    fn streamed(losses: &[(u64, u64, LossCause)]) -> Streamed {
        let loss = |&(start, frames, cause): &(u64, u64, LossCause)| Loss {
            start,
            frames,
            cause,
        };
        Streamed {
            notes: Vec::new(),
            losses: losses.iter().map(loss).collect(),
            frames: 16_000,
        }
    }

    #[test]
    fn what_lies_inside_is_a_gap_of_every_track_and_the_rest_is_missing() {
        let track = |track| SourceTrack {
            track,
            channel: None,
        };
        let plan = SourcePlan {
            path: "call.m4a".into(),
            stream: None,
            format: Format::new(8_000, 2).unwrap(),
            frames: None,
            tracks: vec![track(Track::Mic), track(Track::System)],
            metadata: Metadata::default(),
            notes: Vec::new(),
        };
        let found = streamed(&[
            (4_000, 800, LossCause::Damaged),
            (8_000, 8_000, LossCause::Hole),
            (16_000, 80_000, LossCause::Damaged),
        ]);
        let gap = |track, start_sample, samples, cause| TrackGap {
            track,
            start_sample,
            samples,
            cause,
        };
        assert_eq!(
            gaps(&plan, &found),
            [
                gap(Track::Mic, 24_000, 4_800, GapCause::SourceDamaged),
                gap(Track::Mic, 48_000, 48_000, GapCause::SourceHole),
                gap(Track::System, 24_000, 4_800, GapCause::SourceDamaged),
                gap(Track::System, 48_000, 48_000, GapCause::SourceHole),
            ]
        );
        assert_eq!(missing(&plan, &found), 480_000);
        assert_eq!(
            note(&found, plan.format.rate).unwrap(),
            "nothing is heard of 00:00.5 to 00:00.6, 00:01.0 to 00:02.0, 00:02.0 to 00:12.0"
        );
        assert_eq!(note(&streamed(&[]), plan.format.rate), None);
    }
}

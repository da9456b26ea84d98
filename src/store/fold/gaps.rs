//! Audio that was not captured, and devices that changed, as documents and turns want them.

use crate::document::common::Gap;
use crate::document::manifest::DeviceChange;
use crate::event::{DeviceChanged, TrackGap};
use crate::time::{Span, Tick};
use crate::voice::document::TrackGap as HeardGap;

/// A track's gaps in order and disjoint. Pieces that abut and have one cause are one gap; what two
/// events tell of the same samples counts once, with the cause that begins first.
pub(super) fn joined(mut gaps: Vec<TrackGap>) -> Vec<TrackGap> {
    gaps.sort_by_key(|gap| (gap.start_sample, gap.samples));
    let mut joined: Vec<TrackGap> = Vec::new();
    for mut gap in gaps {
        let end = gap.start_sample + gap.samples;
        let before = joined
            .last()
            .map_or(0, |last| last.start_sample + last.samples);
        gap.start_sample = gap.start_sample.max(before);
        if gap.start_sample >= end {
            continue;
        }
        gap.samples = end - gap.start_sample;
        match joined.last_mut() {
            Some(last) if last.cause == gap.cause && before == gap.start_sample => {
                last.samples += gap.samples;
            }
            _ => joined.push(gap),
        }
    }
    joined
}

/// A gap as documents show it.
pub(super) fn shown(gap: &TrackGap) -> Gap {
    let span = span(gap);
    Gap {
        start_ms: span.start.ms(),
        end_ms: span.end.ms(),
        start_sample: gap.start_sample,
        samples: gap.samples,
        cause: gap.cause,
    }
}

/// A change of device as documents show it.
pub(super) fn change(change: &DeviceChanged) -> DeviceChange {
    DeviceChange {
        start_ms: Tick(change.start_sample).ms(),
        start_sample: change.start_sample,
        device: change.device.clone(),
        native_rate: change.rate,
        native_channels: change.channels,
        reason: change.reason,
    }
}

/// A gap as turns are built around it.
pub(super) fn heard(gap: &TrackGap) -> HeardGap {
    HeardGap {
        span: span(gap),
        cause: gap.cause,
    }
}

fn span(gap: &TrackGap) -> Span {
    let start = Tick(gap.start_sample);
    Span::new(start, start.after(gap.samples))
}

//! What a lane tells the session.

use super::log::Meter;
use crate::audio::Track;
use crate::dsp::sketch::Sketch;
use crate::error::Error;
use crate::event::{Event, TrackEnded};
use crate::time::Tick;
use crate::voice::analysis::VoiceEvent;
use crate::voice::utterance::Cut;

/// What a lane tells the session.
#[derive(Debug)]
pub(super) enum LaneMessage {
    /// Something for the log.
    Event(Event),
    /// Speech began or ended.
    Voice(VoiceEvent),
    /// Speech has paused: the utterance as it is if it is over. The archive is readable that far.
    Pause(Cut),
    /// Speech is ready for the recogniser; the archive is readable that far.
    Speech(Cut),
    /// More of the track's sound, drawn in few numbers.
    Sketches(Track, Vec<Sketch>),
    /// How the track does.
    Progress(Progress),
    /// The device is gone, for the reason told; another one is looked for.
    Away(Track, String),
    /// The source is gone; the track reaches this far, and the rest of it is a gap.
    Lost(Track, Tick, Error),
    /// The source has come to its end; the track reaches this far and waits for the others.
    Over(Track, Tick),
    /// The track is complete on disk.
    Ended(TrackEnded),
    /// The track cannot go on: its archive cannot be written.
    Failed(Error),
}

impl LaneMessage {
    /// What is heard, as the session wants it.
    pub(super) fn of(voice: VoiceEvent) -> LaneMessage {
        match voice {
            VoiceEvent::Pause(cut) => LaneMessage::Pause(cut),
            VoiceEvent::Utterance(cut) => LaneMessage::Speech(cut),
            voice => LaneMessage::Voice(voice),
        }
    }
}

/// How a track does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// Its level and position.
    pub(super) meter: Meter,
    /// Up to where its speech is decided.
    pub(super) heard: Tick,
    /// The utterance that is being spoken; the archive is readable that far.
    pub(super) open: Option<Cut>,
}

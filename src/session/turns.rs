//! Turns and silences while the call goes on: the turn builder, fed by several lanes.

use crate::audio::Track;
use crate::event::{Event, SpeechEnd, SpeechStart, TrackGap};
use crate::time::Tick;
use crate::voice::VoiceEvent;

/// Collects what the lanes hear and tells when a turn or silence is over.
#[derive(Debug)]
pub(super) struct TurnLog {
    heard: Vec<(Track, Tick)>,
}

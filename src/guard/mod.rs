//! What a recorder watches over: that both sides are heard, that nobody forgot to stop, that there is
//! room left. Everything here is told what was seen and when, and says what a person should know.
//!
//! Times are ticks since any beginning, as long as it is the same one; they may repeat and never go
//! back. An alarm is raised once, and cleared once before it is raised again.

pub mod disk;
pub mod health;
pub mod sides;
pub mod sleep;
pub mod stop;
pub mod twins;

use crate::audio::Track;
use crate::event::{Alarm, Warning, WarningCode};
use crate::time::TICKS_PER_SECOND;

/// Level in dB below full scale above which sound may be speech.
pub const SOUND_DB: f32 = -46.0;

/// Ticks in so many seconds.
const fn seconds(seconds: u64) -> u64 {
    seconds * TICKS_PER_SECOND
}

fn raised(code: WarningCode, track: Option<Track>, message: String) -> Warning {
    Warning {
        code,
        track,
        alarm: Some(Alarm::Raised),
        message,
    }
}

fn cleared(code: WarningCode, track: Option<Track>, message: String) -> Warning {
    Warning {
        code,
        track,
        alarm: Some(Alarm::Cleared),
        message,
    }
}

/// A length in words that fit a warning, such as `90 s` or `15 min`.
fn length(ticks: u64) -> String {
    match ticks / TICKS_PER_SECOND {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
